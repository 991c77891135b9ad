/* graph.h - a workflow's graph from what was typed: names become ids. */

#ifndef CLI_GRAPH_H
#define CLI_GRAPH_H

#include "cli/arguments.h"
#include "cli/channel.h"

/* {"name", "description", "objects", "edges"} from --graph FILE, or from
 *   --app NAME=BUILD:CONFIGURATION   --data NAME=DATASET
 *   --edge DATA-NAME:APP-NAME.PORT
 * with objects looked up by name or id. The caller owns *out. */
STATUS graph_read(const struct arguments *given, struct channel *channel,
                  json_t **out, struct reason *why);

/* True unless the locale says UTF-8: then graphs have box characters. */
bool graph_ascii_only(void);

#endif

/* settings.h - "advanced_settings" of apps and images, "docker_info" of images:
 * kept and shown as they came, for whoever converts and starts images. Nothing
 * here depends on them. */

#ifndef BROKER_SETTINGS_H
#define BROKER_SETTINGS_H

#include "broker/product.h"

#define SETTINGS_MAX 65536 /* bytes as JSON */

/* The body's "advanced_settings", borrowed; NULL when absent. 400 for what no
 * client could read back: unknown members, other types, or too much. */
STATUS settings_read(struct exchange *x, const json_t **out);

/* The same with the body's "docker_info". */
STATUS settings_docker(struct exchange *x, const json_t **out);

#endif

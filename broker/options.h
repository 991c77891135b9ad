/* options.h - every option of accordd.conf, in one table. */

#ifndef BROKER_OPTIONS_H
#define BROKER_OPTIONS_H

#include "base/config.h"

extern const struct config_option broker_options[];
extern const size_t broker_options_count;

#endif

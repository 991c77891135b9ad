#include "agent/simulator_files.h"

#include <stdio.h>

struct status simulator_path(const char *directory, const char *name,
                             char out[SIMULATOR_PATH_MAX], struct reason *why)
{
    int len = snprintf(out, SIMULATOR_PATH_MAX, "%s/%s", directory, name);
    if (len < 0 || len >= SIMULATOR_PATH_MAX)
        return refuse(why, STATUS_INVALID, "simulator",
                      "the directory's name is too long");
    return OK;
}

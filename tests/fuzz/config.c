/* Any bytes as a configuration file: refused with a reason, or read. */

#include <stdint.h>
#include <stdlib.h>

#include "base/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct config_option options[] = {
    { "", "text", CONFIG_TEXT, "x", 0, 0, "" },
    { "a", "path", CONFIG_PATH, "/x", 0, 0, "" },
    { "a", "number", CONFIG_NUMBER, "1", INT64_MIN, INT64_MAX, "" },
    { "b", "flag", CONFIG_FLAG, "no", 0, 0, "" },
    { "b", "list", CONFIG_LIST, "x,y", 0, 0, "" },
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_FREE(config) config = NULL;
    struct reason why = { "" };
    struct status s =
        config_parse("fuzz", bytes_of(data, size), options,
                     sizeof(options) / sizeof(options[0]), &config, &why);
    if (failed(s)) {
        if (why.text[0] == '\0' || config)
            abort();
        return 0;
    }
    if (config_text(config, "", "text")[0] == '\0' ||
        config_text(config, "a", "path")[0] != '/')
        abort();
    (void)config_number(config, "a", "number");
    (void)config_flag(config, "b", "flag");
    size_t count = config_list_count(config, "b", "list");
    for (size_t i = 0; i < count; i++)
        if (config_list_item(config, "b", "list", i)[0] == '\0')
            abort();
    return 0;
}

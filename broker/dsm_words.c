#include "broker/dsm_words.h"

#include <stdio.h>
#include <strings.h>

#include "base/text.h"

bool dsm_basic(struct bytes authorization, struct api_id *out)
{
    static const char scheme[] = "Basic ";
    const size_t len = sizeof(scheme) - 1;
    AUTO_CLEAR_BUFFER text = buffer_make(256);
    if (authorization.len <= len ||
        strncasecmp((const char *)authorization.at, scheme, len) != 0 ||
        failed(base64_decode(
            bytes_of(authorization.at + len, authorization.len - len), &text)))
        return false;
    return text.len > 0 && text.data[text.len - 1] == ':' &&
           !failed(api_id_parse(bytes_of(text.data, text.len - 1), out));
}

bool dsm_key_dataset(struct bytes name, struct api_id *out)
{
    const size_t suffix = sizeof(DSM_KEY_SUFFIX) - 1;
    return name.len > suffix &&
           memcmp(name.at + name.len - suffix, DSM_KEY_SUFFIX, suffix) == 0 &&
           !failed(api_id_parse(bytes_of(name.at, name.len - suffix), out));
}

void dsm_key_name(const struct api_id *dataset, char out[DSM_KEY_NAME_LEN + 1])
{
    char id[API_ID_TEXT];
    api_id_text(dataset, id);
    (void)snprintf(out, DSM_KEY_NAME_LEN + 1, "%s%s", id, DSM_KEY_SUFFIX);
}

#include "ca/enclave_name.h"

#include <stdio.h>

#include "base/cursor.h"
#include "base/text.h"
#include "ca/name.h"

static bool is_lower_hex(struct bytes s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!(s.at[i] >= '0' && s.at[i] <= '9') &&
            !(s.at[i] >= 'a' && s.at[i] <= 'f'))
            return false;
    return s.len == CA_LABEL_LEN;
}

bool enclave_name_split(struct bytes name, struct enclave_name_parts *out)
{
    struct cursor in = cursor_of(name);
    struct enclave_name_parts parts;
    parts.configuration = cursor_take(&in, CA_LABEL_LEN);
    cursor_expect(&in, bytes_of_string("."));
    parts.label = cursor_take(&in, CA_LABEL_LEN);
    cursor_expect(&in, bytes_of_string(".id."));
    parts.domain = bytes_of(in.at, in.left);
    if (in.broken || in.left == 0 || !is_lower_hex(parts.configuration) ||
        !is_lower_hex(parts.label))
        return false;
    *out = parts;
    return true;
}

struct status ca_enclave_name_parse(const char *name, const char *domain,
                                    struct ca_enclave_name *out)
{
    struct bytes text = bytes_of_string(name);
    struct enclave_name_parts parts;
    struct ca_enclave_name read;
    TRY(ca_name_check(text, NULL));
    if (!enclave_name_split(text, &parts) ||
        (domain && !bytes_equal(parts.domain, bytes_of_string(domain))))
        return failure(STATUS_INVALID, "ca_enclave_name_parse", 0);
    TRY(hex_decode(parts.configuration, read.configuration.bytes, HASH_LEN));
    memcpy(read.label, parts.label.at, CA_LABEL_LEN);
    read.label[CA_LABEL_LEN] = '\0';
    *out = read;
    return OK;
}

struct status ca_enclave_name_write(const struct ca_enclave_name *name,
                                    const char *domain,
                                    char out[CA_NAME_MAX + 1])
{
    char configuration[2 * HASH_LEN + 1];
    char text[CA_NAME_MAX + 1];
    struct ca_enclave_name again;
    hex_encode(hash_bytes(&name->configuration), configuration);
    int len = snprintf(text, sizeof(text), "%s.%.*s.id.%s", configuration,
                       CA_LABEL_LEN, name->label, domain);
    if (len < 0 || (size_t)len >= sizeof(text) ||
        failed(ca_enclave_name_parse(text, domain, &again)))
        return failure(STATUS_INVALID, "ca_enclave_name_write", 0);
    memcpy(out, text, sizeof(text));
    return OK;
}

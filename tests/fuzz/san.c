/* Whatever alternative names are accepted, libcrypto reads as the same ones;
 * and a name that is taken apart is put together again. */

#include <openssl/x509v3.h>
#include <stdint.h>
#include <stdlib.h>

#include "ca/extension.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void libcrypto_agrees(struct bytes value, const struct ca_names *names)
{
    const unsigned char *at = value.at;
    size_t found = 0;
    GENERAL_NAMES *all = d2i_GENERAL_NAMES(NULL, &at, (long)value.len);
    must(all && at == value.at + value.len);
    for (int i = 0; i < sk_GENERAL_NAME_num(all); i++) {
        const GENERAL_NAME *one = sk_GENERAL_NAME_value(all, i);
        must(one->type == GEN_DNS || one->type == GEN_IPADD);
        if (one->type != GEN_DNS)
            continue;
        must(found < names->count);
        struct bytes ours = bytes_of_string(ca_name_at(names, found++));
        must(bytes_equal(ours,
                         bytes_of(ASN1_STRING_get0_data(one->d.dNSName),
                                  (size_t)ASN1_STRING_length(one->d.dNSName))));
    }
    must(found == names->count);
    GENERAL_NAMES_free(all);
}

static void is_put_together_again(const char *name)
{
    struct ca_enclave_name parts;
    char again[CA_NAME_MAX + 1];
    if (failed(ca_enclave_name_parse(name, NULL, &parts)))
        return;
    const char *domain = strstr(name, ".id.");
    must(domain && !failed(ca_enclave_name_write(&parts, domain + 4, again)));
    must(strcmp(name, again) == 0);
    must(failed(ca_name_allowed(name, "accord.example", NULL, 0, NULL)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes value = bytes_of(data, size);
    struct ca_names names = { .count = 0 }, fewer = { .count = 0 };
    struct reason why = { "" };
    if (failed(extension_names(value, true, &names, &why))) {
        must(why.text[0] != '\0');
        must(failed(extension_names(value, false, &fewer, &why)));
        return 0;
    }
    libcrypto_agrees(value, &names);
    for (size_t i = 0; i < names.count; i++) {
        must(!failed(
            ca_name_check(bytes_of_string(ca_name_at(&names, i)), NULL)));
        is_put_together_again(ca_name_at(&names, i));
    }
    return 0;
}

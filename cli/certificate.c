/* certificate.c - what the broker's CA issued for this account. */

#include <stdio.h>

#include "base/text.h"
#include "cli/groups.h"
#include "cli/output.h"

static struct status list(const struct arguments *given, struct channel *c,
                          struct reason *why)
{
    AUTO_JSON *answer = NULL;
    TRY(channel_get(c, &answer, why, "/accord/v1/certificates"));
    output_list(given, answer,
                LIST("serial", "kind", "id", "not_after", "revoked"));
    return OK;
}

static int run_list(const struct arguments *given)
{
    return with_channel(given, list);
}

static struct status revoke(const struct arguments *given, struct channel *c,
                            struct reason *why)
{
    AUTO_JSON *answer = NULL;
    unsigned char serial[CA_SERIAL_LEN];
    char path[256];
    if (failed(
            hex_decode(bytes_of_string(given->at[0]), serial, sizeof(serial))))
        return refuse(why, STATUS_INVALID, "serial",
                      "a serial is %d hexadecimal digits: accord certificate "
                      "list",
                      2 * CA_SERIAL_LEN);
    TRY(confirm(given, "revoke it, for good?", why));
    (void)snprintf(path, sizeof(path), "/accord/v1/certificates/%s/revoke",
                   given->at[0]);
    TRY(channel_call(c, HTTP_POST, path, NULL, &answer, why));
    output_object(given, answer, LIST("serial", "kind", "id", "revoked"));
    return OK;
}

static int run_revoke(const struct arguments *given)
{
    return with_channel(given, revoke);
}

static const struct option revoke_options[] = {
    { "yes", NULL, "answer the question with yes" },
    { 0 },
};

/* clang-format off */
const struct command commands_certificate[] = {
    { "certificate", "list", "list the certificates of people and programs", "", 0, 0,
      NULL, "accord certificate list", run_list },
    { "certificate", "revoke", "take a certificate back: it is refused from now on", "SERIAL", 1, 1,
      revoke_options, "accord certificate revoke 6b2f...", run_revoke },
    { 0 },
};
/* clang-format on */

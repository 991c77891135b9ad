#include "attest/judging.h"

#include <stdio.h>

/* "token NAME: sentence" falls apart at the first ": "; of "malformed: what
 * is: how" the first two belong together. */
static const char *end_of_token(const char *text)
{
    static const char malformed[] = "malformed: ";
    const char *from = text;
    if (strncmp(text, malformed, sizeof(malformed) - 1) == 0)
        from += sizeof(malformed) - 1;
    const char *end = strstr(from, ": ");
    return end ? end : text + strlen(text);
}

static bool is_noted(const struct attest_verdict *v, const char *token)
{
    for (size_t i = 0; i < v->failures_count; i++)
        if (strcmp(v->failures[i].token, token) == 0)
            return true;
    return false;
}

static void note(struct attest_verdict *v, const char *text)
{
    const char *end = end_of_token(text);
    struct attest_failure f;
    (void)snprintf(f.token, sizeof(f.token), "%.*s", (int)(end - text), text);
    (void)snprintf(f.sentence, sizeof(f.sentence), "%s", *end ? end + 2 : "");
    if (v->failures_count < ATTEST_FAILURES_MAX && !is_noted(v, f.token))
        v->failures[v->failures_count++] = f;
}

struct status attest_found(struct attest_judging *j, struct status s)
{
    if (s.code != STATUS_DENIED || j->stop)
        return s;
    note(j->verdict, j->why->text);
    j->why->text[0] = '\0';
    return OK;
}

static const char *const flag_names[ATTEST_FLAGS] = {
    "DEBUG",
    "INIT-not-set",
    "MODE64BIT-not-set",
    "PROVISION_KEY",
    "EINITTOKEN_KEY",
    "TUD-reserved",
    "SEPT_VE_DISABLE-not-set",
    "MIGRATABLE",
    "MRSERVICETD-nonzero",
    "MIGRATE_MA",
    "VMPL-nonzero",
    "ALIAS_CHECK-not-complete",
    "provisional-firmware",
};

const char *attest_flag_name(uint32_t flag)
{
    for (unsigned i = 0; i < ATTEST_FLAGS; i++)
        if (flag == 1u << i)
            return flag_names[i];
    return NULL;
}

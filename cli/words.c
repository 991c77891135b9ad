#include "cli/words.h"

#include <string.h>

#include "base/text.h"

struct status words_set_zone(struct words *words, struct bytes pem,
                             struct reason *why)
{
    struct buffer der = buffer_make(CA_CERTIFICATE_MAX);
    struct status s = ca_pem_read("CERTIFICATE", pem, &der, why);
    if (failed(s)) {
        buffer_clear(&der);
        return s;
    }
    buffer_clear(&words->zone);
    words->zone = der;
    return OK;
}

/* Serials stand there as they were typed. */
static struct status note(struct words *words, const char *subject)
{
    char key[128];
    size_t len = strlen(subject);
    if (len >= sizeof(key))
        return OK; /* no node's, no certificate's */
    for (size_t i = 0; i <= len; i++)
        key[i] = (char)(subject[i] >= 'A' && subject[i] <= 'F'
                            ? subject[i] - 'A' + 'a'
                            : subject[i]);
    return json_object_set_new(words->gone, key, json_true()) == 0
               ? OK
               : failure(STATUS_NO_MEMORY, "json", 0);
}

struct status words_note(struct words *words, const char *detail,
                         struct reason *why)
{
    AUTO_JSON *json = NULL;
    const char *action, *subject;
    if (!strstr(detail, "\"node-deactivate\"") &&
        !strstr(detail, "\"certificate-revoke\""))
        return OK;
    TRY(api_json_read(bytes_of_string(detail), 1024 * 1024, false, &json, why));
    TRY(api_json_text(json, "action", &action, why));
    if (strcmp(action, "node-deactivate") != 0 &&
        strcmp(action, "certificate-revoke") != 0)
        return OK; /* somebody's name or description */
    TRY(api_json_text(json, "subject", &subject, why));
    return note(words, subject);
}

static bool is_gone(const struct words *words, const struct ca_facts *node)
{
    char subject[64], id[API_ID_TEXT], serial[2 * CA_SERIAL_LEN + 1];
    api_id_text(&node->statement.id, id);
    (void)snprintf(subject, sizeof(subject), "node/%s", id);
    if (json_object_get(words->gone, subject))
        return true;
    hex_encode(bytes_of(node->serial, sizeof(node->serial)), serial);
    (void)snprintf(subject, sizeof(subject), "certificate/%s", serial);
    return json_object_get(words->gone, subject) != NULL;
}

struct status words_judge(const struct words *words,
                          const struct words_question *asked,
                          struct attest_identity *out, struct reason *why)
{
    struct ca_word word;
    TRY(ca_word_judge(asked->evidence, buffer_bytes(&words->zone), asked->time,
                      &asked->spki, &word, why));
    TRY(ca_word_concerns(&word, &asked->configuration, &asked->account, why));
    if (is_gone(words, &word.said.node))
        return refuse(why, STATUS_CORRUPT, "word",
                      "a node's word: the node had been sent away before");
    return attest_vouched(word.platform, bytes_of(word.report, word.report_len),
                          &word.anchor, out, why);
}

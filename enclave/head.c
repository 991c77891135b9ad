/* head.c - the log between two runs: what was signed before must still stand.
 *
 * The file is no secret, and its signature is checked like any other. Whoever
 * can remove it makes the runner forget, and no more: it belongs where those
 * who run the broker cannot write. */

#include "enclave/session.h"

#include "base/file.h"

#define HEAD_TEXT_MAX ((size_t)4096)
#define ANSWER_MAX    ((size_t)64 * 1024)

static struct status get(struct accord_session *session, const char *path,
                         json_t **out, struct trouble *trouble)
{
    AUTO_CLEAR_ANSWER answer = { 0 };
    const struct http_call call = { .method = HTTP_GET, .path = path };
    struct status called =
        http_call(session->broker_client, &call, &answer, &trouble->why);
    if (called.code == STATUS_DENIED)
        trouble_code(trouble, "zone-ca"); /* no broker of these owners */
    TRY(called);
    if (answer.status != 200)
        return trouble_from_answer(&answer, "broker", trouble);
    return api_json_read(buffer_bytes(&answer.body), ANSWER_MAX, false, out,
                         &trouble->why);
}

/* A history that does not hold is a refusal, whoever is to blame for it. */
static struct status refusal(struct status s, struct trouble *trouble)
{
    if (s.code != STATUS_CORRUPT)
        return s;
    trouble_code(trouble, "log");
    return failure(STATUS_DENIED, "log", 0);
}

/* The broker says which key it is; the hash that was given says whether. */
struct status session_fetch_log_key(struct accord_session *session,
                                    struct trouble *trouble)
{
    struct hash hash;
    AUTO_JSON *body = NULL;
    if (session->log_key_known)
        return OK;
    TRY(get(session, "/accord/v1/installation", &body, trouble));
    TRY(api_json_spki(body, "log_key", &session->log_key, &trouble->why));
    TRY(api_spki_hash(&session->log_key, &hash));
    if (!hash_equal(&hash, &session->log_key_hash))
        return refuse(&trouble->why, STATUS_DENIED, "log_key",
                      "the broker's log has another key than the one given");
    session->log_key_known = true;
    return OK;
}

struct status session_read_head(struct accord_session *session,
                                struct reason *why)
{
    AUTO_CLEAR_BUFFER text = buffer_make(HEAD_TEXT_MAX);
    AUTO_JSON *json = NULL;
    struct status s = file_read(session->head_file, &text);
    if (s.code == STATUS_NOT_FOUND)
        return OK;
    if (failed(s))
        return refuse(why, s.code, "head", "cannot read %s",
                      session->head_file);
    s = api_json_read(buffer_bytes(&text), HEAD_TEXT_MAX, false, &json, why);
    if (!failed(s))
        s = api_head_from_json(json, &session->seen, why);
    return s.code == STATUS_INVALID
               ? refuse(why, STATUS_INVALID, "head",
                        "%s does not hold a head of a log", session->head_file)
               : s;
}

static struct status keep(struct accord_session *session,
                          const struct api_head *head, struct reason *why)
{
    AUTO_CLEAR_BUFFER text = buffer_make(HEAD_TEXT_MAX);
    AUTO_JSON *json = api_head_to_json(head);
    if (!json)
        return failure(STATUS_NO_MEMORY, "json", 0);
    TRY(api_json_canonical(json, &text));
    buffer_put_u8(&text, '\n');
    TRY(buffer_status(&text));
    struct status s = file_write(session->head_file, buffer_bytes(&text), 0644);
    if (failed(s))
        return refuse(why, STATUS_CONFLICT, "head", "cannot write %s",
                      session->head_file);
    session->seen = *head;
    return OK;
}

static struct status prove(struct accord_session *session,
                           const struct api_head *head, struct trouble *trouble)
{
    const struct api_head *seen = &session->seen;
    AUTO_JSON *answer = NULL;
    char path[128];
    TRY(refusal(api_head_not_back(seen, head, &trouble->why), trouble));
    (void)snprintf(
        path, sizeof(path), "/accord/v1/log/consistency?from=%llu&to=%llu",
        (unsigned long long)seen->size, (unsigned long long)head->size);
    TRY(get(session, path, &answer, trouble));
    return refusal(api_head_continues(seen, head, answer, &trouble->why),
                   trouble);
}

struct status session_take_head(struct accord_session *session,
                                const struct api_head *head,
                                struct trouble *trouble)
{
    if (!session->head_file)
        return OK;
    if (session->seen.size > 0)
        TRY(prove(session, head, trouble));
    return keep(session, head, &trouble->why);
}

/* What a file says was seen counts only when it was signed. */
static struct status check_seen(const struct accord_session *session,
                                struct reason *why)
{
    const struct api_head *seen = &session->seen;
    struct status s =
        seen->size > 0 ? api_head_verify(seen, &session->log_key) : OK;
    return s.code == STATUS_DENIED
               ? refuse(why, STATUS_DENIED, "head",
                        "%s holds the head of another log", session->head_file)
               : s;
}

struct status session_check_log(struct accord_session *session,
                                struct trouble *trouble)
{
    AUTO_JSON *body = NULL;
    struct api_head head;
    struct reason *why = &trouble->why;
    if (!session->head_file)
        return OK;
    TRY(session_fetch_log_key(session, trouble));
    TRY(check_seen(session, why));
    TRY(get(session, "/accord/v1/log/head", &body, trouble));
    TRY(api_head_from_json(body, &head, why));
    struct status s = api_head_verify(&head, &session->log_key);
    if (s.code == STATUS_DENIED)
        return refuse(why, STATUS_DENIED, "head",
                      "the broker's head is not signed by the log's key");
    TRY(s);
    unsigned long long before = session->seen.size;
    TRY(session_take_head(session, &head, trouble));
    session_say(session, "log: %llu leaves, %llu were seen before",
                (unsigned long long)head.size, before);
    return OK;
}

#include "enclave/trouble.h"

#include "api/api.h"

#define TEXT_MAX ((size_t)1024 * 1024)

/* Codes end up in messages: nothing but words. */
static bool is_code(struct bytes text)
{
    if (text.len == 0 || text.len >= TROUBLE_CODE_MAX)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = text.at[i];
        if (!(c >= 'a' && c <= 'z') && c != '-')
            return false;
    }
    return true;
}

static void code_from(struct trouble *trouble, struct bytes text)
{
    if (!is_code(text))
        return;
    memcpy(trouble->code, text.at, text.len);
    trouble->code[text.len] = '\0';
}

void trouble_code(struct trouble *trouble, const char *code)
{
    code_from(trouble, bytes_of_string(code));
}

/* The broker's event has the code before its sentence: "code: sentence". */
static const char *read_event(const char *message, struct trouble *trouble)
{
    const char *colon = strchr(message, ':');
    if (colon)
        code_from(trouble, bytes_of(message, (size_t)(colon - message)));
    if (!colon || !trouble->code[0] || colon[1] != ' ')
        return message;
    return colon + 2;
}

static const char *read_body(const json_t *body, struct trouble *trouble)
{
    struct reason ignored;
    const char *code = NULL, *detail = NULL;
    if (!failed(api_json_text(body, "message", &detail, &ignored)))
        return read_event(detail, trouble);
    if (failed(api_json_text(body, "detail", &detail, &ignored)))
        return NULL;
    if (!failed(api_json_text(body, "code", &code, &ignored)))
        trouble_code(trouble, code);
    return detail;
}

struct status trouble_from_answer(const struct http_answer *answer,
                                  const char *who, struct trouble *trouble)
{
    struct reason ignored;
    const char *detail = NULL;
    AUTO_JSON *body = NULL;
    bool refused =
        answer->status >= 400 && answer->status < 500 && answer->status != 429;
    enum status_code code = refused ? STATUS_DENIED : STATUS_UNAVAILABLE;
    trouble->code[0] = '\0';
    if (!failed(api_json_read(buffer_bytes(&answer->body), TEXT_MAX, false,
                              &body, &ignored)))
        detail = read_body(body, trouble);
    if (!detail)
        return refuse(&trouble->why, code, "answer",
                      "the %s answered with status %d", who, answer->status);
    return refuse(&trouble->why, code, "answer", "%s", detail);
}

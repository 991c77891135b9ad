#include "attest/statement.h"
#include "attest/certificate.h"
#include "base/text.h"

#include <stdio.h>

#define SIGNATURE_DIGITS 128
#define NAME_MAX_LEN     32

static const struct words {
    const char *member;
    const char *doubled, *malformed, *sig, *young, *old, *evaluation;
} words_of[] = {
    [ATTEST_TCB_INFO] = { "tcbInfo", "tcbInfo-duplicate-json-key",
                          "tcbInfo-malformed", "tcbInfo-sig",
                          "tcbInfo-not-yet-valid", "tcbInfo-expired",
                          "tcbInfo-evaluation" },
    [ATTEST_ENCLAVE_IDENTITY] = { "enclaveIdentity",
                                  "enclaveIdentity-duplicate-json-key",
                                  "enclaveIdentity-malformed",
                                  "enclaveIdentity-sig",
                                  "enclaveIdentity-not-yet-valid",
                                  "enclaveIdentity-expired",
                                  "enclaveIdentity-evaluation" },
};

static STATUS refuse_statement(struct reason *why, const char *token,
                               const char *sentence)
{
    return refuse(why, STATUS_DENIED, token, "%s: %s", token, sentence);
}

/* --- slicing ------------------------------------------------------------- */

struct text {
    const unsigned char *at, *end;
};

static void skip_blanks(struct text *t)
{
    while (t->at < t->end && memchr(" \t\r\n", *t->at, 4))
        t->at++;
}

static bool skip(struct text *t, char c)
{
    skip_blanks(t);
    if (t->at == t->end || *t->at != (unsigned char)c)
        return false;
    t->at++;
    return true;
}

/* A string without escapes; what is between its quotes. */
static bool take_string(struct text *t, struct bytes *out)
{
    if (!skip(t, '"'))
        return false;
    const unsigned char *from = t->at;
    while (t->at < t->end && *t->at != '"' && *t->at != '\\')
        t->at++;
    *out = bytes_of(from, (size_t)(t->at - from));
    return skip(t, '"');
}

/* An object up to its own closing brace. What is inside is read for itself
 * later on, strictly. */
static bool take_object(struct text *t, struct bytes *out)
{
    size_t open = 0;
    bool in_string = false;
    skip_blanks(t);
    const unsigned char *from = t->at;
    if (from == t->end || *from != '{')
        return false;
    for (; t->at < t->end; t->at++) {
        unsigned char c = *t->at;
        if (in_string && c == '\\') {
            t->at++; /* and what it escapes */
            if (t->at == t->end)
                return false;
        } else if (c == '"') {
            in_string = !in_string;
        } else if (!in_string && c == '{') {
            open++;
        } else if (!in_string && c == '}' && --open == 0) {
            t->at++;
            *out = bytes_of(from, (size_t)(t->at - from));
            return true;
        }
    }
    return false;
}

struct slices {
    struct bytes object, signature;
};

static STATUS take_member(struct text *t, const struct words *w,
                          struct slices *out, struct reason *why)
{
    struct bytes name;
    if (!take_string(t, &name) || !skip(t, ':'))
        return refuse_statement(why, w->malformed, "expected a member");
    bool is_object = bytes_equal(name, bytes_of_string(w->member));
    bool is_signature = bytes_equal(name, bytes_of_string("signature"));
    if ((is_object && out->object.len > 0) ||
        (is_signature && out->signature.len > 0))
        return refuse(why, STATUS_DENIED, w->doubled,
                      "%s '%.*s': a member for the second time", w->doubled,
                      (int)name.len, (const char *)name.at);
    if (is_object && take_object(t, &out->object))
        return OK;
    if (is_signature && take_string(t, &out->signature) &&
        out->signature.len > 0)
        return OK;
    return refuse_statement(why, w->malformed,
                            "a member that does not belong there");
}

static STATUS slice(struct bytes text, const struct words *w,
                    struct slices *out, struct reason *why)
{
    struct text t = { text.at, text.at + text.len };
    if (text.len > ATTEST_STATEMENT_MAX || !skip(&t, '{'))
        return refuse_statement(why, w->malformed, "not a JSON object");
    do
        TRY(take_member(&t, w, out, why));
    while (skip(&t, ','));
    if (!skip(&t, '}'))
        return refuse_statement(why, w->malformed, "the object has no end");
    skip_blanks(&t);
    if (t.at != t.end)
        return refuse_statement(why, w->malformed, "something follows it");
    if (out->object.len == 0 || out->signature.len == 0)
        return refuse_statement(why, w->malformed,
                                "object or signature is missing");
    return OK;
}

/* --- signature and time -------------------------------------------------- */

static STATUS check_signature(const struct slices *s, const struct words *w,
                              X509 *signer, struct reason *why)
{
    struct api_signature signature;
    struct api_spki key;
    if (s->signature.len != SIGNATURE_DIGITS ||
        failed(
            hex_decode(s->signature, signature.bytes, sizeof(signature.bytes))))
        return refuse_statement(why, w->malformed,
                                "the signature is not 128 digits");
    if (!signer)
        return refuse_statement(why, w->sig, "nobody is known to sign it");
    if (failed(attest_x509_key(signer, &key)))
        return refuse_statement(why, w->sig, "its signer's key is not P-256");
    struct status held = api_verify(&key, s->object, &signature);
    if (held.code == STATUS_DENIED || held.code == STATUS_INVALID)
        return refuse_statement(why, w->sig, "its signer did not sign it");
    return held;
}

static STATUS check_time(const json_t *object, const struct words *w,
                         uint64_t now, struct reason *why)
{
    uint64_t issued, next;
    if (failed(attest_json_time(object, "issueDate", &issued)) ||
        failed(attest_json_time(object, "nextUpdate", &next)))
        return refuse_statement(why, w->malformed, "it has no dates");
    if (now < issued)
        return refuse_statement(why, w->young, "it is not valid yet");
    if (now > next)
        return refuse_statement(why, w->old, "a newer one is due");
    return OK;
}

static STATUS check_evaluation(const json_t *object, const struct words *w,
                               uint32_t least, struct reason *why)
{
    uint32_t number = 0;
    if (failed(attest_json_number(object, "tcbEvaluationDataNumber", UINT32_MAX,
                                  &number)))
        return refuse_statement(why, w->malformed,
                                "it has no tcbEvaluationDataNumber");
    if (number < least)
        return refuse(why, STATUS_DENIED, w->evaluation,
                      "%s: number %u, at least %u is demanded", w->evaluation,
                      (unsigned)number, (unsigned)least);
    return OK;
}

struct status attest_statement_judge(struct attest_judging *j,
                                     enum attest_statement_kind kind,
                                     struct bytes text, X509 *signer,
                                     json_t **out)
{
    const struct words *w = &words_of[kind];
    struct slices slices = { .object = { 0 } };
    struct reason syntax = { "" };
    AUTO_JSON *object = NULL;
    *out = NULL;
    struct status s = slice(text, w, &slices, j->why);
    TRY(attest_found(j, s));
    if (failed(s))
        return OK;
    s = api_json_read(slices.object, ATTEST_STATEMENT_MAX, false, &object,
                      &syntax);
    if (s.code == STATUS_INVALID)
        return attest_found(
            j, refuse_statement(j->why, w->malformed, syntax.text));
    TRY(s);
    TRY(attest_found(j, check_signature(&slices, w, signer, j->why)));
    TRY(attest_found(j, check_time(object, w, j->question->now, j->why)));
    TRY(attest_found(
        j, check_evaluation(object, w, j->question->evaluation_min, j->why)));
    *out = TAKE(object);
    return OK;
}

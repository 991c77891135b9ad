#include "enclave/credentials_json.h"

#include "api/api.h"
#include "base/text.h"

#define KEY_DIGITS 64

struct scanner {
    struct bytes text;
    size_t at;
    struct reason *why;
};

static struct status expected(const struct scanner *s, const char *what)
{
    return refuse(s->why, STATUS_INVALID, "credentials",
                  "credentials: expected %s at byte %zu", what, s->at);
}

static void skip_blanks(struct scanner *s)
{
    while (s->at < s->text.len && memchr(" \t\r\n", s->text.at[s->at], 4))
        s->at++;
}

/* The next character behind blanks; 0 at the end (and for a NUL, which is
 * nowhere expected). */
static unsigned char peek(struct scanner *s)
{
    skip_blanks(s);
    return s->at < s->text.len ? s->text.at[s->at] : 0;
}

static struct status take(struct scanner *s, unsigned char mark)
{
    const char what[] = { '\'', (char)mark, '\'', '\0' };
    if (peek(s) != mark)
        return expected(s, what);
    s->at++;
    return OK;
}

/* The raw run between two quotes, "\/" still in it. */
static struct status take_run(struct scanner *s, struct bytes *out)
{
    TRY(take(s, '"'));
    size_t from = s->at;
    for (; s->at < s->text.len; s->at++) {
        unsigned char c = s->text.at[s->at];
        if (c == '"') {
            *out = bytes_of(s->text.at + from, s->at - from);
            s->at++;
            return OK;
        }
        if (c < 0x20 || c >= 0x7f)
            return expected(s, "printable ASCII");
        if (c != '\\')
            continue;
        s->at++;
        if (s->at >= s->text.len || s->text.at[s->at] != '/')
            return expected(s, "no escape but \\/");
    }
    return expected(s, "the end of a text");
}

/* The run without its backslashes, in locked memory; *len of its bytes count:
 * a secret cannot shrink. */
static struct status unescape(struct bytes run, struct secret **out,
                              size_t *len)
{
    AUTO_FREE(secret) plain = NULL;
    size_t used = 0;
    TRY(secret_new(run.len, &plain));
    for (size_t i = 0; i < run.len; i++) {
        if (run.at[i] != '\\')
            secret_fill(plain)[used++] = run.at[i];
    }
    *out = TAKE(plain);
    *len = used;
    return OK;
}

static struct status read_query(struct scanner *s, struct credentials *found,
                                bool *seen)
{
    struct bytes run;
    size_t len;
    AUTO_FREE(secret) plain = NULL;
    if (*seen)
        return expected(s, "query_string once");
    TRY(take_run(s, &run));
    *seen = true;
    if (run.len == 0)
        return OK;
    TRY(unescape(run, &plain, &len));
    struct bytes text = bytes_of(secret_expose(plain).at, len);
    struct status decoded = base64_decode_secret(text, &found->query);
    return decoded.code == STATUS_INVALID
               ? refuse(s->why, STATUS_INVALID, "credentials",
                        "credentials: query_string is not base64")
               : decoded;
}

static struct status read_key(struct scanner *s, struct credentials *found)
{
    struct bytes name, digits;
    if (found->key)
        return expected(s, "encryption once");
    TRY(take(s, '{'));
    TRY(take_run(s, &name));
    if (!bytes_equal(name, bytes_of_string("key")))
        return expected(s, "key as the only member of encryption");
    TRY(take(s, ':'));
    TRY(take_run(s, &digits));
    struct status read = digits.len == KEY_DIGITS
                             ? api_file_key(digits, &found->key)
                             : failure(STATUS_INVALID, "key", 0);
    if (read.code == STATUS_INVALID)
        return refuse(s->why, STATUS_INVALID, "credentials",
                      "credentials: key is not %d hexadecimal digits",
                      KEY_DIGITS);
    TRY(read);
    return take(s, '}');
}

static struct status read_member(struct scanner *s, struct credentials *found,
                                 bool *query_seen)
{
    struct bytes name;
    TRY(take_run(s, &name));
    TRY(take(s, ':'));
    if (bytes_equal(name, bytes_of_string("query_string")))
        return read_query(s, found, query_seen);
    if (bytes_equal(name, bytes_of_string("encryption")))
        return read_key(s, found);
    return expected(s, "no member but query_string and encryption");
}

static struct status read_document(struct scanner *s, struct credentials *found)
{
    bool query_seen = false;
    TRY(take(s, '{'));
    TRY(read_member(s, found, &query_seen));
    TRY(take(s, ','));
    TRY(read_member(s, found, &query_seen));
    TRY(take(s, '}'));
    if (peek(s) != 0 || s->at < s->text.len)
        return expected(s, "nothing behind the document");
    return OK;
}

void credentials_clear(struct credentials *credentials)
{
    secret_free(credentials->query);
    secret_free(credentials->key);
    *credentials = (struct credentials){ 0 };
}

struct status credentials_json_read(struct bytes text, struct credentials *out,
                                    struct reason *why)
{
    struct scanner s = { .text = text, .why = why };
    struct credentials found = { 0 };
    struct status read = read_document(&s, &found);
    if (failed(read)) {
        credentials_clear(&found);
        return read;
    }
    *out = found;
    return OK;
}

/* mail.c - what is mailed to users, the tokens in it, and the outbox. */

#include <stdio.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "base/file.h"
#include "base/text.h"
#include "broker/users.h"

/* --- tokens -------------------------------------------------------------- */

/* user 16, purpose 1, expires 8, MAC 32 */
#define TOKEN_LEN (MAIL_TOKEN_CHARS / 2)
#define TOLD_LEN  (TOKEN_LEN - HASH_LEN)

/* What the token says, and what must not have changed since. */
static struct status sign(const struct broker *b, struct bytes told,
                          const struct policy_user *user, struct hash *out)
{
    AUTO_CLEAR_BUFFER state = buffer_make(POLICY_EMAIL_MAX + 16);
    buffer_put_u8(&state, user->email_verified);
    buffer_put_u8(&state, user->password.set);
    buffer_put_u64(&state, user->epoch);
    buffer_put_string(&state, user->email);
    TRY(buffer_status(&state));
    const struct bytes parts[] = { told, buffer_bytes(&state) };
    return policy_mac(b->store, "accord mail token v1", parts, 2, out);
}

struct status mail_token(const struct broker *b, enum mail_purpose purpose,
                         const struct policy_user *user, uint64_t expires,
                         char out[MAIL_TOKEN_CHARS + 1])
{
    AUTO_CLEAR_BUFFER token = buffer_make(TOKEN_LEN);
    struct hash mac;
    buffer_put(&token, api_id_bytes(&user->user));
    buffer_put_u8(&token, (uint8_t)purpose);
    buffer_put_u64(&token, expires);
    TRY(buffer_status(&token));
    TRY(sign(b, buffer_bytes(&token), user, &mac));
    buffer_put(&token, hash_bytes(&mac));
    TRY(buffer_status(&token));
    hex_encode(buffer_bytes(&token), out);
    return OK;
}

struct status mail_token_user(const struct exchange *x, struct policy_txn *txn,
                              enum mail_purpose purpose, const char *text,
                              struct policy_user *out, struct reason *why)
{
    unsigned char token[TOKEN_LEN];
    struct api_id id;
    struct hash mac;
    struct policy_user user;
    struct status s = hex_decode(bytes_of_string(text), token, TOKEN_LEN);
    if (!failed(s)) {
        struct cursor in = cursor_of(bytes_of(token, TOLD_LEN));
        cursor_copy(&in, id.bytes, sizeof(id.bytes));
        bool good = cursor_u8(&in) == purpose;
        good &= x->now / 1000 < cursor_u64(&in);
        s = good ? policy_user_get(txn, &id, &user)
                 : failure(STATUS_DENIED, "token", 0);
    }
    if (!failed(s))
        s = sign(x->broker, bytes_of(token, TOLD_LEN), &user, &mac);
    if (!failed(s) && CRYPTO_memcmp(mac.bytes, token + TOLD_LEN, HASH_LEN) != 0)
        s = failure(STATUS_DENIED, "token", 0);
    if (s.code == STATUS_DENIED || s.code == STATUS_INVALID ||
        s.code == STATUS_NOT_FOUND)
        return refuse(why, STATUS_DENIED, "token",
                      "this token is unknown, used or expired: ask for a new "
                      "one");
    TRY(s);
    *out = user;
    return OK;
}

/* --- outbox -------------------------------------------------------------- */

void outbox_directory(const struct config *config, char *out, size_t capacity)
{
    const char *given = config_text(config, "users", "outbox");
    if (given[0])
        (void)snprintf(out, capacity, "%s", given);
    else
        (void)snprintf(out, capacity, "%s/outbox",
                       config_text(config, "store", "directory"));
}

void outbox_put(const struct exchange *x, const char *to, const char *subject,
                const char *text, bool send)
{
    const struct config *config = x->broker->config;
    AUTO_CLEAR_BUFFER message = buffer_make(8192);
    char directory[4096], path[4096 + 128], id[API_ID_TEXT];
    struct api_id random;
    outbox_directory(config, directory, sizeof(directory));
    buffer_printf(&message,
                  "From: %s\nTo: %s\nSubject: %s\nMIME-Version: 1.0\n"
                  "Content-Type: text/plain; charset=utf-8\n\n%s",
                  config_text(config, "users", "mail_from"), to, subject, text);
    struct status s = buffer_status(&message);
    if (!failed(s))
        s = api_id_random(&random);
    if (!failed(s)) {
        api_id_text(&random, id);
        (void)snprintf(path, sizeof(path), "%s/%llu-%s.%s", directory,
                       (unsigned long long)x->now, id, send ? "eml" : "none");
        s = file_write(path, buffer_bytes(&message), 0640);
    }
    if (!failed(s) && !send)
        (void)unlink(path);
    if (failed(s))
        (void)fprintf(stderr, "mail: cannot write to %s (%s %u)\n", directory,
                      s.origin ? s.origin : "-", s.detail);
}

/* --- mails --------------------------------------------------------------- */

static void put_token(const struct exchange *x, const struct policy_user *user,
                      enum mail_purpose purpose, uint64_t lasts,
                      struct buffer *out)
{
    char token[MAIL_TOKEN_CHARS + 1];
    uint64_t expires = x->now / 1000 + lasts;
    if (failed(mail_token(x->broker, purpose, user, expires, token)))
        buffer_printf(out, "(no token could be made: ask again)\n");
    else
        buffer_printf(out, "  %s_token: %s\n",
                      purpose == MAIL_CONFIRM ? "confirm" : "reset", token);
    OPENSSL_cleanse(token, sizeof(token));
}

static void put(const struct exchange *x, const struct policy_user *user,
                const char *subject, struct buffer *text, bool send)
{
    buffer_put_u8(text, '\0');
    if (!failed(buffer_status(text)))
        outbox_put(x, user->email, subject, (const char *)text->data, send);
}

void mail_confirm(const struct exchange *x, const struct policy_user *user)
{
    AUTO_CLEAR_BUFFER text = buffer_make(4096);
    buffer_printf(&text,
                  "Somebody signed up at %s with this address. If that was "
                  "you, confirm it:\n\n"
                  "  POST %s/v1/users/confirm_email\n",
                  x->broker->url, x->broker->url);
    put_token(x, user, MAIL_CONFIRM, MAIL_CONFIRM_LASTS, &text);
    buffer_printf(&text, "\nIf not, do nothing.\n");
    put(x, user, "Confirm your address", &text, true);
}

void mail_reset(const struct exchange *x, const struct policy_user *user,
                bool send)
{
    AUTO_CLEAR_BUFFER text = buffer_make(4096);
    char id[API_ID_TEXT];
    api_id_text(&user->user, id);
    buffer_printf(&text,
                  "Somebody asked for a new password at %s. If that was you, "
                  "set one within an hour:\n\n"
                  "  POST %s/v1/users/%s/reset_password\n",
                  x->broker->url, x->broker->url, id);
    put_token(x, user, MAIL_RESET, MAIL_RESET_LASTS, &text);
    buffer_printf(&text, "\nYour datasets are suspended then until you resume "
                         "them.\nIf it was not you, do nothing.\n");
    put(x, user, "Your password", &text, send);
}

void mail_invite(const struct exchange *x, const struct policy_user *user,
                 const char *account_name)
{
    AUTO_CLEAR_BUFFER text = buffer_make(4096);
    char id[API_ID_TEXT];
    api_id_text(&user->user, id);
    buffer_printf(&text, "You are invited to the account \"%s\" at %s.\n\n",
                  account_name, x->broker->url);
    if (!user->password.set) {
        buffer_printf(&text,
                      "First set a password:\n\n"
                      "  POST %s/v1/users/%s/reset_password\n",
                      x->broker->url, id);
        put_token(x, user, MAIL_RESET, MAIL_INVITE_LASTS, &text);
    } else if (!user->email_verified) {
        buffer_printf(&text,
                      "First confirm that this address is yours:\n\n"
                      "  POST %s/v1/users/confirm_email\n",
                      x->broker->url);
        put_token(x, user, MAIL_CONFIRM, MAIL_CONFIRM_LASTS, &text);
    }
    buffer_printf(&text,
                  "\nLog in; GET /v1/accounts shows the invitation, POST "
                  "/v1/users/process_invite accepts or rejects it.\n");
    put(x, user, "You are invited", &text, true);
}

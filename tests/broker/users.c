#include "tests/broker/users_cast.h"

#include <dirent.h>
#include <stdio.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"

void basic_header(const char *email, const char *password, char *out,
                  size_t capacity)
{
    AUTO_CLEAR_BUFFER text = buffer_make(4096);
    char pair[2048];
    (void)snprintf(pair, sizeof(pair), "%s:%s", email, password);
    base64_encode(bytes_of_string(pair), &text);
    assert_ok(buffer_status(&text));
    int len = snprintf(out, capacity, "Authorization: Basic %.*s\r\n",
                       (int)text.len, (const char *)text.data);
    assert_true(len > 0 && (size_t)len < capacity);
}

struct answer *user_sign_up(struct stage *s, const char *email,
                            const char *password)
{
    return stage_ask(
        s, AS_NOBODY, HTTP_POST,
        json_pack("{s:s, s:s}", "user_email", email, "user_password", password),
        "/v1/users");
}

struct answer *user_auth(struct stage *s, const char *email,
                         const char *password, const char *headers, bool bare)
{
    char basic[4096], all[8192];
    basic_header(email, password, basic, sizeof(basic));
    (void)snprintf(all, sizeof(all), "%s%s", basic, headers ? headers : "");
    s->headers = all;
    s->bare = bare;
    struct answer *a = stage_ask(s, AS_NOBODY, HTTP_POST, NULL, "/v1/sys/auth");
    s->headers = NULL;
    s->bare = false;
    return a;
}

void user_log_in(struct stage *s, struct user *user)
{
    struct answer *a = user_auth(s, user->email, PASSWORD, NULL, user->v2);
    assert_answer(a, 200, NULL);
    (void)snprintf(user->token, sizeof(user->token), "%s",
                   answer_text(a, "access_token"));
    (void)snprintf(user->headers, sizeof(user->headers),
                   "Authorization: Bearer %s\r\n", user->token);
}

void user_make(struct stage *s, const char *email, struct user *out)
{
    *out = (struct user){ .v2 = false };
    (void)snprintf(out->email, sizeof(out->email), "%s", email);
    struct answer *a = user_sign_up(s, email, PASSWORD);
    assert_answer(a, 201, NULL);
    (void)snprintf(out->id, sizeof(out->id), "%s", answer_text(a, "user_id"));
    user_log_in(s, out);
}

struct answer *user_ask(struct stage *s, const struct user *user,
                        enum http_method method, json_t *body, const char *path,
                        ...)
{
    char text[1024];
    va_list arguments;
    va_start(arguments, path);
    (void)vsnprintf(text, sizeof(text), path, arguments);
    va_end(arguments);
    s->headers = user->headers;
    struct answer *a = stage_ask(s, AS_NOBODY, method, body, "%s", text);
    s->headers = NULL;
    return a;
}

void user_select(struct stage *s, const struct user *user, const char *account)
{
    struct answer *a = user_ask(s, user, HTTP_POST, NULL,
                                "/v1/accounts/select_account/%s", account);
    assert_int_equal(user->v2 ? 200 : 204, a->status);
}

void user_make_managing(struct stage *s, const char *email, struct user *out)
{
    user_make(s, email, out);
    struct answer *a = user_ask(
        s, out, HTTP_POST, json_pack("{s:s}", "name", email), "/v1/accounts");
    assert_answer(a, 200, NULL);
    (void)snprintf(out->account, sizeof(out->account), "%s",
                   answer_text(a, "acct_id"));
    user_select(s, out, out->account);
}

void user_make_in(struct stage *s, const struct user *manager, const char *role,
                  const char *email, struct user *out)
{
    char token[128];
    user_make(s, email, out);
    mails_clear(s);
    assert_int_equal(
        204, user_ask(s, out, HTTP_POST, NULL, "/v1/users/resend_confirm_email")
                 ->status);
    mail_take_token(s, "confirm", token);
    assert_answer(stage_ask(s, AS_NOBODY, HTTP_POST,
                            json_pack("{s:s}", "confirm_token", token),
                            "/v1/users/confirm_email"),
                  200, NULL);
    assert_answer(
        user_ask(s, manager, HTTP_POST,
                 json_pack("{s:s, s:[s]}", "user_email", email, "roles", role),
                 "/v1/users/invite"),
        201, NULL);
    mails_clear(s);
    assert_int_equal(204,
                     user_ask(s, out, HTTP_POST,
                              json_pack("{s:[s]}", "accepts", manager->account),
                              "/v1/users/process_invite")
                         ->status);
    (void)snprintf(out->account, sizeof(out->account), "%s", manager->account);
    user_select(s, out, out->account);
}

void user_put_in(struct stage *s, const struct person *p, struct user *u)
{
    AUTO_FREE(policy_txn) txn = NULL;
    struct policy_member member = { .account = p->account,
                                    .role = POLICY_MANAGER,
                                    .state = POLICY_MEMBER_ACTIVE };
    assert_ok(api_id_parse(bytes_of_string(u->id), &member.user));
    assert_ok(policy_write(s->broker.store, &txn));
    assert_ok(policy_member_put(txn, &member));
    assert_ok(policy_commit(txn));
    api_id_text(&p->account, u->account);
    user_select(s, u, u->account);
}

/* --- mails --------------------------------------------------------------- */

/* Calls unlink for each, keeping the last one's text. */
static size_t look(struct stage *s, bool take, struct buffer *text)
{
    char directory[512], path[1024];
    (void)snprintf(directory, sizeof(directory), "%s/outbox", stage_store(s));
    DIR *dir = opendir(directory);
    size_t count = 0;
    if (!dir)
        return 0;
    for (struct dirent *entry; (entry = readdir(dir));) {
        if (!strstr(entry->d_name, ".eml"))
            continue;
        count++;
        (void)snprintf(path, sizeof(path), "%s/%s", directory, entry->d_name);
        if (text)
            assert_ok(file_read(path, text));
        if (take)
            assert_int_equal(0, unlink(path));
    }
    (void)closedir(dir);
    return count;
}

size_t mails_count(struct stage *s)
{
    return look(s, false, NULL);
}

void mails_clear(struct stage *s)
{
    (void)look(s, true, NULL);
}

void mail_take_token(struct stage *s, const char *name, char out[128])
{
    AUTO_CLEAR_BUFFER text = buffer_make(65536);
    char mark[32];
    assert_int_equal(1, look(s, true, &text));
    buffer_put_u8(&text, '\0');
    (void)snprintf(mark, sizeof(mark), "%s_token: ", name);
    const char *at = strstr((const char *)text.data, mark);
    assert_non_null(at);
    at += strlen(mark);
    size_t len = strcspn(at, "\n");
    assert_true(len < 128);
    memcpy(out, at, len);
    out[len] = '\0';
}

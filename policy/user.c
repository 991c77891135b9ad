#include "policy/users.h"

/* --- addresses ----------------------------------------------------------- */

static bool is_address_byte(unsigned char c)
{
    return c > 0x20 && c < 0x7f && !strchr("<>\"(),:;[]\\", c);
}

struct status policy_email_normalise(const char *text,
                                     char out[POLICY_EMAIL_MAX + 1],
                                     struct reason *why)
{
    char lower[POLICY_EMAIL_MAX + 1];
    size_t len = strlen(text);
    const char *at = strrchr(text, '@');
    bool good = len <= POLICY_EMAIL_MAX && at && at != text && at[1] &&
                strchr(text, '@') == at;
    for (size_t i = 0; good && i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        good = is_address_byte(c);
        lower[i] = (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
    }
    if (!good)
        return refuse(why, STATUS_INVALID, "user_email",
                      "user_email: this is not an e-mail address");
    memcpy(out, lower, len);
    out[len] = '\0';
    return OK;
}

static struct status email_key(const char *email, struct policy_key *out)
{
    struct hash address;
    TRY(hash_of(&address, bytes_of_string(email)));
    *out = policy_key(POLICY_USER_EMAIL, hash_bytes(&address));
    return OK;
}

/* --- the record ---------------------------------------------------------- */

static json_t *password_json(const struct policy_password *password)
{
    if (!password->set)
        return json_null();
    return json_pack(
        "{s:o, s:i, s:i, s:i, s:o}", "salt",
        api_json_of_base64(bytes_of(password->salt, sizeof(password->salt))),
        "log_n", password->log_n, "r", password->r, "p", password->p,
        "verifier", api_json_of_hash(&password->verifier));
}

static struct status password_read(const json_t *record,
                                   struct policy_password *out)
{
    AUTO_CLEAR_BUFFER salt = buffer_make(sizeof(out->salt));
    const json_t *kept = json_object_get(record, "password");
    int64_t log_n, r, p;
    if (!json_is_object(kept))
        return OK;
    TRY(api_json_base64(kept, "salt", &salt, NULL));
    TRY(api_json_integer(kept, "log_n", 1, 24, &log_n, NULL));
    TRY(api_json_integer(kept, "r", 1, 32, &r, NULL));
    TRY(api_json_integer(kept, "p", 1, 16, &p, NULL));
    TRY(api_json_hash(kept, "verifier", &out->verifier, NULL));
    if (salt.len != sizeof(out->salt))
        return failure(STATUS_INVALID, "salt", 0);
    memcpy(out->salt, salt.data, sizeof(out->salt));
    out->log_n = (uint8_t)log_n;
    out->r = (uint8_t)r;
    out->p = (uint8_t)p;
    out->set = true;
    return OK;
}

static struct status copy_text(const json_t *record, const char *name,
                               char *out, size_t room)
{
    const char *text;
    TRY(api_json_text(record, name, &text, NULL));
    if (strlen(text) >= room)
        return failure(STATUS_INVALID, name, 0);
    memcpy(out, text, strlen(text) + 1);
    return OK;
}

static struct status number(const json_t *record, const char *name,
                            uint64_t *out)
{
    int64_t value;
    TRY(api_json_integer(record, name, 0, INT64_MAX, &value, NULL));
    *out = (uint64_t)value;
    return OK;
}

static struct status user_read(const json_t *record, struct policy_user *out)
{
    struct policy_user u = { .email_verified = false };
    TRY(api_json_id(record, "user", &u.user, NULL));
    TRY(copy_text(record, "email", u.email, sizeof(u.email)));
    TRY(copy_text(record, "first_name", u.first_name, sizeof(u.first_name)));
    TRY(copy_text(record, "last_name", u.last_name, sizeof(u.last_name)));
    TRY(password_read(record, &u.password));
    TRY(api_json_flag(record, "email_verified", &u.email_verified, NULL));
    TRY(api_json_flag(record, "terms_accepted", &u.terms_accepted, NULL));
    TRY(api_json_flag(record, "reset", &u.reset, NULL));
    TRY(number(record, "created_at", &u.created_at));
    TRY(number(record, "last_logged_in_at", &u.last_logged_in_at));
    TRY(number(record, "epoch", &u.epoch));
    *out = u;
    return OK;
}

struct status policy_user_get(struct policy_txn *txn, const struct api_id *user,
                              struct policy_user *out)
{
    AUTO_JSON *record = NULL;
    struct policy_key key = policy_key(POLICY_USER, api_id_bytes(user));
    TRY(policy_get_json(txn, &key, &record));
    return policy_damaged(user_read(record, out), "user");
}

struct status policy_user_find(struct policy_txn *txn, const char *email,
                               struct policy_user *out)
{
    AUTO_CLEAR_BUFFER where = buffer_make(API_ID_LEN);
    struct policy_key key;
    struct api_id user;
    TRY(email_key(email, &key));
    TRY(policy_get(txn, &key, &where));
    if (where.len != API_ID_LEN)
        return failure(STATUS_CORRUPT, "user address", 0);
    memcpy(user.bytes, where.data, API_ID_LEN);
    return policy_user_get(txn, &user, out);
}

struct status policy_user_put(struct policy_txn *txn,
                              const struct policy_user *u)
{
    struct policy_key address,
        key = policy_key(POLICY_USER, api_id_bytes(&u->user));
    AUTO_JSON *record = json_pack(
        "{s:o, s:s, s:s, s:s, s:o, s:b, s:b, s:b, s:I, s:I, s:I}", "user",
        api_json_of_id(&u->user), "email", u->email, "first_name",
        u->first_name, "last_name", u->last_name, "password",
        password_json(&u->password), "email_verified", u->email_verified,
        "terms_accepted", u->terms_accepted, "reset", u->reset, "created_at",
        (json_int_t)u->created_at, "last_logged_in_at",
        (json_int_t)u->last_logged_in_at, "epoch", (json_int_t)u->epoch);
    TRY(email_key(u->email, &address));
    policy_put_json(txn, &key, record);
    policy_put(txn, &address, api_id_bytes(&u->user));
    return record ? OK : failure(STATUS_NO_MEMORY, "json", 0);
}

static struct status leave(void *context, const struct policy_member *member)
{
    policy_member_delete(context, member);
    return OK;
}

struct status policy_user_delete(struct policy_txn *txn,
                                 const struct policy_user *u)
{
    struct policy_key address,
        key = policy_key(POLICY_USER, api_id_bytes(&u->user));
    TRY(email_key(u->email, &address));
    TRY(policy_memberships_each(txn, &u->user, leave, txn));
    policy_delete(txn, &address);
    policy_delete(txn, &key);
    return OK;
}

struct status policy_user_suspends(struct policy_txn *txn,
                                   const struct api_id *id, bool *out)
{
    struct policy_user user;
    struct status got = policy_user_get(txn, id, &user);
    if (failed(got) && got.code != STATUS_NOT_FOUND)
        return got;
    *out = failed(got) || user.reset;
    return OK;
}

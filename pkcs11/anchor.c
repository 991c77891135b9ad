/* anchor.c - the log's place, kept as a data object on the token. */

#include <openssl/crypto.h>

#include "pkcs11/state.h"

#define ANCHOR_LABEL "accord anchor v1"
#define ANCHOR_LEN   (16 + HSM_STATE_LEN + HASH_LEN)
#define ANCHORS_MAX  16 /* left behind by that many kills in a row */

static CK_OBJECT_CLASS data_class = CKO_DATA;

static void describe(struct hsm_template *t)
{
    hsm_template_value(t, CKA_CLASS, &data_class, sizeof(data_class));
    hsm_template_value(t, CKA_LABEL, ANCHOR_LABEL, strlen(ANCHOR_LABEL));
    hsm_template_place(t, true, true);
}

static struct status find_all(struct hsm_session *session,
                              CK_OBJECT_HANDLE out[ANCHORS_MAX], size_t *count)
{
    struct hsm_template t = { .count = 0 };
    describe(&t);
    return hsm_object_find(session, &t, out, ANCHORS_MAX, count);
}

static struct status encode(const struct hsm_state *state, struct buffer *out)
{
    struct hash check;

    buffer_put_string(out, ANCHOR_LABEL);
    hsm_state_put(out, state);
    TRY(buffer_status(out));
    TRY(hash_of(&check, buffer_bytes(out)));
    buffer_put(out, hash_bytes(&check));
    return buffer_status(out);
}

/* False for what a killed creation may have left behind. */
static bool decode(struct bytes value, struct hsm_state *out)
{
    struct cursor in = cursor_of(value);
    struct hash check, stored;

    if (value.len != ANCHOR_LEN)
        return false;
    (void)cursor_expect(&in, bytes_of_string(ANCHOR_LABEL));
    struct hsm_state state = hsm_state_take(&in);
    cursor_copy(&in, stored.bytes, sizeof(stored.bytes));
    if (failed(cursor_finish(&in, "anchor")) ||
        failed(hash_of(&check, bytes_of(value.at, ANCHOR_LEN - HASH_LEN))) ||
        !hash_equal(&check, &stored))
        return false;
    *out = state;
    return true;
}

STATUS hsm_anchor_add(struct hsm_session *session,
                      const struct hsm_state *state)
{
    CK_OBJECT_HANDLE made;
    struct hsm_template t = { .count = 0 };
    AUTO_CLEAR_BUFFER value = buffer_make(ANCHOR_LEN);

    TRY(encode(state, &value));
    describe(&t);
    hsm_template_value(&t, CKA_APPLICATION, "accord", strlen("accord"));
    hsm_template_value(&t, CKA_VALUE, value.data, value.len);
    hsm_template_flag(&t, CKA_MODIFIABLE, false);
    return hsm_object_make(session, &t, &made);
}

STATUS hsm_anchor_write(struct hsm_session *session,
                        const struct hsm_state *state)
{
    CK_OBJECT_HANDLE old[ANCHORS_MAX];
    size_t count = 0;

    TRY(find_all(session, old, &count));
    TRY(hsm_anchor_add(session, state));
    for (size_t i = 0; i < count; i++)
        TRY(CALL(session, C_DestroyObject, old[i]));
    return OK;
}

STATUS hsm_anchor_erase(struct hsm_session *session)
{
    CK_OBJECT_HANDLE found[ANCHORS_MAX];
    size_t count = 0;

    TRY(find_all(session, found, &count));
    for (size_t i = 0; i < count; i++)
        TRY(CALL(session, C_DestroyObject, found[i]));
    return OK;
}

static bool is_further(const struct hsm_state *a, const struct hsm_state *b)
{
    if (a->epoch != b->epoch)
        return a->epoch > b->epoch;
    return a->frontier.size > b->frontier.size;
}

STATUS hsm_anchor_read(struct hsm_session *session, struct hsm_state *out,
                       struct reason *why)
{
    CK_OBJECT_HANDLE found[ANCHORS_MAX];
    size_t count = 0, whole = 0;
    struct hsm_state best = { 0 };

    TRY(find_all(session, found, &count));
    for (size_t i = 0; i < count; i++) {
        unsigned char value[ANCHOR_LEN];
        size_t len = 0;
        struct hsm_state state;
        struct status s = hsm_object_read(session, found[i], CKA_VALUE, value,
                                          sizeof(value), &len);
        if (failed(s) || !decode(bytes_of(value, len), &state))
            continue;
        if (whole++ == 0 || is_further(&state, &best))
            best = state;
    }
    if (count == 0)
        return refuse(why, STATUS_NOT_FOUND, "anchor",
                      "the token has no accord anchor: it is not the token "
                      "of this ceremony, or someone removed it");
    if (whole == 0)
        return refuse(why, STATUS_CORRUPT, "anchor",
                      "no anchor on the token is whole");
    *out = best;
    return OK;
}

static struct status same_root(const struct hsm_state *a,
                               const struct hsm_state *b, bool *out)
{
    struct hash one, other;
    TRY(api_frontier_root(&a->frontier, &one));
    TRY(api_frontier_root(&b->frontier, &other));
    *out = hash_equal(&one, &other);
    return OK;
}

STATUS hsm_state_check(const struct hsm_state *state,
                       const struct hsm_state *anchor, struct reason *why)
{
    bool equal = false;

    if (!api_id_equal(&state->store, &anchor->store))
        return refuse(why, STATUS_CORRUPT, "frontier",
                      "the frontier file belongs to another store than the "
                      "token");
    if (state->epoch != anchor->epoch)
        return refuse(why, STATUS_CORRUPT, "frontier",
                      "the frontier file is of epoch %u, the token of %u",
                      state->epoch, anchor->epoch);
    if (state->frontier.size < anchor->frontier.size)
        return refuse(why, STATUS_CORRUPT, "frontier",
                      "the frontier file is older than the token: it stands "
                      "at %llu leaves, the token knows of %llu",
                      (unsigned long long)state->frontier.size,
                      (unsigned long long)anchor->frontier.size);
    if (state->frontier.size > anchor->frontier.size)
        return OK;
    TRY(same_root(state, anchor, &equal));
    if (!equal)
        return refuse(why, STATUS_CORRUPT, "frontier",
                      "the frontier file and the token disagree about the "
                      "root at %llu leaves",
                      (unsigned long long)state->frontier.size);
    return OK;
}

/* seeds_hsm.c - what accord-hsm says, and what it keeps. */

#include "tests/fuzz/seeds.h"

#include "base/file.h"
#include "pkcs11/judge.h"
#include "pkcs11/messages.h"
#include "pkcs11/state.h"
#include "pkcs11/wire.h"

/* --- door ---------------------------------------------------------------- */

static struct hsm_state sample_state(void)
{
    struct hsm_state state = { .store = { { 5 } }, .epoch = 1, .time = NOW };
    for (unsigned char i = 0; i < 5; i++) {
        struct hash hash = { { i } };
        assert_ok(api_frontier_add(&state.frontier, &hash));
    }
    return state;
}

static struct api_head sample_head(void)
{
    struct hsm_state state = sample_state();
    struct api_head head = { .store = state.store,
                             .epoch = 1,
                             .size = state.frontier.size,
                             .time = NOW * 1000,
                             .signature = { { 7 } } };
    assert_ok(api_frontier_root(&state.frontier, &head.root));
    return head;
}

static void put_frame(struct buffer *out, uint32_t id, uint8_t code,
                      struct bytes body)
{
    const struct pkcs11_frame frame = { id, code, body };
    pkcs11_frame_put(out, &frame);
    assert_ok(buffer_status(out));
}

static void put_description(struct buffer *out)
{
    struct pkcs11_description d = {
        .store = { { 5 } },
        .epoch = 1,
        .generation = 3,
        .ca_certificate = buffer_make(CA_CERTIFICATE_MAX),
        .intake_certificate = buffer_make(CA_CERTIFICATE_MAX),
        .domain = DOMAIN,
        .size = 5,
        .time = NOW * 1000,
        .plain_paths = true,
    };
    struct bytes spki = ca_spki(ca_key_public(authority.key));
    assert_ok(api_spki_read(spki, &d.ca_key));
    d.log_key = d.ca_key;
    buffer_put(&d.ca_certificate, authority_root(&authority));
    buffer_put(&d.intake_certificate, sample_der(CA_INTAKE));
    assert_ok(pkcs11_encode_description(&d, out));
    pkcs11_description_clear(&d);
}

void seeds_door(void)
{
    AUTO_CLEAR_BUFFER body = buffer_make(64 * 1024);
    AUTO_CLEAR_BUFFER seed = buffer_make(64 * 1024);
    struct api_head head = sample_head();
    put_description(&body);
    put_frame(&seed, 1, STATUS_OK, buffer_bytes(&body));
    seed_write("door", "describe", buffer_bytes(&seed));
    buffer_clear(&body);
    buffer_clear(&seed);
    pkcs11_encode_head(&head, &body);
    put_frame(&seed, 2, PKCS11_BEGAN, BYTES(""));
    put_frame(&seed, 2, STATUS_OK, buffer_bytes(&body));
    put_frame(&seed, 3, STATUS_DENIED, BYTES("no such leaf"));
    put_frame(&seed, 0, PKCS11_TIRED, BYTES(""));
    seed_write("door", "several", buffer_bytes(&seed));
    buffer_clear(&seed);
    put_frame(&seed, 7, PKCS11_APPEND, bytes_of("leaves", 6));
    seed_write("door", "job", buffer_bytes(&seed));
}

/* --- judge --------------------------------------------------------------- */

void seeds_judge(void)
{
    static const char label[] =
        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    struct api_identity_rule rule = { .kind = API_KIND_SGX,
                                      .form = API_SGX_MRENCLAVE,
                                      .tcb_mask = API_TCB_UNEVALUATED,
                                      .anchor = { { 1 } },
                                      .sgx.mrenclave = { 1 } };
    struct hsm_question question = { .evidence = BYTES("evidence"),
                                     .collateral = BYTES("collateral"),
                                     .rule = &rule,
                                     .time = NOW };
    AUTO_CLEAR_BUFFER seed = buffer_make(64 * 1024);
    assert_ok(hsm_question_encode(&question, &seed, NULL));
    seed_write_marked("judge", "question", 0, buffer_bytes(&seed));
    buffer_clear(&seed);
    question.collateral = BYTES("");
    question.word.zone = authority_root(&authority);
    assert_ok(hsm_question_encode(&question, &seed, NULL));
    seed_write_marked("judge", "question-word", 0, buffer_bytes(&seed));
    buffer_clear(&seed);
    put_frame(&seed, 1, STATUS_OK, bytes_of_string(label));
    seed_write_marked("judge", "verdict", 1, buffer_bytes(&seed));
    buffer_clear(&seed);
    put_frame(&seed, 1, STATUS_DENIED, BYTES("quote: too old"));
    seed_write_marked("judge", "refusal", 1, buffer_bytes(&seed));
    buffer_clear(&seed);
    put_frame(&seed, 2, STATUS_OK, bytes_of_string(label));
    seed_write_marked("judge", "out-of-step", 1, buffer_bytes(&seed));
}

/* --- frontier ------------------------------------------------------------ */

static struct buffer written; /* what the "token" was given */

static CK_RV find_none(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE_PTR out,
                       CK_ULONG max, CK_ULONG_PTR count)
{
    (void)s, (void)out, (void)max;
    *count = 0;
    return CKR_OK;
}

static CK_RV create(CK_SESSION_HANDLE s, CK_ATTRIBUTE_PTR t, CK_ULONG count,
                    CK_OBJECT_HANDLE_PTR out)
{
    (void)s;
    for (CK_ULONG i = 0; i < count; i++)
        if (t[i].type == CKA_VALUE)
            buffer_put(&written, bytes_of(t[i].pValue, t[i].ulValueLen));
    *out = 1;
    return CKR_OK;
}

void seeds_frontier(void)
{
    static CK_FUNCTION_LIST calls = { .C_FindObjects = find_none,
                                      .C_CreateObject = create };
    struct hsm_session session = { .calls = &calls, .handle = 1 };
    const char *path = temp_dir_path(&seeds_dir, "frontier");
    struct hsm_state state = sample_state();
    struct hsm_frontier_file file;
    AUTO_CLEAR_BUFFER seed = buffer_make(64 * 1024);
    assert_ok(hsm_frontier_make(path, &state, NULL));
    assert_ok(file_read(path, &seed));
    seed_write_marked("frontier", "one-slot", 0, buffer_bytes(&seed));
    assert_ok(hsm_frontier_open(path, &file, &state, NULL));
    assert_ok(hsm_frontier_write(&file, &state));
    hsm_frontier_close(&file);
    buffer_clear(&seed);
    assert_ok(file_read(path, &seed));
    seed_write_marked("frontier", "two-slots", 0, buffer_bytes(&seed));
    written = buffer_make(64 * 1024);
    assert_ok(hsm_anchor_add(&session, &state));
    seed_write_marked("frontier", "anchor", 1, buffer_bytes(&written));
    buffer_clear(&written);
}

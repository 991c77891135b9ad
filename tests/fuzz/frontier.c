/* Any bytes as the frontier file, and as an anchor on the token: what is
 * accepted is what is written back. No change of a seed has checksums that
 * hold, so each is tried with the right ones, too. The first byte even: the
 * file; odd: one anchor. Seeds: tests/fuzz/seeds.c. */

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "pkcs11/state.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

#define SLOT_STEP 4096u
#define SLOT_BODY                                                              \
    (18u + 8 + 8 + HSM_STATE_LEN)         /* "accord frontier v1", ...         \
                                           */
#define ANCHOR_BODY (16u + HSM_STATE_LEN) /* "accord anchor v1", ...   */
#define FILE_MAX    (2u * SLOT_STEP)

static char path[] = "/tmp/accord-frontier.XXXXXX";
static int file = -1;

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void remove_file(void)
{
    (void)unlink(path);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    file = mkstemp(path);
    must(file >= 0 && atexit(remove_file) == 0);
    return 0;
}

/* Writes the checksum behind `body` bytes at `at`, where there is room. */
static void seal(unsigned char *bytes, size_t len, size_t at, size_t body)
{
    struct hash check;
    if (len < at + body + HASH_LEN)
        return;
    must(!failed(hash_of(&check, bytes_of(bytes + at, body))));
    memcpy(bytes + at + body, check.bytes, HASH_LEN);
}

static void same_state(const struct hsm_state *a, const struct hsm_state *b)
{
    AUTO_CLEAR_BUFFER one = buffer_make(HSM_STATE_LEN);
    AUTO_CLEAR_BUFFER other = buffer_make(HSM_STATE_LEN);
    hsm_state_put(&one, a);
    hsm_state_put(&other, b);
    must(bytes_equal(buffer_bytes(&one), buffer_bytes(&other)));
}

/* --- the file ------------------------------------------------------------ */

static void read_file(const unsigned char *bytes, size_t len)
{
    struct hsm_frontier_file opened, again;
    struct hsm_state state, back;
    struct reason why = { "" };
    must(ftruncate(file, 0) == 0 &&
         pwrite(file, bytes, len, 0) == (ssize_t)len);
    struct status s = hsm_frontier_open(path, &opened, &state, &why);
    if (failed(s)) {
        must(s.code == STATUS_CORRUPT && why.text[0] != '\0');
        return;
    }
    must(!failed(hsm_frontier_write(&opened, &state)));
    must(!failed(hsm_frontier_open(path, &again, &back, &why)));
    must(again.counter == opened.counter &&
         again.generation == opened.generation);
    same_state(&state, &back);
    hsm_frontier_close(&opened);
    hsm_frontier_close(&again);
}

/* --- the anchor ---------------------------------------------------------- */

static struct bytes anchor;

static CK_RV find_init(CK_SESSION_HANDLE s, CK_ATTRIBUTE_PTR t, CK_ULONG count)
{
    (void)s, (void)t, (void)count;
    return CKR_OK;
}

static CK_RV find_one(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE_PTR out,
                      CK_ULONG max, CK_ULONG_PTR count)
{
    (void)s;
    *count = max > 0;
    *out = 1;
    return CKR_OK;
}

static CK_RV find_final(CK_SESSION_HANDLE s)
{
    (void)s;
    return CKR_OK;
}

static CK_RV get_value(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o,
                       CK_ATTRIBUTE_PTR t, CK_ULONG count)
{
    (void)s, (void)o, (void)count;
    if (anchor.len > t->ulValueLen) {
        t->ulValueLen = CK_UNAVAILABLE_INFORMATION;
        return CKR_BUFFER_TOO_SMALL;
    }
    if (anchor.len > 0)
        memcpy(t->pValue, anchor.at, anchor.len);
    t->ulValueLen = anchor.len;
    return CKR_OK;
}

static void read_anchor(const unsigned char *bytes, size_t len)
{
    static CK_FUNCTION_LIST calls = { .C_FindObjectsInit = find_init,
                                      .C_FindObjects = find_one,
                                      .C_FindObjectsFinal = find_final,
                                      .C_GetAttributeValue = get_value };
    struct hsm_session session = { .calls = &calls, .handle = 1 };
    struct hsm_state state;
    struct reason why = { "" };
    anchor = bytes_of(bytes, len);
    if (failed(hsm_anchor_read(&session, &state, &why)))
        return;
    struct hash check;
    must(len == ANCHOR_BODY + HASH_LEN &&
         memcmp(bytes, "accord anchor v1", 16) == 0);
    must(!failed(hash_of(&check, bytes_of(bytes, ANCHOR_BODY))) &&
         memcmp(bytes + ANCHOR_BODY, check.bytes, HASH_LEN) == 0);
    struct cursor in = cursor_of(bytes_of(bytes + 16, HSM_STATE_LEN));
    struct hsm_state expected = hsm_state_take(&in);
    same_state(&state, &expected);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned char copy[FILE_MAX];
    if (size == 0)
        return 0;
    size_t len = size - 1 < sizeof(copy) ? size - 1 : sizeof(copy);
    memcpy(copy, data + 1, len);
    if (data[0] % 2) {
        read_anchor(copy, len);
        seal(copy, len, 0, ANCHOR_BODY);
        read_anchor(copy, len);
        return 0;
    }
    read_file(copy, len);
    seal(copy, len, 0, SLOT_BODY);
    seal(copy, len, SLOT_STEP, SLOT_BODY);
    read_file(copy, len);
    return 0;
}

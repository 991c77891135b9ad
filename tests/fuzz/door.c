/* Any bytes as what accord-hsm and accordd say to each other. Frames are the
 * same whether they lie in memory or come from a descriptor, and are put
 * together again as the very same bytes; so are the bodies that answer
 * describe and append. Seeds: tests/fuzz/seeds.c. */

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "pkcs11/messages.h"
#include "pkcs11/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

static int spool = -1;

static void must(bool holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    spool = memfd_create("frames", MFD_CLOEXEC);
    must(spool >= 0);
    return 0;
}

static void read_body(struct bytes body)
{
    static struct pkcs11_description description;
    struct api_head head;
    AUTO_CLEAR_BUFFER again = buffer_make(PKCS11_ANSWER_MAX);
    if (!failed(pkcs11_decode_description(body, &description))) {
        must(!failed(pkcs11_encode_description(&description, &again)));
        must(bytes_equal(buffer_bytes(&again), body));
        pkcs11_description_clear(&description);
    }
    buffer_clear(&again);
    if (!failed(pkcs11_decode_head(body, &head))) {
        pkcs11_encode_head(&head, &again);
        must(bytes_equal(buffer_bytes(&again), body));
    }
}

/* The next frame of the descriptor is this one; NULL: there is none. */
static void same_from_spool(const struct pkcs11_frame *expected,
                            struct buffer *in)
{
    struct pkcs11_frame frame = { 0 };
    struct status s = pkcs11_frame_read(spool, in, &frame);
    must(failed(s) == (expected == NULL));
    must(!expected ||
         (frame.id == expected->id && frame.code == expected->code &&
          bytes_equal(frame.body, expected->body)));
}

/* What is cut off anywhere is no frame yet. */
static void part_is_none(struct bytes whole)
{
    struct pkcs11_frame frame;
    size_t used = 1;
    must(!failed(pkcs11_frame_next(bytes_of(whole.at, whole.len - 1),
                                   PKCS11_ANSWER_MAX, &frame, &used)));
    must(used == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes left = bytes_of(data, size);
    struct buffer in = buffer_make(PKCS11_ANSWER_MAX);
    must(ftruncate(spool, 0) == 0 && lseek(spool, 0, SEEK_SET) == 0 &&
         write(spool, data, size) == (ssize_t)size &&
         lseek(spool, 0, SEEK_SET) == 0);
    for (;;) {
        AUTO_CLEAR_BUFFER again = buffer_make(PKCS11_ANSWER_MAX);
        struct pkcs11_frame frame;
        size_t used = 0;
        if (failed(pkcs11_frame_next(left, PKCS11_ANSWER_MAX, &frame, &used)) ||
            used == 0)
            break;
        must(used <= left.len && used == PKCS11_FRAME_HEAD + frame.body.len);
        pkcs11_frame_put(&again, &frame);
        must(bytes_equal(buffer_bytes(&again), bytes_of(left.at, used)));
        part_is_none(bytes_of(left.at, used));
        same_from_spool(&frame, &in);
        read_body(frame.body);
        left = bytes_of(left.at + used, left.len - used);
    }
    same_from_spool(NULL, &in);
    buffer_clear(&in);
    return 0;
}

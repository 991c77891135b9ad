/* What is encrypted passes through the heap and must not stay there: every
 * block is looked at in the last moment it may be. */

#include "tests/api/sample.h"
#include "tests/support/check.h"

#include <malloc.h>
#include <stdlib.h>

#define MARK "a mark that must not stay behind"

/* volatile: the compiler knows that free() changes nothing. */
static volatile int blocks, marked;

void __real_free(void *);
void __wrap_free(void *);

void __wrap_free(void *p)
{
    if (p) {
        blocks++;
        if (memmem(p, malloc_usable_size(p), MARK, sizeof(MARK) - 1))
            marked++;
    }
    __real_free(p);
}

static STATUS swallow(void *context, struct bytes bytes)
{
    (void)context;
    (void)bytes;
    return OK;
}

static STATUS keep(void *context, struct bytes bytes)
{
    buffer_put(context, bytes);
    return buffer_status(context);
}

static void the_wrapper_sees_a_mark_that_stays(void **state)
{
    (void)state;
    char *careless = strdup(MARK);
    blocks = marked = 0;
    free(careless);
    assert_int_equal(blocks, 1);
    assert_int_equal(marked, 1);
}

static void nothing_of_a_decrypted_file_stays(void **state)
{
    (void)state;
    AUTO_FREE(secret) key = sample_secret(bytes_of(MARK, 32));
    AUTO_CLEAR_BUFFER sealed = buffer_make(128);
    struct api_file *file = NULL;
    assert_ok(api_file_encrypt(key, keep, &sealed, &file));
    assert_ok(api_file_put(file, bytes_of_string(MARK)));
    assert_ok(api_file_finish(file));
    api_file_free(file);

    assert_ok(api_file_decrypt(key, swallow, NULL, &file));
    assert_ok(api_file_put(file, buffer_bytes(&sealed)));
    blocks = marked = 0;
    api_file_free(file);
    assert_true(blocks > 0);
    assert_int_equal(marked, 0);
}

static void nothing_of_a_key_stays(void **state)
{
    (void)state;
    AUTO_FREE(secret) key = sample_secret(bytes_of(MARK, 32));
    struct api_file *file = NULL;
    assert_ok(api_file_decrypt(key, swallow, NULL, &file));
    blocks = marked = 0;
    api_file_free(file); /* before the nonce came */
    assert_true(blocks > 0);
    assert_int_equal(marked, 0);
    api_file_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_wrapper_sees_a_mark_that_stays),
        cmocka_unit_test(nothing_of_a_decrypted_file_stays),
        cmocka_unit_test(nothing_of_a_key_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "tests/pkcs11/running.h"

#include "tests/support/check.h"

struct running r;

int running_begin(void **state)
{
    (void)state;
    r = (struct running){ .door = NULL };
    stage_heap();
    stage_make(&r.stage, "");
    assert_int_equal(stage_init(&r.stage, NULL, 0), 0);
    stage_start(&r.stage);
    stage_await(&r.stage, STATUS_OK, &r.why);
    return 0;
}

int running_end(void **state)
{
    (void)state;
    stage_clear(&r.stage);
    return 0;
}

int running_connect(void **state)
{
    (void)state;
    assert_ok(pkcs11_door_open(r.stage.socket_path, 10000, &r.door));
    return 0;
}

int running_hang_up(void **state)
{
    (void)state;
    pkcs11_door_free(r.door);
    r.door = NULL;
    return 0;
}

void running_await(enum status_code code)
{
    (void)running_hang_up(NULL);
    stage_await(&r.stage, code, &r.why);
    (void)running_connect(NULL);
}

struct api_head running_append(size_t count)
{
    struct pkcs11_description d;
    struct api_head head = { .size = 0 };

    assert_ok(pkcs11_describe(r.door, &d, &r.why));
    for (size_t i = 0; i < count; i++) {
        unsigned char encoded[API_LEAF_LEN];
        const struct api_leaf leaf = { .kind = API_LEAF_CHANGE,
                                       .index = d.size + i,
                                       .time = d.time };
        assert_ok(api_leaf_encode(&leaf, encoded));
        assert_ok(pkcs11_append(r.door, bytes_of(encoded, sizeof(encoded)),
                                &head, &r.why));
    }
    pkcs11_description_clear(&d);
    return head;
}

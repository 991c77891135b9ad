/* The SGX extension: every element once, in any order, in strict DER. */

#include "agent/sgx_extension.h"
#include "attest/pck.h"
#include "tests/support/check.h"

#define DER_MAX 4096

static const struct sgx_platform platform = {
    .ppid = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 },
    .instance = { 0x77 },
    .fmspc = { 0xf0, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5 },
    .pceid = { 0xe0, 0xe1 },
    .components = { 0, 1, 127, 128, 255 },
    .pcesvn = 0xfedc,
};

/* The extension in pieces, to be put together again otherwise. */
struct pieces {
    struct buffer der;
    struct bytes element[7]; /* .1 to .7, with tag and length */
    struct bytes tcb[18];    /* .2.1 to .2.18, likewise */
};

/* Tag, length and contents of the element at `at`. */
static struct bytes element_at(const unsigned char *at, size_t *head)
{
    size_t len = at[1];
    *head = 2;
    if (len == 0x81) {
        len = at[2];
        *head = 3;
    } else if (len == 0x82) {
        len = (size_t)at[2] << 8 | at[3];
        *head = 4;
    }
    return bytes_of(at, *head + len);
}

static void cut(const unsigned char *at, struct bytes *out, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t head;
        out[i] = element_at(at, &head);
        at += out[i].len;
    }
}

/* Past SEQUENCE { OID, ... and into the value behind the OID. */
static const unsigned char *value_of(struct bytes element, size_t *head)
{
    size_t skip;
    struct bytes whole = element_at(element.at, &skip);
    const unsigned char *oid = whole.at + skip;
    const unsigned char *value = oid + element_at(oid, &skip).len;
    (void)element_at(value, head);
    return value;
}

static struct pieces take_apart(void)
{
    struct pieces p = { .der = buffer_make(DER_MAX) };
    size_t head;
    assert_ok(sgx_extension_write(&platform, &p.der));
    (void)element_at(p.der.data, &head);
    cut(p.der.data + head, p.element, 7);
    const unsigned char *tcb = value_of(p.element[1], &head);
    cut(tcb + head, p.tcb, 18);
    return p;
}

static void wrap(struct buffer *out, unsigned char tag, struct bytes contents)
{
    assert_true(contents.len < 0x10000);
    buffer_put_u8(out, tag);
    if (contents.len >= 0x100) {
        buffer_put_u8(out, 0x82);
        buffer_put_u16(out, (uint16_t)contents.len);
    } else {
        if (contents.len >= 0x80)
            buffer_put_u8(out, 0x81);
        buffer_put_u8(out, (uint8_t)contents.len);
    }
    buffer_put(out, contents);
}

static STATUS read_elements(const struct bytes *elements, size_t count)
{
    AUTO_CLEAR_BUFFER all = buffer_make(DER_MAX);
    AUTO_CLEAR_BUFFER der = buffer_make(DER_MAX);
    struct attest_pck pck;
    for (size_t i = 0; i < count; i++)
        buffer_put(&all, elements[i]);
    wrap(&der, 0x30, buffer_bytes(&all));
    assert_ok(buffer_status(&der));
    return attest_pck_read(buffer_bytes(&der), &pck);
}

/* SEQUENCE { OID arc.path, value } */
static struct bytes make_element(struct buffer *out, struct bytes path,
                                 struct bytes value)
{
    static const unsigned char arc[] = { 0x2a, 0x86, 0x48, 0x86, 0xf8,
                                         0x4d, 0x01, 0x0d, 0x01 };
    AUTO_CLEAR_BUFFER oid = buffer_make(64);
    AUTO_CLEAR_BUFFER both = buffer_make(DER_MAX);
    buffer_put(&oid, bytes_of(arc, sizeof(arc)));
    buffer_put(&oid, path);
    wrap(&both, 0x06, buffer_bytes(&oid));
    buffer_put(&both, value);
    size_t start = out->len;
    wrap(out, 0x30, buffer_bytes(&both));
    assert_ok(buffer_status(out));
    return bytes_of(out->data + start, out->len - start);
}

/* The same extension with another list of TCB elements. */
static STATUS read_with_tcb(const struct pieces *p, const struct bytes *tcb,
                            size_t count)
{
    AUTO_CLEAR_BUFFER all = buffer_make(DER_MAX);
    AUTO_CLEAR_BUFFER value = buffer_make(DER_MAX);
    AUTO_CLEAR_BUFFER element = buffer_make(DER_MAX);
    struct bytes elements[7];
    for (size_t i = 0; i < count; i++)
        buffer_put(&all, tcb[i]);
    wrap(&value, 0x30, buffer_bytes(&all));
    memcpy(elements, p->element, sizeof(elements));
    elements[1] =
        make_element(&element, bytes_of("\2", 1), buffer_bytes(&value));
    return read_elements(elements, 7);
}

static void every_value_is_read(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER der = buffer_make(DER_MAX);
    struct attest_pck pck;
    assert_ok(sgx_extension_write(&platform, &der));
    assert_ok(attest_pck_read(buffer_bytes(&der), &pck));
    assert_memory_equal(pck.ppid, platform.ppid, 16);
    assert_memory_equal(pck.components, platform.components, 16);
    assert_memory_equal(pck.cpusvn, platform.components, 16);
    assert_int_equal(pck.pcesvn, 0xfedc);
    assert_memory_equal(pck.pceid, platform.pceid, 2);
    assert_memory_equal(pck.fmspc, platform.fmspc, 6);
    assert_int_equal(pck.sgx_type, 1);
}

static void the_order_does_not_matter(void **state)
{
    (void)state;
    struct pieces p = take_apart();
    struct bytes elements[7];
    struct bytes tcb[18];
    for (size_t i = 0; i < 7; i++)
        elements[i] = p.element[6 - i];
    for (size_t i = 0; i < 18; i++)
        tcb[i] = p.tcb[17 - i];
    assert_ok(read_elements(elements, 7));
    assert_ok(read_with_tcb(&p, tcb, 18));
    buffer_clear(&p.der);
}

static void only_what_platform_cas_add_may_be_missing(void **state)
{
    (void)state;
    struct pieces p = take_apart();
    assert_ok(read_elements(p.element, 5)); /* a Processor CA's leaf */
    for (size_t gone = 0; gone < 5; gone++) {
        struct bytes elements[7];
        memcpy(elements, p.element, sizeof(elements));
        elements[gone].len = 0;
        assert_status(STATUS_INVALID, read_elements(elements, 7));
    }
    for (size_t gone = 0; gone < 18; gone++) {
        struct bytes tcb[18];
        memcpy(tcb, p.tcb, sizeof(tcb));
        tcb[gone].len = 0;
        assert_status(STATUS_INVALID, read_with_tcb(&p, tcb, 18));
    }
    buffer_clear(&p.der);
}

static void nothing_may_stand_twice(void **state)
{
    (void)state;
    struct pieces p = take_apart();
    for (size_t twice = 0; twice < 7; twice++) {
        struct bytes elements[8];
        memcpy(elements, p.element, sizeof(p.element));
        elements[7] = p.element[twice];
        assert_status(STATUS_INVALID, read_elements(elements, 8));
    }
    for (size_t twice = 0; twice < 18; twice++) {
        struct bytes tcb[19];
        memcpy(tcb, p.tcb, sizeof(p.tcb));
        tcb[18] = p.tcb[twice];
        assert_status(STATUS_INVALID, read_with_tcb(&p, tcb, 19));
    }
    buffer_clear(&p.der);
}

#define DER(text)                                                              \
    {                                                                          \
        (const unsigned char *)(text), sizeof(text) - 1                        \
    }

/* Element .n (or .2.n) with another value: does it pass? */
static const struct {
    struct bytes path;
    struct bytes value;
    bool passes;
} values[] = {
    /* clang-format off */
    { DER("\5"),     DER("\x0a\1\0"),          true  }, /* standard       */
    { DER("\5"),     DER("\x0a\1\2"),          true  }, /* with integrity */
    { DER("\5"),     DER("\x0a\1\3"),          false }, /* unknown        */
    { DER("\5"),     DER("\2\1\0"),            false }, /* INTEGER        */
    { DER("\3"),     DER("\4\2xx"),            true  },
    { DER("\3"),     DER("\4\1x"),             false }, /* too short      */
    { DER("\3"),     DER("\4\3xxx"),           false }, /* too long       */
    { DER("\3"),     DER("\4\x81\2xx"),        false }, /* long length    */
    { DER("\3"),     DER("\4\x80xx\0\0"),      false }, /* indefinite     */
    { DER("\3"),     DER("\4\2xx\4\2xx"),      false }, /* two values     */
    { DER("\3"),     DER(""),                  false }, /* no value       */
    { DER("\3"),     DER("\2\2xx"),            false }, /* INTEGER        */
    { DER("\4"),     DER("\4\6ffffff"),        true  },
    { DER("\4"),     DER("\4\5fffff"),         false },
    { DER("\1"),     DER("\4\0"),              false },
    { DER("\6"),     DER("\4\1x"),             false },
    { DER("\7"),     DER("\x30\0"),            true  },
    { DER("\7"),     DER("\x30\3\x30\1\0"),    false },
    { DER("\x8"),    DER("\4\1x"),             false }, /* unknown        */
    { DER("\0"),     DER("\4\1x"),             false },
    { DER("\x21"),   DER("\4\1x"),             false },
    { DER("\3\1"),   DER("\4\2xx"),            false }, /* another OID    */
    { DER(""),       DER("\4\2xx"),            false },
    { DER("\2\1"),   DER("\2\1\x7f"),          true  },
    { DER("\2\1"),   DER("\2\2\0\x80"),        true  },
    { DER("\2\1"),   DER("\2\1\x80"),          false }, /* negative       */
    { DER("\2\1"),   DER("\2\2\0\x7f"),        false }, /* needless zero  */
    { DER("\2\1"),   DER("\2\2\1\0"),          false }, /* 256            */
    { DER("\2\1"),   DER("\2\0"),              false },
    { DER("\2\1"),   DER("\4\1\1"),            false },
    { DER("\2\x11"), DER("\2\2\1\0"),          true  },
    { DER("\2\x11"), DER("\2\3\0\xff\xff"),    true  },
    { DER("\2\x11"), DER("\2\3\1\0\0"),        false }, /* 65536          */
    { DER("\2\x11"), DER("\2\4\1\0\0\0"),      false },
    { DER("\2\x12"), DER("\4\1x"),             false },
    { DER("\2\x13"), DER("\2\1\1"),            false }, /* unknown        */
    { DER("\3\1"),   DER("\2\1\1"),            false }, /* not below .2   */
    /* clang-format on */
};

static STATUS read_with_value(const struct pieces *p, struct bytes path,
                              struct bytes value)
{
    AUTO_CLEAR_BUFFER made = buffer_make(DER_MAX);
    struct bytes element = make_element(&made, path, value);
    struct bytes elements[7];
    struct bytes tcb[18];
    memcpy(elements, p->element, sizeof(elements));
    memcpy(tcb, p->tcb, sizeof(tcb));
    if (path.len == 2 && path.at[0] == 2) {
        size_t n = path.at[1];
        tcb[n >= 1 && n <= 18 ? n - 1 : 0] = element;
        return read_with_tcb(p, tcb, 18);
    }
    size_t n = path.len > 0 ? path.at[0] : 0;
    elements[n >= 1 && n <= 7 ? n - 1 : 5] = element;
    return read_elements(elements, 7);
}

static void every_value_has_its_type_and_size(void **state)
{
    (void)state;
    struct pieces p = take_apart();
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        struct status s = read_with_value(&p, values[i].path, values[i].value);
        if (failed(s) == values[i].passes)
            fail_msg("row %zu: %s", i, status_name(s.code));
    }
    buffer_clear(&p.der);
}

static void a_cut_or_a_tail_is_refused(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER der = buffer_make(DER_MAX);
    struct attest_pck pck;
    assert_ok(sgx_extension_write(&platform, &der));
    for (size_t len = 0; len < der.len; len++)
        assert_status(STATUS_INVALID,
                      attest_pck_read(bytes_of(der.data, len), &pck));
    buffer_put_u8(&der, 0);
    assert_status(STATUS_INVALID, attest_pck_read(buffer_bytes(&der), &pck));
}

static void nothing_is_written_when_it_is_refused(void **state)
{
    (void)state;
    struct attest_pck pck;
    struct attest_pck before;
    memset(&pck, 0xaa, sizeof(pck));
    before = pck;
    struct pieces p = take_apart();
    assert_status(STATUS_INVALID,
                  attest_pck_read(bytes_of(p.der.data, p.der.len - 1), &pck));
    assert_memory_equal(&pck, &before, sizeof(pck));
    buffer_clear(&p.der);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_value_is_read),
        cmocka_unit_test(the_order_does_not_matter),
        cmocka_unit_test(only_what_platform_cas_add_may_be_missing),
        cmocka_unit_test(nothing_may_stand_twice),
        cmocka_unit_test(every_value_has_its_type_and_size),
        cmocka_unit_test(a_cut_or_a_tail_is_refused),
        cmocka_unit_test(nothing_is_written_when_it_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

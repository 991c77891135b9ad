/* Alternative names as bytes: what is not fully understood is refused, and
 * said. */

#include "tests/support/check.h"

#include "ca/extension.h"

#define BYTES(text) bytes_of(text, sizeof(text) - 1)

static struct status read_san(struct bytes value, bool addresses,
                              struct ca_names *out, struct reason *why)
{
    *out = (struct ca_names){ .count = 0 };
    return extension_names(value, addresses, out, why);
}

static void names_come_out_in_their_order(void **state)
{
    (void)state;
    struct ca_names names;
    struct reason why = { "" };
    const struct bytes two = BYTES("\x30\x0c\x82\x05"
                                   "b.exa\x82\x03"
                                   "a.b");
    assert_ok(read_san(two, false, &names, &why));
    assert_int_equal(names.count, 2);
    assert_string_equal(ca_name_at(&names, 0), "b.exa");
    assert_string_equal(ca_name_at(&names, 1), "a.b");
}

static void addresses_are_skipped_where_they_may_stand(void **state)
{
    (void)state;
    struct ca_names names;
    struct reason why = { "" };
    const struct bytes mixed = BYTES("\x30\x0b\x87\x04\x7f\x00\x00\x01"
                                     "\x82\x03"
                                     "a.b");
    const struct bytes six = BYTES("\x30\x12\x87\x10"
                                   "0123456789abcdef");
    assert_ok(read_san(mixed, true, &names, &why));
    assert_int_equal(names.count, 1);
    assert_ok(read_san(six, true, &names, &why));
    assert_int_equal(names.count, 0);
    assert_ok(read_san(BYTES("\x30\x00"), false, &names, &why)); /* none */
    assert_int_equal(names.count, 0);
    assert_status(STATUS_INVALID, read_san(mixed, false, &names, &why));
    assert_string_equal(why.text,
                        "subjectAltName: a name that is not a dNSName");
}

/* clang-format off */
static const struct {
    const char *what;
    struct bytes value;
    const char *says;
} bad[] = {
#define BAD(what, text, says) { what, { (const unsigned char *)(text), sizeof(text) - 1 }, says }
    BAD("nothing",            "", "subjectAltName: it is malformed"),
    BAD("no SEQUENCE",        "\x31\x05\x82\x03" "a.b", "subjectAltName: it is malformed"),
    BAD("cut in its name",    "\x30\x05\x82\x03" "a.", "subjectAltName: it is malformed"),
    BAD("more behind it",     "\x30\x05\x82\x03" "a.b\x05", "subjectAltName: it is malformed"),
    BAD("a longer list",      "\x30\x06\x82\x03" "a.b", "subjectAltName: it is malformed"),
    BAD("a long length form", "\x30\x81\x05\x82\x03" "a.b", "subjectAltName: it is malformed"),
    BAD("an endless length",  "\x30\x80\x82\x03" "a.b\x00\x00", "subjectAltName: it is malformed"),
    BAD("an rfc822Name",      "\x30\x05\x81\x03" "a@b", "subjectAltName: a name that is not a dNSName"),
    BAD("a URI",              "\x30\x05\x86\x03" "a:b", "subjectAltName: a name that is not a dNSName"),
    BAD("a directoryName",    "\x30\x04\xa4\x02\x30\x00", "subjectAltName: a name that is not a dNSName"),
    BAD("an otherName",       "\x30\x02\xa0\x00", "subjectAltName: a name that is not a dNSName"),
    BAD("a registeredID",     "\x30\x03\x88\x01\x2a", "subjectAltName: a name that is not a dNSName"),
    BAD("a constructed name", "\x30\x05\xa2\x03" "a.b", "subjectAltName: a name that is not a dNSName"),
    BAD("a network",          "\x30\x0a\x87\x08\x0a\x00\x00\x00\xff\x00\x00\x00", "subjectAltName: it is malformed"),
    BAD("an empty address",   "\x30\x02\x87\x00", "subjectAltName: it is malformed"),
    BAD("an empty name",      "\x30\x02\x82\x00", "name \"\": it is empty"),
    BAD("a wildcard",         "\x30\x05\x82\x03" "*.b", "name \"*.b\": only letters, digits, '-' and '_' may stand in a label"),
    BAD("a NUL inside",       "\x30\x07\x82\x05" "a\x00" "b.c", "name \"a?b.c\": only letters, digits, '-' and '_' may stand in a label"),
    BAD("a final dot",        "\x30\x06\x82\x04" "a.b.", "name \"a.b.\": it ends with a dot"),
    BAD("not ASCII",          "\x30\x06\x82\x04" "\xc3\xbc.b", "name \"??.b\": only letters, digits, '-' and '_' may stand in a label"),
    BAD("the same twice",     "\x30\x0a\x82\x03" "a.b\x82\x03" "A.B", "name \"A.B\": it is there twice"),
#undef BAD
};
/* clang-format on */

static void what_is_not_understood_is_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct ca_names names;
        struct reason why = { "" };
        struct status s = read_san(bad[i].value, true, &names, &why);
        if (s.code != STATUS_INVALID || strcmp(why.text, bad[i].says) != 0)
            fail_msg("%s: %s \"%s\"", bad[i].what, status_name(s.code),
                     why.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_come_out_in_their_order),
        cmocka_unit_test(addresses_are_skipped_where_they_may_stand),
        cmocka_unit_test(what_is_not_understood_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

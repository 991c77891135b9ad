#include "tests/ca/rewrite.h"

#include "ca/der.h"
#include "tests/support/check.h"

void rewrite_bytes(struct bytes der, struct bytes from, struct bytes to,
                   size_t nth, struct buffer *out)
{
    assert_int_equal(from.len, to.len);
    for (size_t i = 0; i + from.len <= der.len; i++) {
        if (!bytes_equal(bytes_of(der.at + i, from.len), from) || nth-- > 0)
            continue;
        buffer_put(out, bytes_of(der.at, i));
        buffer_put(out, to);
        buffer_put(out, bytes_of(der.at + i + to.len, der.len - i - to.len));
        assert_ok(buffer_status(out));
        return;
    }
    fail_msg("there is nothing to change");
}

static void put_extensions(struct cursor *tbs, rewrite_extension *edit,
                           struct buffer *out)
{
    struct cursor tagged = der_enter(tbs, DER_CONTEXT_CONSTRUCTED | 3);
    struct cursor list = der_enter(&tagged, DER_SEQUENCE);
    size_t outer = der_open(out, DER_CONTEXT_CONSTRUCTED | 3);
    size_t inner = der_open(out, DER_SEQUENCE);
    for (size_t i = 0; list.left > 0 && !list.broken; i++)
        edit(der_take_element(&list), i, out);
    der_close(out, inner);
    der_close(out, outer);
}

/* Either of `edit` and `serial` changes its part. */
static void rewrite(struct bytes der, rewrite_extension *edit,
                    const struct bytes *serial, struct buffer *out)
{
    struct cursor in = cursor_of(der);
    struct cursor whole = der_enter(&in, DER_SEQUENCE);
    struct cursor tbs = der_enter(&whole, DER_SEQUENCE);
    size_t outer = der_open(out, DER_SEQUENCE);
    size_t inner = der_open(out, DER_SEQUENCE);
    buffer_put(out, der_take_element(&tbs)); /* version */
    struct bytes old = der_take_element(&tbs);
    if (serial)
        der_put(out, DER_INTEGER, *serial);
    else
        buffer_put(out, old);
    while (der_next(&tbs) != (DER_CONTEXT_CONSTRUCTED | 3))
        buffer_put(out, der_take_element(&tbs));
    if (edit)
        put_extensions(&tbs, edit, out);
    else
        buffer_put(out, der_take_element(&tbs));
    der_close(out, inner);
    buffer_put(out, bytes_of(whole.at, whole.left));
    der_close(out, outer);
    assert_ok(buffer_status(out));
    assert_true(der_finished(&tbs));
}

void rewrite_extensions(struct bytes der, rewrite_extension *edit,
                        struct buffer *out)
{
    rewrite(der, edit, NULL, out);
}

void rewrite_serial(struct bytes der, struct bytes serial, struct buffer *out)
{
    rewrite(der, NULL, &serial, out);
}

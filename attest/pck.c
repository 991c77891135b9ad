/* pck.c - three levels deep at most, one function for each: no recursion. */

#include "attest/pck.h"
#include "base/cursor.h"

enum tag {
    TAG_BOOLEAN = 0x01,
    TAG_INTEGER = 0x02,
    TAG_OCTETS = 0x04,
    TAG_OID = 0x06,
    TAG_ENUMERATED = 0x0a,
    TAG_SEQUENCE = 0x30,
};

/* Last arc of the extension's elements; .2.n and .7.n lie below theirs. */
enum element {
    PPID = 1,
    TCB = 2,
    PCEID = 3,
    FMSPC = 4,
    SGX_TYPE = 5,
    PLATFORM_INSTANCE = 6, /* Platform CA only */
    CONFIGURATION = 7,     /* Platform CA only */
};

enum { COMPONENTS = 16, TCB_PCESVN = 17, TCB_CPUSVN = 18 };

static const unsigned char arc[] = { 0x2a, 0x86, 0x48, 0x86, 0xf8,
                                     0x4d, 0x01, 0x0d, 0x01 };

/* The contents of the next element; DER's shortest lengths only. */
static struct bytes take(struct cursor *in, enum tag tag)
{
    if (cursor_u8(in) != tag)
        in->broken = true;
    size_t len = cursor_u8(in);
    if (len == 0x81) {
        len = cursor_u8(in);
        in->broken |= len < 0x80;
    } else if (len == 0x82) {
        len = cursor_u16(in);
        in->broken |= len < 0x100;
    } else if (len >= 0x80) {
        in->broken = true;
    }
    return cursor_take(in, len);
}

/* Nothing inside can be read once the outside is broken. */
static struct cursor enter(struct cursor *in, enum tag tag)
{
    struct cursor inside = cursor_of(take(in, tag));
    inside.broken = in->broken;
    return inside;
}

static void copy(struct cursor *in, enum tag tag, void *out, size_t len)
{
    struct bytes value = take(in, tag);
    if (value.len == len && len > 0)
        memcpy(out, value.at, len);
    else
        in->broken = true;
}

/* An INTEGER or ENUMERATED from 0 to `max`, at most 65535. */
static uint16_t take_number(struct cursor *in, enum tag tag, unsigned max)
{
    struct bytes value = take(in, tag);
    unsigned number = 0;
    bool negative = value.len > 0 && (value.at[0] & 0x80);
    bool padded = value.len > 1 && value.at[0] == 0 && !(value.at[1] & 0x80);
    if (value.len == 0 || value.len > 3 || negative || padded)
        in->broken = true;
    for (size_t i = 0; i < value.len && !in->broken; i++)
        number = number << 8 | value.at[i];
    if (in->broken || number > max) {
        in->broken = true;
        return 0;
    }
    return (uint16_t)number;
}

/* Enters SEQUENCE { OID arc.path[.n], value } and answers n, which was not
 * seen before; `path` of 0 stands for the extension's own level. */
static unsigned enter_element(struct cursor *in, unsigned path, uint32_t *seen,
                              struct cursor *inside)
{
    *inside = enter(in, TAG_SEQUENCE);
    struct cursor oid = enter(inside, TAG_OID);
    cursor_expect(&oid, bytes_of(arc, sizeof(arc)));
    if (path != 0 && cursor_u8(&oid) != path)
        oid.broken = true;
    unsigned n = cursor_u8(&oid);
    if (oid.broken || oid.left != 0 || n > 31 || (*seen >> n & 1)) {
        inside->broken = true;
        return 0;
    }
    *seen |= UINT32_C(1) << n;
    return n;
}

/* Passes a fault inside an element on to what holds it. */
static void leave(struct cursor *in, const struct cursor *inside)
{
    if (inside->broken || inside->left != 0)
        in->broken = true;
}

static void read_tcb(struct cursor *in, struct attest_pck *out)
{
    uint32_t seen = 0;
    while (in->left > 0 && !in->broken) {
        struct cursor element;
        unsigned n = enter_element(in, TCB, &seen, &element);
        if (n >= 1 && n <= COMPONENTS)
            out->components[n - 1] =
                (unsigned char)take_number(&element, TAG_INTEGER, 255);
        else if (n == TCB_PCESVN)
            out->pcesvn = take_number(&element, TAG_INTEGER, UINT16_MAX);
        else if (n == TCB_CPUSVN)
            copy(&element, TAG_OCTETS, out->cpusvn, sizeof(out->cpusvn));
        else
            element.broken = true;
        leave(in, &element);
    }
    if (seen != 0x7fffe) /* 1 to 18, each once */
        in->broken = true;
}

/* Says nothing we use, and is checked all the same. */
static void read_configuration(struct cursor *in)
{
    uint32_t seen = 0;
    while (in->left > 0 && !in->broken) {
        struct cursor element;
        unsigned char flag = 0;
        unsigned n = enter_element(in, CONFIGURATION, &seen, &element);
        copy(&element, TAG_BOOLEAN, &flag, 1);
        if (n < 1 || n > 3 || (flag != 0 && flag != 0xff))
            element.broken = true;
        leave(in, &element);
    }
}

static void read_element(unsigned n, struct cursor *element,
                         struct attest_pck *out)
{
    unsigned char instance[16];
    struct cursor inside = cursor_of(bytes_of(NULL, 0));
    switch (n) {
    case PPID: copy(element, TAG_OCTETS, out->ppid, sizeof(out->ppid)); break;
    case TCB:
        inside = enter(element, TAG_SEQUENCE);
        read_tcb(&inside, out);
        break;
    case PCEID:
        copy(element, TAG_OCTETS, out->pceid, sizeof(out->pceid));
        break;
    case FMSPC:
        copy(element, TAG_OCTETS, out->fmspc, sizeof(out->fmspc));
        break;
    case SGX_TYPE:
        out->sgx_type = (uint8_t)take_number(element, TAG_ENUMERATED, 2);
        break;
    case PLATFORM_INSTANCE:
        copy(element, TAG_OCTETS, instance, sizeof(instance));
        break;
    case CONFIGURATION:
        inside = enter(element, TAG_SEQUENCE);
        read_configuration(&inside);
        break;
    default: /* a number of Intel's, not an enumeration of ours */
        element->broken = true;
    }
    leave(element, &inside);
}

struct status attest_pck_read(struct bytes der, struct attest_pck *out)
{
    const uint32_t required =
        1u << PPID | 1u << TCB | 1u << PCEID | 1u << FMSPC | 1u << SGX_TYPE;
    struct attest_pck pck = { 0 };
    struct cursor in = cursor_of(der);
    struct cursor elements = enter(&in, TAG_SEQUENCE);
    uint32_t seen = 0;
    while (elements.left > 0 && !elements.broken) {
        struct cursor element;
        unsigned n = enter_element(&elements, 0, &seen, &element);
        read_element(n, &element, &pck);
        leave(&elements, &element);
    }
    if (elements.broken || (seen & required) != required)
        return failure(STATUS_INVALID, "sgx extension", 0);
    TRY(cursor_finish(&in, "sgx extension"));
    *out = pck;
    return OK;
}

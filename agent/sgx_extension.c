#include "agent/sgx_extension.h"

enum tag {
    TAG_BOOLEAN = 0x01,
    TAG_INTEGER = 0x02,
    TAG_OCTETS = 0x04,
    TAG_OID = 0x06,
    TAG_ENUMERATED = 0x0a,
    TAG_SEQUENCE = 0x30,
};

#define EXTENSION_MAX 1024
#define SCALABLE      1

static void put(struct buffer *out, enum tag tag, struct bytes contents)
{
    buffer_put_u8(out, (uint8_t)tag);
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

/* SEQUENCE { 1.2.840.113741.1.13.1.path, value } */
static void put_element(struct buffer *out, struct bytes path, enum tag tag,
                        struct bytes value)
{
    static const unsigned char arc[] = { 0x2a, 0x86, 0x48, 0x86, 0xf8,
                                         0x4d, 0x01, 0x0d, 0x01 };
    AUTO_CLEAR_BUFFER oid = buffer_make(16);
    AUTO_CLEAR_BUFFER both = buffer_make(EXTENSION_MAX);
    buffer_put(&oid, bytes_of(arc, sizeof(arc)));
    buffer_put(&oid, path);
    put(&both, TAG_OID, buffer_bytes(&oid));
    put(&both, tag, value);
    put(out, TAG_SEQUENCE, buffer_bytes(&both));
}

static void put_top(struct buffer *out, unsigned char n, enum tag tag,
                    struct bytes value)
{
    put_element(out, bytes_of(&n, 1), tag, value);
}

static void put_below(struct buffer *out, unsigned char parent, unsigned char n,
                      enum tag tag, struct bytes value)
{
    const unsigned char path[] = { parent, n };
    put_element(out, bytes_of(path, sizeof(path)), tag, value);
}

static void put_number(struct buffer *out, unsigned char n, uint16_t value)
{
    const unsigned char raw[] = { 0, (unsigned char)(value >> 8),
                                  (unsigned char)value };
    size_t skip = 0; /* DER: no needless zeros, none missing */
    while (skip < 2 && raw[skip] == 0 && !(raw[skip + 1] & 0x80))
        skip++;
    put_below(out, 2, n, TAG_INTEGER, bytes_of(raw + skip, 3 - skip));
}

static void put_tcb(struct buffer *out, const struct sgx_platform *platform)
{
    AUTO_CLEAR_BUFFER tcb = buffer_make(EXTENSION_MAX);
    for (size_t i = 0; i < sizeof(platform->components); i++)
        put_number(&tcb, (unsigned char)(i + 1), platform->components[i]);
    put_number(&tcb, 17, platform->pcesvn);
    put_below(&tcb, 2, 18, TAG_OCTETS,
              bytes_of(platform->components, sizeof(platform->components)));
    put_top(out, 2, TAG_SEQUENCE, buffer_bytes(&tcb));
}

/* dynamicPlatform, cachedKeys, smtEnabled: none of it is simulated. */
static void put_configuration(struct buffer *out)
{
    static const unsigned char no = 0;
    AUTO_CLEAR_BUFFER flags = buffer_make(EXTENSION_MAX);
    for (unsigned char n = 1; n <= 3; n++)
        put_below(&flags, 7, n, TAG_BOOLEAN, bytes_of(&no, 1));
    put_top(out, 7, TAG_SEQUENCE, buffer_bytes(&flags));
}

struct status sgx_extension_write(const struct sgx_platform *platform,
                                  struct buffer *der)
{
    static const unsigned char type = SCALABLE;
    AUTO_CLEAR_BUFFER all = buffer_make(EXTENSION_MAX);
    put_top(&all, 1, TAG_OCTETS,
            bytes_of(platform->ppid, sizeof(platform->ppid)));
    put_tcb(&all, platform);
    put_top(&all, 3, TAG_OCTETS,
            bytes_of(platform->pceid, sizeof(platform->pceid)));
    put_top(&all, 4, TAG_OCTETS,
            bytes_of(platform->fmspc, sizeof(platform->fmspc)));
    put_top(&all, 5, TAG_ENUMERATED, bytes_of(&type, 1));
    put_top(&all, 6, TAG_OCTETS,
            bytes_of(platform->instance, sizeof(platform->instance)));
    put_configuration(&all);
    TRY(buffer_status(&all));
    put(der, TAG_SEQUENCE, buffer_bytes(&all));
    return buffer_status(der);
}

#include "platform/snp_table.h"

#include "base/cursor.h"

#define GUID_LEN    16
#define ENTRY_LEN   (GUID_LEN + 8)
#define ENTRIES_MAX 16

/* Bytes in the order of the GUID's text. */
static const unsigned char guid_vcek[GUID_LEN] = { 0x63, 0xda, 0x75, 0x8d,
                                                   0xe6, 0x64, 0x45, 0x64,
                                                   0xad, 0xc5, 0xf4, 0xb9,
                                                   0x3b, 0xe8, 0xac, 0xcd };
static const unsigned char guid_vlek[GUID_LEN] = { 0xa8, 0x07, 0x4b, 0xc2,
                                                   0xa2, 0x5a, 0x48, 0x3e,
                                                   0xaa, 0xe6, 0x39, 0xc0,
                                                   0x45, 0xa0, 0xb8, 0xa1 };
static const unsigned char guid_ask[GUID_LEN] = { 0x4a, 0xb7, 0xb3, 0x79,
                                                  0xbb, 0xac, 0x4f, 0xe4,
                                                  0xa0, 0x2f, 0x05, 0xae,
                                                  0xf3, 0x27, 0xc7, 0x82 };
static const unsigned char guid_end[GUID_LEN];

static STATUS malformed(void)
{
    return failure(STATUS_INVALID, "snp_table_read", 0);
}

static uint32_t take_u32(struct cursor *in)
{
    uint32_t value = cursor_u8(in);
    value |= (uint32_t)cursor_u8(in) << 8;
    value |= (uint32_t)cursor_u8(in) << 16;
    return value | (uint32_t)cursor_u8(in) << 24;
}

struct entries {
    size_t count;
    struct entry {
        const unsigned char *guid;
        uint32_t at, len;
    } all[ENTRIES_MAX];
};

static STATUS read_entries(struct bytes table, struct entries *out)
{
    struct cursor in = cursor_of(table);
    out->count = 0;
    for (;;) {
        struct entry e;
        struct bytes guid = cursor_take(&in, GUID_LEN);
        e.guid = guid.at;
        e.at = take_u32(&in);
        e.len = take_u32(&in);
        if (in.broken || out->count == ENTRIES_MAX)
            return malformed();
        if (memcmp(e.guid, guid_end, GUID_LEN) == 0)
            return OK;
        for (size_t i = 0; i < out->count; i++)
            if (memcmp(out->all[i].guid, e.guid, GUID_LEN) == 0)
                return malformed();
        out->all[out->count++] = e;
    }
}

/* Behind the entries and within the table, or nowhere. */
static STATUS find(struct bytes table, const struct entries *entries,
                   const unsigned char *guid, struct bytes *out)
{
    size_t head = (entries->count + 1) * ENTRY_LEN;
    for (size_t i = 0; i < entries->count; i++) {
        const struct entry *e = &entries->all[i];
        if (memcmp(e->guid, guid, GUID_LEN) != 0)
            continue;
        if (e->at < head || e->at > table.len || e->len > table.len - e->at ||
            e->len == 0)
            return malformed();
        *out = bytes_of(table.at + e->at, e->len);
        return OK;
    }
    *out = bytes_of(NULL, 0);
    return OK;
}

struct status snp_table_read(struct bytes table, bool vlek, struct buffer *out)
{
    struct entries entries;
    struct bytes endorsement, issuer;
    if (table.len == 0)
        return OK;
    if (table.len > SNP_TABLE_MAX)
        return malformed();
    TRY(read_entries(table, &entries));
    TRY(find(table, &entries, vlek ? guid_vlek : guid_vcek, &endorsement));
    TRY(find(table, &entries, guid_ask, &issuer));
    if (endorsement.len == 0)
        return entries.count == 0 ? OK : malformed();
    buffer_put(out, endorsement);
    buffer_put(out, issuer);
    return buffer_status(out);
}

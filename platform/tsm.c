/* tsm.c - TDX and SEV-SNP through configfs: an entry of our own is made, given
 * the report data, read, and removed again. Its generation counts writes, so
 * that one by somebody else is seen. */

#include "platform/device.h"
#include "platform/snp_table.h"

#include <errno.h>
#include <stdio.h>

#include "base/text.h"

#define DIRECTORY   "/sys/kernel/config/tsm/report"
#define NAME        "tsm"
#define PATH_LEN    128
#define NAME_RANDOM 8
#define WORD_MAX    64
#define REPORT_LEN  1184 /* SEV-SNP */
#define KEYS_AT     0x48 /* in it: bits 2 to 4 say who signed */
#define TRIES       3

struct entry {
    const struct platform_system *system;
    char path[PATH_LEN / 2];
};

static void path_in(const struct entry *entry, const char *name,
                    char out[PATH_LEN])
{
    (void)snprintf(out, PATH_LEN, "%s/%s", entry->path, name);
}

static struct status entry_read(const struct entry *entry, const char *name,
                                struct buffer *out, struct reason *why)
{
    char path[PATH_LEN];
    path_in(entry, name, path);
    return device_read(entry->system, NAME, path, out, why);
}

/* A name that nobody has, unless it was chosen to be in our way. */
static struct status entry_open(const struct platform_system *system,
                                struct entry *out, struct reason *why)
{
    for (unsigned i = 0;; i++) {
        unsigned char raw[NAME_RANDOM];
        char text[2 * NAME_RANDOM + 1];
        TRY(random_fill(raw, sizeof(raw)));
        hex_encode(bytes_of(raw, sizeof(raw)), text);
        out->system = system;
        (void)snprintf(out->path, sizeof(out->path), DIRECTORY "/accord-%s",
                       text);
        struct status s = system->make_directory(system->context, out->path);
        if (!failed(s))
            return OK;
        if (s.detail != EEXIST || i == TRIES)
            return device_refuse(why, s, NAME, "make", out->path);
    }
}

/* Nobody else can be told when it stays: the next one has another name. */
static void entry_close(struct entry *entry)
{
    if (entry->system)
        status_ignore(entry->system->remove_directory(entry->system->context,
                                                      entry->path));
}

#define AUTO_ENTRY __attribute__((cleanup(entry_close))) struct entry

static struct status read_word(const struct entry *entry, const char *name,
                               char out[WORD_MAX + 1], struct reason *why)
{
    AUTO_CLEAR_BUFFER text = buffer_make(WORD_MAX);
    TRY(entry_read(entry, name, &text, why));
    while (text.len > 0 && text.data[text.len - 1] == '\n')
        text.len--;
    memcpy(out, text.data, text.len);
    out[text.len] = '\0';
    return OK;
}

static struct status read_generation(const struct entry *entry, uint64_t *out,
                                     struct reason *why)
{
    char text[WORD_MAX + 1];
    uint64_t value = 0;
    TRY(read_word(entry, "generation", text, why));
    for (const char *c = text; *c; c++) {
        if (*c < '0' || *c > '9' || value > UINT32_MAX)
            return refuse(why, STATUS_INVALID, NAME,
                          "tsm: the generation is not a number");
        value = 10 * value + (uint64_t)(*c - '0');
    }
    *out = value;
    return OK;
}

/* Certificates that the host gives with the report, or none. */
static struct status add_certificates(const struct entry *entry,
                                      struct buffer *evidence,
                                      struct reason *why)
{
    AUTO_CLEAR_BUFFER table = buffer_make(SNP_TABLE_MAX);
    char path[PATH_LEN];
    path_in(entry, "auxblob", path);
    struct status s = entry->system->read(entry->system->context, path, &table);
    if (s.code == STATUS_NOT_FOUND)
        return OK; /* the endorsements may be known to whoever judges */
    if (failed(s))
        return device_refuse(why, s, NAME, "read", path);
    bool vlek = (evidence->data[KEYS_AT] >> 2 & 7) == 1;
    if (failed(snp_table_read(buffer_bytes(&table), vlek, evidence)))
        return refuse(why, STATUS_INVALID, NAME,
                      "tsm: the host's certificate table is malformed");
    return OK;
}

static struct status read_evidence(const struct entry *entry, uint8_t kind,
                                   struct buffer *out, struct reason *why)
{
    TRY(entry_read(entry, "outblob", out, why));
    if (kind != API_KIND_SNP)
        return OK;
    if (out->len != REPORT_LEN)
        return refuse(why, STATUS_INVALID, NAME,
                      "tsm: the report has %zu bytes, not 1184", out->len);
    return add_certificates(entry, out, why);
}

static struct status kind_of(const char *provider, uint8_t *out,
                             struct reason *why)
{
    if (strcmp(provider, "tdx_guest") == 0)
        *out = API_KIND_TDX;
    else if (strcmp(provider, "sev_guest") == 0)
        *out = API_KIND_SNP;
    else
        return refuse(why, STATUS_UNAVAILABLE, NAME,
                      "tsm: the provider \"%s\" is not known here", provider);
    return OK;
}

static struct status ask(const struct entry *entry,
                         const unsigned char *report_data, struct buffer *out,
                         struct reason *why)
{
    char provider[WORD_MAX + 1], path[PATH_LEN];
    uint64_t before, after;
    uint8_t kind;
    TRY(read_word(entry, "provider", provider, why));
    TRY(kind_of(provider, &kind, why));
    TRY(read_generation(entry, &before, why));
    path_in(entry, "inblob", path);
    TRY(device_write(entry->system, NAME, path,
                     bytes_of(report_data, PLATFORM_REPORT_DATA_LEN), why));
    TRY(read_evidence(entry, kind, out, why));
    TRY(read_generation(entry, &after, why));
    if (after != before + 1)
        return refuse(why, STATUS_CONFLICT, NAME,
                      "tsm: somebody else wrote to the entry meanwhile");
    return OK;
}

static struct status evidence(void *context, const unsigned char *report_data,
                              struct bytes nonce, struct buffer *out,
                              struct reason *why)
{
    AUTO_ENTRY entry = { NULL, "" };
    AUTO_CLEAR_BUFFER made = buffer_make(PLATFORM_EVIDENCE_MAX);
    struct entry opened;
    (void)nonce;
    TRY(entry_open(context, &opened, why));
    entry = opened;
    TRY(ask(&entry, report_data, &made, why));
    buffer_put(out, buffer_bytes(&made));
    return buffer_status(out);
}

/* The kernel says which platform it is only to those who make an entry. */
struct status platform_tsm(const struct platform_system *system,
                           struct platform *out, struct reason *why)
{
    AUTO_ENTRY entry = { NULL, "" };
    char provider[WORD_MAX + 1];
    struct entry opened;
    uint8_t kind;
    TRY(entry_open(system, &opened, why));
    entry = opened;
    TRY(read_word(&entry, "provider", provider, why));
    TRY(kind_of(provider, &kind, why));
    *out = (struct platform){ NAME, kind,
                              kind == API_KIND_TDX
                                  ? DIRECTORY ", provider tdx_guest"
                                  : DIRECTORY ", provider sev_guest",
                              evidence, (void *)(uintptr_t)system };
    return OK;
}

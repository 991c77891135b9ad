/* log.c - the history: exported, and verified without asking anybody. */

#include <stdio.h>
#include <sys/stat.h>

#include "base/file.h"
#include "cli/groups.h"
#include "cli/history.h"
#include "cli/output.h"
#include "cli/verify.h"

#define EXPORT_MAX ((size_t)512 * 1024 * 1024)
#define PAGE       500

/* The leaves from `from` on, and the head over all. */
static struct status gather(struct channel *c, uint64_t from, json_t *leaves,
                            json_t **head, struct reason *why)
{
    for (;;) {
        AUTO_JSON *answer = NULL;
        uint64_t before = from + json_array_size(leaves);
        TRY(channel_get(c, &answer, why,
                        "/accord/v1/log/leaves?from=%llu&count=%d",
                        (unsigned long long)before, PAGE));
        if (json_array_extend(leaves, json_object_get(answer, "leaves")) != 0)
            return failure(STATUS_NO_MEMORY, "json", 0);
        json_decref(*head);
        *head = json_incref(json_object_get(answer, "head"));
        int64_t size;
        TRY(api_json_integer(*head, "size", 0, INT64_MAX, &size, why));
        uint64_t now = from + json_array_size(leaves);
        if (now >= (uint64_t)size)
            return OK;
        if (now == before)
            return refuse(why, STATUS_CORRUPT, "log",
                          "the broker shows fewer leaves than it signed");
    }
}

static struct status export_log(const struct arguments *given,
                                struct channel *c, struct reason *why)
{
    AUTO_CLEAR_BUFFER text = buffer_make(EXPORT_MAX);
    AUTO_JSON *leaves = json_array(), *head = NULL;
    TRY(channel_check_head(c, why));
    TRY(gather(c, 0, leaves, &head, why));
    AUTO_JSON *whole = json_pack("{s:s, s:O, s:O}", "accord", "log/v1", "head",
                                 head, "leaves", leaves);
    if (!whole)
        return failure(STATUS_NO_MEMORY, "json", 0);
    TRY(api_json_canonical(whole, &text));
    struct status s = file_write(given->at[0], buffer_bytes(&text), 0600);
    return failed(s)
               ? refuse(why, s.code, "log", "cannot write %s", given->at[0])
               : OK;
}

static struct status follow_from(struct channel *c, struct history *kept,
                                 const char *directory, struct reason *why)
{
    AUTO_JSON *leaves = json_array(), *head = NULL;
    TRY(history_read(directory, &c->context.log_key, kept, why));
    TRY(gather(c, kept->head.size, leaves, &head, why));
    return history_add(kept, directory, leaves, head, &c->context.log_key, why);
}

static struct status follow(const struct arguments *given, struct channel *c,
                            struct reason *why)
{
    const char *directory = arguments_value(given, "follow");
    struct history kept = { .head = { .size = 0 } };
    struct status s = file_make_directory(directory, 0700);
    if (failed(s))
        return refuse(why, s.code, "log", "cannot make %s", directory);
    TRY(channel_check_head(c, why));
    s = follow_from(c, &kept, directory, why);
    history_clear(&kept);
    return s;
}

static int run_export(const struct arguments *given)
{
    struct reason why = { "" };
    bool following = arguments_value(given, "follow") != NULL;
    if (following == (given->count > 0))
        return exit_with(refuse(&why, STATUS_INVALID, "log",
                                "FILE or --follow DIR: one of the two"),
                         &why);
    return with_channel(given, following ? follow : export_log);
}

/* --- verify -------------------------------------------------------------- */

static struct status add_root(struct verifier *v, const char *path,
                              bool simulated, struct reason *why)
{
    AUTO_CLEAR_BUFFER pem = buffer_make(65536);
    struct status s = file_read(path, &pem);
    if (failed(s))
        return refuse(why, s.code, "root", "cannot read %s", path);
    return verifier_add_anchor(v, buffer_bytes(&pem), simulated, why);
}

static struct status add_roots(const struct arguments *given,
                               struct verifier *v, struct reason *why)
{
    size_t position = 0;
    const char *path;
    while ((path = arguments_each(given, "root", &position)))
        TRY(add_root(v, path, false, why));
    position = 0;
    while ((path = arguments_each(given, "simulated-root", &position)))
        TRY(add_root(v, path, true, why));
    return OK;
}

/* A file that `log export` wrote, or a directory that it keeps. */
static struct status read_export(const char *path,
                                 const struct api_spki *log_key, json_t **out,
                                 struct reason *why)
{
    AUTO_CLEAR_BUFFER text = buffer_make(EXPORT_MAX);
    struct history kept = { .head = { .size = 0 } };
    struct stat found;
    if (stat(path, &found) == 0 && S_ISDIR(found.st_mode)) {
        struct status s = history_read(path, log_key, &kept, why);
        if (!failed(s) && kept.head.size == 0)
            s = refuse(why, STATUS_NOT_FOUND, "log", "%s holds no log", path);
        if (!failed(s) && !(*out = history_export(&kept)))
            s = failure(STATUS_NO_MEMORY, "json", 0);
        history_clear(&kept);
        return s;
    }
    struct status s = file_read(path, &text);
    if (failed(s))
        return refuse(why, s.code, "log", "cannot read %s", path);
    return api_json_read(buffer_bytes(&text), EXPORT_MAX, false, out, why);
}

static struct status verify(const struct arguments *given, struct verifier *v,
                            struct reason *why)
{
    struct context context = { 0 };
    AUTO_JSON *log = NULL;
    TRY(context_open(arguments_value(given, "context"), &context, why));
    struct api_spki log_key = context.log_key;
    struct api_head seen = context.head;
    struct status zone =
        words_set_zone(&v->words, buffer_bytes(&context.ca_pem), why);
    context_clear(&context);
    TRY(zone);
    TRY(add_roots(given, v, why));
    TRY(read_export(given->at[0], &log_key, &log, why));
    return verifier_run(v, log, &log_key, &seen, why);
}

static int run_verify(const struct arguments *given)
{
    static struct verifier v;
    struct reason why = { "" };
    struct status s = verify(given, &v, &why);
    buffer_clear(&v.words.zone);
    AUTO_JSON *counts =
        json_pack("{s:I, s:I, s:I}", "leaves", (json_int_t)v.leaves, "details",
                  (json_int_t)v.details, "evidence", (json_int_t)v.evidence);
    if (!failed(s) && output_is_json(given))
        output_json(counts);
    else if (!failed(s))
        (void)printf("%llu leaves: root, head signature and times hold; %zu "
                     "details readable and true; evidence of %zu "
                     "certificate%s verified again\n",
                     (unsigned long long)v.leaves, v.details, v.evidence,
                     v.evidence == 1 ? "" : "s");
    return exit_with(s, &why);
}

static struct status receipt(const struct arguments *given, struct channel *c,
                             struct reason *why)
{
    AUTO_JSON *answer = NULL;
    struct api_receipt parsed;
    TRY(channel_get(c, &answer, why, "/accord/v1/log/receipts/%s",
                    given->at[0]));
    TRY(api_receipt_from_json(answer, &parsed, why));
    TRY(api_receipt_verify(&parsed, &c->context.log_key, why));
    output_json(answer);
    return OK;
}

static int run_receipt(const struct arguments *given)
{
    return with_channel(given, receipt);
}

static struct status show(const struct arguments *given, struct channel *c,
                          struct reason *why)
{
    AUTO_JSON *leaves = json_array(), *head = NULL;
    size_t i;
    json_t *leaf;
    TRY(channel_check_head(c, why));
    TRY(gather(c, 0, leaves, &head, why));
    if (output_is_json(given)) {
        output_json(leaves);
        return OK;
    }
    json_array_foreach(leaves, i, leaf)
    {
        const char *detail = json_string_value(json_object_get(leaf, "detail"));
        (void)printf("%6zu  ", i);
        output_text(stdout, detail ? detail : "(another account's)");
        (void)fputc('\n', stdout);
    }
    return OK;
}

static int run_show(const struct arguments *given)
{
    return with_channel(given, show);
}

static const struct option export_options[] = {
    { "follow", "DIR", "add what is new to the pieces kept there" },
    { 0 },
};

static const struct option verify_options[] = {
    { "root", "FILE", "root of a hardware vendor, may be repeated" },
    { "simulated-root", "FILE", "root of a SIMULATOR, may be repeated" },
    { 0 },
};

/* clang-format off */
const struct command commands_log[] = {
    { "log", "show", "show what happened, oldest first", "", 0, 0,
      NULL, "accord log show", run_show },
    { "log", "export", "keep the whole history in a file, or what is new in a directory", "[FILE]", 0, 1,
      export_options, "accord log export --follow history", run_export },
    { "log", "verify", "check an exported history with the keys pinned when joining", "FILE|DIR", 1, 1,
      verify_options, "accord log verify log.json --simulated-root sim-root.pem", run_verify },
    { "log", "receipt", "fetch and verify the receipt of one leaf", "INDEX", 1, 1,
      NULL, "accord log receipt 17", run_receipt },
    { 0 },
};
/* clang-format on */

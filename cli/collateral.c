/* collateral.c - what judges platforms: fetched to a directory, and what the
 * broker holds of it. */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "cli/groups.h"
#include "cli/output.h"
#include "cli/pccs.h"

#define NAME_MAX_LEN 64
#define PLACE_MAX    4096

/* --- fetch --------------------------------------------------------------- */

/* DIR/NAME, or DIR/.NAME.new-PID. */
static struct status place_of(const char *directory, const char *name,
                              bool fresh, char out[PLACE_MAX])
{
    int len = fresh ? snprintf(out, PLACE_MAX, "%s/.%s.new-%ld", directory,
                               name, (long)getpid())
                    : snprintf(out, PLACE_MAX, "%s/%s", directory, name);
    return len > 0 && len < PLACE_MAX ? OK : failure(STATUS_INVALID, "path", 0);
}

static void remove_set(const char *place)
{
    char path[PLACE_MAX + NAME_MAX_LEN];
    for (size_t i = 0; i < PCCS_FILES; i++) {
        (void)snprintf(path, sizeof(path), "%s/%s", place, pccs_file_names[i]);
        (void)unlink(path);
    }
    (void)rmdir(place);
}

static struct status write_set(const char *place,
                               const struct pccs_collateral *collateral)
{
    char path[PLACE_MAX + NAME_MAX_LEN];
    TRY(file_make_directory(place, 0755));
    for (size_t i = 0; i < PCCS_FILES; i++) {
        (void)snprintf(path, sizeof(path), "%s/%s", place, pccs_file_names[i]);
        TRY(file_write(path, buffer_bytes(&collateral->file[i]), 0644));
    }
    return OK;
}

/* Either the old set stands there or the new one, never half of each. */
static struct status put_in_place(const char *fresh, const char *place)
{
    if (rename(fresh, place) == 0)
        return OK;
    if (renameat2(AT_FDCWD, fresh, AT_FDCWD, place, RENAME_EXCHANGE) != 0)
        return failure(STATUS_UNAVAILABLE, "rename", 0);
    remove_set(fresh); /* now the old one */
    return OK;
}

static struct status write_atomically(const char *directory, const char *name,
                                      const struct pccs_collateral *collateral,
                                      struct reason *why)
{
    char fresh[PLACE_MAX], place[PLACE_MAX];
    TRY(place_of(directory, name, true, fresh));
    TRY(place_of(directory, name, false, place));
    struct status s = file_make_directory(directory, 0755);
    if (!failed(s))
        s = write_set(fresh, collateral);
    if (!failed(s))
        s = put_in_place(fresh, place);
    if (failed(s)) {
        remove_set(fresh);
        return refuse(why, s.code, s.origin, "cannot write %s", place);
    }
    return OK;
}

static bool is_one_of(const char *text, const char *a, const char *b)
{
    return strcmp(text, a) == 0 || strcmp(text, b) == 0;
}

static struct status read_wanted(const struct arguments *given,
                                 struct pccs_wanted *out, struct reason *why)
{
    const char *version = arguments_value(given, "api");
    const char *ca = arguments_value(given, "ca");
    const char *tee = arguments_value(given, "tee");
    unsigned char unused[6];
    *out = (struct pccs_wanted){ .fmspc = arguments_value(given, "fmspc"),
                                 .ca = ca ? ca : "platform",
                                 .tee = tee ? tee : "sgx",
                                 .update = arguments_value(given, "update"),
                                 .version = 4 };
    if (!out->fmspc ||
        failed(hex_decode(bytes_of_string(out->fmspc), unused, 6)))
        return refuse(why, STATUS_INVALID, "fmspc",
                      "--fmspc HEX: the platform's family, 12 hexadecimal "
                      "digits (accord evidence show names it)");
    if (!is_one_of(out->ca, "platform", "processor"))
        return refuse(why, STATUS_INVALID, "ca",
                      "--ca: platform or processor, as the platform's "
                      "certificate was issued");
    if (!is_one_of(out->tee, "sgx", "tdx"))
        return refuse(why, STATUS_INVALID, "tee", "--tee: sgx or tdx");
    if (out->update && !is_one_of(out->update, "early", "standard"))
        return refuse(why, STATUS_INVALID, "update",
                      "--update: early or standard");
    if (version && !is_one_of(version, "3", "4"))
        return refuse(why, STATUS_INVALID, "api", "--api: 3 or 4");
    if (version)
        out->version = (unsigned)(version[0] - '0');
    return OK;
}

static struct status open_service(const struct arguments *given,
                                  struct http_client **out, struct reason *why)
{
    AUTO_CLEAR_BUFFER roots = buffer_make((size_t)1024 * 1024);
    const char *file = arguments_value(given, "tls-roots");
    struct http_client_settings settings = { .base_url =
                                                 arguments_value(given, "pccs"),
                                             .allow_http = true };
    if (!settings.base_url)
        return refuse(why, STATUS_INVALID, "pccs",
                      "--pccs URL: where the caching service answers");
    if (!file && strncmp(settings.base_url, "https:", 6) == 0)
        file = "/etc/ssl/certs/ca-certificates.crt";
    if (file) {
        struct status s = file_read(file, &roots);
        if (failed(s))
            return refuse(why, s.code, "tls-roots", "cannot read %s", file);
    }
    settings.roots = buffer_bytes(&roots);
    return http_client_open(&settings, out, why);
}

static struct status fetch(const struct arguments *given, struct reason *why)
{
    AUTO_FREE(http_client) http = NULL;
    AUTO_CLEAR_COLLATERAL collateral = { 0 };
    const char *to = arguments_value(given, "to");
    struct pccs_wanted wanted;
    char name[NAME_MAX_LEN];
    if (!to)
        return refuse(why, STATUS_INVALID, "to",
                      "--to DIR: the directory that evidence.collateral of "
                      "the broker names");
    TRY(read_wanted(given, &wanted, why));
    TRY(open_service(given, &http, why));
    TRY(pccs_fetch(http, &wanted, &collateral, why));
    (void)snprintf(name, sizeof(name), "%s-%s-%s%s%s", wanted.tee, wanted.fmspc,
                   wanted.ca, wanted.update ? "-" : "",
                   wanted.update ? wanted.update : "");
    TRY(write_atomically(to, name, &collateral, why));
    AUTO_JSON *told = json_pack("{s:s, s:s}", "directory", to, "set", name);
    output_object(given, told, LIST("directory", "set"));
    return OK;
}

static int run_fetch(const struct arguments *given)
{
    struct reason why = { "" };
    struct status s = fetch(given, &why);
    return failed(s) ? exit_with(s, &why) : EXIT_SUCCESS;
}

/* --- collateral ----------------------------------------------------------- */

static void print_day(const json_t *set, const char *member)
{
    time_t when = (time_t)json_integer_value(json_object_get(set, member));
    struct tm utc;
    char text[16] = "?";
    if (gmtime_r(&when, &utc))
        (void)strftime(text, sizeof(text), "%Y-%m-%d", &utc);
    (void)printf("%s", text);
}

static void print_set(const json_t *set, time_t now)
{
    static const char *const members[] = { "tee", "fmspc", "ca" };
    json_int_t left = json_integer_value(json_object_get(set, "expires")) - now;
    for (size_t i = 0; i < 3; i++) {
        output_text(stdout,
                    json_string_value(json_object_get(set, members[i])));
        (void)printf(" ");
    }
    (void)printf(
        "evaluation %lld, issued ",
        (long long)json_integer_value(json_object_get(set, "evaluation")));
    print_day(set, "issued");
    (void)printf(left > 0 ? ", ends " : ", ENDED ");
    print_day(set, "expires");
    if (left > 0)
        (void)printf(" (in %lld days)", (long long)left / 86400);
    (void)printf("\n");
}

static struct status collateral(const struct arguments *given,
                                struct channel *c, struct reason *why)
{
    AUTO_JSON *answer = NULL;
    const json_t *items;
    TRY(channel_get(c, &answer, why, "/accord/v1/evidence/collateral"));
    if (output_is_json(given)) {
        output_json(answer);
        return OK;
    }
    TRY(api_json_array(answer, "items", &items, why));
    if (json_array_size(items) == 0)
        (void)printf("none: the broker cannot tell in which state a platform "
                     "is\n");
    for (size_t i = 0; i < json_array_size(items); i++)
        print_set(json_array_get(items, i), time(NULL));
    return OK;
}

static int run_collateral(const struct arguments *given)
{
    return with_channel(given, collateral);
}

static const struct option fetch_options[] = {
    { "pccs", "URL", "the caching service, http:// or https://" },
    { "to", "DIR", "where the set is put, as a directory of its own" },
    { "fmspc", "HEX", "family of the platform" },
    { "ca", "CA", "platform (as without) or processor" },
    { "tee", "TEE", "sgx (as without) or tdx" },
    { "update", "WHICH", "early or standard evaluation" },
    { "api", "N", "version of the interface: 4 (as without) or 3" },
    { "tls-roots", "FILE", "roots for https://, PEM" },
    { 0 },
};

/* clang-format off */
const struct command commands_collateral[] = {
    { "evidence", "fetch", "fetch what judges one family of platforms", "", 0, 0,
      fetch_options, "accord evidence fetch --pccs https://pccs.example:8081 --fmspc 00906ed50000 --to /etc/accord/collateral", run_fetch },
    { "evidence", "collateral", "list what the broker judges platforms with, and until when", "", 0, 0,
      NULL, "accord evidence collateral", run_collateral },
    { 0 },
};
/* clang-format on */

/* object.c - object stores: pre-signed URLs are made and used. No broker
 * needed. */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/groups.h"
#include "cli/presigned.h"
#include "cli/profile.h"
#include "http/http.h"

/* --- presign ------------------------------------------------------------- */

static struct status presign(const struct arguments *given, const char *method,
                             struct reason *why)
{
    char access_key[129];
    AUTO_FREE(secret) secret_key = NULL;
    AUTO_FREE(secret) url = NULL;
    const char *profile = arguments_value(given, "profile");
    const char *file = arguments_value(given, "credentials");
    const char *region = arguments_value(given, "region");
    const char *expires = arguments_value(given, "expires");
    const char *out = arguments_value(given, "out");
    uint64_t seconds = PRESIGNED_SECONDS_MAX;
    if (!file || !out)
        return refuse(why, STATUS_INVALID, "presign",
                      "--credentials FILE (AWS profile file) and --out FILE "
                      "are needed");
    if (expires)
        TRY(presigned_lifetime(expires, &seconds, why));
    TRY(profile_read(file, profile ? profile : "default", access_key,
                     &secret_key, why));
    struct presigned_request request = {
        .method = method,
        .url = given->at[0],
        .region = region ? region : "us-east-1",
        .access_key = access_key,
        .secret_key = secret_key,
        .now = (uint64_t)time(NULL),
        .expires = seconds,
    };
    TRY(presigned_make(&request, &url, why));
    struct status s = file_write(out, secret_expose(url), 0600);
    return failed(s) ? refuse(why, s.code, "presign", "cannot write %s", out)
                     : OK;
}

static int run_presign_get(const struct arguments *given)
{
    struct reason why = { "" };
    return exit_with(presign(given, "GET", &why), &why);
}

static int run_presign_put(const struct arguments *given)
{
    struct reason why = { "" };
    return exit_with(presign(given, "PUT", &why), &why);
}

/* --- object get, put ----------------------------------------------------- */

static struct status place_of(const struct arguments *given, char *location,
                              struct secret **query, struct http_place *out,
                              struct buffer *roots, struct reason *why)
{
    const char *file = arguments_value(given, "presigned");
    const char *ca = arguments_value(given, "ca");
    if (!file)
        return refuse(why, STATUS_INVALID, "object",
                      "--presigned FILE: the file with the pre-signed URL");
    TRY(presigned_read(file, location, query, why));
    if (ca && failed(file_read(ca, roots)))
        return refuse(why, STATUS_NOT_FOUND, "object", "cannot read %s", ca);
    *out = (struct http_place){ .location = location,
                                .query = *query,
                                .allow_http = arguments_value(
                                                  given, "allow-http") != NULL,
                                .roots = buffer_bytes(roots) };
    return OK;
}

static struct status put_object(const struct arguments *given,
                                struct reason *why)
{
    char location[API_LOCATION_MAX + 1];
    AUTO_FREE(secret) query = NULL;
    AUTO_CLEAR_BUFFER roots = buffer_make(1024 * 1024);
    struct http_place place;
    struct stat about;
    TRY(place_of(given, location, &query, &place, &roots, why));
    int fd = open(given->at[0], O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &about) != 0)
        return refuse(why, STATUS_NOT_FOUND, "open", "cannot read %s",
                      given->at[0]);
    struct http_source source = http_source_from(&fd);
    struct status s =
        http_upload(&place, &source, (uint64_t)about.st_size, why);
    (void)close(fd);
    return s;
}

static struct status get_object(const struct arguments *given,
                                struct reason *why)
{
    char location[API_LOCATION_MAX + 1], temporary[4096];
    AUTO_FREE(secret) query = NULL;
    AUTO_CLEAR_BUFFER roots = buffer_make(1024 * 1024);
    struct http_place place;
    TRY(place_of(given, location, &query, &place, &roots, why));
    (void)snprintf(temporary, sizeof(temporary), "%s.XXXXXX", given->at[0]);
    int fd = mkstemp(temporary);
    if (fd < 0)
        return refuse(why, STATUS_UNAVAILABLE, "open", "cannot write beside %s",
                      given->at[0]);
    struct http_sink sink = http_sink_to(&fd);
    struct status s = http_download(
        &place, &sink, API_FILE_PLAIN_MAX + API_FILE_OVERHEAD, why);
    (void)close(fd);
    if (!failed(s) && rename(temporary, given->at[0]) != 0)
        s = refuse(why, STATUS_UNAVAILABLE, "rename", "cannot write %s",
                   given->at[0]);
    if (failed(s))
        (void)unlink(temporary);
    return s;
}

static int run_put(const struct arguments *given)
{
    struct reason why = { "" };
    return exit_with(put_object(given, &why), &why);
}

static int run_get(const struct arguments *given)
{
    struct reason why = { "" };
    return exit_with(get_object(given, &why), &why);
}

static const struct option presign_options[] = {
    { "credentials", "FILE", "AWS profile file, 0600" },
    { "profile", "NAME", "section of that file; default unless said" },
    { "region", "REGION", "us-east-1 unless said" },
    { "expires", "SECONDS", "604800 (7 days) unless said" },
    { "out", "FILE", "where the URL is written, 0600: it is a credential" },
    { 0 },
};

static const struct option object_options[] = {
    { "presigned", "FILE", "file with the pre-signed URL" },
    { "ca", "FILE", "trust these roots instead of the system's" },
    { "allow-http", NULL,
      "admit http:// (the data is encrypted all the same)" },
    { 0 },
};

/* clang-format off */
const struct command commands_object[] = {
    { "presign", "get", "make a URL that lets its holder read one object", "URL", 1, 1,
      presign_options, "accord presign get https://store.example/b/patients.enc --credentials ~/.aws/credentials --out get.url", run_presign_get },
    { "presign", "put", "make a URL that lets its holder write one object", "URL", 1, 1,
      presign_options, "accord presign put https://store.example/b/result.enc --credentials ~/.aws/credentials --out put.url", run_presign_put },
    { "object", "put", "upload a file to a pre-signed URL", "FILE", 1, 1,
      object_options, "accord object put patients.enc --presigned put.url", run_put },
    { "object", "get", "download a pre-signed URL to a file", "FILE", 1, 1,
      object_options, "accord object get result.enc --presigned get.url", run_get },
    { 0 },
};
/* clang-format on */

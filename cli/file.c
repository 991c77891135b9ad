/* file.c - the product's encrypted files, their keys, hashes: no broker
 * needed. */

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "cli/groups.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/spool.h"

#define CHUNK ((size_t)1 << 20)

/* --- key ----------------------------------------------------------------- */

static int run_key(const struct arguments *given)
{
    struct reason why = { "" };
    AUTO_FREE(secret) key = NULL;
    AUTO_FREE(secret) text = NULL;
    struct status s = secret_new(32, &key);
    if (!failed(s))
        s = random_fill(secret_fill(key), 32);
    if (!failed(s))
        s = secret_new(65, &text);
    if (!failed(s)) {
        hex_encode(secret_expose(key), (char *)secret_fill(text));
        if (access(given->at[0], F_OK) == 0)
            s = refuse(&why, STATUS_CONFLICT, "key",
                       "%s exists: a key is never overwritten", given->at[0]);
        else if (failed(s = file_write(given->at[0],
                                       bytes_of(secret_expose(text).at, 64),
                                       0600)))
            s = refuse(&why, s.code, "key", "cannot write %s", given->at[0]);
    }
    return exit_with(s, &why);
}

/* --- encrypt, decrypt ---------------------------------------------------- */

struct stream {
    int in, out;
    char temporary[4096];
    struct spool *spool;
    struct progress progress;
};

static struct status pump(struct stream *stream, struct api_file *file,
                          struct reason *why)
{
    unsigned char *chunk = malloc(CHUNK);
    struct status s = chunk ? OK : failure(STATUS_NO_MEMORY, "malloc", 0);
    while (!failed(s)) {
        ssize_t got = read(stream->in, chunk, CHUNK);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            s = refuse(why, STATUS_UNAVAILABLE, "read", "cannot read %s",
                       stream->progress.what);
        if (got <= 0)
            break;
        s = api_file_put(file, bytes_of(chunk, (size_t)got));
        progress_add(&stream->progress, (uint64_t)got);
    }
    if (chunk)
        OPENSSL_cleanse(chunk, CHUNK);
    free(chunk);
    progress_end(&stream->progress);
    if (!failed(s))
        s = api_file_finish(file);
    return failed(s) ? s : spool_finish(stream->spool);
}

static struct status open_stream(const struct arguments *given,
                                 struct stream *stream, struct reason *why)
{
    const char *in = arguments_value(given, "in");
    const char *out = arguments_value(given, "out");
    struct stat about;
    if (!in || !out)
        return refuse(why, STATUS_INVALID, "file",
                      "--in FILE and --out FILE are needed");
    stream->in = open(in, O_RDONLY | O_CLOEXEC);
    if (stream->in < 0 || fstat(stream->in, &about) != 0)
        return refuse(why, STATUS_NOT_FOUND, "open", "cannot read %s", in);
    int len = snprintf(stream->temporary, sizeof(stream->temporary),
                       "%s.XXXXXX", out);
    if (len < 0 || (size_t)len >= sizeof(stream->temporary))
        return refuse(why, STATUS_INVALID, "file", "--out: name too long");
    stream->out = mkstemp(stream->temporary);
    if (stream->out < 0)
        return refuse(why, STATUS_UNAVAILABLE, "open", "cannot write beside %s",
                      out);
    progress_begin(&stream->progress, in, (uint64_t)about.st_size);
    return spool_open(stream->out, &stream->spool);
}

/* The result appears under its name only when it is whole and good. */
static struct status close_stream(const struct arguments *given,
                                  struct stream *stream, struct status s,
                                  struct reason *why)
{
    const char *out = arguments_value(given, "out");
    if (stream->in >= 0)
        (void)close(stream->in);
    if (stream->out < 0)
        return s;
    spool_free(TAKE(stream->spool));
    (void)close(stream->out);
    if (s.code == STATUS_UNAVAILABLE && !why->text[0])
        s = refuse(why, s.code, "write", "cannot write %s", out);
    if (!failed(s) && rename(stream->temporary, out) != 0)
        s = refuse(why, STATUS_UNAVAILABLE, "rename", "cannot write %s", out);
    if (failed(s))
        (void)unlink(stream->temporary);
    return s;
}

static struct status read_key(const struct arguments *given,
                              struct secret **out, struct reason *why)
{
    const char *path = arguments_value(given, "K");
    AUTO_FREE(secret) text = NULL;
    if (!path)
        return refuse(why, STATUS_INVALID, "key",
                      "-K FILE: the file with the key");
    struct status s = file_read_secret(path, 256, true, &text);
    if (!failed(s))
        s = api_file_key(secret_expose(text), out);
    return failed(s) ? refuse(why, s.code, "key",
                              "%s must hold 64 hexadecimal digits and be "
                              "readable by you only",
                              path)
                     : OK;
}

static int convert(const struct arguments *given, bool encrypt)
{
    struct stream stream = { .in = -1, .out = -1 };
    struct reason why = { "" };
    AUTO_FREE(secret) key = NULL;
    AUTO_FREE(api_file) file = NULL;
    struct status s = read_key(given, &key, &why);
    if (!failed(s))
        s = open_stream(given, &stream, &why);
    if (!failed(s))
        s = encrypt ? api_file_encrypt(key, spool_put, stream.spool, &file)
                    : api_file_decrypt(key, spool_put, stream.spool, &file);
    if (!failed(s))
        s = pump(&stream, file, &why);
    if (s.code == STATUS_CORRUPT)
        s = refuse(&why, STATUS_CORRUPT, "decrypt",
                   "the file was altered, is cut short, or the key is "
                   "another: nothing was written");
    return exit_with(close_stream(given, &stream, s, &why), &why);
}

static int run_encrypt(const struct arguments *given)
{
    return convert(given, true);
}

static int run_decrypt(const struct arguments *given)
{
    return convert(given, false);
}

/* --- hash ---------------------------------------------------------------- */

static struct status hash_configuration(const struct arguments *given,
                                        struct reason *why)
{
    AUTO_CLEAR_BUFFER text = buffer_make(API_CONFIGURATION_MAX);
    AUTO_JSON *json = NULL;
    struct hash hash;
    char hex[2 * HASH_LEN + 1];
    struct status s = file_read(given->at[0], &text);
    if (failed(s))
        return refuse(why, s.code, "hash", "cannot read %s", given->at[0]);
    TRY(api_json_read(buffer_bytes(&text), API_CONFIGURATION_MAX, true, &json,
                      why));
    const json_t *config = json_object_get(json, "config");
    TRY(api_configuration_hash(config ? config : json, &hash, why));
    hex_encode(hash_bytes(&hash), hex);
    if (output_is_json(given)) {
        AUTO_JSON *answer = json_pack("{s:s}", "configuration", hex);
        output_json(answer);
    } else {
        (void)printf("%s\n", hex);
    }
    return OK;
}

static int run_hash(const struct arguments *given)
{
    struct reason why = { "" };
    return exit_with(hash_configuration(given, &why), &why);
}

static const struct option crypt_options[] = {
    { "K", "FILE", "file with the key: 64 hexadecimal digits, 0600" },
    { "in", "FILE", "what to read" },
    { "out", "FILE", "what to write; appears only when it is whole" },
    { 0 },
};

/* clang-format off */
const struct command commands_file[] = {
    { "", "key", "make a new random key for a file", "FILE", 1, 1,
      NULL, "accord key patients.key", run_key },
    { "", "encrypt", "encrypt a file in the product's format", "", 0, 0,
      crypt_options, "accord encrypt -K patients.key --in patients.csv --out patients.enc", run_encrypt },
    { "", "decrypt", "decrypt a file in the product's format", "", 0, 0,
      crypt_options, "accord decrypt -K result.key --in result.enc --out result.txt", run_decrypt },
    { "config", "hash", "print the hash of a runtime configuration", "FILE", 1, 1,
      NULL, "accord config hash app-config.json", run_hash },
    { 0 },
};
/* clang-format on */

/* store_salt.c - what the store key is derived with. */

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "policy/store.h"
#include "policy/store_directory.h"

#define SALT_TEXT_LEN (2 * HASH_LEN + 1) /* and a newline */

static struct status read_salt(const char *path, struct hash *out,
                               struct reason *why)
{
    AUTO_CLEAR_BUFFER text = buffer_make(SALT_TEXT_LEN);
    struct status s = file_read(path, &text);
    if (s.code == STATUS_NOT_FOUND)
        return s;
    if (failed(s) && s.code != STATUS_INVALID)
        return refuse(why, s.code, "salt", "cannot read %s", path);
    if (failed(s) || text.len != SALT_TEXT_LEN ||
        text.data[text.len - 1] != '\n' ||
        failed(hex_decode(bytes_of(text.data, text.len - 1), out->bytes,
                          sizeof(out->bytes))))
        return refuse(why, STATUS_CORRUPT, "salt",
                      "%s is not one line of 64 hexadecimal digits", path);
    return OK;
}

/* Never beside a store: what it was sealed under would be gone for good. */
static struct status make_salt(int fd, const char *path, struct hash *out,
                               struct reason *why)
{
    struct hash salt;
    char text[SALT_TEXT_LEN + 1];
    if (faccessat(fd, "data.mdb", F_OK, 0) == 0)
        return refuse(why, STATUS_CORRUPT, "salt",
                      "%s is missing beside a store that needs it: restore it "
                      "from a backup",
                      path);
    TRY(random_fill(salt.bytes, sizeof(salt.bytes)));
    hex_encode(hash_bytes(&salt), text);
    text[SALT_TEXT_LEN - 1] = '\n';
    if (failed(file_write(path, bytes_of(text, SALT_TEXT_LEN), 0600)))
        return refuse(why, STATUS_UNAVAILABLE, "salt", "cannot write %s", path);
    *out = salt;
    return OK;
}

struct status policy_salt(const char *directory, struct hash *out,
                          struct reason *why)
{
    char path[4096];
    int fd, len = snprintf(path, sizeof(path), "%s/salt", directory);
    if (len < 0 || (size_t)len >= sizeof(path))
        return refuse(why, STATUS_INVALID, "salt",
                      "the directory's name is too long");
    /* Locked, so that two starts cannot make two salts. */
    TRY(store_directory_open(directory, &fd, why));
    struct status s = read_salt(path, out, why);
    if (s.code == STATUS_NOT_FOUND)
        s = make_salt(fd, path, out, why);
    (void)close(fd);
    return s;
}

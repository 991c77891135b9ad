/* Any bytes as context.json: what is accepted is saved and read again with the
 * same meaning. Seeds: tests/fuzz/seeds.c. */

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/context.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

static char above[] = "/tmp/accord-context.XXXXXX";
static char directory[64], mine[80], path[128];

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void remove_all(void)
{
    (void)unlink(path);
    (void)rmdir(mine);
    (void)rmdir(directory);
    (void)rmdir(above);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    must(mkdtemp(above) != NULL && atexit(remove_all) == 0);
    (void)snprintf(directory, sizeof(directory), "%s/accord", above);
    (void)snprintf(mine, sizeof(mine), "%s/mine", directory);
    (void)snprintf(path, sizeof(path), "%s/context.json", mine);
    must(mkdir(directory, 0700) == 0 && mkdir(mine, 0700) == 0);
    must(setenv("XDG_CONFIG_HOME", above, 1) == 0);
    return 0;
}

static void put(const uint8_t *data, size_t size)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    must(fd >= 0 && write(fd, data, size) == (ssize_t)size && close(fd) == 0);
}

static void same_head(const struct api_head *a, const struct api_head *b)
{
    unsigned char one[API_HEAD_LEN], other[API_HEAD_LEN];
    must(a->size == b->size);
    if (a->size == 0) /* none: nothing else of it counts */
        return;
    must(!failed(api_head_encode(a, one)) &&
         !failed(api_head_encode(b, other)));
    must(memcmp(one, other, sizeof(one)) == 0);
    must(memcmp(a->signature.bytes, b->signature.bytes,
                sizeof(a->signature.bytes)) == 0);
}

static void same(const struct context *a, const struct context *b)
{
    must(strcmp(a->url, b->url) == 0);
    must(bytes_equal(buffer_bytes(&a->ca_pem), buffer_bytes(&b->ca_pem)));
    must(api_id_equal(&a->account, &b->account));
    must(api_id_equal(&a->person, &b->person));
    must(api_spki_equal(&a->log_key, &b->log_key));
    must(a->owner.changes == b->owner.changes);
    same_head(&a->head, &b->head);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct context c, again;
    struct reason why = { "" };
    put(data, size);
    if (failed(context_open_keyless("mine", &c, &why)))
        return 0;
    must(!failed(context_save(&c, &why)));
    must(!failed(context_open_keyless("mine", &again, &why)));
    same(&c, &again);
    context_clear(&c);
    context_clear(&again);
    return 0;
}

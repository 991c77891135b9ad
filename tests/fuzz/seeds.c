/* Makes the seeds of the fuzz targets `context`, `door`, `export`, `file`,
 * `frontier`, `judge`, `key` and `local` anew. Not a test:
 *
 *     fuzz.seeds tests/fuzz/corpus */

#include "tests/fuzz/seeds.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/file.h"

static const char *corpus;
struct temp_dir seeds_dir;

void seed_write(const char *target, const char *name, struct bytes seed)
{
    char path[512];
    (void)snprintf(path, sizeof(path), "%s/%s", corpus, target);
    assert_true(mkdir(path, 0755) == 0 || errno == EEXIST);
    (void)snprintf(path, sizeof(path), "%s/%s/%s", corpus, target, name);
    assert_ok(file_write(path, seed, 0644));
}

void seed_write_marked(const char *target, const char *name, uint8_t mark,
                       struct bytes rest)
{
    AUTO_CLEAR_BUFFER seed = buffer_make(1024 * 1024);
    buffer_put_u8(&seed, mark);
    buffer_put(&seed, rest);
    assert_ok(buffer_status(&seed));
    seed_write(target, name, buffer_bytes(&seed));
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        (void)fprintf(stderr, "usage: %s DIRECTORY\n", argv[0]);
        return 2;
    }
    corpus = argv[1];
    seeds_dir = temp_dir_make();
    (void)authority_setup(NULL);
    seeds_context();
    seeds_door();
    seeds_export();
    seeds_file();
    seeds_frontier();
    seeds_judge();
    seeds_key();
    seeds_local();
    (void)authority_teardown(NULL);
    temp_dir_remove(&seeds_dir);
    return 0;
}

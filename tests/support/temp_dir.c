#include "tests/support/temp_dir.h"

#include "tests/support/check.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct temp_dir temp_dir_make(void)
{
    struct temp_dir made;
    const char *parent = getenv("TMPDIR");
    if (!parent || strlen(parent) > 40)
        parent = "/tmp";
    (void)snprintf(made.path, sizeof(made.path), "%s/accord-XXXXXX", parent);
    assert_non_null(mkdtemp(made.path));
    return made;
}

const char *temp_dir_path(const struct temp_dir *dir, const char *name)
{
    static char paths[4][256];
    static unsigned next;
    char *path = paths[next++ % 4];
    int len = snprintf(path, sizeof(paths[0]), "%s/%s", dir->path, name);
    assert_in_range(len, 1, sizeof(paths[0]) - 1);
    return path;
}

static int remove_one(const char *path, const struct stat *about, int kind,
                      struct FTW *level)
{
    (void)about;
    (void)kind;
    (void)level;
    return remove(path);
}

void temp_dir_remove(const struct temp_dir *dir)
{
    assert_int_equal(nftw(dir->path, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

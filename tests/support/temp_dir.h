/* temp_dir.h - a directory of its own for a test, gone afterwards. */

#ifndef TESTS_TEMP_DIR_H
#define TESTS_TEMP_DIR_H

struct temp_dir {
    char path[64];
};

/* Makes it, mode 0700, below $TMPDIR or /tmp. Fails the test otherwise. */
struct temp_dir temp_dir_make(void);

/* The path of `name` in it, in one of four buffers used in turn. */
const char *temp_dir_path(const struct temp_dir *dir, const char *name);

/* Removes it with everything in it. */
void temp_dir_remove(const struct temp_dir *dir);

#endif

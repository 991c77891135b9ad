/* harmonize.c - the patient-data example: one file in, five lines out.
 *
 *     harmonize [DIRECTORY]
 *
 * Reads DIRECTORY/input/<first>/data, writes DIRECTORY/output/<first>/data;
 * the directory is the current one unless it is given. Run it under
 * accord-enclave, which fills the input and takes the output. */

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "examples/summary.h"

#define INPUT_MAX ((size_t)1 << 30)

/* The lowest name in a directory, as DIRECTORY/PORT/name/data. */
static struct status first_data(const char *directory, const char *port,
                                char *path, size_t size, struct reason *why)
{
    char where[2048], lowest[256] = "";
    (void)snprintf(where, sizeof(where), "%s/%s", directory, port);
    DIR *open_directory = opendir(where);
    if (!open_directory)
        return refuse(why, STATUS_NOT_FOUND, "opendir",
                      "there is no directory %s", where);
    for (struct dirent *e; (e = readdir(open_directory));)
        if (e->d_name[0] != '.' &&
            (!lowest[0] || strcmp(e->d_name, lowest) < 0))
            (void)snprintf(lowest, sizeof(lowest), "%s", e->d_name);
    (void)closedir(open_directory);
    if (!lowest[0])
        return refuse(why, STATUS_NOT_FOUND, "readdir", "%s is empty", where);
    int len = snprintf(path, size, "%s/%s/data", where, lowest);
    return len > 0 && (size_t)len < size ? OK
                                         : refuse(why, STATUS_INVALID, "path",
                                                  "%s: path too long", where);
}

static struct status harmonize(const char *directory, struct reason *why)
{
    char input[4096], output[4096];
    AUTO_CLEAR_BUFFER csv = buffer_make(INPUT_MAX);
    AUTO_CLEAR_BUFFER text = buffer_make(1024 * 1024);
    TRY(first_data(directory, "input", input, sizeof(input), why));
    TRY(first_data(directory, "output", output, sizeof(output), why));
    struct status s = file_read(input, &csv);
    if (failed(s))
        return refuse(why, s.code, s.origin, "cannot read %s", input);
    TRY(summary_write(buffer_bytes(&csv), &text, why));
    s = file_write(output, buffer_bytes(&text), 0600);
    if (failed(s))
        return refuse(why, s.code, s.origin, "cannot write %s", output);
    return OK;
}

int main(int argc, char **argv)
{
    struct reason why = { "" };
    if (argc > 2) {
        (void)fprintf(stderr, "usage: harmonize [DIRECTORY]\n");
        return 2;
    }
    struct status s = harmonize(argc == 2 ? argv[1] : ".", &why);
    if (failed(s)) {
        (void)fprintf(stderr, "harmonize: %s\n",
                      why.text[0] ? why.text : status_name(s.code));
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}

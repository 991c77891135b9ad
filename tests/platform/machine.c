#include "tests/platform/machine.h"

#include <errno.h>
#include <stdio.h>

#include "tests/support/check.h"

static bool is_due(struct machine *m)
{
    return ++m->calls == m->fail_at;
}

static struct status due(const struct machine *m)
{
    return failure(m->fail_errno == ENOENT ? STATUS_NOT_FOUND
                                           : STATUS_UNAVAILABLE,
                   "machine", (uint32_t)m->fail_errno);
}

/* The part behind the entry that was made. */
static const char *short_name(const struct machine *m, const char *path)
{
    size_t len = strlen(m->entry);
    return len > 0 && strncmp(path, m->entry, len) == 0 && path[len] == '/'
               ? path + len + 1
               : path;
}

static const struct machine_file *find(const struct machine *m,
                                       const char *path)
{
    const char *name = short_name(m, path);
    for (size_t i = 0; i < MACHINE_FILES; i++)
        if (m->files[i].path && strcmp(m->files[i].path, name) == 0)
            return &m->files[i];
    return NULL;
}

static bool exists(void *context, const char *path)
{
    const struct machine *m = context;
    return (m->exists && strcmp(m->exists, path) == 0) || find(m, path);
}

static struct status read_file(void *context, const char *path,
                               struct buffer *out)
{
    struct machine *m = context;
    if (is_due(m))
        return due(m);
    if (strcmp(short_name(m, path), "generation") == 0 && m->entry[0]) {
        buffer_printf(out, "%lu\n", m->generation);
        return buffer_status(out);
    }
    const struct machine_file *file = find(m, path);
    if (!file)
        return failure(STATUS_NOT_FOUND, "open", ENOENT);
    buffer_put(out, file->contents);
    return buffer_status(out);
}

static struct status write_file(void *context, const char *path,
                                struct bytes contents)
{
    struct machine *m = context;
    if (is_due(m))
        return due(m);
    assert_true(strcmp(short_name(m, path), "inblob") == 0 ||
                strncmp(path, "/dev/attestation/", 17) == 0);
    buffer_put(&m->written, contents);
    m->writes++;
    m->generation += m->meddled ? 2 : 1;
    return OK;
}

static struct status make_directory(void *context, const char *path)
{
    struct machine *m = context;
    if (is_due(m))
        return due(m);
    assert_true(strncmp(path, "/sys/kernel/config/tsm/report/", 30) == 0);
    (void)snprintf(m->entry, sizeof(m->entry), "%s", path);
    m->made++;
    return OK;
}

static struct status remove_directory(void *context, const char *path)
{
    struct machine *m = context;
    assert_string_equal(path, m->entry);
    m->removed++;
    return OK;
}

static struct status nsm(void *context, struct bytes request,
                         struct buffer *answer)
{
    struct machine *m = context;
    if (is_due(m))
        return due(m);
    buffer_put(&m->request, request);
    buffer_put(answer, m->answer);
    return buffer_status(answer);
}

void machine_init(struct machine *m)
{
    *m = (struct machine){
        .generation = 7,
        .fail_errno = EIO,
        .written = buffer_make(65536),
        .request = buffer_make(65536),
        .system = { m, exists, read_file, write_file, make_directory,
                    remove_directory, nsm },
    };
}

void machine_clear(struct machine *m)
{
    buffer_clear(&m->written);
    buffer_clear(&m->request);
}

void machine_put(struct machine *m, const char *path, struct bytes contents)
{
    for (size_t i = 0; i < MACHINE_FILES; i++) {
        if (m->files[i].path && strcmp(m->files[i].path, path) != 0)
            continue;
        m->files[i] = (struct machine_file){ path, contents };
        return;
    }
    fail_msg("too many files");
}

#include "enclave/layout.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CONFIG_MAX ((size_t)8 * 1024 * 1024)

bool layout_is_output(const struct enclave_dataset *dataset)
{
    return strncmp(dataset->port, LAYOUT_OUTPUT, strlen(LAYOUT_OUTPUT)) == 0;
}

static struct status cannot(const char *what, const char *path,
                            struct reason *why)
{
    int error = errno;
    return refuse(why, error == ENOENT ? STATUS_NOT_FOUND : STATUS_INVALID,
                  what, "cannot %s %s: %s", what, path, strerror(error));
}

/* The next segment that means something; false at the end. */
static bool next_segment(const char **path, char out[NAME_MAX + 1])
{
    for (;;) {
        *path += strspn(*path, "/");
        size_t len = strcspn(*path, "/");
        if (len == 0)
            return false;
        const char *from = *path;
        *path += len;
        if (len == 1 && from[0] == '.')
            continue;
        if (len > NAME_MAX) /* not a name any directory has */
            len = NAME_MAX;
        memcpy(out, from, len);
        out[len] = '\0';
        return true;
    }
}

static int enter(int dir, const char *name, bool make)
{
    if (make && mkdirat(dir, name, 0700) != 0 && errno != EEXIST)
        return -1;
    return openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static bool ends_in_directory(const char *path)
{
    size_t len = strlen(path);
    return len == 0 || path[len - 1] == '/' || strcmp(path, ".") == 0 ||
           (len >= 2 && strcmp(path + len - 2, "/.") == 0);
}

/* Opens the directory that `path` names its file in. */
static struct status walk(int root, const char *path, bool make, int *out,
                          char last[NAME_MAX + 1], struct reason *why)
{
    const char *rest = path;
    char next[NAME_MAX + 1];
    int dir = dup(root);
    if (ends_in_directory(path) || !next_segment(&rest, last)) {
        (void)close(dir);
        return refuse(why, STATUS_INVALID, "path", "%s: not a file's path",
                      path);
    }
    while (dir >= 0 && strcmp(last, "..") != 0 && next_segment(&rest, next)) {
        int below = enter(dir, last, make);
        int error = errno;
        (void)close(dir);
        errno = error;
        dir = below;
        memcpy(last, next, sizeof(next));
    }
    if (dir < 0)
        return cannot("enter", path, why);
    if (strcmp(last, "..") == 0) {
        (void)close(dir);
        return refuse(why, STATUS_INVALID, "path", "%s: leads upwards", path);
    }
    *out = dir;
    return OK;
}

static struct status open_below(int root, const char *path, int flags, int *out,
                                struct reason *why)
{
    int dir;
    char last[NAME_MAX + 1];
    TRY(walk(root, path, (flags & O_CREAT) != 0, &dir, last, why));
    int fd = openat(dir, last, flags | O_NOFOLLOW | O_CLOEXEC, 0600);
    int error = errno;
    (void)close(dir);
    errno = error;
    if (fd < 0)
        return cannot((flags & O_CREAT) ? "make" : "open", path, why);
    *out = fd;
    return OK;
}

static struct status write_all(int fd, const char *path, struct bytes bytes,
                               struct reason *why)
{
    while (bytes.len > 0) {
        ssize_t len = write(fd, bytes.at, bytes.len);
        if (len < 0 && errno != EINTR)
            return cannot("write", path, why);
        if (len > 0)
            bytes = bytes_of(bytes.at + len, bytes.len - (size_t)len);
    }
    return OK;
}

struct status layout_write(int root, const char *path, struct bytes contents,
                           struct reason *why)
{
    int fd;
    TRY(open_below(root, path, O_WRONLY | O_CREAT | O_EXCL, &fd, why));
    struct status s = write_all(fd, path, contents, why);
    if (close(fd) != 0 && !failed(s))
        return cannot("write", path, why);
    return s;
}

/* --- data ---------------------------------------------------------------- */

#define DATA_PATH_MAX (2 * ENCLAVE_NAME_MAX + 16)

static void data_path(const struct enclave_dataset *dataset,
                      char out[DATA_PATH_MAX])
{
    (void)snprintf(out, DATA_PATH_MAX, "%s/%s/data", dataset->port,
                   dataset->object);
}

struct status layout_create_data(const struct enclave_dataset *dataset,
                                 int root, int *out, struct reason *why)
{
    char path[DATA_PATH_MAX];
    data_path(dataset, path);
    return open_below(root, path, O_WRONLY | O_CREAT | O_EXCL, out, why);
}

struct status layout_open_data(const struct enclave_dataset *dataset, int root,
                               int *out, struct reason *why)
{
    char path[DATA_PATH_MAX];
    data_path(dataset, path);
    /* Not blocking: a fifo would wait for somebody to write. */
    return open_below(root, path, O_RDONLY | O_NONBLOCK, out, why);
}

/* --- the rest ------------------------------------------------------------ */

static struct status write_configuration(const struct accord_session *session,
                                         int root, struct reason *why)
{
    AUTO_CLEAR_BUFFER text = buffer_make(CONFIG_MAX);
    buffer_put_string(&text, "{\"config\":");
    TRY(api_configuration_text(session->config, &text, why));
    buffer_put_string(&text, ",\"extra\":");
    TRY(api_json_canonical(session->extra, &text));
    buffer_put_string(&text, "}");
    TRY(buffer_status(&text));
    return layout_write(root, LAYOUT_BASE "/app-config.json",
                        buffer_bytes(&text), why);
}

static struct status write_place(const struct enclave_dataset *dataset,
                                 int root, struct reason *why)
{
    char path[DATA_PATH_MAX + 64];
    (void)snprintf(path, sizeof(path),
                   LAYOUT_BASE "/%s/%s/dataset/location.txt", dataset->port,
                   dataset->object);
    TRY(layout_write(root, path, bytes_of_string(dataset->location), why));

    /* The directory of the data, also for what the program writes. */
    int dir;
    char last[NAME_MAX + 1];
    data_path(dataset, path);
    TRY(walk(root, path, true, &dir, last, why));
    (void)close(dir);
    return OK;
}

/* The name under which a connected program is found. It is not hashed, so it
 * must begin with what is: object and workflow. */
static struct status write_partner(const struct accord_session *session,
                                   int root, const char *port,
                                   const char *object, struct reason *why)
{
    const json_t *at =
        json_object_get(json_object_get(session->extra, "connections"), port);
    const json_t *told =
        json_object_get(json_object_get(at, object), "application");
    const char *workflow = json_string_value(json_object_get(
        json_object_get(session->config, "workflow"), "workflow_id"));
    char path[DATA_PATH_MAX + 64], begins[2 * ENCLAVE_NAME_MAX];
    const char *name;
    TRY(api_json_text(told, "workflow_domain", &name, why));
    (void)snprintf(begins, sizeof(begins), "%s.%s.workflow.", object,
                   workflow ? workflow : "");
    if (strncmp(name, begins, strlen(begins)) != 0)
        return refuse(why, STATUS_CORRUPT, "workflow_domain",
                      "the broker calls the program %s by a name that is not "
                      "its own",
                      object);
    (void)snprintf(path, sizeof(path),
                   LAYOUT_BASE "/%s/%s/application/location.txt", port, object);
    return layout_write(root, path, bytes_of_string(name), why);
}

static struct status write_partners(const struct accord_session *session,
                                    int root, struct reason *why)
{
    json_t *map = json_object_get(json_object_get(session->config, "workflow"),
                                  "port_map");
    const char *port, *object;
    json_t *objects, *end;
    json_object_foreach(map, port, objects)
        json_object_foreach(objects, object, end)
    {
        if (!json_object_get(end, "application"))
            continue;
        if (!api_name_valid(bytes_of_string(port)) ||
            !api_name_valid(bytes_of_string(object)))
            return failure(STATUS_INVALID, "port_map", 0);
        TRY(write_partner(session, root, port, object, why));
    }
    return OK;
}

static struct status write_file(const char *key, const json_t *entry, int root,
                                struct reason *why)
{
    AUTO_CLEAR_BUFFER contents = buffer_make(CONFIG_MAX);
    size_t base = strlen("/" LAYOUT_BASE "/");
    if (strncmp(key, "/" LAYOUT_BASE "/", base) != 0)
        return refuse(why, STATUS_INVALID, "app_config",
                      "app_config: %s is not below /%s", key, LAYOUT_BASE);
    if (json_object_get(entry, "contents")) {
        TRY(api_json_base64(entry, "contents", &contents, why));
        return layout_write(root, key + 1, buffer_bytes(&contents), why);
    }
    int dir; /* without contents: the directory only */
    char last[NAME_MAX + 1];
    TRY(walk(root, key + 1, true, &dir, last, why));
    (void)close(dir);
    return OK;
}

struct status layout_fill(const struct accord_session *session, int root,
                          struct reason *why)
{
    const char *key;
    json_t *entry;
    TRY(write_configuration(session, root, why));
    for (size_t i = 0; i < session->count; i++)
        TRY(write_place(&session->datasets[i], root, why));
    TRY(write_partners(session, root, why));
    json_object_foreach(json_object_get(session->config, "app_config"), key,
                        entry)
    {
        TRY(write_file(key, entry, root, why));
    }
    return OK;
}

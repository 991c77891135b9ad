#include "pkcs11/state.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define SLOT_LABEL "accord frontier v1"
#define SLOT_LEN   (18 + 8 + 8 + HSM_STATE_LEN + HASH_LEN)
#define SLOT_STEP  4096

struct slot {
    bool whole;
    uint64_t counter;
    uint64_t generation;
    struct hsm_state state;
};

static unsigned nodes_of(uint64_t size)
{
    return (unsigned)__builtin_popcountll(size);
}

void hsm_state_put(struct buffer *out, const struct hsm_state *state)
{
    static const struct hash none = { { 0 } };

    buffer_put(out, api_id_bytes(&state->store));
    buffer_put_u32(out, state->epoch);
    buffer_put_u64(out, state->frontier.size);
    buffer_put_u64(out, state->time);
    for (unsigned i = 0; i < 64; i++)
        buffer_put(out, hash_bytes(i < nodes_of(state->frontier.size)
                                       ? &state->frontier.nodes[i]
                                       : &none));
}

struct hsm_state hsm_state_take(struct cursor *in)
{
    struct hsm_state state = { 0 };

    cursor_copy(in, state.store.bytes, sizeof(state.store.bytes));
    state.epoch = cursor_u32(in);
    state.frontier.size = cursor_u64(in);
    state.time = cursor_u64(in);
    for (unsigned i = 0; i < 64; i++)
        cursor_copy(in, state.frontier.nodes[i].bytes, HASH_LEN);
    return state;
}

static struct status write_slot(int fd, uint64_t counter, uint64_t generation,
                                const struct hsm_state *state)
{
    AUTO_CLEAR_BUFFER slot = buffer_make(SLOT_LEN);
    struct hash check;

    buffer_put_string(&slot, SLOT_LABEL);
    buffer_put_u64(&slot, counter);
    buffer_put_u64(&slot, generation);
    hsm_state_put(&slot, state);
    TRY(buffer_status(&slot));
    TRY(hash_of(&check, buffer_bytes(&slot)));
    buffer_put(&slot, hash_bytes(&check));
    TRY(buffer_status(&slot));

    ssize_t n =
        pwrite(fd, slot.data, slot.len, (off_t)(counter % 2 * SLOT_STEP));
    if (n != (ssize_t)slot.len)
        return failure(STATUS_UNAVAILABLE, "pwrite",
                       n < 0 ? (uint32_t)errno : 0);
    if (fdatasync(fd) != 0)
        return failure(STATUS_UNAVAILABLE, "fdatasync", (uint32_t)errno);
    return OK;
}

/* A slot that does not hold is not an error: the other one may. */
static struct status read_slot(int fd, unsigned index, struct slot *out)
{
    unsigned char bytes[SLOT_LEN];
    struct hash check, stored;
    struct slot slot = { .whole = true };

    ssize_t n = pread(fd, bytes, sizeof(bytes), (off_t)index * SLOT_STEP);
    if (n < 0)
        return failure(STATUS_UNAVAILABLE, "pread", (uint32_t)errno);
    if (n != (ssize_t)sizeof(bytes)) {
        *out = (struct slot){ .whole = false };
        return OK;
    }
    TRY(hash_of(&check, bytes_of(bytes, SLOT_LEN - HASH_LEN)));
    struct cursor in = cursor_of(bytes_of(bytes, sizeof(bytes)));
    (void)cursor_expect(&in, bytes_of_string(SLOT_LABEL));
    slot.counter = cursor_u64(&in);
    slot.generation = cursor_u64(&in);
    slot.state = hsm_state_take(&in);
    cursor_copy(&in, stored.bytes, sizeof(stored.bytes));
    slot.whole = !failed(cursor_finish(&in, "slot")) &&
                 hash_equal(&check, &stored) && slot.counter % 2 == index;
    *out = slot;
    return OK;
}

static struct status sync_directory_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    char directory[4096] = ".";

    if (slash && slash != path) {
        size_t len = (size_t)(slash - path);
        if (len >= sizeof(directory))
            return failure(STATUS_INVALID, "path", 0);
        memcpy(directory, path, len);
        directory[len] = '\0';
    }
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return failure(STATUS_UNAVAILABLE, "open", (uint32_t)errno);
    int rc = fsync(fd);
    (void)close(fd);
    return rc == 0 ? OK : failure(STATUS_UNAVAILABLE, "fsync", (uint32_t)errno);
}

STATUS hsm_frontier_make(const char *path, const struct hsm_state *state,
                         struct reason *why)
{
    int fd =
        open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0 && errno == EEXIST)
        return refuse(why, STATUS_CONFLICT, "frontier",
                      "%s exists already: a ceremony never overwrites it",
                      path);
    if (fd < 0)
        return refuse(why, STATUS_UNAVAILABLE, "frontier", "cannot make %s: %s",
                      path, strerrordesc_np(errno));
    struct status s = write_slot(fd, 1, 0, state);
    if (close(fd) != 0 && !failed(s))
        s = failure(STATUS_UNAVAILABLE, "close", (uint32_t)errno);
    if (!failed(s))
        s = sync_directory_of(path);
    if (failed(s))
        return refuse(why, s.code, s.origin, "cannot write %s: %s", path,
                      strerrordesc_np((int)s.detail));
    return OK;
}

static struct status open_private(const char *path, int *out,
                                  struct reason *why)
{
    int fd = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return refuse(why,
                      errno == ENOENT ? STATUS_NOT_FOUND : STATUS_UNAVAILABLE,
                      "frontier", "cannot open the frontier file %s: %s", path,
                      strerrordesc_np(errno));
    struct stat info;
    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode) ||
        (info.st_mode & 0077) != 0 || info.st_uid != geteuid()) {
        (void)close(fd);
        return refuse(why, STATUS_DENIED, "frontier",
                      "the frontier file %s must be a file of mode 0600 that "
                      "belongs to accord-hsm",
                      path);
    }
    *out = fd;
    return OK;
}

STATUS hsm_frontier_open(const char *path, struct hsm_frontier_file *out,
                         struct hsm_state *state, struct reason *why)
{
    struct hsm_frontier_file file = { .fd = -1 };
    struct slot slots[2] = { { 0 }, { 0 } };

    TRY(open_private(path, &file.fd, why));
    for (unsigned i = 0; i < 2; i++) {
        struct status s = read_slot(file.fd, i, &slots[i]);
        if (failed(s)) {
            hsm_frontier_close(&file);
            return refuse(why, s.code, s.origin, "cannot read %s: %s", path,
                          strerrordesc_np((int)s.detail));
        }
    }
    if (!slots[0].whole && !slots[1].whole) {
        hsm_frontier_close(&file);
        return refuse(why, STATUS_CORRUPT, "frontier",
                      "neither slot of the frontier file %s is whole", path);
    }
    const struct slot *newest = &slots[0];
    if (!slots[0].whole ||
        (slots[1].whole && slots[1].counter > slots[0].counter))
        newest = &slots[1];
    file.counter = newest->counter;
    file.generation = newest->generation;
    *state = newest->state;
    *out = file;
    return OK;
}

STATUS hsm_frontier_write(struct hsm_frontier_file *file,
                          const struct hsm_state *state)
{
    TRY(write_slot(file->fd, file->counter + 1, file->generation, state));
    file->counter++;
    return OK;
}

void hsm_frontier_close(struct hsm_frontier_file *file)
{
    if (file->fd >= 0)
        (void)close(file->fd);
    file->fd = -1;
}

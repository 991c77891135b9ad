/* library.c - the functions of accord.h that are not steps. */

#include "enclave/transfer.h"

enum accord_result accord_session_open(const struct accord_options *options,
                                       struct accord_session **out)
{
    struct accord_session *session = session_new();
    *out = session;
    if (!session)
        return ACCORD_ERROR;
    enum accord_result result = session_attest(session, options);
    return result == ACCORD_OK ? session_release_all(session) : result;
}

const char *accord_error(const struct accord_session *session)
{
    return session ? session->error
                   : "memory: none left, or none that can be locked";
}

size_t accord_dataset_count(const struct accord_session *session)
{
    return session->count;
}

static const struct enclave_dataset *at(const struct accord_session *session,
                                        size_t index)
{
    return index < session->count ? &session->datasets[index] : NULL;
}

const char *accord_dataset_name(const struct accord_session *session,
                                size_t index)
{
    const struct enclave_dataset *d = at(session, index);
    return d ? d->object : NULL;
}

const char *accord_dataset_port(const struct accord_session *session,
                                size_t index)
{
    const struct enclave_dataset *d = at(session, index);
    return d ? d->port : NULL;
}

const char *accord_dataset_location(const struct accord_session *session,
                                    size_t index)
{
    const struct enclave_dataset *d = at(session, index);
    return d ? d->location : NULL;
}

static struct status released(const struct accord_session *session,
                              size_t index, const struct enclave_dataset **out,
                              struct reason *why)
{
    const struct enclave_dataset *d = at(session, index);
    if (!d || !d->key)
        return refuse(why, STATUS_INVALID, "index",
                      "there is no such dataset, or it was not released");
    *out = d;
    return OK;
}

static enum accord_result conclude(struct accord_session *session,
                                   const char *what, size_t index,
                                   struct status s,
                                   const struct trouble *trouble)
{
    char step[160];
    const struct enclave_dataset *d = at(session, index);
    session->error[0] = '\0';
    if (!failed(s))
        return ACCORD_OK;
    (void)snprintf(step, sizeof(step), "%s %s/%s", what, d ? d->port : "?",
                   d ? d->object : "?");
    return session_fail(session, step, s, trouble, ACCORD_ERROR);
}

enum accord_result accord_download(struct accord_session *session, size_t index,
                                   int fd)
{
    struct trouble t = { 0 };
    const struct enclave_dataset *d = NULL;
    struct status s = released(session, index, &d, &t.why);
    if (!failed(s))
        s = transfer_download(session, d, fd,
                              API_FILE_PLAIN_MAX + API_FILE_OVERHEAD, &t.why);
    return conclude(session, "download", index, s, &t);
}

enum accord_result accord_upload(struct accord_session *session, size_t index,
                                 int fd)
{
    struct trouble t = { 0 };
    const struct enclave_dataset *d = NULL;
    struct status s = released(session, index, &d, &t.why);
    if (!failed(s))
        s = transfer_upload(session, d, fd, &t.why);
    return conclude(session, "upload", index, s, &t);
}

/* adversary_tape.c - what passed through the broker while it was honest. */

#include "base/file.h"
#include "tests/e2e/adversary.h"

static void take(struct adversary *a, bool answer,
                 const struct pkcs11_frame *frame)
{
    if (!answer) {
        must(a->jobs_count < TAPE_MAX, "the tape is too long");
        a->jobs[a->jobs_count++] = (struct taped){ .job = frame->code,
                                                   .id = frame->id,
                                                   .body = frame->body };
        return;
    }
    for (size_t i = a->jobs_count; i-- > 0;)
        if (a->jobs[i].id == frame->id) {
            a->jobs[i].answered = true;
            a->jobs[i].code = frame->code;
            a->jobs[i].answer = frame->body;
            return;
        }
}

static struct hash configuration_of(struct bytes certificate)
{
    struct ca_facts facts;
    struct reason why = { "" };
    must(!failed(ca_certificate_read(certificate, &facts, &why)), why.text);
    return facts.statement.configuration;
}

static const struct taped *certify_of(const struct adversary *a,
                                      enum ca_kind kind,
                                      const struct hash *configuration,
                                      bool same)
{
    static struct pkcs11_certify_message message;
    struct reason why = { "" };
    for (size_t i = 0; i < a->jobs_count; i++) {
        const struct taped *job = &a->jobs[i];
        if (job->job != PKCS11_CERTIFY || !job->answered || job->code != 0)
            continue;
        must(!failed(pkcs11_decode_certify(job->body, &message, &why)),
             why.text);
        if (message.fields.kind == kind &&
            hash_equal(&message.fields.configuration, configuration) == same)
            return job;
    }
    return NULL;
}

static void find_releases(struct adversary *a, const struct api_id *dataset)
{
    static struct pkcs11_release_message message;
    struct hash program = { { 0 } };
    for (size_t i = 0; i < a->jobs_count; i++) {
        const struct taped *job = &a->jobs[i];
        if (job->job != PKCS11_RELEASE || !job->answered || job->code != 0)
            continue;
        must(!failed(pkcs11_decode_release(job->body, &message)), "release");
        struct hash its = configuration_of(message.fields.certificate);
        if (api_id_equal(&message.fields.context.dataset, dataset)) {
            a->release = job;
            program = its;
        }
    }
    must(a->release != NULL, "no release of the dataset is on the tape");
    for (size_t i = 0; i < a->jobs_count; i++) {
        const struct taped *job = &a->jobs[i];
        if (job->job != PKCS11_RELEASE || !job->answered || job->code != 0)
            continue;
        must(!failed(pkcs11_decode_release(job->body, &message)), "release");
        struct hash its = configuration_of(message.fields.certificate);
        if (api_id_equal(&message.fields.context.dataset, dataset))
            continue;
        if (hash_equal(&its, &program))
            a->other_release = job;
        else
            a->withdrawn = job;
    }
    a->certify = certify_of(a, CA_ENCLAVE, &program, true);
    a->other_certify = certify_of(a, CA_ENCLAVE, &program, false);
}

static void find_intakes(struct adversary *a)
{
    static struct pkcs11_release_message release;
    struct pkcs11_intake intake;
    struct api_context erased;
    must(!failed(pkcs11_decode_release(a->release->body, &release)), "release");
    for (size_t i = 0; i < a->jobs_count; i++) {
        const struct taped *job = &a->jobs[i];
        if (job->job == PKCS11_INTAKE &&
            !failed(pkcs11_decode_intake(job->body, &intake)) &&
            api_id_equal(&intake.context.version,
                         &release.fields.context.version))
            a->intake = job;
    }
    for (size_t i = 0; i < a->jobs_count; i++) {
        const struct taped *job = &a->jobs[i];
        if (job->job != PKCS11_ERASE || !job->answered || job->code != 0 ||
            failed(pkcs11_decode_context(job->body, &erased)))
            continue;
        for (size_t k = 0; k < i; k++)
            if (a->jobs[k].job == PKCS11_INTAKE &&
                !failed(pkcs11_decode_intake(a->jobs[k].body, &intake)) &&
                api_id_equal(&intake.context.version, &erased.version))
                a->erased = &a->jobs[k];
    }
}

void tape_read(struct adversary *a, const char *path, const char *dataset)
{
    const struct hash none = { { 0 } };
    struct api_id id;
    size_t used = 0;
    a->tape = buffer_make((size_t)64 * 1024 * 1024);
    must(!failed(file_read(path, &a->tape)), "the tape cannot be read");
    must(!failed(api_id_parse(bytes_of_string(dataset), &id)),
         "the dataset's id");
    for (size_t at = 0; at < a->tape.len; at += 1 + used) {
        struct pkcs11_frame frame;
        struct bytes rest =
            bytes_of(a->tape.data + at + 1, a->tape.len - at - 1);
        must(!failed(
                 pkcs11_frame_next(rest, PKCS11_ANSWER_MAX, &frame, &used)) &&
                 used > 0,
             "the tape is torn");
        take(a, a->tape.data[at] == '<', &frame);
    }
    find_releases(a, &id);
    find_intakes(a);
    a->person = certify_of(a, CA_PERSON, &none, true);
    a->server = certify_of(a, CA_SERVER, &none, true);
    must(a->other_release && a->withdrawn && a->certify && a->other_certify &&
             a->person && a->server && a->intake && a->erased,
         "something that was expected is not on the tape");
}

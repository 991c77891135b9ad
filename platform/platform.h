/* platform.h - where evidence comes from.
 *
 * A platform is one struct of functions. Which one this machine has is found
 * out, not configured:
 *     gramine   SGX enclave under Gramine: files in /dev/attestation
 *     tsm       TDX or SEV-SNP machine: configfs, linux/Documentation/ABI/
 *               testing/configfs-tsm-report
 *     nitro     AWS Nitro enclave: /dev/nsm
 *     sim       none of these: the Node Agent's simulator
 * What `sim` answers proves nothing but the agent's word, and everyone who
 * judges it sees that: it ends in a root that is known as a simulator's. */

#ifndef PLATFORM_PLATFORM_H
#define PLATFORM_PLATFORM_H

#include "api/api.h"
#include "base/buffer.h"
#include "base/hash.h"
#include "base/status.h"
#include "platform/system.h"

#define PLATFORM_REPORT_DATA_LEN 64
#define PLATFORM_NONCE_MAX       64 /* bytes */
#define PLATFORM_EVIDENCE_MAX    ((size_t)32 * 1024)

/* Appends evidence that binds `report_data` to what is running, in the form
 * that attest/ judges. `nonce` may be empty; only Nitro has a place for it. On
 * failure nothing is appended, and the reason names device and cause:
 * STATUS_UNAVAILABLE when the device cannot be used, STATUS_INVALID when its
 * answer is not one, STATUS_CONFLICT when somebody else used it meanwhile. */
typedef STATUS (*platform_evidence_fn)(
    void *context, const unsigned char report_data[PLATFORM_REPORT_DATA_LEN],
    struct bytes nonce, struct buffer *out, struct reason *why);

struct platform {
    const char *name;  /* as above */
    uint8_t kind;      /* API_KIND_SGX, _TDX, _SNP or _NITRO; never with
                          API_KIND_SIMULATED: the verifier says that */
    const char *found; /* what it was recognised by, for one line */
    platform_evidence_fn evidence;
    void *context;
};

/* How the caller reaches the agent: POSTs a JSON `body` to `path` and appends
 * the body of a 200 answer to `answer`; anything else is a failure with a
 * reason. */
typedef STATUS (*platform_post_fn)(void *context, const char *path,
                                   struct bytes body, struct buffer *answer,
                                   struct reason *why);

struct platform_agent {
    platform_post_fn post;
    void *context;
};

/* A simulated program, and who vouches for it. */
struct platform_sim {
    uint8_t kind; /* API_KIND_SGX, ...; 0: SGX */
    struct hash measurement;
    struct platform_agent agent;
};

/* The providers; each borrows what it is given. */
struct platform platform_sim(struct platform_sim *sim);
struct platform platform_gramine(const struct platform_system *system);
struct platform platform_nitro(const struct platform_system *system);

/* STATUS_UNAVAILABLE when the kernel names no platform that is known here. */
STATUS platform_tsm(const struct platform_system *system, struct platform *out,
                    struct reason *why);

/* The first of gramine, tsm, nitro that this machine has, else `sim`. Where
 * one is there that cannot be used, that is said, and no other is taken. */
STATUS platform_find(const struct platform_system *system,
                     struct platform_sim *sim, struct platform *out,
                     struct reason *why);

/* A report for another enclave on this machine (Gramine): 432 bytes, for the
 * TARGETINFO of 512 bytes. Errors as platform_evidence_fn. */
#define PLATFORM_TARGET_INFO_LEN  512
#define PLATFORM_LOCAL_REPORT_LEN 432
STATUS platform_gramine_report(
    const struct platform_system *system,
    const unsigned char target_info[PLATFORM_TARGET_INFO_LEN],
    const unsigned char report_data[PLATFORM_REPORT_DATA_LEN],
    struct buffer *out, struct reason *why);

/* This enclave's own TARGETINFO, 512 bytes (Gramine). */
STATUS platform_gramine_target_info(const struct platform_system *system,
                                    struct buffer *out, struct reason *why);

/* What stands for MRENCLAVE there:
 *     SHA-256("accord simulated measurement v1" || SHA-256(runner file) ||
 *             SHA-256(program file) || count 4 || count * (length 4 || bytes))
 * over the `count` arguments, the program's own name (arguments[0]) first:
 * a program may behave differently under another name. STATUS_NOT_FOUND or
 * STATUS_UNAVAILABLE, with the file in the reason, when one cannot be read. */
STATUS platform_sim_measurement(const char *runner, const char *program,
                                const char *const *arguments, size_t count,
                                struct hash *out, struct reason *why);

#endif

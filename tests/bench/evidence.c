/* evidence.c - how many pieces of evidence of each kind are verified in a
 * second, by one thread: attest_verify() and nothing else.
 *
 *     evidence DIRECTORY SECONDS
 *
 * DIRECTORY is made, with a simulator of every kind in it. Prints one line of
 * JSON: verifications per second by kind. */

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "agent/simulator_claim.h"
#include "agent/simulator_collateral.h"
#include "agent/simulator_nitro.h"
#include "agent/simulator_snp.h"
#include "api/api.h"
#include "attest/attest.h"

#define NOW 1750000000u

struct kind {
    const char *name;
    uint8_t kind;
    bool collateral;
};

static const struct kind kinds[] = {
    { "sgx", API_KIND_SGX, false },
    { "sgx with collateral", API_KIND_SGX, true },
    { "tdx with collateral", API_KIND_TDX, true },
    { "snp", API_KIND_SNP, false },
    { "nitro", API_KIND_NITRO, false },
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static double now(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static STATUS make_simulator(const char *directory, struct simulator **out,
                             struct reason *why)
{
    TRY(simulator_make(directory, NOW, why));
    TRY(simulator_snp_make(directory, SNP_MILAN, NOW, why));
    TRY(simulator_nitro_make(directory, NOW, why));
    return simulator_open(directory, out, why);
}

static struct bytes root_of(const struct simulator *simulator, uint8_t kind)
{
    switch (kind) {
    case API_KIND_SNP: return simulator_snp_root_pem(simulator_snp(simulator));
    case API_KIND_NITRO:
        return simulator_nitro_root_pem(simulator_nitro(simulator));
    default: return simulator_root_pem(simulator);
    }
}

/* Again and again until the time is over; one refusal ends it. */
static STATUS count(const struct attest_question *asked, double seconds,
                    double *per_second, struct reason *why)
{
    struct attest_identity identity;
    size_t done = 0;
    double began = now(), took = 0;
    while (took < seconds) {
        for (int i = 0; i < 16; i++, done++)
            TRY(attest_verify(asked, &identity, why));
        took = now() - began;
    }
    *per_second = (double)done / took;
    return OK;
}

static STATUS measure(const char *directory, const struct simulator *simulator,
                      const struct kind *kind, double seconds,
                      double *per_second, struct reason *why)
{
    const struct simulator_claim claim = { .kind = kind->kind };
    const struct simulator_collateral wanted = { .tdx = kind->kind ==
                                                        API_KIND_TDX };
    AUTO_COLLATERAL files = { 0 };
    AUTO_CLEAR_BUFFER evidence = buffer_make(ATTEST_EVIDENCE_MAX);
    struct attest_anchor anchor;
    TRY(simulator_claim(simulator, &claim, NOW, &evidence, why));
    TRY(attest_anchor_read(root_of(simulator, kind->kind), "bench", true,
                           &anchor, why));
    TRY(simulator_collateral_make(directory, &wanted, NOW, &files, why));
    const struct attest_collateral collateral = {
        .tcb_info = buffer_bytes(&files.tcb_info),
        .qe_identity = buffer_bytes(&files.qe_identity),
        .tcb_signing_chain = buffer_bytes(&files.tcb_signing_chain),
        .root_crl = buffer_bytes(&files.root_crl),
        .pck_crl = buffer_bytes(&files.pck_crl),
    };
    struct attest_question asked =
        attest_ask(buffer_bytes(&evidence), &anchor, 1, NOW);
    asked.collateral = kind->collateral ? &collateral : NULL;
    return count(&asked, seconds, per_second, why);
}

static STATUS run(const char *directory, double seconds, struct reason *why)
{
    AUTO_FREE(simulator) simulator = NULL;
    double per_second[KINDS];
    TRY(make_simulator(directory, &simulator, why));
    for (size_t i = 0; i < KINDS; i++)
        TRY(measure(directory, simulator, &kinds[i], seconds, &per_second[i],
                    why));
    for (size_t i = 0; i < KINDS; i++)
        (void)printf("%s\"%s\": %.1f", i == 0 ? "{" : ", ", kinds[i].name,
                     per_second[i]);
    (void)printf("}\n");
    return OK;
}

int main(int argc, char **argv)
{
    struct reason why = { "" };
    double seconds = argc == 3 ? strtod(argv[2], NULL) : 0;
    if (!(seconds > 0)) {
        (void)fprintf(stderr, "usage: evidence DIRECTORY SECONDS\n");
        return 2;
    }
    struct status s = secret_heap_open(1 << 20);
    if (!failed(s))
        s = run(argv[1], seconds, &why);
    if (failed(s)) {
        (void)fprintf(stderr, "evidence: %s: %s\n", status_name(s.code),
                      why.text);
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}

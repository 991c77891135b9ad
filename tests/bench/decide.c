/* decide.c - how many releases are decided in a second, by one thread: the
 * twelve questions of decide() answered from the store of a whole installation,
 * each time in a new transaction, and nothing recorded.
 *
 *     decide SOCKET STORE CERTIFICATE.pem DATASET SECONDS
 *
 * accordd must not run, accord-hsm must: it gives the store's key. Prints one
 * line of JSON; ends with 1 when a release would be refused. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/file.h"
#include "pkcs11/pkcs11.h"
#include "policy/facts.h"
#include "policy/policy.h"

static double now(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static STATUS open_store(char **argv, struct policy **out, struct reason *why)
{
    AUTO_FREE(pkcs11_door) door = NULL;
    AUTO_FREE(secret) key = NULL;
    struct pkcs11_description facts = { 0 };
    struct hash salt;
    TRY(pkcs11_door_open(argv[1], 30000, &door));
    TRY(pkcs11_describe(door, &facts, why));
    struct api_id store = facts.store;
    pkcs11_description_clear(&facts);
    TRY(policy_salt(argv[2], &salt, why));
    TRY(pkcs11_store_key(door, &salt, &key, why));
    return policy_open(argv[2], &store, key, out, why);
}

/* The first certificate of the file. */
static STATUS read_certificate(const char *path, struct ca_facts *out,
                               struct reason *why)
{
    static const char end[] = "-----END CERTIFICATE-----\n";
    AUTO_CLEAR_BUFFER pem = buffer_make(64 * 1024);
    AUTO_CLEAR_BUFFER der = buffer_make(CA_CERTIFICATE_MAX);
    TRY(file_read(path, &pem));
    const unsigned char *at = memmem(pem.data, pem.len, end, sizeof(end) - 1);
    if (!at)
        return refuse(why, STATUS_INVALID, "certificate", "%s has none", path);
    size_t len = (size_t)(at - pem.data) + sizeof(end) - 1;
    TRY(ca_pem_read("CERTIFICATE", bytes_of(pem.data, len), &der, why));
    return ca_certificate_read(buffer_bytes(&der), out, why);
}

static STATUS decide_once(struct policy *policy,
                          const struct policy_question *question,
                          struct reason *why)
{
    AUTO_FREE(policy_txn) txn = NULL;
    struct policy_answer answer;
    TRY(policy_read(policy, &txn));
    TRY(policy_ask(txn, question, &answer));
    enum policy_code code = answer.code;
    policy_answer_clear(&answer);
    return code == POLICY_ALLOW ? OK
                                : refuse(why, STATUS_DENIED, "decision",
                                         "refused: %s", policy_code_name(code));
}

static STATUS measure(char **argv, struct reason *why)
{
    AUTO_FREE(policy) policy = NULL;
    struct api_id dataset;
    struct policy_question question = { .certificate_chains = true,
                                        .dataset = &dataset,
                                        .now = (uint64_t)time(NULL),
                                        .clock_trusted = true };
    size_t done = 0;
    TRY(open_store(argv, &policy, why));
    TRY(read_certificate(argv[3], &question.certificate, why));
    TRY(api_id_parse(bytes_of_string(argv[4]), &dataset));
    double began = now(), until = began + strtod(argv[5], NULL);
    for (; now() < until; done++)
        TRY(decide_once(policy, &question, why));
    double took = now() - began;
    (void)printf("{\"done\": %zu, \"per_second\": %.1f}\n", done,
                 (double)done / took);
    return OK;
}

int main(int argc, char **argv)
{
    struct reason why = { "" };
    if (argc != 6) {
        (void)fprintf(
            stderr, "usage: decide SOCKET STORE CERTIFICATE DATASET SECONDS\n");
        return 2;
    }
    struct status s = secret_heap_open(1 << 20);
    if (!failed(s))
        s = measure(argv, &why);
    if (failed(s))
        (void)fprintf(stderr, "decide: %s (%s %s)\n", why.text,
                      status_name(s.code), s.origin ? s.origin : "-");
    return failed(s) ? EXIT_FAILURE : EXIT_SUCCESS;
}

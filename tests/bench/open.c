/* open.c - how long a start looks at its store: fills a new one with records
 * of 700 bytes and as many leaves, closes it, and opens it three times.
 *
 *     bench.open NEW-DIRECTORY RECORDS
 *
 * Prints one line of JSON: the shortest of the three, which is with a store
 * in the page cache. */

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "policy/policy.h"

#define GROUP 512
#define BYTES 700

static const struct api_id store = { { 7 } };

static double now(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static struct status put_one(struct policy_txn *txn, uint64_t number)
{
    unsigned char record[BYTES] = { 0 };
    struct policy_logged unused;
    AUTO_JSON *detail = json_pack("{s:s, s:I, s:s}", "action", "bench", "n",
                                  (json_int_t)number, "filler",
                                  "as long as the detail of a release is, with "
                                  "some hashes in it, names and an address");
    struct policy_event event = { .kind = API_LEAF_CHANGE,
                                  .subject_text = "bench",
                                  .detail = detail };
    struct policy_key key =
        policy_key(POLICY_REVOKED, bytes_of((const unsigned char *)&number, 8));
    policy_put(txn, &key, bytes_of(record, sizeof(record)));
    return policy_log_append(txn, 1, &event, &unused);
}

static struct status put_group(struct policy *policy, uint64_t from,
                               uint64_t to)
{
    AUTO_FREE(policy_txn) txn = NULL;
    TRY(policy_write(policy, &txn));
    for (uint64_t i = from; i < to; i++)
        TRY(put_one(txn, i));
    return policy_commit(txn);
}

static struct status fill(const char *directory, const struct secret *key,
                          uint64_t records, struct reason *why)
{
    AUTO_FREE(policy) policy = NULL;
    TRY(policy_open(directory, &store, key, &policy, why));
    for (uint64_t i = 0; i < records; i += GROUP)
        TRY(put_group(policy, i, i + GROUP < records ? i + GROUP : records));
    return OK;
}

static struct status measure(const char *directory, const struct secret *key,
                             double *best, struct reason *why)
{
    *best = 1e9;
    for (int i = 0; i < 3; i++) {
        AUTO_FREE(policy) policy = NULL;
        double start = now();
        TRY(policy_open(directory, &store, key, &policy, why));
        double took = now() - start;
        *best = took < *best ? took : *best;
    }
    return OK;
}

int main(int argc, char **argv)
{
    AUTO_FREE(secret) key = NULL;
    struct reason why = { "" };
    double best = 0;
    uint64_t records = argc == 3 ? strtoull(argv[2], NULL, 10) : 0;
    if (records == 0 || mkdir(argv[1], 0700) != 0) {
        (void)fprintf(stderr, "usage: bench.open NEW-DIRECTORY RECORDS\n");
        return 2;
    }
    struct status s = secret_heap_open((size_t)1 << 20);
    if (!failed(s))
        s = secret_new(HASH_LEN, &key);
    if (!failed(s)) {
        memset(secret_fill(key), 9, HASH_LEN);
        s = fill(argv[1], key, records, &why);
    }
    if (!failed(s))
        s = measure(argv[1], key, &best, &why);
    if (failed(s)) {
        (void)fprintf(stderr, "bench.open: %s %s\n", status_name(s.code),
                      why.text);
        return 1;
    }
    (void)printf("{\"records\": %llu, \"leaves\": %llu, \"seconds\": %.3f}\n",
                 (unsigned long long)records, (unsigned long long)records,
                 best);
    return 0;
}

/* metrics.h - counters for the operators' listener, without any name of a
 * person, program or dataset. Safe from all threads. */

#ifndef BROKER_METRICS_H
#define BROKER_METRICS_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

struct metrics {
    atomic_uint_fast64_t connections, handshakes_failed, connections_open;
    atomic_uint_fast64_t connections_refused; /* by the caps on each */
    atomic_uint_fast64_t input_bytes; /* of large requests, when last asked */
    atomic_uint_fast64_t requests, answers_2xx, answers_4xx, answers_5xx;
    atomic_uint_fast64_t releases, certificates, denials, log_ins_failed;
    atomic_uint_fast64_t groups, grouped;
    atomic_uint_fast64_t hsm_well; /* 0 or 1, after the last probe */
    atomic_uint_fast64_t collateral_sets;
    atomic_uint_fast64_t collateral_left; /* seconds until the first ends */
};

void metrics_group(struct metrics *metrics, size_t exchanges);
void metrics_answer(struct metrics *metrics, int http_status);

/* Appends the Prometheus text form; `log_size` is the newest signed head's.
 */
void metrics_write(struct metrics *metrics, uint64_t log_size,
                   struct buffer *out);

#endif

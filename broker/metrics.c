#include "broker/metrics.h"

void metrics_group(struct metrics *m, size_t exchanges)
{
    atomic_fetch_add(&m->groups, 1);
    atomic_fetch_add(&m->grouped, exchanges);
}

void metrics_answer(struct metrics *m, int http_status)
{
    atomic_fetch_add(&m->requests, 1);
    if (http_status < 300)
        atomic_fetch_add(&m->answers_2xx, 1);
    else if (http_status < 500)
        atomic_fetch_add(&m->answers_4xx, 1);
    else
        atomic_fetch_add(&m->answers_5xx, 1);
}

static void write_one(struct buffer *out, const char *name, const char *type,
                      uint64_t value)
{
    buffer_printf(out, "# TYPE accord_%s %s\naccord_%s %llu\n", name, type,
                  name, (unsigned long long)value);
}

void metrics_write(struct metrics *m, uint64_t log_size, struct buffer *out)
{
    write_one(out, "connections_total", "counter", m->connections);
    write_one(out, "connections_open", "gauge", m->connections_open);
    write_one(out, "connections_refused_total", "counter",
              m->connections_refused);
    write_one(out, "input_bytes", "gauge", m->input_bytes);
    write_one(out, "handshakes_failed_total", "counter", m->handshakes_failed);
    write_one(out, "requests_total", "counter", m->requests);
    write_one(out, "answers_2xx_total", "counter", m->answers_2xx);
    write_one(out, "answers_4xx_total", "counter", m->answers_4xx);
    write_one(out, "answers_5xx_total", "counter", m->answers_5xx);
    write_one(out, "releases_total", "counter", m->releases);
    write_one(out, "certificates_total", "counter", m->certificates);
    write_one(out, "denials_total", "counter", m->denials);
    write_one(out, "log_ins_failed_total", "counter", m->log_ins_failed);
    write_one(out, "groups_total", "counter", m->groups);
    write_one(out, "grouped_exchanges_total", "counter", m->grouped);
    write_one(out, "hsm_well", "gauge", m->hsm_well);
    write_one(out, "collateral_sets", "gauge", m->collateral_sets);
    if (m->collateral_sets > 0)
        write_one(out, "collateral_expires_seconds", "gauge",
                  m->collateral_left);
    write_one(out, "log_leaves", "gauge", log_size);
}

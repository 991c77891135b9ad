#include "tests/broker/stage.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "broker/options.h"
#include "broker/own.h"
#include "broker/pool.h"
#include "broker/start.h"

/* --- time ---------------------------------------------------------------- */

struct clock_reading stage_clock = { STAGE_NOW * 1000, 1000 };

struct clock_reading __wrap_clock_now(void);
struct clock_reading __wrap_clock_now(void)
{
    return stage_clock;
}

void stage_pass(uint64_t seconds)
{
    stage_clock.wall += seconds * 1000;
    stage_clock.monotonic += seconds * 1000;
}

void stage_jump(int64_t seconds)
{
    stage_clock.wall += (uint64_t)(seconds * 1000);
}

uint64_t stage_seconds(void)
{
    return stage_clock.wall / 1000;
}

/* --- open and close ------------------------------------------------------ */

int stage_group(void **state)
{
    (void)state;
    api_json_memory_open();
    return failed(secret_heap_open(1 << 20)) ? -1 : 0;
}

static void say(struct status s, const struct reason *why)
{
    if (failed(s))
        print_error("%s (%s)\n", why->text, s.origin ? s.origin : "-");
    assert_ok(s);
}

const char *stage_store(struct stage *s)
{
    return temp_dir_path(&s->dir, "store");
}

static void make_platform(struct stage *s)
{
    struct reason why = { "" };
    const char *directory = temp_dir_path(&s->dir, "platform");
    say(simulator_make(directory, stage_seconds(), &why), &why);
    say(simulator_open(directory, &s->simulator, &why), &why);
    say(attest_anchor_read(simulator_root_pem(s->simulator), "sim", true,
                           &s->door->anchor, &why),
        &why);
}

static void configure(struct stage *s, const char *lines)
{
    AUTO_CLEAR_BUFFER text = buffer_make(8192);
    struct reason why = { "" };
    buffer_printf(&text, "[server]\nurl = https://broker.example:9443\n");
    buffer_printf(&text, "[store]\ndirectory = %s\n", stage_store(s));
    buffer_printf(&text, "[hsm]\nsocket = %s\n",
                  temp_dir_path(&s->dir, "socket"));
    buffer_printf(&text, "[anchors]\nsimulated = sim:%s\n",
                  temp_dir_path(&s->dir, "platform/root.pem"));
    buffer_put_string(&text, lines);
    config_free(s->config);
    s->config = NULL;
    say(config_parse("test", buffer_bytes(&text), broker_options,
                     broker_options_count, &s->config, &why),
        &why);
}

void stage_configure(struct stage *s, const char *lines)
{
    configure(s, lines);
    s->broker.config = s->config;
    s->broker.url = config_text(s->config, "server", "url");
}

static void make_queues(struct broker *b)
{
    queue_init(&b->pool, 16);
    queue_init(&b->writer, SIZE_MAX);
}

void stage_with_threads(struct stage *s, void (*work)(struct stage *s))
{
    struct pool *pool = NULL;
    assert_ok(pool_start(&s->broker, 2, &pool));
    work(s);
    pool_stop(pool);
    queue_clear(&s->broker.pool);
    queue_clear(&s->broker.writer);
    make_queues(&s->broker);
}

static void begin_store(struct stage *s)
{
    struct reason why = { "" };
    say(own_begin_store(&s->broker, temp_dir_path(&s->dir, "invitation"), &why),
        &why);
}

struct status stage_open(struct stage *s, struct reason *why)
{
    struct broker *b = &s->broker;
    *b = (struct broker){ .config = s->config };
    b->url = config_text(s->config, "server", "url");
    (void)pthread_mutex_init(&b->head_lock, NULL);
    (void)pthread_mutex_init(&b->crl.lock, NULL);
    collateral_init(&b->collateral);
    clock_watch_init(&b->clock, clock_now());
    make_queues(b);
    s->open = true;
    TRY(start_anchors(b, why));
    TRY(start_collateral(b, why));
    TRY(start_hsm(b, why));
    TRY(start_store(b, why));
    return start_sessions(b, why);
}

void stage_close(struct stage *s)
{
    if (s->open)
        start_clear(&s->broker);
    s->open = false;
}

int stage_setup(void **state)
{
    struct stage *s = calloc(1, sizeof(*s));
    struct reason why = { "" };
    assert_non_null(s);
    s->last = calloc(1, sizeof(*s->last));
    assert_non_null(s->last);
    stage_clock = (struct clock_reading){ STAGE_NOW * 1000, 1000 };
    s->dir = temp_dir_make();
    soft_door_make(stage_seconds(), &s->door);
    soft_door_plug(s->door);
    make_platform(s);
    configure(s, "");
    say(stage_open(s, &why), &why);
    stage_with_threads(s, begin_store);
    *state = s;
    return 0;
}

int stage_teardown(void **state)
{
    struct stage *s = *state;
    stage_close(s);
    answer_clear(s->last);
    free(s->last);
    config_free(s->config);
    simulator_free(s->simulator);
    soft_door_destroy(s->door);
    temp_dir_remove(&s->dir);
    free(s);
    return 0;
}

/* --- the disk ------------------------------------------------------------ */

static const char *const store_files[] = { "data.mdb", "salt" };

static void copy(const char *from, const char *to)
{
    AUTO_CLEAR_BUFFER contents = buffer_make((size_t)64 << 20);
    assert_ok(file_read(from, &contents));
    assert_ok(file_write(to, buffer_bytes(&contents), 0600));
}

static void copy_store(struct stage *s, const char *name, bool back)
{
    for (size_t i = 0; i < sizeof(store_files) / sizeof(store_files[0]); i++) {
        char live[256], kept[256];
        (void)snprintf(live, sizeof(live), "%s/%s", stage_store(s),
                       store_files[i]);
        (void)snprintf(kept, sizeof(kept), "%s.%s",
                       temp_dir_path(&s->dir, name), store_files[i]);
        copy(back ? kept : live, back ? live : kept);
    }
}

void stage_save(struct stage *s, const char *name)
{
    copy_store(s, name, false);
}

void stage_put_back(struct stage *s, const char *name)
{
    copy_store(s, name, true);
}

void stage_first_secret(struct stage *s, char out[65])
{
    AUTO_CLEAR_BUFFER line = buffer_make(2048);
    assert_ok(file_read(temp_dir_path(&s->dir, "invitation"), &line));
    assert_true(line.len > 65);
    memcpy(out, line.data + line.len - 65, 64); /* a newline ends it */
    out[64] = '\0';
}

/* --- the log ------------------------------------------------------------- */

uint64_t stage_log_size(struct stage *s)
{
    AUTO_FREE(policy_txn) txn = NULL;
    uint64_t size, newest;
    assert_ok(policy_read(s->broker.store, &txn));
    assert_ok(policy_log_size(txn, &size, &newest));
    return size;
}

struct api_leaf stage_leaf(struct stage *s, uint64_t index, json_t **detail)
{
    AUTO_FREE(policy_txn) txn = NULL;
    AUTO_CLEAR_BUFFER text = buffer_make(1 << 20);
    struct policy_logged logged;
    struct api_leaf leaf;
    assert_ok(policy_read(s->broker.store, &txn));
    assert_ok(policy_log_read(txn, index, &logged, &text));
    assert_ok(
        api_leaf_decode(bytes_of(logged.leaf, sizeof(logged.leaf)), &leaf));
    if (detail)
        assert_ok(
            api_json_read(buffer_bytes(&text), 1 << 20, false, detail, NULL));
    return leaf;
}

void assert_newest_leaf(struct stage *s, enum api_leaf_kind kind,
                        const char *member, const char *value)
{
    AUTO_JSON *detail = NULL;
    struct api_leaf leaf = stage_leaf(s, stage_log_size(s) - 1, &detail);
    assert_int_equal(kind, leaf.kind);
    const char *is = json_string_value(json_object_get(detail, member));
    assert_string_equal(value, is ? is : "(none)");
}

void assert_receipt(struct stage *s, const struct answer *answer)
{
    struct api_receipt receipt;
    struct reason why = { "" };
    say(api_receipt_from_json(json_object_get(answer->body, "receipt"),
                              &receipt, &why),
        &why);
    say(api_receipt_verify(&receipt, &s->broker.hsm_facts.log_key, &why), &why);
    assert_non_null(receipt.detail);
}

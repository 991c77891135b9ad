/* main.c - accordd: the start-up order, as a table of contents.
 *
 *   harden -> options -> anchors, collateral -> files shut -> HSM -> store ->
 * threads
 *   -> own certificate -> listeners -> calls shut -> run -> stop in the
 *   reverse order */

#include <errno.h>
#include <openssl/crypto.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "broker/harden.h"
#include "broker/keeper.h"
#include "broker/listener.h"
#include "broker/loop.h"
#include "broker/options.h"
#include "broker/own.h"
#include "broker/pool.h"
#include "broker/restore.h"
#include "broker/sandbox.h"
#include "broker/start.h"
#include "broker/users.h"
#include "broker/version.h"

#define LOOPS_MAX 65

struct server {
    struct broker broker;
    struct config *config;
    struct pool *pool;
    struct keeper *keeper;
    struct loop *loops[LOOPS_MAX];
    size_t loops_count;
};

static int complain(struct status s, const struct reason *why)
{
    (void)fprintf(stderr, "accordd: %s (%s: %s %u)\n",
                  why->text[0] ? why->text : "cannot start",
                  status_name(s.code), s.origin ? s.origin : "-", s.detail);
    return EXIT_FAILURE;
}

static struct status add_loop(struct server *server, int fd, bool plain,
                              const struct route *const *groups)
{
    struct loop *loop = NULL;
    TRY(loop_open(&server->broker, fd, plain, groups, &loop));
    server->loops[server->loops_count++] = loop;
    return OK;
}

static struct status open_listeners(struct server *server, struct reason *why)
{
    const struct config *c = server->config;
    int64_t threads = config_number(c, "server", "threads");
    const char *operator_at = config_text(c, "operator", "listen");
    int fd;
    if (threads == 0)
        threads = sysconf(_SC_NPROCESSORS_ONLN);
    for (int64_t i = 0; i < threads && i < LOOPS_MAX - 1; i++) {
        TRY(listener_tcp(config_text(c, "server", "address"),
                         (uint16_t)config_number(c, "server", "port"), &fd,
                         why));
        TRY(add_loop(server, fd, false, route_groups));
    }
    if (operator_at[0]) {
        TRY(listener_operator(operator_at, &fd, why));
        TRY(add_loop(server, fd, true, route_operator_groups));
    }
    for (size_t i = 0; i < server->loops_count; i++)
        TRY(loop_start(server->loops[i]));
    return OK;
}

static struct status begin_if_empty(struct broker *b, struct reason *why)
{
    AUTO_FREE(policy_txn) txn = NULL;
    uint64_t size, newest;
    char path[4096];
    TRY(policy_read(b->store, &txn));
    TRY(policy_log_size(txn, &size, &newest));
    policy_txn_free(TAKE(txn));
    (void)snprintf(path, sizeof(path), "%s/invitation",
                   config_text(b->config, "store", "directory"));
    return size > 0 ? own_invite_again(b, path, why)
                    : own_begin_store(b, path, why);
}

/* ACCORD_SANDBOXED is 0 in builds with a sanitizer or coverage: tracing the
 * process for leaks and writing counts are not in the sandbox. */

/* Before the first thread. What is read late must not depend on files: the
 * time zone and libcrypto's configuration are settled now. */
static struct status shut_files(const struct config *c, struct reason *why)
{
    const char *store = config_text(c, "store", "directory");
    const char *operator_at = config_text(c, "operator", "listen");
    const char *kept = config_text(c, "evidence", "collateral");
    char socket_directory[4096], outbox[4096];
    const char *writable[3] = { store, outbox, socket_directory };
    size_t count = 2;
    int version = 0;
    if (!ACCORD_SANDBOXED)
        return OK;
    if (setenv("TZ", "UTC0", 1) != 0 ||
        OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG, NULL) != 1)
        return failure(STATUS_NO_MEMORY, "shut_files", 0);
    tzset();
    if (failed(file_make_directory(store, 0700)))
        return refuse(why, STATUS_UNAVAILABLE, "store",
                      "cannot make the directory %s", store);
    outbox_directory(c, outbox, sizeof(outbox));
    if (failed(file_make_directory(outbox, 0750)))
        return refuse(why, STATUS_UNAVAILABLE, "outbox",
                      "cannot make the directory %s", outbox);
    if (strncmp(operator_at, "unix:/", 6) == 0) {
        (void)snprintf(socket_directory, sizeof(socket_directory), "%s",
                       operator_at + 5);
        *(strrchr(socket_directory, '/') + 1) = '\0';
        count = 3;
    }
    TRY(sandbox_files(writable, count, kept[0] ? kept : NULL, &version, why));
    if (version == 0)
        (void)fprintf(stderr, "accordd: this kernel has no Landlock: which "
                              "files may be opened is not restricted\n");
    return OK;
}

static struct status shut_calls(struct reason *why)
{
    if (!ACCORD_SANDBOXED) {
        (void)fprintf(stderr, "accordd: NO SANDBOX in a build for tests\n");
        return OK;
    }
    struct status s = sandbox_calls();
    return failed(s) ? refuse(why, s.code, s.origin,
                              "sandbox: the kernel takes no filter for system "
                              "calls")
                     : OK;
}

static struct status start(struct server *server, struct reason *why)
{
    struct broker *b = &server->broker;
    b->config = server->config;
    b->url = config_text(b->config, "server", "url");
    (void)pthread_mutex_init(&b->head_lock, NULL);
    (void)pthread_mutex_init(&b->crl.lock, NULL);
    collateral_init(&b->collateral);
    clock_watch_init(&b->clock, clock_now());
    queue_init(&b->pool, (size_t)config_number(b->config, "server", "queue"));
    queue_init(&b->writer, SIZE_MAX);
    room_init(&b->input, (size_t)config_number(b->config, "server", "input_mib")
                             << 20);

    TRY(start_anchors(b, why));
    TRY(start_collateral(b, why));
    TRY(shut_files(b->config, why));
    TRY(start_hsm(b, why));
    TRY(start_store(b, why));
    TRY(start_sessions(b, why));
    TRY(pool_start(b, (size_t)config_number(b->config, "server", "workers"),
                   &server->pool));
    TRY(begin_if_empty(b, why));
    TRY(own_renew_tls(b, why));
    TRY(open_listeners(server, why));
    TRY(keeper_start(b, &server->keeper));
    return shut_calls(why);
}

static void stop(struct server *server)
{
    keeper_stop(server->keeper);
    for (size_t i = 0; i < server->loops_count; i++)
        loop_stop(server->loops[i]);
    pool_stop(server->pool);
    for (size_t i = 0; i < server->loops_count; i++)
        loop_free(server->loops[i]);
    start_clear(&server->broker);
    config_free(server->config);
}

/* The keeper judges with it in its next round. */
static void read_collateral(struct broker *b)
{
    struct reason why = { "" };
    struct status s = start_collateral(b, &why);
    (void)fprintf(stderr, "collateral: %s\n",
                  failed(s) ? why.text : "read again");
}

/* Signals are taken by this thread only. */
static void run(struct server *server, const sigset_t *signals)
{
    for (;;) {
        int which = 0;
        if (sigwait(signals, &which) != 0)
            continue;
        if (which == SIGHUP) {
            read_collateral(&server->broker);
            continue;
        }
        if (which != SIGUSR1)
            return;
        struct reason why = { "" };
        struct status s = own_accept_clock(&server->broker, &why);
        (void)fprintf(stderr, "clock: %s\n",
                      failed(s) ? why.text : "accepted by the operator");
    }
}

static int serve(const char *config_path)
{
    struct server *server = calloc(1, sizeof(*server));
    struct reason why = { "" };
    sigset_t signals;
    if (!server)
        return EXIT_FAILURE;
    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGTERM);
    (void)sigaddset(&signals, SIGINT);
    (void)sigaddset(&signals, SIGUSR1);
    (void)sigaddset(&signals, SIGHUP);
    (void)pthread_sigmask(SIG_BLOCK, &signals, NULL);

    struct status s = harden();
    if (!failed(s))
        s = config_load(config_path, broker_options, broker_options_count,
                        &server->config, &why);
    if (!failed(s))
        s = start(server, &why);
    int code = EXIT_SUCCESS;
    if (failed(s)) {
        code = complain(s, &why);
    } else {
        (void)fprintf(stderr, "accordd %s: ready at %s%s\n", ACCORD_VERSION,
                      server->broker.url,
                      server->broker.single_user
                          ? " (single-user mode: HSM and broker run as one "
                            "user)"
                          : "");
        server->broker.main = pthread_self();
        server->broker.main_waits = true;
        run(server, &signals);
        if (policy_stopped(server->broker.store))
            code = EXIT_FAILURE;
    }
    stop(server);
    free(server);
    return code;
}

static int check(const char *config_path)
{
    struct config *config = NULL;
    struct reason why = { "" };
    struct status s = config_load(config_path, broker_options,
                                  broker_options_count, &config, &why);
    config_free(config);
    if (failed(s))
        return complain(s, &why);
    (void)printf("%s: ok\n", config_path);
    return EXIT_SUCCESS;
}

/* Another process than the one that serves: it may go on meanwhile. */
static int backup(const char *to, const char *config_path)
{
    AUTO_FREE(config) config = NULL;
    struct reason why = { "" };
    struct status s = harden();
    if (!failed(s))
        s = config_load(config_path, broker_options, broker_options_count,
                        &config, &why);
    if (!failed(s))
        s = policy_backup(config_text(config, "store", "directory"), to, &why);
    if (failed(s))
        return complain(s, &why);
    (void)printf("%s: the store as it stands, still sealed\n", to);
    return EXIT_SUCCESS;
}

/* What accord-hsm restore is to be given. */
static int request_restore(const char *to, const char *config_path)
{
    struct broker *b = calloc(1, sizeof(*b));
    AUTO_FREE(config) config = NULL;
    struct reason why = { "" };
    uint64_t leaves = 0;
    if (!b)
        return EXIT_FAILURE;
    struct status s = harden();
    if (!failed(s))
        s = config_load(config_path, broker_options, broker_options_count,
                        &config, &why);
    b->config = config;
    if (!failed(s))
        s = start_hsm(b, &why);
    if (!failed(s))
        s = start_open_store(b, &why);
    if (!failed(s))
        s = restore_request(b, to, &leaves, &why);
    uint64_t signed_leaves = b->hsm_facts.size;
    start_clear(b);
    free(b);
    if (failed(s))
        return complain(s, &why);
    (void)printf("%s: this store has %llu leaves, the HSM has signed %llu\n"
                 "To give up the others: stop accord-hsm, and as its user\n"
                 "    accord-hsm restore --from %s --size %llu --config "
                 "HSM-FILE\n",
                 to, (unsigned long long)leaves,
                 (unsigned long long)signed_leaves, to,
                 (unsigned long long)leaves);
    return EXIT_SUCCESS;
}

static int sample(void)
{
    AUTO_CLEAR_BUFFER out = buffer_make(64 * 1024);
    config_write_sample(broker_options, broker_options_count, &out);
    (void)fwrite(out.data, 1, out.len, stdout);
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    api_json_memory_open();
    if (argc == 3 && strcmp(argv[1], "--config") == 0)
        return serve(argv[2]);
    if (argc == 3 && strcmp(argv[1], "--check-config") == 0)
        return check(argv[2]);
    if (argc == 5 && strcmp(argv[1], "--backup") == 0 &&
        strcmp(argv[3], "--config") == 0)
        return backup(argv[2], argv[4]);
    if (argc == 5 && strcmp(argv[1], "--restore") == 0 &&
        strcmp(argv[3], "--config") == 0)
        return request_restore(argv[2], argv[4]);
    if (argc == 2 && strcmp(argv[1], "--sample-config") == 0)
        return sample();
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        (void)printf("accordd %s\n", ACCORD_VERSION);
        return EXIT_SUCCESS;
    }
    (void)fprintf(stderr, "usage: accordd --config FILE\n"
                          "       accordd --check-config FILE\n"
                          "       accordd --backup NEW-DIRECTORY --config "
                          "FILE\n"
                          "       accordd --restore NEW-FILE --config FILE\n"
                          "       accordd --sample-config\n"
                          "       accordd --version\n");
    return 2;
}

/* agent_main.c - accord-agent: the Node Agent of one machine.
 *
 *   harden -> options -> simulator, if any -> listen -> wait for a signal */

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "agent/agent.h"
#include "agent/command.h"
#include "agent/simulator.h"
#include "agent/version.h"
#include "api/api.h"
#include "base/file.h"
#include "base/secret.h"
#include "base/text.h"
#include "ca/ca.h"

#define SECRET_HEAP ((size_t)1024 * 1024)
#define ROOTS_MAX   ((size_t)256 * 1024)
#define EXIT_USAGE  2

static const char usage[] = "usage: accord-agent --config FILE\n"
                            "       accord-agent sample-config\n"
                            "       accord-agent --version\n";
static const char about[] =
    "\n"
    "The Node Agent of one machine: forwards certificate requests of the\n"
    "programs on it to the broker. init-simulator makes the keys of a\n"
    "SIMULATED platform, whose evidence proves nothing; --kind adds a "
    "platform\n"
    "to it. simulate and simulate-collateral write what such a platform hands\n"
    "out, for tests.\n";

static void say_usage(FILE *to)
{
    (void)fprintf(to, "%s%s%s", usage, command_simulator_usage, about);
}

static int complain(struct status s, const struct reason *why)
{
    (void)fprintf(stderr, "accord-agent: %s (%s)\n",
                  why->text[0] ? why->text
                  : s.origin   ? s.origin
                               : "failed",
                  status_name(s.code));
    return EXIT_FAILURE;
}

static struct status harden(void)
{
    struct rlimit none = { 0, 0 };
    (void)umask(077);
    if (setrlimit(RLIMIT_CORE, &none) != 0 ||
        prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 ||
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return failure(STATUS_UNAVAILABLE, "harden", (uint32_t)errno);
    if (signal(SIGPIPE, SIG_IGN) == SIG_ERR)
        return failure(STATUS_UNAVAILABLE, "signal", (uint32_t)errno);
    api_json_memory_open();
    return secret_heap_open(SECRET_HEAP);
}

static struct status open_simulator(const char *directory,
                                    struct simulator **out, struct reason *why)
{
    if (!directory[0])
        return OK;
    TRY(simulator_open(directory, out, why));
    (void)fprintf(stderr,
                  "accord-agent: SIMULATOR from %s: the evidence made here "
                  "proves nothing; for demo and tests only\n",
                  directory);
    return OK;
}

/* The node's own certificate and key; neither when it has none. */
static struct status read_node(const struct config *config, struct buffer *der,
                               struct ca_key **key, struct reason *why)
{
    AUTO_CLEAR_BUFFER pem = buffer_make(ROOTS_MAX);
    AUTO_FREE(secret) text = NULL;
    struct ca_facts facts;
    const char *certificate = config_text(config, "node", "certificate");
    const char *path = config_text(config, "node", "key");
    if (!certificate[0] && !path[0])
        return OK;
    if (failed(file_read(certificate, &pem)) ||
        failed(ca_pem_read("CERTIFICATE", buffer_bytes(&pem), der, why)) ||
        failed(ca_certificate_read(buffer_bytes(der), &facts, why)))
        return refuse(why, STATUS_INVALID, "node.certificate",
                      "node.certificate: %s holds no certificate of ours",
                      certificate);
    if (failed(file_read_secret(path, 64 * 1024, false, &text)) ||
        failed(ca_key_read(text, key)))
        return refuse(why, STATUS_INVALID, "node.key",
                      "node.key: %s holds no key, or others may read it", path);
    if (!hash_equal(&ca_key_public(*key)->hash, &facts.key.hash))
        return refuse(why, STATUS_INVALID, "node.key",
                      "node.key: not the key of node.certificate");
    return OK;
}

static struct status open_agent(const struct config *config,
                                const struct simulator *simulator,
                                struct bytes node_certificate,
                                struct ca_key *node_key, struct agent **out,
                                struct reason *why)
{
    AUTO_CLEAR_BUFFER roots = buffer_make(ROOTS_MAX);
    const char *ca = config_text(config, "broker", "ca");
    struct status s = file_read(ca, &roots);
    if (failed(s))
        return refuse(why, s.code, "broker.ca", "broker.ca: cannot read %s",
                      ca);
    const struct agent_settings settings = {
        .address = config_text(config, "listen", "address"),
        .port = (uint16_t)config_number(config, "listen", "port"),
        .connections = (unsigned)config_number(config, "listen", "connections"),
        .broker_url = config_text(config, "broker", "url"),
        .broker_roots = buffer_bytes(&roots),
        .simulator = simulator,
        .node_certificate = node_certificate,
        .node_key = node_key,
    };
    return agent_open(&settings, out, why);
}

/* The threads inherit the mask, so that the signal comes here. */
static struct status serve(const char *path, struct reason *why)
{
    sigset_t stop;
    int got;
    AUTO_FREE(config) config = NULL;
    AUTO_FREE(simulator) simulator = NULL;
    AUTO_CLEAR_BUFFER node = buffer_make(CA_CERTIFICATE_MAX);
    AUTO_FREE(ca_key) node_key = NULL;
    AUTO_FREE(agent) agent = NULL;
    TRY(config_load(path, agent_options, agent_options_count, &config, why));
    (void)sigemptyset(&stop);
    (void)sigaddset(&stop, SIGTERM);
    (void)sigaddset(&stop, SIGINT);
    (void)pthread_sigmask(SIG_BLOCK, &stop, NULL);
    TRY(open_simulator(config_text(config, "simulator", "directory"),
                       &simulator, why));
    TRY(read_node(config, &node, &node_key, why));
    TRY(open_agent(config, simulator, buffer_bytes(&node), node_key, &agent,
                   why));
    (void)fprintf(stderr, "accord-agent: listening on %s port %u for %s\n",
                  config_text(config, "listen", "address"),
                  (unsigned)agent_port(agent),
                  config_text(config, "broker", "url"));
    while (sigwait(&stop, &got) != 0)
        continue;
    agent_free(TAKE(agent)); /* before what it borrows */
    return OK;
}

static int sample_config(void)
{
    AUTO_CLEAR_BUFFER out = buffer_make(65536);
    config_write_sample(agent_options, agent_options_count, &out);
    if (failed(buffer_status(&out)) ||
        fwrite(out.data, 1, out.len, stdout) != out.len)
        return EXIT_FAILURE;
    return EXIT_SUCCESS;
}

static bool is(const char *argument, const char *word)
{
    return argument && strcmp(argument, word) == 0;
}

int main(int argc, char **argv)
{
    struct reason why = { "" };
    struct status s = harden();
    if (failed(s))
        return complain(s, &why);
    if (argc == 3 && is(argv[1], "--config"))
        s = serve(argv[2], &why);
    else if (argc == 2 && is(argv[1], "sample-config"))
        return sample_config();
    else if (argc == 2 && is(argv[1], "--version"))
        return puts("accord-agent " ACCORD_VERSION) < 0;
    else if (argc == 2 && is(argv[1], "--help")) {
        say_usage(stdout);
        return EXIT_SUCCESS;
    } else {
        s = command_simulator(argc, argv, &why);
        if (s.code == STATUS_NOT_FOUND && !why.text[0]) {
            say_usage(stderr);
            return EXIT_USAGE;
        }
        if (s.code == STATUS_INVALID && strcmp(s.origin, "arguments") == 0) {
            (void)complain(s, &why);
            return EXIT_USAGE;
        }
    }
    return failed(s) ? complain(s, &why) : EXIT_SUCCESS;
}

#include "enclave/arguments.h"

#include <stddef.h>
#include <string.h>

const char arguments_usage[] =
    "usage: accord-enclave run [OPTION...] HASH -- APP [ARG...]\n"
    "       accord-enclave measure -- APP [ARG...]\n"
    "\n"
    "examples:\n"
    "  accord-enclave measure -- /usr/bin/harmonize\n"
    "  accord-enclave run --broker https://broker.example:9443 3f0c...9a \\\n"
    "      -- /usr/bin/harmonize\n"
    "\n"
    "run: obtains a certificate for the configuration HASH, fetches its data,\n"
    "runs APP on it in a private directory, delivers what it wrote. Inputs "
    "and\n"
    "outputs are <port>/<object>/data; ports whose name begins with "
    "\"output\"\n"
    "are outputs: delivered, encrypted, when APP exits with 0.\n"
    "measure: prints the simulated measurement of runner, APP and arguments.\n"
    "\n"
    "  --agent URL      Node Agent (http://127.0.0.1:9092)\n"
    "  --broker URL     any broker of the installation "
    "(https://localhost:9443)\n"
    "  --ca FILE        the only root certificate to trust, PEM\n"
    "  --log-key HASH   SHA-256 of the log's key: receipts must be signed by "
    "it\n"
    "  --head FILE      keep the log's newest head there; refuse a log that "
    "does\n"
    "                   not continue it; needs --log-key\n"
    "  --receipts FILE  write the receipts of all releases there, JSON\n"
    "  --simulate KIND  evidence from the agent's simulator, though this may "
    "be\n"
    "                   real hardware: sgx, tdx, snp or nitro\n"
    "  --allow-http     data may lie at http:// locations\n"
    "  --network        APP keeps the machine's network\n"
    "  --pause-before-release FIFO\n"
    "                   for demonstrations: with certificate and "
    "configuration\n"
    "                   in hand, wait until somebody writes to FIFO\n"
    "  -q               no progress on stderr\n"
    "\n"
    "exit code: APP's own; 1 error, 2 usage, 3 release denied, 7 no evidence\n"
    "or certificate, 8 agent, broker or object store unavailable\n";

static struct status wrong(struct reason *why, const char *format,
                           const char *argument)
{
    struct status s = failure(STATUS_INVALID, "arguments", 0);
    if (why)
        (void)snprintf(why->text, sizeof(why->text), "%s%s", format, argument);
    return s;
}

/* Options with a value, and where it goes. */
static const char **value_of(struct arguments *a, const char *name)
{
    const struct {
        const char *name;
        const char **value;
    } known[] = {
        { "--agent", &a->options.agent },
        { "--broker", &a->options.broker },
        { "--ca", &a->options.ca_file },
        { "--log-key", &a->options.log_key },
        { "--head", &a->options.head },
        { "--receipts", &a->receipts },
        { "--simulate", &a->options.simulate },
        { "--pause-before-release", &a->pause_before_release },
    };
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (strcmp(name, known[i].name) == 0)
            return known[i].value;
    }
    return NULL;
}

static bool read_flag(struct arguments *a, const char *name)
{
    if (strcmp(name, "--allow-http") == 0)
        a->options.allow_http = 1;
    else if (strcmp(name, "--network") == 0)
        a->network = true;
    else if (strcmp(name, "-q") == 0)
        a->quiet = true;
    else
        return false;
    return true;
}

/* One option or the hash, at argv[*at]. */
static struct status read_one(char **argv, int *at, struct arguments *a,
                              struct reason *why)
{
    const char *word = argv[(*at)++];
    const char **value = value_of(a, word);
    if (value) {
        if (*value)
            return wrong(why, "given twice: ", word);
        if (!argv[*at] || strcmp(argv[*at], "--") == 0)
            return wrong(why, "a value is missing behind ", word);
        *value = argv[(*at)++];
        return OK;
    }
    if (read_flag(a, word))
        return OK;
    if (word[0] == '-')
        return wrong(why, "unknown option ", word);
    if (a->options.configuration)
        return wrong(why, "more than one configuration: ", word);
    a->options.configuration = word;
    return OK;
}

static struct status read_run(char **argv, struct arguments *a,
                              struct reason *why)
{
    int at = 2;
    while (argv[at] && strcmp(argv[at], "--") != 0)
        TRY(read_one(argv, &at, a, why));
    if (!a->options.configuration)
        return wrong(why, "the configuration's hash is missing", "");
    if (!argv[at] || !argv[at + 1])
        return wrong(why, "the program is missing behind --", "");
    a->app = argv + at + 1;
    return OK;
}

struct status arguments_read(int argc, char **argv, struct arguments *out,
                             struct reason *why)
{
    *out = (struct arguments){ .options = ACCORD_OPTIONS_INIT };
    if (argc < 2)
        return wrong(why, "nothing to do: run or measure", "");
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
        out->verb = ARGUMENTS_HELP;
        return OK;
    }
    if (strcmp(argv[1], "run") == 0)
        return read_run(argv, out, why);
    if (strcmp(argv[1], "measure") != 0)
        return wrong(why, "unknown command ", argv[1]);
    out->verb = ARGUMENTS_MEASURE;
    if (argc < 4 || strcmp(argv[2], "--") != 0)
        return wrong(why, "usage: accord-enclave measure -- APP [ARG...]", "");
    out->app = argv + 3;
    return OK;
}

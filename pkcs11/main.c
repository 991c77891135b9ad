/* main.c - accord-hsm: what it is asked to be. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "pkcs11/ceremony.h"
#include "pkcs11/judge.h"
#include "pkcs11/pin.h"
#include "pkcs11/restore.h"
#include "pkcs11/roles.h"
#include "pkcs11/supervisor.h"
#include "pkcs11/worker.h"

#define EXIT_USAGE 2

static const char usage[] =
    "accord-hsm init --config FILE [--pin-file FILE]\n"
    "    Holds the ceremony: makes the keys on an initialised token, prints\n"
    "    the hashes that others pin. Once per installation.\n"
    "accord-hsm restore --config FILE --from FILE --size N [--pin-file FILE]\n"
    "    Lets the older store go on that accordd --restore wrote FILE about, "
    "and\n"
    "    gives up every leaf from N on. accord-hsm must not be running.\n"
    "accord-hsm run --config FILE\n"
    "    Serves the broker until SIGTERM. SIGHUP reads the PIN again and\n"
    "    clears a latched refusal.\n"
    "accord-hsm check-config --config FILE\n"
    "    Reads the configuration, its anchors and its users, and says what\n"
    "    is wrong.\n"
    "accord-hsm sample-config\n"
    "    Prints a configuration with every option and its default.\n";

struct arguments {
    const char *config;
    const char *pin_file;
    const char *from, *size; /* restore only */
};

/* What init and restore need besides. */
struct holding {
    struct hsm_settings settings;
    struct secret *pin;
};

static int complain(const char *text)
{
    hsm_say("accord-hsm: %s", text);
    return 1;
}

static bool parse(int argc, char **argv, struct arguments *out)
{
    for (int i = 2; i < argc; i += 2) {
        if (i + 1 >= argc)
            return false;
        if (strcmp(argv[i], "--config") == 0)
            out->config = argv[i + 1];
        else if (strcmp(argv[i], "--pin-file") == 0)
            out->pin_file = argv[i + 1];
        else if (strcmp(argv[i], "--from") == 0)
            out->from = argv[i + 1];
        else if (strcmp(argv[i], "--size") == 0)
            out->size = argv[i + 1];
        else
            return false;
    }
    return out->config != NULL;
}

static struct status read_settings(const char *path, struct hsm_settings *out,
                                   struct reason *why)
{
    AUTO_CLEAR_BUFFER text = buffer_make(HSM_CONFIG_MAX);

    struct status s = file_read(path, &text);
    if (failed(s))
        return refuse(why, s.code, s.origin, "cannot read %s (%s)", path,
                      status_name(s.code));
    return hsm_settings_read(path, buffer_bytes(&text), out, why);
}

/* The state's lock ends with the process. */
static struct status hold(const struct arguments *arguments,
                          struct holding *out, struct reason *why)
{
    int lock = -1;

    TRY(hsm_harden());
    TRY(secret_heap_open(HSM_SECRET_HEAP));
    TRY(read_settings(arguments->config, &out->settings, why));
    TRY(hsm_lock_state(&out->settings, &lock, why));
    return arguments->pin_file
               ? hsm_pin_read_file(arguments->pin_file, &out->pin, why)
               : hsm_pin_read(&out->settings, &out->pin, why);
}

static int let_go(struct holding *held, struct status s,
                  const struct reason *why)
{
    secret_free(held->pin);
    hsm_settings_clear(&held->settings);
    if (failed(s))
        return complain(why->text[0] ? why->text
                        : s.origin   ? s.origin
                                     : status_name(s.code));
    return 0;
}

static int init(const struct arguments *arguments)
{
    struct holding held = { .pin = NULL };
    struct reason why = { "" };

    struct status s = hold(arguments, &held, &why);
    if (!failed(s))
        s = hsm_ceremony(&held.settings, held.pin, (uint64_t)time(NULL), stdout,
                         &why);
    return let_go(&held, s, &why);
}

static bool read_size(const char *text, uint64_t *out)
{
    char *end = NULL;

    errno = 0;
    *out = strtoull(text, &end, 10);
    return errno == 0 && text[0] >= '0' && text[0] <= '9' && *end == '\0';
}

static struct status accept_older(const struct arguments *arguments,
                                  uint64_t size, struct holding *held,
                                  struct reason *why)
{
    AUTO_CLEAR_BUFFER request = buffer_make(API_RESTORE_REQUEST_MAX);

    struct status s = file_read(arguments->from, &request);
    if (failed(s))
        return refuse(why, s.code, s.origin, "cannot read %s (%s)",
                      arguments->from, status_name(s.code));
    TRY(hold(arguments, held, why));
    const struct hsm_restore_order order = {
        .request = buffer_bytes(&request),
        .size = size,
        .now = (uint64_t)time(NULL) * 1000,
    };
    return hsm_restore(&held->settings, held->pin, &order, stdout, why);
}

static int restore(const struct arguments *arguments)
{
    struct holding held = { .pin = NULL };
    struct reason why = { "" };
    uint64_t size;

    if (!arguments->from || !arguments->size ||
        !read_size(arguments->size, &size)) {
        (void)fputs(usage, stderr);
        return EXIT_USAGE;
    }
    struct status s = accept_older(arguments, size, &held, &why);
    return let_go(&held, s, &why);
}

static int check_config(const struct arguments *arguments)
{
    struct reason why = { "" };

    struct status s = hsm_supervisor_check(arguments->config, &why);
    if (failed(s))
        return complain(why.text[0] ? why.text : status_name(s.code));
    (void)printf("%s is fine\n", arguments->config);
    return 0;
}

static int sample_config(void)
{
    AUTO_CLEAR_BUFFER sample = buffer_make(64 * 1024);

    config_write_sample(hsm_options, hsm_options_count, &sample);
    if (failed(buffer_status(&sample)))
        return complain("out of memory");
    (void)fwrite(sample.data, 1, sample.len, stdout);
    return fflush(stdout) == 0 ? 0 : complain("cannot write");
}

/* Verbs with a configuration. */
static int perform(const char *verb, const struct arguments *arguments)
{
    if (strcmp(verb, "restore") == 0)
        return restore(arguments);
    if (arguments->from || arguments->size) {
        (void)fputs(usage, stderr);
        return EXIT_USAGE;
    }
    if (strcmp(verb, "init") == 0)
        return init(arguments);
    if (!arguments->pin_file && strcmp(verb, "run") == 0)
        return hsm_supervisor_main(arguments->config);
    if (!arguments->pin_file && strcmp(verb, "check-config") == 0)
        return check_config(arguments);
    (void)fputs(usage, stderr);
    return EXIT_USAGE;
}

/* Verbs that stand alone; -1 when this is none of them. */
static int perform_alone(const char *verb)
{
    /* Not for people: the supervisor starts these two. */
    if (strcmp(verb, "worker") == 0)
        return hsm_worker_main();
    if (strcmp(verb, "verifier") == 0)
        return hsm_verifier_main();

    if (strcmp(verb, "sample-config") == 0)
        return sample_config();
    if (strcmp(verb, "help") == 0 || strcmp(verb, "--help") == 0)
        return fputs(usage, stdout) < 0;
    return -1;
}

static int serve(int argc, char **argv)
{
    struct arguments arguments = { .config = NULL };
    int code = argc == 2 ? perform_alone(argv[1]) : -1;

    if (code >= 0)
        return code;
    if (parse(argc, argv, &arguments))
        return perform(argv[1], &arguments);
    (void)fputs(usage, stderr);
    return EXIT_USAGE;
}

/* Not by return: modules, libcrypto and their exit handlers have no agreed
 * order. */
int main(int argc, char **argv)
{
    int code = serve(argc, argv);
    (void)fflush(NULL);
    _exit(code);
}

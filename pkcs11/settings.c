#include "pkcs11/settings.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "ca/ca.h"

const struct config_option hsm_options[] = {
    { "token", "module", CONFIG_PATH, "/usr/lib/softhsm/libsofthsm2.so", 0, 0,
      "The PKCS#11 module; only the worker loads it." },
    { "token", "softhsm_conf", CONFIG_PATH, "", 0, 0,
      "Exported to the module as SOFTHSM2_CONF; absent: not set." },
    { "token", "label", CONFIG_TEXT, "accord", 0, 0, "Label of the token." },
    { "token", "serial", CONFIG_TEXT, "", 0, 0,
      "Serial number of the token, when the label is not unique." },
    { "token", "pin_file", CONFIG_PATH, "", 0, 0,
      "File of mode 0400 with the PIN; absent: $CREDENTIALS_DIRECTORY/pin." },
    { "service", "socket", CONFIG_PATH, "/run/accord-hsm/socket", 0, 0,
      "Unix socket on which the broker finds us." },
    { "service", "peers", CONFIG_LIST, "accordd", 0, 0,
      "Users (names or numbers) who may connect." },
    { "service", "state_directory", CONFIG_PATH, "/var/lib/accord-hsm", 0, 0,
      "Where frontier, ca.pem and intake.pem are kept." },
    { "service", "threads", CONFIG_NUMBER, "2", 1, HSM_THREADS_MAX,
      "Sessions that work side by side." },
    { "service", "sandbox", CONFIG_TEXT, "local", 0, 0,
      "local: files but no sockets; network: for a network HSM; none." },
    { "ca", "domain", CONFIG_TEXT, NULL, 0, 0,
      "Enclaves are named HASH.LABEL.id.DOMAIN. Fixed before the first one." },
    { "ca", "server_names", CONFIG_LIST, "", 0, 0,
      "The broker's own names; absent: any that no enclave could have." },
    { "limits", "wait", CONFIG_NUMBER, "5000", 10, 60000,
      "Milliseconds a job may wait before it is answered busy." },
    { "limits", "run", CONFIG_NUMBER, "2000", 100, 60000,
      "Milliseconds a job may run before the worker is replaced." },
    { "limits", "token", CONFIG_NUMBER, "30000", 1000, 600000,
      "The same for login and for writes to the token." },
    { "limits", "memory", CONFIG_NUMBER, "512", 1, 65536,
      "MiB of memory at which the worker is replaced in a quiet moment." },
    { "anchors", "trusted", CONFIG_LIST, "", 0, 0,
      "label:/path.pem of each root that may vouch for enclaves." },
    { "anchors", "simulated", CONFIG_LIST, "", 0, 0,
      "label:/path.pem of simulators; they match only rules that name them." },
    { "credentials", "placement", CONFIG_TEXT, "token", 0, 0,
      "token: each key is an object there; wrapped: the broker stores it." },
    { "ccm", "plain_paths", CONFIG_FLAG, "no", 0, 0,
      "Whether credentials of the CCM class may pass in clear." },
};
const size_t hsm_options_count = sizeof(hsm_options) / sizeof(hsm_options[0]);

static unsigned number(const struct config *config, const char *section,
                       const char *name)
{
    return (unsigned)config_number(config, section, name);
}

static struct status read_sandbox(const char *text, enum hsm_sandbox *out,
                                  struct reason *why)
{
    if (strcmp(text, "local") == 0)
        *out = HSM_SANDBOX_LOCAL;
    else if (strcmp(text, "network") == 0)
        *out = HSM_SANDBOX_NETWORK;
    else if (strcmp(text, "none") == 0)
        *out = HSM_SANDBOX_NONE;
    else
        return refuse(why, STATUS_INVALID, "config",
                      "service.sandbox is %s: local, network or none", text);
    return OK;
}

static struct status read_placement(const char *text, bool *wrapped,
                                    struct reason *why)
{
    *wrapped = strcmp(text, "wrapped") == 0;
    if (!*wrapped && strcmp(text, "token") != 0)
        return refuse(why, STATUS_INVALID, "config",
                      "credentials.placement is %s: token or wrapped", text);
    return OK;
}

static struct status check_anchor(void *context, struct bytes label,
                                  const char *path, bool simulated,
                                  struct reason *why)
{
    (void)context, (void)label, (void)path, (void)simulated, (void)why;
    return OK;
}

static struct status check(struct hsm_settings *s, struct reason *why)
{
    TRY(read_sandbox(config_text(s->config, "service", "sandbox"), &s->sandbox,
                     why));
    TRY(read_placement(config_text(s->config, "credentials", "placement"),
                       &s->wrapped, why));
    TRY(ca_name_check(bytes_of_string(s->domain), why));
    if (strlen(s->domain) > CA_DOMAIN_MAX)
        return refuse(why, STATUS_INVALID, "config",
                      "ca.domain is longer than %d bytes", CA_DOMAIN_MAX);
    if (strlen(s->socket) >= 108) /* sun_path of unix(7) */
        return refuse(why, STATUS_INVALID, "config",
                      "service.socket is longer than 107 bytes");
    for (size_t i = 0; i < hsm_server_names_count(s); i++)
        TRY(ca_name_check(bytes_of_string(hsm_server_name_at(s, i)), why));
    return hsm_anchors_each(s, check_anchor, NULL, why);
}

STATUS hsm_settings_read(const char *name, struct bytes text,
                         struct hsm_settings *out, struct reason *why)
{
    AUTO_FREE(config) config = NULL;
    TRY(config_parse(name, text, hsm_options, hsm_options_count, &config, why));

    struct hsm_settings s = {
        .config = config,
        .place = { .module = config_text(config, "token", "module"),
                   .softhsm_conf = config_text(config, "token", "softhsm_conf"),
                   .label = config_text(config, "token", "label"),
                   .serial = config_text(config, "token", "serial") },
        .pin_file = config_text(config, "token", "pin_file"),
        .socket = config_text(config, "service", "socket"),
        .state_directory = config_text(config, "service", "state_directory"),
        .plain_paths = config_flag(config, "ccm", "plain_paths"),
        .domain = config_text(config, "ca", "domain"),
        .threads = number(config, "service", "threads"),
        .wait_limit = number(config, "limits", "wait"),
        .run_limit = number(config, "limits", "run"),
        .token_limit = number(config, "limits", "token"),
        .memory_limit = number(config, "limits", "memory"),
    };
    TRY(check(&s, why));
    *out = s;
    (void)TAKE(config);
    return OK;
}

void hsm_settings_clear(struct hsm_settings *settings)
{
    config_free(settings->config);
    *settings = (struct hsm_settings){ 0 };
}

size_t hsm_peers_count(const struct hsm_settings *settings)
{
    return config_list_count(settings->config, "service", "peers");
}

const char *hsm_peer_at(const struct hsm_settings *settings, size_t index)
{
    return config_list_item(settings->config, "service", "peers", index);
}

size_t hsm_server_names_count(const struct hsm_settings *settings)
{
    return config_list_count(settings->config, "ca", "server_names");
}

const char *hsm_server_name_at(const struct hsm_settings *settings,
                               size_t index)
{
    return config_list_item(settings->config, "ca", "server_names", index);
}

static struct status each_of(const struct hsm_settings *settings,
                             const char *option, bool simulated,
                             hsm_anchor_fn take, void *context,
                             struct reason *why)
{
    size_t count = config_list_count(settings->config, "anchors", option);

    for (size_t i = 0; i < count; i++) {
        const char *item =
            config_list_item(settings->config, "anchors", option, i);
        const char *colon = strchr(item, ':');
        if (!colon || colon == item || colon - item > 64 || colon[1] != '/')
            return refuse(why, STATUS_INVALID, "config",
                          "anchors.%s: %s is not label:/path.pem", option,
                          item);
        TRY(take(context, bytes_of(item, (size_t)(colon - item)), colon + 1,
                 simulated, why));
    }
    return OK;
}

STATUS hsm_anchors_each(const struct hsm_settings *settings, hsm_anchor_fn take,
                        void *context, struct reason *why)
{
    TRY(each_of(settings, "trusted", false, take, context, why));
    return each_of(settings, "simulated", true, take, context, why);
}

STATUS hsm_peer_uid(const char *peer, uid_t *out, struct reason *why)
{
    if (peer[0] && strspn(peer, "0123456789") == strlen(peer) &&
        strlen(peer) <= 9) {
        *out = (uid_t)strtoul(peer, NULL, 10);
        return OK;
    }
    const struct passwd *user = getpwnam(peer);
    if (!user)
        return refuse(why, STATUS_NOT_FOUND, "config",
                      "service.peers: there is no user %s", peer);
    *out = user->pw_uid;
    return OK;
}

STATUS hsm_state_path(const struct hsm_settings *settings, const char *name,
                      char out[HSM_PATH_MAX])
{
    int len =
        snprintf(out, HSM_PATH_MAX, "%s/%s", settings->state_directory, name);
    if (len < 0 || len >= HSM_PATH_MAX)
        return failure(STATUS_INVALID, "state_directory is too long", 0);
    return OK;
}

/* A worker whose supervisor was killed ends within moments. */
static bool lock_patiently(int fd)
{
    const struct timespec moment = { .tv_nsec = 50 * 1000 * 1000 };

    for (int i = 0; i < 60; i++) {
        if (flock(fd, LOCK_EX | LOCK_NB) == 0)
            return true;
        (void)nanosleep(&moment, NULL);
    }
    return false;
}

STATUS hsm_lock_state(const struct hsm_settings *settings, int *out,
                      struct reason *why)
{
    int fd =
        open(settings->state_directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return refuse(why, STATUS_NOT_FOUND, "state_directory",
                      "cannot open %s: %s", settings->state_directory,
                      strerrordesc_np(errno));
    if (!lock_patiently(fd)) {
        (void)close(fd);
        return refuse(why, STATUS_CONFLICT, "state_directory",
                      "another accord-hsm works with %s",
                      settings->state_directory);
    }
    *out = fd;
    return OK;
}

#include "broker/options.h"

/* clang-format off */
const struct config_option broker_options[] = {
    { "installation", "name", CONFIG_TEXT, "Accord", 0, 0,
      "what people see this installation called" },
    { "installation", "account", CONFIG_TEXT, "default", 0, 0,
      "name of the first account, made at the first start" },
    { "server", "url", CONFIG_TEXT, NULL, 0, 0,
      "https://host:port under which people and enclaves reach this broker" },
    { "server", "address", CONFIG_TEXT, "0.0.0.0", 0, 0,
      "address to listen on" },
    { "server", "port", CONFIG_NUMBER, "9443", 1, 65535,
      "port to listen on" },
    { "server", "names", CONFIG_LIST, "", 0, 0,
      "further host names for the server certificate; nodes.<host> is always added" },
    { "server", "threads", CONFIG_NUMBER, "0", 0, 64,
      "loop threads; 0: one per core" },
    { "server", "workers", CONFIG_NUMBER, "8", 1, 256,
      "threads that read the store and wait for the HSM" },
    { "server", "connections", CONFIG_NUMBER, "10000", 1, 1000000,
      "open connections at most" },
    { "server", "queue", CONFIG_NUMBER, "4096", 1, 1000000,
      "requests waiting for a worker at most; more are answered 503" },
    { "operator", "listen", CONFIG_TEXT, "", 0, 0,
      "unix:/path or 127.0.0.1:port for /livez /readyz /metrics; empty: none" },
    { "store", "directory", CONFIG_PATH, NULL, 0, 0,
      "where records and log lie, 0700" },
    { "hsm", "socket", CONFIG_PATH, NULL, 0, 0,
      "accord-hsm's socket" },
    { "hsm", "deadline_ms", CONFIG_NUMBER, "40000", 1000, 600000,
      "longest wait for one HSM job" },
    { "anchors", "trusted", CONFIG_LIST, "", 0, 0,
      "label:/path.pem of each root that may vouch for enclaves" },
    { "anchors", "simulated", CONFIG_LIST, "", 0, 0,
      "label:/path.pem of SIMULATORS' roots: demo and tests only" },
};
/* clang-format on */

const size_t broker_options_count =
    sizeof(broker_options) / sizeof(broker_options[0]);

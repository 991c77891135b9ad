#include "agent/agent.h"

/* clang-format off */
const struct config_option agent_options[] = {
    { "listen", "address", CONFIG_TEXT, "127.0.0.1", 0, 0,
      "loopback address to listen on" },
    { "listen", "port", CONFIG_NUMBER, "9092", 1, 65535,
      "port to listen on" },
    { "listen", "connections", CONFIG_NUMBER, "64", 1, 1024,
      "open connections at most" },
    { "broker", "url", CONFIG_TEXT, NULL, 0, 0,
      "https://host:port of the broker that issues certificates" },
    { "broker", "ca", CONFIG_PATH, NULL, 0, 0,
      "PEM file with the only root that the broker's certificate may end in" },
    { "node", "certificate", CONFIG_PATH, "", 0, 0,
      "PEM file with this node's certificate: then it vouches for programs" },
    { "node", "key", CONFIG_PATH, "", 0, 0,
      "file of mode 0400 or 0600 with its private key, PKCS#8 PEM" },
    { "simulator", "directory", CONFIG_PATH, "", 0, 0,
      "a SIMULATOR's keys: evidence that proves nothing, demo and tests only" },
};
/* clang-format on */

const size_t agent_options_count =
    sizeof(agent_options) / sizeof(agent_options[0]);

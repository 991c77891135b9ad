#include "broker/ports.h"

#define PORTS_MAX 256

/* A set, in the order of the bytes. */
static struct status add_port(json_t *ports, const char *name)
{
    size_t at = 0;
    int order = 1;
    for (; at < json_array_size(ports); at++) {
        order = strcmp(json_string_value(json_array_get(ports, at)), name);
        if (order >= 0)
            break;
    }
    if (order == 0)
        return OK;
    return json_array_insert_new(ports, at, json_string(name)) == 0
               ? OK
               : failure(STATUS_NO_MEMORY, "json", 0);
}

struct status ports_read(struct exchange *x, json_t **out)
{
    const json_t *given;
    AUTO_JSON *ports = json_array();
    TRY(api_json_array(x->body, "ports", &given, &x->why));
    if (json_array_size(given) > PORTS_MAX)
        return refuse(&x->why, STATUS_INVALID, "ports",
                      "ports: more than %d of them", PORTS_MAX);
    for (size_t i = 0; i < json_array_size(given); i++) {
        const char *name = json_string_value(json_array_get(given, i));
        if (!name || !api_name_valid(bytes_of_string(name)))
            return refuse(&x->why, STATUS_INVALID, "ports",
                          "ports[%zu]: a port is 1 to 63 of A-Z a-z 0-9 _ - "
                          "and inner dots",
                          i);
        TRY(add_port(ports, name));
    }
    *out = TAKE(ports);
    return OK;
}

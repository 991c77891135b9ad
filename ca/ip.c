#include "ca/ip.h"

#include <arpa/inet.h>

size_t ip_literal(struct bytes name, unsigned char address[IP_LEN_MAX])
{
    char text[INET6_ADDRSTRLEN], again[INET6_ADDRSTRLEN];
    if (name.len == 0 || name.len >= sizeof(text) ||
        memchr(name.at, '\0', name.len))
        return 0;
    memcpy(text, name.at, name.len);
    text[name.len] = '\0';

    int family = strchr(text, ':') ? AF_INET6 : AF_INET;
    if (inet_pton(family, text, address) != 1 ||
        !inet_ntop(family, address, again, sizeof(again)) ||
        strcmp(text, again) != 0)
        return 0;
    return family == AF_INET ? 4 : IP_LEN_MAX;
}

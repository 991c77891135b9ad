#include "broker/peer.h"

const char *peer_kind_name(enum peer_kind kind)
{
    switch (kind) {
    case PEER_NOBODY: return "nobody";
    case PEER_PERSON: return "person";
    case PEER_ENCLAVE: return "enclave";
    case PEER_NODE: return "node";
    case PEER_SESSION: return "user";
    }
    return "nobody";
}

struct status peer_read(struct bytes der, struct peer *out, struct reason *why)
{
    struct peer read = { .kind = PEER_NOBODY };
    if (der.len > 0) {
        struct status s = ca_certificate_read(der, &read.facts, why);
        if (failed(s))
            return is_wanting(s) ? s : failure(STATUS_DENIED, "certificate", 0);
        TRY(hash_of(&read.certificate, der));
        read.account = read.facts.statement.account;
        switch (read.facts.statement.kind) {
        case CA_PERSON: read.kind = PEER_PERSON; break;
        case CA_ENCLAVE: read.kind = PEER_ENCLAVE; break;
        case CA_NODE: read.kind = PEER_NODE; break;
        case CA_SERVER:
        case CA_INTAKE:
            return refuse(why, STATUS_DENIED, "certificate",
                          "this certificate is not one for clients");
        }
    }
    *out = read;
    return OK;
}

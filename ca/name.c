#include "ca/name.h"

#include <string.h>
#include <strings.h>

#include "ca/enclave_name.h"
#include "ca/ip.h"

#define LABEL_MAX 63

static STATUS not_a_name(struct reason *why, struct bytes name,
                         const char *what)
{
    char shown[65]; /* printable, for the sentence */
    size_t len = name.len < sizeof(shown) - 1 ? name.len : sizeof(shown) - 1;
    if (len > 0)
        memcpy(shown, name.at, len);
    for (size_t i = 0; i < len; i++)
        if (shown[i] <= ' ' || shown[i] > '~')
            shown[i] = '?';
    shown[len] = '\0';
    return refuse(why, STATUS_INVALID, "name", "name \"%s\"%s: %s", shown,
                  len < name.len ? "..." : "", what);
}

static bool is_digit(unsigned char c)
{
    return c >= '0' && c <= '9';
}

static bool is_label_char(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) ||
           c == '-' || c == '_';
}

static const char *label_problem(struct bytes label)
{
    if (label.len == 0)
        return "a label is empty";
    if (label.len > LABEL_MAX)
        return "a label is longer than 63 characters";
    if (label.at[0] == '-' || label.at[label.len - 1] == '-')
        return "a label begins or ends with '-'";
    for (size_t i = 0; i < label.len; i++)
        if (!is_label_char(label.at[i]))
            return "only letters, digits, '-' and '_' may stand in a label";
    return NULL;
}

static struct bytes take_label(struct bytes *rest)
{
    const unsigned char *dot = memchr(rest->at, '.', rest->len);
    size_t len = dot ? (size_t)(dot - rest->at) : rest->len;
    struct bytes label = bytes_of(rest->at, len);
    size_t used = dot ? len + 1 : len;
    *rest = bytes_of(rest->at + used, rest->len - used);
    return label;
}

static bool all_digits(struct bytes label)
{
    for (size_t i = 0; i < label.len; i++)
        if (!is_digit(label.at[i]))
            return false;
    return true;
}

static const char *labels_problem(struct bytes name)
{
    struct bytes rest = name, label = { NULL, 0 };
    if (name.at[name.len - 1] == '.')
        return "it ends with a dot";
    while (rest.len > 0) {
        label = take_label(&rest);
        const char *problem = label_problem(label);
        if (problem)
            return problem;
    }
    return all_digits(label) ? "the last label is all digits" : NULL;
}

/* "nodes." and an IPv4 literal: what the product's programs call a broker
 * that they reach by address. No DNS name ends in digits. */
static bool is_nodes_of_address(struct bytes name)
{
    static const char nodes[] = "nodes.";
    unsigned char address[IP_LEN_MAX];
    const size_t len = sizeof(nodes) - 1;
    return name.len > len &&
           strncasecmp((const char *)name.at, nodes, len) == 0 &&
           ip_literal(bytes_of(name.at + len, name.len - len), address) == 4;
}

struct status ca_name_check(struct bytes name, struct reason *why)
{
    unsigned char address[IP_LEN_MAX];
    struct enclave_name_parts parts;
    if (name.len == 0)
        return not_a_name(why, name, "it is empty");
    if (name.len > CA_NAME_MAX)
        return not_a_name(why, name, "it is longer than 253 characters");
    if (ip_literal(name, address) > 0 || is_nodes_of_address(name))
        return OK;

    bool enclave = enclave_name_split(name, &parts);
    const char *problem = labels_problem(enclave ? parts.domain : name);
    return problem ? not_a_name(why, name, problem) : OK;
}

const char *ca_name_at(const struct ca_names *names, size_t index)
{
    const char *name = names->text;
    while (index-- > 0)
        name += strlen(name) + 1;
    return name;
}

struct status ca_names_add(struct ca_names *names, struct bytes name,
                           struct reason *why)
{
    TRY(ca_name_check(name, why));
    if (names->count == CA_NAMES_MAX)
        return not_a_name(why, name, "there are more than 32 names");
    if (name.len + 1 > sizeof(names->text) - names->used)
        return not_a_name(why, name, "the names are too long together");

    char *at = names->text + names->used;
    memcpy(at, name.at, name.len);
    at[name.len] = '\0';
    for (size_t i = 0; i < names->count; i++)
        if (strcasecmp(ca_name_at(names, i), at) == 0)
            return not_a_name(why, name, "it is there twice");
    names->count++;
    names->used += name.len + 1;
    return OK;
}

/* --- who may ask for it -------------------------------------------------- */

/* Equal to `suffix` or below it. */
static bool is_within(const char *name, const char *suffix)
{
    size_t len = strlen(name), tail = strlen(suffix);
    return len >= tail && strcasecmp(name + len - tail, suffix) == 0 &&
           (len == tail || name[len - tail - 1] == '.');
}

/* Below id., nodes. or workflow. of the domain, or one of these. */
static bool is_kept_label(const char *name, const char *domain)
{
    static const char *const kept[] = { "id", "nodes", "workflow" };
    char prefix[CA_NAME_MAX + 1];
    size_t len = strlen(name), tail = strlen(domain);
    if (!is_within(name, domain) || len == tail)
        return false;
    memcpy(prefix, name, len - tail - 1);
    prefix[len - tail - 1] = '\0';
    for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
        if (is_within(prefix, kept[i]))
            return true;
    return false;
}

static bool is_own(const char *name, const char *const *own, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcasecmp(name, own[i]) == 0)
            return true;
    return false;
}

struct status ca_name_allowed(const char *name, const char *domain,
                              const char *const *own, size_t count,
                              struct reason *why)
{
    struct enclave_name_parts parts;
    TRY(ca_name_check(bytes_of_string(name), why));
    if (strcasecmp(name, domain) == 0 || is_kept_label(name, domain) ||
        is_own(name, own, count) ||
        is_nodes_of_address(bytes_of_string(name)) ||
        enclave_name_split(bytes_of_string(name), &parts))
        return refuse(why, STATUS_DENIED, "ca_name_allowed",
                      "name \"%s\" is kept for the installation itself", name);
    return OK;
}

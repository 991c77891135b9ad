/* fill.c - makes an installation large, for scripts/bench-size: what years of
 * use would leave behind, in seconds.
 *
 *     fill credentials SOCKET STORE COUNT    other people's, beside what is
 * there fill leaves SOCKET STORE COUNT         of history; accordd signs it at
 * start fill token SOFTHSM2.CONF LABEL PIN-FILE COUNT   keys of credentials
 *
 * accordd must not run; for `token` accord-hsm must not either. */

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/file.h"
#include "base/hash.h"
#include "pkcs11/pkcs11.h"
#include "pkcs11/rsa.h"
#include "pkcs11/settings.h"
#include "policy/log.h"
#include "policy/objects.h"

#define SOFTHSM "/usr/lib/softhsm/libsofthsm2.so"
#define BATCH   512

/* --- the store ----------------------------------------------------------- */

static STATUS open_store(const char *socket, const char *directory,
                         struct policy **out, struct reason *why)
{
    AUTO_FREE(pkcs11_door) door = NULL;
    AUTO_FREE(secret) key = NULL;
    struct pkcs11_description facts;
    struct hash salt;
    TRY(pkcs11_door_open(socket, 30000, &door));
    TRY(pkcs11_describe(door, &facts, why));
    struct api_id store = facts.store;
    pkcs11_description_clear(&facts);
    TRY(policy_salt(directory, &salt, why));
    TRY(pkcs11_store_key(door, &salt, &key, why));
    return policy_open(directory, &store, key, out, why);
}

/* As large as real ones: a description, labels, an owner; 200 bytes sealed. */
static STATUS put_credential(struct policy_txn *txn,
                             const struct api_id *account, size_t number)
{
    unsigned char blob[216], kept[PKCS11_KEPT_LEN];
    struct api_id dataset, version;
    struct hash owner;
    char name[32];
    TRY(api_id_random(&dataset));
    TRY(api_id_random(&version));
    TRY(random_fill(owner.bytes, HASH_LEN));
    TRY(random_fill(blob, sizeof(blob)));
    TRY(random_fill(kept, sizeof(kept)));
    (void)snprintf(name, sizeof(name), "filler %zu", number);
    AUTO_JSON *record = json_pack(
        "{s:o, s:s, s:s, s:o, s:o, s:s, s:s, s:{s:s}, s:i, s:i}", "dataset",
        api_json_of_id(&dataset), "name", name, "location",
        "https://store.example/bucket/a-file-with-a-long-name.enc", "version",
        api_json_of_id(&version), "owner_hash", api_json_of_hash(&owner),
        "description", "what a person would write about such a dataset",
        "class", "signed", "labels", "department", "cardiology", "created_at",
        1800000000, "versions", 1);
    struct policy_key of_version =
        policy_key(POLICY_VERSION, api_id_bytes(account),
                   api_id_bytes(&dataset), api_id_bytes(&version));
    struct policy_key of_blob =
        policy_key(POLICY_BLOB, api_id_bytes(account), api_id_bytes(&dataset),
                   api_id_bytes(&version));
    struct policy_key of_kept =
        policy_key(POLICY_KEPT_KEY, api_id_bytes(account),
                   api_id_bytes(&dataset), api_id_bytes(&version));
    policy_object_put(txn, POLICY_DATASET, account, api_id_bytes(&dataset),
                      record);
    policy_put_json(txn, &of_version, record);
    policy_put(txn, &of_blob, bytes_of(blob, sizeof(blob)));
    policy_put(txn, &of_kept, bytes_of(kept, sizeof(kept)));
    return OK;
}

static STATUS put_leaf(struct policy_txn *txn, const struct api_id *account,
                       size_t number)
{
    struct policy_logged logged;
    AUTO_JSON *detail = json_pack("{s:s, s:s, s:i}", "action", "filler", "name",
                                  "as long as most details are, about so",
                                  "number", (int)number);
    const struct policy_event event = { .kind = API_LEAF_CHANGE,
                                        .account = *account,
                                        .subject_text = "filler/0123456789",
                                        .detail = detail };
    return policy_log_append(txn, (uint64_t)time(NULL) * 1000, &event, &logged);
}

static STATUS fill_store(char **argv, size_t count, struct reason *why)
{
    AUTO_FREE(policy) policy = NULL;
    struct api_id account;
    STATUS (*put)(struct policy_txn *, const struct api_id *, size_t) =
        strcmp(argv[1], "leaves") == 0 ? put_leaf : put_credential;
    TRY(api_id_random(&account));
    TRY(open_store(argv[2], argv[3], &policy, why));
    for (size_t done = 0; done < count;) {
        AUTO_FREE(policy_txn) txn = NULL;
        TRY(policy_write(policy, &txn));
        for (size_t i = 0; i < BATCH && done < count; i++)
            TRY(put(txn, &account, done++));
        TRY(policy_commit(txn));
    }
    return OK;
}

/* --- the token ----------------------------------------------------------- */

static STATUS fill_token(char **argv, size_t count, struct reason *why)
{
    AUTO_CLEAR_BUFFER pin_text = buffer_make(256);
    AUTO_FREE(secret) pin = NULL;
    AUTO_FREE(hsm_token) token = NULL;
    struct hsm_session session;
    CK_MECHANISM generation = { CKM_AES_KEY_GEN, NULL, 0 };
    const struct hsm_place place = { .module = SOFTHSM,
                                     .softhsm_conf = argv[2],
                                     .label = argv[3],
                                     .serial = "" };
    TRY(file_read(argv[4], &pin_text));
    TRY(secret_new(pin_text.len, &pin));
    memcpy(secret_fill(pin), pin_text.data, pin_text.len);
    TRY(hsm_token_open(&place, &token, why));
    TRY(hsm_token_login(token, pin, why));
    TRY(hsm_session_open(token, &session));
    struct status s = OK;
    for (size_t i = 0; i < count && !failed(s); i++) {
        struct hsm_template t = { .count = 0 };
        struct hash ctx;
        CK_OBJECT_HANDLE made;
        s = random_fill(ctx.bytes, HASH_LEN);
        hsm_credential_template(&t, &ctx);
        if (!failed(s))
            s = CALL(&session, C_GenerateKey, &generation, t.rows, t.count,
                     &made);
    }
    hsm_session_clear(&session);
    return s;
}

int main(int argc, char **argv)
{
    struct reason why = { "" };
    bool token = argc == 6 && strcmp(argv[1], "token") == 0;
    bool store = argc == 5 && (strcmp(argv[1], "credentials") == 0 ||
                               strcmp(argv[1], "leaves") == 0);
    if (!token && !store) {
        (void)fprintf(stderr, "usage: fill credentials|leaves SOCKET STORE "
                              "COUNT\n       fill token SOFTHSM2.CONF LABEL "
                              "PIN-FILE COUNT\n");
        return 2;
    }
    struct status s = secret_heap_open(1 << 20);
    size_t count = strtoul(argv[argc - 1], NULL, 10);
    if (!failed(s))
        s = token ? fill_token(argv, count, &why)
                  : fill_store(argv, count, &why);
    if (failed(s))
        (void)fprintf(stderr, "fill: %s (%s %s)\n", why.text,
                      status_name(s.code), s.origin ? s.origin : "-");
    return failed(s) ? EXIT_FAILURE : EXIT_SUCCESS;
}

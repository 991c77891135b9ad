#include "pkcs11/ceremony.h"

#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "pkcs11/rsa.h"
#include "pkcs11/selftest.h"
#include "pkcs11/state.h"

struct ceremony {
    const struct hsm_settings *settings;
    struct hsm_token *token;
    struct hsm_session session;
    struct hsm_keys keys;
    CK_OBJECT_HANDLE public_half[HSM_KEYS];
    struct ca_public_key spki[HSM_KEYS];
    struct buffer root, intake; /* DER */
    struct hsm_state state;
    bool anchored;
};

/* Nothing is ever overwritten: a second ceremony would orphan all records. */
static struct status check_new(struct ceremony *c, struct reason *why)
{
    static const char *const files[] = { HSM_FRONTIER_FILE, HSM_CA_FILE,
                                         HSM_INTAKE_FILE };
    char path[HSM_PATH_MAX];
    size_t count = 0;

    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        TRY(hsm_state_path(c->settings, files[i], path));
        if (access(path, F_OK) == 0)
            return refuse(why, STATUS_CONFLICT, "init",
                          "%s exists: this installation had its ceremony",
                          path);
    }
    TRY(hsm_keys_count(&c->session, &count));
    if (count > 0)
        return refuse(why, STATUS_CONFLICT, "init",
                      "the token has %zu accord keys already: it had its "
                      "ceremony",
                      count);
    return OK;
}

static struct status make_keys(struct ceremony *c, struct reason *why)
{
    for (enum hsm_key key = HSM_CA; key < HSM_KEYS; key++) {
        struct status s = hsm_key_generate(
            &c->session, key, &c->keys.handle[key], &c->public_half[key]);
        if (failed(s))
            return refuse(why, s.code, s.origin,
                          "the token cannot make %s (%s answered 0x%x)",
                          hsm_key_label(key), s.origin, (unsigned)s.detail);
    }
    return OK;
}

/* Reads every attribute back, and tries every key. */
static struct status check_keys(struct ceremony *c, struct reason *why)
{
    static const enum hsm_key signers[] = { HSM_CA, HSM_LOG };
    unsigned char mac[HASH_LEN];

    TRY(hsm_keys_find(&c->session, &c->keys, why));
    for (enum hsm_key key = HSM_CA; key <= HSM_INTAKE; key++)
        TRY(hsm_key_spki(&c->session, key, &c->spki[key], why));
    for (size_t i = 0; i < sizeof(signers) / sizeof(signers[0]); i++) {
        struct api_spki spki;
        TRY(api_spki_read(ca_spki(&c->spki[signers[i]]), &spki));
        TRY(hsm_possession(&c->session, c->keys.handle[signers[i]], &spki,
                           hsm_key_label(signers[i]), why));
    }
    return hsm_mac(&c->session, c->keys.handle[HSM_STORE],
                   bytes_of_string("accord self-test"), mac);
}

static struct status random_serial(unsigned char out[CA_SERIAL_LEN])
{
    TRY(random_fill(out, CA_SERIAL_LEN));
    out[0] = (unsigned char)((out[0] & 0x7f) | 0x40); /* positive, full width */
    return OK;
}

static struct status make_certificates(struct ceremony *c, uint64_t now,
                                       struct reason *why)
{
    struct hsm_signer key = { &c->session, c->keys.handle[HSM_CA] };
    const struct ca_signer signer = hsm_ca_signer(&key);
    unsigned char serial[CA_SERIAL_LEN];

    TRY(random_serial(serial));
    TRY(ca_root_build(ca_spki(&c->spki[HSM_CA]), serial, now, &signer, &c->root,
                      why));
    TRY(random_serial(serial));
    TRY(ca_intake_build(ca_spki(&c->spki[HSM_INTAKE]), serial,
                        buffer_bytes(&c->root), &signer, &c->intake, why));
    return hsm_selftest_release(&c->session, c->keys.handle[HSM_INTAKE],
                                buffer_bytes(&c->intake), why);
}

static struct status write_certificate(const struct ceremony *c,
                                       const char *name, struct bytes der,
                                       struct reason *why)
{
    char path[HSM_PATH_MAX];
    AUTO_CLEAR_BUFFER pem = buffer_make(16 * 1024);

    TRY(hsm_state_path(c->settings, name, path));
    ca_pem_write("CERTIFICATE", der, &pem);
    TRY(buffer_status(&pem));
    struct status s = file_write(path, buffer_bytes(&pem), 0644);
    if (failed(s))
        return refuse(why, s.code, s.origin, "cannot write %s", path);
    return OK;
}

/* The frontier file comes last: without it nothing starts. */
static struct status write_all(struct ceremony *c, struct reason *why)
{
    char path[HSM_PATH_MAX];

    c->state = (struct hsm_state){ .epoch = 1 };
    TRY(api_id_random(&c->state.store));
    TRY(hsm_anchor_write(&c->session, &c->state));
    c->anchored = true;
    TRY(write_certificate(c, HSM_CA_FILE, buffer_bytes(&c->root), why));
    TRY(write_certificate(c, HSM_INTAKE_FILE, buffer_bytes(&c->intake), why));
    TRY(hsm_state_path(c->settings, HSM_FRONTIER_FILE, path));
    return hsm_frontier_make(path, &c->state, why);
}

/* A token with half the keys could neither serve nor have its ceremony. */
static void undo(struct ceremony *c)
{
    static const char *const files[] = { HSM_CA_FILE, HSM_INTAKE_FILE };

    for (enum hsm_key key = HSM_CA; key < HSM_KEYS; key++) {
        struct hsm_object secret = { &c->session, c->keys.handle[key] };
        struct hsm_object open = { &c->session, c->public_half[key] };
        hsm_object_destroy(&secret);
        hsm_object_destroy(&open);
    }
    if (!c->anchored)
        return;
    status_ignore(hsm_anchor_erase(&c->session)); /* the cause is reported */
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        char path[HSM_PATH_MAX];
        if (!failed(hsm_state_path(c->settings, files[i], path)))
            (void)unlink(path);
    }
}

static void print(const struct ceremony *c, FILE *report)
{
    char store[API_ID_TEXT], hex[2 * HASH_LEN + 1];

    api_id_text(&c->state.store, store);
    (void)fprintf(report, "store          %s\n", store);
    (void)fprintf(report, "epoch          %u\n", c->state.epoch);
    for (enum hsm_key key = HSM_CA; key <= HSM_INTAKE; key++) {
        hex_encode(hash_bytes(&c->spki[key].hash), hex);
        (void)fprintf(report, "%-14s SPKI SHA-256 %s\n", hsm_key_label(key),
                      hex);
    }
    for (enum hsm_key key = HSM_STORE; key < HSM_KEYS; key++)
        (void)fprintf(report, "%-14s made, stays in the token\n",
                      hsm_key_label(key));
    (void)fprintf(report, "sealing        RSA-OAEP-SHA1\n");
    (void)fprintf(report, "written        %s/{%s,%s,%s}\n",
                  c->settings->state_directory, HSM_CA_FILE, HSM_INTAKE_FILE,
                  HSM_FRONTIER_FILE);
}

static struct status perform(struct ceremony *c, uint64_t now,
                             struct reason *why)
{
    TRY(make_keys(c, why));
    TRY(check_keys(c, why));
    TRY(make_certificates(c, now, why));
    return write_all(c, why);
}

static struct status hold(struct ceremony *c, const struct secret *pin,
                          uint64_t now, struct reason *why)
{
    TRY(hsm_token_open(&c->settings->place, &c->token, why));
    TRY(hsm_token_login(c->token, pin, why));
    TRY(hsm_session_open(c->token, &c->session));
    TRY(check_new(c, why));
    struct status s = perform(c, now, why);
    if (failed(s))
        undo(c);
    return s;
}

STATUS hsm_ceremony(const struct hsm_settings *settings,
                    const struct secret *pin, uint64_t now, FILE *report,
                    struct reason *why)
{
    struct ceremony c = {
        .settings = settings,
        .session = { .handle = CK_INVALID_HANDLE },
        .root = buffer_make(CA_CERTIFICATE_MAX),
        .intake = buffer_make(CA_CERTIFICATE_MAX),
    };
    for (enum hsm_key key = HSM_CA; key < HSM_KEYS; key++)
        c.keys.handle[key] = c.public_half[key] = CK_INVALID_HANDLE;

    why->text[0] = '\0';
    struct status s = hold(&c, pin, now, why);
    if (failed(s) && !why->text[0])
        s = refuse(why, s.code, s.origin, "%s failed (0x%x)",
                   s.origin ? s.origin : "init", (unsigned)s.detail);
    if (!failed(s))
        print(&c, report);
    if (c.token)
        hsm_session_clear(&c.session);
    hsm_token_free(c.token);
    buffer_clear(&c.root);
    buffer_clear(&c.intake);
    return s;
}

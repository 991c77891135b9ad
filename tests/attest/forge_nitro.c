#include "tests/attest/forge_nitro.h"

#include "tests/support/check.h"

#define DER_MAX ((size_t)8192)

enum { ROOT, REGION, INSTANCE, LEAF, OTHER };

static struct vendor_certificate certificate(const char *name,
                                             const char *issuer,
                                             int path_length,
                                             const struct ca_key *key,
                                             const struct ca_key *signer)
{
    return (struct vendor_certificate){
        .says = { .name = name,
                  .issuer = issuer,
                  .path_length = path_length,
                  .not_before = VENDOR_NOW - VENDOR_DAY,
                  .not_after = VENDOR_NOW + VENDOR_DAY,
                  .manner = PKI_LIKE_AWS },
        .key = key,
        .signer = signer,
    };
}

static void fill_document(struct nitro_document *document)
{
    static const unsigned char nonce[] = { 1, 2, 3, 4 };
    static const unsigned char user_data[64] = { 0x55, 0x56 };
    document->module_id = NITRO_LEAF;
    document->timestamp = (uint64_t)VENDOR_NOW * 1000 - 2000;
    document->present = 0xffff;
    for (size_t i = 0; i < 9; i++)
        memset(document->pcr[i], (int)(0x10 + i), sizeof(document->pcr[i]));
    document->nonce = bytes_of(nonce, sizeof(nonce));
    document->user_data = bytes_of(user_data, sizeof(user_data));
}

void nitro_forge_init(struct nitro_forge *f)
{
    *f = (struct nitro_forge){ .order = "rei" };
    for (size_t i = 0; i < sizeof(f->keys) / sizeof(f->keys[0]); i++)
        assert_ok(ca_key_generate(CA_KEY_P384, &f->keys[i]));
    assert_ok(ca_key_generate(CA_KEY_P256, &f->p256));
    f->root =
        certificate(NITRO_ROOT, NITRO_ROOT, 3, f->keys[ROOT], f->keys[ROOT]);
    f->region = certificate(NITRO_REGION, NITRO_ROOT, 1, f->keys[REGION],
                            f->keys[ROOT]);
    f->instance = certificate(NITRO_INSTANCE, NITRO_REGION, 0,
                              f->keys[INSTANCE], f->keys[REGION]);
    f->leaf = certificate(NITRO_LEAF, NITRO_INSTANCE, PKI_NOT_A_CA,
                          f->keys[LEAF], f->keys[INSTANCE]);
    f->leaf.says.not_before = VENDOR_NOW - 60;
    f->leaf.says.not_after = VENDOR_NOW + 3 * 3600 - 60;
    f->signer = f->keys[LEAF];
    fill_document(&f->document);
    vendor_anchor(&f->root, &f->anchor);
}

void nitro_forge_clear(struct nitro_forge *f)
{
    for (size_t i = 0; i < sizeof(f->keys) / sizeof(f->keys[0]); i++)
        ca_key_free(f->keys[i]);
    ca_key_free(f->p256);
}

static void put_certificate(struct nitro_forge *f, char which,
                            struct buffer *out)
{
    struct vendor_certificate other = f->root;
    other.key = other.signer = f->keys[OTHER];
    vendor_der(which == 'l'   ? &f->leaf
               : which == 'i' ? &f->instance
               : which == 'e' ? &f->region
               : which == 'r' ? &f->root
                              : &other,
               out);
}

void nitro_forge_write(struct nitro_forge *f, struct buffer *out)
{
    AUTO_CLEAR_BUFFER leaf = buffer_make(DER_MAX);
    AUTO_CLEAR_BUFFER payload = buffer_make(NITRO_DOCUMENT_MAX);
    struct buffer bundle[NITRO_BUNDLE_MAX];
    size_t count = strlen(f->order);
    put_certificate(f, 'l', &leaf);
    f->document.certificate = buffer_bytes(&leaf);
    f->document.cabundle_count = count;
    for (size_t i = 0; i < count; i++) {
        bundle[i] = buffer_make(DER_MAX);
        put_certificate(f, f->order[i], &bundle[i]);
        f->document.cabundle[i] = buffer_bytes(&bundle[i]);
    }
    assert_ok(nitro_payload_write(&f->document, &payload));
    if (f->edit_payload)
        f->edit_payload(&payload);
    f->envelope.payload = buffer_bytes(&payload);
    assert_ok(nitro_envelope_write(&f->envelope, f->signer, out));
    if (f->edit)
        f->edit(out);
    assert_ok(buffer_status(out));
    for (size_t i = 0; i < count; i++)
        buffer_clear(&bundle[i]);
}

void nitro_forge_expect_refusal(struct nitro_forge *forge, const char *token,
                                const char *says, size_t row)
{
    AUTO_CLEAR_BUFFER evidence = buffer_make(NITRO_DOCUMENT_MAX);
    struct attest_identity id, before;
    struct reason why = { "" };
    memset(&id, 0xaa, sizeof(id));
    before = id;
    nitro_forge_write(forge, &evidence);
    struct attest_question question =
        attest_ask(buffer_bytes(&evidence), &forge->anchor, 1, VENDOR_NOW);
    struct status s = attest_verify(&question, &id, &why);
    if (s.code != STATUS_DENIED || strcmp(s.origin, token) != 0 ||
        strncmp(why.text, token, strlen(token)) != 0 || !strstr(why.text, says))
        fail_msg("row %zu: expected \"%s ... %s\", got %s: \"%s\"", row, token,
                 says, status_name(s.code), why.text);
    assert_memory_equal(&id, &before, sizeof(id));
}

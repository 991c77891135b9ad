#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "tests/broker/key_cast.h"

void person_make(struct person *p, const char *name)
{
    *p = (struct person){ .certificate = buffer_make(CA_CERTIFICATE_MAX) };
    assert_ok(api_key_generate(&p->key));
    assert_ok(api_key_generate(&p->recovery));
    p->owner.first = api_key_signer(p->key).key;
    p->owner.recovery = api_key_signer(p->recovery).key;
    assert_ok(api_owner_hash(&p->owner, &p->owner_hash));
    (void)snprintf(p->name, sizeof(p->name), "%s", name);
}

void person_clear(struct person *p)
{
    api_key_free(p->key);
    api_key_free(p->recovery);
    buffer_clear(&p->certificate);
}

json_t *signature_json(const struct api_key *key, struct bytes message)
{
    struct api_signature signature;
    struct api_signer signer = api_key_signer((struct api_key *)(uintptr_t)key);
    assert_ok(signer.sign(signer.context, message, &signature));
    return api_json_of_base64(
        bytes_of(signature.bytes, sizeof(signature.bytes)));
}

json_t *owner_json(const struct api_owner *owner)
{
    AUTO_CLEAR_BUFFER encoded = buffer_make(4096);
    assert_ok(api_owner_encode(owner, &encoded));
    return api_json_of_base64(buffer_bytes(&encoded));
}

char *csr_pem(const struct api_key *key, const char *common_name)
{
    AUTO_CLEAR_BUFFER pem = buffer_make(8192);
    struct api_signer signer = api_key_signer((struct api_key *)(uintptr_t)key);
    struct ca_csr_fields fields = { .common_name = common_name };
    assert_ok(ca_csr_make_signed(&fields, &signer, &pem, NULL));
    char *text = buffer_string(&pem);
    assert_non_null(text);
    return text;
}

json_t *join_body(const struct person *p, const char *secret)
{
    AUTO_CLEAR_BUFFER message = buffer_make(256);
    struct hash raw, first, recovery;
    struct api_spki spki = api_key_signer(p->recovery).key;
    assert_ok(hex_decode(bytes_of_string(secret), raw.bytes, HASH_LEN));
    assert_ok(api_spki_hash(&p->owner.first, &first));
    assert_ok(api_spki_hash(&spki, &recovery));
    buffer_put_string(&message, "accord join v1");
    buffer_put(&message, hash_bytes(&raw));
    buffer_put(&message, hash_bytes(&first));
    buffer_put(&message, hash_bytes(&recovery));
    char *csr = csr_pem(p->key, p->name);
    json_t *body = json_pack(
        "{s:s, s:s, s:o, s:o, s:s}", "secret", secret, "csr", csr, "recovery",
        api_json_of_base64(api_spki_bytes(&spki)), "proof",
        signature_json(p->recovery, buffer_bytes(&message)), "name", p->name);
    free(csr);
    assert_non_null(body);
    return body;
}

void take_certificate(const struct answer *answer, struct buffer *der)
{
    static const char end[] = "-----END CERTIFICATE-----\n";
    const char *pem = answer_text(answer, "certificate");
    const char *after = strstr(pem, end);
    struct reason why = { "" };
    assert_non_null(after);
    size_t len = (size_t)(after - pem) + strlen(end);
    buffer_clear(der);
    assert_ok(ca_pem_read("CERTIFICATE", bytes_of(pem, len), der, &why));
}

void person_take(struct person *p, const struct answer *answer)
{
    assert_ok(api_json_id(answer->body, "account", &p->account, NULL));
    assert_ok(api_json_id(answer->body, "person", &p->id, NULL));
    api_id_text(&p->id, p->text);
    take_certificate(answer, &p->certificate);
}

void person_join(struct stage *s, struct person *p, const char *secret)
{
    struct answer *a = stage_ask(s, AS_NOBODY, HTTP_POST, join_body(p, secret),
                                 "/accord/v1/join");
    assert_answer(a, 201, NULL);
    assert_receipt(s, a);
    person_take(p, a);
}

json_t *key_body(struct person *p, struct api_key *by)
{
    struct api_key *fresh = NULL;
    struct reason why = { "" };
    struct api_signer signer = api_key_signer(by);
    assert_ok(api_key_generate(&fresh));
    struct api_spki spki = api_key_signer(fresh).key;
    assert_ok(api_owner_change(&p->owner, &spki, &signer, &why));
    char *csr = csr_pem(fresh, p->name);
    json_t *body = json_pack("{s:o, s:s, s:o, s:s}", "account",
                             api_json_of_id(&p->account), "person", p->text,
                             "owner", owner_json(&p->owner), "csr", csr);
    free(csr);
    api_key_free(p->key);
    p->key = fresh;
    return body;
}

void person_change_key(struct stage *s, struct person *p, struct api_key *by)
{
    struct answer *a =
        stage_ask(s, AS_NOBODY, HTTP_POST, key_body(p, by), "/accord/v1/key");
    assert_answer(a, 200, NULL);
    assert_receipt(s, a);
    take_certificate(a, &p->certificate);
}

void person_invite(struct stage *s, const struct person *manager,
                   const char *role, char secret[65])
{
    struct answer *a =
        stage_ask(s, as(manager), HTTP_POST,
                  json_pack("{s:s, s:s}", "name", "somebody", "role", role),
                  "/accord/v1/invitations");
    assert_answer(a, 201, NULL);
    const char *line = answer_text(a, "invitation");
    assert_true(strlen(line) > 64);
    memcpy(secret, line + strlen(line) - 64, 65);
}

void person_first(struct stage *s, struct person *p, const char *name)
{
    char secret[65];
    person_make(p, name);
    stage_first_secret(s, secret);
    person_join(s, p, secret);
}

void person_join_as(struct stage *s, const struct person *manager,
                    const char *role, const char *name, struct person *p)
{
    char secret[65];
    person_make(p, name);
    person_invite(s, manager, role, secret);
    person_join(s, p, secret);
}

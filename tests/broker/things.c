/* things.c - programs, data and configurations, as their owners make them. */

#include <stdio.h>

#include "base/text.h"
#include "tests/broker/cast.h"

void program_rule(const struct stage *s, unsigned char measured,
                  struct api_identity_rule *rule)
{
    *rule = (struct api_identity_rule){
        .kind = API_KIND_SGX | API_KIND_SIMULATED,
        .form = API_SGX_MRENCLAVE,
        .tcb_mask = API_TCB_UNEVALUATED,
        .anchor = s->door->anchor.spki,
    };
    memset(rule->sgx.mrenclave, measured, sizeof(rule->sgx.mrenclave));
}

static json_t *random_json(const unsigned char random[16])
{
    return api_json_of_base64(bytes_of(random, 16));
}

json_t *build_body(const struct person *owner, const char *name,
                   struct program *program)
{
    unsigned char random[16];
    struct hash identity;
    AUTO_CLEAR_BUFFER message = buffer_make(256);
    assert_ok(random_fill(random, sizeof(random)));
    assert_ok(api_id_derive(API_BUILD, &owner->account, &owner->owner_hash,
                            random, &program->id));
    api_id_text(&program->id, program->text);
    assert_ok(api_identity_hash(&program->rule, &identity, NULL));
    assert_ok(
        api_build_message(&owner->account, &program->id, &identity, &message));
    json_t *body = json_pack(
        "{s:s, s:s, s:o, s:o, s:o, s:o}", "name", name, "id", program->text,
        "random", random_json(random), "owner", owner_json(&owner->owner),
        "rule", api_rule_to_json(&program->rule), "signature",
        signature_json(owner->key, buffer_bytes(&message)));
    assert_non_null(body);
    return body;
}

void program_make(struct stage *s, const struct person *owner, const char *name,
                  unsigned char measured, struct program *out)
{
    program_rule(s, measured, &out->rule);
    assert_answer(stage_ask(s, as(owner), HTTP_POST,
                            build_body(owner, name, out), "/accord/v1/builds"),
                  201, NULL);
    assert_answer(stage_ask(s, as(owner), HTTP_POST, NULL,
                            "/accord/v1/builds/%s/approve", out->text),
                  200, NULL);
}

/* --- data ---------------------------------------------------------------- */

static void make_credential(const struct person *owner, const struct data *data,
                            struct api_credential *out)
{
    static const char content[] = "{\"query_string\": \"eA==\"}";
    out->account = data->context.account;
    out->dataset = data->context.dataset;
    out->version = data->context.version;
    out->owner = owner->owner;
    memcpy(out->random, data->random, sizeof(out->random));
    (void)snprintf(out->location, sizeof(out->location), "%s", data->location);
    assert_ok(secret_new(sizeof(content) - 1, &out->content));
    memcpy(secret_fill(out->content), content, sizeof(content) - 1);
}

static void seal(struct stage *s, const struct person *owner,
                 const struct data *data, struct api_sealed *sealed)
{
    static struct api_credential credential; /* 4 KiB: not on the stack */
    AUTO_FREE(secret) encoded = NULL;
    struct reason why = { "" };
    struct api_signer signer = api_key_signer(owner->key);
    credential = (struct api_credential){ 0 };
    make_credential(owner, data, &credential);
    struct status s1 =
        api_credential_encode(&credential, &signer, &encoded, &why);
    api_credential_clear(&credential);
    assert_ok(s1);
    assert_ok(api_seal(&data->context,
                       buffer_bytes(&s->door->intake_certificate), encoded,
                       sealed, &why));
}

json_t *sealed_body(struct stage *s, const struct person *owner,
                    struct data *data)
{
    struct api_sealed sealed = { 0 };
    assert_ok(api_id_random(&data->context.version));
    seal(s, owner, data, &sealed);
    json_t *body =
        json_pack("{s:o, s:o, s:s, s:s, s:o, s:o, s:o}", "version",
                  api_json_of_id(&data->context.version), "owner",
                  owner_json(&owner->owner), "location", data->location,
                  "mechanism", "RSA-OAEP-SHA1", "wrapped",
                  api_json_of_base64(buffer_bytes(&sealed.wrapped)), "proof",
                  api_json_of_base64(hash_bytes(&sealed.proof)), "blob",
                  api_json_of_base64(buffer_bytes(&sealed.blob)));
    api_sealed_clear(&sealed);
    assert_non_null(body);
    return body;
}

json_t *dataset_body(struct stage *s, const struct person *owner,
                     const char *name, struct data *data)
{
    *data = (struct data){ .context = { .account = owner->account,
                                        .owner = owner->owner_hash } };
    (void)snprintf(data->location, sizeof(data->location),
                   "https://bucket.example/%s", name);
    assert_ok(random_fill(data->random, sizeof(data->random)));
    assert_ok(api_id_derive(API_DATASET, &owner->account, &owner->owner_hash,
                            data->random, &data->context.dataset));
    api_id_text(&data->context.dataset, data->text);
    json_t *body = sealed_body(s, owner, data);
    AUTO_JSON *more =
        json_pack("{s:s, s:s, s:o}", "name", name, "id", data->text, "random",
                  random_json(data->random));
    assert_int_equal(0, json_object_update(body, more));
    return body;
}

void data_make(struct stage *s, const struct person *owner, const char *name,
               struct data *out)
{
    assert_answer(stage_ask(s, as(owner), HTTP_POST,
                            dataset_body(s, owner, name, out),
                            "/accord/v1/datasets"),
                  201, NULL);
}

/* --- configurations ------------------------------------------------------ */

json_t *configuration_body(const char *name, const char *label)
{
    return json_pack("{s:s, s:{s:{s:s}}, s:{s:s}, s:[s,s]}", "name", name,
                     "app_config", "/etc/app.conf", "contents",
                     "Y29udGVudHM=", "labels", "label", label, "ports",
                     "output", "input");
}

void configuration_make(struct stage *s, const struct person *who,
                        const char *name, char id[65])
{
    struct answer *a =
        stage_ask(s, as(who), HTTP_POST, configuration_body(name, name),
                  "/accord/v1/configurations");
    assert_answer(a, 201, NULL);
    (void)snprintf(id, 65, "%s", answer_text(a, "configuration"));
}

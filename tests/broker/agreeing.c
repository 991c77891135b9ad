/* agreeing.c - from people with things to a workflow that all have signed. */

#include <stdio.h>
#include <stdlib.h>

#include "tests/broker/cast.h"

void play_begin(struct play *play, struct stage *s)
{
    *play = (struct play){ .stage = s, .days = API_GRANT_DAYS };
    person_first(s, &play->root, "root");
    person_join_as(s, &play->root, "writer", "alice", &play->alice);
    person_join_as(s, &play->root, "writer", "bob", &play->bob);
    program_make(s, &play->bob, "counter", 0xc1, &play->program);
    data_make(s, &play->alice, "patients", &play->input);
    data_make(s, &play->bob, "counts", &play->output);
    configuration_make(s, &play->bob, "plain", play->configuration);
}

void play_rule(struct play *play, uint16_t tcb_mask,
               const struct api_terms *terms)
{
    struct program *program = &play->program;
    program_rule(play->stage, 0xc1, &program->rule);
    program->rule.tcb_mask = tcb_mask;
    if (terms)
        program->rule.terms = *terms;
    assert_answer(stage_ask(play->stage, as(&play->bob), HTTP_POST,
                            build_body(&play->bob, "counter-2", program),
                            "/accord/v1/builds"),
                  201, NULL);
    assert_answer(stage_ask(play->stage, as(&play->bob), HTTP_POST, NULL,
                            "/accord/v1/builds/%s/approve", program->text),
                  200, NULL);
}

void play_demand(struct play *play, const char *demands)
{
    json_t *body =
        dataset_body(play->stage, &play->alice, "patients-2", &play->input);
    json_t *evidence = json_loads(demands, 0, NULL);
    assert_non_null(evidence);
    assert_int_equal(
        0, json_object_set_new(body, "limits",
                               json_pack("{s:o}", "evidence", evidence)));
    assert_answer(stage_ask(play->stage, as(&play->alice), HTTP_POST, body,
                            "/accord/v1/datasets"),
                  201, NULL);
}

void play_end(struct play *play)
{
    person_clear(&play->root);
    person_clear(&play->alice);
    person_clear(&play->bob);
    json_decref(play->request);
}

json_t *play_graph(const struct play *play)
{
    json_t *graph = json_pack(
        "{s:s, s:s, s:{s:{s:s, s:s, s:{s:{s:s}}}, s:{s:s, s:s, s:{s:{s:s}}},"
        " s:{s:s, s:s, s:{s:{s:s, s:s}}}},"
        " s:{s:{s:{s:s}, s:{s:s, s:s}}, s:{s:{s:s, s:s}, s:{s:s}}}}",
        "name", "count", "description", "counts patients", "objects", "in",
        "name", "patients", "user_id", play->alice.text, "ref", "dataset",
        "dataset_id", play->input.text, "out", "name", "counts", "user_id",
        play->bob.text, "ref", "dataset", "dataset_id", play->output.text,
        "app", "name", "counter", "user_id", play->bob.text, "ref", "app",
        "image_id", play->program.text, "config_id", play->configuration,
        "edges", "e1", "source", "id", "in", "target", "id", "app", "port",
        "input", "e2", "source", "id", "app", "port", "output", "target", "id",
        "out");
    assert_non_null(graph);
    return graph;
}

static void copy_text(char *out, size_t size, const json_t *object,
                      const char *member)
{
    const char *text = json_string_value(json_object_get(object, member));
    assert_non_null(text);
    (void)snprintf(out, size, "%s", text);
}

void play_submit(struct play *play, json_t *extra)
{
    AUTO_JSON *more = extra;
    json_t *body = play_graph(play);
    if (more)
        assert_int_equal(0, json_object_update(body, more));
    struct answer *a = stage_ask(play->stage, as(&play->bob), HTTP_POST, body,
                                 "/accord/v1/requests");
    assert_answer(a, 201, NULL);
    assert_receipt(play->stage, a);
    json_decref(play->request);
    play->request = json_incref(a->body);
    copy_text(play->request_id, sizeof(play->request_id), a->body, "request");
    copy_text(play->workflow, sizeof(play->workflow), a->body, "workflow");
    assert_ok(api_json_hash(json_object_get(a->body, "hashes"), "counter",
                            &play->runtime, NULL));
}

/* --- decisions ----------------------------------------------------------- */

static json_t *signed_grants(const json_t *manifest, const struct hash *digest,
                             const struct person *who, uint64_t until)
{
    struct api_grant *wanted = NULL;
    size_t count = 0;
    json_t *list = json_array();
    assert_ok(api_grants_wanted(manifest, digest, &who->owner_hash,
                                stage_seconds(), until, &wanted, &count));
    for (size_t i = 0; i < count; i++) {
        unsigned char raw[API_GRANT_LEN];
        assert_ok(api_grant_encode(&wanted[i], raw));
        struct bytes bytes = bytes_of(raw, sizeof(raw));
        assert_int_equal(
            0, json_array_append_new(
                   list,
                   json_pack("{s:o, s:o}", "grant", api_json_of_base64(bytes),
                             "signature", signature_json(who->key, bytes))));
    }
    free(wanted);
    return list;
}

json_t *decision_body(const struct play *play, const struct person *who,
                      bool approve)
{
    AUTO_JSON *manifest = NULL;
    AUTO_CLEAR_BUFFER text = buffer_make(65536);
    struct api_head head = broker_head(&play->stage->broker);
    const char *manifest_text;
    struct api_approval approval = {
        .approve = approve,
        .head_size = head.size,
        .head_root = head.root,
        .sign_by = stage_seconds() + 3600,
        .valid_until = stage_seconds() + play->days * STAGE_DAY,
    };
    assert_ok(api_json_text(play->request, "manifest", &manifest_text, NULL));
    assert_ok(hash_of(&approval.digest, bytes_of_string(manifest_text)));
    assert_ok(api_json_id(play->request, "request", &approval.request, NULL));
    assert_ok(api_json_read(bytes_of_string(manifest_text), API_MANIFEST_MAX,
                            false, &manifest, NULL));
    assert_ok(api_approval_text(&approval, &text));
    json_t *grants = approve ? signed_grants(manifest, &approval.digest, who,
                                             approval.valid_until)
                             : json_array();
    json_t *body = json_pack("{s:s%, s:o, s:o}", "approval",
                             (const char *)text.data, text.len, "signature",
                             signature_json(who->key, buffer_bytes(&text)),
                             "grants", grants);
    assert_non_null(body);
    return body;
}

void play_decide(struct play *play, const struct person *who, bool approve)
{
    struct answer *a = stage_ask(
        play->stage, as(who), HTTP_POST, decision_body(play, who, approve),
        "/accord/v1/requests/%s/decision", play->request_id);
    assert_answer(a, 200, NULL);
    assert_receipt(play->stage, a);
}

void play_agree(struct play *play)
{
    play_submit(play, NULL);
    play_decide(play, &play->alice, true);
    play_decide(play, &play->bob, true);
}

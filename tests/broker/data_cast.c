#include "tests/broker/data_cast.h"

#include <stdio.h>

json_t *data_body(const char *name, const char *contents)
{
    return json_pack("{s:s, s:s, s:{s:s}, s:s, s:{s:s}}", "name", name,
                     "description", "of the ward", "labels", "location",
                     "East US", "location", "https://storage.example/input.enc",
                     "credentials", "contents", contents);
}

struct answer *data_create(struct stage *s, const struct user *u, json_t *body)
{
    return user_ask(s, u, HTTP_POST, body, "/v1/datasets");
}

void data_new(struct stage *s, const struct user *u, const char *name,
              char id[API_ID_TEXT])
{
    struct answer *a = data_create(s, u, data_body(name, DATA_CONTENTS));
    assert_answer(a, 200, NULL);
    (void)snprintf(id, API_ID_TEXT, "%s", answer_text(a, "dataset_id"));
}

struct answer *data_change(struct stage *s, const struct user *u,
                           const char *id, json_t *body)
{
    return user_ask(s, u, HTTP_PATCH, body, "/v1/datasets/%s", id);
}

struct answer *data_look(struct stage *s, const struct user *u, const char *id)
{
    return user_ask(s, u, HTTP_GET, NULL, "/v1/datasets/%s", id);
}

struct answer *data_remove(struct stage *s, const struct user *u,
                           const char *id)
{
    return user_ask(s, u, HTTP_DELETE, NULL, "/v1/datasets/%s", id);
}

json_t *data_record(struct stage *s, const struct user *u, const char *dataset)
{
    AUTO_FREE(policy_txn) txn = NULL;
    struct api_id account, id;
    json_t *record = NULL;
    assert_ok(api_id_parse(bytes_of_string(u->account), &account));
    assert_ok(api_id_parse(bytes_of_string(dataset), &id));
    assert_ok(policy_read(s->broker.store, &txn));
    assert_ok(policy_object_get(txn, POLICY_DATASET, &account,
                                api_id_bytes(&id), &record, NULL));
    return record;
}

/* The key of the dataset's present version. */
struct api_context data_context(struct stage *s, const struct user *u,
                                const char *dataset)
{
    struct api_context context = { .flags = API_CLASS_CCM };
    AUTO_JSON *record = data_record(s, u, dataset);
    assert_ok(api_id_parse(bytes_of_string(u->account), &context.account));
    assert_ok(api_json_id(record, "dataset", &context.dataset, NULL));
    assert_ok(api_json_id(record, "version", &context.version, NULL));
    return context;
}

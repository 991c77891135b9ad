#include "enclave/agent_client.h"

/* The agent waits for the broker, 50 s at most. */
#define TOTAL_MS 58000

static struct status client_of(struct accord_session *session,
                               struct http_client **out, struct reason *why)
{
    if (!session->agent_client) {
        const struct http_client_settings settings = {
            .base_url = session->agent,
            .allow_http = true,
            .total_ms = TOTAL_MS,
        };
        TRY(http_client_open(&settings, &session->agent_client, why));
    }
    *out = session->agent_client;
    return OK;
}

struct status agent_client_post(struct accord_session *session,
                                const char *path, struct bytes body,
                                struct buffer *out, struct trouble *trouble)
{
    struct http_client *client;
    AUTO_CLEAR_ANSWER answer = { 0 };
    const struct http_call call = { .method = HTTP_POST,
                                    .path = path,
                                    .content_type = "application/json",
                                    .body = body };
    TRY(client_of(session, &client, &trouble->why));
    TRY(http_call(client, &call, &answer, &trouble->why));
    if (answer.status != 200)
        return trouble_from_answer(&answer, "agent", trouble);
    buffer_put(out, buffer_bytes(&answer.body));
    return buffer_status(out);
}

/* sim.c - simulated evidence, fetched from the agent. */

#include "api/api.h"
#include "base/text.h"
#include "platform/platform.h"

#define ANSWER_MAX ((size_t)64 * 1024)

static struct status write_request(const struct platform_sim *sim,
                                   const unsigned char *report_data,
                                   struct bytes nonce, struct buffer *out)
{
    char measurement[2 * HASH_LEN + 1];
    char data[2 * PLATFORM_REPORT_DATA_LEN + 1];
    hex_encode(hash_bytes(&sim->measurement), measurement);
    hex_encode(bytes_of(report_data, PLATFORM_REPORT_DATA_LEN), data);
    buffer_printf(out, "{\"measurement\":\"%s\",\"report_data\":\"%s\"",
                  measurement, data);
    if (sim->kind)
        buffer_printf(out, ",\"kind\":\"%s\"", api_kind_name(sim->kind));
    if (nonce.len > 0) {
        buffer_put_string(out, ",\"nonce\":\"");
        base64_encode(nonce, out);
        buffer_put_string(out, "\"");
    }
    buffer_put_string(out, "}");
    return buffer_status(out);
}

static struct status read_answer(struct bytes text, struct buffer *out,
                                 struct reason *why)
{
    AUTO_JSON *answer = NULL;
    AUTO_CLEAR_BUFFER quote = buffer_make(PLATFORM_EVIDENCE_MAX);
    TRY(api_json_read(text, ANSWER_MAX, false, &answer, why));
    TRY(api_json_base64(answer, "quote", &quote, why));
    if (quote.len == 0)
        return refuse(why, STATUS_INVALID, "quote", "quote is empty");
    buffer_put(out, buffer_bytes(&quote));
    return buffer_status(out);
}

static struct status sim_evidence(void *context,
                                  const unsigned char *report_data,
                                  struct bytes nonce, struct buffer *out,
                                  struct reason *why)
{
    const struct platform_sim *sim = context;
    AUTO_CLEAR_BUFFER request = buffer_make(1024);
    AUTO_CLEAR_BUFFER answer = buffer_make(ANSWER_MAX);
    TRY(write_request(sim, report_data, nonce, &request));
    TRY(sim->agent.post(sim->agent.context, "/v1/sim/quote",
                        buffer_bytes(&request), &answer, why));
    return read_answer(buffer_bytes(&answer), out, why);
}

struct platform platform_sim(struct platform_sim *sim)
{
    return (struct platform){ "sim", sim->kind ? sim->kind : API_KIND_SGX,
                              "no hardware: the agent's simulator",
                              sim_evidence, sim };
}

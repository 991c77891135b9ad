#include "agent/attest.h"

#include "agent/simulator.h"
#include "agent/vouch.h"
#include "base/text.h"

STATUS agent_target_info(struct buffer *out)
{
    unsigned char target[LOCAL_TARGET_LEN];
    TRY(vouch_target_info(target));
    buffer_put_string(out, "{\"targetInfo\":\"");
    base64_encode(bytes_of(target, sizeof(target)), out);
    buffer_put_string(out, "\"}");
    return buffer_status(out);
}

static STATUS put_answer(const struct vouch_answer *answer, struct buffer *out)
{
    buffer_put_string(out, "{\"attestation_certificate\":");
    api_json_string(buffer_bytes(&answer->attestation), out);
    buffer_put_string(out, ",\"node_certificate\":");
    api_json_string(buffer_bytes(&answer->node), out);
    if (answer->report.len > 0) {
        buffer_put_string(out, ",\"fqpe_report\":\"");
        base64_encode(buffer_bytes(&answer->report), out);
        buffer_put_string(out, "\"");
    }
    buffer_put_string(out, "}");
    return buffer_status(out);
}

STATUS agent_attest(const struct agent *agent, const char *report,
                    const char *csr, uint64_t now, struct buffer *out,
                    struct reason *why)
{
    AUTO_CLEAR_BUFFER raw = buffer_make(LOCAL_REPORT_LEN);
    struct vouch_answer answer;
    const struct vouch_node node = {
        .key = agent->node_key,
        .certificate = buffer_bytes(&agent->node_certificate),
        .cpu = agent->simulator ? simulator_cpu(agent->simulator) : NULL,
    };
    if (!node.key)
        return refuse(why, STATUS_NOT_FOUND, "node",
                      "this agent has no node certificate: node.certificate");
    if (report && failed(base64_decode(bytes_of_string(report), &raw)))
        return refuse(why, STATUS_INVALID, "report",
                      "report: expected the base64 of %d bytes",
                      LOCAL_REPORT_LEN);
    TRY(vouch_attest(&node, bytes_of_string(csr), buffer_bytes(&raw), now,
                     &answer, why));
    struct status s = put_answer(&answer, out);
    vouch_answer_clear(&answer);
    return s;
}

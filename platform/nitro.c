/* nitro.c - documents of the Nitro hypervisor, through /dev/nsm. */

#include "platform/device.h"
#include "platform/nsm.h"

#define NAME "nitro"

static struct status document(void *context, const unsigned char *report_data,
                              struct bytes nonce, struct buffer *out,
                              struct reason *why)
{
    const struct platform_system *system = context;
    struct bytes found;
    AUTO_CLEAR_BUFFER request = buffer_make(1024);
    AUTO_CLEAR_BUFFER answer = buffer_make(PLATFORM_NSM_ANSWER_MAX);
    if (nonce.len > PLATFORM_NONCE_MAX)
        return refuse(why, STATUS_INVALID, NAME,
                      "nitro: the nonce is longer than 64 bytes");
    nsm_put_request(bytes_of(report_data, PLATFORM_REPORT_DATA_LEN), nonce,
                    &request);
    TRY(buffer_status(&request));
    struct status s =
        system->nsm(system->context, buffer_bytes(&request), &answer);
    if (failed(s))
        return device_refuse(why, s, NAME, "ask", PLATFORM_NSM_DEVICE);
    TRY(nsm_read_answer(buffer_bytes(&answer), &found, why));
    buffer_put(out, found);
    return buffer_status(out);
}

struct platform platform_nitro(const struct platform_system *system)
{
    return (struct platform){ NAME, API_KIND_NITRO, PLATFORM_NSM_DEVICE,
                              document, (void *)(uintptr_t)system };
}

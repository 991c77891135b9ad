/* gramine.c - SGX under Gramine: pseudo-files that the enclave's own library
 * serves, so no host stands in between (Gramine documentation, "Attestation
 * and secret provisioning"). */

#include "platform/device.h"

#define DIRECTORY "/dev/attestation/"
#define NAME      "gramine"
#define TYPE_MAX  64

static const char data_file[] = DIRECTORY "user_report_data";
static const char target_file[] = DIRECTORY "target_info";

static struct status check_type(const struct platform_system *system,
                                struct reason *why)
{
    AUTO_CLEAR_BUFFER type = buffer_make(TYPE_MAX);
    TRY(device_read(system, NAME, DIRECTORY "attestation_type", &type, why));
    while (type.len > 0 &&
           (type.data[type.len - 1] == '\n' || type.data[type.len - 1] == '\0'))
        type.len--;
    if (bytes_equal(buffer_bytes(&type), bytes_of_string("dcap")))
        return OK;
    return refuse(why, STATUS_UNAVAILABLE, NAME,
                  "gramine: sgx.remote_attestation is not \"dcap\" in the "
                  "program's manifest");
}

static struct status quote(void *context, const unsigned char *report_data,
                           struct bytes nonce, struct buffer *out,
                           struct reason *why)
{
    const struct platform_system *system = context;
    AUTO_CLEAR_BUFFER made = buffer_make(PLATFORM_EVIDENCE_MAX);
    (void)nonce;
    TRY(check_type(system, why));
    TRY(device_write(system, NAME, data_file,
                     bytes_of(report_data, PLATFORM_REPORT_DATA_LEN), why));
    TRY(device_read(system, NAME, DIRECTORY "quote", &made, why));
    buffer_put(out, buffer_bytes(&made));
    return buffer_status(out);
}

struct platform platform_gramine(const struct platform_system *system)
{
    return (struct platform){ NAME, API_KIND_SGX, "/dev/attestation", quote,
                              (void *)(uintptr_t)system };
}

static struct status read_exactly(const struct platform_system *system,
                                  const char *path, size_t len,
                                  struct buffer *out, struct reason *why)
{
    AUTO_CLEAR_BUFFER made = buffer_make(len);
    TRY(device_read(system, NAME, path, &made, why));
    if (made.len != len)
        return refuse(why, STATUS_INVALID, NAME,
                      "gramine: %s has %zu bytes, not %zu", path, made.len,
                      len);
    buffer_put(out, buffer_bytes(&made));
    return buffer_status(out);
}

struct status platform_gramine_report(
    const struct platform_system *system,
    const unsigned char target_info[PLATFORM_TARGET_INFO_LEN],
    const unsigned char report_data[PLATFORM_REPORT_DATA_LEN],
    struct buffer *out, struct reason *why)
{
    TRY(device_write(system, NAME, target_file,
                     bytes_of(target_info, PLATFORM_TARGET_INFO_LEN), why));
    TRY(device_write(system, NAME, data_file,
                     bytes_of(report_data, PLATFORM_REPORT_DATA_LEN), why));
    return read_exactly(system, DIRECTORY "report", PLATFORM_LOCAL_REPORT_LEN,
                        out, why);
}

struct status platform_gramine_target_info(const struct platform_system *system,
                                           struct buffer *out,
                                           struct reason *why)
{
    return read_exactly(system, DIRECTORY "my_target_info",
                        PLATFORM_TARGET_INFO_LEN, out, why);
}

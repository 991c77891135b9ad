/* What a subject is read to say is what writing it again says. */

#include <stdint.h>
#include <stdlib.h>

#include "ca/subject.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void put(const struct ca_subject *s, struct buffer *out)
{
    if (s->measured == CA_MEASURED_SGX)
        ca_subject_put_sgx(&s->sgx, out);
    if (s->measured == CA_MEASURED_TDX)
        ca_subject_put_tdx(s->tee_info, s->td_info, out);
    if (s->measured == CA_MEASURED_SNP)
        ca_subject_put_snp(s->snp_report, out);
    if (s->has_configuration)
        ca_subject_put_configuration(&s->configuration, out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ca_subject first, second;
    struct reason why;
    AUTO_CLEAR_BUFFER again = buffer_make(CA_SUBJECT_MAX);
    if (failed(ca_subject_read(bytes_of(data, size), &first, &why)))
        return 0;
    put(&first, &again);
    must(!failed(ca_subject_read(buffer_bytes(&again), &second, &why)));
    must(first.measured == second.measured &&
         first.has_configuration == second.has_configuration &&
         memcmp(&first.sgx, &second.sgx, sizeof(first.sgx)) == 0 &&
         bytes_equal(first.td_info, second.td_info) &&
         bytes_equal(first.tee_info, second.tee_info) &&
         bytes_equal(first.snp_report, second.snp_report) &&
         (!first.has_configuration ||
          hash_equal(&first.configuration, &second.configuration)));
    return 0;
}

/* subject.h - what the subject of a request says about who asks.
 *
 * The product's clients put measurements there. Nothing of it is true until
 * somebody checked it: a Node Agent the MAC of the report it describes, a
 * verifier the signed report inside it. F = 1.3.6.1.4.1.49690. */

#ifndef CA_SUBJECT_H
#define CA_SUBJECT_H

#include "base/buffer.h"
#include "base/hash.h"

#define CA_SUBJECT_MAX    ((size_t)8 * 1024) /* bytes of a Name, at most */
#define CA_TEE_INFO_LEN   239 /* TEE_TCB_INFO of Intel's TDX module        */
#define CA_TD_INFO_LEN    512 /* TDINFO_STRUCT of it                       */
#define CA_SNP_REPORT_LEN 1184

/* Whose measurements a subject holds; at most one kind. */
enum ca_measured {
    CA_MEASURED_NONE = 0,
    CA_MEASURED_SGX = 1, /* F.1.1.1 to F.1.1.7, perhaps F.1.1.8: BIT STRINGs */
    CA_MEASURED_TDX = 2, /* F.2.2.18 SEQUENCE { INTEGER, OCTET STRING
                            tee_tcb_info, OCTET STRING td_info, SET OF } */
    CA_MEASURED_SNP = 3, /* F.2.2.14 SEQUENCE { OCTET STRING report, SET OF } */
};

/* As in an SGX report: integers little-endian. */
struct ca_sgx_subject {
    unsigned char cpusvn[16], miscselect[4], attributes[16];
    unsigned char mrenclave[32], mrsigner[32];
    unsigned char isvprodid[2], isvsvn[2];
    bool has_report_data; /* F.1.1.8 */
    unsigned char report_data[64];
};

/* Borrows from the Name it was read from. */
struct ca_subject {
    enum ca_measured measured;
    struct ca_sgx_subject sgx;
    struct bytes tee_info, td_info; /* TDX: CA_TEE_INFO_LEN, CA_TD_INFO_LEN  */
    struct bytes snp_report;        /* SNP: CA_SNP_REPORT_LEN                */
    struct bytes coprocessors;      /* TDX, SNP: the SET's whole encoding    */
    bool has_configuration;         /* F.1.3.4                               */
    struct hash configuration;      /* from its 64 lower-case digits of ASCII */
};

/* Reads the contents of a Name; other fields are skipped. STATUS_INVALID with
 * a reason for a field that is doubled or of another type or size, for some
 * of F.1.1.1 to F.1.1.7 without the others, and for two kinds at once. */
STATUS ca_subject_read(struct bytes name, struct ca_subject *out,
                       struct reason *why);

/* Append the RDNs of such a subject, in the product's order. */
void ca_subject_put_sgx(const struct ca_sgx_subject *sgx, struct buffer *out);
void ca_subject_put_tdx(struct bytes tee_info, struct bytes td_info,
                        struct buffer *out);
void ca_subject_put_snp(struct bytes report, struct buffer *out);
void ca_subject_put_configuration(const struct hash *configuration,
                                  struct buffer *out);

#endif

/* evidence_files.c - evidence and what goes with it, from files. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "ca/ca.h"
#include "cli/evidence.h"

#define FILE_MAX     ((size_t)256 * 1024)
#define PATH_MAX_LEN 4096

static const char *const file_names[5] = { "tcbinfo.json", "qeidentity.json",
                                           "tcb_signing_chain.pem",
                                           "root_ca.crl.der",
                                           "pck_ca.crl.der" };

void evidence_clear(struct evidence *evidence)
{
    buffer_clear(&evidence->bytes);
    for (size_t i = 0; i < 5; i++)
        buffer_clear(&evidence->file[i]);
}

static STATUS read_file(const char *path, struct buffer *out,
                        struct reason *why)
{
    if (failed(file_read(path, out)))
        return refuse(why, STATUS_NOT_FOUND, "file", "cannot read %s", path);
    return OK;
}

/* A certificate in either form, appended as DER. */
static STATUS append_certificate(const char *path, struct buffer *out,
                                 struct reason *why)
{
    static const char begin[] = "-----BEGIN";
    AUTO_CLEAR_BUFFER text = buffer_make(FILE_MAX);
    TRY(read_file(path, &text, why));
    if (text.len < sizeof(begin) ||
        memcmp(text.data, begin, sizeof(begin) - 1) != 0) {
        buffer_put(out, buffer_bytes(&text));
        return buffer_status(out);
    }
    if (failed(ca_pem_read("CERTIFICATE", buffer_bytes(&text), out, NULL)))
        return refuse(why, STATUS_INVALID, "file",
                      "%s: not one certificate, PEM or DER", path);
    return OK;
}

static STATUS read_collateral(const char *directory, struct evidence *out,
                              struct reason *why)
{
    struct bytes *const members[5] = { &out->collateral.tcb_info,
                                       &out->collateral.qe_identity,
                                       &out->collateral.tcb_signing_chain,
                                       &out->collateral.root_crl,
                                       &out->collateral.pck_crl };
    char path[PATH_MAX_LEN];
    if (access(directory, R_OK) != 0)
        return refuse(why, STATUS_NOT_FOUND, "collateral", "cannot read %s",
                      directory);
    for (size_t i = 0; i < 5; i++) {
        int len =
            snprintf(path, sizeof(path), "%s/%s", directory, file_names[i]);
        if (len < 0 || (size_t)len >= sizeof(path))
            return failure(STATUS_INVALID, "path", 0);
        if (access(path, F_OK) == 0)
            TRY(read_file(path, &out->file[i], why));
        *members[i] = buffer_bytes(&out->file[i]);
    }
    out->has_collateral = true;
    return OK;
}

static STATUS read_root(const char *path, struct attest_anchor *out,
                        struct reason *why)
{
    AUTO_CLEAR_BUFFER pem = buffer_make(FILE_MAX);
    TRY(read_file(path, &pem, why));
    /* A vendor's own is refused as a simulator's, by its key. */
    if (!failed(attest_anchor_read(buffer_bytes(&pem), "root", true, out, why)))
        return OK;
    return attest_anchor_read(buffer_bytes(&pem), "root", false, out, why);
}

struct status evidence_read(const struct evidence_files *files,
                            struct evidence *out, struct reason *why)
{
    out->bytes = buffer_make(FILE_MAX);
    for (size_t i = 0; i < 5; i++)
        out->file[i] = buffer_make(FILE_MAX);
    TRY(read_file(files->evidence, &out->bytes, why));
    if (files->endorsement)
        TRY(append_certificate(files->endorsement, &out->bytes, why));
    if (files->intermediate)
        TRY(append_certificate(files->intermediate, &out->bytes, why));
    if (files->collateral)
        TRY(read_collateral(files->collateral, out, why));
    if (files->root) {
        TRY(read_root(files->root, &out->anchor, why));
        out->has_anchor = true;
    }
    return OK;
}

/* --- roots by name ------------------------------------------------------- */

static const struct {
    const char *name, *file;
} usual[] = {
    { "intel", "intel-sgx-root-ca.pem" },
    { "intel", "sgx/intel-sgx-root-ca.pem" },
    { "sim", "sim-root-ca.pem" },
    { "sim", "sim/sim-root-ca.pem" },
    { "milan", "ark-milan.pem" },
    { "milan", "snp/ca/ark-milan.pem" },
    { "genoa", "ark-genoa.pem" },
    { "genoa", "snp/ca/ark-genoa.pem" },
    { "turin", "ark-turin.pem" },
    { "turin", "snp/ca/ark-turin.pem" },
    { "nitro", "aws-nitro-root-g1.pem" },
    { "nitro", "nitro/aws-nitro-root-g1.pem" },
};

/* Where a root of any other name is looked for. */
static const struct {
    const char *folder, *end;
} places[] = {
    { "", "" },     { "", ".pem" },     { "", "-root-ca.pem" },
    { "sim/", "" }, { "sim/", ".pem" }, { "sim/", "-root-ca.pem" },
};

bool evidence_is_file(const char *path)
{
    struct stat at;
    return stat(path, &at) == 0 && S_ISREG(at.st_mode);
}

static bool fits(int len)
{
    return len > 0 && len < PATH_MAX_LEN;
}

static bool find_usual(const char *name, const char *directory,
                       const char *above, char path[4096])
{
    for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++) {
        if (strcmp(usual[i].name, name) == 0 &&
            fits(snprintf(path, PATH_MAX_LEN, "%s/%s%s", directory, above,
                          usual[i].file)) &&
            evidence_is_file(path))
            return true;
    }
    return false;
}

static bool find_named(const char *name, const char *directory,
                       const char *above, char path[4096])
{
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
        if (fits(snprintf(path, PATH_MAX_LEN, "%s/%s%s%s%s", directory, above,
                          places[i].folder, name, places[i].end)) &&
            evidence_is_file(path))
            return true;
    return false;
}

struct status evidence_find_root(const char *name, const char *directory,
                                 char path[4096], struct reason *why)
{
    static const char *const above[] = { "", "../", "../../", "../../../" };
    for (size_t i = 0; i < 4; i++)
        if (find_usual(name, directory, above[i], path) ||
            find_named(name, directory, above[i], path))
            return OK;
    return refuse(why, STATUS_NOT_FOUND, "root",
                  "%s: neither a file nor a root whose file is beside the "
                  "evidence",
                  name);
}

/* --- judging ------------------------------------------------------------- */

struct status evidence_judge(const struct evidence *evidence, uint64_t now,
                             struct attest_verdict *out, struct reason *why)
{
    struct attest_question asked =
        attest_ask(buffer_bytes(&evidence->bytes), &evidence->anchor,
                   evidence->has_anchor ? 1 : 0, now);
    if (evidence->has_collateral)
        asked.collateral = &evidence->collateral;
    return attest_judge(&asked, out, why);
}

#include "tests/attest/kit.h"

#include <stdlib.h>

#include "base/secret.h"
#include "tests/support/check.h"

static void open_one(struct kit *kit, const char *name, struct simulator **out,
                     struct attest_anchor *anchor)
{
    struct reason why = { "" };
    const char *path = temp_dir_path(&kit->dir, name);
    assert_ok(simulator_make(path, KIT_NOW, &why));
    path = temp_dir_path(&kit->dir, name);
    assert_ok(simulator_open(path, out, &why));
    assert_ok(
        attest_anchor_read(simulator_root_pem(*out), name, true, anchor, &why));
}

void kit_tdx(const struct kit *kit, const struct td_report *report,
             struct buffer *out)
{
    *out = buffer_make(ATTEST_EVIDENCE_MAX);
    assert_ok(
        simulator_tdx_quote(kit->simulator, report, 0, KIT_NOW, out, NULL));
}

int kit_begin(void **state)
{
    static struct kit kit;
    const struct simulator_request request = { .isvsvn = 3 };
    struct td_report report;
    assert_ok(secret_heap_open(1 << 20));
    kit = (struct kit){ .dir = temp_dir_make() };
    open_one(&kit, "one", &kit.simulator, &kit.anchors[0]);
    open_one(&kit, "two", &kit.other, &kit.anchors[1]);
    kit.sgx = buffer_make(ATTEST_EVIDENCE_MAX);
    assert_ok(
        simulator_sgx_quote(kit.simulator, &request, KIT_NOW, &kit.sgx, NULL));
    simulator_td(&report);
    kit_tdx(&kit, &report, &kit.tdx);
    report.v15 = true;
    memcpy(report.tee_tcb_svn_2, report.tee_tcb_svn, 16);
    kit_tdx(&kit, &report, &kit.tdx15);
    *state = &kit;
    return 0;
}

int kit_end(void **state)
{
    struct kit *kit = *state;
    simulator_free(kit->simulator);
    simulator_free(kit->other);
    buffer_clear(&kit->sgx);
    buffer_clear(&kit->tdx);
    buffer_clear(&kit->tdx15);
    temp_dir_remove(&kit->dir);
    return 0;
}

void kit_make(const struct kit *kit, bool other,
              const struct simulator_collateral *wanted,
              struct collateral_files *out)
{
    struct reason why = { "" };
    const char *path = temp_dir_path(&kit->dir, other ? "two" : "one");
    assert_ok(simulator_collateral_make(path, wanted, KIT_NOW, out, &why));
}

struct attest_collateral kit_collateral(const struct collateral_files *files)
{
    return (struct attest_collateral){
        .tcb_info = buffer_bytes(&files->tcb_info),
        .qe_identity = buffer_bytes(&files->qe_identity),
        .tcb_signing_chain = buffer_bytes(&files->tcb_signing_chain),
        .root_crl = buffer_bytes(&files->root_crl),
        .pck_crl = buffer_bytes(&files->pck_crl),
    };
}

void kit_judge(const struct kit *kit, const struct buffer *quote,
               const struct attest_collateral *collateral, uint64_t now,
               struct attest_verdict *out)
{
    struct reason why = { "" };
    struct attest_identity identity;
    struct attest_question asked =
        attest_ask(buffer_bytes(quote), kit->anchors, 1, now);
    asked.collateral = collateral;
    assert_ok(attest_judge(&asked, out, &why));
    struct status s = attest_verify(&asked, &identity, &why);
    if (out->failures_count == 0 && out->identity.tcb != 0) {
        assert_ok(s);
        assert_int_equal(out->identity.tcb, identity.tcb);
    } else {
        assert_status(STATUS_DENIED, s);
        assert_string_not_equal("", why.text);
    }
}

void kit_judge_wanted(const struct kit *kit, const struct buffer *quote,
                      const struct simulator_collateral *wanted,
                      struct attest_verdict *out)
{
    AUTO_COLLATERAL files = { 0 };
    kit_make(kit, false, wanted, &files);
    struct attest_collateral collateral = kit_collateral(&files);
    kit_judge(kit, quote, &collateral, KIT_NOW, out);
}

void kit_failed(const struct attest_verdict *verdict, const char *token)
{
    AUTO_CLEAR_BUFFER all = buffer_make(8192);
    for (size_t i = 0; i < verdict->failures_count; i++) {
        if (strcmp(verdict->failures[i].token, token) == 0) {
            assert_int_equal(ATTEST_REJECT, verdict->result);
            return;
        }
        buffer_printf(&all, "%s;", verdict->failures[i].token);
    }
    fail_msg("expected \"%s\" among \"%.*s\"", token, (int)all.len,
             all.len ? (const char *)all.data : "");
}

void kit_failed_only(const struct attest_verdict *verdict, const char *token)
{
    kit_failed(verdict, token);
    if (verdict->failures_count != 1)
        fail_msg("\"%s\" and %zu more: \"%s\"", token,
                 verdict->failures_count - 1,
                 verdict->failures[verdict->failures_count - 1].token);
}

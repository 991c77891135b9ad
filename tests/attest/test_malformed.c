/* Statements that their vendor signed and that are not what they should be: one
 * text in an honest one is replaced, and it is signed again. */

#include "agent/simulator_files.h"
#include "tests/attest/kit.h"
#include "tests/support/check.h"

#define TEXT_MAX ((size_t)256 * 1024)

enum about { SGX, SGX_OLD, TDX, QE };

struct row {
    enum about about;
    const char *from, *to;
    const char *token; /* the one failure; NULL: there is none */
};

static const struct row rows[] = {
    /* clang-format off */
    { SGX, "\"version\":3", "\"version\":4", "tcbinfo-malformed" },
    { SGX, "\"version\":3", "\"version\":\"3\"", "tcbinfo-malformed" },
    { SGX, "\"version\":3,", "", "tcbinfo-malformed" },
    { SGX, "\"id\":\"SGX\",", "", "tcbinfo-id" },
    { SGX, "\"id\":\"SGX\"", "\"id\":7", "tcbinfo-id" },
    { SGX, "\"tcbType\":0", "\"tcbType\":-1", "tcbinfo-malformed" },
    { SGX, "\"tcbType\":0,", "", "tcbinfo-malformed" },
    { SGX, "\"fmspc\":\"51", "\"fmspc\":\"5", "tcbinfo-malformed" },
    { SGX, "\"fmspc\":\"51", "\"fmspc\":\"xy", "tcbinfo-malformed" },
    { SGX, "\"fmspc\"", "\"fmspd\"", "tcbinfo-malformed" },
    { SGX, "\"pceId\":\"0000\"", "\"pceId\":\"000\"", "tcbinfo-malformed" },
    { SGX, "\"pceId\":\"0000\"", "\"pceId\":0", "tcbinfo-malformed" },
    { SGX, "\"tcbLevels\"", "\"levels\"", "tcbinfo-malformed" },
    { SGX, "\"tcbLevels\":[", "\"tcbLevels\":[7,", "tcbinfo-component-count" },
    { SGX, "\"svn\":1", "\"svn\":256", "tcbinfo-malformed" },
    { SGX, "\"svn\":1", "\"svn\":-1", "tcbinfo-malformed" },
    { SGX, "\"svn\":1", "\"svn\":1.0", "tcbInfo-malformed" },
    { SGX, "\"svn\":1", "\"snv\":1", "tcbinfo-malformed" },
    { SGX, "[{\"svn\":1}", "[{\"svn\":1},{\"svn\":1}", "tcbinfo-component-count" },
    { SGX, "\"sgxtcbcomponents\"", "\"components\"", "tcbinfo-component-count" },
    { SGX, "\"pcesvn\":13", "\"pcesvn\":65536", "tcbinfo-malformed" },
    { SGX, "\"pcesvn\":13", "\"pcesvn\":null", "tcbinfo-malformed" },
    { SGX, "\"tcbStatus\":\"UpToDate\"", "\"tcbStatus\":\"Fine\"", "tcbinfo-unknown-status" },
    { SGX, "\"tcbStatus\":\"UpToDate\"", "\"tcbStatus\":\"uptodate\"", "tcbinfo-unknown-status" },
    { SGX, "\"tcbStatus\":\"UpToDate\"", "\"tcbStatus\":\"unevaluated\"", "tcbinfo-unknown-status" },
    { SGX, "\"tcbStatus\":\"UpToDate\"", "\"tcbStatus\":\"\"", "tcbinfo-unknown-status" },
    { SGX, "\"tcbStatus\":\"UpToDate\"", "\"tcbStatus\":1", "tcbinfo-malformed" },
    { SGX, "\"tcbDate\":\"2", "\"tcbDate\":\"x", "tcbinfo-malformed" },
    { SGX, "\"tcbDate\":\"2025-", "\"tcbDate\":\"1969-", "tcbinfo-malformed" },
    { SGX, "\"tcbDate\":\"2025-05", "\"tcbDate\":\"2025-13", "tcbinfo-malformed" },
    { SGX, "\"tcbDate\":\"2025-05", "\"tcbDate\":\"2025-00", "tcbinfo-malformed" },
    { SGX, "\"tcbDate\":\"2025-05-16", "\"tcbDate\":\"2025-05-32", "tcbinfo-malformed" },
    { SGX, "\"tcbDate\":\"2025-05-16", "\"tcbDate\":\"2025-05-00", "tcbinfo-malformed" },
    { SGX, "\"tcbDate\":\"2025-05-16T15", "\"tcbDate\":\"2025-05-16T24", "tcbinfo-malformed" },
    { SGX, "\"tcbDate\":\"2025-05-16T15:06", "\"tcbDate\":\"2025-05-16T15:60", "tcbinfo-malformed" },
    { SGX, "\"tcbDate\":\"2025-05-16T15:06:40", "\"tcbDate\":\"2025-05-16T15:06:60", "tcbinfo-malformed" },
    { SGX, "\"tcbDate\":\"2025-05-16T", "\"tcbDate\":\"2025-05-16 ", "tcbinfo-malformed" },
    { SGX, "\"tcbDate\":\"2025-05-16", "\"tcbDate\":\"2024-12-31", NULL },
    { SGX, "\"tcbDate\":\"2025-05-16", "\"tcbDate\":\"2000-03-01", NULL },
    { SGX, "\"tcbDate\":\"2025-05-16", "\"tcbDate\":\"2100-03-01", NULL },
    { SGX, "\"tcbDate\":\"2025-05-16", "\"tcbDate\":\"2024-02-29", NULL },
    { SGX, "\"tcbDate\":\"2025-05-16", "\"tcbDate\":\"2024-03-01", NULL },
    { SGX, "\"tcbDate\":\"2", "\"tcbDate\":\" ", "tcbinfo-malformed" },
    { SGX, "\"advisoryIDs\":[\"", "\"advisoryIDs\":[7,\"", "tcbinfo-malformed" },
    { SGX, "\"advisoryIDs\":[\"ACCORD-SIM-00001\"]", "\"advisoryIDs\":\"A\"", "tcbinfo-malformed" },
    { SGX, "\"issueDate\"", "\"issued\"", "tcbInfo-malformed" },
    { SGX, "\"nextUpdate\":\"2025-07-15T15:06:40Z\"", "\"nextUpdate\":1", "tcbInfo-malformed" },
    { SGX, "\"nextUpdate\":\"2025-07-15T15:06:40Z\"", "\"nextUpdate\":\"2025-07-15T15:06:40+0\"", "tcbInfo-malformed" },
    { SGX, "\"tcbEvaluationDataNumber\":17", "\"tcbEvaluationDataNumber\":-17", "tcbInfo-malformed" },
    { SGX, "\"tcbEvaluationDataNumber\":17,", "", "tcbInfo-malformed" },
    { SGX, "\"tcbType\":0", "\"tcbType\":0,\"tcbType\":0", "tcbInfo-malformed" },
    { SGX, "\"svn\":1", "\"svn\":1,\"svn\":1", "tcbInfo-malformed" },
    { SGX, "\"tcbType\":0", "\"tcbType\":0,\"news\":{\"a\":[\"\\\"}\"]}", NULL },
    { SGX, "\"tcbType\":0", "\"tcbType\":0 0", "tcbInfo-malformed" },
    { SGX_OLD, "\"sgxtcbcomp07svn\":1,", "", "tcbinfo-component-count" },
    { SGX_OLD, "\"sgxtcbcomp07svn\":1", "\"sgxtcbcomp07svn\":256", "tcbinfo-malformed" },
    { SGX_OLD, "\"version\":2", "\"version\":2,\"id\":\"SGX\"", "tcbinfo-id" },
    { TDX, "\"id\":\"TDX\"", "\"id\":\"SGX\"", "tcbinfo-id" },
    { TDX, "\"tdxtcbcomponents\"", "\"components\"", "tcbinfo-component-count" },
    { TDX, "\"tdxModuleIdentities\"", "\"identities\"", "tdx-module-identity-missing(TDX_01)" },
    { TDX, "\"id\":\"TDX_01\"", "\"id\":\"TDX_1\"", "tdx-module-identity-missing(TDX_01)" },
    { TDX, "\"id\":\"TDX_01\",", "", "tdx-module-identity-missing(TDX_01)" },
    { TDX, "\"TDX_01\",\"mrsigner\":\"0", "\"TDX_01\",\"mrsigner\":\"1", "mrsignerseam" },
    { TDX, "\"TDX_01\",\"mrsigner\"", "\"TDX_01\",\"signer\"", "tdx-module-malformed" },
    { TDX, "\"attributesMask\":\"FFFFFFFFFFFFFFFF\",\"tcbLevels\"", "\"tcbLevels\"", "tdx-module-malformed" },
    { TDX, "\"attributes\":\"0000000000000000\",\"attributesMask\":\"FFFFFFFFFFFFFFFF\",\"tcb", "\"attributesMask\":\"FFFFFFFFFFFFFFFF\",\"tcb", "tdx-module-malformed" },
    { TDX, "\"attributes\":\"0000000000000000\",\"attributesMask\":\"FFFFFFFFFFFFFFFF\",\"tcb", "\"attributes\":\"0100000000000000\",\"attributesMask\":\"FFFFFFFFFFFFFFFF\",\"tcb", "seamattributes" },
    { TDX, "\"isvsvn\":4", "\"isvsvn\":65536", "tdx-module-malformed" },
    { TDX, "\"isvsvn\":0", "\"isvsvn\":5", "tdx-module-malformed" },
    { TDX, "\"tcbStatus\":\"UpToDate\"", "\"tcbStatus\":\"Odd\"", "tdx-module-malformed" },
    { QE, "\"version\":2", "\"version\":3", "enclaveIdentity-malformed" },
    { QE, "\"version\":2,", "", "enclaveIdentity-malformed" },
    { QE, "\"id\":\"QE\"", "\"id\":\"QVE\"", "enclaveIdentity-id" },
    { QE, "\"id\":\"QE\",", "", "enclaveIdentity-id" },
    { QE, "\"miscselect\":", "\"miscselected\":", "enclaveIdentity-malformed" },
    { QE, "\"miscselectMask\":\"FF", "\"miscselectMask\":\"F", "enclaveIdentity-malformed" },
    { QE, "\"attributes\":\"11", "\"attributes\":\"1", "enclaveIdentity-malformed" },
    { QE, "\"attributesMask\":", "\"mask\":", "enclaveIdentity-malformed" },
    { QE, "\"mrsigner\":\"", "\"mrsigner\":\"00", "enclaveIdentity-malformed" },
    { QE, "\"isvprodid\":1", "\"isvprodid\":65536", "enclaveIdentity-malformed" },
    { QE, "\"isvprodid\":1", "\"isvprodid\":2", "qe-isvprodid" },
    { QE, "\"miscselect\":\"00", "\"miscselect\":\"01", "qe-miscselect" },
    { QE, "\"attributes\":\"11", "\"attributes\":\"13", "qe-attributes" },
    { QE, "\"mrsigner\":\"7", "\"mrsigner\":\"8", "qe-mrsigner" },
    { QE, "\"tcbLevels\":[", "\"tcbLevels\":[],\"x\":[", "enclaveIdentity-malformed" },
    { QE, "\"isvsvn\":8", "\"isvsvn\":\"8\"", "enclaveIdentity-malformed" },
    { QE, "\"isvsvn\":0", "\"isvsvn\":9", "enclaveIdentity-malformed" },
    { QE, "\"tcbStatus\":\"UpToDate\"", "\"tcbStatus\":\"Fine\"", "enclaveIdentity-malformed" },
    { QE, "\"tcbDate\":\"2025", "\"tcbDate\":\"25", "enclaveIdentity-malformed" },
    { QE, "\"tcbLevels\":[{\"tcb\":{\"isvsvn\":8},", "\"tcbLevels\":[{\"tcb\":7,", "enclaveIdentity-malformed" },
    { QE, "\"issueDate\":\"2025-06", "\"issueDate\":\"2025-6", "enclaveIdentity-malformed" },
    { QE, "\"id\":\"QE\"", "\"id\":\"QE\",\"id\":\"QE\"", "enclaveIdentity-malformed" },
    /* clang-format on */
};

/* The first `from` in the signed object becomes `to`. */
static void edit(const struct kit *kit, const struct row *row,
                 const char *member, const struct buffer *text,
                 struct buffer *out)
{
    struct ca_key *signer = NULL;
    AUTO_CLEAR_BUFFER object = buffer_make(TEXT_MAX);
    const unsigned char *from = text->data + strlen(member) + 4;
    const unsigned char *end =
        memmem(text->data, text->len, ",\"signature\"", 12);
    assert_non_null(end);
    const unsigned char *at =
        memmem(from, (size_t)(end - from), row->from, strlen(row->from));
    if (!at)
        fail_msg("%s is not in it", row->from);
    const unsigned char *behind = at + strlen(row->from);
    buffer_put(&object, bytes_of(from, (size_t)(at - from)));
    buffer_put(&object, bytes_of_string(row->to));
    buffer_put(&object, bytes_of(behind, (size_t)(end - behind)));
    assert_ok(simulator_read_key(temp_dir_path(&kit->dir, "one"),
                                 SIMULATOR_TCB_KEY, CA_P256, &signer, NULL));
    assert_ok(collateral_sign(member, buffer_bytes(&object), signer, out));
    ca_key_free(signer);
}

static bool check(const struct kit *kit, const struct row *row)
{
    const struct simulator_collateral wanted = {
        .tdx = row->about == TDX, .version = row->about == SGX_OLD ? 2 : 3
    };
    AUTO_COLLATERAL files = { 0 };
    AUTO_CLEAR_BUFFER edited = buffer_make(TEXT_MAX);
    struct attest_verdict v;
    kit_make(kit, false, &wanted, &files);
    struct attest_collateral c = kit_collateral(&files);
    if (row->about == QE) {
        edit(kit, row, "enclaveIdentity", &files.qe_identity, &edited);
        c.qe_identity = buffer_bytes(&edited);
    } else {
        edit(kit, row, "tcbInfo", &files.tcb_info, &edited);
        c.tcb_info = buffer_bytes(&edited);
    }
    kit_judge(kit, row->about == TDX ? &kit->tdx : &kit->sgx, &c, KIT_NOW, &v);
    const char *found = v.failures_count > 0 ? v.failures[0].token : "nothing";
    bool right = row->token
                     ? v.failures_count == 1 && strcmp(found, row->token) == 0
                     : v.failures_count == 0;
    if (!right)
        print_error("%s for %s: %s, %zu in all\n", row->to, row->from, found,
                    v.failures_count);
    return right;
}

static void every_malformed_statement_is_refused_by_its_token(void **state)
{
    size_t wrong = 0;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        wrong += check(*state, &rows[i]) ? 0 : 1;
    assert_int_equal(0, wrong);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_malformed_statement_is_refused_by_its_token),
    };
    return cmocka_run_group_tests(tests, kit_begin, kit_end);
}

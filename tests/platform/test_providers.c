/* Where evidence comes from on real machines: what is asked of the devices,
 * which answers are taken, and that every failure is named. */

#include <errno.h>

#include "tests/support/check.h"

#include "tests/platform/machine.h"

#define BYTES(literal) bytes_of(literal, sizeof(literal) - 1)
#define TSM            "/sys/kernel/config/tsm/report"
#define ATTESTATION    "/dev/attestation/"

static const unsigned char data[PLATFORM_REPORT_DATA_LEN] = { 1, 2, 3, 4 };
static unsigned char report[1184];

static void as_gramine(struct machine *m)
{
    machine_put(m, ATTESTATION "attestation_type", BYTES("dcap\n"));
    machine_put(m, ATTESTATION "quote", BYTES("a quote"));
}

static void as_tdx(struct machine *m)
{
    m->exists = TSM;
    machine_put(m, "provider", BYTES("tdx_guest\n"));
    machine_put(m, "outblob", BYTES("a quote"));
}

/* VCEK and ASK of two bytes each. */
static const unsigned char table[] = {
    0x63, 0xda, 0x75, 0x8d, 0xe6, 0x64, 0x45, 0x64, 0xad, 0xc5, 0xf4,
    0xb9, 0x3b, 0xe8, 0xac, 0xcd, 72,   0,    0,    0,    2,    0,
    0,    0,    0x4a, 0xb7, 0xb3, 0x79, 0xbb, 0xac, 0x4f, 0xe4, 0xa0,
    0x2f, 0x05, 0xae, 0xf3, 0x27, 0xc7, 0x82, 74,   0,    0,    0,
    2,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,
    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,
    0,    0,    0,    0,    0,    0,    'e',  'k',  'c',  'a',
};

static void as_snp(struct machine *m)
{
    m->exists = TSM;
    machine_put(m, "provider", BYTES("sev_guest\n"));
    machine_put(m, "outblob", bytes_of(report, sizeof(report)));
    machine_put(m, "auxblob", bytes_of(table, sizeof(table)));
}

static void as_nitro(struct machine *m)
{
    m->exists = "/dev/nsm";
    m->answer = BYTES("\xa1\x6b"
                      "Attestation\xa1\x68"
                      "document\x43"
                      "doc");
}

static void as_nothing(struct machine *m)
{
    (void)m;
}

static struct status post(void *context, const char *path, struct bytes body,
                          struct buffer *answer, struct reason *why)
{
    (void)context;
    (void)path;
    (void)body;
    (void)why;
    buffer_put_string(answer, "{\"quote\":\"cXVvdGU=\"}");
    return buffer_status(answer);
}

static struct platform_sim sim = { .agent = { post, NULL } };

static struct status find_and_ask(struct machine *m, struct platform *found,
                                  struct bytes nonce, struct buffer *out,
                                  struct reason *why)
{
    TRY(platform_find(&m->system, &sim, found, why));
    return found->evidence(found->context, data, nonce, out, why);
}

static const struct {
    void (*as)(struct machine *m);
    const char *name, *evidence;
    uint8_t kind;
} machines[] = {
    { as_gramine, "gramine", "a quote", API_KIND_SGX },
    { as_tdx, "tsm", "a quote", API_KIND_TDX },
    { as_snp, "tsm", NULL, API_KIND_SNP },
    { as_nitro, "nitro", "doc", API_KIND_NITRO },
    { as_nothing, "sim", "quote", API_KIND_SGX },
};
#define MACHINES (sizeof(machines) / sizeof(machines[0]))

static void each_machine_is_recognised_and_answers(void **state)
{
    (void)state;
    for (size_t i = 0; i < MACHINES; i++) {
        AUTO_MACHINE m;
        AUTO_CLEAR_BUFFER out = buffer_make(4096);
        struct reason why = { "" };
        struct platform found;
        machine_init(&m);
        machines[i].as(&m);
        buffer_put_string(&out, "before ");
        if (failed(find_and_ask(&m, &found, BYTES(""), &out, &why)))
            fail_msg("%s: %s", machines[i].name, why.text);
        assert_string_equal(found.name, machines[i].name);
        assert_int_equal(found.kind, machines[i].kind);
        assert_true(found.found[0] != '\0');
        assert_memory_equal(out.data, "before ", 7);
        if (machines[i].evidence)
            assert_true(bytes_equal(bytes_of(out.data + 7, out.len - 7),
                                    bytes_of_string(machines[i].evidence)));
        assert_int_equal(m.made, m.removed);
        if (m.writes > 0)
            assert_true(bytes_equal(buffer_bytes(&m.written),
                                    bytes_of(data, sizeof(data))));
    }
}

static void a_report_comes_with_the_hosts_certificates(void **state)
{
    (void)state;
    AUTO_MACHINE m;
    AUTO_CLEAR_BUFFER out = buffer_make(4096);
    struct platform found;
    machine_init(&m);
    as_snp(&m);
    assert_ok(find_and_ask(&m, &found, BYTES(""), &out, NULL));
    assert_int_equal(out.len, sizeof(report) + 4);
    assert_memory_equal(out.data + sizeof(report), "ekca", 4);

    /* Or without: an empty table, or no such file. */
    machine_put(&m, "auxblob", BYTES(""));
    buffer_clear(&out);
    assert_ok(find_and_ask(&m, &found, BYTES(""), &out, NULL));
    assert_int_equal(out.len, sizeof(report));
    m.files[2].path = NULL;
    buffer_clear(&out);
    assert_ok(find_and_ask(&m, &found, BYTES(""), &out, NULL));
    assert_int_equal(out.len, sizeof(report));
}

static void the_module_is_asked_in_cbor(void **state)
{
    (void)state;
    AUTO_MACHINE m;
    AUTO_CLEAR_BUFFER out = buffer_make(4096);
    AUTO_CLEAR_BUFFER wanted = buffer_make(4096);
    struct platform found;
    machine_init(&m);
    as_nitro(&m);
    assert_ok(find_and_ask(&m, &found, BYTES("0123456789abcdef"), &out, NULL));
    buffer_put(&wanted, BYTES("\xa1\x6b"
                              "Attestation\xa3\x69user_data\x58\x40"));
    buffer_put(&wanted, bytes_of(data, sizeof(data)));
    buffer_put(&wanted, BYTES("\x65nonce\x50"
                              "0123456789abcdef\x6apublic_key\xf6"));
    assert_true(bytes_equal(buffer_bytes(&m.request), buffer_bytes(&wanted)));
    buffer_clear(&m.request);
    buffer_clear(&out);
    assert_ok(find_and_ask(&m, &found, BYTES(""), &out, NULL));
    assert_non_null(memmem(m.request.data, m.request.len, "nonce\xf6", 6));
    static const unsigned char long_nonce[PLATFORM_NONCE_MAX + 1];
    assert_status(STATUS_INVALID,
                  find_and_ask(&m, &found,
                               bytes_of(long_nonce, sizeof(long_nonce)), &out,
                               NULL));
}

/* Each call of each machine fails once. */
static void every_failing_call_is_named_and_leaves_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i + 1 < MACHINES; i++) {
        unsigned n = 1;
        for (;; n++) {
            AUTO_MACHINE m;
            AUTO_CLEAR_BUFFER out = buffer_make(4096);
            struct reason why = { "" };
            struct platform found;
            machine_init(&m);
            machines[i].as(&m);
            m.fail_at = n;
            struct status s = find_and_ask(&m, &found, BYTES(""), &out, &why);
            assert_int_equal(m.made, m.removed);
            if (!failed(s) && m.calls < n)
                break;
            if (s.code != STATUS_UNAVAILABLE ||
                strncmp(why.text, machines[i].name, strlen(machines[i].name)) !=
                    0 ||
                !strstr(why.text, strerror(EIO)))
                fail_msg("%s, call %u: %s \"%s\"", machines[i].name, n,
                         status_name(s.code), why.text);
            assert_int_equal(out.len, 0);
        }
        assert_true(n > 1);
    }
}

static void expect_refusal(struct machine *m, enum status_code code,
                           const char *says)
{
    AUTO_CLEAR_BUFFER out = buffer_make(65536);
    struct reason why = { "" };
    struct platform found;
    struct status s = find_and_ask(m, &found, BYTES(""), &out, &why);
    if (s.code != code || !strstr(why.text, says))
        fail_msg("expected %s \"%s\", got %s \"%s\"", status_name(code), says,
                 status_name(s.code), why.text);
    assert_int_equal(out.len, 0);
    assert_int_equal(m->made, m->removed);
}

static void gramine_must_attest_by_dcap(void **state)
{
    (void)state;
    static const char *const types[] = { "none", "epid", "dcap2", "" };
    for (size_t i = 0; i < 4; i++) {
        AUTO_MACHINE m;
        machine_init(&m);
        as_gramine(&m);
        machine_put(&m, ATTESTATION "attestation_type",
                    bytes_of_string(types[i]));
        expect_refusal(&m, types[i][0] ? STATUS_UNAVAILABLE : STATUS_INVALID,
                       types[i][0] ? "gramine: sgx.remote_attestation is not"
                                   : "is empty");
    }
}

static void a_meddler_is_seen(void **state)
{
    (void)state;
    AUTO_MACHINE m;
    machine_init(&m);
    as_tdx(&m);
    m.meddled = true;
    expect_refusal(&m, STATUS_CONFLICT,
                   "tsm: somebody else wrote to the entry meanwhile");
}

static void answers_that_are_none_are_refused(void **state)
{
    (void)state;
    static unsigned char much[PLATFORM_EVIDENCE_MAX + 1];
    static const struct {
        void (*as)(struct machine *m);
        const char *path;
        struct bytes contents;
        enum status_code code;
        const char *says;
    } rows[] = {
#define MUCH { much, sizeof(much) }
        { as_gramine,
          ATTESTATION "quote",
          { NULL, 0 },
          STATUS_INVALID,
          "quote is empty" },
        { as_gramine, ATTESTATION "quote", MUCH, STATUS_INVALID, "too long" },
        { as_tdx, "outblob", { NULL, 0 }, STATUS_INVALID, "is empty" },
        { as_tdx, "outblob", MUCH, STATUS_INVALID, "too long" },
        { as_tdx,
          "provider",
          { (const unsigned char *)"arm_cca_guest\n", 14 },
          STATUS_UNAVAILABLE,
          "tsm: the provider \"arm_cca_guest\" is not known here" },
        { as_tdx, "provider", { much, 65 }, STATUS_INVALID, "too long" },
        { as_snp,
          "outblob",
          { much, 1183 },
          STATUS_INVALID,
          "tsm: the report has 1183 bytes, not 1184" },
        { as_snp,
          "auxblob",
          { much, 8 },
          STATUS_INVALID,
          "tsm: the host's certificate table is malformed" },
        { as_snp, "auxblob", MUCH, STATUS_INVALID, "too long" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        AUTO_MACHINE m;
        machine_init(&m);
        rows[i].as(&m);
        machine_put(&m, rows[i].path, rows[i].contents);
        expect_refusal(&m, rows[i].code, rows[i].says);
    }
}

static void the_modules_word_is_passed_on(void **state)
{
    (void)state;
    static const struct {
        struct bytes answer;
        enum status_code code;
        const char *says;
    } rows[] = {
#define ROW(literal) { (const unsigned char *)(literal), sizeof(literal) - 1 }
        { ROW("\xa1\x65"
              "Error\x6fInvalidArgument"),
          STATUS_UNAVAILABLE, "nitro: the module refuses: InvalidArgument" },
        { ROW("\xa1\x65"
              "Error\x63"
              "a\nb"),
          STATUS_UNAVAILABLE, "refuses: ?" },
        { ROW("\xa1\x65"
              "Error\x60"),
          STATUS_UNAVAILABLE, "refuses: ?" },
        { ROW("\xa1\x65"
              "Error\x01"),
          STATUS_INVALID, "malformed" },
        { ROW(""), STATUS_INVALID, "nitro: the module's answer is malformed" },
        { ROW("\xa1\x6b"
              "Attestation\xa1\x68"
              "document\x40"),
          STATUS_INVALID, "malformed" },
        { ROW("\xa1\x6b"
              "Attestation\xa1\x68"
              "document\x43"
              "doc\x00"),
          STATUS_INVALID, "malformed" },
        { ROW("\xa1\x6b"
              "Attestation\xa1\x68"
              "document\x5a\xff\xff\xff\xff"
              "doc"),
          STATUS_INVALID, "malformed" },
        { ROW("\xa1\x6b"
              "Attestation\xa2\x68"
              "document\x41x\x61y\x41x"),
          STATUS_INVALID, "malformed" },
        { ROW("\xa1\x69"
              "DescribePCR\xa0"),
          STATUS_INVALID, "malformed" },
        { ROW("\xbf\x6b"
              "Attestation\xa1\x68"
              "document\x41x\xff"),
          STATUS_INVALID, "malformed" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        AUTO_MACHINE m;
        machine_init(&m);
        as_nitro(&m);
        m.answer = rows[i].answer;
        expect_refusal(&m, rows[i].code, rows[i].says);
    }
}

static void gramine_reports_to_other_enclaves(void **state)
{
    (void)state;
    static const unsigned char target[PLATFORM_TARGET_INFO_LEN] = { 9 };
    static const unsigned char local[PLATFORM_LOCAL_REPORT_LEN] = { 8 };
    AUTO_MACHINE m;
    AUTO_CLEAR_BUFFER out = buffer_make(4096);
    struct reason why = { "" };
    machine_init(&m);
    machine_put(&m, ATTESTATION "report", bytes_of(local, sizeof(local)));
    machine_put(&m, ATTESTATION "my_target_info",
                bytes_of(target, sizeof(target)));
    assert_ok(platform_gramine_report(&m.system, target, data, &out, &why));
    assert_true(
        bytes_equal(buffer_bytes(&out), bytes_of(local, sizeof(local))));
    assert_int_equal(m.written.len, sizeof(target) + sizeof(data));
    assert_memory_equal(m.written.data, target, sizeof(target));
    buffer_clear(&out);
    assert_ok(platform_gramine_target_info(&m.system, &out, &why));
    assert_true(
        bytes_equal(buffer_bytes(&out), bytes_of(target, sizeof(target))));
    machine_put(&m, ATTESTATION "my_target_info", bytes_of(target, 511));
    assert_status(STATUS_INVALID,
                  platform_gramine_target_info(&m.system, &out, &why));
    assert_non_null(strstr(why.text, "511 bytes, not 512"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_machine_is_recognised_and_answers),
        cmocka_unit_test(a_report_comes_with_the_hosts_certificates),
        cmocka_unit_test(the_module_is_asked_in_cbor),
        cmocka_unit_test(every_failing_call_is_named_and_leaves_nothing),
        cmocka_unit_test(gramine_must_attest_by_dcap),
        cmocka_unit_test(a_meddler_is_seen),
        cmocka_unit_test(answers_that_are_none_are_refused),
        cmocka_unit_test(the_modules_word_is_passed_on),
        cmocka_unit_test(gramine_reports_to_other_enclaves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Every allocation of a provider may fail, and nothing is left behind. */

#include "tests/support/check.h"

#include "tests/platform/machine.h"
#include "tests/support/torture.h"

#define BYTES(literal) bytes_of(literal, sizeof(literal) - 1)
#define ROOM           4096

static struct machine machine;

/* The machine itself must not run out. */
static void prepare(void)
{
    machine_init(&machine);
    assert_non_null(buffer_extend(&machine.written, ROOM));
    assert_non_null(buffer_extend(&machine.request, ROOM));
}

static struct status ask(void)
{
    static const unsigned char data[PLATFORM_REPORT_DATA_LEN] = { 1 };
    struct platform_sim sim = { 0 };
    struct platform found;
    AUTO_CLEAR_BUFFER out = buffer_make(PLATFORM_EVIDENCE_MAX);
    machine.written.len = machine.request.len = 0;
    TRY(platform_find(&machine.system, &sim, &found, NULL));
    TRY(found.evidence(found.context, data, BYTES("nonce"), &out, NULL));
    assert_true(out.len > 0);
    return OK;
}

static void gramine_says_so(void **state)
{
    (void)state;
    prepare();
    machine_put(&machine, "/dev/attestation/attestation_type", BYTES("dcap"));
    machine_put(&machine, "/dev/attestation/quote", BYTES("a quote"));
    assert_true(torture(ask) > 1);
    machine_clear(&machine);
}

static void tsm_says_so_and_removes_its_entry(void **state)
{
    (void)state;
    static const unsigned char report[1184];
    static const unsigned char empty[24];
    prepare();
    machine.exists = "/sys/kernel/config/tsm/report";
    machine_put(&machine, "provider", BYTES("sev_guest\n"));
    machine_put(&machine, "outblob", bytes_of(report, sizeof(report)));
    machine_put(&machine, "auxblob", bytes_of(empty, sizeof(empty)));
    assert_true(torture(ask) > 3);
    assert_int_equal(machine.made, machine.removed);
    machine_clear(&machine);
}

static void nitro_says_so(void **state)
{
    (void)state;
    prepare();
    machine.exists = "/dev/nsm";
    machine.answer = BYTES("\xa1\x6b"
                           "Attestation\xa1\x68"
                           "document\x43"
                           "doc");
    assert_true(torture(ask) > 1);
    machine_clear(&machine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gramine_says_so),
        cmocka_unit_test(tsm_says_so_and_removes_its_entry),
        cmocka_unit_test(nitro_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The runner's own way to a certificate on every kind of platform: what it asks
 * of the device or the simulator, and how the evidence travels. */

#include <time.h>

#include "tests/support/check.h"

#include "agent/simulator_nitro.h"
#include "agent/simulator_snp.h"
#include "enclave/session.h"
#include "tests/enclave/world.h"
#include "tests/platform/machine.h"

#define BYTES(literal) bytes_of(literal, sizeof(literal) - 1)

static struct world world;
static struct agent *agent; /* with a simulator of every kind */
static struct simulator *simulator;
static char agent_url[64];

static int setup(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER roots = buffer_make(8192);
    uint64_t now = (uint64_t)time(NULL);
    const char *directory;
    struct reason why = { "" };
    world_open(&world, "plain");
    directory = temp_dir_path(&world.dir, "every-kind");
    assert_ok(simulator_make(directory, now, &why));
    assert_ok(simulator_nitro_make(directory, now, &why));
    assert_ok(simulator_snp_make(directory, SNP_MILAN, now, &why));
    assert_ok(simulator_open(directory, &simulator, &why));
    root_pem(&world.root, &roots);
    const struct agent_settings settings = {
        .address = "127.0.0.1",
        .broker_url = host_url(world.broker),
        .broker_roots = buffer_bytes(&roots),
        .simulator = simulator,
    };
    assert_ok(agent_open(&settings, &agent, &why));
    (void)snprintf(agent_url, sizeof(agent_url), "http://127.0.0.1:%u",
                   (unsigned)agent_port(agent));
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    agent_free(agent);
    simulator_free(simulator);
    world_close(&world);
    return 0;
}

/* Collects what is said to whoever watches. */
static void listen_to(void *context, const char *line)
{
    struct buffer *said = context;
    buffer_put_string(said, line);
    buffer_put_string(said, "\n");
}

static enum accord_result attest(const struct platform_system *system,
                                 const char *simulate, struct buffer *said,
                                 char error[480])
{
    struct accord_options options = ACCORD_OPTIONS_INIT;
    struct accord_session *session = session_new();
    assert_non_null(session);
    options.configuration = world.hash_text;
    options.agent = agent_url;
    options.broker = host_url(world.broker);
    options.allow_http = 1;
    options.simulate = simulate;
    options.progress = listen_to;
    options.progress_context = said;
    session->system = system;
    enum accord_result result = session_attest(session, &options);
    (void)snprintf(error, 480, "%s", session->error);
    accord_session_free(session);
    buffer_put_u8(said, '\0');
    return result;
}

static bool carries(const void *part, size_t len)
{
    return memmem(world.evidence.data, world.evidence.len, part, len) != NULL;
}

static void the_simulator_speaks_for_every_kind(void **state)
{
    (void)state;
    static const struct {
        const char *kind;
        enum ca_carrier_kind carrier;
        size_t report_data_at; /* in the evidence; 0: wherever */
    } rows[] = {
        { NULL, CA_CARRIER_QUOTE, 48 + 320 },
        { "sgx", CA_CARRIER_QUOTE, 48 + 320 },
        { "tdx", CA_CARRIER_DCAP_TDX, 48 + 520 },
        { "snp", CA_CARRIER_SNP, 0x50 },
        { "nitro", CA_CARRIER_NITRO, 0 },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        AUTO_MACHINE bare;
        AUTO_CLEAR_BUFFER said = buffer_make(65536);
        char error[480];
        machine_init(&bare);
        if (attest(&bare.system, rows[i].kind, &said, error) != ACCORD_OK)
            fail_msg("%s: %s", rows[i].kind ? rows[i].kind : "any", error);
        assert_non_null(strstr((const char *)said.data, "platform: sim ("));
        assert_int_equal(world.carrier, rows[i].carrier);
        if (rows[i].report_data_at)
            assert_memory_equal(world.evidence.data + rows[i].report_data_at,
                                world.report_data, CA_REPORT_DATA_LEN);
        assert_true(carries(world.report_data, CA_REPORT_DATA_LEN));
    }
}

static void an_unknown_kind_is_a_mistake(void **state)
{
    (void)state;
    static const char *const kinds[] = { "", "SGX", "sgx-simulated", "arm" };
    for (size_t i = 0; i < 4; i++) {
        AUTO_MACHINE bare;
        AUTO_CLEAR_BUFFER said = buffer_make(65536);
        char error[480];
        machine_init(&bare);
        assert_int_equal(attest(&bare.system, kinds[i], &said, error),
                         ACCORD_USAGE);
        assert_non_null(strstr(error, "not a kind to simulate"));
    }
}

static unsigned char report[1184] = { 3 };

static void as_gramine(struct machine *m)
{
    machine_put(m, "/dev/attestation/attestation_type", BYTES("dcap"));
    machine_put(m, "/dev/attestation/quote", BYTES("\x03\x00 a quote"));
}

static void as_tdx(struct machine *m)
{
    m->exists = "/sys/kernel/config/tsm/report";
    machine_put(m, "provider", BYTES("tdx_guest\n"));
    machine_put(m, "outblob", BYTES("\x04\0\2\0\x81\0\0\0 and so on"));
}

static void as_snp(struct machine *m)
{
    m->exists = "/sys/kernel/config/tsm/report";
    machine_put(m, "provider", BYTES("sev_guest\n"));
    machine_put(m, "outblob", bytes_of(report, sizeof(report)));
}

static void as_nitro(struct machine *m)
{
    m->exists = "/dev/nsm";
    m->answer = BYTES("\xa1\x6b"
                      "Attestation\xa1\x68"
                      "document\x43"
                      "doc");
}

static const struct {
    void (*as)(struct machine *m);
    const char *says;
    enum ca_carrier_kind carrier;
} real[] = {
    { as_gramine, "platform: gramine (/dev/attestation)", CA_CARRIER_QUOTE },
    { as_tdx,
      "platform: tsm (/sys/kernel/config/tsm/report, provider "
      "tdx_guest)",
      CA_CARRIER_DCAP_TDX },
    { as_snp, "provider sev_guest)", CA_CARRIER_SNP },
    { as_nitro, "platform: nitro (/dev/nsm)", CA_CARRIER_NITRO },
};

static void a_device_is_given_the_keys_report_data(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(real) / sizeof(real[0]); i++) {
        AUTO_MACHINE m;
        AUTO_CLEAR_BUFFER said = buffer_make(65536);
        char error[480];
        machine_init(&m);
        real[i].as(&m);
        if (attest(&m.system, NULL, &said, error) != ACCORD_OK)
            fail_msg("%s: %s", real[i].says, error);
        assert_non_null(strstr((const char *)said.data, real[i].says));
        assert_int_equal(world.carrier, real[i].carrier);
        const struct buffer *asked = m.writes ? &m.written : &m.request;
        assert_non_null(memmem(asked->data, asked->len, world.report_data,
                               CA_REPORT_DATA_LEN));
    }
}

static void a_device_that_fails_is_not_replaced_by_the_simulator(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(real) / sizeof(real[0]); i++) {
        AUTO_MACHINE m;
        AUTO_CLEAR_BUFFER said = buffer_make(65536);
        char error[480];
        unsigned before = world.certificates;
        machine_init(&m);
        real[i].as(&m);
        m.fail_at = 1;
        assert_int_equal(attest(&m.system, NULL, &said, error),
                         ACCORD_UNAVAILABLE);
        assert_non_null(strstr(error, "evidence: "));
        assert_int_equal(world.certificates, before);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_simulator_speaks_for_every_kind),
        cmocka_unit_test(an_unknown_kind_is_a_mistake),
        cmocka_unit_test(a_device_is_given_the_keys_report_data),
        cmocka_unit_test(a_device_that_fails_is_not_replaced_by_the_simulator),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}

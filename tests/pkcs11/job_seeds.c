/* Writes the seeds of the fuzz target `job` into a directory: one valid
 * message of each job, as a job and for its decoder. Run it again when a
 * message changes:
 *
 *     pkcs11.job_seeds tests/fuzz/corpus/job */

#include <stdio.h>
#include <stdlib.h>

#include "tests/support/check.h"

#include "base/file.h"
#include "tests/pkcs11/scene.h"

static const char *directory;

static void write_seed(const char *name, uint8_t number, struct bytes body)
{
    for (int alone = 0; alone < 2; alone++) {
        char path[512];
        AUTO_CLEAR_BUFFER seed = buffer_make(64 * 1024);
        buffer_put_u8(&seed, (uint8_t)(number | (alone ? 0x80 : 0)));
        buffer_put(&seed, body);
        (void)snprintf(path, sizeof(path), "%s/%s%s", directory, name,
                       alone ? "-decoded" : "");
        assert_ok(file_write(path, buffer_bytes(&seed), 0644));
    }
}

static void write_certify(struct scene *scene)
{
    static const char *const names[] = { "app.example.net" };
    struct pkcs11_certify certify = {
        .kind = CA_ENCLAVE,
        .spki = ca_spki(ca_key_public(scene->enclave)),
        .common_name = "app",
        .names = names,
        .names_count = 1,
        .account = scene->context.account,
        .not_after = scene->start + 3600,
        .configuration = scene->statement.configuration,
        .rule = &scene->rule,
        .binding = { .rule = CA_BINDS_KEY },
        .evidence = bytes_of("evidence", 8),
    };
    struct reason why = { "" };
    AUTO_CLEAR_BUFFER body = buffer_make(64 * 1024);

    assert_ok(pkcs11_encode_certify(&certify, &body, &why));
    write_seed("certify-enclave", PKCS11_CERTIFY, buffer_bytes(&body));
    buffer_clear(&body);
    certify.kind = CA_SERVER;
    certify.rule = NULL;
    certify.evidence = bytes_of(NULL, 0);
    certify.binding.rule = 0;
    memset(&certify.configuration, 0, sizeof(certify.configuration));
    assert_ok(pkcs11_encode_certify(&certify, &body, &why));
    write_seed("certify-server", PKCS11_CERTIFY, buffer_bytes(&body));
}

static void write_rest(struct scene *scene)
{
    unsigned char leaf[API_LEAF_LEN];
    static const unsigned char serials[32] = { 1 };
    struct api_leaf first = { .kind = API_LEAF_STORE };
    const struct ca_crl_fields crl = { bytes_of(serials, 16), 1, 2, 3 };
    struct pkcs11_intake intake = { .context = scene->context,
                                    .wrapped =
                                        buffer_bytes(&scene->sealed.wrapped),
                                    .proof = scene->sealed.proof };
    AUTO_CLEAR_BUFFER body = buffer_make(64 * 1024);

    assert_ok(api_leaf_encode(&first, leaf));
    write_seed("append", PKCS11_APPEND, bytes_of(leaf, sizeof(leaf)));
    write_seed("store-key", PKCS11_STORE_KEY, bytes_of(serials, 32));
    write_seed("describe", PKCS11_DESCRIBE, bytes_of(NULL, 0));
    pkcs11_encode_crl(&crl, &body);
    write_seed("crl", PKCS11_CRL, buffer_bytes(&body));
    buffer_clear(&body);
    pkcs11_encode_intake(&intake, &body);
    write_seed("intake", PKCS11_INTAKE, buffer_bytes(&body));
    buffer_clear(&body);
    pkcs11_put_context(&body, &scene->context);
    write_seed("erase", PKCS11_ERASE, buffer_bytes(&body));
}

static void write_plain(struct scene *scene)
{
    AUTO_CLEAR_BUFFER body = buffer_make(64 * 1024);
    AUTO_CLEAR_BUFFER blob = buffer_make(1024);
    struct pkcs11_intake_plain_message asked = {
        .context = { .account = scene->context.account,
                     .dataset = scene->context.dataset,
                     .version = scene->context.version,
                     .flags = API_CLASS_CCM },
        .credential = bytes_of("{}", 2),
    };

    pkcs11_encode_intake_plain(&asked, &body);
    write_seed("intake-plain", PKCS11_INTAKE_PLAIN, buffer_bytes(&body));
    assert_ok(scene_intake_plain(scene, &asked.context, asked.credential));
    buffer_put(&blob, buffer_bytes(&scene->out));
    buffer_clear(&body);
    assert_ok(
        scene_release_plain(scene, &asked.context, buffer_bytes(&blob), &body));
    write_seed("release-plain", PKCS11_RELEASE_PLAIN, buffer_bytes(&body));
}

int main(int argc, char **argv)
{
    struct stage stage;
    struct hsm_worker worker;
    struct scene scene;
    AUTO_CLEAR_BUFFER release = buffer_make(16 * 1024);

    if (argc != 2) {
        (void)fprintf(stderr, "usage: %s DIRECTORY\n", argv[0]);
        return 2;
    }
    directory = argv[1];
    stage_make(&stage, "[ccm]\nplain_paths = yes\n");
    assert_int_equal(stage_init(&stage, NULL, 0), 0);
    stage_worker(&stage, &worker);
    scene_make(&scene, &worker);
    assert_ok(scene_release(&scene, &release));
    write_seed("release", PKCS11_RELEASE, buffer_bytes(&release));
    write_certify(&scene);
    write_plain(&scene);
    write_rest(&scene);
    scene_clear(&scene);
    hsm_worker_clear(&worker);
    stage_clear(&stage);
    return 0;
}

#include <stdio.h>
#include <unistd.h>

#include "agent/simulator_collateral.h"
#include "base/file.h"
#include "tests/broker/stage.h"

static const char *place(struct stage *s, const char *name, char out[512])
{
    (void)snprintf(out, 512, "collateral/%s", name);
    return temp_dir_path(&s->dir, out);
}

static void load(struct stage *s)
{
    struct reason why = { "" };
    struct status done = collateral_load(
        &s->broker.collateral, temp_dir_path(&s->dir, "collateral"), &why);
    if (failed(done))
        print_error("%s\n", why.text);
    assert_ok(done);
}

void stage_collateral(struct stage *s, const char *name,
                      const struct simulator_collateral *wanted)
{
    AUTO_COLLATERAL files = { 0 };
    struct reason why = { "" };
    char path[512], directory[4096];
    assert_ok(file_make_directory(temp_dir_path(&s->dir, "collateral"), 0700));
    (void)snprintf(directory, sizeof(directory), "%s", place(s, name, path));
    assert_ok(simulator_collateral_make(temp_dir_path(&s->dir, "platform"),
                                        wanted, stage_seconds(), &files, &why));
    assert_ok(collateral_write(&files, directory, &why));
    load(s);
}

void stage_no_collateral(struct stage *s, const char *name)
{
    static const char *const files[] = {
        "tcbinfo.json",    "qeidentity.json", "tcb_signing_chain.pem",
        "root_ca.crl.der", "pck_ca.crl.der",  "pck_crl_issuer_chain.pem"
    };
    char path[512], file[600];
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        (void)snprintf(file, sizeof(file), "collateral/%s/%s", name, files[i]);
        assert_int_equal(0, unlink(temp_dir_path(&s->dir, file)));
    }
    assert_int_equal(0, rmdir(place(s, name, path)));
    load(s);
}

/* Files below a work directory, and nowhere else. */

#include "enclave/layout.h"

#include "tests/support/check.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "tests/support/temp_dir.h"

static struct temp_dir dir;
static int root;

static int setup(void **state)
{
    (void)state;
    dir = temp_dir_make();
    root = open(dir.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return root < 0;
}

static int teardown(void **state)
{
    (void)state;
    (void)close(root);
    temp_dir_remove(&dir);
    return 0;
}

static STATUS put(const char *path, struct reason *why)
{
    return layout_write(root, path, bytes_of_string("text"), why);
}

static void directories_are_made_on_the_way(void **state)
{
    (void)state;
    struct stat st;
    AUTO_CLEAR_BUFFER text = buffer_make(64);
    assert_ok(put("a/b//./c.txt", NULL));
    assert_ok(file_read(temp_dir_path(&dir, "a/b/c.txt"), &text));
    assert_int_equal(text.len, 4);
    assert_int_equal(stat(temp_dir_path(&dir, "a/b"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    assert_int_equal(stat(temp_dir_path(&dir, "a/b/c.txt"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
}

static void assert_refused(const char *path, const char *says)
{
    struct reason why = { "" };
    assert_status(STATUS_INVALID, put(path, &why));
    if (!strstr(why.text, says))
        fail_msg("%s: \"%s\" does not say \"%s\"", path, why.text, says);
}

static void nothing_leads_out(void **state)
{
    (void)state;
    assert_refused("../x", "leads upwards");
    assert_refused("p/../x", "leads upwards");
    assert_refused("p/..", "leads upwards");
    assert_refused("..", "leads upwards");
    assert_refused("", "not a file's path");
    assert_refused("/", "not a file's path");
    assert_refused(".", "not a file's path");
    assert_refused("p/", "not a file's path");
    assert_refused("p/.", "not a file's path");

    assert_int_equal(symlink("/tmp", temp_dir_path(&dir, "link")), 0);
    assert_refused("link/x", "cannot enter link/x");
    assert_refused("link", "cannot make link");
}

static void nothing_is_overwritten(void **state)
{
    (void)state;
    assert_ok(put("once/file", NULL));
    assert_refused("once/file", "File exists");
    assert_refused("once/file/below", "cannot enter");
    assert_refused("once", "cannot make once");
}

static void data_is_where_the_ports_say(void **state)
{
    (void)state;
    int fd;
    struct reason why = { "" };
    const struct enclave_dataset in = { .port = "input", .object = "a" };
    const struct enclave_dataset out = { .port = "output2", .object = "a" };
    const struct enclave_dataset put_out = { .port = "put_output" };
    assert_false(layout_is_output(&in));
    assert_true(layout_is_output(&out));
    assert_false(layout_is_output(&put_out));

    assert_status(STATUS_NOT_FOUND, layout_open_data(&in, root, &fd, &why));
    assert_ok(layout_create_data(&in, root, &fd, &why));
    (void)close(fd);
    assert_int_equal(access(temp_dir_path(&dir, "input/a/data"), R_OK), 0);
    assert_ok(layout_open_data(&in, root, &fd, &why));
    (void)close(fd);
}

/* --- layout_fill --------------------------------------------------------- */

static struct status fill(const char *app_config, struct reason *why)
{
    AUTO_CLEAR_BUFFER text = buffer_make(4096);
    json_t *config = NULL, *extra = json_object();
    buffer_printf(&text, "{\"app_config\":%s,\"labels\":{},\"zone_ca\":[]}",
                  app_config);
    assert_ok(api_json_read(buffer_bytes(&text), 4096, true, &config, why));
    const struct accord_session session = { .config = config, .extra = extra };
    struct status s = layout_fill(&session, root, why);
    json_decref(config);
    json_decref(extra);
    (void)unlink(temp_dir_path(&dir, LAYOUT_BASE "/app-config.json"));
    return s;
}

#define BASE "/" LAYOUT_BASE "/"

static void the_configuration_s_files_are_written(void **state)
{
    (void)state;
    struct reason why = { "" };
    AUTO_CLEAR_BUFFER text = buffer_make(64);
    assert_ok(fill("{\"" BASE "/x/./y\":{\"contents\":\"aGk=\"},"
                   "\"" BASE "empty/file\":{}}",
                   &why));
    assert_ok(file_read(temp_dir_path(&dir, LAYOUT_BASE "/x/y"), &text));
    assert_memory_equal(text.data, "hi", 2);
    assert_int_equal(access(temp_dir_path(&dir, LAYOUT_BASE "/empty"), F_OK),
                     0);
    assert_int_not_equal(
        access(temp_dir_path(&dir, LAYOUT_BASE "/empty/file"), F_OK), 0);
}

static void files_elsewhere_end_the_start(void **state)
{
    (void)state;
    /* clang-format off */
    static const struct { const char *config, *says; } bad[] = {
        { "{\"/etc/passwd\":{\"contents\":\"\"}}",          "is not below /" },
        { "{\"relative\":{\"contents\":\"\"}}",             "is not below" },
        { "{\"\":{\"contents\":\"\"}}",                     "is not below" },
        { "{\"" BASE "../x\":{\"contents\":\"\"}}",         "leads upwards" },
        { "{\"" BASE "a/\":{\"contents\":\"\"}}",           "not a file's path" },
        { "{\"" BASE "z\":{\"contents\":\"!\"}}",           "contents" },
        { "{\"" BASE "app-config.json\":{\"contents\":\"\"}}", "File exists" },
    };
    /* clang-format on */
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct reason why = { "" };
        assert_status(STATUS_INVALID, fill(bad[i].config, &why));
        if (!strstr(why.text, bad[i].says))
            fail_msg("%s: \"%s\" does not say \"%s\"", bad[i].config, why.text,
                     bad[i].says);
    }
}

#define WORKFLOW "0c2cd9a4-d3a8-4d9e-8e1b-3a1f2d0d7f5a"

/* As far as layout_fill() reads: app-2 on port output, found under `name`. */
static struct status fill_partner(const char *name, struct reason *why)
{
    AUTO_JSON *config = json_pack(
        "{s:{}, s:{}, s:[], s:{s:s, s:s, s:{s:{s:{s:{}}}}}}", "app_config",
        "labels", "zone_ca", "workflow", "workflow_id", WORKFLOW, "app_name",
        "app-1", "port_map", "output", "app-2", "application");
    AUTO_JSON *extra =
        json_pack("{s:{s:{s:{s:{s:s}}}}}", "connections", "output", "app-2",
                  "application", "workflow_domain", name);
    const struct accord_session session = { .config = config, .extra = extra };
    struct status s = layout_fill(&session, root, why);
    (void)unlink(temp_dir_path(&dir, LAYOUT_BASE "/app-config.json"));
    return s;
}

static void a_program_is_told_where_the_other_one_is(void **state)
{
    static const char name[] = "app-2." WORKFLOW ".workflow.accord.example";
    struct reason why = { "" };
    AUTO_CLEAR_BUFFER text = buffer_make(256);
    (void)state;
    assert_ok(fill_partner(name, &why));
    assert_ok(file_read(temp_dir_path(&dir, LAYOUT_BASE
                                      "/output/app-2/application/location.txt"),
                        &text));
    assert_true(bytes_equal(buffer_bytes(&text), bytes_of_string(name)));
}

static void a_name_that_is_not_the_other_ones_ends_the_start(void **state)
{
    static const char *const bad[] = {
        "app-1." WORKFLOW ".workflow.accord.example",
        "app-2.ffffffff-d3a8-4d9e-8e1b-3a1f2d0d7f5a.workflow.accord.example",
        "evil.example",
        "",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct reason why = { "" };
        assert_status(STATUS_CORRUPT, fill_partner(bad[i], &why));
        assert_string_equal(why.text, "the broker calls the program app-2 by "
                                      "a name that is not its own");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(directories_are_made_on_the_way),
        cmocka_unit_test(nothing_leads_out),
        cmocka_unit_test(nothing_is_overwritten),
        cmocka_unit_test(data_is_where_the_ports_say),
        cmocka_unit_test(the_configuration_s_files_are_written),
        cmocka_unit_test(files_elsewhere_end_the_start),
        cmocka_unit_test(a_program_is_told_where_the_other_one_is),
        cmocka_unit_test(a_name_that_is_not_the_other_ones_ends_the_start),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}

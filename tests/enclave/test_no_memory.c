/* A program's work directory, each allocation refused in turn: the program is
 * not started in one that lacks something. */

#include "enclave/layout.h"

#include "tests/support/check.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/file.h"
#include "tests/support/temp_dir.h"
#include "tests/support/torture.h"

static struct temp_dir dir;
static struct accord_session session;

static int set_up(void **state)
{
    (void)state;
    dir = temp_dir_make();
    session.config = json_pack("{s:{s:{s:s}}, s:{}, s:[]}", "app_config",
                               "/" LAYOUT_BASE "/a/b.txt", "contents",
                               "aGVsbG8=", "labels", "zone_ca");
    session.extra = json_object();
    assert_non_null(session.config);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    json_decref(session.config);
    json_decref(session.extra);
    temp_dir_remove(&dir);
    return 0;
}

static unsigned run;

/* Each time in a directory of its own: no file is written over. */
static struct status fill(void)
{
    char name[32];
    torture_pause();
    (void)snprintf(name, sizeof(name), "run-%u", run++);
    assert_ok(file_make_directory(temp_dir_path(&dir, name), 0700));
    int root = open(temp_dir_path(&dir, name), O_RDONLY | O_DIRECTORY);
    assert_true(root >= 0);
    torture_go_on();
    struct status s = layout_fill(&session, root, NULL);
    (void)close(root);
    return s;
}

static void a_work_directory_is_filled_or_refused(void **state)
{
    (void)state;
    AUTO_CLEAR_BUFFER text = buffer_make(64);
    char path[128];
    assert_true(torture(fill) > 2);
    (void)snprintf(path, sizeof(path), "run-%u/" LAYOUT_BASE "/a/b.txt",
                   run - 1);
    assert_ok(file_read(temp_dir_path(&dir, path), &text));
    assert_true(bytes_equal(buffer_bytes(&text), bytes_of("hello", 5)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_work_directory_is_filled_or_refused),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

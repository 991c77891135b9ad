#include "tests/shim/control.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/support/check.h"

struct shim_control *shim_make(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(0, ftruncate(fd, (off_t)sizeof(struct shim_control)));
    void *at = mmap(NULL, sizeof(struct shim_control), PROT_READ | PROT_WRITE,
                    MAP_SHARED, fd, 0);
    assert_true(at != MAP_FAILED);
    assert_int_equal(0, close(fd));
    assert_int_equal(0, setenv("ACCORD_SHIM", path, 1));
    return at;
}

/* `function` last: until then nothing happens. */
void shim_ask(struct shim_rule *rule, enum shim_function function,
              enum shim_trouble trouble, uint64_t code, uint64_t after,
              uint64_t times)
{
    shim_stop_asking(rule);
    atomic_store(&rule->trouble, trouble);
    atomic_store(&rule->code, code);
    atomic_store(&rule->after, after);
    atomic_store(&rule->times, times);
    atomic_store(&rule->struck, 0);
    atomic_store(&rule->function, function);
}

void shim_stop_asking(struct shim_rule *rule)
{
    atomic_store(&rule->function, SHIM_NONE);
}

const char *shim_name(enum shim_function function)
{
    static const char *const names[] = {
        [SHIM_NONE] = "none",
#define SHIM_TEXT(name) [SHIM_##name] = "C_" #name,
        SHIM_FUNCTIONS(SHIM_TEXT)
#undef SHIM_TEXT
            [SHIM_ANY] = "any",
    };
    return names[function];
}

#include "tests/support/heard.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/support/check.h"

static int own = -1;
static FILE *kept;
static char text[16384];

void heard_begin(void)
{
    assert_null(kept);
    kept = tmpfile();
    assert_non_null(kept);
    (void)fflush(stderr);
    own = dup(STDERR_FILENO);
    assert_true(own >= 0);
    assert_true(dup2(fileno(kept), STDERR_FILENO) >= 0);
}

const char *heard(void)
{
    assert_non_null(kept);
    (void)fflush(stderr);
    assert_true(dup2(own, STDERR_FILENO) >= 0);
    (void)close(own);
    rewind(kept);
    text[fread(text, 1, sizeof(text) - 1, kept)] = '\0';
    (void)fclose(kept);
    kept = NULL;
    return text;
}

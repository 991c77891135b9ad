#!/bin/sh
# Is every banned function refused by the compiler, and are the headers we
# use not? banned.h is included as the build does it.
#   usage: banned.sh SOURCE-DIR COMPILER [HEADER-FLAG...]
source_dir=$1 compiler=$2 check=compile
shift 2
flags="$*"

compile() { # TREE: is t.c in it accepted? Else says why.
    # shellcheck disable=SC2086 # flags are words
    "$compiler" -std=c17 -D_GNU_SOURCE $flags -Werror \
        -include "$source_dir/base/banned.h" -fsyntax-only "$1/t.c" \
        >"$1/said" 2>&1 && return
    sed -n 's|^.*/\(t\.c:[0-9]*\):[0-9]*: error: .*poisoned.*|\1: banned|p' \
        "$1/said" | sort -u | grep . || cat "$1/said"
    return 1
}
# shellcheck source=tests/architecture/plant.sh
. "$source_dir/tests/architecture/plant.sh"

for call in 'strcpy(a, b)' 'strcat(a, b)' 'strncpy(a, b, 1)' \
    'strncat(a, b, 1)' 'sprintf(a, b)' 'vsprintf(a, b, 0)' 'strtok(a, b)' \
    'gets(a)' 'gmtime(t)' 'localtime(t)' 'ctime(t)' 'asctime(t)' 'atoi(b)' \
    'atol(b)' 'atoll(b)' 'atof(b)' 'alloca(1)' 'mktemp(a)' 'tmpnam(a)'; do
    plant t.c "void f(char *a, const char *b, void *t);\nvoid f(char *a, const char *b, void *t)\n{\n    $call;\n}\n"
    refuses "$call" t.c 4 'banned'
done

plant t.c '#include <setjmp.h>\n#include <stdarg.h>\n#include <stddef.h>\n#include <stdint.h>\n#include <cmocka.h>\n#include <curl/curl.h>\n#include <event2/bufferevent_ssl.h>\n#include <event2/listener.h>\n#include <event2/thread.h>\n#include <jansson.h>\n#include <lmdb.h>\n#include <openssl/cms.h>\n#include <openssl/core_names.h>\n#include <openssl/err.h>\n#include <openssl/ssl.h>\n#include <openssl/x509v3.h>\n#include <p11-kit/p11-kit.h>\n#include <p11-kit/pkcs11.h>\n#include <p11-kit/uri.h>\n#include <pthread.h>\n#include <seccomp.h>\n#include <spawn.h>\n#include <stdlib.h>\n#include <string.h>\n#include <strings.h>\n#include <sys/socket.h>\n#include <unistd.h>\n#include <wchar.h>\nint main(void)\n{\n    return 0;\n}\n'
accepts "the headers of every library we use"
finish

#!/bin/bash
# A running accordd has shut its doors: the kernel says so of every thread.
# What is behind them is in tests/broker/test_sandbox.c; that accordd still
# does all its work, in the other tests here.
#
#     sandbox.sh BUILD-DIRECTORY
. "$(dirname "$0")/stage.sh"
stage_begin "$1"
# The operator's socket is made inside the sandbox, in its own directory.
eval "$(declare -f stage_configure | sed '1s/stage_configure/configure_first/')"
stage_configure() {
    configure_first
    mkdir "$scratch/operator"
    sed -i "s|^listen = .*|listen = unix:$scratch/operator/socket|" \
        "$scratch/accordd.conf"
}
stage_install

if grep -q "NO SANDBOX in a build for tests" "$broker_log"; then
    echo "SKIPPED: accordd was built with a sanitizer or coverage and has no sandbox"
    exit 77
fi

member() { sed -n "s/^$2:[[:space:]]*//p" "$1"; }
every_thread() { # MEMBER VALUE
    local task
    for task in /proc/"$broker_pid"/task/*/status; do
        [ "$(member "$task" "$1")" = "$2" ] || { echo "$task"; return 1; }
    done
}
holds "every thread of accordd has a filter" every_thread Seccomp 2
holds "and can gain no privileges" every_thread NoNewPrivs 1

live() { python3 -c 'import socket, sys
s = socket.socket(socket.AF_UNIX); s.settimeout(5); s.connect(sys.argv[1])
s.sendall(b"GET /livez HTTP/1.1\r\nHost: operator\r\n\r\n")
sys.exit(not s.recv(100).startswith(b"HTTP/1.1 200"))' "$scratch/operator/socket"; }
holds "the operator's socket answers" live

# The way to accord-hsm is opened again inside the sandbox.
stage_administrator
end_process "$hsm_pid" TERM
hsm_start
holds "accordd finds a new accord-hsm" \
    as admin accord person invite Dana --role writer

end_process "$broker_pid" TERM
same "it ends well" 0 "$ended"

# A kernel that takes no filters: neither program works without one.
unfiltered=$build/tests/e2e/e2e.unfiltered
ends "without a filter accordd does not start" 1 \
    "sandbox: the kernel takes no filter for system calls" \
    "$unfiltered" accordd --config "$scratch/accordd.conf"
end_process "$hsm_pid" TERM
hsm_log=$scratch/unfiltered.log
"$unfiltered" accord-hsm run --config "$scratch/hsm.conf" 2> "$hsm_log" &
hsm_pid=$!; started $hsm_pid
wait_until 60 grep -qF "worker: cannot enter its sandbox (" "$hsm_log"
same "and no worker serves" 0 "$(hsm_generations)"

#!/bin/bash
# A running accordd has shut its doors: the kernel says so of every thread, and
# somebody else's code in one of its loops finds them shut (inside.c). What is
# behind them call by call is in tests/broker/test_sandbox.c; that accordd
# still does all its work, in the other tests here.
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

echo "--- somebody else's code in it"
export ACCORD_INSIDE=$scratch/go INSIDE_STORE=$scratch/store \
    INSIDE_PIN=$scratch/pin INSIDE_HSM=$scratch/hsm.sock INSIDE_HSM_PID=$hsm_pid
LD_PRELOAD=$build/tests/e2e/libinside.so broker_start
touch "$scratch/go"
# A loop looks when something happens.
happened() { call - GET /accord/v1/installation; grep -q "inside: $1" "$broker_log"; }
wait_until 30 happened "done"
# finds WHAT ERRNO SENTENCE: what it found when it tried.
finds() { same "$3" "$2" "$(sed -n "s/^inside: $1 //p" "$broker_log")"; }
denied=13 forbidden=1
if grep -q "this kernel has no Landlock" "$broker_log"; then
    echo "SKIPPED LOUDLY: without Landlock, which files are opened is not restricted"
else
    finds read-passwd $denied "it reads no file of the system"
    finds read-pin $denied "nor the PIN"
    finds read-hsm-memory $denied "nor the memory of accord-hsm"
    finds list-root $denied "nor a directory"
    finds write-beside-store $denied "it writes nothing beside the store"
fi
finds write-in-store 0 "in the store it writes"
finds symlink $forbidden "it makes no links"
finds chmod $forbidden "and changes no modes"
finds socket-inet $forbidden "it has no socket for IPv4"
finds socket-inet6 $forbidden "nor for IPv6"
finds socket-netlink $forbidden "nor to ask the kernel"
finds bind $forbidden "it listens nowhere else"
finds reach-hsm 0 "it reaches accord-hsm"
finds mmap-exec $forbidden "no memory of it becomes code"
finds mprotect-exec $forbidden "nor later"
finds fork $forbidden "it makes no process"
finds setrlimit $forbidden "it raises no limit"
finds setuid $forbidden "it becomes nobody else"
touch "$scratch/go.exec"
wait_until 30 happened "execve begins"
status=0; wait "$broker_pid" 2> /dev/null || status=$?
same "whoever runs a program in it ends it (SIGSYS)" 159 $status

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

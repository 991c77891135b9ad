#!/bin/bash
# A running accordd has shut its doors: the kernel says so of every thread.
# What is behind them is in tests/broker/test_sandbox.c; that accordd still
# does all its work, in the other tests here.
#
#     sandbox.sh BUILD-DIRECTORY
. "$(dirname "$0")/stage.sh"
stage_begin "$1"
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

# The way to accord-hsm is opened again inside the sandbox.
stage_administrator
end_process "$hsm_pid" TERM
hsm_start
holds "accordd finds a new accord-hsm" \
    as admin accord person invite Dana --role writer

end_process "$broker_pid" TERM
same "it ends well" 0 "$ended"

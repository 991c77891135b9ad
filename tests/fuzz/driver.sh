#!/bin/sh
# Does the driver find a bug that no seed has, and say how to find it again?
#   usage: driver.sh CRASHER
set -eu
crasher=$1
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
cd "$place"
ulimit -c 0

demand() { # SENTENCE CONDITION...
    sentence=$1
    shift
    if "$@"; then
        echo "ok: $sentence"
    else
        echo "WRONG: $sentence"
        cat said
        exit 1
    fi
}

mkdir seeds
printf abcd >seeds/harmless
"$crasher" seeds >said 2>&1 || demand "a good seed passes" false
if "$crasher" --mutations 500 seeds >said 2>&1; then
    demand "a change of the seed finds the bug" false
fi
demand "seed and change are named" grep -q 'died on seeds/harmless, change [1-9]' said
demand "the input is kept" test "$(head -c 1 fuzz-crash)" = a
demand "the input has the guilty length" test "$(wc -c <fuzz-crash)" -eq 3
if "$crasher" fuzz-crash >said 2>&1; then
    demand "the kept input finds the bug again" false
fi

mkdir empty
if "$crasher" empty >said 2>&1; then
    demand "a corpus without seeds is a failure" false
fi
demand "and is named" grep -q 'no seeds in empty' said
if "$crasher" missing >said 2>&1; then
    demand "a missing corpus is a failure" false
fi

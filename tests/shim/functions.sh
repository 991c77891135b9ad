#!/bin/sh
# Does the shim watch every PKCS#11 function that accord-hsm's source names?
# One that it does not watch has no cell in the fault matrix, and nothing would
# say so: test_matrix.c compares its cells with the calls that the shim counts.
#
#   usage: functions.sh SOURCE-DIR
set -eu
export LC_ALL=C
cd "${1:?usage: functions.sh SOURCE-DIR}"
sed -n 's/^ *SHIM(\([A-Za-z]*\)).*/C_\1/p' tests/shim/control.h | sort -u \
    >"${TMPDIR:-/tmp}/accord-watched.$$"
trap 'rm -f "${TMPDIR:-/tmp}/accord-watched.$$"' EXIT
used=$(cat pkcs11/*.[ch] | grep -oE '\bC_[A-Z][A-Za-z]+' | sort -u)
[ -n "$used" ] || { echo "pkcs11/ names no function of PKCS#11" >&2; exit 1; }
missing=$(echo "$used" | grep -vxFf "${TMPDIR:-/tmp}/accord-watched.$$" || :)
[ -z "$missing" ] || {
    echo "the shim does not watch:" $missing "(tests/shim/control.h)" >&2
    exit 1
}

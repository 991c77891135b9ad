#!/bin/bash
# A sample that no test names is seen: here none does.
#
#     unsampled.sh SOURCE-DIRECTORY
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
echo 'assert_like_example(1, answer);' > "$scratch/test_one.c"
status=0
"$1/scripts/check-samples" "$scratch" > "$scratch/out" 2>&1 || status=$?
[ $status -ne 77 ] || { cat "$scratch/out" >&2; exit 77; }
[ $status -eq 1 ] || { echo "missing samples were not seen" >&2; exit 1; }
if grep -q '/\?01_' "$scratch/out"; then
    echo "a sample that a test names was called missing" >&2
    exit 1
fi
grep -q 'no test sends or compares 02_' "$scratch/out"

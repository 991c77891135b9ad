#!/bin/sh
# Does the table `parsers` name each fuzz target once, and files that are there?
#   usage: parsers.sh SOURCE-DIR
set -eu
cd "${1:?usage: parsers.sh SOURCE-DIR}"
sed -n 's/^fuzz_target(\([a-z0-9_]*\) .*/\1/p' tests/fuzz/CMakeLists.txt | sort >"${TMPDIR:-/tmp}/fuzz-targets.$$"
trap 'rm -f "${TMPDIR:-/tmp}/fuzz-targets.$$"' EXIT
grep -v '^#' tests/fuzz/parsers | cut -d' ' -f1 |
    diff "${TMPDIR:-/tmp}/fuzz-targets.$$" - || {
    echo "tests/fuzz/parsers: not one line for each target, in order" >&2
    exit 1
}
grep -v '^#' tests/fuzz/parsers | while read -r target files; do
    [ -n "$files" ] || { echo "$target: no file" >&2; exit 1; }
    for file in $files; do
        [ -f "$file" ] || { echo "$target: there is no $file" >&2; exit 1; }
    done
    [ -d "tests/fuzz/corpus/$target" ] || { echo "$target: no seeds" >&2; exit 1; }
done
echo "ok: $(grep -cv '^#' tests/fuzz/parsers) targets"

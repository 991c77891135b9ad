#!/bin/sh
# Does check-errors see a row without a test? One is planted in a copy.
#   usage: unprovoked.sh SOURCE-DIR
set -eu
tree=$1
copy=$(mktemp -d "${TMPDIR:-/tmp}/accord-unprovoked.XXXXXX")
trap 'rm -rf "$copy"' EXIT

cp -R "$tree/docs" "$copy"
# Written in two halves: this file is among the tests that are searched.
never="nobody has ever"
echo "| \`$never said this\` | never | nothing |" >>"$copy/docs/ERRORS.md"
if "$tree/scripts/check-errors" "$copy" >"$copy/said" 2>&1; then
    echo "FAILED: passed over a row without a test" >&2
    exit 1
fi
grep -qF "no test provokes \"$never said this\"" "$copy/said" || {
    cat "$copy/said" >&2
    exit 1
}
echo "ok: sees a row without a test"

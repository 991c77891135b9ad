#!/bin/sh
# Does check-errors see each kind of fault? Each is planted in a copy.
#   usage: unprovoked.sh SOURCE-DIR
set -eu
tree=$1
copy=$(mktemp -d "${TMPDIR:-/tmp}/accord-unprovoked.XXXXXX")
trap 'rm -rf "$copy"' EXIT

sees() { # WHAT FILE LINE-TO-ADD EXPECTED-WORDS
    rm -rf "$copy/docs"
    cp -R "$tree/docs" "$copy"
    printf '%s\n' "$3" >>"$copy/docs/$2"
    if "$tree/scripts/check-errors" "$copy" >"$copy/said" 2>&1; then
        echo "FAILED: passed over $1" >&2
        exit 1
    fi
    grep -qF -- "$4" "$copy/said" || {
        echo "FAILED: $1: it did not say \"$4\" but:" >&2
        cat "$copy/said" >&2
        exit 1
    }
    echo "ok: sees $1"
}

# Written in two halves: this file is among the tests that are searched.
never="nobody has ever"
sees "a row without a test" ERRORS.md \
    "| \`$never said this\` | never | nothing |" "no test provokes \"$never said this\""
sees "a listed text that is no row" errors-unprovoked \
    "$never listed this" "listed, but no row: \"$never listed this\""
listed=$(printf '%s' 'a key is never' ' overwritten')
sees "a listed row that a test has" errors-unprovoked "$listed" \
    "a test provokes \"$listed\": take it off"
sees "another number" ERRORS.md '| `a key is never overwritten` | x | y |' \
    'docs/ERRORS.md should say'

#!/bin/sh
# Does check-docs see each kind of fault? Each is planted in a copy.
#   usage: seen.sh SOURCE-DIR BUILD-DIR
set -eu
tree=$1 build=$2
copy=$(mktemp -d "${TMPDIR:-/tmp}/accord-docs-seen.XXXXXX")
trap 'rm -rf "$copy"' EXIT

sees() { # WHAT FILE LINE-TO-ADD EXPECTED-WORDS
    rm -rf "$copy/docs"
    cp -R "$tree/docs" "$tree/README.md" "$tree/CONTRIBUTING.md" \
        "$tree/SECURITY.md" "$copy"
    printf '%s\n' "$3" >>"$copy/$2"
    if "$tree/scripts/check-docs" "$build" "$copy" >"$copy/said" 2>&1; then
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
claim() { printf '\n| claim | adversary | mechanism | test |\n|---|---|---|---|\n| x | A | y | %s |' "$1"; }
block() { printf '```sh\n%s\n```' "$1"; }

sees "a test that is none" docs/THREATS.md \
    "$(claim '`no.such_test`')" 'there is no test no.such_test'
sees "a case that is none" docs/THREATS.md \
    "$(claim '`policy.test_decide: no_such_case`')" 'has no case no_such_case'
sees "a claim without a test" docs/THREATS.md \
    "$(claim 'trust us')" 'neither a test nor'
sees "a command that is none" README.md \
    "$(block 'accord dataset exfiltrate')" 'there is no "accord dataset exfiltrate"'
sees "an option that is none, on a continued line" docs/OPERATIONS.md \
    "$(block 'accord join \
    --force < invitation')" 'has no option --force'
sees "a subcommand that is none" docs/OPERATIONS.md \
    "$(block 'sudo -u accord-hsm accord-hsm obey --config x')" 'accord-hsm has no obey'
sees "an error that no program says" docs/ERRORS.md \
    '| `all is well` | never | do nothing |' 'no program says "all is well"'
sees "an error without a remedy" docs/ERRORS.md \
    '| `is revoked already` | cause |' 'a row is text, cause and what to do'
sees "a link that leads nowhere" docs/API.md '[x](NOWHERE.md)' 'which is not there'

# The list of codes is in the middle of the page.
cp "$tree/docs/HTTP.md" "$copy/http"
sed 's/`certificate identity/`certificate no-such-code identity/;
     s/(`certificate /(`no-such-code certificate /' "$copy/http" >"$copy/docs/HTTP.md"
if "$tree/scripts/check-docs" "$build" "$copy" >"$copy/said" 2>&1 ||
    ! grep -q 'with the code no-such-code' "$copy/said"; then
    echo "FAILED: passed over a code that is none" >&2
    exit 1
fi
echo "ok: sees a code that is none"

#!/bin/bash
# The whole story as people run it, scripts/demo.sh, and what it keeps.
#
#     demo.sh BUILD-DIRECTORY made-up|example
set -euo pipefail

build=$1 which=$2
here=$(cd "$(dirname "$0")/../.." && pwd)
example=$here/../shared/data/conditions.csv
kept=$(mktemp -d "${TMPDIR:-/tmp}/accord-e2e.XXXXXX")
trap 'rm -rf "$kept"' EXIT

die() { echo "FAILED: $*" >&2; exit 1; }
size() { stat -c %s "$kept/$1"; }

input=()
if [ "$which" = example ]; then
    if [ ! -r "$example" ]; then
        echo "SKIPPED: the product's example data is not at $example" >&2
        exit 77
    fi
    input=(--input "$example")
fi
"$here/scripts/demo.sh" --build "$build" --keep "$kept" "${input[@]}"

for file in result.txt result.enc log.json receipt.json transcript.txt \
            accordd.conf hsm.conf agent.conf; do
    [ -s "$kept/$file" ] || die "$file was not kept, or is empty"
done
# A 12-byte nonce before, a 16-byte tag behind.
[ "$(size result.enc)" -eq $(($(size result.txt) + 28)) ] ||
    die "result.enc has $(size result.enc) bytes, result.txt $(size result.txt)"

python3 - "$kept" "$which" <<'PY'
import hashlib, json, sys
kept, which = sys.argv[1:]
def read(name):
    with open(f"{kept}/{name}", "rb") as f:
        return f.read()

# Section 7.4 of the wire contract: label of 7, value padded to 50.
lines = read("result.txt").decode().split("\n")
assert len(lines) == 6 and lines[5] == "", "not exactly five lines"
assert [line[:7] for line in lines[:4]] == ["count  ", "unique ", "top    ", "freq   "]
assert all(len(line) == 57 for line in lines[:4]), "a value is not padded to 50"
assert lines[4] == "Name: DESCRIPTION, dtype: object"
assert read("result.txt") not in read("result.enc"), "the result is in clear"

if which == "example":
    expected = ["8376", "129", "Viral sinusitis (disorder)", "1248"]
    assert [line[7:].rstrip() for line in lines[:4]] == expected, lines
    assert len(read("result.txt")) == 265 and len(read("result.enc")) == 293

log = json.loads(read("log.json"))
assert log["accord"] == "log/v1" and len(log["leaves"]) == log["head"]["size"]
actions = [json.loads(leaf["detail"])["action"] for leaf in log["leaves"]]
for action in ("deny", "workflow-withdraw"):
    assert action in actions, f"no {action} in the log: {actions}"
receipts = json.loads(read("receipt.json"))
assert receipts, "no receipt"
text = read("log.json") + read("transcript.txt")
assert b"Signature=" not in text, "a pre-signed query string was shown"
PY
echo "the demo and what it keeps hold ($which)"

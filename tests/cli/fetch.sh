#!/bin/bash
# accord evidence fetch against a caching service of the test's own: what comes
# out is what was signed, whole, and nothing else is left behind.
#
#     fetch.sh ACCORD
set -euo pipefail
accord=$(realpath "${1:?usage: fetch.sh ACCORD}")
here=$(cd "$(dirname "$0")" && pwd)
command -v python3 > /dev/null || { echo "fetch.sh: SKIPPED: no python3" >&2; exit 77; }
scratch=$(mktemp -d "${TMPDIR:-/tmp}/accord-fetch.XXXXXX")
python3 "$here/pccs.py" "$scratch/port" & service=$!
trap 'kill $service 2> /dev/null; wait $service 2> /dev/null || true; rm -rf "$scratch"' EXIT
cd "$scratch"
for _ in $(seq 100); do [ -s port ] && break; sleep 0.1; done
url=http://127.0.0.1:$(cat port)

fail() { echo "fetch.sh: $*" >&2; exit 1; }
fetch() { "$accord" evidence fetch --pccs "$url" --to sets "$@" > out 2> err; }
refuses() { # CODE TEXT ARGUMENTS...
    local code=$1 text=$2 status=0; shift 2
    fetch "$@" || status=$?
    [ $status -eq "$code" ] || fail "$*: exit $status: $(cat err)"
    grep -q -- "$text" err || fail "$*: $(cat err)"
}
is() { printf -- "$2" | cmp -s - "sets/$1" || fail "$1 is not what was sent"; }

fetch --fmspc 00906ed50000 || fail "$(cat err)"
set=sgx-00906ed50000-platform
is $set/tcbinfo.json '{"tcbInfo":{"id":"SGX"},"signature":"00"}'
is $set/qeidentity.json '{"enclaveIdentity":{"id":"QE"},"signature":"00"}'
chain='-----BEGIN CERTIFICATE-----\nAA+/\n-----END CERTIFICATE-----\n'
is $set/tcb_signing_chain.pem "$chain"
is $set/pck_crl_issuer_chain.pem "$chain"
crl='\x30\x82\x00\x05\x01\x02\x03\x0a\x0d'
is $set/root_ca.crl.der "$crl" # sent in hexadecimal
is $set/pck_ca.crl.der "$crl"  # sent as DER, which may end like a line

# Again, over the set that is there; nothing but it remains.
echo stale > sets/$set/tcbinfo.json
fetch --fmspc 00906ed50000 || fail "$(cat err)"
is $set/tcbinfo.json '{"tcbInfo":{"id":"SGX"},"signature":"00"}'
[ "$(ls -A sets)" = $set ] || fail "left behind: $(ls -A sets)"

fetch --fmspc 00906ed50000 --ca processor --tee tdx --update early -o json || fail "$(cat err)"
grep -q '"set":"tdx-00906ed50000-processor-early"' out || fail "$(cat out)"
is tdx-00906ed50000-processor-early/tcbinfo.json '{"tcbInfo":{"id":"TDX"},"signature":"00"}'
is tdx-00906ed50000-processor-early/pck_ca.crl.der "$crl" # sent as PEM

before=$(ls -A sets)
refuses 1 'GET /.*: the answer is not a revocation list' --fmspc 00906ed50000 --api 3
refuses 4 'GET /sgx.*: the service answered 404' --fmspc 00000000dead
refuses 1 'GET /sgx.*: the answer is not a signed tcbInfo' --fmspc 00000000bad0
refuses 1 'GET /sgx.*: the answer names no chain that signed it' --fmspc 00000000bad1
refuses 1 'is not a chain of certificates' --fmspc 00000000bad2
refuses 1 "--fmspc HEX: the platform's family, 12 hexadecimal digits" --fmspc ../../etc
refuses 1 'platform or processor' --fmspc 00906ed50000 --ca other
refuses 1 'sgx or tdx' --fmspc 00906ed50000 --tee sev
refuses 1 'early or standard' --fmspc 00906ed50000 --update '1&x'
refuses 1 '3 or 4' --fmspc 00906ed50000 --api 5
[ "$(ls -A sets)" = "$before" ] || fail "a refusal left something behind"
is $set/root_ca.crl.der "$crl"

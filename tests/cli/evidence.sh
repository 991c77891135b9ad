#!/bin/bash
# Evidence explained, verified and run from tables, with a simulator's files.
#
#   usage: evidence.sh ACCORD ACCORD-AGENT
set -u
export LC_ALL=C
accord=$(realpath "$1") agent=$(realpath "$2")
scratch=$(mktemp -d "${TMPDIR:-/tmp}/accord-evidence.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
cd "$scratch" || exit 1
status=0

# expect CODE TEXT ARGUMENT...: TEXT is in what it says
expect() {
    wanted=$1 text=$2
    shift 2
    "$accord" evidence "$@" > out 2>&1
    got=$?
    [ "$got" -eq "$wanted" ] && grep -qF -- "$text" out && return
    echo "accord evidence $*: exit code $got, expected $wanted and \"$text\":"
    cat out
    status=1
}

m=$(printf '%064d' 7)
now=$(date +%s)
for kind in sgx snp nitro; do
    "$agent" init-simulator --directory sim --kind $kind > out || cat out
done
for kind in sgx tdx snp nitro; do
    "$agent" simulate --directory sim --kind $kind --measurement "$m" \
        --to $kind.bin > out || cat out
done
"$agent" simulate --directory sim --measurement "$m" --to debug.bin --debug > out || cat out
for kind in sgx tdx; do
    for state in UpToDate OutOfDate Revoked; do
        "$agent" simulate-collateral --directory sim --kind $kind \
            --status $state --advisories SIM-SA-1 --to $kind-$state > out || cat out
    done
done

expect 0 "a quote of an SGX enclave" show sgx.bin
expect 0 "mrenclave        $m" show sgx.bin
expect 0 "NOTHING OF THIS IS VERIFIED" show sgx.bin
expect 0 "a quote of a TDX virtual machine" show tdx.bin
expect 0 "a report of a SEV-SNP virtual machine" show snp.bin
expect 0 "an attestation document of a Nitro enclave" show nitro.bin
expect 0 "IT CAN BE DEBUGGED" show debug.bin
head -c 500 sgx.bin > cut.bin
expect 1 "cannot be read as evidence: malformed" show cut.bin
expect 4 "cannot read none.bin" show none.bin

sgx=(--root sim/root.pem --time "$now")
expect 0 SIG-OK verify sgx.bin "${sgx[@]}"
expect 0 ACCEPT verify sgx.bin "${sgx[@]}" --collateral sgx-UpToDate
expect 0 ACCEPT verify tdx.bin "${sgx[@]}" --collateral tdx-UpToDate
expect 7 "Its platform is OutOfDate" verify sgx.bin "${sgx[@]}" --collateral sgx-OutOfDate
expect 7 "Its platform is Revoked" verify tdx.bin "${sgx[@]}" --collateral tdx-Revoked
expect 7 "DEBUG: IT CAN BE DEBUGGED" verify debug.bin "${sgx[@]}" --collateral sgx-UpToDate
expect 7 "fmspc" verify sgx.bin "${sgx[@]}" --collateral sgx-OutOfDate -o json
expect 7 '"SIM-SA-1"' verify sgx.bin "${sgx[@]}" --collateral sgx-OutOfDate -o json
expect 7 tcbinfo-id verify sgx.bin "${sgx[@]}" --collateral tdx-UpToDate
expect 7 "chain:time" verify sgx.bin --root sim/root.pem --time 2001-01-01T00:00:00Z
expect 7 "chain:sig" verify sgx.bin --root sim/ark.pem --time "$now"
expect 0 ACCEPT verify snp.bin --root sim/ark.pem --time "$now"
expect 0 ACCEPT verify nitro.bin --root sim/nitro-root.pem --time "$now"
# A quote is never accepted under another platform's root, nor the reverse.
expect 7 REJECT verify nitro.bin "${sgx[@]}"
expect 7 REJECT verify snp.bin "${sgx[@]}"
mkdir none
expect 7 no-pck_ca.crl.der verify sgx.bin "${sgx[@]}" --collateral none
expect 1 "a verdict is under one root and at one time" verify sgx.bin
expect 1 "2025-06-10T12:00:00Z or seconds" verify sgx.bin --root sim/root.pem --time soon
expect 4 "neither a file nor a root" verify sgx.bin --root elsewhere --time "$now"

# Tables: columns by name, in any order; what differs is shown and counted.
at=$(date -u -d "@$now" +%Y-%m-%dT%H:%M:%SZ)
mkdir table
cp -r ./*.bin sgx-* table
cp sim/root.pem table/sim-root-ca.pem
cp sim/*.pem table
row() { # FIELD...
    local IFS=$'\t'
    echo "$*" >> table/cases.tsv
}
row kind quote collateral configured_root time_utc default_policy_result crypto_failures tcb_status app_flags note
row sim sgx.bin sgx-UpToDate sim "$at" ACCEPT - UpToDate - good
row sim sgx.bin - sim "$at" SIG-OK - - - ""
row sim debug.bin sgx-Revoked sim "$at" REJECT - Revoked DEBUG ""
row sim cut.bin - sim "$at" REJECT malformed - - ""
expect 0 "4 cases, 0 differ" cases table/cases.tsv
row sim sgx.bin sgx-OutOfDate sim "$at" REJECT - UpToDate - "another status"
row sim debug.bin sgx-UpToDate sim "$at" REJECT - UpToDate - "a flag is missing"
row sim sgx.bin sgx-UpToDate sim "$at" REJECT - UpToDate - "another result"
row sim sgx.bin sgx-OutOfDate sim "$at" REJECT quote-sig OutOfDate - "a failure"
row sim absent.bin - sim "$at" REJECT malformed - - "no file is no verdict"
expect 1 "9 cases, 5 differ" cases table/cases.tsv
for number in 5 6 7 8 9; do
    grep -q "^row $number: " out || { echo "row $number is not shown"; status=1; }
done
rm table/cases.tsv
row evidence configured_root time_utc expected reason endorsement_key_cert intermediate
row snp.bin ark.pem "$at" ACCEPT valid - -
row nitro.bin nitro-root.pem "$at" ACCEPT valid - -
row nitro.bin ark.pem "$at" REJECT "another root" - -
row nitro.bin nitro-root.pem "$at" REJECT "this one is wrong" - -
expect 1 "4 cases, 1 differ" cases table/cases.tsv
echo "evidence" > table/cases.tsv
expect 1 "has no columns for" cases table/cases.tsv
exit $status

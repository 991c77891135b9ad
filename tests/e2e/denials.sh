#!/bin/bash
# Every refusal that can be reached through the programs, by its code, and the
# leaf it leaves.
#
#     denials.sh BUILD-DIRECTORY [PLACEMENT]
. "$(dirname "$0")/stage.sh"

stage_begin "$1"
placement=${2:-token}
stage_install
stage_people
stage_study

# How many denials with that code the log has.
denials() { as dana accord log show -o json | python3 -c 'import json, sys
found = [json.loads(l["detail"]) for l in json.load(sys.stdin) if l.get("detail")]
print(sum(d["action"] == "deny" and d.get("code") == sys.argv[1] for d in found))' "$1"; }

# denied SENTENCE EXIT CODE COMMAND...: refused so, and one more leaf says it.
denied() {
    local sentence=$1 status=$2 code=$3 before; shift 3
    before=$(denials "$code")
    ends "$sentence" "$status" "\\($code\\)" "$@"
    same "... and a leaf says so" $((before + 1)) "$(denials "$code")"
}

# hold NAME: a program with certificate and configuration waits at a fifo.
hold() {
    mkfifo "go.$1"
    hold_and_tell "$1" &
    started $!
    wait_until 30 grep -q "paused before" "held.$1"
}
hold_and_tell() {
    local status=0 inner
    accord-enclave run --agent "$agent_url" --broker "$broker_url" \
        --allow-http --pause-before-release "go.$1" "$hash" -- ./harmonize \
        > "held.$1" 2>&1 &
    inner=$!
    trap 'kill $inner' TERM
    wait $inner || status=$?
    echo $status > "ended.$1.new"
    mv "ended.$1.new" "ended.$1"
}
resume() { # NAME: its output and its exit code are ours
    echo > "go.$1"
    wait_until 30 test -s "ended.$1"
    cat "held.$1"
    return "$(cat "ended.$1")"
}
post() { call "$1" POST "$2" ${3:+"$3"} | cut -d' ' -f1; }
patients=$(call dana GET /accord/v1/datasets | sed 's/^200 //' | field items |
           python3 -c 'import ast, sys
print([d["dataset"] for d in ast.literal_eval(sys.stdin.read()) if d["name"] == "patients"][0])')

echo "--- before and while it is agreed"
refused_quietly() { # no workflow knows this hash: nobody's log takes a leaf
    ends "$1" 7 '\(configuration\)' enclave ./harmonize
}
refused_quietly "configuration: before anybody approves"
stage_approve dana
refused_quietly "configuration: one of three has approved"
stage_approve alex
refused_quietly "configuration: two of three have approved"
ends "another hash is no configuration" 7 '\(configuration\)' \
    accord-enclave run --agent "$agent_url" --broker "$broker_url" \
    --allow-http "$(printf 'ab%.0s' $(seq 32))" -- ./harmonize
stage_approve olga
holds "with all three the program runs" enclave ./harmonize

echo "--- another program"
cp harmonize changed
printf '\001' | dd of=changed bs=1 seek=$(($(stat -c %s changed) - 1)) \
    conv=notrunc status=none
denied "build: one byte of the program is changed" 7 build enclave ./changed
denied "build: an argument more" 7 build \
    accord-enclave run --agent "$agent_url" --broker "$broker_url" \
    --allow-http "$hash" -- ./harmonize --more

echo "--- revoked"
serials() { call admin GET /accord/v1/certificates | sed 's/^200 //' |
            python3 -c 'import json, sys
for c in json.load(sys.stdin)["items"]: print(c["serial"])' | sort; }
serials > serials.before
hold revoked
serial=$(serials | comm -13 serials.before -)
same "a manager revokes it" 200 "$(post admin "/accord/v1/certificates/$serial/revoke")"
denied "certificate: revoked" 3 certificate resume revoked

echo "--- suspended"
hold suspended
same "a manager suspends the dataset" 200 \
    "$(post admin "/accord/v1/datasets/$patients/suspend")"
denied "suspended: by a manager" 3 suspended resume suspended
before=$(denials role)
same "its owner cannot resume it" 403 \
    "$(post dana "/accord/v1/datasets/$patients/resume" '{}')"
same "... and a leaf says so" $((before + 1)) "$(denials role)"
same "a manager can" 200 "$(post admin "/accord/v1/datasets/$patients/resume" '{}')"
holds "then the program runs" enclave ./harmonize

echo "--- evidence, key and dataset"
attest() { python3 "$e2e/attest.py" "$agent_port" "$measurement" "$hash" "$1"; }
before=$(denials dataset)
ends "dataset: none of this configuration" 0 '^403 .*"code":"dataset"' attest dataset
same "... and a leaf says so" $((before + 1)) "$(denials dataset)"
# Who asks is known by the evidence only: without it nobody's log has a leaf.
ends "evidence: bound to another key" 0 '^403 .*"code":"evidence"' attest stranger
ends "evidence: one bit changed" 0 '^403 .*"code":"evidence"' attest changed
ends "evidence and key serve once" 0 '^409 ' attest replay

echo "--- withdrawn"
hold withdrawn
holds "Dana withdraws the workflow" as dana accord workflow withdraw study
denied "configuration: withdrawn while the program waits" 3 configuration \
    resume withdrawn
refused_quietly "configuration: withdrawn before a certificate"

echo "--- build withdrawn, owner's suspension"
stage_submit again
stage_approve
holds "agreed again, the program runs" enclave ./harmonize
hold build
hold owner
holds "Alex takes his build back" as alex accord build withdraw harmonize
denied "build: withdrawn while the program waits" 3 build resume build
denied "build: withdrawn before a certificate" 7 build enclave ./harmonize
same "Dana suspends her dataset" 200 \
    "$(post dana "/accord/v1/datasets/$patients/suspend")"
denied "suspended: by the owner" 3 suspended resume owner

holds "the log is exported" as dana accord log export log.json
ends "the log verifies, every certificate's evidence included" 0 'hold' \
    as dana accord log verify log.json \
    --simulated-root "$scratch/simulator/root.pem"
end_process "$broker_pid" TERM
same "accordd ends well" 0 "$ended"

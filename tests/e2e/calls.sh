#!/bin/bash
# System calls that fail, one after the other, in accordd and accord-hsm: at
# start, under a change, under a release. A clean answer or a clean end, never a
# wrong answer; calls.py has the rules.
#
#     calls.sh BUILD-DIRECTORY     ACCORD_CALLS_STEP: every how many-th call
. "$(dirname "$0")/stage.sh"

stage_begin "$1"
export CALLS=$build/tests/fault/libcalls.so
if grep -q '^SANITIZE:[^=]*=..*' "$build/CMakeCache.txt"; then
    echo "SKIPPED: sanitizers want to be the first library themselves" >&2
    exit 77
fi
stage_install
stage_people
stage_study
stage_approve
holds "the program runs while nothing fails" enclave ./harmonize
as olga accord decrypt -K result.key --in objects/e2e/result.enc --out result.expected
DATASET=$(call dana GET /accord/v1/datasets | sed 's/^200 //' | python3 -c 'import json, sys
print([d["dataset"] for d in json.load(sys.stdin)["items"] if d["name"] == "result"][0])')
export DATASET HASH=$hash AGENT_URL=$agent_url BROKER_URL=$broker_url
cd "$scratch"

step=${ACCORD_CALLS_STEP:-40}
end_process "$broker_pid" TERM
swept() { # SENTENCE ARGUMENTS...: calls.py is content, and met something
    local sentence=$1; shift
    python3 "$e2e/calls.py" "$@" > swept 2>&1 || die "$sentence: $(cat swept)"
    cat swept
    holds "$sentence" grep -q 'a call failed in [1-9]' swept
}
swept "accordd, at start" start accordd "$step"
swept "accordd, under a change" change accordd $((step / 8 + 1))
swept "accordd, under a release" release accordd "$step"
broker_start
end_process "$hsm_pid" TERM
swept "accord-hsm, at start" start accord-hsm "$step"
swept "accord-hsm, under a change" change accord-hsm $((step / 8 + 1))
swept "accord-hsm, under a release" release accord-hsm "$step"
hsm_start
holds "the program runs after all of it" enclave ./harmonize
holds "the log is exported" as dana accord log export log.json
ends "the log verifies" 0 hold as dana accord log verify log.json \
    --simulated-root "$scratch/simulator/root.pem"

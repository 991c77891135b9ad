#!/bin/bash
# A program that has nothing but the word of its node: it gets its certificate,
# and what was granted, because its owners' rule says so; where the rule or an
# owner demands more, and when the node was sent away, it gets nothing.
#
#     vouched.sh BUILD-DIRECTORY
. "$(dirname "$0")/stage.sh"

stage_begin "$1"
stage_install
stage_people
stage_datasets > "$scratch/datasets.log"
stage_build > "$scratch/build.log" # a simulator's rule for the same program

# --- a node, and its agent -------------------------------------------------------

node=$(python3 -W ignore "$e2e/vouched.py" enrol "$(as admin accord zone token)")
cat >> "$scratch/agent.conf" <<CONF
[node]
certificate = $scratch/node.pem
key = $scratch/node.key
CONF
stage_agent
wait_until 30 call_agent
program() { python3 -W ignore "$e2e/vouched.py" program "$agent_port" "$measurement" "$@"; }

# --- rules -----------------------------------------------------------------------

ends "no other root beside the zone's own" 1 \
    "--node-vouched: the root is this zone's own, no other" \
    as alex accord build create other --node-vouched --mrenclave "$measurement" \
    --simulated-root simulator/root.pem
ends "nor a state that nobody could find" 1 "--tcb: a node's word never meets it; with" \
    as alex accord build create other --node-vouched --mrenclave "$measurement" --tcb UpToDate
holds "a rule for nodes' words" as alex accord build create vouched --node-vouched \
    --mrenclave "$measurement"
as admin accord build approve vouched > /dev/null

submit() { # NAME BUILD PATIENTS: $hash, $request
    as admin accord workflow submit "$1" --description "a node's word" \
        --app "app-1=$2:summary" --data "patients=$3" --data result=result \
        --edge patients:app-1.input --edge result:app-1.output -o json \
        > submitted.json || return
    hash=$(field hashes.app-1 < submitted.json)
    request=$(field request < submitted.json)
}
as dana accord dataset create strict --presigned patients.get --key-file patients.key \
    --demand-hardware > /dev/null
ends "an owner who demands hardware is not asked in vain" 1 \
    "hardware is demanded, and the rule is for sgx-node-vouched" \
    submit strict vouched strict

# --- what is given ---------------------------------------------------------------

submit study vouched patients
ends "every owner is told in capitals" 0 "NODE-VOUCHED: an unattested node says" \
    as dana accord request show "$request"
stage_approve
patients=$(as dana accord dataset show patients -o json | field dataset)
ends "the program gets its certificate, and what was granted" 0 "^200 released" \
    program "$hash" "$patients"
as dana accord log export vouched.json > /dev/null
ends "its owner verifies the word again, without any vendor's root" 0 \
    "evidence of 1 certificate verified again" as dana accord log verify vouched.json

# --- what is not -----------------------------------------------------------------

vouched_hash=$hash
submit simulated harmonize patients
stage_approve
ends "a rule for other evidence is not met by a word" 0 \
    '"DENIED".*the rule demands sgx-simulated, the evidence is sgx-node-vouched' \
    program "$hash" "$patients"
as admin accord node deactivate "$node" > /dev/null
ends "a node that was sent away is not believed" 0 \
    '"DENIED".*"node-deactivated".*a MANAGER has deactivated the node' \
    program "$vouched_hash" "$patients"

#!/bin/bash
# What was taken away is refused on the connections that programs have open.
#
#     open_program.sh BUILD-DIRECTORY
. "$(dirname "$0")/stage.sh"

stage_begin "$1"
stage_install
stage_people
stage_datasets > "$scratch/datasets.log"
stage_build > "$scratch/build.log"
node=$(python3 -B -W ignore "$e2e/vouched.py" enrol "$(as admin accord zone token)")
cat >> "$scratch/agent.conf" <<CONF
[node]
certificate = $scratch/node.pem
key = $scratch/node.key
CONF
stage_agent
wait_until 30 call_agent
id_of() { as dana accord dataset show "$1" -o json | field dataset; }
patients=$(id_of patients)
result=$(id_of result)

over_one_connection() { python3 -B -W ignore "$e2e/open_program.py" "$@"; }
# Its own program, and what becomes of it when COMMAND has run.
program() { over_one_connection "$agent_port" "$measurement" "$hash" "$patients" "$result" "$@"; }
export -f as call
export e2e

stage_submit study
stage_approve
same "nothing happened: both are released" "200, 200, 200" "$(program true)"
same "a revoked certificate gets nothing more" \
    "200, 403 certificate, 403 certificate" "$(program bash -c \
        'call admin POST "/accord/v1/certificates/$SERIAL/revoke"')"
same "what its owner suspended is not released, the rest is" \
    "200, 403 suspended, 200" "$(program bash -c 'as dana accord dataset suspend patients')"
as dana accord dataset resume patients > /dev/null
same "nor what a manager suspended" \
    "200, 403 suspended, 200" "$(program bash -c 'as admin accord dataset suspend patients')"
as admin accord dataset resume patients > /dev/null
same "after a withdrawal by one owner nothing is" \
    "200, 403 configuration, 403 configuration" \
    "$(program bash -c 'as olga accord workflow withdraw study')"
stage_submit again
stage_approve
same "agreed again, it is" "200, 200, 200" "$(program true)"
same "a build that was withdrawn gets nothing" "200, 403 build, 403 build" \
    "$(program bash -c 'as alex accord build withdraw harmonize')"

# --- a program with its node's word only -------------------------------------

as alex accord build create vouched --node-vouched --mrenclave "$measurement" > /dev/null
as admin accord build approve vouched > /dev/null
as admin accord workflow submit words --description "a node's word" \
    --app app-1=vouched:summary --data patients=patients --data result=result \
    --edge patients:app-1.input --edge result:app-1.output -o json > submitted.json
hash=$(field hashes.app-1 < submitted.json)
request=$(field request < submitted.json)
stage_approve
python3 -B -W ignore "$e2e/vouched.py" program "$agent_port" "$measurement" "$hash" \
    "$patients" > vouched.log
vouched() { over_one_connection given vouched.pem vouched.key "$patients" "$result" "$@"; }
same "its word is good" "200, 200, 200" "$(vouched true)"
export node
same "a node that is sent away takes its programs with it" \
    "200, 403 node-deactivated, 403 node-deactivated" \
    "$(vouched bash -c 'as admin accord node deactivate "$node"')"

end_process "$broker_pid" TERM
same "accordd ends well" 0 "$ended"

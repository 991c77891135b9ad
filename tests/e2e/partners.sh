#!/bin/bash
# Two programs of one workflow find and authenticate each other by the names
# in their certificates; a third one, of another workflow, is not believed.
#
#     partners.sh BUILD-DIRECTORY
. "$(dirname "$0")/stage.sh"

stage_begin "$1"
stage_install
stage_people
stage_datasets > "$scratch/datasets.log"
cp "$build/tests/e2e/e2e.partner" partner
measurement=$(./partner measure)
as alex accord build create partner --mrenclave "$measurement" \
    --simulated-root "$scratch/simulator/root.pem" --tcb unevaluated > build.log
as admin accord build approve partner >> build.log
as alex accord config create talk --port input --port output >> build.log
stage_agent
wait_until 30 call_agent

# submit NAME: a workflow of two apps, "front" and "back"; hashes in NAME.json
submit() {
    as admin accord workflow submit "$1" --description "two programs" \
        --app front=partner:talk --app back=partner:talk \
        --data patients=patients --edge patients:front.input \
        --edge front.output:back.input -o json > "$1.json"
    request=$(field request < "$1.json")
    stage_approve dana alex
}
submit one
holds "owners read who talks with whom" grep -q \
    'talks with the program "back" through port "output"' \
    <(as alex accord request show "$request")

# meet BACK-HASH FRONT-HASH: one serves, one calls; both exit codes.
meet() {
    local port server=0 client=0
    rm -f served
    ./partner serve "$agent_url" "$broker_url" "$1" input front > served 2> served.log &
    started $!
    local pid=$!
    wait_until 60 test -s served
    port=$(head -n 1 served)
    ./partner call "$agent_url" "$broker_url" "$2" output back "$port" > called 2> called.log || client=$?
    wait "$pid" || server=$?
    echo "$server $client"
}

back=$(field hashes.back < one.json)
front=$(field hashes.front < one.json)
same "both programs of a workflow believe each other" "0 0" "$(meet "$back" "$front")"
same "the one that serves heard the other's configuration" "heard $front" "$(tail -n 1 served)"
same "the one that calls heard the other's" "heard $back" "$(tail -n 1 called)"

submit two
stranger=$(field hashes.front < two.json)
same "a program of another workflow is not believed, nor believes" "1 1" \
    "$(meet "$back" "$stranger")"
echo "partners: $checks checks hold"

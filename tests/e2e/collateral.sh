#!/bin/bash
# Collateral with the real programs: it decides who gets a certificate, newer
# collateral suspends what it condemns, and an auditor judges with it again.
#
#     collateral.sh BUILD-DIRECTORY
. "$(dirname "$0")/stage.sh"

stage_begin "$1"
stage_ports
stage_token
stage_configure
stage_ceremony
printf '[evidence]\ncollateral = %s\n' "$scratch/collateral" >> "$scratch/accordd.conf"
mkdir "$scratch/collateral"

# collateral NAME OPTION...: as the simulator's vendor would publish it.
collateral() {
    local name=$1; shift
    accord-agent simulate-collateral --directory "$scratch/simulator" \
        --to "$scratch/collateral/.new" "$@" > "$scratch/collateral.log" 2>&1
    mv "$scratch/collateral/.new" "$scratch/collateral/$name"
}
reload() { # the broker reads it, and its keeper judges within 15 s
    kill -HUP "$broker_pid"
    wait_until 10 grep -q "collateral: read again" "$broker_log"
}
metric() { python3 -c 'import sys, urllib.request
text = urllib.request.urlopen("http://127.0.0.1:%s/metrics" % sys.argv[1]).read().decode()
print([l.split()[1] for l in text.splitlines() if l.split()[0] == "accord_" + sys.argv[2]][0])' \
    "$op_port" "$1"; }
stage_build() {
    cp "$build/examples/harmonize" harmonize
    measurement=$(accord-enclave measure -- ./harmonize)
    as alex accord build create harmonize --mrenclave "$measurement" \
        --simulated-root "$scratch/simulator/root.pem" --tcb UpToDate
    as admin accord build approve harmonize
    as alex accord config create summary --port input --port output
}

collateral good
hsm_start
broker_start
stage_people
stage_study
stage_approve dana alex olga

echo "--- held"
ends "a member sees what is held" 0 'sgx [0-9a-f]{12} platform evaluation 17, issued .*, ends .*in (29|30) days' \
    as dana accord evidence collateral
counted() { [ "$(metric collateral_sets)" = 1 ]; }
wait_until 20 counted
ends "... and a metric says until when" 0 '^25[0-9]{5}$' metric collateral_expires_seconds
holds "a platform that is up to date is good enough" enclave ./harmonize

echo "--- condemned"
mkfifo go
accord-enclave run --agent "$agent_url" --broker "$broker_url" --allow-http \
    --pause-before-release go "$hash" -- ./harmonize > held 2>&1 &
held_pid=$!; started $held_pid
wait_until 30 grep -q "paused before" held
collateral worse --status OutOfDate --evaluation 18
reload
ends "no certificate any more" 7 'status is OutOfDate' enclave ./harmonize
wait_until 30 grep -q "judged again: OutOfDate" "$broker_log"
echo > go
status=0; wait $held_pid || status=$?
same "a certificate of before opens nothing" 3 "$status"
holds "... for its evidence" grep -q '(evidence)' held
ends "... and the log says why" 0 'evidence-judged-again' as dana accord log show -o json

echo "--- renewed"
rm -r "$scratch/collateral/worse"
reload
ends "what was used before is refused" 7 'evaluation is 17, and 18 was used before' \
    enclave ./harmonize
collateral better --evaluation 19
reload
holds "better collateral, and it runs again" enclave ./harmonize

echo "--- audited"
as dana accord log export log.json > /dev/null
holds "evidence holds with the collateral of then" \
    as dana accord log verify log.json --simulated-root "$scratch/simulator/root.pem"
python3 - << 'PYTHON'
import json
log = json.load(open("log.json"))
for leaf in log["leaves"]:
    leaf.pop("collateral", None)
json.dump(log, open("cut.json", "w"))
PYTHON
ends "without the collateral it does not" 7 'collateral missing' \
    as dana accord log verify cut.json --simulated-root "$scratch/simulator/root.pem"

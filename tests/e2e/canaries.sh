#!/bin/bash
# No credential lies in clear in accordd, accord-hsm, their files or cores,
# during and after releases that are sealed. What the product's clients bring
# and get in clear is counted apart.
#
#     canaries.sh BUILD-DIRECTORY     ACCORD_CANARIES (500) releases
. "$(dirname "$0")/stage.sh"

count=${ACCORD_CANARIES:-500}
stage_begin "$1"
# A text that accord-hsm and its worker were told, for the scanner to find.
control=control-$(random_hex 12)
eval "$(declare -f stage_configure | sed '1s/stage_configure/configure_first/')"
stage_configure() {
    configure_first
    sed -i "s/^simulated = e2e-simulator:/simulated = $control:/" "$scratch/hsm.conf"
}
plain_paths=yes
stage_install
stage_people
stage_datasets > "$scratch/datasets.log"
cp "$build/tests/e2e/e2e.canary" canary
measurement=$(./canary measure)
as alex accord build create canary --mrenclave "$measurement" \
    --simulated-root "$scratch/simulator/root.pem" --tcb unevaluated > build.log
as admin accord build approve canary >> build.log
as alex accord config create summary --port input --port output >> build.log
stage_agent
as admin accord workflow submit study --description "canaries" \
    --app app-1=canary:summary --data patients=patients --data result=result \
    --edge patients:app-1.input --edge result:app-1.output -o json > submitted.json
hash=$(field hashes.app-1 < submitted.json)
request=$(field request < submitted.json)
stage_approve
wait_until 30 call_agent

if grep -q "NO SANDBOX in a build for tests" "$broker_log"; then
    echo "SKIPPED: a sanitizer's memory is too large to look through"
    exit 77
fi
canaries() { python3 -B -W ignore "$e2e/canaries.py" "$@"; }
processes() { echo "$broker_pid" "$hsm_pid" $(cat "/proc/$hsm_pid/task/$hsm_pid/children"); }
readable() { head -c 1 "/proc/$broker_pid/environ" > /dev/null 2>&1; }
if ! readable; then
    echo "SKIPPED: nobody but root can read accordd's memory, which is as it should be"
    exit 77
fi

canaries control "$control" $(processes)
sealed=canary-$(random_hex 12)
canaries sealed "$sealed" "$count" "$agent_url" "$broker_url" "$hash" patients $(processes)

# The product's clients in an account of their own: names are theirs there.
as admin accord account create clinic -o json | field invitation > clinic.invitation
as ines accord join --name Ines < clinic.invitation > /dev/null
as ines accord user invite boss@example.com --role manager > invite.log
python3 -B "$e2e/ccm.py" agree "$agent_port" "$(random_hex 32)" > ccm.log
canaries plain "plain-$(random_hex 12)" $((count / 10 + 1)) $(processes)

end_process "$broker_pid" TERM
same "accordd ends well" 0 "$ended"
end_process "$hsm_pid" TERM
same "accord-hsm ends well" 0 "$ended"
canaries core "$sealed"

#!/bin/bash
# accordd and the HSM's worker killed again and again under a stream of
# changes and releases. What was acknowledged must be in the log at the end.
#
#     kill.sh BUILD-DIRECTORY     ACCORD_KILLS (20) kills, ACCORD_SEED (4)
#
# The worker is killed only while it serves: within C_Login SoftHSM itself
# writes its token in place, and a kill there may cost the token.
. "$(dirname "$0")/stage.sh"

kills=${ACCORD_KILLS:-20}
seed=${ACCORD_SEED:-4}
echo "$kills kills, seed $seed"

stage_begin "$1"
stage_install
stage_people
stage_study
stage_approve
now_ms() { echo $(($(date +%s%N) / 1000000)); }

# Programs one after the other; the receipts of those that ended well stay.
release_without_end() {
    local number=0 inner
    trap 'kill $inner 2> /dev/null; exit 0' TERM
    while [ ! -e stop ]; do
        number=$((number + 1))
        accord-enclave run -q --agent "$agent_url" --broker "$broker_url" \
            --allow-http --receipts "receipts.$number.new" "$hash" \
            -- ./harmonize >> releases.log 2>&1 &
        inner=$!
        if wait $inner; then
            mv "receipts.$number.new" "receipts.$number"
        else
            sleep 0.1
        fi
    done
}

python3 "$e2e/stream.py" ledger stop > stream.out 2>&1 & stream=$!; started $stream
release_without_end & releases=$!; started $releases
wait_until 30 test -s ledger

# One number from the generator of this shell, so that a seed repeats them.
RANDOM=$seed
slowest_broker=0 slowest_worker=0 brokers=0 workers=0
for ((i = 0; i < kills; i++)); do
    delay=$((RANDOM % 400 + 50)) # ms; not drawn in a subshell: it has its own
    which=$((RANDOM % 4))
    sleep "$(printf '0.%03d' $delay)"
    began=$(now_ms)
    # One in four is the worker's: the supervisor waits longer after each.
    if [ $which -ne 0 ]; then
        end_process "$broker_pid" KILL
        broker_start
        took=$(($(now_ms) - began)) brokers=$((brokers + 1))
        [ $took -le $slowest_broker ] || slowest_broker=$took
    else
        generations=$(hsm_generations)
        kill -KILL "$(hsm_worker)"
        served_again() { [ "$(hsm_generations)" -gt "$generations" ]; }
        wait_until 60 served_again
        took=$(($(now_ms) - began)) workers=$((workers + 1))
        [ $took -le $slowest_worker ] || slowest_worker=$took
    fi
done
echo "accordd killed $brokers times, ready again after at most $slowest_broker ms"
echo "worker killed $workers times, serving again after at most $slowest_worker ms"

# Something of each kind succeeds after the last kill.
lines=$(wc -l < ledger)
goes_on() { [ "$(wc -l < ledger)" -gt "$lines" ]; }
wait_until 60 goes_on
holds "a release succeeds after the last kill" enclave ./harmonize
touch stop
status=0; wait $stream || status=$?
cat stream.out
same "the stream saw nothing but 201, 503 and broken connections" 0 $status
wait $releases || true

holds "the log is exported" as admin accord log export log.json
ends "the log verifies" 0 hold as admin accord log verify log.json \
    --simulated-root "$scratch/simulator/root.pem"
call admin GET /accord/v1/certificates | sed 's/^200 //' > certificates.json
ends "all that was acknowledged is in the log, and no serial comes twice" 0 \
    '^acknowledged' python3 - <<'PY'
import glob, json
log = json.load(open("log.json"))
leaves = [l["leaf"] for l in log["leaves"]]
assert len(set(leaves)) == len(leaves) == log["head"]["size"], "a leaf comes twice"
details = [json.loads(l["detail"]) for l in log["leaves"] if l.get("detail")]
invited = [d["name"] for d in details if d["action"] == "invite"]
assert len(set(invited)) == len(invited), "an invitation was recorded twice"

ledger = [line.rstrip("\n").split("\t") for line in open("ledger")]
assert ledger, "nothing was acknowledged"
for name, leaf in ledger:
    assert name in invited, f"{name} was acknowledged, and is lost"
    assert leaf in leaves, f"the leaf of {name} is lost"

def receipts(value):
    if isinstance(value, dict):
        if isinstance(value.get("leaf"), str):
            yield value["leaf"]
        for v in value.values():
            yield from receipts(v)
    elif isinstance(value, list):
        for v in value:
            yield from receipts(v)
released = [leaf for path in glob.glob("receipts.*") if not path.endswith(".new")
            for leaf in receipts(json.load(open(path)))]
for leaf in released:
    assert leaf in leaves, "an acknowledged release is lost"
assert released, "nothing was released"

serials = [c["serial"] for c in json.load(open("certificates.json"))["items"]]
assert len(set(serials)) == len(serials) > 0, "a serial comes twice"
print(f"acknowledged: {len(ledger)} changes, {len(released)} releases; "
      f"{len(leaves)} leaves, {len(serials)} serials")
PY
end_process "$broker_pid" TERM
same "accordd ends well" 0 "$ended"
end_process "$hsm_pid" TERM
same "accord-hsm ends well" 0 "$ended"

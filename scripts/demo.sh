#!/bin/bash
# The whole story on one machine: four people, one workflow, one program that
# reads an encrypted patient file and writes an encrypted result.
#
#     demo.sh [--input FILE] [--keep DIR] [--build DIR]
#
# --input  a CSV with Synthea's columns; otherwise one is made up
# --keep   leave result.txt, result.enc, log.json, receipt.json, the
#          configuration and this transcript in DIR
# --build  use the programs of this build directory instead of building
set -euo pipefail

here=$(cd "$(dirname "$0")/.." && pwd)
input= keep= build=
while [ $# -gt 0 ]; do
    case $1 in
    --input) input=$(realpath "${2:?--input FILE}"); shift 2 ;;
    --keep) keep=${2:?--keep DIR}; shift 2 ;;
    --build) build=$(realpath "${2:?--build DIR}"); shift 2 ;;
    *) echo "usage: demo.sh [--input FILE] [--keep DIR] [--build DIR]" >&2; exit 2 ;;
    esac
done

if [ -z "$build" ]; then
    "$here/scripts/setup.sh"
    build=$here/build/demo
    if [ ! -f "$build/build.ninja" ]; then
        cmake -S "$here" -B "$build" -G Ninja -DBUILD_TESTING=OFF \
              -DCMAKE_BUILD_TYPE=RelWithDebInfo > /dev/null
    fi
    echo "building ..."
    ninja -C "$build" > "$build/build.log" 2>&1 ||
        { tail -30 "$build/build.log"; exit 1; }
fi
scratch=$(mktemp -d "${TMPDIR:-/tmp}/accord-demo.XXXXXX")
began=$(date +%s%N)

# Everything that is started is remembered by its process id, and ended so.
pids=()
ended() {
    local status=$?
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
    for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null || true; done
    if [ $status -ne 0 ]; then
        echo "the demo FAILED; last words of the programs:" >&2
        tail -n 60 "$scratch"/*.log >&2 2>/dev/null || true
    fi
    rm -rf "$scratch"
    exit $status
}
trap ended EXIT

PATH=$build/cli:$build/broker:$build/pkcs11:$build/agent:$build/enclave:$PATH
export XDG_CONFIG_HOME=$scratch/people
transcript=$scratch/transcript
: > "$transcript"

say() { echo "$*" | tee -a "$transcript"; }
step=0
tell() { step=$((step + 1)); say; say "$step. $*"; }
# Shows a command and runs it; its output goes to the screen.
run() { say "   \$ $*"; "$@" 2>&1 | sed 's/^/     /' | tee -a "$transcript"; }
as() { local who=$1; shift; ACCORD_CONTEXT=$who "$@"; }
run_as() { local who=$1; shift; say "   $who \$ $*"
           ACCORD_CONTEXT=$who "$@" 2>&1 | sed 's/^/     /' | tee -a "$transcript"; }
# A command that must fail with this exit code and these words.
refused() {
    local code=$1 words=$2; shift 2
    say "   \$ $*"
    local out status=0
    out=$("$@" 2>&1) || status=$?
    echo "$out" | tail -n 3 | sed 's/^/     /' | tee -a "$transcript"
    if [ $status -ne "$code" ] || ! echo "$out" | grep -q "$words"; then
        say "   EXPECTED exit $code and \"$words\", got exit $status"
        return 1
    fi
    say "   (refused, exit $status)"
}
field() { python3 -c 'import json,sys; v=json.load(sys.stdin)
for p in sys.argv[1].split("."): v=v[p]
print(v)' "$1"; }
wait_for() { # FILE-OR-COMMAND, at most 20 s
    for _ in $(seq 200); do "$@" > /dev/null 2>&1 && return 0; sleep 0.1; done
    say "   waited in vain for: $*"; return 1
}
free_port() { python3 -c 'import socket; s=socket.socket(); s.bind(("127.0.0.1",0)); print(s.getsockname()[1])'; }

mkdir -p "$scratch"/{tokens,hsm,people,store}
port=$(free_port) agent_port=$(free_port) store_port=$(free_port) op_port=$(free_port)

if [ -z "$input" ]; then
    tell "No --input: a patient file is made up, with Synthea's columns."
    "$here/scripts/make-patients" 8000 > "$scratch/patients.csv"
    input=$scratch/patients.csv
fi

tell "A token in software (SoftHSM) stands for the HSM. Its PIN lies in a file."
cat > "$scratch/softhsm2.conf" <<END
directories.tokendir = $scratch/tokens
objectstore.backend = file
log.level = ERROR
END
export SOFTHSM2_CONF=$scratch/softhsm2.conf
(umask 077; od -An -N8 -tx1 /dev/urandom | tr -d ' \n' > "$scratch/pin")
# softhsm2-util takes PINs as arguments only; accord's own programs never do.
softhsm2-util --init-token --free --label accord \
    --so-pin "$(od -An -N8 -tx1 /dev/urandom | tr -d ' \n')" \
    --pin "$(cat "$scratch/pin")" > "$scratch/softhsm.log"
chmod 400 "$scratch/pin"

tell "The simulated SGX platform gets its root. It proves nothing, and everybody will see that it is a simulator's."
run accord-agent init-simulator --directory "$scratch/simulator"

tell "The ceremony makes the keys inside the HSM, once, and prints what they are."
cat > "$scratch/hsm.conf" <<END
[token]
softhsm_conf = $scratch/softhsm2.conf
pin_file = $scratch/pin
[service]
socket = $scratch/hsm.sock
state_directory = $scratch/hsm
peers = $(id -un)
[ca]
domain = accord.test
[anchors]
simulated = demo-simulator:$scratch/simulator/root.pem
END
run accord-hsm init --config "$scratch/hsm.conf"

tell "accord-hsm, accordd, accord-agent and an object store start."
cat > "$scratch/accordd.conf" <<END
[installation]
name = Demo
account = hospital
[server]
url = https://127.0.0.1:$port
address = 127.0.0.1
port = $port
[operator]
listen = 127.0.0.1:$op_port
[store]
directory = $scratch/store
[hsm]
socket = $scratch/hsm.sock
[anchors]
simulated = demo-simulator:$scratch/simulator/root.pem
END
cat > "$scratch/agent.conf" <<END
[listen]
address = 127.0.0.1
port = $agent_port
[broker]
url = https://127.0.0.1:$port
ca = $scratch/hsm/ca.pem
[simulator]
directory = $scratch/simulator
END
accord-hsm run --config "$scratch/hsm.conf" 2> "$scratch/hsm.log" & pids+=($!)
wait_for test -S "$scratch/hsm.sock"
accordd --config "$scratch/accordd.conf" 2> "$scratch/accordd.log" & pids+=($!)
wait_for test -s "$scratch/store/invitation"
accord-agent --config "$scratch/agent.conf" 2> "$scratch/agent.log" & pids+=($!)
(umask 077; printf '[default]\naws_access_key_id = demo\naws_secret_access_key = %s\n' \
    "$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')" > "$scratch/aws")
"$here/scripts/object-store" --root "$scratch/objects" --listen "127.0.0.1:$store_port" \
    --profile "$scratch/aws" --ready "$scratch/objects.ready" 2> "$scratch/objects.log" & pids+=($!)
wait_for test -s "$scratch/objects.ready"
wait_for grep -q "ready at" "$scratch/accordd.log"
run cat "$scratch/accordd.log"

tell "The administrator joins with the invitation that the first start wrote, and invites the three owners."
say "   admin \$ accord join --name Ada < invitation"
as admin accord join --name Ada < "$scratch/store/invitation" | sed 's/^/     /' | tee -a "$transcript"
for who in dana:data alex:app olga:output; do
    name=${who%:*}
    as admin accord person invite "$name (${who#*:} owner)" --role writer > "$scratch/$name.invitation"
    as "$name" accord join --name "$name, ${who#*:} owner" < "$scratch/$name.invitation" \
        | head -1 | sed 's/^/     /' | tee -a "$transcript"
done
run_as admin accord person list

tell "Dana, the data owner, encrypts the patient file and puts it into the object store."
cd "$scratch"
object=http://127.0.0.1:$store_port/demo/patients.enc
result=http://127.0.0.1:$store_port/demo/result.enc
run_as dana accord key patients.key
run_as dana accord encrypt -K patients.key --in "$input" --out patients.enc
run_as dana accord presign put "$object" --credentials aws --out patients.put
run_as dana accord object put patients.enc --presigned patients.put --allow-http
run_as dana accord presign get "$object" --credentials aws --out patients.get

tell "She registers it: the credential is sealed to the HSM on her machine. Nobody can read it back, she included."
run_as dana accord dataset create patients --presigned patients.get --key-file patients.key --demand-nonce
run_as dana accord dataset show patients
say "   dana \$ accord dataset show patients -o json   # every member there is:"
members=$(as dana accord dataset show patients -o json | python3 -c 'import json,sys; print(" ".join(sorted(json.load(sys.stdin))))')
say "     $members"
case " $members " in *credential*|*blob*|*wrapped*) say "   A CREDENTIAL IS SHOWN"; exit 1 ;; esac

tell "Olga, the output owner, registers where the result goes, under her own key."
run_as olga accord key result.key
run_as olga accord presign put "$result" --credentials aws --out result.put
run_as olga accord dataset create result --presigned result.put --key-file result.key

tell "Alex, the application owner, measures his program and signs the rule: exactly this program, on the SIMULATOR, TCB UNEVALUATED."
cp "$build/examples/harmonize" harmonize
measurement=$(accord-enclave measure -- ./harmonize)
say "   \$ accord-enclave measure -- ./harmonize"; say "     $measurement"
run_as alex accord build create harmonize --mrenclave "$measurement" \
    --simulated-root "$scratch/simulator/root.pem" --tcb unevaluated
run_as admin accord build approve harmonize
run_as alex accord config create summary --port input --port output

graph=(study --description "count findings" --app app-1=harmonize:summary
       --data patients=patients --data result=result
       --edge patients:app-1.input --edge result:app-1.output)
tell "The administrator submits the workflow. Olga declines: that rejects it for everybody."
run_as admin accord workflow submit "${graph[@]}"
request=$(as admin accord request list -o json | field items.0.request 2>/dev/null || \
          as admin accord request list -o json | python3 -c 'import json,sys; print(json.load(sys.stdin)["items"][0]["request"])')
run_as olga accord request decline "$request" --yes
status=$(as dana accord request show "$request" -o json | field status)
[ "$status" = declined ] || { say "   EXPECTED declined, it is $status"; exit 1; }
ACCORD_CONTEXT=dana refused 5 "declined already" accord request approve "$request" --yes

tell "It is submitted again. Before anybody approves, the program gets no certificate."
hash=$(as admin accord workflow submit "${graph[@]}" -o json | tee submitted.json | field hashes.app-1)
request=$(field request < submitted.json)
say "   runtime configuration hash $hash"
agent=http://127.0.0.1:$agent_port
broker=https://127.0.0.1:$port
enclave=(accord-enclave run --agent "$agent" --broker "$broker" --allow-http)
refused 7 configuration "${enclave[@]}" "$hash" -- ./harmonize

tell "Each owner looks at what would be agreed, derived again on the owner's machine, and signs."
run_as dana accord request show "$request"
for who in dana alex olga; do
    say "   $who \$ accord request approve $request --yes"
    as "$who" accord request approve "$request" --yes -o json > "$who.approved.json"
    say "     $(field status < "$who.approved.json")"
done
[ "$(field status < olga.approved.json)" = approved ]
run_as dana accord workflow show study

tell "One byte of the program is changed: another measurement, no certificate."
cp harmonize changed
printf '\001' | dd of=changed bs=1 seek=$(($(stat -c %s changed) - 1)) conv=notrunc status=none
refused 7 build "${enclave[@]}" "$hash" -- ./changed

tell "The program itself runs: certificate, configuration, credentials, data, result."
run "${enclave[@]}" --receipts receipt.json "$hash" -- ./harmonize

tell "Olga fetches and decrypts the result."
run_as olga accord presign get "$result" --credentials aws --out result.get
run_as olga accord object get result.enc --presigned result.get --allow-http
run_as olga accord decrypt -K result.key --in result.enc --out result.txt
run cat result.txt
say "   result.txt has $(stat -c %s result.txt) bytes, result.enc $(stat -c %s result.enc)"
expected=$("$here/scripts/summarise" "$input")
found=$(python3 - result.txt <<'END'
import sys
lines = open(sys.argv[1], encoding="utf-8").read().split("\n")
value = lambda i: lines[i][7:].rstrip()
print(value(0), value(1), value(3), value(2))
END
)
say "   recomputed from the plain file by other means: $expected"
[ "$expected" = "$found" ] || { say "   THE RESULT DIFFERS: $found"; exit 1; }

tell "A program holds its certificate while the workflow is withdrawn: still valid, but nothing is released any more."
mkfifo go
"${enclave[@]}" --pause-before-release go "$hash" -- ./harmonize > paused.log 2>&1 &
paused=$!
wait_for grep -q configuration paused.log
run_as dana accord workflow withdraw study
echo > go
status=0; wait $paused || status=$?
tail -n 2 paused.log | sed 's/^/     /' | tee -a "$transcript"
[ $status -eq 3 ] && grep -q configuration paused.log || { say "   EXPECTED exit 3, got $status"; exit 1; }
say "   (refused, exit $status)"

tell "The whole history is exported and verified with the keys pinned when joining, the evidence of every certificate included."
run_as dana accord log export log.json
run_as dana accord log verify log.json --simulated-root "$scratch/simulator/root.pem"
run_as dana accord status

if [ -n "$keep" ]; then
    mkdir -p "$keep"
    cp result.txt result.enc log.json receipt.json accordd.conf hsm.conf agent.conf "$keep/"
    cp "$transcript" "$keep/transcript.txt"
    say; say "kept in $keep: result.txt result.enc log.json receipt.json, configuration, transcript"
fi
say
say "elapsed $((($(date +%s%N) - began) / 1000000000)) s"

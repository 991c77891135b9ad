# stage.sh - a whole installation in one scratch directory, for shell tests.
#
#     . "$(dirname "$0")/stage.sh"
#     stage_begin "$1"          # the build directory; ends everything at exit
#     placement=wrapped         # unless credentials' keys lie on the token
#     plain_paths=yes           # where the CCM class is served
#     stage_install             # token, ceremony, all four programs
#     stage_people              # admin, dana, alex, olga have joined
#     stage_study               # datasets, build, workflow: $hash, $request
#     stage_approve             # all three owners sign
#
# Every program that is started is remembered by its process id and ended by
# it. Loopback only, on ports that were free. Sourced, so no `set` and no
# `exit` but in stage_begin and its trap.

# --- saying and checking -----------------------------------------------------

checks=0
die() { echo "FAILED: $*" >&2; exit 1; }

# holds SENTENCE COMMAND...: the command succeeds.
holds() {
    local sentence=$1 out; shift
    out=$("$@" 2>&1) || die "$sentence: \"$*\" failed ($?): $out"
    checks=$((checks + 1)); echo "ok  $sentence"
}

# ends SENTENCE CODE WORDS COMMAND...: it ends with that exit code and says
# those words (an extended regular expression).
ends() {
    local sentence=$1 code=$2 words=$3 out status=0; shift 3
    out=$("$@" 2>&1) || status=$?
    [ "$status" -eq "$code" ] ||
        die "$sentence: \"$*\" ended with $status instead of $code: $out"
    grep -Eq -- "$words" <<< "$out" ||
        die "$sentence: \"$*\" did not say \"$words\" but: $out"
    checks=$((checks + 1)); echo "ok  $sentence"
}

# same SENTENCE EXPECTED FOUND
same() {
    [ "$2" = "$3" ] || die "$1: expected \"$2\", found \"$3\""
    checks=$((checks + 1)); echo "ok  $1"
}

# wait_until SECONDS COMMAND...
wait_until() {
    local end=$((SECONDS + $1)); shift
    until "$@" > /dev/null 2>&1; do
        [ $SECONDS -lt $end ] || die "waited in vain for: $*"
        sleep 0.05
    done
}

# --- beginning and end -------------------------------------------------------

pids=()
stage_end() {
    local status=$? pid
    trap - EXIT
    for pid in "${pids[@]}"; do kill "$pid" 2> /dev/null || true; done
    for pid in "${pids[@]}"; do wait "$pid" 2> /dev/null || true; done
    if [ $status -ne 0 ] && [ $status -ne 77 ]; then
        echo "last words of the programs:" >&2
        tail -n 30 "$scratch"/*.log >&2 2> /dev/null || true
    fi
    if grep -El 'ERROR: (Address|Leak)Sanitizer|runtime error:' \
            "$scratch"/*.log 2> /dev/null; then
        echo "FAILED: a sanitizer spoke" >&2
        grep -Eh -A 20 'ERROR: (Address|Leak)Sanitizer|runtime error:' \
            "$scratch"/*.log >&2
        status=1
    fi
    rm -rf "$scratch"
    [ $status -eq 0 ] && echo "$checks checks hold"
    exit $status
}

stage_begin() { # BUILD-DIRECTORY
    set -euo pipefail
    build=$(realpath "$1")
    e2e=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
    source_root=$(cd "$e2e/../.." && pwd)
    scratch=$(mktemp -d "${TMPDIR:-/tmp}/accord-e2e.XXXXXX")
    trap stage_end EXIT
    trap 'exit 1' TERM INT HUP
    PATH=$build/cli:$build/broker:$build/pkcs11:$build/agent:$build/enclave:$PATH
    export XDG_CONFIG_HOME=$scratch/people SCRATCH=$scratch
    umask 022
    mkdir -p "$scratch"/{tokens,hsm,people,store}
}

random_hex() { od -An -N"$1" -tx1 /dev/urandom | tr -d ' \n'; }

# Four ports that are free now, asked for at once so that they differ.
stage_ports() {
    read -r port agent_port store_port op_port < <(python3 -c '
import socket
s = [socket.socket() for _ in range(4)]
for x in s: x.bind(("127.0.0.1", 0))
print(*[x.getsockname()[1] for x in s])')
    export PORT=$port
    broker_url=https://127.0.0.1:$port
    agent_url=http://127.0.0.1:$agent_port
    object_url=http://127.0.0.1:$store_port/e2e
}

# --- token, ceremony, configuration ------------------------------------------

stage_token() {
    cat > "$scratch/softhsm2.conf" <<CONF
directories.tokendir = $scratch/tokens
objectstore.backend = file
log.level = ERROR
CONF
    export SOFTHSM2_CONF=$scratch/softhsm2.conf
    (umask 077; random_hex 8 > "$scratch/pin")
    softhsm2-util --init-token --free --label accord \
        --so-pin "$(random_hex 8)" --pin "$(cat "$scratch/pin")" \
        > "$scratch/softhsm.log"
    chmod 400 "$scratch/pin"
}

stage_configure() {
    cat > "$scratch/hsm.conf" <<CONF
[token]
module = ${ACCORD_TEST_MODULE:-/usr/lib/softhsm/libsofthsm2.so}
softhsm_conf = $scratch/softhsm2.conf
pin_file = $scratch/pin
[service]
socket = $scratch/hsm.sock
state_directory = $scratch/hsm
peers = $(id -u)
[ca]
domain = accord.test
[ccm]
plain_paths = ${plain_paths:-no}
[credentials]
placement = ${placement:-token}
[anchors]
simulated = e2e-simulator:$scratch/simulator/root.pem
CONF
    cat > "$scratch/accordd.conf" <<CONF
[installation]
name = End to end
account = hospital
[server]
url = $broker_url
address = 127.0.0.1
port = $port
[operator]
listen = 127.0.0.1:$op_port
[store]
directory = $scratch/store
[hsm]
socket = $scratch/hsm.sock
[anchors]
simulated = e2e-simulator:$scratch/simulator/root.pem
CONF
    cat > "$scratch/agent.conf" <<CONF
[listen]
address = 127.0.0.1
port = $agent_port
[broker]
url = $broker_url
ca = $scratch/hsm/ca.pem
[simulator]
directory = $scratch/simulator
CONF
}

stage_ceremony() {
    accord-agent init-simulator --directory "$scratch/simulator" \
        > "$scratch/simulator.log" 2>&1
    accord-hsm init --config "$scratch/hsm.conf" > "$scratch/ceremony.log" 2>&1
}

# --- programs ----------------------------------------------------------------

# Each start has a log of its own: what is waited for was said by this start.
starts=0
started() { pids+=("$1"); }

# Starts it and does not wait: $hsm_pid, $hsm_log.
hsm_launch() {
    starts=$((starts + 1)); hsm_log=$scratch/hsm.$starts.log
    accord-hsm run --config "$scratch/hsm.conf" 2> "$hsm_log" &
    hsm_pid=$!; started $hsm_pid
}
hsm_start() {
    hsm_launch
    wait_until 60 grep -q "worker [0-9]* serves" "$hsm_log"
}
# The worker that serves now, by what the supervisor said of it.
hsm_worker() { sed -n 's/.*worker \([0-9]*\) serves.*/\1/p' "$hsm_log" | tail -n 1; }
hsm_generations() { grep -c "worker [0-9]* serves" "$hsm_log" || true; }

broker_launch() {
    starts=$((starts + 1)); broker_log=$scratch/accordd.$starts.log
    accordd --config "$scratch/accordd.conf" 2> "$broker_log" &
    broker_pid=$!; started $broker_pid
}
broker_start() {
    broker_launch
    wait_until 60 grep -q "ready at" "$broker_log"
}

# ended PID SIGNAL: sends it and awaits the end; leaves the status in $ended.
end_process() { # PID SIGNAL
    kill -"$2" "$1"
    ended=0; wait "$1" 2> /dev/null || ended=$?
    forget "$1"
}

# A process that has ended already.
forget() { # PID
    local kept=() pid
    for pid in "${pids[@]}"; do [ "$pid" = "$1" ] || kept+=("$pid"); done
    pids=("${kept[@]}")
}

stage_agent() {
    accord-agent --config "$scratch/agent.conf" 2> "$scratch/agent.log" &
    agent_pid=$!; started $agent_pid
}

stage_objects() {
    (umask 077; printf '[default]\naws_access_key_id = e2e\naws_secret_access_key = %s\n' \
        "$(random_hex 16)" > "$scratch/aws")
    "$source_root/scripts/object-store" --root "$scratch/objects" \
        --listen "127.0.0.1:$store_port" --profile "$scratch/aws" \
        --ready "$scratch/objects.ready" 2> "$scratch/objects.log" &
    started $!
    wait_until 30 test -s "$scratch/objects.ready"
}

stage_install() {
    stage_ports
    stage_token
    stage_configure
    stage_ceremony
    hsm_start
    broker_start
}

# --- people ------------------------------------------------------------------

# as WHO COMMAND...
as() { local who=$1; shift; ACCORD_CONTEXT=$who "$@"; }

# call WHO METHOD PATH [JSON]: one request with that person's certificate, or
# with none for "-"; prints "STATUS BODY", or "closed".
call() { python3 "$e2e/call.py" "$@"; }
# The members of a JSON text on standard input: field items.0.request
field() { python3 -c 'import json, sys
v = json.load(sys.stdin)
for p in sys.argv[1].split("."):
    v = v[int(p) if isinstance(v, list) else p]
print(v)' "$1"; }

log_size() { call - GET /accord/v1/log/head | sed 's/^200 //' | field size; }

stage_join() { # CONTEXT ROLE
    as admin accord person invite "$1" --role "$2" > "$scratch/$1.invitation"
    as "$1" accord join --name "$1" < "$scratch/$1.invitation" > /dev/null
}

stage_administrator() {
    as admin accord join --name Ada < "$scratch/store/invitation" > /dev/null
}

stage_people() {
    local who
    stage_administrator
    for who in dana alex olga; do stage_join $who writer; done
}

# --- a workflow --------------------------------------------------------------

# Dana's patients and Olga's result, registered under pre-signed locations.
stage_datasets() {
    cd "$scratch"
    stage_objects
    "$source_root/scripts/make-patients" 200 > patients.csv
    as dana accord key patients.key
    as dana accord encrypt -K patients.key --in patients.csv --out patients.enc
    as dana accord presign put "$object_url/patients.enc" --credentials aws --out patients.put
    as dana accord object put patients.enc --presigned patients.put --allow-http
    as dana accord presign get "$object_url/patients.enc" --credentials aws --out patients.get
    as dana accord dataset create patients --presigned patients.get --key-file patients.key
    as olga accord key result.key
    as olga accord presign put "$object_url/result.enc" --credentials aws --out result.put
    as olga accord dataset create result --presigned result.put --key-file result.key
}

# Alex's program: $measurement.
stage_build() {
    cp "$build/examples/harmonize" harmonize
    measurement=$(accord-enclave measure -- ./harmonize)
    as alex accord build create harmonize --mrenclave "$measurement" \
        --simulated-root "$scratch/simulator/root.pem" --tcb unevaluated
    as admin accord build approve harmonize
    as alex accord config create summary --port input --port output
}

# stage_submit NAME: $hash, $request
stage_submit() {
    as admin accord workflow submit "$1" --description "end to end" \
        --app app-1=harmonize:summary --data patients=patients \
        --data result=result --edge patients:app-1.input \
        --edge result:app-1.output -o json > submitted.json
    hash=$(field hashes.app-1 < submitted.json)
    request=$(field request < submitted.json)
}

stage_study() {
    stage_datasets > "$scratch/datasets.log"
    stage_build > "$scratch/build.log"
    stage_agent
    stage_submit study
    wait_until 30 call_agent
}
call_agent() { python3 -c 'import socket, sys
socket.create_connection(("127.0.0.1", int(sys.argv[1])), 5).close()' "$agent_port"; }

stage_approve() { # [who has to sign ...]
    local who
    for who in "${@:-dana alex olga}"; do
        for who in $who; do
            as "$who" accord request approve "$request" --yes > "$scratch/approve.$who.log"
        done
    done
}

# enclave [OPTION...] PROGRAM: runs it for $hash.
enclave() {
    local program=${*: -1}
    accord-enclave run --agent "$agent_url" --broker "$broker_url" \
        --allow-http "${@:1:$#-1}" "$hash" -- "$program"
}

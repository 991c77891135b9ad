#!/bin/bash
# The program: its simulator, its configuration, its start and its end.
#
#   usage: program.sh ACCORD-AGENT
set -u
export LC_ALL=C
agent=$1

scratch=$(mktemp -d)
pid=
trap '[ -n "$pid" ] && kill "$pid" 2> /dev/null; rm -rf "$scratch"' EXIT
cd "$scratch" || exit 1
status=0

wrong() {
    echo "$*"
    status=1
}

# expect CODE TEXT ARGUMENT...: TEXT is in what it says
expect() {
    wanted=$1 text=$2
    shift 2
    "$agent" "$@" > out 2>&1
    got=$?
    if [ "$got" -ne "$wanted" ] || ! grep -qF -- "$text" out; then
        wrong "accord-agent $*: exit code $got, expected $wanted and \"$text\":"
        cat out
    fi
}

expect 2 "usage: accord-agent --config FILE"
expect 2 "usage:" --config
expect 2 "usage:" serve
expect 0 "usage:" --help
expect 0 "accord-agent " --version
expect 0 "#port = 9092" sample-config

expect 0 "root: $scratch/sim/root.pem" init-simulator --directory "$scratch/sim"
hash=$(openssl x509 -in sim/root.pem -pubkey -noout |
    openssl pkey -pubin -outform DER | sha256sum | cut -d' ' -f1)
grep -qx "spki: $hash" out || wrong "the SPKI hash is not openssl's: $hash"
expect 1 "conflict" init-simulator --directory "$scratch/sim"

# Further kinds are added to the same directory, under roots of their own.
expect 0 "root: $scratch/sim/nitro-root.pem" init-simulator --directory \
    "$scratch/sim" --kind nitro
expect 1 "holds a simulator of Nitro already" init-simulator --directory \
    "$scratch/sim" --kind nitro
expect 0 "root: $scratch/sim/ark.pem" init-simulator --directory \
    "$scratch/sim" --kind snp
hash=$(openssl x509 -in sim/ark.pem -pubkey -noout |
    openssl pkey -pubin -outform DER | sha256sum | cut -d' ' -f1)
grep -qx "spki: $hash" out || wrong "the SPKI hash is not openssl's: $hash"

# Evidence and collateral, as files.
m=$(printf '%064d' 7)
for kind in sgx tdx snp nitro; do
    expect 0 "SIMULATED evidence" simulate --directory sim --kind $kind --measurement "$m" \
        --to "$kind.evidence" --report-data "$m$m"
    grep -q . "$kind.evidence" || wrong "there is no $kind evidence"
done
expect 0 "SIMULATED evidence" simulate --directory sim --measurement "$m" --to v5 --version 5
[ "$(od -An -tu1 -N1 v5)" -eq 5 ] || wrong "the quote is not of version 5"
expect 1 "no quote of version 6" simulate --directory sim --measurement "$m" \
    --to v6 --version 6
expect 0 "SIMULATED platform" simulate-collateral --directory sim --to tdx \
    --kind tdx --status \
    Revoked --evaluation 20 --advisories A,B --revoke pck
grep -q '"tcbStatus":"Revoked","advisoryIDs":\["A","B"\]' tdx/tcbinfo.json ||
    wrong "the status was not taken"
openssl crl -inform DER -in tdx/pck_ca.crl.der -noout -text 2> out |
    grep -q 'Revocation Date' || wrong "nothing is revoked"

expect 2 "unknown option --speed" simulate --directory sim --speed 1
expect 2 "given twice: --to" simulate --directory sim --to a --to b
expect 2 "a value is missing behind --to" simulate --directory sim --to
expect 2 "--directory DIR is missing" simulate --to a
expect 2 "--measurement HEX are needed" simulate --directory sim --to a
expect 2 "--to DIR is missing" simulate-collateral --directory sim
expect 2 "not a number that is allowed here: x" simulate --directory sim \
    --to a --measurement "$m" --time x
expect 2 "nothing that can be revoked: all" simulate-collateral \
    --directory sim --to a --revoke all
expect 2 "not of snp" simulate-collateral --directory sim --to a --kind snp
expect 1 "kind: expected sgx" simulate --directory sim --to a --measurement \
    "$m" --kind arm
expect 1 "measurement: expected 64" simulate --directory sim --to a \
    --measurement 00
expect 1 "knows no TDX" simulate-collateral --directory sim --to a --kind tdx \
    --version 2

expect 1 "accord-agent: " --config "$scratch/none"
cat > agent.conf <<END
[broker]
url = https://127.0.0.1:1
ca = $scratch/no-ca.pem
END
expect 1 "broker.ca: cannot read" --config agent.conf
echo 'speed = 1' >> agent.conf
expect 1 "agent.conf:4:" --config agent.conf

# A port of its own cannot be asked for here (0 is no port): try some.
start() {
    for port in $(shuf -i 20000-32000 -n 20); do
        printf '[listen]\nport = %s\n[broker]\nurl = https://127.0.0.1:1\n' \
            "$port" > agent.conf
        printf 'ca = %s\n%s\n' "$scratch/sim/root.pem" "$1" >> agent.conf
        mkfifo said
        "$agent" --config agent.conf 2> said &
        pid=$!
        # Until it listens, or has ended.
        sed '/listening on/q' said > started
        rm said
        grep -q 'listening on' started && return
        wait "$pid"
        pid=
    done
    wrong "it does not start:"
    cat started
}

stop() {
    kill -TERM "$pid"
    wait "$pid" || wrong "it ended with $? on SIGTERM"
    pid=
}

start ""
grep -q SIMULATOR started && wrong "a simulator nobody asked for"
[ -n "$pid" ] && stop

start "[simulator]
directory = $scratch/sim"
grep -q "SIMULATOR from $scratch/sim: .* proves nothing" started ||
    wrong "the simulator is not announced"
[ -n "$pid" ] && stop

chmod 644 sim/pck.key
start_fails=$("$agent" --config agent.conf 2>&1) && wrong "a readable key"
case $start_fails in
*denied*) ;;
*) wrong "not said why: $start_fails" ;;
esac
exit $status

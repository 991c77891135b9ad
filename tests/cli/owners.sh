#!/bin/bash
# What owners do over the life of their data, with the real programs: rotate,
# suspend, resume, erase, delete; roles, a lost key, a revoked certificate, a
# second version of a workflow. Exit codes and JSON are held to throughout.
#
#     owners.sh BUILD-DIRECTORY
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
seeds=$(cd "$(dirname "$0")/../fuzz/corpus/sigstruct" && pwd)
build=$(realpath "${1:?usage: owners.sh BUILD-DIRECTORY}")
for tool in softhsm2-util python3; do
    command -v $tool > /dev/null || { echo "owners.sh: SKIPPED: no $tool" >&2; exit 77; }
done
scratch=$(mktemp -d "${TMPDIR:-/tmp}/accord-owners.XXXXXX")
pids=()
ended() {
    local status=$?
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
    for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null || true; done
    if [ $status -ne 0 ]; then
        echo "FAILED in line $line" >&2
        tail -n 6 "$scratch"/*.log "$scratch"/last.* >&2 2>/dev/null || true
    fi
    rm -rf "$scratch"
    exit $status
}
line=0
trap 'line=$LINENO' ERR
trap ended EXIT

PATH=$build/cli:$build/broker:$build/pkcs11:$build/agent:$PATH
export XDG_CONFIG_HOME=$scratch/people SOFTHSM2_CONF=$scratch/softhsm2.conf
cd "$scratch"
mkdir tokens hsm people store

fail() { line="${BASH_LINENO[*]}"; echo "owners.sh: $*" >&2; exit 1; }
free_port() { python3 -c 'import socket; s=socket.socket(); s.bind(("127.0.0.1",0)); print(s.getsockname()[1])'; }
wait_for() { # at most 15 s
    for _ in $(seq 150); do "$@" > /dev/null 2>&1 && return 0; sleep 0.1; done
    fail "waited in vain for: $*"
}
# exits CODE WHO ARGUMENTS...: what it says is in last.out and last.err.
exits() {
    local code=$1 who=$2 status=0; shift 2
    ACCORD_CONTEXT=$who accord "$@" > last.out 2> last.err < /dev/null || status=$?
    [ $status -eq "$code" ] || fail "$who: accord $*: exit $status, expected $code"
}
# The same, and standard output must be one line of JSON.
json() {
    local who=$1; shift
    exits 0 "$who" "$@" -o json
    [ "$(wc -l < last.out)" -eq 1 ] || fail "$who: accord $* -o json: not one line"
    cat last.out >> every.json # parsed at the end, all at once
}
field() { python3 -c 'import json,sys; v=json.load(open("last.out"))
for p in sys.argv[1].split("."): v=v[int(p)] if isinstance(v,list) else v[p]
print(v)' "$1"; }
says() { grep -q -- "$1" last.out last.err || fail "nothing says \"$1\""; }

# --- the programs ------------------------------------------------------------

printf 'directories.tokendir = %s/tokens\nobjectstore.backend = file\nlog.level = ERROR\n' "$scratch" > softhsm2.conf
(umask 077; od -An -N8 -tx1 /dev/urandom | tr -d ' \n' > pin)
softhsm2-util --init-token --free --label accord \
    --so-pin "$(od -An -N8 -tx1 /dev/urandom | tr -d ' \n')" --pin "$(cat pin)" > softhsm.log
chmod 400 pin
accord-agent init-simulator --directory simulator > simulator.log
port=$(free_port) operator=$(free_port)
cat > hsm.conf <<END
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
cat > accordd.conf <<END
[installation]
name = Test
account = hospital
[server]
url = https://127.0.0.1:$port
address = 127.0.0.1
port = $port
[operator]
listen = 127.0.0.1:$operator
[store]
directory = $scratch/store
[hsm]
socket = $scratch/hsm.sock
[anchors]
simulated = demo-simulator:$scratch/simulator/root.pem
END
accord-hsm init --config hsm.conf > init.log 2>&1
accord-hsm run --config hsm.conf 2> hsm.log & pids+=($!)
wait_for test -S hsm.sock
accordd --config accordd.conf 2> accordd.log & pids+=($!)
wait_for test -s store/invitation
wait_for grep -q "ready at" accordd.log

# --- joining -----------------------------------------------------------------

join() { ACCORD_CONTEXT=$1 accord join --name "$1" < "$2" > last.out 2> last.err; }
join ada store/invitation
for who in dana olga; do
    json ada person invite $who --role writer
    field invitation > $who.invitation
    if [ $who = dana ]; then # a secret that is not the invitation's
        sed 's/[0-9a-f]\{64\}$/'"$(printf 'ab%.0s' {1..32})"'/' dana.invitation > wrong.invitation
        status=0; join dana wrong.invitation || status=$?
        [ $status -ne 0 ] || fail "joined with a wrong secret"
        [ ! -e people/accord/dana ] || fail "a refused join leaves its directory"
        sed 's,https://,http://,' dana.invitation > plain.invitation
        status=0; join dana plain.invitation || status=$?
        [ $status -eq 1 ] && grep -q 'not https' last.err || fail "http:// is accepted"
    fi
    join $who $who.invitation
done
json ada person invite twin --role reader
field invitation > twin.invitation
sed "s/ [0-9a-f]\{64\} / $(printf '%064d' 0) /" twin.invitation > false.invitation
status=0; join twin false.invitation || status=$?
[ $status -eq 3 ] || fail "another broker's invitation: exit $status"
says 'is NOT the broker of this invitation: its CA or log key differs'
ACCORD_CONTEXT=twin accord join --name olga < twin.invitation > last.out 2> last.err
exits 5 ada person role olga reader
says "2 of this account are named \"olga\": give the person's id"
json twin status
exits 0 ada person suspend "$(field person)"
exits 0 olga status
exits 4 nobody status
exits 2 ada dataset show
exits 2 ada dataset
exits 2 ada no-such-command
json ada status
json ada person list
json ada account list

# --- roles -------------------------------------------------------------------

exits 3 dana person role ada manager
olga=$(python3 -c 'import json; print(json.load(open("people/accord/olga/context.json"))["person"])')
json ada person role "$olga" reader
[ "$(field role)" = reader ]
exits 3 olga app create something
json ada person role "$olga" writer
json ada person suspend "$olga"
exits 3 olga status
json ada person activate "$olga"
json olga status
exits 5 ada person role ada reader     # the last manager
exits 4 ada person role nobody reader

# --- a dataset ---------------------------------------------------------------

(umask 077; printf '[default]\naws_access_key_id = AKIDTEST\naws_secret_access_key = secret\n' > aws)
url=https://store.example/bucket/patients.enc
exits 1 dana presign get $url --credentials aws --out no.url --expires 604801
says 'expires: expected 1 to 604800'
exits 1 dana presign get $url --credentials aws --out no.url --expires 5m
exits 0 dana presign get $url --credentials aws --out get.url --expires 3600
exits 0 dana key patients.key
exits 5 dana key patients.key
json dana dataset create patients --presigned get.url --key-file patients.key --label year=2026
dataset=$(field dataset) version=$(field version)
[ "$(field expires)" -gt "$(date +%s)" ]
exits 0 dana dataset list
says 'expires in [01] h'
exits 5 dana dataset create patients --presigned get.url --key-file patients.key
exits 0 dana presign get $url --credentials aws --out new.url
exits 0 dana presign get https://store.example/bucket/other.enc --credentials aws --out other.url
exits 1 dana dataset renew patients --presigned other.url --key-file patients.key
says 'the pre-signed URL is for https://store.example/bucket/other.enc, the data lies at https://store.example/bucket/patients.enc: accord dataset rotate'
json dana dataset renew patients --presigned new.url --key-file patients.key
[ "$(field dataset)" = "$dataset" ] && [ "$(field version)" != "$version" ]
exits 0 dana dataset list
[ ! -s last.err ] || fail "a warning seven days before the end"
objects=$(find tokens -name '*.object' | wc -l)
exits 0 dana key second.key
json dana dataset rotate patients --presigned new.url --key-file second.key
[ "$(field versions)" = 3 ]
[ "$(find tokens -name '*.object' | wc -l)" -eq "$objects" ] || fail "the replaced version's key stays in the token"
exits 3 olga dataset rotate patients --presigned new.url --key-file second.key
json dana dataset describe patients --description "of 2026" --label year=2027
[ "$(field labels.year)" = 2027 ]
exits 1 dana dataset describe patients
json dana dataset suspend "$dataset"
[ "$(field suspended.by)" = owner ]
exits 5 dana dataset suspend patients
exits 3 ada dataset resume patients    # a manager cannot end the owner's
json dana dataset resume patients
json ada dataset suspend patients
exits 3 dana dataset resume patients   # nor the owner a manager's
json ada dataset resume patients
exits 5 dana dataset resume patients
exits 3 olga dataset suspend patients

# --- apps, builds, configurations, drafts, workflows -------------------------

json olga app create harmonize
json olga app change harmonize --description "one format"
json olga app show harmonize
json olga app list
measurement=$(printf 'ab%.0s' {1..32})
json olga build create harmonize --app harmonize --mrenclave "$measurement" \
    --simulated-root simulator/root.pem --tcb unevaluated
exits 5 olga app delete harmonize      # it has a build
exits 1 olga build create vouched --node-vouched --mrenclave "$measurement" --simulated-root simulator/root.pem
says "--node-vouched: the root is this zone's own, no other beside it"
json ada build approve harmonize
json olga build show harmonize
[ "$(field status)" = approved ]
head -c 1808 /dev/zero > zero.sigstruct
exits 1 olga build create other --sigstruct zero.sigstruct --simulated-root simulator/root.pem
says SIGSTRUCT
json olga build create signed --sigstruct "$seeds/good" --by-signer --simulated-root simulator/root.pem
python3 - "$seeds/good" <<'END' || fail "the rule is not what the SIGSTRUCT says"
import hashlib, json, sys
raw, rule = open(sys.argv[1], "rb").read(), json.load(open("last.out"))["rule"]
said = json.dumps(rule)
assert hashlib.sha256(raw[128:512]).hexdigest() in said, said
assert str(int.from_bytes(raw[1024:1026], "little")) in said, said
assert raw[960:992].hex() not in said, said
END
exits 1 olga build create both --sigstruct "$seeds/good" --mrenclave "$measurement" --simulated-root simulator/root.pem
says 'no other measurement'
json olga config create summary --port input
json olga config change summary --description "counts"
json olga config show summary
json olga config create unused --label a=b
json olga config delete unused
exits 4 olga config show unused
graph=(--app app-1=harmonize:summary --data patients=patients --edge patients:app-1.input)
json ada workflow check study "${graph[@]}"
exits 0 ada workflow check study "${graph[@]}"
says 'the graph can be submitted'
! grep note last.out || fail "a note about a whole graph"
exits 0 ada workflow check study --app app-1=harmonize:summary
says 'note: objects.app-1: no edge is at this app: it gets a certificate and its configuration, and no data'
json ada draft create study "${graph[@]}"
json ada draft list
json ada draft show study
json ada draft change study --description "counts" "${graph[@]}"
[ "$(field version)" = 2 ]
json ada draft submit study
first=$(field request)
exits 5 ada workflow submit study "${graph[@]}"
says 'a workflow of this name is waiting for its owners: decide or withdraw that request first, or take another name'
json ada draft delete study
exits 4 ada draft show study
exits 6 ada workflow show study        # it waits for approval
# A broker that lies about it, to somebody who knows it by its own CA.
echo none > lie
python3 -B "$here/liar.py" liar.port "$port" lie 2> liar.log & pids+=($!)
wait_for test -s liar.port
exits 1 fooled request show "$first"
says 'THE REQUEST IS MADE FOR ANOTHER CA OR ACCOUNT than the one you joined'
echo damaged-record > lie
exits 1 fooled dataset rotate patients --presigned new.url --key-file second.key
says "the broker's record of this dataset is damaged"
echo hidden-leaves > lie
exits 1 fooled log export hidden.json
says 'the broker shows fewer leaves than it signed'
echo of-this-zone > lie
exits 0 fooled request show "$first" # who is told of one CA only believes it
echo other-manifest > lie
exits 1 fooled request show "$first"
says "THE BROKER'S MANIFEST IS NOT WHAT ITS PARTS GIVE: do not sign, tell the others"
exits 1 fooled request approve "$first" --yes
says "THE BROKER'S MANIFEST IS NOT WHAT ITS PARTS GIVE: do not sign, tell the others"
exits 0 dana request show "$first"
says '"dana" with the key .* (met before)'
says '"olga" with the key .* (NOT MET BEFORE'
exits 3 dana request approve "$first"  # nobody answered the question
json dana request approve "$first" --yes
json olga request approve "$first" --yes
[ "$(field status)" = approved ]
exits 0 olga workflow show study
exits 5 ada workflow submit study "${graph[@]}"
says 'this account has a workflow of this name: submit its next version, or take another name'
json ada workflow submit study "${graph[@]}" --description sooner --workflow study
early=$(field request)
for lie in other-parent:'the parent that the broker shows is not the one the manifest names' \
    hidden-parent:'the broker shows another parent than the manifest names'; do
    echo "${lie%%:*}" > lie
    exits 1 fooled request show "$early"
    says "${lie#*:}"
done
json dana request decline "$early" --yes
exits 5 dana dataset delete patients --yes

# --- a key is lost -----------------------------------------------------------

mv people/accord/dana/recovery.pem recovery.pem
rm people/accord/dana/key.pem
exits 4 dana status
exits 0 dana key replace --recovery recovery.pem
json dana status
cp people/accord/dana/key.pem stolen.pem
json dana key replace
cmp -s stolen.pem people/accord/dana/key.pem.before || fail "the key before is not kept"
! cmp -s stolen.pem people/accord/dana/key.pem || fail "the key is the same"
[ "$(stat -c %a people/accord/dana/key.pem)" = 600 ]
[ ! -e people/accord/dana/key.pem.new ]
json dana renew
# The change is made, but its files cannot be kept: nothing is lost.
rm people/accord/dana/key.pem.before
mkdir people/accord/dana/key.pem.before
exits 8 dana key replace
says 'cannot keep .*key.pem as .*key.pem.before: the new key is in .*key.pem.new'
exits 5 dana key replace
says 'key.pem.new is there: the answer to an earlier change got lost.'
rmdir people/accord/dana/key.pem.before
mv people/accord/dana/key.pem.new people/accord/dana/key.pem
json dana key replace # brings the certificate too
mine=$scratch/people/accord/dana
LD_PRELOAD=$build/tests/fault/libbroken.so ASAN_OPTIONS=verify_asan_link_order=0 \
    ACCORD_BROKEN=$mine/key.pem exits 8 dana key replace
says "cannot write $mine/key.pem: the new key is in $mine/key.pem.new"
mv "$mine/key.pem.new" "$mine/key.pem"
json dana key replace
json dana status
# Another installation's log, for who has pinned this one's.
cp people/accord/dana/context.json pinned.json
openssl ecparam -name prime256v1 -genkey -noout |
    openssl pkey -pubout -outform DER | base64 -w0 > other.spki
python3 - <<'END'
import json
context = json.load(open("pinned.json"))
context["log_key"] = open("other.spki").read()
json.dump(context, open("people/accord/dana/context.json", "w"))
END
exits 1 dana log show
says 'a log head is not signed by the pinned log key'
cp pinned.json people/accord/dana/context.json

# --- the second version ends the first ---------------------------------------

json ada workflow submit study "${graph[@]}" --description again --workflow study
second=$(field request)
[ "$(field version)" = 2 ]
json dana request approve "$second" --yes
exits 0 olga request show "$second"
says '"dana" with the key .* (NOT MET BEFORE' # another key by now
says '"olga" with the key .* (met before)'
json olga request approve "$second" --yes
json olga workflow show study --version 1
[ "$(field status)" = retired ]
json olga workflow show study
[ "$(field version)" = 2 ] && [ "$(field status)" = active ]
json dana dataset rotate patients --presigned new.url --key-file patients.key
exits 5 dana dataset rotate patients --presigned other.url --key-file patients.key
json dana workflow withdraw study

# --- erased and deleted ------------------------------------------------------

exits 3 dana dataset erase patients    # nobody answered the question
before=$(find tokens -name '*.object' | wc -l)
json dana dataset erase patients --yes
[ "$(field erased)" = True ]
[ "$(find tokens -name '*.object' | wc -l)" -lt "$before" ] || fail "an erased dataset's key stays in the token"
exits 5 dana dataset erase patients --yes
exits 3 olga dataset delete patients --yes
json dana dataset delete patients --yes
exits 4 dana dataset show patients

# --- a certificate is taken back ---------------------------------------------

json ada certificate list
person=$(python3 -c 'import json; print(json.load(open("people/accord/olga/context.json"))["person"])')
serials=$(python3 - "$person" <<'END'
import json, sys
for c in json.load(open("last.out"))["items"]:
    if c["id"] == sys.argv[1]: print(c["serial"])
END
)
[ -n "$serials" ]
exits 1 ada certificate revoke abc --yes
says 'a serial is 32 hexadecimal digits: accord certificate'
for serial in $serials; do
    exits 3 olga certificate revoke "$serial" --yes
    json ada certificate revoke "$serial" --yes
    exits 5 ada certificate revoke "$serial" --yes
done
exits 3 olga status
says '403'

# --- a further account, and the whole history --------------------------------

json ada account create clinic
field invitation > clinic.invitation
join clara clinic.invitation
json clara status
[ "$(field account_name)" = clinic ]
exits 4 clara dataset show patients
json ada log show
exits 0 ada log export log.json
json ada log verify log.json --simulated-root simulator/root.pem
python3 - <<'END'
import json
log = json.load(open("log.json"))
log["leaves"][3]["detail"] = log["leaves"][3]["detail"].replace(":", " :", 1)
json.dump(log, open("altered.json", "w"))
END
exits 1 ada log verify altered.json
says 'leaf 3: its detail was altered'
python3 - <<'END' || fail "an answer to -o json is not JSON"
import json
lines = open("every.json").read().splitlines()
assert len(lines) > 50, len(lines)
for line in lines: json.loads(line)
END
echo "owners.sh: every step held"

#!/bin/sh
# Does each program say what docs/ERRORS.md promises? A table per program: the
# text, and a command that provokes it. Needs no token and no broker; what needs
# them is provoked by the other tests. docs.provoked ties every row of
# docs/ERRORS.md to such a place.
#
#   usage: provoke.sh BUILD-DIR
set -u
build=${1:?usage: provoke.sh BUILD-DIR}
here=$(cd "$(dirname "$0")" && pwd)
accord=$build/cli/accord
hsm=$build/pkcs11/accord-hsm
agent=$build/agent/accord-agent
enclave=$build/enclave/accord-enclave
scratch=$(mktemp -d "${TMPDIR:-/tmp}/accord-provoke.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
export XDG_CONFIG_HOME="$scratch/config" LC_ALL=C.UTF-8
mkdir "$scratch/config"
cd "$scratch" || exit 1
count=0 missed=0

# says TEXT... -- COMMAND...: it fails, and says each piece of the text, in order.
says() {
    text=''
    while [ "$1" != -- ]; do
        text="$text*$1"
        shift
    done
    shift
    count=$((count + 1))
    said=$("$@" 2>&1 </dev/null) && {
        echo "FAILED: it succeeds: $*" >&2
        missed=$((missed + 1))
        return
    }
    # shellcheck disable=SC2254 # a pattern is meant
    case $said in
    $text*) ;;
    *)
        echo "FAILED: $*" >&2
        echo "  expected: $text" >&2
        echo "  said:     $said" >&2
        missed=$((missed + 1))
        ;;
    esac
}
lines() { printf '%s\n' "$@"; }
on() { # FILE COMMAND...: with that file as standard input
    input=$1
    shift
    "$@" <"$input"
}

printf 'text' >plain
head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n' >key
chmod 600 key
printf 'short' >bad-key
chmod 600 bad-key
cp key open-key
chmod 644 open-key

# --- accord -----------------------------------------------------------------

says 'there is no such command; accord --help lists' -- $accord nonsense
says 'there is no option --colour here (see --help)' -- $accord key --colour x
says 'needs a value:' -- $accord key k -o
# shellcheck disable=SC2046 # seventy words are meant
says 'too many arguments' -- \
    $accord dataset list $(awk 'BEGIN { for (i = 0; i < 70; i++) print "x" }')
says '-o: json is the one form there is' -- $accord key k -o yaml
says '--yes takes no value' -- $accord request approve x --yes=1
# shellcheck disable=SC2046 # seventy words are meant
says 'too many options' -- \
    $accord build list $(awk 'BEGIN { for (i = 0; i < 70; i++) print "--context=x" }')
says 'you have not joined a broker yet: accord join <' -- $accord status
says 'is not a name for a context' -- $accord status --context 'a/b'
says 'neither XDG_CONFIG_HOME nor HOME is usable' -- \
    env -u XDG_CONFIG_HOME HOME="$(printf '%05000d' 0)" $accord status
no_locks() { # without the right to lock memory, whoever we are
    if [ "$(id -u)" = 0 ]; then
        setpriv --bounding-set -ipc_lock --inh-caps -ipc_lock \
            sh -c 'ulimit -l 0; exec "$@"' no_locks "$@"
    else
        (ulimit -l 0 && exec "$@")
    fi
}
says 'cannot lock memory for keys: raise ulimit -l' -- no_locks $accord status
says '--name NAME: how the others will see you' -- $accord join
says 'no invitation on standard input' -- $accord join --name Dana
lines 'hello' >other
says 'that is not an invitation: it is one line that begins' -- \
    on other $accord join --name Dana
zeros=$(printf '%064d' 0)
lines "accord-invitation-v1 http://localhost:1 $zeros $zeros $zeros" >clear
says 'which is not https://: not' -- on clear $accord join --name Dana
says 'cannot read ' 'nowhere' -- $accord encrypt -K key --in nowhere --out x
says 'cannot write ' 'no/such' -- $accord key no/such
says 'a key is never overwritten' -- $accord key key
says 'must hold 64 hexadecimal digits and be' -- \
    $accord encrypt -K bad-key --in plain --out x
says 'must hold 64 hexadecimal digits and be' -- \
    $accord encrypt -K open-key --in plain --out x
says '--in FILE and --out FILE are needed' -- $accord encrypt -K key
says '-K FILE: the file with the key' -- $accord encrypt --in plain --out x
says 'cannot write beside no/such' -- \
    $accord encrypt -K key --in plain --out no/such
says '--out: name too long' -- $accord encrypt -K key --in plain \
    --out "$(printf '%05000d' 0)"
says 'the file was altered, is cut short, or the key is' -- \
    $accord decrypt -K key --in plain --out x

store=https://store.example/bucket/object
says '--credentials FILE (AWS profile file) and --out FILE' -- \
    $accord presign get $store
lines '[default]' 'aws_access_key_id = AKIA' >profile
chmod 600 profile
says 'has no good aws_access_key_id and' -- \
    $accord presign get $store --credentials profile --out x
cp profile open-profile
chmod 644 open-profile
says 'open-profile can be read by others: chmod 600 it' -- \
    $accord presign get $store --credentials open-profile --out x
says '--expires: expected 1 to 604800 seconds (7 days)' -- \
    $accord presign get $store --credentials profile --out x --expires soon

lines 'no quote' >quote
says 'FILE and --time T are needed: a verdict' -- \
    $accord evidence verify quote
says 'pluto: neither a file nor a root whose file is beside' -- \
    $accord evidence verify quote --root pluto --time 1700000000
says 'quote: this cannot be read as evidence' -- $accord evidence show quote
says '--fmspc HEX: the platform'"'"'s family, 12 hexadecimal' -- \
    $accord evidence fetch --fmspc xyz --pccs http://localhost:1 --to d
says '--pccs URL: where the caching service answers' -- \
    $accord evidence fetch --fmspc 00906ED50000 --to d
says '--to DIR: the directory that evidence.collateral of' -- \
    $accord evidence fetch --fmspc 00906ED50000 --pccs http://localhost:1
lines 'a	b' >table
says 'the table has no columns for evidence, root, time and' -- \
    $accord evidence cases table

says 'FILE or --follow DIR: one of the two' -- $accord log export

# --- accord-enclave -----------------------------------------------------------

says 'is not a kind to simulate: sgx, tdx, snp or' -- \
    $enclave run --simulate sev "$zeros" -- /bin/true

# --- accord-agent -------------------------------------------------------------

$agent init-simulator --directory sim >/dev/null 2>&1
says 'holds a simulator already' -- $agent init-simulator --directory sim
$agent init-simulator --directory sim --kind snp >/dev/null 2>&1
says 'holds a simulator of SEV-SNP already' -- \
    $agent init-simulator --directory sim --kind snp
mkdir -m 0755 open-sim
says 'group or others may use it; chmod it to 0700' -- \
    $agent init-simulator --directory open-sim
says 'no quote of version 9 has such a body' -- \
    $agent simulate --directory sim --to q --measurement "$zeros" --version 9
says 'collateral is of sgx and tdx, not of' -- \
    $agent simulate-collateral --directory sim --to c --kind snp
says 'TCB information of version 2 knows no TDX' -- \
    $agent simulate-collateral --directory sim --to c --kind tdx --version 2
says "the directory's name is too long" -- \
    $agent init-simulator --directory "$(printf '%05000d' 0)"

certificate() { # NAME OUT: one of the fuzzer's seeds, as PEM
    openssl x509 -inform DER -in "$here/../fuzz/corpus/certificate/$1" -out "$2"
}
agent_with() { # CERTIFICATE KEY: the agent of a node with these files
    printf '[broker]\nurl = https://localhost:1\nca = %s\n' "$scratch/sim/root.pem" >agent.conf
    printf '[node]\ncertificate = %s\nkey = %s\n' "$scratch/$1" "$scratch/$2" >>agent.conf
    $agent --config agent.conf
}
certificate node node.pem
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out other.key 2>/dev/null
chmod 600 other.key
says 'node.certificate: ' 'holds no certificate of ours' -- agent_with plain key
says 'node.key: ' 'holds no key, or others may read it' -- agent_with node.pem open-key
says 'node.key: not the key of node.certificate' -- agent_with node.pem other.key

# --- accord-hsm: what a configuration may not say --------------------

hsm_with() { # SECTION KEY VALUE: the sample with that option
    {
        [ "$1" = ca ] || printf '[ca]\ndomain = accord.test\n'
        printf '[%s]\n%s = %s\n' "$1" "$2" "$3"
    } >with.conf
    $hsm check-config --config with.conf
}
says 'service.sandbox is jail: local, network or none' -- \
    hsm_with service sandbox jail
says 'service.peers: there is no user nobody-at-all' -- \
    hsm_with service peers nobody-at-all
long=/$(printf '%0200d' 0)
says 'service.socket is longer than 107 bytes' -- hsm_with service socket "$long"
says 'ca.domain is longer than' 'bytes' -- \
    hsm_with ca domain "$(printf '%060d.%060d.%060d.test' 0 0 0)"
says 'is not label:/path.pem' -- hsm_with anchors trusted intel

[ "$missed" -eq 0 ] || {
    echo "FAILED: $missed of $count texts" >&2
    exit 1
}
echo "ok: $count texts were provoked"

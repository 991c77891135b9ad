#!/bin/sh
# Installs into a scratch directory and uses what lies there: programs start,
# a program links libaccord through pkg-config, every option of the sample
# configurations parses, units are hardened.
#
#   usage: staged.sh CMAKE BUILD-DIR CC PREFIX SANITIZE
set -eu
cmake=$1 build=$2 cc=$3 prefix=$4 sanitize=$5
here=$(cd "$(dirname "$0")" && pwd)
stage=$(mktemp -d "${TMPDIR:-/tmp}/accord-install.XXXXXX")
trap 'rm -rf "$stage"' EXIT

fail() {
    echo "staged: $*" >&2
    exit 1
}

DESTDIR=$stage "$cmake" --install "$build" >"$stage/log" 2>&1 ||
    { cat "$stage/log" >&2; fail "cmake --install failed"; }
root=$stage$prefix

echo "programs, library and units are where they belong"
for file in bin/accord bin/accord-enclave sbin/accordd sbin/accord-hsm \
    sbin/accord-agent include/accord.h lib/sysusers.d/accord.conf \
    lib/tmpfiles.d/accord.conf libexec/accord-outbox share/man/man1/accord.1 \
    share/bash-completion/completions/accord; do
    [ -s "$root/$file" ] || fail "$file is missing"
done
[ "$("$root/sbin/accordd" --version | cut -d' ' -f1)" = accordd ] ||
    fail "the installed accordd does not start"
"$root/sbin/accord-agent" --version >/dev/null || fail "accord-agent"
"$root/sbin/accord-hsm" help >/dev/null || fail "accord-hsm"
"$root/bin/accord" --help >/dev/null || fail "accord"
bash -n "$root/share/bash-completion/completions/accord" ||
    fail "the completion is no shell text"
grep -rq '@[A-Z_]*@' "$root/lib/systemd/system" &&
    fail "a unit has a placeholder left"

echo "a program links libaccord with what pkg-config says"
pc=$(find "$root" -name accord.pc)
PKG_CONFIG_PATH=$(dirname "$pc")
PKG_CONFIG_SYSROOT_DIR=$stage
export PKG_CONFIG_PATH PKG_CONFIG_SYSROOT_DIR
# shellcheck disable=SC2046 # flags are words
"$cc" ${sanitize:+-fsanitize=$sanitize} -o "$stage/program" \
    "$here/program.c" $(pkg-config --cflags --libs accord)
LD_LIBRARY_PATH=$(dirname "$(dirname "$pc")") "$stage/program" ||
    fail "the program did not get the answer it expected"

# All options of a sample, required ones with the values given as name=value.
uncomment() {
    sed 's/^#\([a-z_]* =\)/\1/' "$(find "$root" -name "$1")" >"$stage/$1"
    grep -q '^#[a-z_]* *=' "$stage/$1" && fail "$1 has an option in hiding"
    file=$1
    shift
    for pair; do
        grep -q "^${pair%%=*} =" "$stage/$file" || fail "$file: no ${pair%%=*}"
        sed -i "s|^${pair%%=*} =.*|${pair%%=*} = ${pair#*=}|" "$stage/$file"
    done
    # The rest may be absent, and has no value that could stand there.
    sed -i '/^[a-z_]* =$/d' "$stage/$file"
}

echo "every option of the samples is understood"
uncomment accordd.conf url=https://broker.test:9443 directory=/var/lib/accordd \
    socket=/run/accord-hsm/socket names=a.test,b.test listen=unix:/run/o \
    trusted=intel:/etc/accord/intel.pem simulated=sim:/etc/accord/sim.pem \
    outbox=/var/spool/accord
"$root/sbin/accordd" --check-config "$stage/accordd.conf" ||
    fail "accordd does not understand its own sample"
echo "colour = blue" >>"$stage/accordd.conf"
"$root/sbin/accordd" --check-config "$stage/accordd.conf" 2>"$stage/no" &&
    fail "accordd accepts an option that does not exist"
grep -q colour "$stage/no" || fail "the refusal does not name the option"

uncomment agent.conf url=https://broker.test:9443 ca="$stage/no-such-ca.pem"
"$root/sbin/accord-agent" --config "$stage/agent.conf" 2>"$stage/no" &&
    fail "accord-agent starts without a root to trust"
grep -q "no-such-ca.pem" "$stage/no" ||
    fail "accord-agent does not understand its sample: $(cat "$stage/no")"

uncomment hsm.conf domain=accord.test module="$stage/no-such-module.so" \
    peers="$(id -un)" state_directory="$stage" socket="$stage/socket" \
    pin_file="$stage/pin"
(umask 077 && echo 1234 >"$stage/pin")
"$root/sbin/accord-hsm" check-config --config "$stage/hsm.conf" \
    >"$stage/no" 2>&1 || grep -q "no-such-module" "$stage/no" ||
    fail "accord-hsm does not understand its sample: $(cat "$stage/no")"

# Bytes of MemoryMax= (in G), and MiB of limits.memory, as they are shipped.
most=$(sed -n 's/^MemoryMax=\([0-9]*\)G$/\1/p' \
    "$root/lib/systemd/system/accord-hsm.service")
usual=$(sed -n 's/^#memory = \([0-9]*\)$/\1/p' "$(find "$root" -name hsm.conf)")
[ "$((${most:-0} * 1024))" -ge "$((${usual:-65536} * 2))" ] ||
    fail "accord-hsm.service: MemoryMax=${most:-none}G, limits.memory ${usual:-?}"

if ! command -v systemd-analyze >/dev/null; then
    echo "NO systemd-analyze HERE: THE UNITS WERE NOT JUDGED" >&2
    exit 0
fi
echo "systemd finds little to fear in the units"
for unit in accord-hsm accordd accord-agent accord-outbox; do
    path=$root/lib/systemd/system/$unit.service
    # An exposure of at most 1.5 of 10; higher fails.
    systemd-analyze security --offline=true --no-pager --threshold="${limit:-15}" \
        "$path" >"$stage/judged" 2>&1 ||
        { cat "$stage/judged" >&2; fail "$unit.service is too exposed"; }
    tail -n 1 "$stage/judged"
done

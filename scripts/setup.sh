#!/bin/sh
# Installs what Accord needs to be built and tested on Debian 12, and nothing
# else: no recommended packages, no service started, nothing removed. Needs
# sh and apt; says nothing and touches nothing when all is there.
#
#   usage: scripts/setup.sh
set -eu

needed='gcc libc6-dev cmake ninja-build pkgconf
        libssl-dev libevent-dev liblmdb-dev libp11-kit-dev libjansson-dev
        libcmocka-dev libcurl4-openssl-dev libseccomp-dev
        softhsm2 openssl python3'

give_up() {
    echo "setup: $*" >&2
    exit 1
}

command -v dpkg-query >/dev/null && command -v apt-get >/dev/null ||
    give_up "this is not Debian: install by hand: $(echo $needed)"

# shellcheck disable=SC2086,SC2016 # package names are words; dpkg's own $
have=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' $needed \
    2>/dev/null | sed -n 's/ installed$//p' | sort -u) || true
missing=
for package in $needed; do
    case "
$have
" in
    *"
$package
"*) ;;
    *) missing="$missing $package" ;;
    esac
done
[ -n "$missing" ] || exit 0

echo "setup: missing:$missing" >&2
as_root=
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || give_up \
        "neither root nor sudo; as root run: apt-get install$missing"
    as_root='sudo'
fi

export DEBIAN_FRONTEND=noninteractive

# 101 is how a policy says no (invoke-rc.d(8)): packages then start nothing.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    trap '$as_root rm -f "$policy"' EXIT
    trap 'exit 1' HUP INT TERM
    printf '#!/bin/sh\nexit 101\n' | $as_root tee "$policy" >/dev/null
    $as_root chmod 755 "$policy"
fi

update() {
    $as_root apt-get -q -o Acquire::Retries=3 update ||
        give_up "apt-get update failed"
}
install() {
    # shellcheck disable=SC2086 # packages are words
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y \
        -o Acquire::Retries=3 -o Dpkg::Use-Pty=0 \
        install --no-install-recommends $missing
}

# What apt knows about packages may be missing, or too old to be of use.
# shellcheck disable=SC2086
apt-cache show --no-all-versions $missing >/dev/null 2>&1 || update
install || { update && install; } || give_up "could not install:$missing"

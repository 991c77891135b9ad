#!/bin/sh
# Does setup.sh ask apt for exactly what is missing, and for nothing when
# nothing is? Runs it among commands that only write down how they were
# called.
#   usage: setup.sh SOURCE-DIR
set -eu
setup=$1/scripts/setup.sh
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
mkdir "$place/bin"
calls=$place/calls
wrong=0

fake() { # NAME SCRIPT
    printf '#!/bin/sh\n%s\n' "$2" >"$place/bin/$1"
    chmod +x "$place/bin/$1"
}
run() { # runs setup.sh among the fakes; its code in $code, its words in said
    : >"$calls"
    code=0
    PATH=$place/bin:/usr/bin:/bin sh "$setup" >"$place/said" 2>&1 || code=$?
}
demand() { # SENTENCE CONDITION...
    sentence=$1
    shift
    if "$@"; then
        echo "ok: $sentence"
    else
        echo "WRONG: $sentence (exit code $code)"
        sed 's/^/    /' "$place/said" "$calls"
        wrong=1
    fi
}
says() { grep -q -- "$1" "$place/said"; }
called() { grep -q -- "$1" "$calls"; }
called_times() { [ "$(grep -c -- "$1" "$calls")" -eq "$2" ]; }

all='shift 3; for p in "$@"; do echo "$p installed"; done'
but='shift 3; for p in "$@"; do
    case $p in gcc) ;; softhsm2) echo "$p config-files" ;;
    *) echo "$p installed" ;; esac; done; exit 1'
note="echo \"\${0##*/} \$*\" >>$calls"

fake id 'echo 0'
fake tee "$note"
fake chmod "$note"
fake rm "$note"
fake apt-get "$note"
fake apt-cache ''

fake dpkg-query "$all"
run
demand "a complete machine is left alone" test "$code" -eq 0
demand "apt is not even asked" test ! -s "$calls"
demand "and nothing is said" test ! -s "$place/said"

fake dpkg-query "$but"
run
demand "missing packages are installed" test "$code" -eq 0
demand "exactly those, removed ones included" \
    called 'install --no-install-recommends gcc softhsm2$'
demand "without an update that is not needed" called_times ' update' 0

fake apt-cache 'exit 100'
run
demand "apt's lists are fetched where there are none" called_times ' update' 1

fake apt-cache ''
fake apt-get "$note; case \"\$*\" in *install*) exit 100 ;; esac"
run
demand "a failure is a failure" test "$code" -ne 0
demand "after a second try with new lists" called_times ' install' 2
demand "and names the packages" says 'could not install: gcc softhsm2'

fake id 'echo 1000'
fake sudo "$note; \"\$@\""
fake apt-get "$note"
run
demand "sudo is used where there is one" called '^sudo .*install'
demand "and does the work" test "$code" -eq 0

if [ ! -x /usr/bin/sudo ] && [ ! -x /bin/sudo ]; then
    /bin/rm "$place/bin/sudo"
    run
    demand "without root or sudo it fails" test "$code" -ne 0
    demand "and says what to run" says 'as root run: apt-get install gcc'
fi
exit "$wrong"

#!/bin/sh
# The program: its files, its exit codes, its words.
#
#   usage: harmonize.sh HARMONIZE
set -u
export LC_ALL=C
harmonize=$1

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch" || exit 1
status=0

# expect CODE TEXT-ON-STDERR ARGUMENT...
expect() {
    wanted=$1 text=$2
    shift 2
    "$harmonize" "$@" > out 2> err
    got=$?
    if [ "$got" -ne "$wanted" ] ||
        { [ -n "$text" ] && ! grep -qF -- "$text" err; }; then
        echo "harmonize $*: exit code $got, expected $wanted and \"$text\":"
        cat err
        status=1
    fi
}

expect 1 "there is no directory ./input"
mkdir -p input/b output/z
expect 1 "cannot read ./input/b/data"
mkdir input/a input/.hidden
printf 'START,STOP,PATIENT,ENCOUNTER,CODE,DESCRIPTION\n,,,,,x\n' > input/a/data
expect 0 ""
[ "$(head -c 8 output/z/data)" = "count  1" ] ||
    { echo "no summary in output/z/data"; status=1; }
[ "$(stat -c %a output/z/data)" = 600 ] || { echo "others may read"; status=1; }

mkdir elsewhere
mv input output elsewhere
rm elsewhere/output/z/data
expect 0 "" elsewhere
[ -s elsewhere/output/z/data ] || { echo "DIRECTORY is ignored"; status=1; }

rm elsewhere/output/z/data
echo 'a,b' > elsewhere/input/a/data
expect 1 "the header has no column START" elsewhere
[ ! -e elsewhere/output/z/data ] || { echo "output of a failure"; status=1; }
expect 2 "usage: harmonize [DIRECTORY]" one two
rm -r elsewhere/output
mkdir elsewhere/output
expect 1 "elsewhere/output is empty" elsewhere
exit $status

#!/bin/bash
# The manual pages are good troff and name every command; the completion is
# good bash and completes.
set -euo pipefail
accord=$(realpath "${1:?usage: pages.sh ACCORD}")
command -v man > /dev/null || { echo "pages.sh: SKIPPED: no man" >&2; exit 77; }
scratch=$(mktemp -d "${TMPDIR:-/tmp}/accord-pages.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
fail() { echo "pages.sh: $*" >&2; exit 1; }

"$accord" man "$scratch/man"
for page in "$scratch"/man/*.1; do
    said=$(LC_ALL=C.UTF-8 man --warnings -E UTF-8 -l "$page" 2>&1 > "$page.txt")
    [ -z "$said" ] || fail "$page: $said"
done
"$accord" completion bash > "$scratch/completion"
bash -n "$scratch/completion"
# shellcheck source=/dev/null
source "$scratch/completion"
completes() { # WORD... = EXPECTED...
    COMP_WORDS=(accord)
    while [ "$1" != = ]; do COMP_WORDS+=("$1"); shift; done
    shift
    COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
    _accord
    [ "${COMPREPLY[*]}" = "$*" ] || fail "${COMP_WORDS[*]} completes to ${COMPREPLY[*]}, not $*"
}
completes stat = status
completes dataset ro = rotate
completes dataset rotate --k = --key-file
completes join --n = --name
"$accord" --help | awk '/^commands:/ { on = 1; next } /^$/ { on = 0 } on' > "$scratch/commands"
[ "$(wc -l < "$scratch/commands")" -gt 50 ] || fail "the help lists no commands"
# Each line of the help: its words are a heading in a page, and take --help.
while IFS= read -r row; do
    first=${row:2:14} second=${row:17:10}
    first=${first%% *} second=${second%% *}
    words=("$first" ${second:+"$second"})
    page=$scratch/man/accord${second:+-$first}.1.txt heading="accord ${words[*]}"
    "$accord" "${words[@]}" --help > "$scratch/help" || fail "$heading takes no --help"
    grep -q -- "$heading" "$page" || fail "$page does not have $heading"
    grep -q '^example:' "$scratch/help" || fail "$heading has no example"
done < "$scratch/commands"
[ "$("$accord" completion fish 2>&1 > /dev/null; echo $?)" != 0 ]
echo "pages.sh: every page and completion held"

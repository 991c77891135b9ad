# Sourced by the tests of this folder: a small tree to plant violations in,
# and the two questions asked of it.
#
# Who sources it sets `check` before: a command that is run as `$check TREE`.

set -eu
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
wrong=0

# plant FILE TEXT: writes TEXT (printf escapes hold) to FILE in the tree.
plant() {
    mkdir -p "$tree/$(dirname "$1")"
    # shellcheck disable=SC2059 # the escapes are wanted
    printf "$2" >"$tree/$1"
}

verdict() { # PASSED SENTENCE OUTPUT
    if [ "$1" = yes ]; then
        echo "ok: $2"
    else
        echo "WRONG: $2"
        printf '%s\n' "$3" | sed 's/^/    /'
        wrong=1
    fi
}

# accepts SENTENCE: the check passes on the tree as it stands.
accepts() {
    if said=$("$check" "$tree" 2>&1); then
        verdict yes "accepts $1" ""
    else
        verdict no "accepts $1" "$said"
    fi
}

# refuses SENTENCE FILE LINE WORDS: the check fails and says exactly that
# about that line, and nothing else. FILE is then removed.
refuses() {
    if said=$("$check" "$tree" 2>&1); then
        verdict no "refuses $1" "it passed"
    elif [ "$said" = "$2:$3: $4" ]; then
        verdict yes "refuses $1" ""
    else
        verdict no "refuses $1" "$said"
    fi
    rm "$tree/$2"
}

finish() {
    exit "$wrong"
}

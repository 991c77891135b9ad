#!/bin/sh
# Was this program built as cmake/Hardening.cmake promises?
#   usage: hardened.sh PROGRAM
set -eu
program=$1
wrong=0

demand() { # SENTENCE READELF-OPTION PATTERN
    if readelf -W "$2" "$program" | grep -Eq "$3"; then
        echo "ok: $1"
    else
        echo "WRONG: not so: $1"
        wrong=1
    fi
}

demand "loads at any address (PIE)" -h 'Type: +DYN'
demand "the stack is not executable" -l 'GNU_STACK.* RW '
demand "relocations become read-only" -l 'GNU_RELRO'
demand "all symbols are bound at start" -d 'BIND_NOW|FLAGS_1.* NOW'
demand "functions guard their return address" --dyn-syms '__stack_chk_fail'
exit "$wrong"

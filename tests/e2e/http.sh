#!/bin/bash
# What a hostile client may write to a running accordd, and what it gets.
#
#     http.sh BUILD-DIRECTORY
. "$(dirname "$0")/stage.sh"

stage_begin "$1"
stage_install
stage_administrator

# A certificate of another CA, for a key of its own.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
    -subj /CN=somebody -keyout "$scratch/other.key" -out "$scratch/other.pem" \
    2> "$scratch/openssl.log"

holds "hostile requests and handshakes get what they should" \
    python3 -W ignore "$e2e/hostile.py"
holds "a person still works after all that" as admin accord status
end_process "$broker_pid" TERM
same "accordd ends well after all that" 0 "$ended"
end_process "$hsm_pid" TERM
same "accord-hsm ends well too" 0 "$ended"

#!/bin/bash
# Thousands of bad client certificates against a running accordd.
#
#     certificates.sh BUILD-DIRECTORY
. "$(dirname "$0")/stage.sh"

stage_begin "$1"
stage_install
stage_administrator

mine=$XDG_CONFIG_HOME/accord/admin
status=0
"$build/tests/e2e/e2e.forger" "$port" "$scratch/hsm/ca.pem" \
    "$mine/certificate.pem" "$mine/key.pem" \
    "$scratch/softhsm2.conf" "$scratch/pin" || status=$?
same "no bad certificate is accepted, and the honest one always" 0 $status
holds "a person still works after all that" as admin accord status
end_process "$broker_pid" TERM
same "accordd ends well after all that" 0 "$ended"

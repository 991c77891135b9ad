#!/bin/bash
# Owners replace their keys: what they made and agreed to before goes on, a
# request that waits comes to nothing, the key before is nobody's.
#
#     keys.sh BUILD-DIRECTORY
. "$(dirname "$0")/stage.sh"

stage_begin "$1"
stage_install
stage_people
stage_study
stage_approve
replace_all() {
    local who
    for who in dana alex olga; do
        holds "$who replaces the key" as $who accord key replace
    done
}
status_of() { as dana accord request show "$1" -o json | field status; }

echo "--- agreed before"
holds "the program runs" enclave ./harmonize
replace_all
holds "it runs on under what was signed with the keys before" enclave ./harmonize
mine=$XDG_CONFIG_HOME/accord/dana
mv "$mine/key.pem" "$mine/key.pem.now"; cp "$mine/key.pem.before" "$mine/key.pem"
ends "the key before cannot even ask" 1 'key' as dana accord status
mv "$mine/key.pem.now" "$mine/key.pem"

echo "--- agreed on after"
stage_submit again
ends "owners see that the build's key was replaced" 0 \
    "SIGNED BY A REPLACED KEY: the build's owner does not use" \
    as dana accord request show "$request"
stage_approve
holds "build and datasets of the earlier keys are used" enclave ./harmonize

echo "--- replaced while a request waits"
stage_submit waiting
stage_approve dana
holds "olga replaces the key once more" as olga accord key replace
stage_approve "alex olga"
same "the request has come to nothing" failed "$(status_of "$request")"
ends "its program gets no certificate" 7 \
    'no approved workflow has this runtime' enclave ./harmonize
stage_submit waiting
stage_approve
holds "submitted again, it holds" enclave ./harmonize

echo "--- the whole history"
holds "the log is exported" as admin accord log export "$scratch/log.json"
holds "and verified, key changes and all" as admin accord log verify \
    "$scratch/log.json" --simulated-root "$scratch/simulator/root.pem"

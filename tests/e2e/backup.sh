#!/bin/bash
# A store is backed up while the broker serves; the newest copy can be put
# back, an older one is refused by what the HSM remembers.
#
#     backup.sh BUILD-DIRECTORY
. "$(dirname "$0")/stage.sh"
stage_begin "$1"
stage_install
stage_administrator

put_back() { # COPY
    rm -rf "$scratch/store"
    cp -r "$1" "$scratch/store"
}
starts_with() { # SENTENCE COPY
    put_back "$2"
    broker_start
    holds "$1" as admin accord person list
}
backup() { accordd --backup "$1" --config "$scratch/accordd.conf"; }

holds "the store is copied while it is in use" backup "$scratch/older"
ends "a copy is never written over" 1 "exists already" backup "$scratch/older"
same "nothing but records and salt is copied" "data.mdb salt" \
    "$(cd "$scratch/older" && echo *)"
stage_join dana writer # history goes on

holds "accordd still serves" as dana accord status
end_process "$broker_pid" TERM
same "accordd ends when told to" 0 "$ended"
holds "a store at rest is copied too" backup "$scratch/newest"

put_back "$scratch/older"
broker_launch
ended=0; wait "$broker_pid" || ended=$?
same "accordd does not start on an older store" 1 "$ended"
holds "it says why" grep -q "an older store was put back" "$broker_log"

starts_with "the newest copy is as good as the store" "$scratch/newest"
holds "with everybody in it" as dana accord status
end_process "$broker_pid" TERM

put_back "$scratch/newest"
tr '0-9a-f' '1-9a-f0' < "$scratch/newest/salt" > "$scratch/store/salt"
broker_launch
ended=0; wait "$broker_pid" || ended=$?
same "another salt does not open the copy" 1 "$ended"
holds "which is said" grep -q "sealed under another key" "$broker_log"

put_back "$scratch/newest"
truncate -s 8192 "$scratch/store/data.mdb"
broker_launch
ended=0; wait "$broker_pid" || ended=$?
same "a store that was cut is not started on" 135 "$ended" # SIGBUS
holds "and that is said" grep -q \
    "a part of the store's file is not there or cannot be read" "$broker_log"

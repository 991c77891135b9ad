#!/bin/bash
# The disk is lost and the newest backup is not the newest state: the holder
# of the HSM's PIN lets it go on, the log says what is lost, and nothing is
# released until each owner resumes.
#
#     restore.sh BUILD-DIRECTORY
. "$(dirname "$0")/stage.sh"
stage_begin "$1"
stage_install
stage_people
stage_study
stage_approve
holds "the program gets its data" enclave ./harmonize

put_back() { # COPY
    rm -rf "$scratch/store"
    cp -r "$1" "$scratch/store"
}
refuses_store() { # SENTENCE WORDS
    broker_launch
    ended=0; wait "$broker_pid" || ended=$?
    same "$1" 1 "$ended"
    holds "which it says" grep -q "$2" "$broker_log"
}
request() { accordd --restore "$scratch/request" --config "$scratch/accordd.conf"; }
restore() { # SIZE
    accord-hsm restore --config "$scratch/hsm.conf" --from "$scratch/request" \
        --size "$1"
}

echo "--- a backup, and a day that it lacks"
holds "the store is backed up" \
    accordd --backup "$scratch/older" --config "$scratch/accordd.conf"
kept=$(log_size)
stage_join eve reader
holds "dana has seen that day" as dana accord status
before=$(log_size)

echo "--- the older store is put back"
end_process "$broker_pid" TERM
ends "while nothing is lost there is nothing to restore" 1 \
    "there is nothing to restore" request
put_back "$scratch/older"
refuses_store "accordd does not start on it" "an older store was put back"
ends "it says what would be kept" 0 \
    "this store has $kept leaves, the HSM has signed $before" request
ends "accord-hsm restores nothing while it serves" 1 \
    "another accord-hsm works with" restore "$kept"
end_process "$hsm_pid" TERM
ends "a person says the number again" 1 \
    "the request keeps $kept leaves, --size says $before" restore "$before"
ends "the holder of the PIN accepts the loss" 0 \
    "lost +$((before - kept)) leaves of the $before signed" restore "$kept"

echo "--- it goes on"
hsm_start
broker_start
holds "accordd says so" grep -q "restored: epoch 2, $kept leaves kept" "$broker_log"
same "the log has the leaf about it and the broker's own" "$((kept + 2))" "$(log_size)"
ends "nothing is released" 3 "suspended" enclave ./harmonize
ends "who was there in the lost part notices" 1 \
    "THE BROKER GOES ON FROM AN OLDER STORE: epoch 2, you know 1" \
    as dana accord status
ends "and resumes nothing before having looked" 1 "OLDER STORE" \
    as dana accord dataset resume patients
echo hidden-leaves > lie
python3 -B "$source_root/tests/cli/liar.py" liar.port "$port" lie 2> liar.log &
started $!
wait_until 30 test -s liar.port
ends "a broker that keeps the reason back is not believed" 1 \
    "the log is of epoch 2 and no leaf says why: do not accept it" \
    as fooled accord log accept --yes
ends "what is lost is shown, and accepted" 0 \
    "$((before - kept)) of $before leaves are LOST, from leaf $kept on" \
    as dana accord log accept --yes
ends "that is done once" 5 "the log is of epoch 2, as you know it: nothing was restored" \
    as dana accord log accept --yes
python3 - "$scratch/people/accord/alex/context.json" << 'EDIT'
import json, sys
with open(sys.argv[1]) as f: context = json.load(f)
context["head"]["size"] += 100000
with open(sys.argv[1], "w") as f: json.dump(context, f)
EDIT
ends "a restore that hides a part of the loss is not accepted" 1 \
    "MORE IS LOST THAN THE LOG SAYS: it speaks of $before leaves," \
    as alex accord log accept --yes
for who in olga admin; do
    holds "$who accepts it too" as "$who" accord log accept --yes
done
ends "a manager does not resume it" 3 "only the owner's signature resumes it" \
    as admin accord dataset resume patients
holds "dana resumes hers" as dana accord dataset resume patients
ends "one owner's word is not enough" 3 "suspended" enclave ./harmonize
holds "olga resumes hers" as olga accord dataset resume result
holds "the program gets its data again" enclave ./harmonize

echo "--- history"
holds "the history is exported" as dana accord log export "$scratch/log.json"
holds "it holds" as dana accord log verify "$scratch/log.json" \
    --simulated-root "$scratch/simulator/root.pem"
holds "it names what is lost" grep -q "store-restore" "$scratch/log.json"
end_process "$broker_pid" TERM
put_back "$scratch/older"
refuses_store "the same copy does not come back a second time" \
    "an older store was put back"

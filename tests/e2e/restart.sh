#!/bin/bash
# Killed, restarted, put back: what goes on, what waits, what is refused.
#
#     restart.sh BUILD-DIRECTORY
. "$(dirname "$0")/stage.sh"

stage_begin "$1"
stage_install
stage_people
stage_study
stage_approve
id_of() { call dana GET "/accord/v1/$1" | sed 's/^200 //' |
          python3 -c 'import json, sys
print([i[sys.argv[1]] for i in json.load(sys.stdin)["items"] if i["name"] == sys.argv[2]][0])' "$2" "$3"; }
serials() { call admin GET /accord/v1/certificates | sed 's/^200 //' |
            python3 -c 'import json, sys
for c in json.load(sys.stdin)["items"]: print(c["serial"])'; }
invite() { as admin accord person invite "guest $1" --role reader; }
ready() { call - GET /accord/v1/log/head | grep -q '^200 '; }
frontier=$scratch/hsm/frontier

echo "--- accordd is killed"
log_key=$(sed -n 's/^accord-log *SPKI SHA-256 //p' "$scratch/ceremony.log")
watching() { enclave --log-key "$log_key" --head "$scratch/seen" ./harmonize; }
ends "the program runs before anything is killed, and keeps the log's head" 0 \
    'log: [0-9]+ leaves, 0 were seen before' watching
holds "Dana has seen the log" as dana accord status
before=$(log_size)
kept=$(serials)
end_process "$broker_pid" KILL
broker_start
same "the log goes on where it was" yes \
    "$([ "$(log_size)" -ge "$before" ] && echo yes)"
ends "the restarted broker's log continues the one Dana saw" 0 \
    'consistent with all you have seen' as dana accord status
same "no certificate is forgotten" "" \
    "$(comm -23 <(sort <<< "$kept") <(serials | sort))"
ends "the program runs again: the log continues what it saw" 0 \
    'log: [0-9]+ leaves, [1-9][0-9]* were seen before' watching
sed 's/"size":[0-9]*/"size":1/' "$scratch/seen" > "$scratch/edited"
ends "an edited head does not count" 3 'edited holds the head of another log' \
    enclave --log-key "$log_key" --head "$scratch/edited" ./harmonize

echo "--- the HSM's worker is killed"
worker=$(hsm_worker)
same "the worker is the supervisor's child" "$hsm_pid" \
    "$(sed -n 's/^PPid:[[:space:]]*//p' "/proc/$worker/status")"
generations=$(hsm_generations)
began=$SECONDS
kill -KILL "$worker"
wait_until 20 invite after-the-worker
[ $((SECONDS - began)) -le 20 ] || die "the next change took too long"
same "another worker serves" yes \
    "$([ "$(hsm_generations)" -gt "$generations" ] && echo yes)"
holds "the program gets a certificate from it" enclave ./harmonize
all=$(serials | sort)
same "no serial comes twice" "$all" "$(uniq <<< "$all")"

echo "--- accord-hsm is killed"
worker=$(hsm_worker)
size=$(log_size)
cp "$frontier" "$scratch/frontier.old"
end_process "$hsm_pid" KILL
gone() { ! kill -0 "$worker"; }
wait_until 20 gone
ends "a change is unavailable" 8 'unavailable.*503' invite nobody
ends "a certificate is unavailable" 8 'unavailable|503' enclave ./harmonize
patients=$(id_of datasets dataset patients)
same "a suspension is accepted" 202 \
    "$(call dana POST "/accord/v1/datasets/$patients/suspend" | cut -d' ' -f1)"
ends "a suspended dataset shows so" 0 'suspended.*owner' \
    as dana accord dataset show patients -o json
ends "a withdrawal stands" 0 withdrawn as olga accord workflow withdraw study
same "nothing more is under a signed head" "$size" "$(log_size)"

echo "--- accord-hsm returns"
hsm_start
wait_until 40 invite after-the-return
ends "the suspension's receipt is there" 0 dataset-suspend \
    as dana accord log receipt "$size"
ends "the withdrawal's receipt is there" 0 workflow-withdraw \
    as dana accord log receipt $((size + 1))
same "the refused changes left no leaf" $((size + 3)) "$(log_size)"
ends "the log is consistent for Dana" 0 'consistent with all you have seen' \
    as dana accord status

echo "--- an older store"
end_process "$broker_pid" TERM
same "accordd ends well" 0 "$ended"
cp -a "$scratch/store" "$scratch/store.old"
broker_start
wait_until 20 invite newer
end_process "$broker_pid" TERM
mv "$scratch/store" "$scratch/store.new"
mv "$scratch/store.old" "$scratch/store"
ends "accordd refuses an older store, and says so" 1 \
    'an older store was put back' accordd --config "$scratch/accordd.conf"
rm -r "$scratch/store"
mv "$scratch/store.new" "$scratch/store"
broker_start
holds "with the newest store it starts" ready

echo "--- an older frontier"
end_process "$hsm_pid" TERM
same "accord-hsm ends well" 0 "$ended"
mv "$frontier" "$scratch/frontier.new"
refuses() { # WORDS
    hsm_launch
    wait_until 40 grep -q "refuses to start" "$hsm_log"
    holds "accord-hsm says \"$1\"" grep -q "$1" "$hsm_log"
    same "no worker served" 0 "$(hsm_generations)"
    end_process "$hsm_pid" TERM
}
refuses "cannot open the frontier file"
cp -p "$scratch/frontier.old" "$frontier"
refuses "the frontier file is older than the token"
rm "$frontier"
mv "$scratch/frontier.new" "$frontier"

echo "--- a wrong PIN"
mv "$scratch/pin" "$scratch/pin.right"
(umask 077; echo 00000000 > "$scratch/pin"); chmod 400 "$scratch/pin"
refused_starts() { grep -c "refuses to start" "$hsm_log"; }
hsm_launch
wait_until 40 grep -q "refuses to start" "$hsm_log"
holds "accord-hsm says that the PIN is wrong" grep -Eiq 'PIN' "$hsm_log"
# That it stays so for longer than any back-off is pkcs11.test_start's to show.
childless() { [ -z "$(cat "/proc/$hsm_pid/task/$hsm_pid/children")" ]; }
wait_until 40 childless
same "it tried once" 1 "$(refused_starts)"
rm "$scratch/pin"
mv "$scratch/pin.right" "$scratch/pin"
kill -HUP "$hsm_pid"
wait_until 40 grep -q "worker [0-9]* serves" "$hsm_log"
wait_until 40 invite at-last
ends "the log is consistent to the end" 0 'consistent with all you have seen' \
    as dana accord status
end_process "$broker_pid" TERM
same "accordd ends well at last" 0 "$ended"
end_process "$hsm_pid" TERM
same "accord-hsm ends well at last" 0 "$ended"

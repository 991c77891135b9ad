#!/bin/bash
# Adversary C: the honest programs set an installation up and use it; then
# accordd is stopped, and a program with all that passed through it takes its
# place at accord-hsm's socket.
#
#     adversary_c.sh BUILD-DIRECTORY token|wrapped plain|sealed
. "$(dirname "$0")/stage.sh"
stage_begin "$1"
placement=$2
[ "$3" = sealed ] || plain_paths=yes

stage_ports
stage_token
stage_configure
sed -i "s|^socket = $scratch/hsm.sock|socket = $scratch/tape.sock|" \
    "$scratch/accordd.conf"
stage_ceremony
hsm_start
python3 "$e2e/tape.py" "$scratch/tape.sock" "$scratch/hsm.sock" "$scratch/tape" \
    2> "$scratch/tape.log" &
tape_pid=$!; started $tape_pid
wait_until 30 test -S "$scratch/tape.sock"
broker_start
stage_people
stage_study
stage_approve > "$scratch/approve.log"
holds "the program runs" enclave ./harmonize
patients=$(as dana accord dataset show patients -o json | field dataset)

# Another configuration, of Olga's result alone; its program gets what it
# was granted, and finds no input.
as alex accord config create alone --port output --label part=alone > "$scratch/alone.log"
as admin accord workflow submit other --description "without Dana" \
    --app app-1=harmonize:alone --data result=result \
    --edge result:app-1.output -o json > submitted.json
hash=$(field hashes.app-1 < submitted.json)
request=$(field request < submitted.json)
stage_approve alex olga > "$scratch/approve.log"
enclave ./harmonize > "$scratch/other.log" 2>&1 || true
as olga accord workflow withdraw other > "$scratch/withdraw.log"

# A dataset whose key Dana has destroyed.
as dana accord dataset create spare --presigned patients.get \
    --key-file patients.key > "$scratch/spare.log"
as dana accord dataset erase spare --yes >> "$scratch/spare.log"

end_process "$broker_pid" TERM
same "accordd ends well" 0 "$ended"
end_process "$tape_pid" TERM

status=0
"$build/tests/e2e/e2e.adversary_c" "$scratch/hsm.sock" "$hsm_pid" \
    "$scratch/tape" "$patients" "$placement" "$3" || status=$?
same "the HSM refuses adversary C all that it must" 0 $status

sed -i "s|^socket = $scratch/tape.sock|socket = $scratch/hsm.sock|" \
    "$scratch/accordd.conf"
# What was done behind the store's back is in signed history and not in the
# store: an honest accordd does not start on it.
broker_launch
status=0; wait "$broker_pid" || status=$?
same "accordd does not go on" 1 $status
holds "... and says why" grep -q "leaves but the HSM has signed .*: an older store was put back" "$broker_log"

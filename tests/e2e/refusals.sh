#!/bin/bash
# Does a person hear what docs/ERRORS.md promises? A table: who, the text, and
# the command that provokes it, against a whole installation with one workflow.
# What needs no broker is in tests/docs/provoke.sh.
#
#   usage: refusals.sh BUILD-DIR
. "$(dirname "$0")/stage.sh"
stage_begin "$1"

# says WHO TEXT ARGUMENTS...: accord, with $input to read, fails with that text.
missed=0 input=/dev/null
says() {
    local who=$1 text=$2 out; shift 2
    checks=$((checks + 1))
    if out=$(as "$who" accord "$@" 2>&1 < "$input"); then
        echo "FAILED: $who: accord $* succeeds" >&2
    elif ! grep -qF -- "$text" <<< "$out"; then
        echo "FAILED: $who: accord $*: expected \"$text\": $out" >&2
    else return 0; fi
    missed=$((missed + 1))
}
# answers WHO TEXT METHOD PATH [JSON]: the broker does, and not with success.
answers() {
    local who=$1 text=$2 out; shift 2
    checks=$((checks + 1))
    out=$(call "$who" "$@" || :)
    case $out in
    [45]??\ *"$text"*) ;;
    *) echo "FAILED: $who: $*: expected \"$text\": $out" >&2
       missed=$((missed + 1)) ;;
    esac
}

stage_install
stage_people
stage_study
zeros=$(printf '%064d' 0)
nobody=00000000-0000-4000-8000-000000000000

# --- joining and people --------------------------------------------------------

as rolf accord join --name Rolf < <(as admin accord person invite Rolf --role reader |
    tee rolf.invitation) > joined
says rolf 'exists: use --context NAME for another membership' join --name Rolf
input=rolf.invitation
says twice 'this invitation is unknown, used or expired: ask for' join --name Rolf
input=/dev/null
says rolf 'this needs the role writer, yours is reader' dataset create d \
    --location https://s.example/d --credential-file patients.key
says admin 'role: one of reader, writer, manager' person role dana owner
says admin 'this is the last active manager of the account' person role Ada reader
says admin 'there is no person named "nemo" in this account' person role nemo reader
says dana 'is not agreed yet: its request waits for' workflow show study
says admin 'there is an account named "hospital" already' account create hospital
chmod 644 people/accord/rolf/key.pem
says rolf 'can be read by others: chmod 600 it' dataset list
chmod 600 people/accord/rolf/key.pem
cp people/accord/rolf/key.pem rolf.key
echo damaged > people/accord/rolf/key.pem
says rolf 'is not a P-256 key' dataset list
cp rolf.key people/accord/rolf/key.pem
answers - "this needs a person's client certificate:" GET /accord/v1/datasets
as admin accord person suspend Rolf
says rolf 'a manager has suspended your access' dataset list

# --- data ----------------------------------------------------------------------

create=(dataset create more)
says dana 'give --presigned FILE and --key-file FILE, or --location' "${create[@]}"
(umask 077; echo none > no-url)
says dana 'does not hold a pre-signed URL' "${create[@]}" --presigned no-url \
    --key-file patients.key
says dana 'location: without query string, fragment or blanks;' "${create[@]}" \
    --location 'https://s.example/d?x=1' --credential-file patients.key
says dana 'location: expected an http:// or https:// URL' "${create[@]}" \
    --location 'ftp://s.example/d' --credential-file patients.key
says dana '--location: too long' "${create[@]}" \
    --location "https://s.example/$(printf '%05000d' 0)" --credential-file patients.key
says dana '--credential-file: cannot read nowhere, or others can' "${create[@]}" \
    --location https://s.example/d --credential-file nowhere
says dana '--label: expected NAME=VALUE' "${create[@]}" --label x \
    --location https://s.example/d --credential-file patients.key
says dana '--label: a is given twice' "${create[@]}" --label a=1 --label a=2 \
    --location https://s.example/d --credential-file patients.key
says dana '--label: a is not UTF-8' "${create[@]}" --label "a=$(printf '\377')" \
    --location https://s.example/d --credential-file patients.key
says dana 'a name holds no control characters' dataset create "$(printf 'a\tb')" \
    --location https://s.example/d --credential-file patients.key
says dana 'there is a dataset named "patients" already' dataset create patients \
    --presigned patients.get --key-file patients.key
says dana 'nothing to change: --name, --description or --label' dataset describe patients
says dana 'there is no dataset named "none" in this account' dataset show none
says alex 'only the owner of a dataset does this' dataset describe patients --name x
says alex 'only the owner of a dataset or a manager does this' dataset suspend patients
says alex 'only the owner of a dataset replaces its credential' dataset rotate patients \
    --presigned patients.get --key-file patients.key
says dana 'this dataset is not suspended' dataset resume patients
as dana accord dataset suspend patients > /dev/null
says dana 'this dataset is suspended already' dataset suspend patients
says admin "its owner suspended it: only the owner's signature" dataset resume patients
as dana accord dataset resume patients > /dev/null
as admin accord dataset suspend patients > /dev/null
says dana 'a manager suspended it: only a manager resumes' dataset resume patients
as admin accord dataset resume patients > /dev/null
says dana '--presigned FILE: the file with the pre-signed URL' object get x

# --- builds ----------------------------------------------------------------------

made=(build create other)
root=(--simulated-root "$scratch/simulator/root.pem" --tcb unevaluated)
says alex "--root FILE: the root certificate of the hardware's" "${made[@]}" --mrenclave "$zeros"
says alex 'either --mrenclave HEX (exactly this program) or' "${made[@]}" "${root[@]}"
says alex 'a measurement is 64 hexadecimal digits' "${made[@]}" --mrenclave 12 "${root[@]}"
says alex 'no such status; UpToDate,' "${made[@]}" --mrenclave "$measurement" \
    --simulated-root simulator/root.pem --tcb Perfect
says alex '--measured and --allow are for tdx, snp and nitro' "${made[@]}" \
    --mrenclave "$measurement" "${root[@]}" --allow migratable
says alex '--measured: expected NAME=VALUE, such as' "${made[@]}" --kind tdx \
    --measured mrtd "${root[@]}"
says alex '--except-until SECONDS: an exception has an end' "${made[@]}" \
    --mrenclave "$measurement" "${root[@]}" --except OutOfDate
says alex '--isvsvn: expected a number up to 65535' "${made[@]}" --mrsigner "$measurement" \
    --isvprodid 1 --isvsvn 65536 "${root[@]}"
says alex '--sigstruct says what is measured: no other' "${made[@]}" \
    --sigstruct patients.csv --mrenclave "$measurement" "${root[@]}"
says alex 'a SIGSTRUCT has 1808 bytes, this has ' "${made[@]}" --sigstruct patients.get "${root[@]}"
head -c 1808 /dev/zero > zeros
says alex 'not a good SIGSTRUCT:' "${made[@]}" --sigstruct zeros "${root[@]}"
says dana 'only its owner or a manager withdraws a build' build withdraw harmonize
says admin 'this build is approved already' build approve harmonize
says alex '--file: expected PATH=FILE' config create c --file x

# --- workflows and requests --------------------------------------------------------

graph=(workflow check more)
says admin '--app: expected NAME=BUILD:CONFIGURATION' "${graph[@]}" --app x
says admin '--data: expected NAME=DATASET' "${graph[@]}" --data x
says admin '--edge: expected DATA-NAME:APP-NAME.PORT' "${graph[@]}" --edge x
says admin 'the graph has ' workflow submit more --app app-1=harmonize:summary \
    --data unused=patients
says dana '--days: 1 to 366' request approve "$request" --days 900 --yes
says dana 'nothing was done: answer yes, or give --yes' request approve "$request"
says admin 'you own nothing in this workflow, so there is nothing' request approve "$request" --yes
says dana 'only who submitted it or a manager withdraws a' request withdraw "$request"
as dana accord request approve "$request" --yes > approve.dana.log
says dana 'you have decided this request already' request approve "$request" --yes
as alex accord request approve "$request" --yes > approve.alex.log
as olga accord request approve "$request" --yes > approve.olga.log
says dana 'this request is approved already' request approve "$request" --yes
says dana 'location: an approved workflow names the present one;' dataset rotate patients \
    --presigned result.put --key-file patients.key
says dana 'an approved workflow uses this dataset: withdraw it' dataset delete patients --yes
says rolf 'suspended' workflow withdraw study
says admin 'this account has no such certificate' certificate revoke "${zeros:0:31}1" --yes
as dana accord dataset erase patients --yes > /dev/null
says dana 'its credential is erased already' dataset erase patients --yes

# --- history kept outside ------------------------------------------------------------

verifies() { as dana accord log verify "$1" --simulated-root simulator/root.pem; }
mkdir empty
says dana 'empty holds no log' log verify empty
as dana accord log export --follow kept
holds 'what was followed verifies' verifies kept
as dana accord log export --follow kept
same 'without news there is no new piece' 1 "$(find kept -name '*.json' | wc -l)"
as dana accord dataset suspend patients > /dev/null
as dana accord dataset resume patients > /dev/null
as dana accord log export --follow kept
same 'news are one piece more' 2 "$(find kept -name '*.json' | wc -l)"
as dana accord log export whole.json
same 'the pieces are the whole log' \
    "$(verifies whole.json | grep -o '^[0-9]* leaves')" "$(verifies kept | grep -o '^[0-9]* leaves')"
rm kept/00000000000000000000-*.json
says dana 'a piece is missing' log export --follow kept
says dana 'a piece is missing' log verify kept

# --- what the broker says to a program that asks wrongly ---------------------------

answers dana 'there is no such path' GET /accord/v1/nothing
answers dana 'this path does not take ' DELETE /accord/v1/datasets
answers dana 'the body must be a JSON object' POST /accord/v1/datasets '[]'
answers dana 'in the path is not a UUID' GET /accord/v1/datasets/x
answers dana 'the query needs from=<number>' GET '/accord/v1/log/leaves?count=x'
answers dana 'the log has no leaf 999999 yet' GET /accord/v1/log/receipts/999999
answers dana 'there is no such app' GET "/accord/v1/apps/$nobody"

# --- starting ------------------------------------------------------------------------

ends 'a second supervisor is refused' 1 'another accord-hsm works with ' \
    accord-hsm run --config hsm.conf
ends 'a backup never overwrites' 1 'exists already: a backup never overwrites' \
    accordd --backup store --config accordd.conf
end_process "$hsm_pid" TERM
ends 'a second ceremony is refused' 1 'exists: this installation had its ceremony' \
    accord-hsm init --config hsm.conf

[ $missed -eq 0 ] || die "$missed of $checks texts"

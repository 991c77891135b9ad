#!/bin/bash
# A workflow of the CCM class from the sign-up to the withdrawal, with every
# program running: what people and programs send is in ccm.py. A person with a
# key looks on: the class is seen everywhere, and nothing can be signed.
#
#     ccm.sh BUILD-DIRECTORY
. "$(dirname "$0")/stage.sh"

stage_begin "$1"
plain_paths=yes
stage_install
stage_administrator
node=$(python3 -W ignore -B "$e2e/vouched.py" enrol "$(as admin accord zone token)")
cat >> "$scratch/agent.conf" <<CONF
[node]
certificate = $scratch/node.pem
key = $scratch/node.key
CONF
stage_agent
wait_until 30 call_agent
measurement=$(random_hex 32)
as admin accord user invite boss@example.com --role manager > "$scratch/invite.log"

holds "all agree, and the program gets the very bytes" \
    python3 -B "$e2e/ccm.py" agree "$agent_port" "$measurement"
request=$(field request < "$scratch/ccm.json")
graph=$(field graph < "$scratch/ccm.json")

ends "a person sees the request's class" 0 "class +ccm" \
    as admin accord request show "$request"
ends "and who decided" 0 "approve +dana@example.com" \
    as admin accord request show "$request"
ends "but signs nothing of it" 3 \
    "this request is of the CCM class: its users decide it with their passwords" \
    as admin accord request approve "$request" --yes
ends "and sees the workflow's" 0 "ccm" as admin accord workflow show "$graph"
ends "but does not end it" 3 "changes under /v1 only" \
    as admin accord workflow withdraw "$graph"
ends "the data's class is seen" 0 "ccm" as admin accord dataset list

holds "the runtime for containers starts, and renews a day later" \
    python3 -B -W ignore "$e2e/salmiac.py" "$agent_port" "$measurement"
holds "where it ran is shown" python3 -B "$e2e/ccm.py" placed "$node"

holds "a further program and its domain wait" \
    python3 -B "$e2e/ccm.py" propose "$agent_port" "$measurement"
image_task=$(field image_task < "$scratch/ccm.json")
domains_task=$(field domains_task < "$scratch/ccm.json")
ends "a person sees the image" 0 "BUILD_WHITELIST.*$image_task" \
    as admin accord task list
ends "and the domain" 0 "DOMAIN_WHITELIST.*$domains_task" \
    as admin accord task list
ends "which waits" 0 "further.example +to be added" as admin accord domain list
ends "approves the image" 0 "SUCCESS" as admin accord task approve "$image_task"
ends "denies the domain" 0 "DENIED" as admin accord task deny "$domains_task"
ends "once" 1 "this task is closed already: DENIED" \
    as admin accord task approve "$domains_task"
waiting=$(as admin accord task list)
same "neither waits any more" "" \
    "$(grep -oE "$image_task|$domains_task" <<< "$waiting" || true)"
ends "a task that is none" 4 "there is no such task in this account" \
    as admin accord task approve "$graph"
holds "alex sees both" \
    python3 -B "$e2e/ccm.py" decided "$agent_port" "$measurement"

holds "a version that is deleted gives nothing any more" \
    python3 -B "$e2e/ccm.py" withdraw "$agent_port" "$measurement"
ends "the history stays" 0 "withdrawn" \
    as admin accord workflow show "$graph" --version 1

as admin accord log show -o json > "$scratch/shown.json"
holds "the log says what was done, and the class" \
    python3 -B "$e2e/ccm.py" told "$scratch/shown.json" app-create task-approve \
    build-create configuration-create dataset-create draft-create \
    request-create decide workflow-withdraw dataset-delete
holds "the log is exported" as admin accord log export "$scratch/log.json"
holds "and verified" as admin accord log verify "$scratch/log.json" \
    --simulated-root "$scratch/simulator/root.pem"
same "no secret and no password is in any log" "" \
    "$(grep -El 'query_string|correct horse' "$scratch"/*.log || true)"

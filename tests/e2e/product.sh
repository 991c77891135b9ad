#!/bin/bash
# The product's own clients against a running accordd: what they send is in
# product.py. TLS as they need it is looked at here.
#
#     product.sh BUILD-DIRECTORY
. "$(dirname "$0")/stage.sh"

stage_begin "$1"
stage_install

as_text() { # the server's certificate, at that TLS version
    openssl s_client -connect "127.0.0.1:$port" -servername nodes.localhost \
        "$@" < /dev/null 2> /dev/null | openssl x509 -noout -ext subjectAltName
}
for version in -tls1_2 -tls1_3; do
    holds "a certificate at $version" as_text "$version"
done
names=$(as_text -tls1_2)
same "the loopback address is a dNSName, as Mbed TLS wants it" 1 \
    "$(grep -o 'DNS:127\.0\.0\.1\b' <<< "$names" | wc -l)"
same "and so is nodes.<host>" 1 \
    "$(grep -o 'DNS:nodes\.127\.0\.0\.1\b' <<< "$names" | wc -l)"

openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
    -subj /CN=node-1 -keyout "$scratch/node.key" -out "$scratch/node.csr" \
    2> "$scratch/openssl.log"
cp "$scratch/hsm/ca.pem" "$scratch/root.pem"

holds "the product's clients get their answers" \
    python3 -W ignore "$e2e/product.py"
python3 -W ignore "$e2e/product.py" > /dev/null 2>&1 &&
    die "a second sign-up with the same address went through"
# The same, for people with keys.
stage_administrator
ends "a person sees the account's zone" 0 "Default Enclave Zone" \
    as admin accord zone list
ends "and takes a join token" 0 "^[0-9a-f]{112}$" as admin accord zone token
same "and sees that no node is there" 0 \
    "$(as admin accord node list -o json | grep -c node_id)"
ends "and that nothing waits" 0 "" as admin accord task list
ends "nor any domain" 0 "" as admin accord domain list
for word in approve deny; do
    ends "a task that is not there is not found ($word)" 4 "no such task" \
        as admin accord task "$word" cccccccc-0000-4000-8000-000000000001
done
ends "and invites a user" 0 "outbox" \
    as admin accord user invite third@example.com --role reader
ends "who is listed" 0 "third@example.com +PENDING" as admin accord user list
ends "a role that is none is refused" 1 "READER, WRITER, MANAGER" \
    as admin accord user invite fourth@example.com --role owner
user=$(as admin accord user list -o json |
    python3 -c 'import json, sys; print(json.load(sys.stdin)["items"][0]["user_id"])')
ends "and removed" 0 "removed" as admin accord user remove "$user"
ends "a node that is not there is not found" 4 "no such node" \
    as admin accord node show "$user"

# What waits in the outbox is handed on once, and stays when nobody takes it.
outbox=$source_root/systemd/accord-outbox
mkdir "$scratch/box"
printf 'To: a@b\n\none\n' > "$scratch/box/1.eml"
echo half > "$scratch/box/2.eml.part"
"$outbox" "$scratch/box" false 2> /dev/null && die "a failed mail counts as sent"
holds "a mail that could not be sent stays" test -f "$scratch/box/1.eml"
same "a mail is handed on as it is" "$(cat "$scratch/box/1.eml")" \
    "$("$outbox" "$scratch/box" cat)"
same "and then is gone, and nothing else" "2.eml.part" "$(ls "$scratch/box")"
same "nothing of a password or token is in the log" "" \
    "$(grep -E 'password123|another password|Bearer' "$scratch"/*.log || true)"

#!/bin/bash
# Who loses a right loses it on the connections that are open, too.
#
#     open.sh BUILD-DIRECTORY
. "$(dirname "$0")/stage.sh"

stage_begin "$1"
stage_install
stage_administrator
stage_join dana writer

over_one_connection() { python3 "$e2e/open.py" "$@"; }
serial=$(openssl x509 -in "$XDG_CONFIG_HOME/accord/dana/certificate.pem" \
             -noout -serial | sed 's/serial=//' | tr A-F a-f)
serial=$(printf '%32s' "$serial" | tr ' ' 0)

same "nothing happened: the next request is answered" "200 200" \
    "$(over_one_connection dana /accord/v1/datasets true)"
same "a revoked certificate is refused within a second, connected or not" \
    "200 403" "$(over_one_connection dana /accord/v1/datasets \
        python3 "$e2e/call.py" admin POST "/accord/v1/certificates/$serial/revoke")"
same "others are not" "200 200" \
    "$(over_one_connection admin /accord/v1/datasets true)"
end_process "$broker_pid" TERM
same "accordd ends well" 0 "$ended"

#!/bin/bash
# No address and no certificate takes all connections, and not even all of
# them take the operator's.
#
#     crowd.sh BUILD-DIRECTORY
. "$(dirname "$0")/stage.sh"

stage_begin "$1"
eval "$(declare -f stage_configure | sed '1s/stage_configure/configure_first/')"
stage_configure() {
    configure_first
    sed -i "s/^\[server\]/&\nconnections = 40\nconnections_per_address = 8\nconnections_per_certificate = 5\ninput_mib = 1/" \
        "$scratch/accordd.conf"
}
stage_install
stage_administrator
stage_join dana writer
python3 -B -W ignore "$e2e/crowd.py" "$op_port" 8 5 40
end_process "$broker_pid" TERM
same "accordd ends well" 0 "$ended"

#!/bin/bash
# scripts/torture-kill, the short form.
#
#     kill.sh BUILD-DIRECTORY     ACCORD_KILLS (100) kills, ACCORD_SEED (4)
exec "$(dirname "$0")/../../scripts/torture-kill" --build "$1" \
    --kills "${ACCORD_KILLS:-100}" --seed "${ACCORD_SEED:-4}"

#!/bin/bash
# The tables of an independent checker, which are not part of this project:
# they are looked for beside the checkout.
#
#   usage: cases.sh ACCORD DIRECTORY
set -u
[ -d "$2" ] || {
    echo "SKIPPED LOUDLY: no evidence in $2; nothing real was verified" >&2
    exit 77
}
status=0
for table in CASES.tsv CASES-SNP-NITRO.tsv; do
    "$1" evidence cases "$2/$table" || status=1
done
exit $status

#!/bin/sh
# libaccord shows the functions of accord.h and nothing else, as a shared
# library and as an archive; and both need no header but that one.
#
#   usage: symbols.sh SHARED-LIBRARY ARCHIVE HEADER CC
set -eu
export LC_ALL=C
shared=$1 archive=$2 header=$3 cc=$4

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

grep -o 'accord_[a-z_]*(' "$header" | tr -d '(' |
    sort -u > "$scratch/declared"
nm -D --defined-only "$shared" | awk '$2 == "T" { print $3 }' |
    sort > "$scratch/shared"
# Sanitizers and the compiler add symbols of their own, all reserved.
nm --defined-only "$archive" | awk '$2 ~ /^[A-Z]$/ && $2 != "N" { print $3 }' |
    grep -v '^_' | sort > "$scratch/archive"

status=0
for library in shared archive; do
    diff "$scratch/declared" "$scratch/$library" ||
        { echo "$library: shows other symbols than $header declares"; status=1; }
done
echo '#include "accord.h"' > "$scratch/alone.c"
"$cc" -std=c99 -Wall -Wextra -Wpedantic -Werror -I "$(dirname "$header")" \
    -fsyntax-only "$scratch/alone.c" || status=1
exit $status

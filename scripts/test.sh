#!/bin/sh
# Builds and tests everything as a reviewer would: first what is installed
# (optimised, fortified), then the same under AddressSanitizer and UBSan;
# warnings are errors in both. In between, what needs a token once more behind
# tests/shim in strict mode: SoftHSM with the rules that it is lax about. Stops at the first failure, so that the last
# lines and the exit code are always those of the ctest that matters.
#
#   usage: scripts/test.sh
set -eu
cd "$(dirname "$0")/.."

scripts/setup.sh

export LC_ALL=C.UTF-8 # tests compare texts

for preset in release dev; do
    echo "== $preset: build"
    cmake --preset "$preset"
    cmake --build --preset "$preset"
    echo "== $preset: test"
    ctest --preset "$preset"
    [ "$preset" = release ] || continue
    echo "== $preset: test, behind the strict shim"
    ACCORD_TEST_MODULE=$PWD/build/release/tests/shim/libshim.so \
        ACCORD_SHIM_STRICT=1 ctest --preset release -L token -E 'demo|trouble'
done

#!/bin/sh
# Does check-size see what grew too large, and nothing else?
#   usage: size.sh SOURCE-DIR
source_dir=$1 check=$1/scripts/check-size
# shellcheck source=tests/architecture/plant.sh
. "$source_dir/tests/architecture/plant.sh"

lines() { # COUNT: that many lines of nothing much
    awk -v count="$1" 'BEGIN { while (count-- > 0) printf "    x++;\\n" }'
}
function_of() { # LINES-FROM-BRACE-TO-BRACE
    printf 'void f(void)\\n{\\n%s}\\n' "$(lines $(($1 - 1)))"
}

plant a/x.c "$(function_of 60)\n$(function_of 3)"
plant a/table.c "static const int t[] = {\n$(lines 200)};\n"
plant build/dev/deep/x.c "$(lines 401)"
plant .hidden/x.c "$(lines 401)"
accepts "a function of 60 lines, a table of any length, and what was built"
rm -r "$tree/a"

plant a/y.c 'int y;\n'
plant a/x.c "$(function_of 61)"
refuses "a function of 61 lines" a/x.c 2 'a function of 61 lines; at most 60'
plant a/x.h "static inline $(function_of 61)"
refuses "a long function in a header" a/x.h 2 'a function of 61 lines; at most 60'
plant a/x.c "/* A state machine; long because its states\n * read best together. */\n$(function_of 100)"
accepts "a long function that says why"
plant a/x.c "/* long because */\n$(function_of 61)\n$(function_of 61)"
refuses "a second long function behind one that says why" a/x.c 67 'a function of 61 lines; at most 60'
plant a/x.c "/* long because */\nint x;\n\n$(function_of 61)"
refuses "a reason that is not directly above" a/x.c 5 'a function of 61 lines; at most 60'

plant a/x.c "$(lines 400)"
accepts "a file of 400 lines"
plant a/x.c "$(lines 401)"
refuses "a file of 401 lines" a/x.c 401 '401 lines; at most 400'
plant tests/a/x.c "$(lines 401)"
refuses "a test of 401 lines" tests/a/x.c 401 '401 lines; at most 400'
plant a/x.h "$(lines 150)"
accepts "a header of 150 lines"
plant a/x.h "$(lines 151)"
refuses "a header of 151 lines" a/x.h 151 '151 lines; at most 150'

rm -rf "${tree:?}"/*
said=$("$check" "$tree" 2>&1) && verdict no "refuses an empty tree" "$said"
finish

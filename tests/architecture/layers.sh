#!/bin/sh
# Does check-layers see every kind of violation, and nothing else?
#   usage: layers.sh SOURCE-DIR
source_dir=$1 check=$1/scripts/check-layers
# shellcheck source=tests/architecture/plant.sh
. "$source_dir/tests/architecture/plant.sh"

plant scripts/layers '# comment\nbase\napi base\npolicy api base\nbroker policy api base\ntests *\n<lmdb.h policy\n<event2/ broker\n'
plant base/bytes.h '#include <string.h>\n'
plant base/status.h '#include "base/bytes.h"\n'
plant api/api.h '#include "api/id.h"\n#include "base/status.h"\n'
plant api/id.h '#include <stdint.h>\n'
plant policy/policy.h '#include "api/api.h"\n'
plant policy/store.c '#include "policy/policy.h"\n\n#include <lmdb.h>\n\n#  include "base/bytes.h" /* why */\n'
plant broker/main.c '#include <event2/event.h>\n#include "policy/policy.h" // door\n'
plant tests/api/test_id.c '#include <lmdb.h>\n#include "api/id.h"\n#include "policy/store.c"\n'
plant .hidden/x.c '#include "../x.h"\n'
plant build/dev/x.c '#include "../x.h"\n'
accepts "a tree that keeps to the table"

plant api/words.c '/* #include "policy/policy.h" */\n// #include <lmdb.h>\n/*\n#include "broker/x.h"\n*/\nconst char *s = "/*";\n#include "base/bytes.h"\nchar c = \047"\047; /* " */\n'
accepts "an include that is only mentioned in a comment"
rm "$tree/api/words.c"

plant api/x.c '\n#include "policy/policy.h"\n'
refuses "an arrow that points up" api/x.c 2 'api/ may not include "policy/policy.h"'
plant base/x.h '#include "api/api.h"\n'
refuses "an arrow out of base" base/x.h 1 'base/ may not include "api/api.h"'
plant broker/x.c '#include "api/id.h"\n'
refuses "a reach past a door" broker/x.c 1 '"api/id.h" is behind the door of api: include "api/api.h"'
plant broker/deep/x.c '#include "api/id.h"\n'
refuses "a reach past a door from a folder in a folder" broker/deep/x.c 1 '"api/id.h" is behind the door of api: include "api/api.h"'
plant broker/x.c '#include "policy/sub/policy.h"\n'
refuses "a door that is somewhere inside" broker/x.c 1 '"policy/sub/policy.h" is behind the door of policy: include "policy/policy.h"'
plant api/x.c '#include "tests/support/check.h"\n'
refuses "a product file that includes tests" api/x.c 1 'api/ may not include "tests/support/check.h"'
plant api/x.c '#include "nowhere/x.h"\n'
refuses "a folder nobody knows" api/x.c 1 'api/ may not include "nowhere/x.h"'

plant broker/x.c '#include <lmdb.h>\n'
refuses "a foreign header outside its folder" broker/x.c 1 'broker/ may not include <lmdb.h>'
plant policy/x.c '#include <event2/event.h>\n'
refuses "a foreign folder outside its folder" policy/x.c 1 'policy/ may not include <event2/event.h>'
plant broker/x.c '#include </usr/include/lmdb.h>\n'
refuses "a foreign header by its absolute path" broker/x.c 1 'no . or .. or absolute path in an include: /usr/include/lmdb.h'
plant broker/x.c '#include "lmdb.h"\n'
refuses "a foreign header in quotation marks" broker/x.c 1 'write "lmdb.h" from the root: "folder/name.h"'
plant broker/x.c '#include <./lmdb.h>\n'
refuses "a foreign header behind a dot" broker/x.c 1 'no . or .. or absolute path in an include: ./lmdb.h'
plant broker/x.c '#include <api/id.h>\n'
refuses "a folder of ours in angle brackets" broker/x.c 1 'write <api/id.h> in quotation marks'

plant policy/x.c '#include "store.h"\n'
refuses "an include that is not from the root" policy/x.c 1 'write "store.h" from the root: "folder/name.h"'
plant policy/x.c '#include "policy/../api/id.h"\n'
refuses "two dots within a path" policy/x.c 1 'no . or .. or absolute path in an include: policy/../api/id.h'
plant policy/x.c '#include "../api/id.h"\n'
refuses "two dots at the front" policy/x.c 1 'no . or .. or absolute path in an include: ../api/id.h'
plant tests/x.c '#include "../api/id.h"\n'
refuses "two dots in tests too" tests/x.c 1 'no . or .. or absolute path in an include: ../api/id.h'
plant policy/x.c '#include "policy//store.h"\n'
refuses "an empty name in a path" policy/x.c 1 'no . or .. or absolute path in an include: policy//store.h'
plant policy/x.c '#include "policy/store.c"\n'
refuses "an include of a source file" policy/x.c 1 'only headers are included: policy/store.c'

one='an include names one header, in "" or <>'
plant policy/x.c '#include HEADER\n'
refuses "a computed include" policy/x.c 1 "$one"
plant policy/x.c '#include_next <lmdb.h>\n'
refuses "include_next" policy/x.c 1 "$one"
plant policy/x.c '#import <lmdb.h>\n'
refuses "import" policy/x.c 1 "$one"
plant broker/x.c 'int x;\n#incl\\\nude <lmdb.h>\n'
refuses "an include spread over two lines" broker/x.c 2 'broker/ may not include <lmdb.h>'
plant broker/x.c '/* a\n*/ # /* b */ include /* c */ <lmdb.h> /* d */\n'
refuses "an include between comments" broker/x.c 2 'broker/ may not include <lmdb.h>'
plant broker/x.c '#include <lmdb.h>\r\n'
refuses "an include with a carriage return" broker/x.c 1 'broker/ may not include <lmdb.h>'
plant broker/x.c '%%:include <lmdb.h>\n'
refuses "a digraph" broker/x.c 1 'write # for a directive, not another spelling of it'
plant broker/x.c '\077\077=include <lmdb.h>\n'
refuses "a trigraph" broker/x.c 1 'write # for a directive, not another spelling of it'

plant extra/x.c 'int x;\n'
refuses "a folder that is not in the table" extra/x.c 1 'extra/ is not in scripts/layers'
plant x.c 'int x;\n'
refuses "a source file beside the folders" x.c 1 'x.c/ is not in scripts/layers'
plant api/x.inc 'int x;\n'
refuses "a source file under another name" api/x.inc 1 'source files are named .c or .h'
accepts "the tree with everything planted gone again"

rm -rf "${tree:?}"/*
plant scripts/layers 'base\n'
said=$("$check" "$tree" 2>&1) && verdict no "refuses an empty tree" "$said"
rm "$tree/scripts/layers"
said=$("$check" "$tree" 2>&1) && verdict no "refuses a tree without a table" "$said"
finish

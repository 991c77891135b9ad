/* seeds.h - makes the seeds of fuzz targets anew, with what makes such bytes in
 * the programs: seeds.c is the program, each other file makes some of them. */

#ifndef TESTS_FUZZ_SEEDS_H
#define TESTS_FUZZ_SEEDS_H

#include "tests/support/check.h"

#include "tests/ca/authority.h"
#include "tests/support/temp_dir.h"

#define BYTES(literal) bytes_of(literal, sizeof(literal) - 1)

extern struct temp_dir seeds_dir; /* to work in */

/* The file `name` of the target's seeds; and the same behind a first byte. */
void seed_write(const char *target, const char *name, struct bytes seed);
void seed_write_marked(const char *target, const char *name, uint8_t mark,
                       struct bytes rest);

/* After authority_setup(). */
void seeds_door(void);
void seeds_judge(void);
void seeds_frontier(void);
void seeds_export(void);
void seeds_context(void);
void seeds_key(void);
void seeds_file(void);
void seeds_local(void);

#endif

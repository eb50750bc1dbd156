/*
 * What the files of the fuzzer share.
 */
#ifndef SDR_FUZZ_H
#define SDR_FUZZ_H

#include "postgres_fe.h"

#include "lib/stringinfo.h"

#include "prisma/ast.h"

/* arena.c */
extern void fuzz_free_all(void);

/* target.c */
extern int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* tree.c */
extern void fuzz_print(StringInfo buf, const SdrPrismaSchema *schema);

#endif							/* SDR_FUZZ_H */

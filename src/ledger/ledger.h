/*-------------------------------------------------------------------------
 *
 * ledger.h
 *	  Migrations and their runs.
 *
 * A run is one attempt at a migration by hand: a row of schemadrift.run, which
 * people read as schemadrift.ledger.  What Prisma runs is in its own tables.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SDR_LEDGER_H
#define SDR_LEDGER_H

#include "datatype/timestamp.h"
#include "fmgr.h"
#include "nodes/pg_list.h"
#include "utils/uuid.h"

/* The advisory lock that Prisma takes, pg_advisory_lock(72707369). */
#define SDR_MIGRATION_LOCK	72707369

/* How a run came about: the column method. */
#define SDR_METHOD_APPLY	"apply"
#define SDR_METHOD_BEGIN	"begin"
#define SDR_METHOD_ADOPT	"adopt"
#define SDR_METHOD_RESOLVE	"resolve"

/* The migration that this backend is running. */
typedef struct SdrRun
{
	pg_uuid_t	id;				/* of its row */
	char	   *name;
	const char *method;			/* SDR_METHOD_APPLY or SDR_METHOD_BEGIN */
	char	   *checksum;		/* NULL when the script is not known */
	bool		approved;		/* an approval for the checksum stands */
	bool		allow_destructive;	/* said by the call or the approval */
} SdrRun;

/* A statement of a script. */
typedef struct SdrStatement
{
	struct RawStmt *raw;
	char	   *text;			/* its own text, without what surrounds it */
	int			offset;			/* of the text in the script, in bytes */
	int			line;			/* of the first character, from 1 */
} SdrStatement;

/*
 * run.c: the run of this backend, NULL when there is none.  C memory only, so
 * the guard may ask in any state of the transaction.
 */
extern const SdrRun *sdr_run_current(void);

/*
 * name.c: the name of a migration as the ledger has it, that is the file's
 * name without directories and .sql; an error for what is none.  Number and
 * suffix ("17", "b") are NULL when the name does not begin with a number.
 */
extern char *sdr_migration_name(const char *name);
extern void sdr_name_number(const char *name, char **number, char **suffix);

/*
 * script.c
 *
 * sdr_script_checksum() is Prisma's: SHA-256 of the bytes, as lower-case hex.
 * sdr_script_tokens() is the script without comments and white space between
 * tokens, so equal for scripts that differ in nothing else; NULL where the
 * server's scanner finds no tokens in it (an unterminated string).
 * sdr_script_split() parses the script and returns its statements
 * (SdrStatement *); a syntax error is raised with its place in the script.
 */
extern char *sdr_script_checksum(const char *script, int len);
extern char *sdr_script_tokens(const char *script);
extern List *sdr_script_split(const char *script);

#endif							/* SDR_LEDGER_H */

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
#include "ledger/history.h"
#include "lib/stringinfo.h"
#include "nodes/pg_list.h"
#include "record/utility.h"
#include "utils/uuid.h"

/* The advisory lock that Prisma takes, pg_advisory_lock(72707369). */
#define SDR_MIGRATION_LOCK	72707369

/* What Prisma creates, under the lock, where there is no table yet. */
#define SDR_PRISMA_TABLE_SQL \
	"CREATE TABLE _prisma_migrations (" \
	" id VARCHAR(36) PRIMARY KEY NOT NULL," \
	" checksum VARCHAR(64) NOT NULL," \
	" finished_at TIMESTAMPTZ," \
	" migration_name VARCHAR(255) NOT NULL," \
	" logs TEXT," \
	" rolled_back_at TIMESTAMPTZ," \
	" started_at TIMESTAMPTZ NOT NULL DEFAULT now()," \
	" applied_steps_count INTEGER NOT NULL DEFAULT 0)"

/* How a run came about: the column method. */
#define SDR_METHOD_APPLY	"apply"
#define SDR_METHOD_BEGIN	"begin"
#define SDR_METHOD_ADOPT	"adopt"
#define SDR_METHOD_RESOLVE	"resolve"
#define SDR_METHOD_TRIAL	"trial" /* has no row */

/* The migration that this backend is running. */
typedef struct SdrRun
{
	pg_uuid_t	id;				/* of its row */
	char	   *name;
	const char *method;			/* SDR_METHOD_APPLY, _BEGIN or _TRIAL */
	char	   *checksum;		/* NULL when the script is not known */
	bool		approved;		/* an approval for the checksum stands */
	bool		allow_destructive;	/* said by the call or the approval */
} SdrRun;

/* A statement of a script. */
typedef struct SdrStatement
{
	Node	   *stmt;			/* parse tree */
	char	   *text;			/* its own text, without what surrounds it */
	int			line;			/* that it begins in, from 1 */
} SdrStatement;

/* A migration as a caller gives it. */
typedef struct SdrGiven
{
	char	   *name;
	char	   *script;			/* NULL when it is not given */
	SdrChecksums checksums;		/* that the script answers to */
	List	   *statements;		/* of SdrStatement *, once parsed */
} SdrGiven;

/* A run of the past. */
typedef struct SdrPastRun
{
	bool		found;
	char	   *id;
	char	   *state;			/* as the view schemadrift.ledger has it */
	char	   *method;
	char	   *checksum;		/* or NULL */
	char	   *script;			/* or NULL */
} SdrPastRun;

/* Columns of a drift row. */
enum
{
	SDR_CHANGE_DRIFT,
	SDR_CHANGE_KIND,
	SDR_CHANGE_SCHEMA,
	SDR_CHANGE_OBJECT,
	SDR_CHANGE_PART,
	SDR_CHANGE_ATTRIBUTE,
	SDR_CHANGE_EXPECTED,
	SDR_CHANGE_ACTUAL,
	SDR_CHANGE_SEVERITY,
	SDR_CHANGE_IDENTITY,
	SDR_CHANGE_COLUMNS
};

typedef struct SdrChange
{
	const char *columns[SDR_CHANGE_COLUMNS];
} SdrChange;

/* A relation that a script has locked, or whose rows it has changed. */
typedef struct SdrTouched
{
	Oid			relid;
	int			mode;			/* of the lock */
	const char *text;			/* what happened to the rows */
	const char *schema;
	const char *name;
	char		relkind;
} SdrTouched;

/* What one run of a script did before it was undone. */
typedef struct SdrPass
{
	ErrorData  *error;			/* NULL if it has run to its end */
	int			statements;
	List	   *changes;		/* of SdrChange * */
	List	   *data;			/* of SdrTouched * */
} SdrPass;

typedef struct SdrTrial
{
	SdrPass		first;
	SdrPass		second;			/* right after the first */
	List	   *locks;			/* of SdrTouched *, of the first */
	List	   *notes;			/* of char *: what was tried differently */
} SdrTrial;

/*
 * run.c
 *
 * sdr_run_current() is the run of this backend, NULL when there is none.  It
 * is C memory only, so the guard may ask in any state of the transaction.
 *
 * sdr_run_start() writes the row, which stays whatever happens, and makes the
 * run the current one.  With the method apply, what becomes of the
 * subtransaction at hand becomes of the run; sdr_run_applied() and
 * sdr_run_failed() end it.
 */
extern const SdrRun *sdr_run_current(void);
extern void sdr_run_forbid(void);
extern void sdr_run_start(const SdrGiven *migration, const char *method,
						  bool allow_destructive, const char *note);
extern void sdr_run_pretend(const SdrGiven *migration);
extern SdrRun *sdr_run_detach(void);
extern void sdr_run_free(SdrRun *run);
extern void sdr_run_applied(int statements);
extern void sdr_run_give_up(const SdrRun *run);
extern void sdr_run_failed(const SdrRun *run, const ErrorData *error,
						   int statements);
extern void sdr_run_payload(StringInfo buf, const SdrGiven *migration,
							const char *method, const char *state);
extern void sdr_new_uuid(pg_uuid_t *id);
extern char *sdr_uuid_text(const pg_uuid_t *id);
extern char *sdr_fingerprint_now(void);
extern char *sdr_error_text(const ErrorData *error);

/* script.c */
extern char *sdr_migration_name(const char *name);
extern void sdr_given_read(FunctionCallInfo fcinfo,
						   SdrGiven *migration, bool script_required);
extern void sdr_given_script(SdrGiven *migration, char *script);
extern void sdr_given_parse(SdrGiven *migration);
pg_noreturn extern void sdr_given_empty(const SdrGiven *migration);
extern bool sdr_given_same(const SdrGiven *migration,
						   const char *checksum);
extern const char *sdr_needs_own_transaction(Node *stmt);
extern void sdr_given_check_apply(const SdrGiven *migration);

/* past.c */
extern void sdr_past_run(const char *name, SdrPastRun *past);
extern bool sdr_approval(const SdrGiven *migration,
						 bool *allow_destructive);

/* lock.c: the advisory lock, for the transaction or for the session. */
extern void sdr_lock_take(bool session);
extern bool sdr_lock_is_held(void);
extern void sdr_lock_release(void);

/* execute.c */
extern void sdr_given_execute(const SdrGiven *migration,
							  int *statements);

/* apply.c */
extern void sdr_ledger_writable(const char *function);
extern bool sdr_already_applied(const SdrGiven *migration);
extern bool sdr_given_apply(const SdrGiven *migration, bool allow_destructive,
							const char *note);

/* steps.c: what schemadrift_repair() returns */
typedef struct SdrRepairStep
{
	const char *sql;			/* NULL: it cannot be mended, or is left out */
	const char *kind;
	const char *identity;
	Datum		mends;
	const char *risk;
	const char *lock;
	bool		transactional;
	const char *note;
	const char *verdict;
} SdrRepairStep;

extern List *sdr_repair_rows(const char *query, Jsonb *expected,
							 Jsonb *options);
extern List *sdr_repair_steps(Jsonb *expected, Jsonb *options);
extern char *sdr_repair_script(const List *steps, const char *head);

/* session.c */
extern void sdr_session_discarded(void);

/* watch.c */
extern void sdr_watch_utility(SdrUtility *utility);
extern void sdr_watch_start(const SdrGiven *migration);
extern void sdr_watch_stop(void);
extern int	sdr_watch_statements(void);
extern const char *sdr_watch_error(void);
extern const char *sdr_watch_sqlstate(void);
extern List *sdr_watch_deviations(void);

/* trial.c */
extern void sdr_trial(SdrGiven *migration, bool twice, SdrTrial *trial);
extern bool sdr_pass_is_clean(const SdrPass *pass);

/* dry_run.c */
extern void sdr_change_of(SdrChange *change, const SdrTouched *touched,
						  const char *attribute, const char *actual);

/* resolve.c */
extern char *sdr_registered_checksum(const char *name, const char *kind,
									 char **content);

/* resolve_prisma.c */
extern bool sdr_prisma_knows(const List *tables, const char *name,
							 bool applied);
extern void sdr_prisma_resolve(const List *tables, const char *name,
							   bool applied);

#endif							/* SDR_LEDGER_H */

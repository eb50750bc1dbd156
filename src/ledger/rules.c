/*-------------------------------------------------------------------------
 *
 * rules.c
 *	  From what is known of a migration to its state, and what to do next.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "ledger/history.h"
#include "utils/builtins.h"

#define PRISMA			SDR_FACT_PRISMA
#define FILE_THERE		SDR_FACT_FILE
#define NO_SCRIPT		SDR_FACT_NO_SCRIPT
#define NO_STATEMENT	SDR_FACT_NO_STATEMENT
#define FILES_KNOWN		SDR_FACT_FILES_KNOWN
#define UNREADABLE		SDR_FACT_UNREADABLE
#define RUNNING			SDR_FACT_RUNNING
#define INTERRUPTED		SDR_FACT_INTERRUPTED
#define FAILED			SDR_FACT_FAILED
#define APPLIED			SDR_FACT_APPLIED
#define ROLLED_BACK		SDR_FACT_ROLLED_BACK
#define CLAIM			SDR_FACT_CLAIM
#define ABSENT			SDR_FACT_ABSENT
#define PRESENT			SDR_FACT_PRESENT
#define DIFFERS			SDR_FACT_DIFFERS
#define COSMETIC		SDR_FACT_COSMETIC
#define JUNK			SDR_FACT_JUNK
#define STANDBY			SDR_FACT_STANDBY
#define UNPARSED		SDR_FACT_UNPARSED
#define STEPWISE		SDR_FACT_STEPWISE

/*
 * The rules, of which the first that fits counts: all facts of "with" hold and
 * none of "without".  In what to do, %s is the name of the migration as a word
 * of a shell, %q as a literal of SQL.
 */
static const struct
{
	uint32		with;
	uint32		without;
	SdrMigrationState state;
	const char *next;
}			rules[] = {

	{UNREADABLE, 0, SDR_STATE_UNKNOWN,
	"ask as a role that may read the table; schemadrift_reconcile() says why not"},

	/* what is under way or went wrong */
	{PRISMA | RUNNING | STANDBY, 0, SDR_STATE_RUNNING,
	"ask the primary whether it still runs"},
	{PRISMA | RUNNING, 0, SDR_STATE_RUNNING,
	"wait for prisma migrate deploy to end"},
	{RUNNING, 0, SDR_STATE_RUNNING,
	"wait for it to end"},
	{PRISMA | FAILED, 0, SDR_STATE_FAILED,
	"repair the cause, then prisma migrate resolve --rolled-back %s and deploy, or resolve --applied if what it does is there; until then deploy stops with P3009"},
	{FAILED | STEPWISE, 0, SDR_STATE_FAILED,
	"complete it by hand and schemadrift_resolve(%q, 'applied'), or undo it and 'rolled_back'"},
	{FAILED, 0, SDR_STATE_FAILED,
	"repair the cause and apply it again: everything it did was rolled back"},
	{PRISMA | INTERRUPTED | PRESENT, 0, SDR_STATE_INTERRUPTED,
	"what it creates is there, so the server has committed it: prisma migrate resolve --applied %s; until then deploy stops with P3009"},
	{PRISMA | INTERRUPTED | ABSENT, 0, SDR_STATE_INTERRUPTED,
	"what it creates is not there: prisma migrate resolve --rolled-back %s, then deploy; until then deploy stops with P3009"},
	{PRISMA | INTERRUPTED, 0, SDR_STATE_INTERRUPTED,
	"see whether what it does is there, then prisma migrate resolve --applied or --rolled-back %s; until then deploy stops with P3009"},
	{INTERRUPTED, STEPWISE, SDR_STATE_INTERRUPTED,
	"apply it again: as it was one transaction, nothing of it is there"},
	{INTERRUPTED | PRESENT, 0, SDR_STATE_INTERRUPTED,
	"what it creates is there: complete what else it does, then schemadrift_resolve(%q, 'applied')"},
	{INTERRUPTED | ABSENT, 0, SDR_STATE_INTERRUPTED,
	"not all that it creates is there: complete it by hand and schemadrift_resolve(%q, 'applied'), or undo it and 'rolled_back'"},
	{INTERRUPTED, 0, SDR_STATE_INTERRUPTED,
	"see what of it is there, then schemadrift_resolve(%q, 'applied') or 'rolled_back'"},

	/* what counts as applied */
	{APPLIED | CLAIM | ABSENT | PRISMA, 0, SDR_STATE_CLAIMED,
	"it is recorded without a run, and what it creates is not there: run its script, or find out why"},
	{APPLIED | CLAIM | ABSENT, 0, SDR_STATE_CLAIMED,
	"it is recorded without a run, and what it creates is not there: schemadrift_resolve(%q, 'rolled_back') and apply it, or find out why"},
	{APPLIED | PRISMA | NO_SCRIPT, 0, SDR_STATE_EMPTY,
	"restore migration.sql: without it prisma migrate stops with P3015"},
	{APPLIED | FILES_KNOWN, FILE_THERE, SDR_STATE_MISSING_FILE,
	"restore the file from version control and register the directory again"},
	{APPLIED | DIFFERS | COSMETIC | PRISMA, 0, SDR_STATE_EDITED_COSMETIC,
	"nothing has to be done in this database; prisma migrate dev will ask for a reset until the comments are put back"},
	{APPLIED | DIFFERS | COSMETIC, 0, SDR_STATE_EDITED_COSMETIC,
	"nothing has to be done: its statements are those that were applied"},
	{APPLIED | DIFFERS | JUNK, 0, SDR_STATE_EDITED,
	"its row was made by hand, as the checksum is none: see that what it does is there, then put the checksum of the file into the row"},
	{APPLIED | DIFFERS, 0, SDR_STATE_EDITED,
	"put the file back to what was applied, and the change into a new migration"},
	{APPLIED, FILES_KNOWN, SDR_STATE_APPLIED,
	"register its directory, to see whether the file is what was applied"},
	{APPLIED, 0, SDR_STATE_APPLIED, NULL},

	/* what does not */
	{ROLLED_BACK | PRISMA | FILE_THERE, 0, SDR_STATE_ROLLED_BACK,
	"prisma migrate deploy will apply it again"},
	{ROLLED_BACK | FILE_THERE, 0, SDR_STATE_ROLLED_BACK,
	"apply it again, or remove the file"},
	{ROLLED_BACK, 0, SDR_STATE_ROLLED_BACK, NULL},
	{PRISMA | NO_SCRIPT, 0, SDR_STATE_EMPTY,
	"write migration.sql or remove the directory: prisma migrate deploy stops with P3015"},
	{PRISMA | NO_STATEMENT, 0, SDR_STATE_EMPTY,
	"write its statements before prisma migrate deploy records it as applied"},
	{NO_STATEMENT, 0, SDR_STATE_EMPTY,
	"write its statements or remove the file"},
	{PRISMA | UNPARSED, 0, SDR_STATE_PENDING,
	"mend its script first: the server cannot parse it, so prisma migrate deploy would fail"},
	{PRISMA, 0, SDR_STATE_PENDING,
	"prisma migrate deploy"},
	{UNPARSED, 0, SDR_STATE_PENDING,
	"it is no plain SQL: mend it, or run it with psql between schemadrift_begin(%q) and schemadrift_end()"},
	{0, 0, SDR_STATE_PENDING,
	"apply it with schemadrift_apply(), or schemadrift_adopt() it if it was run before"},
};

static const char *const state_names[] = {
	"pending", "applied", "failed", "running", "interrupted", "rolled_back",
	"edited", "edited_cosmetic", "missing_file", "empty", "claimed", "unknown"
};

StaticAssertDecl(lengthof(state_names) == SDR_STATE_UNKNOWN + 1,
				 "names of states");

const char *
sdr_migration_state_name(SdrMigrationState state)
{
	return state_names[state];
}

/* The name as one word of a shell. */
static const char *
shell_word(const char *name)
{
	static const char harmless[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-";
	StringInfoData buf;

	if (*name != '\0' && strspn(name, harmless) == strlen(name))
		return name;
	initStringInfo(&buf);
	appendStringInfoChar(&buf, '\'');
	for (; *name != '\0'; name++)
	{
		if (*name == '\'')
			appendStringInfoString(&buf, "'\\''");
		else
			appendStringInfoChar(&buf, *name);
	}
	appendStringInfoChar(&buf, '\'');
	return buf.data;
}

/* The advice with the name of the migration in it. */
static const char *
with_name(const char *next, const char *name)
{
	const char *place = next == NULL ? NULL : strchr(next, '%');

	if (place == NULL)
		return next;
	return psprintf("%.*s%s%s", (int) (place - next), next,
					place[1] == 'q' ? quote_literal_cstr(name) :
					shell_word(name), place + 2);
}

/* Set the state of the migration, and what to do. */
void
sdr_migration_judge(SdrMigration *migration)
{
	for (int i = 0; i < lengthof(rules); i++)
	{
		if ((migration->facts & rules[i].with) == rules[i].with &&
			(migration->facts & rules[i].without) == 0)
		{
			migration->state = rules[i].state;
			migration->next = with_name(rules[i].next, migration->name);
			return;
		}
	}
	pg_unreachable();
}

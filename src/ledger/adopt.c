/*-------------------------------------------------------------------------
 *
 * adopt.c
 *	  schemadrift_adopt() and schemadrift_adopt_all(): migrations that were
 *	  applied before the extension came.
 *
 * The proof is the effect: a script that changes nothing when it is run has
 * been run before, or something to the same effect has.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "executor/spi.h"
#include "funcapi.h"
#include "ledger/ledger.h"
#include "miscadmin.h"
#include "model/model.h"
#include "record/record.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/tuplestore.h"

PG_FUNCTION_INFO_V1(schemadrift_adopt);
PG_FUNCTION_INFO_V1(schemadrift_adopt_all);

/* Outcomes. */
#define ADOPTED		"adopted"
#define ALREADY		"already applied"
#define REFUSED		"refused"
#define SKIPPED		"skipped"

static void
put_texts(ReturnSetInfo *rsinfo, const char *const *texts, int n)
{
	Datum		values[2 + SDR_CHANGE_COLUMNS];
	bool		nulls[2 + SDR_CHANGE_COLUMNS];

	for (int i = 0; i < n; i++)
	{
		nulls[i] = texts[i] == NULL;
		values[i] = nulls[i] ? (Datum) 0 : CStringGetTextDatum(texts[i]);
	}
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

/* A row of schemadrift_adopt(). */
static void
put_adopt(ReturnSetInfo *rsinfo, const char *outcome, const char *message,
		  const SdrChange *change)
{
	const char *texts[2 + SDR_CHANGE_COLUMNS] = {outcome, message};

	if (change != NULL)
		memcpy(&texts[2], change->columns, sizeof(change->columns));
	put_texts(rsinfo, texts, lengthof(texts));
}

/* Whether the evidence is the effect; else it is a claim. */
static bool
by_effect(FunctionCallInfo fcinfo, int n)
{
	char	   *evidence = sdr_text_arg(fcinfo, n, "evidence");

	if (strcmp(evidence, "effect") == 0)
		return true;
	if (strcmp(evidence, "claim") != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid evidence: \"%s\"", evidence),
				 errhint("It is effect or claim.")));
	return false;
}

/* The row of an adopted migration, in this transaction. */
static void
record_adopted(const SdrGiven *migration, bool effect)
{
	StringInfoData buf;
	pg_uuid_t	id;
	char	   *fingerprint = sdr_fingerprint_now();

	sdr_new_uuid(&id);
	initStringInfo(&buf);
	sdr_payload_uuid(&buf, "id", &id);
	sdr_run_payload(&buf, migration, SDR_METHOD_ADOPT,
					effect ? "applied" : "claimed");
	sdr_payload_text(&buf, "proof", effect ? "effect" : "claim");
	if (effect)
		sdr_payload_int(&buf, "statements",
						list_length(migration->statements));
	sdr_payload_text(&buf, "fingerprint_before", fingerprint);
	sdr_payload_text(&buf, "fingerprint_after", fingerprint);
	sdr_record_here(SDR_RECORD_RUN_STARTED, sdr_payload_end(&buf));
	pfree(buf.data);
}

/* A claim needs no more than that there is something to claim. */
static void
require_statements(const SdrGiven *migration)
{
	SdrScript	script;

	sdr_script_read(migration->script, &script);
	if (script.empty)
		sdr_given_empty(migration);
}

/*
 * Adopt a migration that is not applied yet, or refuse to; the trial tells
 * why.
 */
static bool
adopt(SdrGiven *migration, bool effect, SdrTrial *trial)
{
	memset(trial, 0, sizeof(*trial));
	if (effect)
	{
		sdr_given_parse(migration);
		sdr_trial(migration, false, trial);
		if (!sdr_pass_is_clean(&trial->first))
			return false;
	}
	else
		require_statements(migration);
	record_adopted(migration, effect);
	return true;
}

static void
put_refused(ReturnSetInfo *rsinfo, const SdrPass *pass)
{
	ListCell   *lc;

	if (pass->error != NULL)
		put_adopt(rsinfo, REFUSED, sdr_error_text(pass->error), NULL);
	foreach(lc, pass->changes)
		put_adopt(rsinfo, REFUSED, _("the script changes the schema"), lfirst(lc));
	foreach(lc, pass->data)
	{
		SdrTouched *touched = lfirst(lc);
		SdrChange	change;

		sdr_change_of(&change, touched, "rows", touched->text);
		change.columns[SDR_CHANGE_DRIFT] = "changed";
		put_adopt(rsinfo, REFUSED, _("the script changes rows"), &change);
	}
}

/*
 * schemadrift_adopt(name text, script text, evidence text) - a row that says
 * that it is adopted, or rows that say why it is not.
 */
Datum
schemadrift_adopt(PG_FUNCTION_ARGS)
{
	SdrGiven	migration;
	SdrTrial	trial;
	bool		effect;
	ReturnSetInfo *rsinfo;

	sdr_ledger_writable("schemadrift_adopt()");
	sdr_given_read(fcinfo, &migration, true);
	effect = by_effect(fcinfo, 2);
	InitMaterializedSRF(fcinfo, 0);
	rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	sdr_lock_take(false);
	if (sdr_already_applied(&migration))
		put_adopt(rsinfo, ALREADY, NULL, NULL);
	else if (adopt(&migration, effect, &trial))
		put_adopt(rsinfo, ADOPTED, NULL, NULL);
	else
		put_refused(rsinfo, &trial.first);
	return (Datum) 0;
}

/* A registered file of a migration by hand. */
typedef struct Candidate
{
	char	   *name;
	char	   *path;
	char	   *state;			/* as schemadrift.migrations has it */
	char	   *next;
	char	   *content;		/* NULL when it could not be read as text */
} Candidate;

/* All of them, in order, with what is known of them. */
static List *
candidates(MemoryContext context)
{
	List	   *list = NIL;

	SPI_connect();
	if (SPI_execute("SELECT m.name, m.path, m.state, m.next, f.content"
					" FROM schemadrift.migrations m"
					" JOIN schemadrift.migration_file f"
					"  ON f.replaced_at IS NULL AND m.path OPERATOR(pg_catalog.=)"
					"  CASE WHEN f.directory OPERATOR(pg_catalog.=) '' THEN f.path"
					"  ELSE pg_catalog.concat(f.directory, '/', f.path) END"
					"  AND f.name OPERATOR(pg_catalog.=) m.name"
					"  AND f.kind OPERATOR(pg_catalog.=) m.kind"
					" WHERE m.kind OPERATOR(pg_catalog.=) 'manual'"
					" ORDER BY m.place", false, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not read the migrations");
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		HeapTuple	tuple = SPI_tuptable->vals[i];
		TupleDesc	desc = SPI_tuptable->tupdesc;
		MemoryContext old = MemoryContextSwitchTo(context);
		Candidate  *candidate = palloc(sizeof(Candidate));

		candidate->name = SPI_getvalue(tuple, desc, 1);
		candidate->path = SPI_getvalue(tuple, desc, 2);
		candidate->state = SPI_getvalue(tuple, desc, 3);
		candidate->next = SPI_getvalue(tuple, desc, 4);
		candidate->content = SPI_getvalue(tuple, desc, 5);
		list = lappend(list, candidate);
		MemoryContextSwitchTo(old);
	}
	SPI_finish();
	return list;
}

/* The first reason why a migration is not adopted. */
static char *
refusal(const SdrPass *pass)
{
	int			n = list_length(pass->changes) + list_length(pass->data);

	if (pass->error != NULL)
		return sdr_error_text(pass->error);
	if (pass->changes != NIL)
	{
		const SdrChange *change = linitial(pass->changes);

		return psprintf(ngettext("the script makes %d change: %s %s %s",
								 "the script makes %d changes, the first: %s %s %s", n), n,
						change->columns[SDR_CHANGE_DRIFT],
						change->columns[SDR_CHANGE_KIND],
						change->columns[SDR_CHANGE_IDENTITY]);
	}
	return psprintf(_("the script changes rows of %s"),
					quote_qualified_identifier(((SdrTouched *) linitial(pass->data))->schema,
											   ((SdrTouched *) linitial(pass->data))->name));
}

/* Errors of the parser are what is wrong with a file, not with the call. */
static const char *
adopt_candidate(const Candidate *candidate, bool effect, char **message)
{
	SdrGiven	migration = {.name = candidate->name};
	SdrTrial	trial;
	SdrScript	script;

	if (strcmp(candidate->state, "applied") == 0 ||
		strcmp(candidate->state, "claimed") == 0 ||
		strcmp(candidate->state, "edited_cosmetic") == 0)
		return ALREADY;
	if (strcmp(candidate->state, "pending") != 0 || candidate->content == NULL)
	{
		*message = psprintf(_("its state is %s: %s"), candidate->state,
							candidate->next == NULL ? "" : candidate->next);
		return SKIPPED;
	}
	sdr_script_read(candidate->content, &script);
	if (script.problem != NULL && effect)
	{
		*message = script.problem;
		return REFUSED;
	}
	sdr_given_script(&migration, candidate->content);
	if (adopt(&migration, effect, &trial))
		return ADOPTED;
	*message = refusal(&trial.first);
	return REFUSED;
}

/*
 * schemadrift_adopt_all(evidence text) - a row for each registered file of a
 * migration by hand, in order.
 */
Datum
schemadrift_adopt_all(PG_FUNCTION_ARGS)
{
	bool		effect;
	ReturnSetInfo *rsinfo;
	ListCell   *lc;
	MemoryContext work = AllocSetContextCreate(CurrentMemoryContext,
											   "schemadrift adoption",
											   ALLOCSET_DEFAULT_SIZES);

	sdr_ledger_writable("schemadrift_adopt_all()");
	effect = by_effect(fcinfo, 0);
	InitMaterializedSRF(fcinfo, 0);
	rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	sdr_lock_take(false);
	foreach(lc, candidates(CurrentMemoryContext))
	{
		const Candidate *candidate = lfirst(lc);
		char	   *message = NULL;
		MemoryContext old = MemoryContextSwitchTo(work);
		const char *outcome = adopt_candidate(candidate, effect, &message);
		const char *texts[] = {candidate->name, candidate->path, outcome, message};

		put_texts(rsinfo, texts, lengthof(texts));
		MemoryContextSwitchTo(old);
		MemoryContextReset(work);
		CHECK_FOR_INTERRUPTS();
	}
	return (Datum) 0;
}

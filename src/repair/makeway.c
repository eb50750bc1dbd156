/*-------------------------------------------------------------------------
 *
 * makeway.c
 *	  Names that a table which goes would keep until then.
 *
 * Indexes and sequences have their names in the schema.  A table that is to go
 * is dropped last, as it holds data, or stays for good where nothing is to be
 * lost: should what is made before need one of these names, it is given up.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "commands/defrem.h"
#include "repair/repair.h"
#include "utils/builtins.h"

/* The name that a part of a table takes in the schema; NULL if it takes none. */
static const char *
taken_by(const SdrObject *part)
{
	const char *sequence;

	switch (part->kind->id)
	{
		case SDR_KIND_INDEX:
			return part->name;
		case SDR_KIND_CONSTRAINT:
			return sdr_has_index(part) ? part->name : NULL;
		case SDR_KIND_COLUMN:
			if (!sdr_is_set(part, SDR_COLUMN_IDENTITY_GENERATION))
				return NULL;
			sequence = sdr_text(part, SDR_COLUMN_IDENTITY_SEQUENCE);
			return sequence != NULL ? sequence :
				makeObjectName(part->parent->name, part->name, "seq");
		default:
			return NULL;
	}
}

static bool
takes_name(const SdrObject *table, const char *name)
{
	for (int i = 0; i < table->nchildren; i++)
	{
		const char *taken = table->children[i]->absent ? NULL :
		taken_by(table->children[i]);

		if (taken != NULL && strcmp(taken, name) == 0)
			return true;
	}
	return false;
}

/* Is the name to be one of another table or materialized view? */
static bool
is_needed(const SdrPlan *plan, const char *schema, const char *name)
{
	const ListCell *lc;

	foreach(lc, plan->changes)
	{
		const SdrObject *want = ((const SdrChange *) lfirst(lc))->want;

		if (want != NULL &&
			(want->kind->id == SDR_KIND_TABLE ||
			 want->kind->id == SDR_KIND_MATVIEW) &&
			strcmp(want->parent->name, schema) == 0 && takes_name(want, name))
			return true;
	}
	return false;
}

static void
give_up(SdrPlan *plan, const SdrObject *part, const char *name)
{
	bool		is_sequence = part->kind->id == SDR_KIND_COLUMN;
	const char *schema = part->parent->parent->name;
	const char *identity = quote_qualified_identifier(schema, name);
	const char *literal = sdr_literal(identity);
	const char *table = sdr_literal(sdr_object_identity(part->parent));
	SdrStep    *step;

	step = sdr_step(plan, SDR_STAGE_RELEASE, part, "ALTER %s %s RENAME TO %s",
					is_sequence ? "SEQUENCE" : "INDEX", identity,
					quote_identifier(psprintf("%.50s_replaced", name)));
	sdr_step_cost(step, SDR_RISK_LOCKS, is_sequence ? SDR_EXCLUSIVE :
				  SDR_SHARE_UPDATE);
	step->note = "the name is needed before the table goes";
	/* a second time, the name is that of what has been made */
	step->due = is_sequence ?
		psprintf("EXISTS (SELECT FROM pg_catalog.pg_depend WHERE classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND objid = pg_catalog.to_regclass(%s) AND refobjid = pg_catalog.to_regclass(%s))",
				 literal, table) :
		psprintf("EXISTS (SELECT FROM pg_catalog.pg_index WHERE indexrelid = pg_catalog.to_regclass(%s) AND indrelid = pg_catalog.to_regclass(%s))",
				 literal, table);
}

/* Give up the names that a table which is to go has and others need. */
void
sdr_make_way(SdrPlan *plan, const SdrObject *table)
{
	if (table->kind->id != SDR_KIND_TABLE)
		return;
	for (int i = 0; i < table->nchildren; i++)
	{
		const char *name = taken_by(table->children[i]);

		if (name != NULL && is_needed(plan, table->parent->name, name))
			give_up(plan, table->children[i], name);
	}
}

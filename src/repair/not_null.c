/*-------------------------------------------------------------------------
 *
 * not_null.c
 *	  NOT NULL without keeping others waiting while the rows are looked at.
 *
 * SET NOT NULL reads the whole table under the strongest lock, unless a check
 * that is valid says that there are no nulls.  Such a check can be validated
 * under a weaker one.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "commands/defrem.h"
#include "repair/repair.h"
#include "utils/builtins.h"

static bool
has_part(const SdrObject *table, const char *name)
{
	for (int i = 0; table != NULL && i < table->nchildren; i++)
	{
		if (strcmp(table->children[i]->name, name) == 0 &&
			table->children[i]->kind->id == SDR_KIND_CONSTRAINT)
			return true;
	}
	return false;
}

/* A name that no constraint of the table has, on either side. */
static const char *
check_name(const SdrObject *want, const SdrObject *have)
{
	const char *name = makeObjectName(want->parent->name, want->name,
									  "not_null_check");

	for (int i = 1; has_part(want->parent, name) || has_part(have->parent, name); i++)
		name = makeObjectName(want->parent->name, want->name,
							  psprintf("not_null_check%d", i));
	return name;
}

static void
add_step(SdrPlan *plan, const SdrObject *column, const char *act,
		 SdrRisk risk, const char *lock, const char *due)
{
	SdrStep    *step = sdr_step(plan, SDR_STAGE_VALIDATE, column,
								"ALTER TABLE %s %s",
								sdr_object_identity(column->parent), act);

	sdr_step_cost(step, risk, lock);
	step->due = due;
}

/*
 * Can NOT NULL wait until the end?  Identities need it before, and so does
 * what is attached to a parent.
 */
bool
sdr_not_null_can_wait(const SdrPlan *plan, const SdrObject *want)
{
	const SdrObject *table = want->parent;

	return plan->options.validate_later &&
		table->kind->id == SDR_KIND_TABLE &&
		!sdr_is_set(table, SDR_TABLE_SERVER) &&
		!sdr_is_set(table, SDR_TABLE_PARTITION_OF) &&
		!sdr_is_set(table, SDR_TABLE_INHERITS) &&
		!sdr_is_set(want, SDR_COLUMN_IDENTITY_GENERATION);
}

/* SET NOT NULL, after a check that says so has been validated. */
void
sdr_set_not_null_later(SdrPlan *plan, const SdrObject *want,
					   const SdrObject *have)
{
	const char *column = quote_identifier(want->name);
	const char *check = quote_identifier(check_name(want, have));
	const char *literal = sdr_literal(sdr_object_identity(want->parent));
	const char *is_null = psprintf("EXISTS (SELECT FROM pg_catalog.pg_attribute WHERE attrelid = pg_catalog.to_regclass(%s) AND attname = %s AND NOT attnotnull)",
								   literal, sdr_literal(want->name));
	const char *has_check = psprintf("EXISTS (SELECT FROM pg_catalog.pg_constraint WHERE conrelid = pg_catalog.to_regclass(%s) AND conname = %s)",
									 literal,
									 sdr_literal(check_name(want, have)));

	add_step(plan, want, psprintf("ADD CONSTRAINT %s CHECK (%s IS NOT NULL) NOT VALID",
								  check, column), SDR_RISK_LOCKS,
			 SDR_EXCLUSIVE, psprintf("%s AND NOT %s", is_null, has_check));
	add_step(plan, want, psprintf("VALIDATE CONSTRAINT %s", check),
			 SDR_RISK_SAFE, SDR_SHARE_UPDATE, has_check);
	add_step(plan, want, psprintf("ALTER COLUMN %s SET NOT NULL", column),
			 SDR_RISK_LOCKS, SDR_EXCLUSIVE, is_null);
	add_step(plan, want, psprintf("DROP CONSTRAINT %s", check),
			 SDR_RISK_LOCKS, SDR_EXCLUSIVE, has_check);
}

/*-------------------------------------------------------------------------
 *
 * not_null.c
 *	  NOT NULL of columns and domains.
 *
 * SET NOT NULL reads the whole table under the strongest lock, unless a check
 * that is valid says that there are no nulls.  Such a check can be validated
 * under a weaker one, which keeps nobody waiting.
 *
 * From PostgreSQL 18 on NOT NULL is a constraint, of domains from 17 on.  What
 * this has besides, as a name, is mended for itself: it is no reason to make the
 * column or domain again.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "commands/defrem.h"
#include "repair/repair.h"
#include "utils/builtins.h"

/* Is NOT NULL a constraint, with a name and so on, to this server? */
static bool
is_constraint(void)
{
	return sdr_attr(SDR_COLUMN_NOT_NULL_NAME)->since <= SDR_SERVER_VERSION;
}

/* The name of a column's NOT NULL; where nothing is said, the server's own. */
static const char *
bare_name(const SdrObject *column)
{
	const char *name = sdr_text(column, SDR_COLUMN_NOT_NULL_NAME);

	return name != NULL ? name : makeObjectName(column->parent->name,
												column->name, "not_null");
}

static const char *
name_of(const SdrObject *column)
{
	return quote_identifier(bare_name(column));
}

/* CONSTRAINT with the name, where that is not the server's own, or "" */
static const char *
name_clause(const SdrObject *column)
{
	const SdrValue *name = sdr_value(column, SDR_COLUMN_NOT_NULL_NAME);

	if (!is_constraint() || name->tag != SDR_VALUE_TEXT || name->implied)
		return "";
	return psprintf("CONSTRAINT %s ", quote_identifier(name->u.text));
}

static const char *
no_inherit_clause(const SdrObject *column)
{
	return is_constraint() && sdr_true(column, SDR_COLUMN_NOT_NULL_NO_INHERIT) ?
		" NO INHERIT" : "";
}

/* Does it not say more than that the rows to come are not null? */
static bool
is_not_valid(const SdrObject *column)
{
	return is_constraint() &&
		!sdr_true(column, SDR_COLUMN_NOT_NULL_VALIDATED);
}

/* What ALTER TABLE takes to make it as a constraint. */
static const char *
add_clause(const SdrObject *column)
{
	return psprintf("ADD %sNOT NULL %s%s%s", name_clause(column),
					quote_identifier(column->name), no_inherit_clause(column),
					is_not_valid(column) ? " NOT VALID" : "");
}

/* What ALTER TABLE takes to make it, the short form where that will do. */
static const char *
set_clause(const SdrObject *column)
{
	if (*name_clause(column) != '\0' || *no_inherit_clause(column) != '\0' ||
		is_not_valid(column))
		return add_clause(column);
	return psprintf("ALTER COLUMN %s SET NOT NULL",
					quote_identifier(column->name));
}

/* NOT NULL as it stands in the definition of a column, or "" */
const char *
sdr_not_null_text(const SdrObject *column)
{
	/* what is not valid is added to the table that is there */
	if (!sdr_true(column, SDR_COLUMN_NOT_NULL) || is_not_valid(column))
		return "";
	return psprintf(" %sNOT NULL%s", name_clause(column),
					no_inherit_clause(column));
}

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
add_step(SdrPlan *plan, SdrStage stage, const SdrObject *column,
		 const char *act, SdrRisk risk, const char *lock, const char *due)
{
	SdrStep    *step = sdr_step(plan, stage, column,
								"ALTER TABLE %s %s",
								sdr_object_identity(column->parent), act);

	sdr_step_cost(step, risk, lock);
	step->due = due;
}

/* Conditions for a step. */

static const char *
is_null(const SdrObject *column)
{
	return psprintf("EXISTS (SELECT FROM pg_catalog.pg_attribute WHERE attrelid = pg_catalog.to_regclass(%s) AND attname = %s AND NOT attnotnull)",
					sdr_literal(sdr_object_identity(column->parent)),
					sdr_literal(column->name));
}

static const char *
has_constraint(const SdrObject *column, const char *name)
{
	return psprintf("EXISTS (SELECT FROM pg_catalog.pg_constraint WHERE conrelid = pg_catalog.to_regclass(%s) AND conname = %s)",
					sdr_literal(sdr_object_identity(column->parent)),
					sdr_literal(name));
}

/*
 * Can NOT NULL wait until the end?  Identities need it before, and so does
 * what is attached to a parent.
 */
static bool
can_wait(const SdrPlan *plan, const SdrObject *want)
{
	const SdrObject *table = want->parent;

	return plan->options.validate_later && !is_not_valid(want) &&
		table->kind->id == SDR_KIND_TABLE &&
		!sdr_is_set(table, SDR_TABLE_SERVER) &&
		!sdr_is_set(table, SDR_TABLE_PARTITION_OF) &&
		!sdr_is_set(table, SDR_TABLE_INHERITS) &&
		!sdr_is_set(want, SDR_COLUMN_IDENTITY_GENERATION);
}

/* The same, after a check that says so has been validated. */
static void
set_later(SdrPlan *plan, const SdrObject *want, const SdrObject *have)
{
	const char *name = check_name(want, have);
	const char *check = quote_identifier(name);
	const char *has_check = has_constraint(want, name);

	add_step(plan, SDR_STAGE_VALIDATE, want,
			 psprintf("ADD CONSTRAINT %s CHECK (%s IS NOT NULL) NOT VALID",
					  check, quote_identifier(want->name)), SDR_RISK_LOCKS,
			 SDR_EXCLUSIVE, psprintf("%s AND NOT %s", is_null(want), has_check));
	add_step(plan, SDR_STAGE_VALIDATE, want,
			 psprintf("VALIDATE CONSTRAINT %s", check), SDR_RISK_SAFE,
			 SDR_SHARE_UPDATE, has_check);
	add_step(plan, SDR_STAGE_VALIDATE, want, set_clause(want), SDR_RISK_LOCKS,
			 SDR_EXCLUSIVE, is_null(want));
	add_step(plan, SDR_STAGE_VALIDATE, want,
			 psprintf("DROP CONSTRAINT %s", check), SDR_RISK_LOCKS,
			 SDR_EXCLUSIVE, has_check);
}

/* Whether a column is NOT NULL. */
void
sdr_mend_not_null(SdrPlan *plan, const SdrMend *mend)
{
	const char *set = set_clause(mend->want);

	if (!mend->value.u.boolean)
		sdr_column_step(plan, SDR_STAGE_COLUMN, mend->want, SDR_RISK_LOCKS,
						"DROP NOT NULL");
	else if (can_wait(plan, mend->want))
		set_later(plan, mend->want, mend->have);
	else if (strncmp(set, "ADD ", 4) == 0)
		add_step(plan, SDR_STAGE_COLUMN, mend->want, set, SDR_RISK_LOCKS,
				 SDR_EXCLUSIVE, is_null(mend->want));
	else
		sdr_column_step(plan, SDR_STAGE_COLUMN, mend->want, SDR_RISK_LOCKS,
						"SET NOT NULL");
}

/* Has the constraint come from a parent? */
static bool
is_inherited(const SdrObject *column)
{
	const SdrValue *local = sdr_value(column, SDR_COLUMN_NOT_NULL_LOCAL);

	/* a document that says nothing may mean either */
	if (local->tag == SDR_VALUE_UNSET)
		return sdr_true(column, SDR_COLUMN_INHERITED) &&
			!sdr_is_set(column, SDR_COLUMN_NOT_NULL_NAME);
	/* true is a matter of course only where there is no parent's */
	return !(sdr_true(column, SDR_COLUMN_NOT_NULL_LOCAL) && local->implied);
}

static void
mend_name(SdrPlan *plan, const SdrObject *want, const SdrObject *have)
{
	if (is_inherited(have))
	{
		/* one that is not to be the table's own gets that of the parent */
		if (!sdr_true(have, SDR_COLUMN_NOT_NULL_LOCAL) ||
			sdr_true(want, SDR_COLUMN_NOT_NULL_LOCAL))
			sdr_unmended(plan, want,
						 "NOT NULL that is inherited is renamed with that of the parent");
		return;
	}
	add_step(plan, SDR_STAGE_KEY, want,
			 psprintf("RENAME CONSTRAINT %s TO %s", name_of(have),
					  name_of(want)), SDR_RISK_LOCKS, SDR_EXCLUSIVE,
			 has_constraint(want, bare_name(have)));
}

static void
set_comment(SdrPlan *plan, SdrStage stage, const SdrObject *column)
{
	const char *comment = sdr_text(column, SDR_COLUMN_NOT_NULL_COMMENT);

	sdr_step(plan, stage, column,
			 "COMMENT ON CONSTRAINT %s ON %s IS %s", name_of(column),
			 sdr_object_identity(column->parent),
			 comment == NULL ? "NULL" : sdr_literal(comment));
}

static void
mend_validated(SdrPlan *plan, const SdrObject *want)
{
	if (!is_not_valid(want))
	{
		add_step(plan, SDR_STAGE_VALIDATE, want,
				 psprintf("VALIDATE CONSTRAINT %s", name_of(want)),
				 SDR_RISK_SAFE, SDR_SHARE_UPDATE, NULL);
		return;
	}
	/* what is known is known: it is made again */
	add_step(plan, SDR_STAGE_PROPERTY, want,
			 psprintf("ALTER COLUMN %s DROP NOT NULL, %s",
					  quote_identifier(want->name), add_clause(want)),
			 SDR_RISK_LOCKS, SDR_EXCLUSIVE, NULL);
	if (sdr_is_set(want, SDR_COLUMN_NOT_NULL_COMMENT))
		set_comment(plan, SDR_STAGE_COMMENT, want);
}

/* Does something else say that the column is NOT NULL? */
static bool
is_needed(const SdrObject *column)
{
	const SdrObject *table = column->parent;

	for (int i = 0; i < table->nchildren; i++)
	{
		const SdrObject *part = table->children[i];

		if (part->kind->id == SDR_KIND_CONSTRAINT &&
			sdr_is_set(part, SDR_CONSTRAINT_TYPE) &&
			strcmp(sdr_text(part, SDR_CONSTRAINT_TYPE), "primary key") == 0 &&
			sdr_list_has(sdr_items(part, SDR_CONSTRAINT_COLUMNS),
						 column->name))
			return true;
	}
	return sdr_is_set(column, SDR_COLUMN_IDENTITY_GENERATION);
}

/*
 * The columns that it comes from, of a table as it will be; NIL if it cannot
 * be taken from one of them for a while.
 */
static List *
columns_above(SdrPlan *plan, const SdrObject *column, const SdrObject *table)
{
	List	   *found = NIL;
	ListCell   *lc;

	foreach(lc, sdr_parts_above(plan, column, table))
	{
		const SdrObject *above = lfirst(lc);

		if (!sdr_true(above, SDR_COLUMN_NOT_NULL))
			continue;
		if (is_inherited(above) || is_needed(above))
			return NIL;
		found = lappend(found, lfirst(lc));
	}
	return found;
}

/*
 * It is to be inherited and the table's own no more: it goes from the parents,
 * then from the table, and comes back with that of the parents.
 */
static bool
disown(SdrPlan *plan, const SdrObject *want, const SdrObject *table)
{
	List	   *above = table == NULL || is_needed(want) ? NIL :
	columns_above(plan, want, table);
	const char *drop = psprintf("ALTER COLUMN %s DROP NOT NULL",
								quote_identifier(want->name));
	ListCell   *lc;

	if (above == NIL)
		return false;
	foreach(lc, above)
		add_step(plan, SDR_STAGE_RELEASE, lfirst(lc), drop, SDR_RISK_LOCKS,
				 SDR_EXCLUSIVE, NULL);
	add_step(plan, SDR_STAGE_RELEASE, want, drop, SDR_RISK_LOCKS,
			 SDR_EXCLUSIVE, NULL);
	foreach(lc, above)
	{
		const SdrObject *column = lfirst(lc);

		add_step(plan, SDR_STAGE_KEY, column, add_clause(column),
				 SDR_RISK_LOCKS, SDR_EXCLUSIVE, is_null(column));
		if (sdr_is_set(column, SDR_COLUMN_NOT_NULL_COMMENT))
			set_comment(plan, SDR_STAGE_COMMENT, column);
	}
	return true;
}

static void
mend_local(SdrPlan *plan, const SdrObject *want, const SdrObject *have)
{
	if (sdr_table_moves(plan, want))
		return;
	if (sdr_true(want, SDR_COLUMN_NOT_NULL_LOCAL))
		sdr_column_step(plan, SDR_STAGE_COLUMN, want, SDR_RISK_LOCKS,
						"SET NOT NULL");
	else if (!disown(plan, want, sdr_final_state(plan, have->parent)))
		sdr_unmended(plan, want,
					 "NOT NULL that is inherited and the table's own cannot be made inherited alone");
}

/* What the constraint is like, where the column has it and is to keep it. */
void
sdr_mend_not_null_property(SdrPlan *plan, const SdrMend *mend)
{
	const SdrObject *want = sdr_merged(mend->want, mend->have);
	bool		stays = sdr_true(mend->have, SDR_COLUMN_NOT_NULL);

	if (!sdr_true(want, SDR_COLUMN_NOT_NULL) || !is_constraint())
		return;
	if (mend->id == SDR_COLUMN_NOT_NULL_COMMENT)
		set_comment(plan, !stays && can_wait(plan, mend->want) ?
					SDR_STAGE_VALIDATE : SDR_STAGE_COMMENT, want);
	else if (!stays)
		return;
	else if (mend->id == SDR_COLUMN_NOT_NULL_NAME)
		mend_name(plan, want, mend->have);
	else if (mend->id == SDR_COLUMN_NOT_NULL_VALIDATED)
		mend_validated(plan, want);
	else if (mend->id == SDR_COLUMN_NOT_NULL_LOCAL)
		mend_local(plan, want, mend->have);
	else
		add_step(plan, SDR_STAGE_PROPERTY, want,
				 psprintf("ALTER CONSTRAINT %s %s", name_of(want),
						  mend->value.u.boolean ? "NO INHERIT" : "INHERIT"),
				 SDR_RISK_LOCKS, SDR_EXCLUSIVE, NULL);
}

/* What the definition of a new column has not said. */
void
sdr_make_not_null(SdrPlan *plan, const SdrObject *column)
{
	if (!sdr_true(column, SDR_COLUMN_NOT_NULL) || !is_constraint())
		return;
	if (is_not_valid(column) && !sdr_goes_with_parent(plan, column))
		add_step(plan, SDR_STAGE_KEY, column, add_clause(column),
				 SDR_RISK_LOCKS, SDR_EXCLUSIVE, is_null(column));
	if (sdr_is_set(column, SDR_COLUMN_NOT_NULL_COMMENT))
		set_comment(plan, SDR_STAGE_COMMENT, column);
}

/* The same of domains, of which it is a constraint to PostgreSQL 17. */

static bool
is_domain_constraint(void)
{
	return sdr_attr(SDR_DOMAIN_NOT_NULL_NAME)->since <= SDR_SERVER_VERSION;
}

static const char *
domain_bare_name(const SdrObject *domain)
{
	const char *name = sdr_text(domain, SDR_DOMAIN_NOT_NULL_NAME);

	return name != NULL ? name : makeObjectName(domain->name, NULL, "not_null");
}

/* NOT NULL as it stands in the definition of a domain, or "" */
const char *
sdr_domain_not_null_text(const SdrObject *domain)
{
	const SdrValue *name = sdr_value(domain, SDR_DOMAIN_NOT_NULL_NAME);

	if (!sdr_true(domain, SDR_DOMAIN_NOT_NULL))
		return "";
	if (!is_domain_constraint() || name->tag != SDR_VALUE_TEXT ||
		name->implied)
		return " NOT NULL";
	return psprintf(" CONSTRAINT %s NOT NULL", quote_identifier(name->u.text));
}

static const char *
domain_is_null(const SdrObject *domain)
{
	return psprintf("EXISTS (SELECT FROM pg_catalog.pg_type WHERE oid = pg_catalog.to_regtype(%s) AND NOT typnotnull)",
					sdr_literal(sdr_object_identity(domain)));
}

static const char *
domain_has_constraint(const SdrObject *domain, const char *name)
{
	return psprintf("EXISTS (SELECT FROM pg_catalog.pg_constraint WHERE contypid = pg_catalog.to_regtype(%s) AND conname = %s)",
					sdr_literal(sdr_object_identity(domain)),
					sdr_literal(name));
}

static void
set_domain_comment(SdrPlan *plan, const SdrObject *domain)
{
	const char *comment = sdr_text(domain, SDR_DOMAIN_NOT_NULL_COMMENT);

	sdr_step(plan, SDR_STAGE_COMMENT, domain,
			 "COMMENT ON CONSTRAINT %s ON DOMAIN %s IS %s",
			 quote_identifier(domain_bare_name(domain)),
			 sdr_object_identity(domain),
			 comment == NULL ? "NULL" : sdr_literal(comment));
}

/* What the definition of a new domain has not said. */
void
sdr_make_domain_not_null(SdrPlan *plan, const SdrObject *domain)
{
	if (sdr_true(domain, SDR_DOMAIN_NOT_NULL) && is_domain_constraint() &&
		sdr_is_set(domain, SDR_DOMAIN_NOT_NULL_COMMENT))
		set_domain_comment(plan, domain);
}

/* Whether a domain is NOT NULL. */
void
sdr_mend_domain_not_null(SdrPlan *plan, const SdrMend *mend)
{
	const SdrObject *want = sdr_merged(mend->want, mend->have);
	const char *text = sdr_domain_not_null_text(want);
	bool		has_name = strncmp(text, " CONSTRAINT ", 12) == 0;
	SdrStep    *step = sdr_step(plan, SDR_STAGE_PROPERTY, mend->want,
								"ALTER DOMAIN %s %s%s",
								sdr_object_identity(want),
								!mend->value.u.boolean ? "DROP NOT NULL" :
								has_name ? "ADD" : "SET NOT NULL",
								has_name ? text : "");

	sdr_step_cost(step, SDR_RISK_LOCKS, SDR_SHARE);
	if (has_name)
		step->due = domain_is_null(want);
}

/* What the constraint is like, where the domain has it and is to keep it. */
void
sdr_mend_domain_not_null_property(SdrPlan *plan, const SdrMend *mend)
{
	const SdrObject *want = sdr_merged(mend->want, mend->have);
	SdrStep    *step;

	if (!sdr_true(want, SDR_DOMAIN_NOT_NULL))
		return;
	if (mend->id == SDR_DOMAIN_NOT_NULL_COMMENT)
		set_domain_comment(plan, want);
	else if (sdr_true(mend->have, SDR_DOMAIN_NOT_NULL))
	{
		step = sdr_step(plan, SDR_STAGE_PROPERTY, mend->want,
						"ALTER DOMAIN %s RENAME CONSTRAINT %s TO %s",
						sdr_object_identity(want),
						quote_identifier(domain_bare_name(mend->have)),
						quote_identifier(domain_bare_name(want)));
		sdr_step_cost(step, SDR_RISK_LOCKS, SDR_NO_LOCK);
		step->due = domain_has_constraint(want, domain_bare_name(mend->have));
	}
}

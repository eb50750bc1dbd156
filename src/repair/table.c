/*-------------------------------------------------------------------------
 *
 * table.c
 *	  Tables: ordinary, partitioned, foreign.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "repair/repair.h"
#include "utils/builtins.h"

static int
compare_positions(const ListCell *a, const ListCell *b)
{
	const SdrValue *x = sdr_value(lfirst(a), SDR_COLUMN_POSITION);
	const SdrValue *y = sdr_value(lfirst(b), SDR_COLUMN_POSITION);
	int64		i = x->tag == SDR_VALUE_INT ? x->u.integer : PG_INT64_MAX;
	int64		j = y->tag == SDR_VALUE_INT ? y->u.integer : PG_INT64_MAX;

	return i < j ? -1 : i > j ? 1 : 0;
}

/* The columns in their order; those of an inheritance parent come from it. */
static List *
columns_of(const SdrObject *table)
{
	bool		inherits = table->kind->id == SDR_KIND_TABLE &&
	sdr_is_set(table, SDR_TABLE_INHERITS);
	List	   *columns = NIL;

	for (int i = 0; i < table->nchildren; i++)
	{
		SdrObject  *child = table->children[i];

		if (child->kind->id == SDR_KIND_COLUMN && !child->absent &&
			!(inherits && sdr_true(child, SDR_COLUMN_INHERITED)))
			columns = lappend(columns, child);
	}
	list_sort(columns, compare_positions);
	return columns;
}

/* The columns between the parentheses of CREATE TABLE or CREATE TYPE. */
const char *
sdr_column_list(const SdrObject *table)
{
	StringInfoData buf;
	ListCell   *lc;

	initStringInfo(&buf);
	foreach(lc, columns_of(table))
		appendStringInfo(&buf, "%s\n\t%s", buf.len > 0 ? "," : "",
						 sdr_column_text(lfirst(lc)));
	return buf.len == 0 ? "" : psprintf("%s\n", buf.data);
}

static void
append_storage(StringInfo buf, const SdrObject *table)
{
	const char *method = sdr_text(table, SDR_TABLE_ACCESS_METHOD);
	const char *tablespace = sdr_text(table, SDR_TABLE_TABLESPACE);

	if (method != NULL && !sdr_value(table, SDR_TABLE_ACCESS_METHOD)->implied)
		appendStringInfo(buf, " USING %s", quote_identifier(method));
	if (sdr_is_set(table, SDR_TABLE_OPTIONS))
		appendStringInfo(buf, " WITH (%s)",
						 sdr_storage_options(sdr_items(table,
													   SDR_TABLE_OPTIONS)));
	if (tablespace != NULL)
		appendStringInfo(buf, " TABLESPACE %s", quote_identifier(tablespace));
}

static void
append_server(StringInfo buf, const SdrObject *table)
{
	appendStringInfo(buf, " SERVER %s",
					 quote_identifier(sdr_text(table, SDR_TABLE_SERVER)));
	if (sdr_is_set(table, SDR_TABLE_FOREIGN_OPTIONS))
		appendStringInfo(buf, " OPTIONS (%s)",
						 sdr_fdw_options(sdr_items(table,
												   SDR_TABLE_FOREIGN_OPTIONS)));
}

static void
attach(SdrPlan *plan, const SdrObject *table)
{
	const char *parent = sdr_text(table, SDR_TABLE_PARTITION_OF);

	SdrStep    *step;

	if (parent == NULL)
		return;
	step = sdr_step(plan, SDR_STAGE_ATTACH, table,
					"ALTER TABLE %s ATTACH PARTITION %s %s", parent,
					sdr_object_identity(table),
					sdr_text(table, SDR_TABLE_PARTITION_BOUND));
	sdr_step_cost(step, SDR_RISK_LOCKS, SDR_EXCLUSIVE);
	/* both must have the same columns by then, and it was detached before */
	step->releases = "";
	step->frees = sdr_attached_key(table);
	step->awaits = sdr_columns_key(parent);
}

static void
row_security(SdrPlan *plan, const SdrObject *table, const char *act)
{
	sdr_step_cost(sdr_step(plan, SDR_STAGE_PROPERTY, table,
						   "ALTER TABLE %s %s ROW LEVEL SECURITY",
						   sdr_object_identity(table), act),
				  SDR_RISK_LOCKS, SDR_EXCLUSIVE);
}

static void mend_cluster_on(SdrPlan *plan, const SdrMend *mend);

/* What CREATE TABLE cannot say. */
static void
make_properties(SdrPlan *plan, const SdrObject *table)
{
	const SdrMend identity = {
		table, NULL, sdr_attr(SDR_TABLE_REPLICA_IDENTITY),
		SDR_TABLE_REPLICA_IDENTITY, NULL,
		sdr_wanted_value(table, SDR_TABLE_REPLICA_IDENTITY)
	};
	const SdrMend cluster = {
		table, NULL, sdr_attr(SDR_TABLE_CLUSTER_ON), SDR_TABLE_CLUSTER_ON, NULL,
		sdr_wanted_value(table, SDR_TABLE_CLUSTER_ON)
	};

	if (sdr_true(table, SDR_TABLE_ROW_SECURITY))
		row_security(plan, table, "ENABLE");
	if (sdr_true(table, SDR_TABLE_FORCE_ROW_SECURITY))
		row_security(plan, table, "FORCE");
	if (strcmp(identity.value.u.text, "default") != 0)
		sdr_mend_replica_identity(plan, &identity);
	if (cluster.value.tag == SDR_VALUE_TEXT)
		mend_cluster_on(plan, &cluster);
}

/* The column of a parent that is to be made or altered as well. */
static const SdrObject *
column_of_parent(const SdrPlan *plan, const SdrObject *column)
{
	const ListCell *lc;
	const ListCell *cell;

	foreach(lc, sdr_items(column->parent, SDR_TABLE_INHERITS))
	{
		foreach(cell, plan->changes)
		{
			const SdrObject *want = ((const SdrChange *) lfirst(cell))->want;

			if (want == NULL || want->kind->id != SDR_KIND_TABLE ||
				strcmp(sdr_object_identity(want), lfirst(lc)) != 0)
				continue;
			for (int i = 0; i < want->nchildren; i++)
			{
				if (want->children[i]->kind == column->kind &&
					strcmp(want->children[i]->name, column->name) == 0)
					return want->children[i];
			}
		}
	}
	return NULL;
}

/* What an inherited column has that it does not have from its parent. */
static void
make_inherited(SdrPlan *plan, const SdrObject *column)
{
	const SdrObject *parent = column_of_parent(plan, column);
	const char *alter = psprintf("ALTER TABLE %s ALTER COLUMN %s",
								 sdr_object_identity(column->parent),
								 quote_identifier(column->name));
	const char *dflt = sdr_text(column, SDR_COLUMN_DEFAULT);
	const char *inherited = parent == NULL ? NULL :
	sdr_text(parent, SDR_COLUMN_DEFAULT);

	if (dflt != NULL && (inherited == NULL || strcmp(inherited, dflt) != 0))
		sdr_step_cost(sdr_step(plan, SDR_STAGE_DEFAULT, column,
							   "%s SET DEFAULT %s", alter, dflt),
					  SDR_RISK_LOCKS, SDR_EXCLUSIVE);
	else if (dflt == NULL && inherited != NULL)
		sdr_step_cost(sdr_step(plan, SDR_STAGE_DEFAULT, column,
							   "%s DROP DEFAULT", alter),
					  SDR_RISK_LOCKS, SDR_EXCLUSIVE);
	if (sdr_true(column, SDR_COLUMN_NOT_NULL) &&
		(parent == NULL || !sdr_true(parent, SDR_COLUMN_NOT_NULL)))
		sdr_step_cost(sdr_step(plan, SDR_STAGE_COLUMN, column,
							   "%s SET NOT NULL", alter),
					  SDR_RISK_LOCKS, SDR_EXCLUSIVE);
}

static void
create_table(SdrPlan *plan, const SdrObject *table)
{
	bool		is_foreign = sdr_is_set(table, SDR_TABLE_SERVER);
	const char *partition_by = sdr_text(table, SDR_TABLE_PARTITION_BY);
	const char *of_type = sdr_text(table, SDR_TABLE_OF_TYPE);
	StringInfoData buf;
	SdrStep    *step;

	initStringInfo(&buf);
	appendStringInfo(&buf, "CREATE %s%s %s",
					 sdr_true(table, SDR_TABLE_UNLOGGED) ? "UNLOGGED " : "",
					 sdr_sql_type(table), sdr_object_identity(table));
	if (of_type != NULL)
		appendStringInfo(&buf, " OF %s", of_type);
	else
		appendStringInfo(&buf, " (%s)", sdr_column_list(table));
	if (sdr_is_set(table, SDR_TABLE_INHERITS))
		appendStringInfo(&buf, " INHERITS (%s)",
						 sdr_join(sdr_items(table, SDR_TABLE_INHERITS), ", "));
	if (partition_by != NULL)
		appendStringInfo(&buf, " PARTITION BY %s", partition_by);
	if (is_foreign)
		append_server(&buf, table);
	else
		append_storage(&buf, table);
	step = sdr_step(plan, SDR_STAGE_TABLE, table, "%s", buf.data);
	step->makes = sdr_object_identity(table);
	attach(plan, table);
	for (int i = 0; i < table->nchildren; i++)
	{
		const SdrObject *column = table->children[i];

		if (column->kind->id == SDR_KIND_COLUMN && !column->absent &&
			sdr_is_set(table, SDR_TABLE_INHERITS) &&
			sdr_true(column, SDR_COLUMN_INHERITED))
			make_inherited(plan, column);
	}
	make_properties(plan, table);
	sdr_make_aliases(plan, table);
}

static void
attach_again(SdrPlan *plan, const SdrObject *have, const SdrObject *want)
{
	const char *parent = sdr_text(have, SDR_TABLE_PARTITION_OF);
	char	   *key = psprintf("attached %s", sdr_object_identity(want));

	/* once: for its own sake or the parent's */
	if (sdr_is_noted(plan, key))
		return;
	plan->released = lappend(plan->released, key);
	if (parent != NULL)
		sdr_step_cost(sdr_step(plan, SDR_STAGE_RELEASE, want,
							   "ALTER TABLE %s DETACH PARTITION %s", parent,
							   sdr_object_identity(want)),
					  SDR_RISK_LOCKS, SDR_EXCLUSIVE);
	attach(plan, want);
}

static void
mend_partition_of(SdrPlan *plan, const SdrMend *mend)
{
	attach_again(plan, mend->have, sdr_merged(mend->want, mend->have));
}

/* Take a partition away from a parent that is made again, for that time. */
void
sdr_reattach(SdrPlan *plan, const SdrObject *live)
{
	const SdrObject *want;
	const SdrObject *have;

	if (!sdr_both_sides(plan, live, &want, &have))
		attach_again(plan, live, live);
	else if (want != NULL && have != NULL)
		attach_again(plan, have, want);
}

/*
 * The parents that stay: those that the wanted order begins with, as far as
 * they stand in that order now.
 */
static List *
parents_that_stay(const List *old, const List *new)
{
	List	   *stay = NIL;
	const ListCell *lc;

	foreach(lc, old)
	{
		if (list_length(stay) < list_length(new) &&
			strcmp(lfirst(lc), list_nth(new, list_length(stay))) == 0)
			stay = lappend(stay, lfirst(lc));
	}
	return stay;
}

static void
inherit_step(SdrPlan *plan, SdrStage stage, const SdrObject *table,
			 const char *act, const char *parent)
{
	sdr_step_cost(sdr_step(plan, stage, table, "ALTER TABLE %s %s %s",
						   sdr_object_identity(table), act, parent),
				  SDR_RISK_LOCKS, SDR_EXCLUSIVE);
}

/*
 * Does each column that a table only inherits stay one, and as it is?  Then
 * the old parents go when the new ones have it, or it would become the table's
 * own in between.
 */
static bool
stays_inherited(SdrPlan *plan, const SdrObject *have)
{
	const SdrObject *final = sdr_final_state(plan, have);
	bool		found = false;

	for (int i = 0; final != NULL && i < have->nchildren; i++)
	{
		const SdrObject *column = have->children[i];
		const SdrObject *then;

		if (column->kind->id != SDR_KIND_COLUMN || !sdr_is_inherited(column))
			continue;
		then = sdr_counterpart(column, final);
		if (then == NULL || then->absent || !sdr_is_inherited(then) ||
			strcmp(sdr_text(then, SDR_COLUMN_TYPE),
				   sdr_text(column, SDR_COLUMN_TYPE)) != 0)
			return false;
		found = true;
	}
	return found;
}

/* Parents that are lost, and parents that come new, at the end. */
static void
mend_inherits(SdrPlan *plan, const SdrMend *mend)
{
	List	   *old = sdr_items(mend->have, SDR_TABLE_INHERITS);
	List	   *new = mend->value.u.list;
	List	   *stay = parents_that_stay(old, new);
	bool		late = stays_inherited(plan, mend->have);
	ListCell   *lc;

	/* a parent that gets another place must go first in any case */
	foreach(lc, old)
	{
		if (!sdr_list_has(stay, lfirst(lc)) &&
			(!late || sdr_list_has(new, lfirst(lc))))
			inherit_step(plan, SDR_STAGE_RELEASE, mend->want, "NO INHERIT",
						 lfirst(lc));
	}
	foreach(lc, new)
	{
		if (!sdr_list_has(stay, lfirst(lc)))
			inherit_step(plan, SDR_STAGE_ATTACH, mend->want, "INHERIT",
						 lfirst(lc));
	}
	foreach(lc, old)
	{
		if (late && !sdr_list_has(new, lfirst(lc)))
			inherit_step(plan, SDR_STAGE_ATTACH, mend->want, "NO INHERIT",
						 lfirst(lc));
	}
}

/*
 * What decides about old rows in logical decoding, of tables and materialized
 * views.  "index i" names an index, other values are key words.
 */
void
sdr_mend_replica_identity(SdrPlan *plan, const SdrMend *mend)
{
	const char *value = mend->value.u.text;
	const char *text = strncmp(value, "index ", 6) == 0 ?
	psprintf("USING INDEX %s", quote_identifier(value + 6)) : sdr_upper(value);

	sdr_step_cost(sdr_step(plan, SDR_STAGE_PROPERTY, mend->want,
						   "ALTER TABLE %s REPLICA IDENTITY %s",
						   sdr_object_identity(mend->want), text),
				  SDR_RISK_LOCKS, SDR_EXCLUSIVE);
}

static void
mend_cluster_on(SdrPlan *plan, const SdrMend *mend)
{
	const char *act = mend->value.tag != SDR_VALUE_TEXT ?
	"SET WITHOUT CLUSTER" :
	psprintf("CLUSTER ON %s", quote_identifier(mend->value.u.text));

	sdr_step_cost(sdr_step(plan, SDR_STAGE_PROPERTY, mend->want,
						   "ALTER %s %s %s", sdr_sql_type(mend->want),
						   sdr_object_identity(mend->want), act),
				  SDR_RISK_LOCKS, SDR_SHARE_UPDATE);
}

#define SDR_ALTER_TABLE		"ALTER TABLE {identity} "

static const SdrRule rules[] = {
	{SDR_TABLE_PARTITION_OF,.mend = mend_partition_of},
	{SDR_TABLE_PARTITION_BOUND,.mend = mend_partition_of},
	{SDR_TABLE_INHERITS,.mend = mend_inherits},
	{SDR_TABLE_UNLOGGED, SDR_ALTER_TABLE "SET UNLOGGED",
	SDR_ALTER_TABLE "SET LOGGED", SDR_EXCLUSIVE, SDR_RISK_REWRITES, NULL},
	{SDR_TABLE_FOREIGN_OPTIONS, "ALTER FOREIGN TABLE {identity}", NULL,
	SDR_EXCLUSIVE, SDR_RISK_LOCKS, sdr_mend_fdw_options},
	{SDR_TABLE_OPTIONS, "ALTER TABLE {identity}", NULL, SDR_SHARE_UPDATE,
	SDR_RISK_SAFE, sdr_mend_options},
	{SDR_TABLE_ROW_SECURITY, SDR_ALTER_TABLE "ENABLE ROW LEVEL SECURITY",
		SDR_ALTER_TABLE "DISABLE ROW LEVEL SECURITY", SDR_EXCLUSIVE,
	SDR_RISK_LOCKS, NULL},
	{SDR_TABLE_FORCE_ROW_SECURITY, SDR_ALTER_TABLE "FORCE ROW LEVEL SECURITY",
		SDR_ALTER_TABLE "NO FORCE ROW LEVEL SECURITY", SDR_EXCLUSIVE,
	SDR_RISK_LOCKS, NULL},
	{SDR_TABLE_ACCESS_METHOD, SDR_ALTER_TABLE "SET ACCESS METHOD {quoted}",
		SDR_ALTER_TABLE "SET ACCESS METHOD heap", SDR_EXCLUSIVE,
	SDR_RISK_REWRITES, NULL},
	{SDR_TABLE_TABLESPACE, SDR_ALTER_TABLE "SET TABLESPACE {quoted}",
		SDR_ALTER_TABLE "SET TABLESPACE pg_default", SDR_EXCLUSIVE,
	SDR_RISK_REWRITES, NULL},
	{SDR_TABLE_CONSTRAINT_TRIGGERS,.mend = sdr_mend_constraint_triggers},
	{SDR_TABLE_ROW_TYPE_PRIVILEGES,.mend = sdr_mend_alias},
	{SDR_TABLE_ROW_TYPE_COMMENT,.mend = sdr_mend_alias},
	{SDR_TABLE_ROW_TYPE_SECURITY_LABELS,.mend = sdr_mend_alias},
	{SDR_TABLE_REPLICA_IDENTITY,.mend = sdr_mend_replica_identity},
	{SDR_TABLE_CLUSTER_ON,.mend = mend_cluster_on},
	{SDR_TABLE_OF_TYPE, SDR_ALTER_TABLE "OF {value}",
	SDR_ALTER_TABLE "NOT OF", SDR_EXCLUSIVE, SDR_RISK_LOCKS, NULL},
	{SDR_ATTR_NONE}
};

static const char *
drop_table(const SdrObject *table)
{
	return psprintf("DROP %s %s", sdr_sql_type(table),
					sdr_object_identity(table));
}

const SdrMender sdr_table_mender = {
	.kind = SDR_KIND_TABLE,
	.type = "TABLE",
	.create = create_table,
	.rules = rules,
	.drop = drop_table,
	.holds_data = true
};

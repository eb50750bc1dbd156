/*-------------------------------------------------------------------------
 *
 * rename_step.c
 *	  Statements that rename.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "repair/rename.h"
#include "utils/builtins.h"

/* The schema of an object or part, "" outside schemas. */
const char *
sdr_schema_of(const SdrObject *object)
{
	return sdr_top(object)->parent == NULL ? "" : sdr_top(object)->parent->name;
}

/* The object under another name. */
const SdrObject *
sdr_called(const SdrObject *object, const char *schema, const char *name)
{
	SdrObject  *other = sdr_object_new(object->kind->id, name, NULL);

	other->parent = object->parent;
	if (object != sdr_top(object))
		return other;
	if (object->parent != NULL)
		other->parent = sdr_object_new(SDR_KIND_SCHEMA, schema, NULL);
	if (object->kind->identity == SDR_IDENTITY_SQL &&
		strcmp(name, sdr_bare_name(object)) == 0)
		other->name = object->name;
	else if (object->kind->identity == SDR_IDENTITY_SQL)
		other->name = psprintf("%s%s", quote_identifier(name),
							   sdr_name_tail(object));
	return other;
}

/* A name for the time in which others change theirs. */
const char *
sdr_meantime_name(const SdrObject *object)
{
	static const char suffix[] = "_meantime";
	const char *name = sdr_bare_name(object);
	int			len = pg_mbcliplen(name, strlen(name),
								   NAMEDATALEN - (int) sizeof(suffix));

	return psprintf("%.*s%s", len, name, suffix);
}

/* Note that have will be called as want is. */
SdrRenaming *
sdr_add_renaming(SdrPlan *plan, const SdrObject *have, const SdrObject *want)
{
	SdrRenaming *rename = palloc0(sizeof(SdrRenaming));

	rename->kind = have->kind->id;
	rename->schema = sdr_schema_of(have);
	rename->name = sdr_bare_name(have);
	rename->new_schema = sdr_schema_of(want);
	rename->new_name = sdr_bare_name(want);
	if (rename->kind == SDR_KIND_SCHEMA)
		plan->schemas = lappend(plan->schemas, rename);
	else
		plan->renames = lappend(plan->renames, rename);
	return rename;
}

/*
 * A step that renames old, which is to be want.  The old name may be that of
 * another object later on: where nothing else tells whether it is to be run
 * again, it is when there is one of the old name, and none of the new.
 */
void
sdr_rename_step(SdrPlan *plan, const SdrObject *want, const SdrObject *old,
				const char *sql, const char *condition)
{
	SdrStep    *step = sdr_step(plan, SDR_STAGE_RELEASE, want, "%s", sql);

	if (want->parent == NULL)
		sdr_step_cost(step, SDR_RISK_SAFE, SDR_NO_LOCK);
	else
		sdr_step_cost(step, SDR_RISK_LOCKS, want->kind->id == SDR_KIND_INDEX ?
					  SDR_SHARE_UPDATE : SDR_EXCLUSIVE);
	step->note = "it was renamed, as schemadrift.ddl_log tells";
	if (condition != NULL)
		step->due = condition;
	else if (sdr_exists(old) != NULL)
		step->due = psprintf("%s AND NOT (%s)", sdr_exists(old),
							 sdr_exists(want));
}

/* Into the other schema, then to the other name. */
void
sdr_rename_top(SdrPlan *plan, const SdrObject *want, const SdrObject *old,
			   const char *condition)
{
	const char *schema = sdr_schema_of(want);
	const char *name = sdr_bare_name(want);

	if (strcmp(sdr_schema_of(old), schema) != 0)
	{
		sdr_rename_step(plan, want, old,
						psprintf("ALTER %s %s SET SCHEMA %s",
								 sdr_sql_type(old), sdr_object_identity(old),
								 quote_identifier(schema)), condition);
		old = sdr_called(old, schema, sdr_bare_name(old));
	}
	if (strcmp(sdr_bare_name(old), name) != 0)
		sdr_rename_step(plan, want, old,
						psprintf("ALTER %s %s RENAME TO %s",
								 sdr_sql_type(old), sdr_object_identity(old),
								 quote_identifier(name)), condition);
}

/* How a part is renamed; the parent has its new name already. */
static const char *
part_sql(const SdrObject *old, const char *new_name)
{
	const char *parent = sdr_object_identity(old->parent);
	const char *type = sdr_sql_type(old->parent);
	const char *name = quote_identifier(old->name);
	const char *new = quote_identifier(new_name);

	switch (old->kind->id)
	{
		case SDR_KIND_COLUMN:
			return psprintf("ALTER %s %s RENAME %s %s TO %s", type, parent,
							old->parent->kind->id == SDR_KIND_COMPOSITE ?
							"ATTRIBUTE" : "COLUMN", name, new);
		case SDR_KIND_CONSTRAINT:
			return psprintf("ALTER %s %s RENAME CONSTRAINT %s TO %s", type,
							parent, name, new);
		case SDR_KIND_INDEX:
			return psprintf("ALTER INDEX %s RENAME TO %s",
							sdr_object_identity(old), new);
		default:
			return psprintf("ALTER %s %s ON %s RENAME TO %s",
							sdr_sql_type(old), name, parent, new);
	}
}

void
sdr_rename_part(SdrPlan *plan, const SdrObject *want, const SdrObject *old,
				const char *condition)
{
	sdr_rename_step(plan, want, old, part_sql(old, want->name), condition);
}

/*-------------------------------------------------------------------------
 *
 * trigger.c
 *	  Triggers and rules of tables and views.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/indexing.h"
#include "catalog/live.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_rewrite.h"
#include "catalog/pg_trigger.h"
#include "commands/trigger.h"
#include "rewrite/rewriteSupport.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"

/* The same for triggers, rules and event triggers. */
const char *
sdr_enabled_name(char enabled)
{
	switch (enabled)
	{
		case TRIGGER_FIRES_ON_ORIGIN:
			return "origin";
		case TRIGGER_DISABLED:
			return "disabled";
		case TRIGGER_FIRES_ON_REPLICA:
			return "replica";
		case TRIGGER_FIRES_ALWAYS:
			return "always";
	}
	elog(ERROR, "unrecognized firing state: %c", enabled);
}

static List *
read_events(int16 type)
{
	List	   *events = NIL;

	if (TRIGGER_FOR_INSERT(type))
		events = lappend(events, "insert");
	if (TRIGGER_FOR_UPDATE(type))
		events = lappend(events, "update");
	if (TRIGGER_FOR_DELETE(type))
		events = lappend(events, "delete");
	if (TRIGGER_FOR_TRUNCATE(type))
		events = lappend(events, "truncate");
	return events;
}

static List *
read_columns(SdrRelation *relation, const int2vector *attrs)
{
	List	   *columns = NIL;

	for (int i = 0; i < attrs->dim1; i++)
	{
		AttrNumber	attnum = attrs->values[i];

		if (attnum > 0 && attnum <= relation->natts &&
			!relation->columns[attnum - 1].dropped)
			columns = lappend(columns, relation->columns[attnum - 1].name);
	}
	return columns;
}

/* The arguments are C strings one behind the other. */
static List *
read_arguments(bytea *data, int n)
{
	const char *p = VARDATA_ANY(data);
	List	   *arguments = NIL;

	for (int i = 0; i < n; i++)
	{
		arguments = lappend(arguments, pstrdup(p));
		p += strlen(p) + 1;
	}
	return arguments;
}

static const char *
get_name(SdrRelation *relation, HeapTuple tuple, AttrNumber attr)
{
	bool		isnull;
	Datum		value = sdr_get(relation->reader, TriggerRelationId, tuple,
								attr, &isnull);

	return isnull ? NULL : pstrdup(NameStr(*DatumGetName(value)));
}

static void
read_trigger(SdrRelation *relation, HeapTuple tuple)
{
	SdrReader  *reader = relation->reader;
	Form_pg_trigger form = (Form_pg_trigger) GETSTRUCT(tuple);
	SdrObject  *object;
	Datum		value;
	bool		isnull;

	object = sdr_object_new(SDR_KIND_TRIGGER, pstrdup(NameStr(form->tgname)),
							relation->object);
	sdr_set_text(object, SDR_TRIGGER_FUNCTION,
				 sdr_name_text(reader, ProcedureRelationId, form->tgfoid));
	sdr_set_text(object, SDR_TRIGGER_TIMING,
				 TRIGGER_FOR_BEFORE(form->tgtype) ? "before" :
				 TRIGGER_FOR_AFTER(form->tgtype) ? "after" : "instead of");
	sdr_set_list(object, SDR_TRIGGER_EVENTS, read_events(form->tgtype));
	sdr_set_list(object, SDR_TRIGGER_COLUMNS,
				 read_columns(relation, &form->tgattr));
	sdr_set_text(object, SDR_TRIGGER_FOR_EACH,
				 TRIGGER_FOR_ROW(form->tgtype) ? "row" : "statement");
	value = sdr_get(reader, TriggerRelationId, tuple, Anum_pg_trigger_tgqual,
					&isnull);
	sdr_set_text(object, SDR_TRIGGER_WHEN,
				 isnull ? NULL : sdr_deparse_when(relation, value, NIL));
	sdr_set_text(object, SDR_TRIGGER_OLD_TABLE,
				 get_name(relation, tuple, Anum_pg_trigger_tgoldtable));
	sdr_set_text(object, SDR_TRIGGER_NEW_TABLE,
				 get_name(relation, tuple, Anum_pg_trigger_tgnewtable));
	value = sdr_get(reader, TriggerRelationId, tuple, Anum_pg_trigger_tgargs,
					&isnull);
	sdr_set_list(object, SDR_TRIGGER_ARGUMENTS,
				 isnull ? NIL : read_arguments(DatumGetByteaPP(value),
											   form->tgnargs));
	sdr_set_bool(object, SDR_TRIGGER_CONSTRAINT,
				 OidIsValid(form->tgconstraint));
	sdr_set_text(object, SDR_TRIGGER_REFERENCES,
				 OidIsValid(form->tgconstrrelid) ?
				 sdr_name_text(reader, RelationRelationId,
							   form->tgconstrrelid) : NULL);
	sdr_set_bool(object, SDR_TRIGGER_DEFERRABLE, form->tgdeferrable);
	sdr_set_bool(object, SDR_TRIGGER_INITIALLY_DEFERRED,
				 form->tginitdeferred);
	sdr_set_text(object, SDR_TRIGGER_ENABLED,
				 sdr_enabled_name(form->tgenabled));
	sdr_set_bool(object, SDR_TRIGGER_INHERITED, OidIsValid(form->tgparentid));
	sdr_common_read(reader, object, TriggerRelationId, form->oid, 0, tuple);
}

/*
 * Is this a trigger on an extension's table that is not the extension's?
 * pg_depend does not tell; that its function is not tells.
 */
static bool
is_user_trigger(SdrReader *reader, Form_pg_trigger form)
{
	return !form->tgisinternal &&
		!sdr_is_member(reader, ProcedureRelationId, form->tgfoid);
}

/* Has somebody put a trigger on a table of an extension? */
bool
sdr_has_user_triggers(SdrReader *reader, Oid relation)
{
	SysScanDesc scan = sdr_scan_oid(reader, TriggerRelationId,
									TriggerRelidNameIndexId,
									Anum_pg_trigger_tgrelid, relation);
	bool		found = false;
	HeapTuple	tuple;

	while (!found && HeapTupleIsValid(tuple = systable_getnext(scan)))
		found = is_user_trigger(reader, (Form_pg_trigger) GETSTRUCT(tuple));
	systable_endscan(scan);
	return found;
}

/* The constraint that this one was made for, as a part of it. */
static bool
find_root_constraint(SdrReader *reader, Oid oid, NameData *name, Oid *table)
{
	while (OidIsValid(oid))
	{
		HeapTuple	tuple = sdr_fetch(reader, ConstraintRelationId,
									  ConstraintOidIndexId,
									  Anum_pg_constraint_oid, oid);
		Form_pg_constraint form;

		if (!HeapTupleIsValid(tuple))
			return false;
		form = (Form_pg_constraint) GETSTRUCT(tuple);
		*name = form->conname;
		*table = form->conrelid;
		/* that of a key is told from its parent's by its own name */
		oid = form->contype == CONSTRAINT_FOREIGN ? form->conparentid :
			InvalidOid;
	}
	return true;
}

/*
 * What tells a trigger that a constraint is enforced by from others: the
 * constraint, with what the trigger looks at.  The triggers of a foreign key
 * are on both tables.
 */
static const char *
constraint_trigger_key(SdrReader *reader, Form_pg_trigger form)
{
	StringInfoData key;
	NameData	name;
	Oid			table = InvalidOid;
	ListCell   *lc;

	if (!find_root_constraint(reader, form->tgconstraint, &name, &table))
	{
		sdr_reader_gone(reader);
		return NULL;
	}
	initStringInfo(&key);
	appendStringInfo(&key, "%s on %s: ", quote_identifier(NameStr(name)),
					 sdr_name_text(reader, RelationRelationId, table));
	if (RI_FKey_trigger_type(form->tgfoid) == RI_TRIGGER_PK)
		appendStringInfoString(&key, "referenced ");
	foreach(lc, read_events(form->tgtype))
		appendStringInfo(&key, "%s%s",
						 foreach_current_index(lc) > 0 ? " or " : "",
						 (char *) lfirst(lc));
	return key.data;
}

/*
 * The names of the triggers on a table that a constraint is enforced by, and
 * that have this key in the map of sdr_triggers_read().
 */
List *
sdr_constraint_trigger_names(SdrReader *reader, Oid relation, const char *key)
{
	SysScanDesc scan = sdr_scan_oid(reader, TriggerRelationId,
									TriggerRelidNameIndexId,
									Anum_pg_trigger_tgrelid, relation);
	List	   *names = NIL;
	HeapTuple	tuple;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_trigger form = (Form_pg_trigger) GETSTRUCT(tuple);
		const char *other;

		if (!form->tgisinternal || !OidIsValid(form->tgconstraint))
			continue;
		other = constraint_trigger_key(reader, form);
		if (other != NULL && strcmp(other, key) == 0)
			names = lappend(names, pstrdup(NameStr(form->tgname)));
	}
	systable_endscan(scan);
	return names;
}

/*
 * Read the triggers but those that foreign keys and the like are made of and
 * those that belong to an extension.  Returns a map of those that such
 * constraints are made of where somebody has changed when they fire.
 */
List *
sdr_triggers_read(SdrRelation *relation)
{
	SysScanDesc scan = sdr_scan_oid(relation->reader, TriggerRelationId,
									TriggerRelidNameIndexId,
									Anum_pg_trigger_tgrelid, relation->oid);
	List	   *map = NIL;
	HeapTuple	tuple;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_trigger form = (Form_pg_trigger) GETSTRUCT(tuple);

		if (relation->of_extension ? is_user_trigger(relation->reader, form) :
			!form->tgisinternal)
			read_trigger(relation, tuple);
		else if (form->tgisinternal && OidIsValid(form->tgconstraint) &&
				 form->tgenabled != TRIGGER_FIRES_ON_ORIGIN)
		{
			const char *key = constraint_trigger_key(relation->reader, form);

			if (key != NULL)
				map = sdr_map_add(map, key, sdr_enabled_name(form->tgenabled));
		}
	}
	systable_endscan(scan);
	return map;
}

static const char *
event_name(char event)
{
	switch (event)
	{
		case CMD_SELECT + '0':
			return "select";
		case CMD_UPDATE + '0':
			return "update";
		case CMD_INSERT + '0':
			return "insert";
		case CMD_DELETE + '0':
			return "delete";
	}
	elog(ERROR, "unrecognized rule event: %c", event);
}

static void
read_rule(SdrRelation *relation, HeapTuple tuple)
{
	Form_pg_rewrite form = (Form_pg_rewrite) GETSTRUCT(tuple);
	SdrObject  *object;
	char	   *definition = sdr_deparse_rule(relation, tuple);

	object = sdr_object_new(SDR_KIND_RULE, pstrdup(NameStr(form->rulename)),
							relation->object);
	sdr_set_text(object, SDR_RULE_EVENT, event_name(form->ev_type));
	sdr_set_bool(object, SDR_RULE_INSTEAD, form->is_instead);
	sdr_set_text(object, SDR_RULE_DEFINITION,
				 definition == NULL ? NULL : sdr_trim(definition));
	sdr_set_text(object, SDR_RULE_ENABLED, sdr_enabled_name(form->ev_enabled));
	sdr_common_read(relation->reader, object, RewriteRelationId, form->oid, 0,
					tuple);
}

/* Read the rules but the one that makes a view. */
void
sdr_rules_read(SdrRelation *relation)
{
	SysScanDesc scan = sdr_scan_oid(relation->reader, RewriteRelationId,
									RewriteRelRulenameIndexId,
									Anum_pg_rewrite_ev_class, relation->oid);
	HeapTuple	tuple;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		if (strcmp(NameStr(((Form_pg_rewrite) GETSTRUCT(tuple))->rulename),
				   ViewSelectRuleName) != 0)
			read_rule(relation, tuple);
	}
	systable_endscan(scan);
}

/*-------------------------------------------------------------------------
 *
 * difference.c
 *	  What the transaction at hand has changed of the schema.
 *
 * The objects that its changes reach are read twice, as they are now and as
 * they would be without them.  Both readings are of one moment, so what other
 * sessions have done is in both or in neither.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "baseline/store.h"
#include "catalog/live.h"
#include "catalog/pg_authid.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"

/* What an entry stands for, at both times. */
typedef struct UnitKey
{
	Oid			catalog;
	Oid			oid;
	int32		subid;
	int32		kind;			/* that of privileges, or 0 */
} UnitKey;

typedef struct Unit
{
	UnitKey		key;
	const SdrEntry *before;
	const SdrEntry *now;
} Unit;

typedef struct Comparison
{
	CommandId	since;
	SdrReader  *now;
	SdrReader  *before;
	Snapshot	moment;			/* of the first when the second was opened */
	MemoryContext object;		/* of the objects at hand */
	MemoryContext names;		/* of by_hand */
	StringInfoData rows_before;
	StringInfoData rows_now;
	StringInfoData renamed;
	StringInfoData identity;
	SdrReached	reached;
	List	   *by_hand;		/* of SdrNewName *: from live, to called */
	HTAB	   *called_before;
	MemoryContext result;
	List	   *called;			/* in result */
} Comparison;

static void
open_before(Comparison *comparison)
{
	comparison->before = sdr_reader_open_before(comparison->now,
												comparison->since);
	comparison->moment = comparison->now->snapshot;
}

/*
 * Where another session has changed what we read, the reader of now has gone
 * on to another moment.  So does the other one.
 */
static void
keep_together(Comparison *comparison)
{
	if (comparison->moment == comparison->now->snapshot)
		return;
	sdr_reader_close(comparison->before);
	open_before(comparison);
}

static void
add_entry(HTAB *units, const SdrEntry *entry, bool is_now)
{
	UnitKey		key = {.oid = entry->oid,.subid = entry->subid};
	Unit	   *unit;
	bool		known;

	/* what only a global document speaks of is not in the baseline */
	if ((SDR_KIND_BIT(entry->item.kind->id) & sdr_global_kinds()) != 0)
		return;
	key.catalog = OidIsValid(entry->catalog) ? entry->catalog :
		sdr_catalog_of(entry->item.kind->id);
	if (entry->item.kind->id == SDR_KIND_CHANGED_PRIVILEGES)
		key.kind = SDR_KIND_CHANGED_PRIVILEGES;
	unit = hash_search(units, &key, HASH_ENTER, &known);
	if (!known)
		unit->before = unit->now = NULL;
	if (is_now)
		unit->now = entry;
	else
		unit->before = entry;
}

static void
add_entries(HTAB *units, List *entries, bool is_now)
{
	ListCell   *lc;

	foreach(lc, entries)
		add_entry(units, lfirst(lc), is_now);
}

/* All that a reader sees. */
static void
add_everything(HTAB *units, SdrReader *reader, bool is_now)
{
	List	   *schemas = sdr_list_schemas(reader);
	ListCell   *lc;

	add_entries(units, schemas, is_now);
	add_entries(units, sdr_list(reader, InvalidOid), is_now);
	foreach(lc, schemas)
		add_entries(units, sdr_list(reader,
									((SdrEntry *) lfirst(lc))->oid), is_now);
}

/* The objects that may be different. */
static HTAB *
find_units(Comparison *comparison, const List *touched)
{
	HASHCTL		ctl = {
		.keysize = sizeof(UnitKey),
		.entrysize = sizeof(Unit),
		.hcxt = CurrentMemoryContext
	};
	HTAB	   *units = hash_create("schemadrift changed objects", 64, &ctl,
									HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	ListCell   *lc;

	sdr_reached(comparison->now, comparison->before, touched,
				&comparison->reached);
	if (comparison->reached.everything)
	{
		comparison->now->reads_few = comparison->before->reads_few = false;
		add_everything(units, comparison->before, false);
		add_everything(units, comparison->now, true);
		return units;
	}
	foreach(lc, comparison->reached.addresses)
	{
		add_entries(units, sdr_entries_at(comparison->before, lfirst(lc)),
					false);
		add_entries(units, sdr_entries_at(comparison->now, lfirst(lc)), true);
	}
	return units;
}

static const char *
schema_of(const SdrObject *object)
{
	if (object->kind->id == SDR_KIND_SCHEMA)
		return object->name;
	return object->parent == NULL ? NULL : object->parent->name;
}

/* An object as a document has it, the schema without what is in it. */
static char *
definition_of(const SdrObject *object)
{
	StringInfoData buf;

	initStringInfo(&buf);
	if (object->kind->id == SDR_KIND_SCHEMA)
	{
		appendStringInfoString(&buf, "{\"complete\": true");
		sdr_json_write_attrs(&buf, object, false);
		appendStringInfoChar(&buf, '}');
	}
	else
		sdr_json_write(&buf, object);
	return buf.data;
}

static void
put_text(StringInfo buf, const char *text)
{
	if (text == NULL)
		appendStringInfoString(buf, "null");
	else
		sdr_json_string(buf, text);
}

/* The beginning of a row about an object. */
static void
put_place(StringInfo buf, const SdrObject *object)
{
	appendStringInfoString(buf, buf->len > 1 ? ", {\"kind\": " : "{\"kind\": ");
	put_text(buf, object->kind->name);
	appendStringInfoString(buf, ", \"schema_name\": ");
	put_text(buf, schema_of(object));
	appendStringInfoString(buf, ", \"object_name\": ");
	put_text(buf, object->name);
}

static void
put_row(StringInfo buf, const SdrObject *object, const char *definition)
{
	put_place(buf, object);
	appendStringInfo(buf, ", \"definition\": %s}", definition);
}

static bool
same_text(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool
same_name(const SdrObject *a, const SdrObject *b)
{
	return a->kind == b->kind && strcmp(a->name, b->name) == 0 &&
		same_text(schema_of(a), schema_of(b));
}

/* The columns with other names than before: old names and new ones. */
static void
put_columns(StringInfo buf, const SdrObject *before, const SdrObject *now)
{
	const char *separator = "";

	appendStringInfoChar(buf, '{');
	for (int i = 0; i < before->nchildren; i++)
	{
		const SdrObject *a = before->children[i];

		for (int j = 0; a->kind->id == SDR_KIND_COLUMN && j < now->nchildren; j++)
		{
			const SdrObject *b = now->children[j];

			if (b->kind->id != SDR_KIND_COLUMN || a->attnum != b->attnum ||
				strcmp(a->name, b->name) == 0)
				continue;
			appendStringInfoString(buf, separator);
			put_text(buf, a->name);
			appendStringInfoString(buf, ": ");
			put_text(buf, b->name);
			separator = ", ";
		}
	}
	appendStringInfoChar(buf, '}');
}

static void
put_renamed(StringInfo buf, const SdrObject *before, const SdrObject *now)
{
	appendStringInfoString(buf, buf->len > 1 ? ", {\"kind\": " : "{\"kind\": ");
	put_text(buf, now->kind->name);
	appendStringInfoString(buf, ", \"old_schema\": ");
	put_text(buf, schema_of(before));
	appendStringInfoString(buf, ", \"old_name\": ");
	put_text(buf, before->name);
	appendStringInfoString(buf, ", \"new_schema\": ");
	put_text(buf, schema_of(now));
	appendStringInfoString(buf, ", \"new_name\": ");
	put_text(buf, now->name);
	appendStringInfoString(buf, ", \"names\": ");
	put_columns(buf, before, now);
	appendStringInfoChar(buf, '}');
}

/* The object is what the baseline means from now on by what it is called. */
static void
put_identity(StringInfo buf, const SdrObject *object, const SdrCalled *called)
{
	put_place(buf, object);
	appendStringInfo(buf, ", \"class_id\": %u, \"object_id\": %u, \"parts\": ",
					 called->catalog, called->oid);
	(void) JsonbToCString(buf, &DatumGetJsonbP(called->parts)->root, -1);
	appendStringInfoChar(buf, '}');
}

static void
add_called(Comparison *comparison, const SdrCalled *called)
{
	MemoryContext old = MemoryContextSwitchTo(comparison->result);

	comparison->called = lappend(comparison->called,
								 sdr_called_copy(called));
	MemoryContextSwitchTo(old);
}

static void
add_by_hand(Comparison *comparison, const List *by_hand)
{
	MemoryContext old = MemoryContextSwitchTo(comparison->names);
	ListCell   *lc;

	foreach(lc, by_hand)
	{
		const SdrNewName *name = lfirst(lc);

		comparison->by_hand = sdr_new_name_add(comparison->by_hand,
											   pstrdup(name->from),
											   pstrdup(name->to));
	}
	MemoryContextSwitchTo(old);
}

/* False if the object is none of the baseline's. */
static bool
call_as_expected(Comparison *comparison, const Unit *unit, SdrObject *before,
				 SdrObject *now)
{
	SdrSides	sides = {
		comparison->before, comparison->now, unit->before, unit->now, before,
		now, comparison->called_before
	};
	SdrCalled	called;
	List	   *by_hand = NIL;

	/* those of changed privileges are no objects of their own */
	if (unit->key.kind != 0)
		return true;
	if (!sdr_known_names(&sides, unit->key.catalog, &called, &by_hand))
		return false;
	add_by_hand(comparison, by_hand);
	if (now != NULL)
		put_identity(&comparison->identity, now, &called);
	if (now != NULL && comparison->called_before != NULL)
		add_called(comparison, &called);
	return true;
}

/* What is different, as the baseline calls it. */
static void
put_difference(Comparison *comparison, const SdrObject *before,
			   const SdrObject *now)
{
	if (before != NULL)
		put_row(&comparison->rows_before, before, definition_of(before));
	if (now != NULL)
		put_row(&comparison->rows_now, now, definition_of(now));
	if (before != NULL && now != NULL && before->kind == now->kind)
		put_renamed(&comparison->renamed, before, now);
}

/* Read an object at both times, and put what is different. */
static void
compare_unit(Comparison *comparison, const Unit *unit)
{
	MemoryContext old = MemoryContextSwitchTo(comparison->object);
	SdrObject  *now = unit->now == NULL ? NULL :
	sdr_read(comparison->now, unit->now);
	SdrObject  *before;
	const char *definition_now;
	const char *definition_before;

	MemoryContextSwitchTo(old);
	keep_together(comparison);
	MemoryContextSwitchTo(comparison->object);
	before = unit->before == NULL ? NULL :
		sdr_read(comparison->before, unit->before);
	definition_now = now == NULL ? NULL : definition_of(now);
	definition_before = before == NULL ? NULL : definition_of(before);
	if ((before == NULL || now == NULL || !same_name(before, now) ||
		 strcmp(definition_before, definition_now) != 0) &&
		call_as_expected(comparison, unit, before, now))
		put_difference(comparison, before, now);
	MemoryContextSwitchTo(old);
	MemoryContextReset(comparison->object);
}

static void
begin_list(StringInfo buf)
{
	initStringInfo(buf);
	appendStringInfoChar(buf, '[');
}

static Datum
end_list(StringInfo buf)
{
	appendStringInfoChar(buf, ']');
	return DirectFunctionCall1(jsonb_in, CStringGetDatum(buf->data));
}

/*
 * What was renamed, as texts of the baseline show it, too: these may have names
 * that somebody has changed by hand before.
 */
static List *
all_names(const SdrReached *reached, const List *by_hand)
{
	List	   *names = list_copy(reached->names);
	ListCell   *lc;

	foreach(lc, by_hand)
	{
		const SdrNewName *hand = lfirst(lc);
		int			n = list_length(names);

		for (int i = 0; i < n; i++)
		{
			const SdrNewName *rename = list_nth(names, i);
			bool		of = rename->of != NULL &&
			strcmp(rename->of, hand->from) == 0;

			if (of || strcmp(rename->from, hand->from) == 0)
				names = sdr_new_schema_add(names,
										   of ? rename->from : hand->to,
										   rename->to,
										   of ? hand->to : rename->of);
		}
	}
	return names;
}

/* The same as schemadrift_merge() wants it. */
static Datum
names_datum(const SdrReached *reached, const List *by_hand)
{
	StringInfoData buf;
	const char *separator = "";
	ListCell   *lc;

	initStringInfo(&buf);
	appendStringInfo(&buf, "{\"columns\": %s, \"gone\": %s, \"labels\": %s, \"names\": [",
					 reached->columns ? "true" : "false",
					 reached->gone ? "true" : "false",
					 reached->labels ? "true" : "false");
	foreach(lc, all_names(reached, by_hand))
	{
		const SdrNewName *rename = lfirst(lc);

		appendStringInfo(&buf, "%s[", separator);
		put_text(&buf, rename->from);
		appendStringInfoString(&buf, ", ");
		put_text(&buf, rename->to);
		if (rename->of != NULL)
		{
			appendStringInfoString(&buf, ", ");
			put_text(&buf, rename->of);
		}
		appendStringInfoChar(&buf, ']');
		separator = ", ";
	}
	appendStringInfoString(&buf, "]}");
	return DirectFunctionCall1(jsonb_in, CStringGetDatum(buf.data));
}

/* Compare all that may be different. */
static void
compare(Comparison *comparison, const List *touched)
{
	HASH_SEQ_STATUS status;
	Unit	   *unit;

	comparison->now = sdr_reader_open_now();
	comparison->now->reads_few = true;
	open_before(comparison);
	hash_seq_init(&status, find_units(comparison, touched));
	while ((unit = hash_seq_search(&status)) != NULL)
		compare_unit(comparison, unit);
	sdr_reader_close(comparison->before);
	sdr_reader_close(comparison->now);
}

bool
sdr_baseline_difference(CommandId since, HTAB *called,
						SdrDifference *difference)
{
	MemoryContext result = CurrentMemoryContext;
	MemoryContext context = AllocSetContextCreate(result,
												  "schemadrift difference",
												  ALLOCSET_DEFAULT_SIZES);
	Comparison	comparison = {
		.since = since,.called_before = called,.names = context,.result = result
	};
	List	   *touched;
	Oid			userid;
	int			sec_context;
	bool		found = false;

	MemoryContextSwitchTo(context);
	CommandCounterIncrement();
	touched = sdr_touched();
	if (touched != NIL)
	{
		comparison.object = AllocSetContextCreate(context, "schemadrift object",
												  ALLOCSET_DEFAULT_SIZES);
		begin_list(&comparison.rows_before);
		begin_list(&comparison.rows_now);
		begin_list(&comparison.renamed);
		begin_list(&comparison.identity);

		/* as schemadrift_accept() reads it */
		GetUserIdAndSecContext(&userid, &sec_context);
		SetUserIdAndSecContext(BOOTSTRAP_SUPERUSERID,
							   sec_context | SECURITY_LOCAL_USERID_CHANGE);
		compare(&comparison, touched);
		SetUserIdAndSecContext(userid, sec_context);

		found = comparison.rows_before.len > 1 || comparison.rows_now.len > 1;
		MemoryContextSwitchTo(result);
		difference->before = end_list(&comparison.rows_before);
		difference->now = end_list(&comparison.rows_now);
		difference->renamed = end_list(&comparison.renamed);
		difference->names = names_datum(&comparison.reached, comparison.by_hand);
		difference->identity = end_list(&comparison.identity);
		difference->called = comparison.called;
	}
	MemoryContextSwitchTo(result);
	MemoryContextDelete(context);
	return found;
}

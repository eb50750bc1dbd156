/*-------------------------------------------------------------------------
 *
 * naming.c
 *	  What live objects were called before, from schemadrift.ddl_log.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/skey.h"
#include "catalog/indexing.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_policy.h"
#include "catalog/pg_rewrite.h"
#include "catalog/pg_statistic_ext.h"
#include "catalog/pg_trigger.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "repair/repair.h"
#include "utils/acl.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"

/* An object got another name, or came into another schema. */
typedef struct Naming
{
	Oid			catalog;
	Oid			oid;
	int			subid;
	Oid			top;			/* of a part: what it is a part of */
	const char *part;			/* its name now, where it is no column */
	const char *old_name;		/* NULL where only the schema is another */
	const char *new_name;
	const char *old_schema;
	const char *new_schema;
} Naming;

/* Newest first; the search_path is pinned. */
#define NAMINGS_SQL \
	"SELECT l.class_id, l.object_id, coalesce(l.sub_id, 0)," \
	" coalesce(CASE WHEN l.sub_id > 0 AND c.relkind = 'c' THEN c.reltype" \
	"  WHEN l.sub_id > 0 THEN c.oid END, i.indrelid, nullif(k.conrelid, 0)," \
	"  nullif(k.contypid, 0), t.tgrelid, p.polrelid, r.ev_class, 0)," \
	" CASE WHEN i.indexrelid IS NOT NULL THEN c.relname::text" \
	"  ELSE coalesce(k.conname, t.tgname, p.polname, r.rulename)::text END," \
	" l.details ->> 'old_name', l.details ->> 'new_name'," \
	" l.details ->> 'old_schema', l.details ->> 'new_schema'" \
	" FROM schemadrift.ddl_log l" \
	" LEFT JOIN pg_class c ON l.class_id = 'pg_class'::regclass AND c.oid = l.object_id" \
	" LEFT JOIN pg_index i ON i.indexrelid = c.oid" \
	" LEFT JOIN pg_constraint k ON l.class_id = 'pg_constraint'::regclass AND k.oid = l.object_id" \
	" LEFT JOIN pg_trigger t ON l.class_id = 'pg_trigger'::regclass AND t.oid = l.object_id" \
	" LEFT JOIN pg_policy p ON l.class_id = 'pg_policy'::regclass AND p.oid = l.object_id" \
	" LEFT JOIN pg_rewrite r ON l.class_id = 'pg_rewrite'::regclass AND r.oid = l.object_id" \
	" WHERE l.outcome = 'done' AND l.object_id IS NOT NULL" \
	"  AND (l.details ? 'new_name' OR l.details ? 'new_schema')" \
	" ORDER BY l.logged_at DESC, l.xid DESC"

/* May the caller read the log?  Who may not is told of no renames. */
static bool
may_read_log(void)
{
	Oid			schema = get_namespace_oid("schemadrift", true);
	Oid			table = OidIsValid(schema) ?
	get_relname_relid("ddl_log", schema) : InvalidOid;

	return OidIsValid(table) &&
		pg_class_aclcheck(table, GetUserId(), ACL_SELECT) == ACLCHECK_OK;
}

static Oid
oid_column(HeapTuple tuple, int column)
{
	bool		isnull;
	Datum		value = SPI_getbinval(tuple, SPI_tuptable->tupdesc, column,
									  &isnull);

	return isnull ? InvalidOid : DatumGetObjectId(value);
}

static const char *
text_column(HeapTuple tuple, int column, MemoryContext context)
{
	char	   *text = SPI_getvalue(tuple, SPI_tuptable->tupdesc, column);

	return text == NULL ? NULL : MemoryContextStrdup(context, text);
}

/* All renames that are known, newest first, as Naming. */
List *
sdr_rename_log(void)
{
	MemoryContext context = CurrentMemoryContext;
	List	   *log = NIL;

	if (!may_read_log())
		return NIL;
	SPI_connect();
	if (SPI_execute(NAMINGS_SQL, true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not read the renames");
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		HeapTuple	tuple = SPI_tuptable->vals[i];
		Naming	   *naming = MemoryContextAllocZero(context, sizeof(Naming));
		MemoryContext old;

		CHECK_FOR_INTERRUPTS();
		naming->catalog = oid_column(tuple, 1);
		naming->oid = oid_column(tuple, 2);
		naming->subid = (int) oid_column(tuple, 3);
		naming->top = oid_column(tuple, 4);
		naming->part = text_column(tuple, 5, context);
		naming->old_name = text_column(tuple, 6, context);
		naming->new_name = text_column(tuple, 7, context);
		naming->old_schema = text_column(tuple, 8, context);
		naming->new_schema = text_column(tuple, 9, context);
		old = MemoryContextSwitchTo(context);
		log = lappend(log, naming);
		MemoryContextSwitchTo(old);
	}
	SPI_finish();
	return log;
}

/* In which catalog is a part of that kind?  A key may be found as its index. */
static bool
is_part_catalog(SdrKindId kind, Oid catalog)
{
	switch (kind)
	{
		case SDR_KIND_CONSTRAINT:
			return catalog == ConstraintRelationId ||
				catalog == RelationRelationId;
		case SDR_KIND_INDEX:
			return catalog == RelationRelationId;
		case SDR_KIND_TRIGGER:
			return catalog == TriggerRelationId;
		case SDR_KIND_POLICY:
			return catalog == PolicyRelationId;
		case SDR_KIND_RULE:
			return catalog == RewriteRelationId;
		default:
			return false;
	}
}

/* The oid of a top-level object; that of statistics is not what it notes. */
static Oid
oid_of(SdrReader *reader, const SdrObject *top)
{
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;
	Oid			oid = InvalidOid;

	if (top->kind->id != SDR_KIND_STATISTICS)
		return top->oid;
	ScanKeyInit(&key, Anum_pg_statistic_ext_stxrelid, BTEqualStrategyNumber,
				F_OIDEQ, ObjectIdGetDatum(top->oid));
	scan = sdr_scan(reader, StatisticExtRelationId, StatisticExtRelidIndexId,
					1, &key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_statistic_ext form = (Form_pg_statistic_ext) GETSTRUCT(tuple);

		if (strcmp(NameStr(form->stxname), top->name) == 0)
			oid = form->oid;
	}
	systable_endscan(scan);
	return oid;
}

/* Is a row of the log about this live object?  oid is that of its top. */
static bool
is_about(const Naming *naming, const SdrObject *live, Oid oid)
{
	const SdrObject *top = sdr_top(live);

	if (live == top)
		return naming->subid == 0 && naming->oid == oid &&
			naming->catalog == sdr_catalog_of(top->kind->id);
	if (naming->top != top->oid)
		return false;
	if (live->kind->id == SDR_KIND_COLUMN)
		return naming->catalog == RelationRelationId && naming->subid != 0 &&
			naming->subid == live->attnum;
	return naming->subid == 0 && naming->part != NULL &&
		strcmp(naming->part, live->name) == 0 &&
		is_part_catalog(live->kind->id, naming->catalog);
}

/* One step back in the log; false if there is none. */
static bool
step_back(List **rest, const char **schema, const char **name)
{
	ListCell   *lc;

	foreach(lc, *rest)
	{
		const Naming *naming = lfirst(lc);

		if (naming->new_name != NULL && naming->old_name != NULL &&
			strcmp(naming->new_name, *name) == 0)
			*name = naming->old_name;
		else if (naming->new_schema != NULL && naming->old_schema != NULL &&
				 strcmp(naming->new_schema, *schema) == 0)
			*schema = naming->old_schema;
		else
			continue;
		*rest = foreach_delete_current(*rest, lc);
		return true;
	}
	return false;
}

/*
 * The names that a live object had, by the log, the last first, as
 * SdrFormerName; schema is what its schema is called.  They are followed from the present one back, as what another
 * object was called is none of its names.
 */
List *
sdr_former_names(SdrReader *reader, const List *log, const SdrObject *live,
				 const char *schema)
{
	Oid			oid = oid_of(reader, sdr_top(live));
	const char *name = sdr_bare_name(live);
	List	   *rest = NIL;
	List	   *names = NIL;
	const ListCell *lc;

	foreach(lc, log)
	{
		if (is_about(lfirst(lc), live, oid))
			rest = lappend(rest, lfirst(lc));
	}
	while (step_back(&rest, &schema, &name))
	{
		SdrFormerName *former = palloc(sizeof(SdrFormerName));

		former->schema = schema;
		former->name = name;
		names = lappend(names, former);
	}
	return names;
}

/* The oids of what the log has of a catalog. */
List *
sdr_renamed_oids(const List *log, Oid catalog)
{
	List	   *oids = NIL;
	const ListCell *lc;

	foreach(lc, log)
	{
		const Naming *naming = lfirst(lc);

		if (naming->catalog == catalog && naming->subid == 0)
			oids = list_append_unique_oid(oids, naming->oid);
	}
	return oids;
}

/* The live objects that have come into another schema, by the log. */
List *
sdr_moved_objects(SdrReader *reader, const List *log)
{
	List	   *seen = NIL;
	List	   *objects = NIL;
	const ListCell *lc;

	foreach(lc, log)
	{
		const Naming *naming = lfirst(lc);
		SdrEntry   *entry;
		SdrObject  *object;

		CHECK_FOR_INTERRUPTS();
		if (naming->new_schema == NULL || naming->subid != 0 ||
			!sdr_is_family_catalog(naming->catalog) ||
			list_member_oid(seen, naming->oid))
			continue;
		seen = lappend_oid(seen, naming->oid);
		entry = sdr_entry_at(reader, naming->catalog, naming->oid);
		object = entry == NULL ? NULL : sdr_read(reader, entry);
		if (object != NULL && object->parent != NULL)
			objects = lappend(objects, object);
	}
	return objects;
}

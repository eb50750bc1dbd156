/*-------------------------------------------------------------------------
 *
 * relation.c
 *	  What stands in pg_class: tables, views, materialized views, sequences.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/live.h"
#include "catalog/indexing.h"
#include "catalog/pg_class.h"
#include "catalog/pg_foreign_server.h"
#include "catalog/pg_foreign_table.h"
#include "catalog/pg_inherits.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"

static void table_read(SdrRelation *relation, HeapTuple tuple);
static void matview_read(SdrRelation *relation, HeapTuple tuple);

/* How each kind of relation is read. */
static const struct
{
	char		relkind;
	SdrKindId	kind;
	void		(*read) (SdrRelation *relation, HeapTuple tuple);
}			relkinds[] = {
	{RELKIND_RELATION, SDR_KIND_TABLE, table_read},
	{RELKIND_PARTITIONED_TABLE, SDR_KIND_TABLE, table_read},
	{RELKIND_FOREIGN_TABLE, SDR_KIND_TABLE, table_read},
	{RELKIND_VIEW, SDR_KIND_VIEW, sdr_view_read},
	{RELKIND_MATVIEW, SDR_KIND_MATVIEW, matview_read},
	{RELKIND_SEQUENCE, SDR_KIND_SEQUENCE, sdr_sequence_read},
};

/* The row of relkinds for an object of a user; -1 if it is none. */
static int
classify(SdrReader *reader, Form_pg_class form)
{
	if (form->relpersistence == RELPERSISTENCE_TEMP)
		return -1;
	for (int i = 0; i < lengthof(relkinds); i++)
	{
		if (relkinds[i].relkind != form->relkind)
			continue;
		if (!sdr_is_user_schema(reader, form->relnamespace) ||
			sdr_is_member(reader, RelationRelationId, form->oid))
			return -1;
		if (form->relkind == RELKIND_SEQUENCE &&
			sdr_sequence_is_internal(reader, form->oid))
			return -1;
		return i;
	}
	return -1;
}

static List *
relation_list(SdrReader *reader, List *entries)
{
	SysScanDesc scan = sdr_scan(reader, RelationRelationId, InvalidOid, 0,
								NULL);
	HeapTuple	tuple;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_class form = (Form_pg_class) GETSTRUCT(tuple);
		int			i = classify(reader, form);

		CHECK_FOR_INTERRUPTS();
		if (i >= 0)
			entries = lappend(entries, sdr_entry_new(relkinds[i].kind,
													 NameStr(form->relname),
													 form->relnamespace,
													 form->oid));
	}
	systable_endscan(scan);
	return entries;
}

static Oid
relation_find(SdrReader *reader, SdrKindId kind, Oid namespace,
			  const char *name)
{
	ScanKeyData keys[2];
	SysScanDesc scan;
	HeapTuple	tuple;
	NameData	namedata;
	Oid			oid = InvalidOid;

	namestrcpy(&namedata, name);
	ScanKeyInit(&keys[0], Anum_pg_class_relname, BTEqualStrategyNumber,
				F_NAMEEQ, NameGetDatum(&namedata));
	ScanKeyInit(&keys[1], Anum_pg_class_relnamespace, BTEqualStrategyNumber,
				F_OIDEQ, ObjectIdGetDatum(namespace));
	scan = sdr_scan(reader, RelationRelationId, ClassNameNspIndexId, 2, keys);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
	{
		Form_pg_class form = (Form_pg_class) GETSTRUCT(tuple);
		int			i = classify(reader, form);

		if (i >= 0 && relkinds[i].kind == kind)
			oid = form->oid;
	}
	systable_endscan(scan);
	return oid;
}

/* The tables that this one inherits from or is a partition of, in order. */
static List *
read_parents(SdrRelation *relation)
{
	SysScanDesc scan = sdr_scan_oid(relation->reader, InheritsRelationId,
									InheritsRelidSeqnoIndexId,
									Anum_pg_inherits_inhrelid, relation->oid);
	List	   *parents = NIL;
	HeapTuple	tuple;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_inherits form = (Form_pg_inherits) GETSTRUCT(tuple);
		const SdrName *name;

		/* a partition that is being detached concurrently is one no more */
		if (form->inhdetachpending)
			continue;
		name = sdr_name(relation->reader, RelationRelationId, form->inhparent);
		if (name == NULL)
			sdr_reader_gone(relation->reader);
		else
			parents = lappend(parents, pstrdup(name->text));
	}
	systable_endscan(scan);
	return parents;
}

static void
read_partition(SdrRelation *relation, HeapTuple tuple, List *parents)
{
	SdrObject  *object = relation->object;
	const char *parent = NULL;
	const char *bound = NULL;

	if (relation->is_partition && parents != NIL)
	{
		bool		isnull;
		Datum		value = sdr_get(relation->reader, RelationRelationId, tuple,
									Anum_pg_class_relpartbound, &isnull);

		parent = linitial(parents);
		if (!isnull)
			bound = sdr_deparse(relation, value);
	}
	sdr_set_text(object, SDR_TABLE_PARTITION_OF, parent);
	sdr_set_text(object, SDR_TABLE_PARTITION_BOUND, bound);
	sdr_set_text(object, SDR_TABLE_PARTITION_BY,
				 relation->relkind == RELKIND_PARTITIONED_TABLE ?
				 sdr_partition_key(relation) : NULL);
	sdr_set_list(object, SDR_TABLE_INHERITS,
				 relation->is_child ? parents : NIL);
}

static void
read_foreign(SdrRelation *relation)
{
	SdrReader  *reader = relation->reader;
	SdrObject  *object = relation->object;
	HeapTuple	tuple = NULL;

	if (relation->relkind == RELKIND_FOREIGN_TABLE)
		tuple = sdr_fetch(reader, ForeignTableRelationId,
						  ForeignTableRelidIndexId,
						  Anum_pg_foreign_table_ftrelid, relation->oid);
	if (HeapTupleIsValid(tuple))
	{
		const SdrName *server;
		Datum		options;
		bool		isnull;

		server = sdr_name(reader, ForeignServerRelationId,
						  ((Form_pg_foreign_table) GETSTRUCT(tuple))->ftserver);
		if (server == NULL)
			sdr_reader_gone(reader);
		options = sdr_get(reader, ForeignTableRelationId, tuple,
						  Anum_pg_foreign_table_ftoptions, &isnull);
		sdr_set_text(object, SDR_TABLE_SERVER,
					 server == NULL ? "" : pstrdup(server->name));
		sdr_set_map(object, SDR_TABLE_FOREIGN_OPTIONS,
					sdr_options(options, isnull));
		return;
	}
	sdr_set_text(object, SDR_TABLE_SERVER, NULL);
	sdr_set_map(object, SDR_TABLE_FOREIGN_OPTIONS, NIL);
}

static List *
read_options(SdrRelation *relation, HeapTuple tuple)
{
	bool		isnull;
	Datum		options = sdr_get(relation->reader, RelationRelationId, tuple,
								  Anum_pg_class_reloptions, &isnull);

	return sdr_options(options, isnull);
}

static void
table_read(SdrRelation *relation, HeapTuple tuple)
{
	Form_pg_class form = (Form_pg_class) GETSTRUCT(tuple);
	SdrObject  *object = relation->object;
	List	   *indexes;
	List	   *parents = read_parents(relation);

	relation->is_child = parents != NIL && !relation->is_partition;

	sdr_columns_read(relation);
	read_partition(relation, tuple, parents);
	read_foreign(relation);
	sdr_set_bool(object, SDR_TABLE_UNLOGGED,
				 form->relpersistence == RELPERSISTENCE_UNLOGGED);
	sdr_set_map(object, SDR_TABLE_OPTIONS, read_options(relation, tuple));
	sdr_set_bool(object, SDR_TABLE_ROW_SECURITY, form->relrowsecurity);
	sdr_set_bool(object, SDR_TABLE_FORCE_ROW_SECURITY,
				 form->relforcerowsecurity);

	indexes = form->relhasindex ? sdr_indexes_gather(relation) : NIL;
	sdr_constraints_read(relation, indexes);
	sdr_indexes_read(relation, indexes);
}

static void
matview_read(SdrRelation *relation, HeapTuple tuple)
{
	sdr_view_read(relation, tuple);
	sdr_set_bool(relation->object, SDR_MATVIEW_POPULATED,
				 ((Form_pg_class) GETSTRUCT(tuple))->relispopulated);
	sdr_set_map(relation->object, SDR_MATVIEW_OPTIONS,
				read_options(relation, tuple));
	sdr_indexes_read(relation, sdr_indexes_gather(relation));
}

static SdrObject *
relation_read(SdrReader *reader, const SdrEntry *entry, SdrObject *parent)
{
	HeapTuple	tuple = sdr_fetch(reader, RelationRelationId, ClassOidIndexId,
								  Anum_pg_class_oid, entry->oid);
	SdrRelation *relation;
	Form_pg_class form;
	int			i;

	if (!HeapTupleIsValid(tuple))
		return NULL;
	form = (Form_pg_class) GETSTRUCT(tuple);
	i = classify(reader, form);
	if (i < 0 || relkinds[i].kind != entry->item.kind->id ||
		form->relnamespace != entry->namespace ||
		strcmp(NameStr(form->relname), entry->item.name) != 0)
		return NULL;

	relation = palloc0(sizeof(SdrRelation));
	relation->reader = reader;
	relation->oid = entry->oid;
	relation->namespace = form->relnamespace;
	relation->name = pstrdup(NameStr(form->relname));
	relation->relkind = form->relkind;
	relation->is_partition = form->relispartition;
	relation->natts = form->relnatts;
	relation->object = sdr_object_new(entry->item.kind->id, relation->name, parent);
	relation->object->oid = entry->oid;

	relkinds[i].read(relation, tuple);
	return relation->object;
}

const SdrFamily sdr_relation_family = {
	SDR_IN(TABLE) | SDR_IN(VIEW) | SDR_IN(MATVIEW) | SDR_IN(SEQUENCE),
	relation_list,
	relation_find,
	relation_read,
};

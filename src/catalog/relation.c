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
#include "catalog/pg_am.h"
#include "catalog/pg_class.h"
#include "catalog/pg_foreign_server.h"
#include "catalog/pg_foreign_table.h"
#include "catalog/pg_inherits.h"
#include "commands/defrem.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"

static void table_read(SdrRelation *relation, HeapTuple tuple);
static void view_read(SdrRelation *relation, HeapTuple tuple);
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
	{RELKIND_VIEW, SDR_KIND_VIEW, view_read},
	{RELKIND_MATVIEW, SDR_KIND_MATVIEW, matview_read},
	{RELKIND_SEQUENCE, SDR_KIND_SEQUENCE, sdr_sequence_read},
};

/* Where each kind has what is said of its rows' type. */
static const SdrCommon table_row_type = {
	.privileges = SDR_TABLE_ROW_TYPE_PRIVILEGES,
	.comment = SDR_TABLE_ROW_TYPE_COMMENT,
	.labels = SDR_TABLE_ROW_TYPE_SECURITY_LABELS,
	.acl_type = OBJECT_TYPE,
};
static const SdrCommon view_row_type = {
	.privileges = SDR_VIEW_ROW_TYPE_PRIVILEGES,
	.comment = SDR_VIEW_ROW_TYPE_COMMENT,
	.labels = SDR_VIEW_ROW_TYPE_SECURITY_LABELS,
	.acl_type = OBJECT_TYPE,
};
static const SdrCommon matview_row_type = {
	.privileges = SDR_MATVIEW_ROW_TYPE_PRIVILEGES,
	.comment = SDR_MATVIEW_ROW_TYPE_COMMENT,
	.labels = SDR_MATVIEW_ROW_TYPE_SECURITY_LABELS,
	.acl_type = OBJECT_TYPE,
};

/* The fixed part of a relation's row; false if the snapshot has none. */
bool
sdr_relation_form(SdrReader *reader, Oid oid, Form_pg_class form)
{
	SysScanDesc scan = sdr_scan_oid(reader, RelationRelationId,
									ClassOidIndexId, Anum_pg_class_oid, oid);
	HeapTuple	tuple = systable_getnext(scan);
	bool		found = HeapTupleIsValid(tuple);

	if (found)
		memcpy(form, GETSTRUCT(tuple), CLASS_TUPLE_SIZE);
	systable_endscan(scan);
	return found;
}

const SdrMadeName sdr_made_names[SDR_NMADE_NAMES] = {
	{SDR_COLUMN_IDENTITY_SEQUENCE, "seq"},
	{SDR_COLUMN_NOT_NULL_NAME, "not_null"},
	{SDR_DOMAIN_NOT_NULL_NAME, "not_null"},
};

/*
 * Is this the name that the server makes of these, where no other object has
 * it?  name2 may be NULL.
 */
bool
sdr_is_made_name(const char *name, const char *name1, const char *name2,
				 const char *label)
{
	return strcmp(name, makeObjectName(name1, name2, label)) == 0;
}

static bool
relation_identify(SdrReader *reader, HeapTuple tuple, SdrEntry *entry)
{
	Form_pg_class form = (Form_pg_class) GETSTRUCT(tuple);

	if (form->relpersistence == RELPERSISTENCE_TEMP)
		return false;
	for (int i = 0; i < lengthof(relkinds); i++)
	{
		if (relkinds[i].relkind != form->relkind)
			continue;
		if (form->relkind == RELKIND_SEQUENCE &&
			sdr_sequence_is_internal(reader, form->oid))
			return false;
		entry->item.kind = sdr_kind(relkinds[i].kind);
		entry->item.name = pstrdup(NameStr(form->relname));
		return true;
	}
	return false;
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
					sdr_secrets_hide(object, sdr_options(options, isnull),
									 sdr_secret_option));
		return;
	}
	sdr_set_text(object, SDR_TABLE_SERVER, NULL);
	sdr_set_map(object, SDR_TABLE_FOREIGN_OPTIONS, NIL);
}

/* Storage parameters, those of the TOAST table with "toast." in front. */
static List *
read_options(SdrRelation *relation, HeapTuple tuple)
{
	SdrReader  *reader = relation->reader;
	Oid			toast = ((Form_pg_class) GETSTRUCT(tuple))->reltoastrelid;
	bool		isnull;
	Datum		value = sdr_get(reader, RelationRelationId, tuple,
								Anum_pg_class_reloptions, &isnull);
	List	   *options = sdr_options(value, isnull);
	ListCell   *lc;

	if (!OidIsValid(toast))
		return options;
	tuple = sdr_fetch(reader, RelationRelationId, ClassOidIndexId,
					  Anum_pg_class_oid, toast);
	if (!HeapTupleIsValid(tuple))
		return options;
	value = sdr_get(reader, RelationRelationId, tuple,
					Anum_pg_class_reloptions, &isnull);
	foreach(lc, sdr_options(value, isnull))
	{
		SdrPair    *pair = lfirst(lc);

		options = sdr_map_add(options, psprintf("toast.%s", pair->key),
							  pair->value);
	}
	return options;
}

/* What a table or materialized view keeps its rows in. */
static void
read_storage(SdrRelation *relation, HeapTuple tuple, List *indexes,
			 SdrAttrId access_method, SdrAttrId tablespace,
			 SdrAttrId cluster_on)
{
	SdrObject  *object = relation->object;
	Oid			method = ((Form_pg_class) GETSTRUCT(tuple))->relam;

	sdr_set_text(object, access_method,
				 OidIsValid(method) ?
				 sdr_name_text(relation->reader, AccessMethodRelationId,
							   method) : NULL);
	sdr_set_implied(object, access_method,
					!OidIsValid(method) || method == HEAP_TABLE_AM_OID);
	sdr_set_text(object, tablespace,
				 sdr_tablespace(relation->reader, tuple));
	sdr_set_text(object, cluster_on, sdr_index_clustered(indexes));
}

static void
read_behaviour(SdrRelation *relation, Form_pg_class form)
{
	List	   *constraint_triggers = NIL;

	if (form->relhastriggers)
		constraint_triggers = sdr_triggers_read(relation);
	if (relation->object->kind->id == SDR_KIND_TABLE)
		sdr_set_map(relation->object, SDR_TABLE_CONSTRAINT_TRIGGERS,
					constraint_triggers);
	if (form->relhasrules)
		sdr_rules_read(relation);
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
	sdr_set_bool(object, SDR_TABLE_UNLOGGED, relation->is_unlogged);
	sdr_set_map(object, SDR_TABLE_OPTIONS, read_options(relation, tuple));
	sdr_set_bool(object, SDR_TABLE_ROW_SECURITY, form->relrowsecurity);
	sdr_set_bool(object, SDR_TABLE_FORCE_ROW_SECURITY,
				 form->relforcerowsecurity);

	sdr_set_text(object, SDR_TABLE_OF_TYPE,
				 OidIsValid(form->reloftype) ?
				 sdr_type(relation->reader, form->reloftype, -1)->text : NULL);

	sdr_row_type_read(relation, form, &table_row_type);
	indexes = form->relhasindex ? sdr_indexes_gather(relation) : NIL;
	read_storage(relation, tuple, indexes, SDR_TABLE_ACCESS_METHOD,
				 SDR_TABLE_TABLESPACE, SDR_TABLE_CLUSTER_ON);
	sdr_set_text(object, SDR_TABLE_REPLICA_IDENTITY,
				 sdr_replica_identity(tuple, indexes));
	sdr_constraints_read(relation, indexes);
	sdr_indexes_read(relation, indexes);
	read_behaviour(relation, form);
	sdr_policies_read(relation);
}

static void
view_read(SdrRelation *relation, HeapTuple tuple)
{
	Form_pg_class form = (Form_pg_class) GETSTRUCT(tuple);

	sdr_view_read(relation, tuple);
	sdr_row_type_read(relation, form, &view_row_type);
	read_behaviour(relation, form);
}

static void
matview_read(SdrRelation *relation, HeapTuple tuple)
{
	Form_pg_class form = (Form_pg_class) GETSTRUCT(tuple);
	List	   *indexes = form->relhasindex ? sdr_indexes_gather(relation) : NIL;

	sdr_view_read(relation, tuple);
	sdr_row_type_read(relation, form, &matview_row_type);
	sdr_set_bool(relation->object, SDR_MATVIEW_POPULATED,
				 form->relispopulated);
	sdr_set_map(relation->object, SDR_MATVIEW_OPTIONS,
				read_options(relation, tuple));
	read_storage(relation, tuple, indexes, SDR_MATVIEW_ACCESS_METHOD,
				 SDR_MATVIEW_TABLESPACE, SDR_MATVIEW_CLUSTER_ON);
	sdr_set_text(relation->object, SDR_MATVIEW_REPLICA_IDENTITY,
				 sdr_replica_identity(tuple, indexes));
	sdr_indexes_read(relation, indexes);
}

/*
 * The relation of a row, for reading what belongs to it into object.  Nothing
 * is known of its columns yet.
 */
SdrRelation *
sdr_relation_at(SdrReader *reader, HeapTuple tuple, SdrObject *object)
{
	Form_pg_class form = (Form_pg_class) GETSTRUCT(tuple);
	SdrRelation *relation = palloc0(sizeof(SdrRelation));

	relation->reader = reader;
	relation->object = object;
	relation->oid = form->oid;
	relation->namespace = form->relnamespace;
	relation->name = pstrdup(NameStr(form->relname));
	relation->relkind = form->relkind;
	relation->is_partition = form->relispartition;
	relation->is_unlogged = form->relpersistence == RELPERSISTENCE_UNLOGGED;
	relation->natts = form->relnatts;
	return relation;
}

static void
relation_read(SdrReader *reader, HeapTuple tuple, SdrObject *object)
{
	SdrRelation *relation = sdr_relation_at(reader, tuple, object);

	for (int i = 0; i < lengthof(relkinds); i++)
	{
		if (relkinds[i].relkind == relation->relkind)
			relkinds[i].read(relation, tuple);
	}
}

/* Triggers that somebody has put on a table or view of an extension. */
static void
relation_read_user_parts(SdrReader *reader, HeapTuple tuple, SdrObject *object)
{
	SdrRelation *relation = sdr_relation_at(reader, tuple, object);

	/* their conditions need the columns, which are not ours to report */
	(void) sdr_columns_gather(relation);
	relation->of_extension = true;
	(void) sdr_triggers_read(relation);
}

const SdrFamily sdr_relation_family = {
	.kinds = SDR_IN(TABLE) | SDR_IN(VIEW) | SDR_IN(MATVIEW) | SDR_IN(SEQUENCE),
	.catalog = RelationRelationId,
	.name_index = ClassNameNspIndexId,
	.identify = relation_identify,
	.read = relation_read,
	.has_user_parts = sdr_has_user_triggers,
	.read_user_parts = relation_read_user_parts,
};

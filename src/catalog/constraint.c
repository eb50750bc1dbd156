/*-------------------------------------------------------------------------
 *
 * constraint.c
 *	  Table constraints.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/live.h"
#include "catalog/indexing.h"
#include "catalog/pg_am.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_index.h"
#include "catalog/pg_operator.h"
#include "commands/trigger.h"
#include "compat.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"

static void read_key(SdrRelation *relation, SdrObject *object, HeapTuple tuple,
					 SdrIndex *index);
static void read_exclusion(SdrRelation *relation, SdrObject *object,
						   HeapTuple tuple, SdrIndex *index);
static void read_check(SdrRelation *relation, SdrObject *object,
					   HeapTuple tuple, SdrIndex *index);
static void read_foreign_key(SdrRelation *relation, SdrObject *object,
							 HeapTuple tuple, SdrIndex *index);

/*
 * Types of constraint.  Not listed: constraint triggers, which are triggers,
 * and NOT NULL, which is an attribute of its column.
 */
static const struct
{
	char		contype;
	const char *name;
	void		(*read) (SdrRelation *relation, SdrObject *object,
						 HeapTuple tuple, SdrIndex *index);
}			contypes[] = {
	{CONSTRAINT_PRIMARY, "primary key", read_key},
	{CONSTRAINT_UNIQUE, "unique", read_key},
	{CONSTRAINT_EXCLUSION, "exclusion", read_exclusion},
	{CONSTRAINT_CHECK, "check", read_check},
	{CONSTRAINT_FOREIGN, "foreign key", read_foreign_key},
};

static const char *
action_name(char action)
{
	switch (action)
	{
		case FKCONSTR_ACTION_NOACTION:
			return "no action";
		case FKCONSTR_ACTION_RESTRICT:
			return "restrict";
		case FKCONSTR_ACTION_CASCADE:
			return "cascade";
		case FKCONSTR_ACTION_SETNULL:
			return "set null";
		case FKCONSTR_ACTION_SETDEFAULT:
			return "set default";
	}
	elog(ERROR, "unrecognized foreign key action: %c", action);
}

static const char *
match_name(char match)
{
	switch (match)
	{
		case FKCONSTR_MATCH_SIMPLE:
			return "simple";
		case FKCONSTR_MATCH_FULL:
			return "full";
		case FKCONSTR_MATCH_PARTIAL:
			return "partial";
	}
	elog(ERROR, "unrecognized foreign key match type: %c", match);
}

static Datum
get(SdrRelation *relation, HeapTuple tuple, AttrNumber attr, bool *isnull)
{
	return sdr_get(relation->reader, ConstraintRelationId, tuple, attr, isnull);
}

/* Names for an array of column numbers of a relation; NIL for NULL. */
static List *
read_columns(SdrRelation *relation, HeapTuple tuple, AttrNumber attr, Oid of)
{
	List	   *names = NIL;
	bool		isnull;
	Datum		value = get(relation, tuple, attr, &isnull);
	ArrayType  *array;

	if (isnull)
		return NIL;
	array = DatumGetArrayTypeP(value);
	for (int i = 0; i < ARR_DIMS(array)[0]; i++)
	{
		AttrNumber	attnum = ((int16 *) ARR_DATA_PTR(array))[i];

		if (of == relation->oid && attnum > 0 && attnum <= relation->natts &&
			!relation->columns[attnum - 1].dropped)
			names = lappend(names, relation->columns[attnum - 1].name);
		else
			names = lappend(names, unconstify(char *, sdr_column_name(relation->reader,
																	  of, attnum)));
	}
	return names;
}

/* What belongs to the index behind a constraint. */
static void
read_index(SdrRelation *relation, SdrObject *object, SdrIndex *index)
{
	static const SdrCommon attrs = {
		.comment = SDR_CONSTRAINT_INDEX_COMMENT,
		.extensions = SDR_CONSTRAINT_INDEX_DEPENDS_ON_EXTENSIONS,
	};
	bool		isnull;
	Datum		value;

	if (index == NULL)
	{
		sdr_reader_gone(relation->reader);
		return;
	}
	value = sdr_get(relation->reader, RelationRelationId, index->class_tuple,
					Anum_pg_class_reloptions, &isnull);
	sdr_set_map(object, SDR_CONSTRAINT_OPTIONS, sdr_options(value, isnull));
	sdr_set_list(object, SDR_CONSTRAINT_INCLUDE,
				 sdr_index_include(relation, index));
	sdr_set_text(object, SDR_CONSTRAINT_TABLESPACE,
				 sdr_tablespace(relation->reader, index->class_tuple));
	sdr_set_text(object, SDR_CONSTRAINT_PARTITION_OF,
				 sdr_index_parent(relation->reader, index));
	sdr_set_bool(object, SDR_CONSTRAINT_INDEX_VALID,
				 ((Form_pg_index) GETSTRUCT(index->index_tuple))->indisvalid);
	sdr_set_map(object, SDR_CONSTRAINT_INDEX_STATISTICS,
				sdr_index_statistics(relation, index));
	sdr_common_read_as(relation->reader, object, &attrs, RelationRelationId,
					   index->oid, 0, index->class_tuple);
}

static void
read_key(SdrRelation *relation, SdrObject *object, HeapTuple tuple,
		 SdrIndex *index)
{
	sdr_set_list(object, SDR_CONSTRAINT_COLUMNS,
				 read_columns(relation, tuple, Anum_pg_constraint_conkey,
							  relation->oid));
	sdr_set_bool(object, SDR_CONSTRAINT_WITHOUT_OVERLAPS,
				 sdr_compat_conperiod((Form_pg_constraint) GETSTRUCT(tuple)));
	read_index(relation, object, index);
	if (index != NULL)
		sdr_set_bool(object, SDR_CONSTRAINT_NULLS_NOT_DISTINCT,
					 ((Form_pg_index) GETSTRUCT(index->index_tuple))->indnullsnotdistinct);
}

static void
read_exclusion(SdrRelation *relation, SdrObject *object, HeapTuple tuple,
			   SdrIndex *index)
{
	SdrReader  *reader = relation->reader;
	const SdrName *method;
	List	   *operators = NIL;
	ArrayType  *array;
	Datum		value;
	bool		isnull;

	read_index(relation, object, index);
	if (index == NULL)
		return;
	method = sdr_name(reader, AccessMethodRelationId,
					  ((Form_pg_class) GETSTRUCT(index->class_tuple))->relam);
	sdr_set_text(object, SDR_CONSTRAINT_METHOD,
				 method == NULL ? NULL : pstrdup(method->name));
	sdr_set_list(object, SDR_CONSTRAINT_KEYS, sdr_index_keys(relation, index));

	value = get(relation, tuple, Anum_pg_constraint_conexclop, &isnull);
	array = DatumGetArrayTypeP(value);
	for (int i = 0; i < ARR_DIMS(array)[0]; i++)
	{
		const SdrName *name = sdr_name(reader, OperatorRelationId,
									   ((Oid *) ARR_DATA_PTR(array))[i]);

		if (name == NULL)
			sdr_reader_gone(reader);
		else if (strcmp(name->schema, "pg_catalog") == 0)
			operators = lappend(operators, pstrdup(name->name));
		else
			operators = lappend(operators,
								psprintf("OPERATOR(%s.%s)",
										 quote_identifier(name->schema),
										 name->name));
	}
	sdr_set_list(object, SDR_CONSTRAINT_OPERATORS, operators);

	value = sdr_index_attr(relation, index, Anum_pg_index_indpred, &isnull);
	sdr_set_text(object, SDR_CONSTRAINT_WHERE,
				 isnull ? NULL : sdr_deparse(relation, value));
}

static void
read_check(SdrRelation *relation, SdrObject *object, HeapTuple tuple,
		   SdrIndex *index)
{
	bool		isnull;
	Datum		value = get(relation, tuple, Anum_pg_constraint_conbin, &isnull);

	if (!isnull)
		sdr_set_text(object, SDR_CONSTRAINT_EXPRESSION,
					 sdr_deparse(relation, value));
}

static void
read_foreign_key(SdrRelation *relation, SdrObject *object, HeapTuple tuple,
				 SdrIndex *index)
{
	Form_pg_constraint form = (Form_pg_constraint) GETSTRUCT(tuple);
	const SdrName *target = sdr_name(relation->reader, RelationRelationId,
									 form->confrelid);

	if (target == NULL)
	{
		sdr_reader_gone(relation->reader);
		return;
	}
	sdr_set_list(object, SDR_CONSTRAINT_COLUMNS,
				 read_columns(relation, tuple, Anum_pg_constraint_conkey,
							  relation->oid));
	sdr_set_text(object, SDR_CONSTRAINT_REFERENCES_SCHEMA,
				 pstrdup(target->schema));
	sdr_set_text(object, SDR_CONSTRAINT_REFERENCES_TABLE,
				 pstrdup(target->name));
	sdr_set_list(object, SDR_CONSTRAINT_REFERENCES_COLUMNS,
				 read_columns(relation, tuple, Anum_pg_constraint_confkey,
							  form->confrelid));
	sdr_set_text(object, SDR_CONSTRAINT_ON_DELETE,
				 action_name(form->confdeltype));
	sdr_set_list(object, SDR_CONSTRAINT_ON_DELETE_COLUMNS,
				 read_columns(relation, tuple,
							  Anum_pg_constraint_confdelsetcols,
							  relation->oid));
	sdr_set_text(object, SDR_CONSTRAINT_ON_UPDATE,
				 action_name(form->confupdtype));
	sdr_set_text(object, SDR_CONSTRAINT_MATCH,
				 match_name(form->confmatchtype));
	sdr_set_bool(object, SDR_CONSTRAINT_WITHOUT_OVERLAPS,
				 sdr_compat_conperiod(form));
}

static SdrIndex *
find_index(List *indexes, Oid oid)
{
	ListCell   *lc;

	foreach(lc, indexes)
	{
		SdrIndex   *index = lfirst(lc);

		if (index->oid == oid)
			return index;
	}
	return NULL;
}

/*
 * NOT NULL as PostgreSQL 18 keeps it.  To everybody but the server it is a
 * property of the column.
 */
static void
read_not_null(SdrRelation *relation, HeapTuple tuple)
{
	static const SdrCommon attrs = {.comment = SDR_COLUMN_NOT_NULL_COMMENT};
	Form_pg_constraint form = (Form_pg_constraint) GETSTRUCT(tuple);
	List	   *columns = read_columns(relation, tuple,
									   Anum_pg_constraint_conkey,
									   relation->oid);

	for (int i = 0; i < relation->object->nchildren && columns != NIL; i++)
	{
		SdrObject  *column = relation->object->children[i];

		if (column->kind->id != SDR_KIND_COLUMN ||
			strcmp(column->name, linitial(columns)) != 0)
			continue;
		sdr_set_bool(column, SDR_COLUMN_NOT_NULL_VALIDATED, form->convalidated);
		sdr_set_bool(column, SDR_COLUMN_NOT_NULL_NO_INHERIT,
					 form->connoinherit);
		sdr_set_bool(column, SDR_COLUMN_NOT_NULL_LOCAL, form->conislocal);
		sdr_set_implied(column, SDR_COLUMN_NOT_NULL_LOCAL,
						form->conislocal == (form->coninhcount == 0));
		sdr_set_text(column, SDR_COLUMN_NOT_NULL_NAME,
					 pstrdup(NameStr(form->conname)));
		/* what is only inherited has its name from the parent's */
		sdr_set_implied(column, SDR_COLUMN_NOT_NULL_NAME,
						!form->conislocal ||
						sdr_is_made_name(NameStr(form->conname),
										 relation->name, column->name,
										 "not_null"));
		sdr_common_read_as(relation->reader, column, &attrs,
						   ConstraintRelationId, form->oid, 0, tuple);
	}
}

static void
read_constraint(SdrRelation *relation, HeapTuple tuple, List *indexes)
{
	Form_pg_constraint form = (Form_pg_constraint) GETSTRUCT(tuple);
	SdrObject  *object;
	SdrIndex   *index = NULL;
	int			i = 0;

	if (form->contype == SDR_CONSTRAINT_NOTNULL)
	{
		read_not_null(relation, tuple);
		return;
	}
	while (i < lengthof(contypes) && contypes[i].contype != form->contype)
		i++;
	if (i == lengthof(contypes))
		return;

	/*
	 * A foreign key of a partition that comes from its parent has no life of
	 * its own, nor have those that the server makes for each partition of the
	 * referenced table.
	 */
	if (form->contype == CONSTRAINT_FOREIGN && OidIsValid(form->conparentid))
		return;

	/* conindid of a foreign key is the referenced table's index */
	if (form->contype != CONSTRAINT_FOREIGN && OidIsValid(form->conindid))
	{
		index = find_index(indexes, form->conindid);
		if (index != NULL)
			index->of_constraint = true;
	}

	object = sdr_object_new(SDR_KIND_CONSTRAINT, pstrdup(NameStr(form->conname)),
							relation->object);
	sdr_set_text(object, SDR_CONSTRAINT_TYPE, contypes[i].name);
	sdr_set_bool(object, SDR_CONSTRAINT_DEFERRABLE, form->condeferrable);
	sdr_set_bool(object, SDR_CONSTRAINT_INITIALLY_DEFERRED, form->condeferred);
	sdr_set_bool(object, SDR_CONSTRAINT_VALIDATED, form->convalidated);
	sdr_set_bool(object, SDR_CONSTRAINT_ENFORCED, sdr_compat_conenforced(form));
	/* the server sets the flag for keys too, where it says nothing */
	sdr_set_bool(object, SDR_CONSTRAINT_NO_INHERIT,
				 form->contype == CONSTRAINT_CHECK && form->connoinherit);
	sdr_set_bool(object, SDR_CONSTRAINT_INHERITED, form->coninhcount > 0);
	sdr_set_bool(object, SDR_CONSTRAINT_LOCAL, form->conislocal);
	sdr_set_implied(object, SDR_CONSTRAINT_LOCAL,
					form->conislocal == (form->coninhcount == 0));
	contypes[i].read(relation, object, tuple, index);
	sdr_common_read(relation->reader, object, ConstraintRelationId, form->oid,
					0, tuple);
}

/* Read the constraints, and mark the indexes that are part of one. */
void
sdr_constraints_read(SdrRelation *relation, List *indexes)
{
	SysScanDesc scan = sdr_scan_oid(relation->reader, ConstraintRelationId,
									ConstraintRelidTypidNameIndexId,
									Anum_pg_constraint_conrelid, relation->oid);
	HeapTuple	tuple;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
		read_constraint(relation, tuple, indexes);
	systable_endscan(scan);
}

/*-------------------------------------------------------------------------
 *
 * sequence.c
 *	  Sequences, on their own and behind identity columns.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/live.h"
#include "catalog/dependency.h"
#include "catalog/indexing.h"
#include "catalog/pg_class.h"
#include "catalog/pg_depend.h"
#include "catalog/pg_sequence.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"

/* The attributes of a sequence, in the two kinds that have them. */
typedef struct SequenceAttrs
{
	SdrAttrId	start;
	SdrAttrId	increment;
	SdrAttrId	min;
	SdrAttrId	max;
	SdrAttrId	cache;
	SdrAttrId	cycle;
} SequenceAttrs;

static const SequenceAttrs sequence_attrs = {
	SDR_SEQUENCE_START, SDR_SEQUENCE_INCREMENT, SDR_SEQUENCE_MIN,
	SDR_SEQUENCE_MAX, SDR_SEQUENCE_CACHE, SDR_SEQUENCE_CYCLE
};

static const SequenceAttrs identity_attrs = {
	SDR_COLUMN_IDENTITY_START, SDR_COLUMN_IDENTITY_INCREMENT,
	SDR_COLUMN_IDENTITY_MIN, SDR_COLUMN_IDENTITY_MAX,
	SDR_COLUMN_IDENTITY_CACHE, SDR_COLUMN_IDENTITY_CYCLE
};

/*
 * The column that a sequence depends on: in *table and *attnum, with the kind
 * of dependency as result, '\0' if there is none.
 */
static char
find_owner(SdrReader *reader, Oid sequence, Oid *table, AttrNumber *attnum)
{
	ScanKeyData keys[2];
	SysScanDesc scan;
	HeapTuple	tuple;
	char		deptype = '\0';

	ScanKeyInit(&keys[0], Anum_pg_depend_classid, BTEqualStrategyNumber,
				F_OIDEQ, ObjectIdGetDatum(RelationRelationId));
	ScanKeyInit(&keys[1], Anum_pg_depend_objid, BTEqualStrategyNumber,
				F_OIDEQ, ObjectIdGetDatum(sequence));
	scan = sdr_scan(reader, DependRelationId, DependDependerIndexId, 2, keys);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_depend form = (Form_pg_depend) GETSTRUCT(tuple);

		if (form->refclassid == RelationRelationId && form->refobjsubid != 0 &&
			(form->deptype == DEPENDENCY_AUTO ||
			 form->deptype == DEPENDENCY_INTERNAL))
		{
			deptype = form->deptype;
			*table = form->refobjid;
			*attnum = form->refobjsubid;
		}
	}
	systable_endscan(scan);
	return deptype;
}

/* Is the sequence part of an identity column? */
bool
sdr_sequence_is_internal(SdrReader *reader, Oid sequence)
{
	Oid			table;
	AttrNumber	attnum;

	return find_owner(reader, sequence, &table, &attnum) ==
		DEPENDENCY_INTERNAL;
}

/* The type of the sequence, InvalidOid if it has gone. */
static Oid
read_parameters(SdrReader *reader, SdrObject *object,
				const SequenceAttrs *attrs, Oid sequence)
{
	HeapTuple	tuple = sdr_fetch(reader, SequenceRelationId,
								  SequenceRelidIndexId,
								  Anum_pg_sequence_seqrelid, sequence);
	Form_pg_sequence form;

	if (!HeapTupleIsValid(tuple))
	{
		sdr_reader_gone(reader);
		return InvalidOid;
	}
	form = (Form_pg_sequence) GETSTRUCT(tuple);
	sdr_set_int(object, attrs->start, form->seqstart);
	sdr_set_int(object, attrs->increment, form->seqincrement);
	sdr_set_int(object, attrs->min, form->seqmin);
	sdr_set_int(object, attrs->max, form->seqmax);
	sdr_set_int(object, attrs->cache, form->seqcache);
	sdr_set_bool(object, attrs->cycle, form->seqcycle);
	return form->seqtypid;
}

/* Read a sequence that stands on its own. */
void
sdr_sequence_read(SdrRelation *relation, HeapTuple class_tuple)
{
	SdrReader  *reader = relation->reader;
	SdrObject  *object = relation->object;
	const char *owned_by = NULL;
	Oid			type;
	Oid			table;
	AttrNumber	attnum;

	type = read_parameters(reader, object, &sequence_attrs, relation->oid);
	if (!OidIsValid(type))
		return;
	sdr_set_text(object, SDR_SEQUENCE_TYPE, sdr_type(reader, type, -1)->text);
	if (find_owner(reader, relation->oid, &table, &attnum) == DEPENDENCY_AUTO)
	{
		const SdrName *name = sdr_name(reader, RelationRelationId, table);

		if (name == NULL)
			sdr_reader_gone(reader);
		else
			owned_by = psprintf("%s.%s", name->text,
								quote_identifier(sdr_column_name(reader, table,
																 attnum)));
	}
	sdr_set_text(object, SDR_SEQUENCE_OWNED_BY, owned_by);
	sdr_set_bool(object, SDR_SEQUENCE_UNLOGGED,
				 ((Form_pg_class) GETSTRUCT(class_tuple))->relpersistence ==
				 RELPERSISTENCE_UNLOGGED);
}

/* The sequence behind an identity column; InvalidOid if there is none. */
static Oid
find_sequence(SdrRelation *relation, AttrNumber attnum)
{
	ScanKeyData keys[3];
	SysScanDesc scan;
	HeapTuple	tuple;
	Oid			sequence = InvalidOid;

	ScanKeyInit(&keys[0], Anum_pg_depend_refclassid, BTEqualStrategyNumber,
				F_OIDEQ, ObjectIdGetDatum(RelationRelationId));
	ScanKeyInit(&keys[1], Anum_pg_depend_refobjid, BTEqualStrategyNumber,
				F_OIDEQ, ObjectIdGetDatum(relation->oid));
	ScanKeyInit(&keys[2], Anum_pg_depend_refobjsubid, BTEqualStrategyNumber,
				F_INT4EQ, Int32GetDatum(attnum));
	scan = sdr_scan(relation->reader, DependRelationId, DependReferenceIndexId,
					3, keys);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_depend form = (Form_pg_depend) GETSTRUCT(tuple);

		if (form->classid == RelationRelationId &&
			form->deptype == DEPENDENCY_INTERNAL)
			sequence = form->objid;
	}
	systable_endscan(scan);
	return sequence;
}

/* What the sequence has as a relation of its own. */
static void
read_as_relation(SdrRelation *relation, SdrObject *column, Oid sequence)
{
	static const SdrCommon attrs = {
		.privileges = SDR_COLUMN_IDENTITY_PRIVILEGES,
		.comment = SDR_COLUMN_IDENTITY_COMMENT,
		.labels = SDR_COLUMN_IDENTITY_SECURITY_LABELS,
		.acl_type = OBJECT_SEQUENCE,
	};
	SdrReader  *reader = relation->reader;
	HeapTuple	tuple = sdr_fetch(reader, RelationRelationId, ClassOidIndexId,
								  Anum_pg_class_oid, sequence);
	Form_pg_class form;
	bool		unlogged;

	if (!HeapTupleIsValid(tuple))
	{
		sdr_reader_gone(reader);
		return;
	}
	form = (Form_pg_class) GETSTRUCT(tuple);
	unlogged = form->relpersistence == RELPERSISTENCE_UNLOGGED;

	sdr_set_text(column, SDR_COLUMN_IDENTITY_SEQUENCE,
				 NameStr(form->relname));
	sdr_set_implied(column, SDR_COLUMN_IDENTITY_SEQUENCE,
					sdr_is_made_name(NameStr(form->relname), relation->name,
									 column->name, "seq"));
	sdr_set_bool(column, SDR_COLUMN_IDENTITY_UNLOGGED, unlogged);
	sdr_set_implied(column, SDR_COLUMN_IDENTITY_UNLOGGED,
					unlogged == relation->is_unlogged);
	sdr_common_read_as(reader, column, &attrs, RelationRelationId, sequence, 0,
					   tuple);
}

/*
 * Read the sequence behind an identity column into the column.  A partition's
 * identity column uses the sequence of its parent (17), and has none.
 */
void
sdr_identity_read(SdrRelation *relation, SdrObject *column,
				  Form_pg_attribute form)
{
	Oid			sequence = find_sequence(relation, form->attnum);
	Oid			type;

	if (!OidIsValid(sequence))
		return;
	type = read_parameters(relation->reader, column, &identity_attrs,
						   sequence);
	if (!OidIsValid(type))
		return;
	sdr_set_text(column, SDR_COLUMN_IDENTITY_TYPE,
				 sdr_type(relation->reader, type, -1)->text);
	sdr_set_implied(column, SDR_COLUMN_IDENTITY_TYPE, type == form->atttypid);
	read_as_relation(relation, column, sequence);
}

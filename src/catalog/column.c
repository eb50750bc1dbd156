/*-------------------------------------------------------------------------
 *
 * column.c
 *	  Columns of tables and views.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/toast_compression.h"
#include "access/transam.h"
#include "catalog/live.h"
#include "catalog/indexing.h"
#include "catalog/pg_attrdef.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "compat.h"
#include "nodes/primnodes.h"
#include "nodes/readfuncs.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"

/* The same for columns and types. */
const char *
sdr_storage_name(char storage)
{
	switch (storage)
	{
		case TYPSTORAGE_PLAIN:
			return "plain";
		case TYPSTORAGE_EXTERNAL:
			return "external";
		case TYPSTORAGE_EXTENDED:
			return "extended";
		case TYPSTORAGE_MAIN:
			return "main";
	}
	elog(ERROR, "unrecognized storage: %c", storage);
}

static const char *
compression_name(char compression)
{
	switch (compression)
	{
		case InvalidCompressionMethod:
			return NULL;
		case TOAST_PGLZ_COMPRESSION:
			return "pglz";
		case TOAST_LZ4_COMPRESSION:
			return "lz4";
	}
	elog(ERROR, "unrecognized compression method: %c", compression);
}

static void
read_collation(SdrRelation *relation, SdrObject *column, Oid collation,
			   Oid type_collation)
{
	const SdrName *name = NULL;

	if (OidIsValid(collation) && collation != type_collation)
	{
		name = sdr_name(relation->reader, CollationRelationId, collation);
		if (name == NULL)
			sdr_reader_gone(relation->reader);
	}
	sdr_set_text(column, SDR_COLUMN_COLLATION,
				 name == NULL ? NULL : pstrdup(name->text));
}

/* The statistics target of a row of pg_attribute; false for the default. */
bool
sdr_statistics_target(SdrReader *reader, HeapTuple tuple, int *target)
{
	bool		isnull;
	Datum		value = sdr_get(reader, AttributeRelationId, tuple,
								Anum_pg_attribute_attstattarget, &isnull);

	/* 32 bits in PostgreSQL 15, 16 since, and -1 for the default until 16 */
	*target = isnull ? -1 : DatumGetInt16(value);
	return *target >= 0;
}

static void
read_statistics(SdrRelation *relation, SdrObject *column, HeapTuple tuple)
{
	int			target;

	if (sdr_statistics_target(relation->reader, tuple, &target))
		sdr_set_int(column, SDR_COLUMN_STATISTICS, target);
	else
		sdr_set_text(column, SDR_COLUMN_STATISTICS, NULL);
}

static List *
read_options(SdrRelation *relation, HeapTuple tuple, AttrNumber attr)
{
	bool		isnull;
	Datum		options = sdr_get(relation->reader, AttributeRelationId, tuple,
								  attr, &isnull);

	return sdr_options(options, isnull);
}

/* Set the default or the expression of a generated column, NULL for none. */
static void
read_expression(SdrRelation *relation, SdrObject *column,
				Form_pg_attribute form, const char *expression)
{
	bool		generated = form->attgenerated != '\0';

	sdr_set_text(column, SDR_COLUMN_DEFAULT, generated ? NULL : expression);
	sdr_set_text(column, SDR_COLUMN_GENERATED, generated ? expression : NULL);
	sdr_set_bool(column, SDR_COLUMN_VIRTUAL, sdr_compat_att_is_virtual(form));
}

static SdrObject *
read_column(SdrRelation *relation, HeapTuple tuple, int position)
{
	Form_pg_attribute form = (Form_pg_attribute) GETSTRUCT(tuple);
	const SdrType *type = sdr_type(relation->reader, form->atttypid,
								   form->atttypmod);
	SdrObject  *column;

	column = sdr_object_new(SDR_KIND_COLUMN,
							relation->columns[form->attnum - 1].name,
							relation->object);
	column->attnum = form->attnum;

	sdr_set_text(column, SDR_COLUMN_TYPE, type->text);
	sdr_set_bool(column, SDR_COLUMN_NOT_NULL, form->attnotnull);
	/* changed by the constraint behind it, where there is one */
	sdr_set_bool(column, SDR_COLUMN_NOT_NULL_VALIDATED, true);
	sdr_set_bool(column, SDR_COLUMN_NOT_NULL_NO_INHERIT, false);
	read_expression(relation, column, form, NULL);
	sdr_set_text(column, SDR_COLUMN_IDENTITY_GENERATION,
				 form->attidentity == '\0' ? NULL :
				 form->attidentity == ATTRIBUTE_IDENTITY_ALWAYS ?
				 "always" : "by default");
	if (form->attidentity != '\0')
		sdr_identity_read(relation, column, form);
	read_collation(relation, column, form->attcollation, type->collation);

	/*
	 * pg_dump cannot keep the order of inherited columns among a child's own,
	 * so it is no property that a copy could have.
	 */
	if (!relation->is_child)
		sdr_set_int(column, SDR_COLUMN_POSITION, position);

	sdr_set_text(column, SDR_COLUMN_STORAGE, sdr_storage_name(form->attstorage));
	sdr_set_implied(column, SDR_COLUMN_STORAGE,
					form->attstorage == type->storage);
	sdr_set_text(column, SDR_COLUMN_COMPRESSION,
				 compression_name(form->attcompression));
	read_statistics(relation, column, tuple);
	sdr_set_map(column, SDR_COLUMN_OPTIONS,
				read_options(relation, tuple, Anum_pg_attribute_attoptions));
	sdr_set_map(column, SDR_COLUMN_FOREIGN_OPTIONS,
				sdr_secrets_hide(column,
								 read_options(relation, tuple,
											  Anum_pg_attribute_attfdwoptions),
								 sdr_secret_option));
	sdr_set_bool(column, SDR_COLUMN_INHERITED, form->attinhcount > 0);
	sdr_set_bool(column, SDR_COLUMN_LOCAL, form->attislocal);
	sdr_set_implied(column, SDR_COLUMN_LOCAL,
					form->attislocal == (form->attinhcount == 0));
	sdr_common_read(relation->reader, column, AttributeRelationId,
					relation->oid, form->attnum, tuple);
	return column;
}

/*
 * The server keeps DEFAULT NULL when a cast to the column's length or the like
 * is about it, which does nothing.  That to a domain does: it overrides the
 * domain's own default.
 */
static bool
is_null_constant(Node *node)
{
	while (!IsA(node, Const))
	{
		FuncExpr   *func = (FuncExpr *) node;

		if (IsA(node, RelabelType))
			node = (Node *) ((RelabelType *) node)->arg;
		else if (IsA(node, ArrayCoerceExpr))
			node = (Node *) ((ArrayCoerceExpr *) node)->arg;
		else if (IsA(node, FuncExpr) &&
				 func->funcformat != COERCE_EXPLICIT_CALL &&
				 func->funcid < FirstNormalObjectId && func->args != NIL)
			node = linitial(func->args);
		else
			return false;
	}
	return ((Const *) node)->constisnull;
}

/* Rows of pg_attrdef, once the names of all columns are known. */
static void
read_defaults(SdrRelation *relation, Form_pg_attribute *forms,
			  SdrObject **objects)
{
	SysScanDesc scan = sdr_scan_oid(relation->reader, AttrDefaultRelationId,
									AttrDefaultIndexId,
									Anum_pg_attrdef_adrelid, relation->oid);
	HeapTuple	tuple;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		AttrNumber	attnum = ((Form_pg_attrdef) GETSTRUCT(tuple))->adnum;
		bool		isnull;
		Datum		value;

		if (attnum > relation->natts || objects[attnum - 1] == NULL)
			continue;
		value = sdr_get(relation->reader, AttrDefaultRelationId, tuple,
						Anum_pg_attrdef_adbin, &isnull);
		if (!isnull && !is_null_constant(stringToNode(TextDatumGetCString(value))))
			read_expression(relation, objects[attnum - 1], forms[attnum - 1],
							sdr_deparse(relation, value));
	}
	systable_endscan(scan);
}

/*
 * Learn what the relation's columns are called.  Returns copies of their rows
 * in pg_attribute, by column number - 1.
 */
HeapTuple *
sdr_columns_gather(SdrRelation *relation)
{
	HeapTuple  *rows = palloc0(sizeof(HeapTuple) * relation->natts);
	ScanKeyData keys[2];
	SysScanDesc scan;
	HeapTuple	tuple;

	ScanKeyInit(&keys[0], Anum_pg_attribute_attrelid, BTEqualStrategyNumber,
				F_OIDEQ, ObjectIdGetDatum(relation->oid));
	ScanKeyInit(&keys[1], Anum_pg_attribute_attnum, BTGreaterStrategyNumber,
				F_INT2GT, Int16GetDatum(0));
	scan = sdr_scan(relation->reader, AttributeRelationId,
					AttributeRelidNumIndexId, 2, keys);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		int			i = ((Form_pg_attribute) GETSTRUCT(tuple))->attnum - 1;

		if (i < relation->natts)
			rows[i] = heap_copytuple(tuple);
	}
	systable_endscan(scan);

	relation->columns = palloc0(sizeof(SdrColumn) * relation->natts);
	for (int i = 0; i < relation->natts; i++)
	{
		SdrColumn  *column = &relation->columns[i];
		Form_pg_attribute form;

		column->dropped = rows[i] == NULL ||
			((Form_pg_attribute) GETSTRUCT(rows[i]))->attisdropped;
		if (column->dropped)
			continue;
		form = (Form_pg_attribute) GETSTRUCT(rows[i]);
		column->name = pstrdup(NameStr(form->attname));
		column->type = form->atttypid;
		column->typmod = form->atttypmod;
		column->collation = form->attcollation;
	}
	return rows;
}

/* Read the columns, as children of the relation's object. */
void
sdr_columns_read(SdrRelation *relation)
{
	HeapTuple  *rows = sdr_columns_gather(relation);
	Form_pg_attribute *forms = palloc0(sizeof(*forms) * relation->natts);
	SdrObject **objects = palloc0(sizeof(*objects) * relation->natts);
	bool		has_defaults = false;
	int			position = 0;

	for (int i = 0; i < relation->natts; i++)
	{
		if (relation->columns[i].dropped)
			continue;
		forms[i] = (Form_pg_attribute) GETSTRUCT(rows[i]);
		objects[i] = read_column(relation, rows[i], ++position);
		has_defaults |= forms[i]->atthasdef;
	}
	if (has_defaults)
		read_defaults(relation, forms, objects);
}

/*-------------------------------------------------------------------------
 *
 * type.c
 *	  What stands in pg_type: domains, composite types, ranges, base types,
 *	  shell types, enums.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/live.h"
#include "catalog/indexing.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_enum.h"
#include "catalog/pg_opclass.h"
#include "catalog/pg_range.h"
#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"

static bool is_no_array(SdrReader *reader, Form_pg_type form);
static bool is_no_row_type(SdrReader *reader, Form_pg_type form);
static bool is_shell(SdrReader *reader, Form_pg_type form);
static void base_read(SdrReader *reader, HeapTuple tuple, SdrObject *object);
static void composite_read(SdrReader *reader, HeapTuple tuple,
						   SdrObject *object);
static void domain_read(SdrReader *reader, HeapTuple tuple, SdrObject *object);
static void enum_read(SdrReader *reader, HeapTuple tuple, SdrObject *object);
static void range_read(SdrReader *reader, HeapTuple tuple, SdrObject *object);

/*
 * How each kind of type is told from others and read.  Not listed:
 * multiranges, each of which is part of its range.
 */
static const struct
{
	char		typtype;
	SdrKindId	kind;
	bool		(*is_ours) (SdrReader *reader, Form_pg_type form);
	void		(*read) (SdrReader *reader, HeapTuple tuple, SdrObject *object);
}			typtypes[] = {
	{TYPTYPE_BASE, SDR_KIND_BASE, is_no_array, base_read},
	{TYPTYPE_COMPOSITE, SDR_KIND_COMPOSITE, is_no_row_type, composite_read},
	{TYPTYPE_DOMAIN, SDR_KIND_DOMAIN, NULL, domain_read},
	{TYPTYPE_ENUM, SDR_KIND_ENUM, NULL, enum_read},
	{TYPTYPE_PSEUDO, SDR_KIND_SHELL, is_shell, NULL},
	{TYPTYPE_RANGE, SDR_KIND_RANGE, NULL, range_read},
};

/* Arrays come and go with their elements' types. */
static bool
is_no_array(SdrReader *reader, Form_pg_type form)
{
	return !IsTrueArrayType(form);
}

/* Every table has a composite type, too. */
static bool
is_no_row_type(SdrReader *reader, Form_pg_type form)
{
	FormData_pg_class class;

	return sdr_relation_form(reader, form->typrelid, &class) &&
		class.relkind == RELKIND_COMPOSITE_TYPE;
}

static bool
is_shell(SdrReader *reader, Form_pg_type form)
{
	return !form->typisdefined;
}

static bool
type_identify(SdrReader *reader, HeapTuple tuple, SdrEntry *entry)
{
	Form_pg_type form = (Form_pg_type) GETSTRUCT(tuple);

	for (int i = 0; i < lengthof(typtypes); i++)
	{
		if (typtypes[i].typtype != form->typtype)
			continue;
		if (typtypes[i].is_ours != NULL && !typtypes[i].is_ours(reader, form))
			return false;
		entry->item.kind = sdr_kind(typtypes[i].kind);
		entry->item.name = pstrdup(NameStr(form->typname));
		return true;
	}
	return false;
}

static void
type_read(SdrReader *reader, HeapTuple tuple, SdrObject *object)
{
	for (int i = 0; i < lengthof(typtypes); i++)
	{
		if (typtypes[i].kind == object->kind->id && typtypes[i].read != NULL)
			typtypes[i].read(reader, tuple, object);
	}
}

static void
set_collation(SdrReader *reader, SdrObject *object, SdrAttrId attr,
			  Oid collation, Oid own_collation)
{
	sdr_set_text(object, attr,
				 collation == own_collation ? NULL :
				 sdr_optional_name(reader, CollationRelationId, collation));
}

/* A stored expression that has no columns. */
static const char *
deparse_alone(SdrReader *reader, Datum node_text)
{
	SdrRelation nothing = {.reader = reader,.name = ""};

	return sdr_deparse(&nothing, node_text);
}

static void
read_domain_constraint(SdrReader *reader, HeapTuple tuple, SdrObject *domain)
{
	Form_pg_constraint form = (Form_pg_constraint) GETSTRUCT(tuple);
	SdrObject  *object;
	Datum		value;
	bool		isnull;

	object = sdr_object_new(SDR_KIND_CONSTRAINT, pstrdup(NameStr(form->conname)),
							domain);
	sdr_set_text(object, SDR_CONSTRAINT_TYPE, "check");
	value = sdr_get(reader, ConstraintRelationId, tuple,
					Anum_pg_constraint_conbin, &isnull);
	sdr_set_text(object, SDR_CONSTRAINT_EXPRESSION,
				 isnull ? NULL : deparse_alone(reader, value));
	sdr_set_bool(object, SDR_CONSTRAINT_VALIDATED, form->convalidated);
	sdr_set_bool(object, SDR_CONSTRAINT_ENFORCED, sdr_compat_conenforced(form));
	sdr_common_read(reader, object, ConstraintRelationId, form->oid, 0, tuple);
}

/* NOT NULL as PostgreSQL 17 keeps it; that it is there is said already. */
static void
read_domain_not_null(SdrReader *reader, HeapTuple tuple, SdrObject *domain)
{
	static const SdrCommon attrs = {.comment = SDR_DOMAIN_NOT_NULL_COMMENT};
	Form_pg_constraint form = (Form_pg_constraint) GETSTRUCT(tuple);

	sdr_set_text(domain, SDR_DOMAIN_NOT_NULL_NAME,
				 pstrdup(NameStr(form->conname)));
	sdr_set_implied(domain, SDR_DOMAIN_NOT_NULL_NAME,
					sdr_is_made_name(NameStr(form->conname), domain->name,
									 NULL, "not_null"));
	sdr_common_read_as(reader, domain, &attrs, ConstraintRelationId, form->oid,
					   0, tuple);
}

static void
domain_read(SdrReader *reader, HeapTuple tuple, SdrObject *object)
{
	Form_pg_type form = (Form_pg_type) GETSTRUCT(tuple);
	const SdrType *type = sdr_type(reader, form->typbasetype, form->typtypmod);
	SysScanDesc scan;
	Datum		value;
	bool		isnull;

	sdr_set_text(object, SDR_DOMAIN_TYPE, type->text);
	sdr_set_bool(object, SDR_DOMAIN_NOT_NULL, form->typnotnull);
	value = sdr_get(reader, TypeRelationId, tuple,
					Anum_pg_type_typdefaultbin, &isnull);
	sdr_set_text(object, SDR_DOMAIN_DEFAULT,
				 isnull ? NULL : deparse_alone(reader, value));
	set_collation(reader, object, SDR_DOMAIN_COLLATION, form->typcollation,
				  type->collation);

	scan = sdr_scan_oid(reader, ConstraintRelationId, ConstraintTypidIndexId,
						Anum_pg_constraint_contypid, object->oid);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_constraint constraint = (Form_pg_constraint) GETSTRUCT(tuple);

		if (constraint->contype == CONSTRAINT_CHECK)
			read_domain_constraint(reader, tuple, object);
		else if (constraint->contype == SDR_CONSTRAINT_NOTNULL)
			read_domain_not_null(reader, tuple, object);
	}
	systable_endscan(scan);
}

static void
composite_read(SdrReader *reader, HeapTuple tuple, SdrObject *object)
{
	Form_pg_type form = (Form_pg_type) GETSTRUCT(tuple);
	SdrRelation *relation = palloc0(sizeof(SdrRelation));
	FormData_pg_class class;

	if (!sdr_relation_form(reader, form->typrelid, &class))
	{
		sdr_reader_gone(reader);
		return;
	}
	relation->reader = reader;
	relation->object = object;
	relation->oid = form->typrelid;
	relation->name = pstrdup(NameStr(form->typname));
	relation->relkind = class.relkind;
	relation->natts = class.relnatts;
	sdr_columns_read(relation);
}

/*
 * The multirange type that goes with a range type.  Not its owner: PostgreSQL
 * 15 and 16 leave that behind when the range gets another, and so does a dump.
 */
static void
read_multirange(SdrReader *reader, SdrObject *object, Oid oid)
{
	static const SdrCommon attrs = {
		.privileges = SDR_RANGE_MULTIRANGE_PRIVILEGES,
		.comment = SDR_RANGE_MULTIRANGE_COMMENT,
		.labels = SDR_RANGE_MULTIRANGE_SECURITY_LABELS,
		.acl_type = OBJECT_TYPE,
	};
	HeapTuple	tuple = sdr_fetch(reader, TypeRelationId, TypeOidIndexId,
								  Anum_pg_type_oid, oid);

	if (!HeapTupleIsValid(tuple))
	{
		sdr_reader_gone(reader);
		return;
	}
	sdr_set_text(object, SDR_RANGE_MULTIRANGE_TYPE,
				 sdr_type(reader, oid, -1)->text);
	sdr_common_read_as(reader, object, &attrs, TypeRelationId, oid, 0, tuple);
}

static void
range_read(SdrReader *reader, HeapTuple tuple, SdrObject *object)
{
	static const SdrFunctionAttr functions[] = {
		{SDR_RANGE_CANONICAL, Anum_pg_range_rngcanonical},
		{SDR_RANGE_SUBTYPE_DIFF, Anum_pg_range_rngsubdiff},
	};
	Form_pg_range form;
	const SdrType *subtype;

	tuple = sdr_fetch(reader, RangeRelationId, RangeTypidIndexId,
					  Anum_pg_range_rngtypid, object->oid);
	if (!HeapTupleIsValid(tuple))
	{
		sdr_reader_gone(reader);
		return;
	}
	form = (Form_pg_range) GETSTRUCT(tuple);
	subtype = sdr_type(reader, form->rngsubtype, -1);

	sdr_set_text(object, SDR_RANGE_SUBTYPE, subtype->text);
	sdr_set_text(object, SDR_RANGE_SUBTYPE_OPCLASS,
				 sdr_opclass_is_default(reader, form->rngsubopc,
										form->rngsubtype) ? NULL :
				 sdr_name_text(reader, OperatorClassRelationId,
							   form->rngsubopc));
	set_collation(reader, object, SDR_RANGE_COLLATION, form->rngcollation,
				  subtype->collation);
	sdr_functions_read(reader, object, RangeRelationId, tuple, functions,
					   lengthof(functions));
	read_multirange(reader, object, form->rngmultitypid);
}

static const char *
alignment_name(char alignment)
{
	switch (alignment)
	{
		case TYPALIGN_CHAR:
			return "char";
		case TYPALIGN_SHORT:
			return "int2";
		case TYPALIGN_INT:
			return "int4";
		case TYPALIGN_DOUBLE:
			return "double";
	}
	elog(ERROR, "unrecognized alignment: %c", alignment);
}

/* A "char", which may be a part of a character only. */
static const char *
letter_text(char c)
{
	return IS_HIGHBIT_SET(c) ? psprintf("\\%03o", (unsigned char) c) :
		psprintf("%c", c);
}

static void
base_read(SdrReader *reader, HeapTuple tuple, SdrObject *object)
{
	static const SdrFunctionAttr functions[] = {
		{SDR_BASE_INPUT, Anum_pg_type_typinput},
		{SDR_BASE_OUTPUT, Anum_pg_type_typoutput},
		{SDR_BASE_RECEIVE, Anum_pg_type_typreceive},
		{SDR_BASE_SEND, Anum_pg_type_typsend},
		{SDR_BASE_TYPMOD_IN, Anum_pg_type_typmodin},
		{SDR_BASE_TYPMOD_OUT, Anum_pg_type_typmodout},
		{SDR_BASE_ANALYZE, Anum_pg_type_typanalyze},
		{SDR_BASE_SUBSCRIPT, Anum_pg_type_typsubscript},
	};
	Form_pg_type form = (Form_pg_type) GETSTRUCT(tuple);

	sdr_functions_read(reader, object, TypeRelationId, tuple, functions,
					   lengthof(functions));
	sdr_set_int(object, SDR_BASE_LENGTH, form->typlen);
	sdr_set_bool(object, SDR_BASE_PASSED_BY_VALUE, form->typbyval);
	sdr_set_text(object, SDR_BASE_ALIGNMENT, alignment_name(form->typalign));
	sdr_set_text(object, SDR_BASE_STORAGE, sdr_storage_name(form->typstorage));
	sdr_set_text(object, SDR_BASE_CATEGORY, letter_text(form->typcategory));
	sdr_set_bool(object, SDR_BASE_PREFERRED, form->typispreferred);
	sdr_set_text(object, SDR_BASE_DEFAULT,
				 sdr_get_text(reader, TypeRelationId, tuple,
							  Anum_pg_type_typdefault));
	sdr_set_text(object, SDR_BASE_ELEMENT,
				 OidIsValid(form->typelem) ?
				 sdr_type(reader, form->typelem, -1)->text : NULL);
	sdr_set_text(object, SDR_BASE_DELIMITER, letter_text(form->typdelim));
	sdr_set_bool(object, SDR_BASE_COLLATABLE, OidIsValid(form->typcollation));
}

typedef struct Label
{
	float4		order;
	char	   *text;
} Label;

static int
compare_labels(const ListCell *a, const ListCell *b)
{
	float4		x = ((const Label *) lfirst(a))->order;
	float4		y = ((const Label *) lfirst(b))->order;

	return x < y ? -1 : x > y ? 1 : 0;
}

static void
enum_read(SdrReader *reader, HeapTuple type_tuple, SdrObject *object)
{
	SysScanDesc scan = sdr_scan_oid(reader, EnumRelationId,
									EnumTypIdSortOrderIndexId,
									Anum_pg_enum_enumtypid, object->oid);
	List	   *labels = NIL;
	HeapTuple	tuple;
	ListCell   *lc;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_enum form = (Form_pg_enum) GETSTRUCT(tuple);
		Label	   *label = palloc(sizeof(Label));

		label->order = form->enumsortorder;
		label->text = pstrdup(NameStr(form->enumlabel));
		labels = lappend(labels, label);
	}
	systable_endscan(scan);

	list_sort(labels, compare_labels);
	foreach(lc, labels)
		lfirst(lc) = ((Label *) lfirst(lc))->text;
	sdr_set_list(object, SDR_ENUM_LABELS, labels);
}

/* All row types that anybody has been granted something on. */
static HTAB *
granted_row_types(SdrReader *reader)
{
	HTAB	   *set = sdr_memo_set(reader, "schemadrift row types");
	SysScanDesc scan = sdr_scan(reader, TypeRelationId, InvalidOid, 0, NULL);
	HeapTuple	tuple;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_type form = (Form_pg_type) GETSTRUCT(tuple);

		if (form->typtype == TYPTYPE_COMPOSITE &&
			!heap_attisnull(tuple, Anum_pg_type_typacl, NULL))
			sdr_memo_add(set, TypeRelationId, form->oid);
	}
	systable_endscan(scan);
	return set;
}

/* Read what is said of the type that a relation's rows have. */
void
sdr_row_type_read(SdrRelation *relation, Form_pg_class form,
				  const SdrCommon *attrs)
{
	SdrReader  *reader = relation->reader;
	SdrCommon	wanted = *attrs;
	HeapTuple	tuple = NULL;

	/* one scan of the whole is cheaper than a look-up for every relation */
	if (reader->granted == NULL && reader->entries != NIL)
		reader->granted = granted_row_types(reader);
	if (reader->granted != NULL &&
		!sdr_memo_has(reader->granted, TypeRelationId, form->reltype))
	{
		sdr_set_default_privileges(reader, relation->object, attrs->privileges,
								   attrs->acl_type, form->relowner);
		wanted.privileges = SDR_ATTR_NONE;
	}
	else
	{
		tuple = sdr_fetch(reader, TypeRelationId, TypeOidIndexId,
						  Anum_pg_type_oid, form->reltype);
		if (!HeapTupleIsValid(tuple))
		{
			sdr_reader_gone(reader);
			return;
		}
	}
	sdr_common_read_as(reader, relation->object, &wanted, TypeRelationId,
					   form->reltype, 0, tuple);
}

const SdrFamily sdr_type_family = {
	.kinds = SDR_IN(BASE) | SDR_IN(COMPOSITE) | SDR_IN(DOMAIN) | SDR_IN(ENUM) |
	SDR_IN(RANGE) | SDR_IN(SHELL),
	.catalog = TypeRelationId,
	.name_index = TypeNameNspIndexId,
	.identify = type_identify,
	.read = type_read,
};

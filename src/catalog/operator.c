/*-------------------------------------------------------------------------
 *
 * operator.c
 *	  Operators, operator families and operator classes.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/indexing.h"
#include "catalog/live.h"
#include "catalog/pg_am.h"
#include "catalog/pg_amop.h"
#include "catalog/pg_amproc.h"
#include "catalog/pg_opclass.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_opfamily.h"
#include "utils/builtins.h"

static bool
operator_identify(SdrReader *reader, HeapTuple tuple, SdrEntry *entry)
{
	Form_pg_operator form = (Form_pg_operator) GETSTRUCT(tuple);

	/* only named so far, as commutator or negator of another one */
	if (!OidIsValid(form->oprcode))
		return false;
	if (sdr_type_is_temporary(reader, form->oprleft) ||
		sdr_type_is_temporary(reader, form->oprright))
		return false;
	entry->item.kind = sdr_kind(SDR_KIND_OPERATOR);
	entry->item.name = sdr_operator_name(reader, NameStr(form->oprname),
										 form->oprleft, form->oprright);
	return true;
}

static void
operator_read(SdrReader *reader, HeapTuple tuple, SdrObject *object)
{
	Form_pg_operator form = (Form_pg_operator) GETSTRUCT(tuple);

	sdr_set_text(object, SDR_OPERATOR_FUNCTION,
				 sdr_function_name(reader, form->oprcode));
	sdr_set_text(object, SDR_OPERATOR_COMMUTATOR,
				 sdr_operator_text(reader, form->oprcom));
	sdr_set_text(object, SDR_OPERATOR_NEGATOR,
				 sdr_operator_text(reader, form->oprnegate));
	sdr_set_text(object, SDR_OPERATOR_RESTRICT,
				 sdr_function_name(reader, form->oprrest));
	sdr_set_text(object, SDR_OPERATOR_JOIN,
				 sdr_function_name(reader, form->oprjoin));
	sdr_set_text(object, SDR_OPERATOR_RETURNS,
				 sdr_type_text(reader, form->oprresult));
	sdr_set_bool(object, SDR_OPERATOR_HASHES, form->oprcanhash);
	sdr_set_bool(object, SDR_OPERATOR_MERGES, form->oprcanmerge);
}

const SdrFamily sdr_operator_family = {
	.kinds = SDR_IN(OPERATOR),
	.catalog = OperatorRelationId,
	.name_index = OperatorNameNspIndexId,
	.identify = operator_identify,
	.read = operator_read,
	.canonical_name = sdr_sql_name,
};

/* The name of something of an access method; NULL if that has gone. */
static const char *
using_name(SdrReader *reader, const char *name, Oid method)
{
	const SdrName *am = sdr_name(reader, AccessMethodRelationId, method);

	if (am == NULL)
	{
		sdr_reader_gone(reader);
		return NULL;
	}
	return sdr_using_name(name, am->name);
}

/*
 * The types that operators and support functions of a family work on decide
 * to whom they are reported: those for one type to the class of that type,
 * others to the family.  What pg_depend says of them differs with the order
 * of commands and with the access method.
 */
typedef struct Members
{
	SdrReader  *reader;
	Oid			family;
	List	   *types;			/* of the family's classes */
	Oid			wanted;			/* report those for this type; InvalidOid for
								 * those of no class */
	List	   *found;
} Members;

typedef struct Member
{
	int			number;
	char	   *text;
} Member;

static bool
is_wanted(const Members *members, Oid left, Oid right)
{
	if (OidIsValid(members->wanted))
		return left == members->wanted && right == members->wanted;
	return left != right || !list_member_oid(members->types, left);
}

static void
add_member(Members *members, int number, char *text)
{
	Member	   *member = palloc(sizeof(Member));

	member->number = number;
	member->text = text;
	members->found = lappend(members->found, member);
}

static int
compare_members(const ListCell *a, const ListCell *b)
{
	const Member *x = lfirst(a);
	const Member *y = lfirst(b);

	if (x->number != y->number)
		return x->number < y->number ? -1 : 1;
	return strcmp(x->text, y->text);
}

/* The texts of what has been found, by number; ready for the next search. */
static List *
take_members(Members *members)
{
	List	   *texts = members->found;
	ListCell   *lc;

	list_sort(texts, compare_members);
	foreach(lc, texts)
		lfirst(lc) = ((Member *) lfirst(lc))->text;
	members->found = NIL;
	return texts;
}

static void
add_operator(Members *members, Form_pg_amop form)
{
	SdrReader  *reader = members->reader;
	const char *name = sdr_operator_text(reader, form->amopopr);
	const char *order = "";

	if (form->amoppurpose == AMOP_ORDER)
		order = psprintf(" FOR ORDER BY %s",
						 sdr_name_text(reader, OperatorFamilyRelationId,
									   form->amopsortfamily));
	add_member(members, form->amopstrategy,
			   psprintf("OPERATOR %d %s%s", form->amopstrategy,
						sdr_operator_name(reader, name, form->amoplefttype,
										  form->amoprighttype), order));
}

static List *
read_operators(Members *members)
{
	SysScanDesc scan = sdr_scan_oid(members->reader,
									AccessMethodOperatorRelationId,
									AccessMethodStrategyIndexId,
									Anum_pg_amop_amopfamily, members->family);
	HeapTuple	tuple;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_amop form = (Form_pg_amop) GETSTRUCT(tuple);

		if (is_wanted(members, form->amoplefttype, form->amoprighttype))
			add_operator(members, form);
	}
	systable_endscan(scan);
	return take_members(members);
}

static void
add_function(Members *members, Form_pg_amproc form)
{
	SdrReader  *reader = members->reader;

	add_member(members, form->amprocnum,
			   psprintf("FUNCTION %d (%s,%s) %s", form->amprocnum,
						sdr_type_text(reader, form->amproclefttype),
						sdr_type_text(reader, form->amprocrighttype),
						sdr_function_text(reader, form->amproc)));
}

static List *
read_functions(Members *members)
{
	SysScanDesc scan = sdr_scan_oid(members->reader,
									AccessMethodProcedureRelationId,
									AccessMethodProcedureIndexId,
									Anum_pg_amproc_amprocfamily,
									members->family);
	HeapTuple	tuple;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_amproc form = (Form_pg_amproc) GETSTRUCT(tuple);

		if (is_wanted(members, form->amproclefttype, form->amprocrighttype))
			add_function(members, form);
	}
	systable_endscan(scan);
	return take_members(members);
}

static bool
family_identify(SdrReader *reader, HeapTuple tuple, SdrEntry *entry)
{
	Form_pg_opfamily form = (Form_pg_opfamily) GETSTRUCT(tuple);

	entry->item.kind = sdr_kind(SDR_KIND_OPERATOR_FAMILY);
	entry->item.name = using_name(reader, NameStr(form->opfname),
								  form->opfmethod);
	return entry->item.name != NULL;
}

/* The types that the classes of a family are for. */
static List *
class_types(SdrReader *reader, Form_pg_opfamily family)
{
	SysScanDesc scan = sdr_scan_oid(reader, OperatorClassRelationId,
									OpclassAmNameNspIndexId,
									Anum_pg_opclass_opcmethod,
									family->opfmethod);
	List	   *types = NIL;
	HeapTuple	tuple;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_opclass form = (Form_pg_opclass) GETSTRUCT(tuple);

		if (form->opcfamily == family->oid)
			types = lappend_oid(types, form->opcintype);
	}
	systable_endscan(scan);
	return types;
}

static void
family_read(SdrReader *reader, HeapTuple tuple, SdrObject *object)
{
	Form_pg_opfamily form = (Form_pg_opfamily) GETSTRUCT(tuple);
	Members		members = {
		.reader = reader,
		.family = form->oid,
		.types = class_types(reader, form),
	};

	sdr_set_list(object, SDR_OPERATOR_FAMILY_OPERATORS,
				 read_operators(&members));
	sdr_set_list(object, SDR_OPERATOR_FAMILY_FUNCTIONS,
				 read_functions(&members));
}

const SdrFamily sdr_operator_family_family = {
	.kinds = SDR_IN(OPERATOR_FAMILY),
	.catalog = OperatorFamilyRelationId,
	.identify = family_identify,
	.read = family_read,
	.canonical_name = sdr_sql_name,
};

static bool
class_identify(SdrReader *reader, HeapTuple tuple, SdrEntry *entry)
{
	Form_pg_opclass form = (Form_pg_opclass) GETSTRUCT(tuple);

	entry->item.kind = sdr_kind(SDR_KIND_OPERATOR_CLASS);
	entry->item.name = using_name(reader, NameStr(form->opcname),
								  form->opcmethod);
	return entry->item.name != NULL;
}

/* A class that names no family gets one of its own name. */
static void
read_family(SdrReader *reader, Form_pg_opclass form, SdrObject *object)
{
	const char *family = sdr_name_text(reader, OperatorFamilyRelationId,
									   form->opcfamily);
	const char *class = sdr_name_text(reader, OperatorClassRelationId,
									  form->oid);

	sdr_set_text(object, SDR_OPERATOR_CLASS_FAMILY, family);
	sdr_set_implied(object, SDR_OPERATOR_CLASS_FAMILY,
					strcmp(family, class) == 0);
}

static void
class_read(SdrReader *reader, HeapTuple tuple, SdrObject *object)
{
	Form_pg_opclass form = (Form_pg_opclass) GETSTRUCT(tuple);
	Members		members = {
		.reader = reader,
		.family = form->opcfamily,
		.wanted = form->opcintype,
	};

	sdr_set_text(object, SDR_OPERATOR_CLASS_TYPE,
				 sdr_type_text(reader, form->opcintype));
	sdr_set_bool(object, SDR_OPERATOR_CLASS_DEFAULT, form->opcdefault);
	read_family(reader, form, object);
	sdr_set_text(object, SDR_OPERATOR_CLASS_STORAGE,
				 OidIsValid(form->opckeytype) ?
				 sdr_type_text(reader, form->opckeytype) : NULL);
	sdr_set_list(object, SDR_OPERATOR_CLASS_OPERATORS,
				 read_operators(&members));
	sdr_set_list(object, SDR_OPERATOR_CLASS_FUNCTIONS,
				 read_functions(&members));
}

const SdrFamily sdr_operator_class_family = {
	.kinds = SDR_IN(OPERATOR_CLASS),
	.catalog = OperatorClassRelationId,
	.identify = class_identify,
	.read = class_read,
	.canonical_name = sdr_sql_name,
};

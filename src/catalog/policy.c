/*-------------------------------------------------------------------------
 *
 * policy.c
 *	  Row-level security policies.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/indexing.h"
#include "catalog/live.h"
#include "catalog/pg_policy.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"

static const char *
command_name(char command)
{
	switch (command)
	{
		case '*':
			return "all";
		case ACL_SELECT_CHR:
			return "select";
		case ACL_INSERT_CHR:
			return "insert";
		case ACL_UPDATE_CHR:
			return "update";
		case ACL_DELETE_CHR:
			return "delete";
	}
	elog(ERROR, "unrecognized policy command: %c", command);
}

static List *
read_roles(SdrRelation *relation, HeapTuple tuple)
{
	bool		isnull;
	Datum		value = sdr_get(relation->reader, PolicyRelationId, tuple,
								Anum_pg_policy_polroles, &isnull);
	ArrayType  *array = DatumGetArrayTypeP(value);
	List	   *roles = NIL;

	for (int i = 0; i < ARR_DIMS(array)[0]; i++)
		roles = lappend(roles, pstrdup(sdr_role_name(relation->reader,
													 ((Oid *) ARR_DATA_PTR(array))[i])));
	list_sort(roles, sdr_compare_texts);
	return roles;
}

static const char *
read_condition(SdrRelation *relation, HeapTuple tuple, AttrNumber attr)
{
	bool		isnull;
	Datum		value = sdr_get(relation->reader, PolicyRelationId, tuple,
								attr, &isnull);

	return isnull ? NULL : sdr_deparse(relation, value);
}

static void
read_policy(SdrRelation *relation, HeapTuple tuple)
{
	Form_pg_policy form = (Form_pg_policy) GETSTRUCT(tuple);
	SdrObject  *object;

	object = sdr_object_new(SDR_KIND_POLICY, pstrdup(NameStr(form->polname)),
							relation->object);
	sdr_set_text(object, SDR_POLICY_COMMAND, command_name(form->polcmd));
	sdr_set_bool(object, SDR_POLICY_PERMISSIVE, form->polpermissive);
	sdr_set_list(object, SDR_POLICY_ROLES, read_roles(relation, tuple));
	sdr_set_text(object, SDR_POLICY_USING,
				 read_condition(relation, tuple, Anum_pg_policy_polqual));
	sdr_set_text(object, SDR_POLICY_CHECK,
				 read_condition(relation, tuple, Anum_pg_policy_polwithcheck));
	sdr_common_read(relation->reader, object, PolicyRelationId, form->oid, 0,
					tuple);
}

/* Read the policies, also those of a table that has them switched off. */
void
sdr_policies_read(SdrRelation *relation)
{
	SysScanDesc scan = sdr_scan_oid(relation->reader, PolicyRelationId,
									PolicyPolrelidPolnameIndexId,
									Anum_pg_policy_polrelid, relation->oid);
	HeapTuple	tuple;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
		read_policy(relation, tuple);
	systable_endscan(scan);
}

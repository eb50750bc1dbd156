/*-------------------------------------------------------------------------
 *
 * unmodelled.c
 *	  What no kind describes, and no document lists.
 *
 * Of some of it the server takes away what users have made: members of
 * operator families of the server, comments and security labels on what comes
 * with other objects.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_amop.h"
#include "catalog/pg_amproc.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_description.h"
#include "catalog/pg_rewrite.h"
#include "catalog/pg_seclabel.h"
#include "catalog/pg_trigger.h"
#include "catalog/pg_type.h"
#include "repair/repair.h"

/* What COMMENT ON and SECURITY LABEL ON have in front of the identity. */
static const struct
{
	Oid			catalog;
	const char *type;
}			types[] = {
	{ConstraintRelationId, "CONSTRAINT"},
	{RewriteRelationId, "RULE"},
	{TriggerRelationId, "TRIGGER"},
	{TypeRelationId, "TYPE"},
};

/* What is remarked on, as these name it; NULL if they do not know it. */
static const char *
remarked_on(const SdrUnmodelled *noted)
{
	for (int i = 0; i < lengthof(types); i++)
	{
		if (types[i].catalog == noted->address.classId)
			return psprintf("%s %s", types[i].type,
							getObjectIdentity(&noted->address, false));
	}
	return NULL;
}

/* "operator 1 (a, b) of family", or function, goes from the family. */
static bool
drop_member(SdrPlan *plan, const SdrObject *object,
			const SdrUnmodelled *noted)
{
	bool		is_operator = noted->noted_in == AccessMethodOperatorRelationId;
	const char *member = strchr(object->name, ' ');
	const char *of = strstr(object->name, ") of ");

	if ((!is_operator && noted->noted_in != AccessMethodProcedureRelationId) ||
		member == NULL || of == NULL)
		return false;
	sdr_step(plan, SDR_STAGE_RELEASE, object,
			 "ALTER OPERATOR FAMILY %s DROP %s%.*s", of + strlen(") of "),
			 is_operator ? "OPERATOR" : "FUNCTION", (int) (of + 1 - member),
			 member)->drops = "";
	return true;
}

/* Take away what there is and no document can list, or say why not. */
void
sdr_drop_unmodelled(SdrPlan *plan, const SdrObject *object)
{
	const SdrUnmodelled *noted = sdr_find_unmodelled(plan->reader, object);
	const char *on = noted == NULL ? NULL : remarked_on(noted);

	if (on != NULL && noted->noted_in == DescriptionRelationId)
		sdr_step(plan, SDR_STAGE_COMMENT, object, "COMMENT ON %s IS NULL", on);
	else if (on != NULL && noted->noted_in == SecLabelRelationId)
		sdr_set_label(plan, object, on, noted->provider, NULL);
	else if (noted == NULL || !drop_member(plan, object, noted))
		sdr_unmended(plan, object,
					 "no kind of document object describes it");
}

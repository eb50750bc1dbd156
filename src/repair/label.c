/*-------------------------------------------------------------------------
 *
 * label.c
 *	  Security labels.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "commands/seclabel.h"
#include "nodes/makefuncs.h"
#include "repair/repair.h"
#include "utils/builtins.h"

static void
ask_callback(void *arg)
{
	(void) ExecSecLabelStmt(arg);
}

/*
 * Is a provider of labels loaded?  The server has no function that tells.  Of
 * a statement, it looks for the provider before anything else; casts, which no
 * label can be put on, are refused next.
 */
static bool
is_loaded(const char *provider)
{
	SecLabelStmt *stmt = makeNode(SecLabelStmt);
	ErrorData  *error = NULL;

	stmt->objtype = OBJECT_CAST;
	stmt->provider = unconstify(char *, provider);
	return sdr_guard(ask_callback, stmt, &error) ||
		error->sqlerrcode != ERRCODE_INVALID_PARAMETER_VALUE;
}

/*
 * Set the label of one provider; NULL takes it away.  The statement names the
 * object as on.
 */
void
sdr_set_label(SdrPlan *plan, const SdrObject *object, const char *on,
			  const char *provider, const char *label)
{
	if (is_loaded(provider))
		sdr_step(plan, SDR_STAGE_COMMENT, object,
				 "SECURITY LABEL FOR %s ON %s IS %s",
				 quote_identifier(provider), on,
				 label == NULL ? "NULL" : sdr_literal(label));
	else
		sdr_unmended(plan, object,
					 psprintf("the provider of the labels, \"%s\", is not loaded",
							  provider));
}

/* From the labels that an object has, by provider, to those it is to have. */
void
sdr_mend_labels(SdrPlan *plan, const SdrObject *object, const List *old,
				const List *new)
{
	const char *on = old == NIL && new == NIL ? NULL : sdr_address(object);
	const ListCell *lc;

	foreach(lc, old)
	{
		const SdrPair *pair = lfirst(lc);

		if (sdr_map_find(new, pair->key) == NULL)
			sdr_set_label(plan, object, on, pair->key, NULL);
	}
	foreach(lc, new)
	{
		const SdrPair *pair = lfirst(lc);
		const char *before = sdr_map_value(old, pair->key);

		if (before == NULL || strcmp(before, pair->value) != 0)
			sdr_set_label(plan, object, on, pair->key, pair->value);
	}
}

/*-------------------------------------------------------------------------
 *
 * type.c
 *	  Data types.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "repair/repair.h"
#include "utils/builtins.h"

static const char *
label_list(const List *labels)
{
	List	   *texts = NIL;
	const ListCell *lc;

	foreach(lc, labels)
		texts = lappend(texts, unconstify(char *, sdr_literal(lfirst(lc))));
	return sdr_join(texts, ", ");
}

static void
create_enum(SdrPlan *plan, const SdrObject *type)
{
	SdrStep    *step = sdr_step(plan, SDR_STAGE_TYPE, type,
								"CREATE TYPE %s AS ENUM (%s)",
								sdr_object_identity(type),
								label_list(sdr_items(type, SDR_ENUM_LABELS)));

	step->makes = sdr_object_identity(type);
}

/* Has a column the type, or is it to have it? */
static bool
has_type(const SdrPlan *plan, const SdrObject *column, const SdrObject *type)
{
	const SdrObject *want;
	const SdrObject *have;

	if (sdr_is_column_of(column, type))
		return true;
	return sdr_both_sides(plan, column, &want, &have) &&
		((want != NULL && sdr_is_column_of(want, type)) ||
		 (have != NULL && sdr_is_column_of(have, type)));
}

/*
 * Where columns have a type that must be made again, the old one gets out of
 * the way under another name until they have the new one.
 */
static void
swap_type(SdrPlan *plan, const SdrObject *want, const SdrObject *have,
		  List *dependents)
{
	bool		is_domain = want->kind->id == SDR_KIND_DOMAIN;
	const char *identity = sdr_object_identity(have);
	char	   *old = psprintf("%.50s_replaced", have->name);
	const char *what = is_domain ? "DOMAIN" : "TYPE";
	const SdrStep *rename;
	SdrStep    *step;
	ListCell   *lc;

	step = sdr_step(plan, SDR_STAGE_TYPE, want, "ALTER %s %s RENAME TO %s", what,
					identity, quote_identifier(old));
	step->mentions = NULL;
	step->frees = identity;
	rename = step;
	step->makes = psprintf("%s.%s", quote_identifier(want->parent->name),
						   quote_identifier(old));
	sdr_make(plan, sdr_merged(want, have));
	foreach(lc, dependents)
	{
		const SdrObject *column = lfirst(lc);
		const SdrObject *final;
		const SdrObject *w;
		const SdrObject *h;

		if (!has_type(plan, column, have) ||
			column->parent->kind->id == SDR_KIND_VIEW ||
			column->parent->kind->id == SDR_KIND_MATVIEW)
			continue;
		final = sdr_final_state(plan, column);
		if (final == NULL && !plan->options.destructive)
			final = column;		/* it stays after all */
		/* in the other direction, it may not be there yet */
		if (final != NULL && (!sdr_both_sides(plan, column, &w, &h) || h != NULL))
			sdr_convert_column(plan, final, is_domain ? "" : "::text");
	}
	step = sdr_step(plan, SDR_STAGE_DROP, want, "DROP %s %s.%s", what,
					quote_identifier(want->parent->name),
					quote_identifier(old));
	sdr_step_cost(step, SDR_RISK_LOCKS, SDR_NO_LOCK);
	step->drops = identity;		/* which is what others call it */
	step->after = rename;
}

/* Make a data type again. */
void
sdr_remake_type(SdrPlan *plan, const SdrObject *want, const SdrObject *have)
{
	List	   *dependents = sdr_dependents(plan, have, true);
	bool		has_columns = false;
	ListCell   *lc;

	foreach(lc, dependents)
	{
		const SdrObject *dependent = lfirst(lc);

		if (dependent->kind->id == SDR_KIND_COLUMN &&
			(dependent->parent->kind->id == SDR_KIND_VIEW ||
			 dependent->parent->kind->id == SDR_KIND_MATVIEW))
			sdr_remake_dependent(plan, dependent->parent);
		else if (dependent->kind->id != SDR_KIND_COLUMN)
			sdr_remake_dependent(plan, dependent);
		else if (has_type(plan, dependent, have))
			has_columns = true;
	}
	if (has_columns)
		swap_type(plan, want, have, dependents);
	else
	{
		sdr_drop(plan, have, true);
		sdr_make(plan, sdr_merged(want, have));
	}
}

/* Are the labels that there are among the wanted ones, in the same order? */
static bool
only_adds(const List *have, const List *want)
{
	int			found = 0;
	const ListCell *lc;

	foreach(lc, want)
	{
		if (found < list_length(have) &&
			strcmp(lfirst(lc), list_nth(have, found)) == 0)
			found++;
	}
	return found == list_length(have);
}

/* Do the two differ only by labels that the other does not have at all? */
static bool
only_renames(const List *have, const List *want)
{
	const ListCell *h;
	const ListCell *w;

	if (list_length(have) != list_length(want))
		return false;
	forboth(h, have, w, want)
	{
		if (strcmp(lfirst(h), lfirst(w)) != 0 &&
			(sdr_list_has(want, lfirst(h)) || sdr_list_has(have, lfirst(w))))
			return false;
	}
	return true;
}

static void
rename_labels(SdrPlan *plan, const SdrObject *type, List *have, List *want)
{
	ListCell   *h;
	ListCell   *w;

	forboth(h, have, w, want)
	{
		SdrStep    *step;

		if (strcmp(lfirst(h), lfirst(w)) == 0)
			continue;
		step = sdr_step(plan, SDR_STAGE_TYPE, type,
						"ALTER TYPE %s RENAME VALUE %s TO %s",
						sdr_object_identity(type), sdr_literal(lfirst(h)),
						sdr_literal(lfirst(w)));
		step->note = "rows with the old label have the new one afterwards";
	}
}

/* Does an object or a part of one have a label as a constant? */
static bool
uses_label(const SdrObject *object, const SdrObject *type, const char *label)
{
	const char *identity = sdr_object_identity(type);
	const char *texts = sdr_own_texts(object);
	const char *literal = sdr_literal(label);
	const char *bound;

	if (strstr(texts, psprintf("%s::%s", literal, identity)) != NULL ||
		(strstr(texts, psprintf("::%s[]", identity)) != NULL &&
		 strstr(texts, label) != NULL))
		return true;
	bound = object->kind->id == SDR_KIND_TABLE ?
		sdr_text(object, SDR_TABLE_PARTITION_BOUND) : NULL;
	if (bound != NULL && strstr(bound, literal) != NULL &&
		sdr_mentions(sdr_texts(object), identity))
		return true;
	for (int i = 0; i < object->nchildren; i++)
	{
		if (uses_label(object->children[i], type, label))
			return true;
	}
	return false;
}

/*
 * Is any of the labels that are to come used by what is made or changed?  What
 * was there before cannot have it.
 */
static bool
any_is_used(const SdrPlan *plan, const SdrObject *type, const List *have,
			const List *want)
{
	const ListCell *change;
	const ListCell *label;

	foreach(change, plan->changes)
	{
		const SdrObject *object = ((const SdrChange *) lfirst(change))->want;

		foreach(label, want)
		{
			if (object != NULL && !sdr_list_has(have, lfirst(label)) &&
				uses_label(object, type, lfirst(label)))
				return true;
		}
	}
	return false;
}

/*
 * A label that has been added cannot be used before it is committed: then the
 * step must stand outside the transaction of those that use it.
 */
static void
add_labels(SdrPlan *plan, const SdrObject *type, List *have, List *want,
		   bool is_used)
{
	const char *before = NULL;
	int			at = 0;
	ListCell   *lc;

	foreach(lc, want)
	{
		const char *label = lfirst(lc);
		SdrStep    *step;

		if (at < list_length(have) && strcmp(label, list_nth(have, at)) == 0)
			at++;
		else
		{
			step = sdr_step(plan, SDR_STAGE_TYPE, type,
							"ALTER TYPE %s ADD VALUE %s%s%s",
							sdr_object_identity(type), sdr_literal(label),
							at < list_length(have) ? " BEFORE " :
							before == NULL ? "" : " AFTER ",
							at < list_length(have) ?
							sdr_literal(list_nth(have, at)) :
							before == NULL ? "" : sdr_literal(before));
			step->transactional = !is_used;
			if (is_used)
				step->note = "is to be committed before later steps, which use the label";
		}
		before = label;
	}
}

static void
mend_labels(SdrPlan *plan, const SdrMend *mend)
{
	List	   *have = sdr_items(mend->have, SDR_ENUM_LABELS);
	List	   *want = mend->value.u.list;

	bool		is_used = any_is_used(plan, mend->want, have, want);

	/* the labels of a new type can be used at once */
	if (only_adds(have, want) && (!is_used || plan->options.concurrently))
		add_labels(plan, mend->want, have, want, is_used);
	else if (only_renames(have, want))
		rename_labels(plan, mend->want, have, want);
	else
		sdr_remake(plan, mend->want, mend->have);
}

static const SdrRule enum_rules[] = {
	{SDR_ENUM_LABELS,.mend = mend_labels},
	{SDR_ATTR_NONE}
};

const SdrMender sdr_enum_mender = {
	.kind = SDR_KIND_ENUM,
	.type = "TYPE",
	.create = create_enum,
	.remake = sdr_remake_type,
	.rules = enum_rules
};

static void
create_domain(SdrPlan *plan, const SdrObject *domain)
{
	const char *collation = sdr_text(domain, SDR_DOMAIN_COLLATION);
	const char *dflt = sdr_text(domain, SDR_DOMAIN_DEFAULT);
	SdrStep    *step;

	step = sdr_step(plan, SDR_STAGE_TYPE, domain,
					"CREATE DOMAIN %s AS %s%s%s%s%s%s",
					sdr_object_identity(domain),
					sdr_text(domain, SDR_DOMAIN_TYPE),
					collation == NULL ? "" : " COLLATE ",
					collation == NULL ? "" : collation,
					dflt == NULL ? "" : " DEFAULT ", dflt == NULL ? "" : dflt,
					sdr_domain_not_null_text(domain));
	step->makes = sdr_object_identity(domain);
	sdr_make_domain_not_null(plan, domain);
}

#define SDR_ALTER_DOMAIN	"ALTER DOMAIN {identity} "

static const SdrRule domain_rules[] = {
	{SDR_DOMAIN_NOT_NULL,.mend = sdr_mend_domain_not_null},
	{SDR_DOMAIN_NOT_NULL_NAME,.mend = sdr_mend_domain_not_null_property},
	{SDR_DOMAIN_NOT_NULL_COMMENT,.mend = sdr_mend_domain_not_null_property},
	{SDR_DOMAIN_DEFAULT, SDR_ALTER_DOMAIN "SET DEFAULT {value}",
	SDR_ALTER_DOMAIN "DROP DEFAULT", SDR_NO_LOCK, SDR_RISK_SAFE, NULL},
	{SDR_ATTR_NONE}
};

const SdrMender sdr_domain_mender = {
	.kind = SDR_KIND_DOMAIN,
	.type = "DOMAIN",
	.create = create_domain,
	.remake = sdr_remake_type,
	.rules = domain_rules
};

static void
create_composite(SdrPlan *plan, const SdrObject *type)
{
	SdrStep    *step = sdr_step(plan, SDR_STAGE_TYPE, type,
								"CREATE TYPE %s AS (%s)",
								sdr_object_identity(type),
								sdr_column_list(type));

	step->makes = sdr_object_identity(type);
}

const SdrMender sdr_composite_mender = {
	.kind = SDR_KIND_COMPOSITE,
	.type = "TYPE",
	.create = create_composite,
	.remake = sdr_remake_type
};

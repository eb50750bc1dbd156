/*-------------------------------------------------------------------------
 *
 * language.c
 *	  Languages, access methods, operator classes, casts, transforms, event
 *	  triggers, extended statistics.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "repair/repair.h"
#include "utils/builtins.h"

static void
create_language(SdrPlan *plan, const SdrObject *language)
{
	const char *inline_handler = sdr_text(language, SDR_LANGUAGE_INLINE);
	const char *validator = sdr_text(language, SDR_LANGUAGE_VALIDATOR);

	sdr_step(plan, SDR_STAGE_GLOBAL, language,
			 "CREATE %sLANGUAGE %s HANDLER %s%s%s%s%s",
			 sdr_true(language, SDR_LANGUAGE_TRUSTED) ? "TRUSTED " : "",
			 quote_identifier(language->name),
			 sdr_text(language, SDR_LANGUAGE_HANDLER),
			 inline_handler == NULL ? "" : " INLINE ",
			 inline_handler == NULL ? "" : inline_handler,
			 validator == NULL ? "" : " VALIDATOR ",
			 validator == NULL ? "" : validator);
}

/* CREATE OR REPLACE keeps the functions that are written in it. */
static void
mend_language(SdrPlan *plan, const SdrMend *mend)
{
	SdrStep    *step;

	if (!sdr_is_first(plan, mend->want))
		return;
	create_language(plan, sdr_merged(mend->want, mend->have));
	step = llast(plan->steps);
	step->sql = psprintf("CREATE OR REPLACE%s", step->sql + strlen("CREATE"));
	step->mentions = step->sql;
}

static const SdrRule language_rules[] = {
	{SDR_LANGUAGE_HANDLER,.mend = mend_language},
	{SDR_LANGUAGE_INLINE,.mend = mend_language},
	{SDR_LANGUAGE_VALIDATOR,.mend = mend_language},
	{SDR_LANGUAGE_TRUSTED,.mend = mend_language},
	{SDR_ATTR_NONE}
};

const SdrMender sdr_language_mender = {
	.kind = SDR_KIND_LANGUAGE,
	.type = "LANGUAGE",
	.create = create_language,
	.rules = language_rules
};

static void
create_access_method(SdrPlan *plan, const SdrObject *method)
{
	sdr_step(plan, SDR_STAGE_GLOBAL, method,
			 "CREATE ACCESS METHOD %s TYPE %s HANDLER %s",
			 quote_identifier(method->name),
			 sdr_upper(sdr_text(method, SDR_ACCESS_METHOD_TYPE)),
			 sdr_text(method, SDR_ACCESS_METHOD_HANDLER));
}

const SdrMender sdr_access_method_mender = {
	.kind = SDR_KIND_ACCESS_METHOD,
	.type = "ACCESS METHOD",
	.create = create_access_method
};

static void
create_event_trigger(SdrPlan *plan, const SdrObject *trigger)
{
	const char *enabled = sdr_text(trigger, SDR_EVENT_TRIGGER_ENABLED);
	const char *function = sdr_text(trigger, SDR_EVENT_TRIGGER_FUNCTION);
	List	   *tags = NIL;
	ListCell   *lc;

	foreach(lc, sdr_items(trigger, SDR_EVENT_TRIGGER_TAGS))
		tags = lappend(tags, unconstify(char *, sdr_literal(lfirst(lc))));
	sdr_step(plan, SDR_STAGE_DEPENDENT, trigger,
			 "CREATE EVENT TRIGGER %s ON %s%s%s%s EXECUTE FUNCTION %.*s()",
			 quote_identifier(trigger->name),
			 sdr_text(trigger, SDR_EVENT_TRIGGER_EVENT),
			 tags == NIL ? "" : " WHEN TAG IN (", sdr_join(tags, ", "),
			 tags == NIL ? "" : ")", (int) strcspn(function, "("), function);
	if (strcmp(enabled, "origin") != 0)
		sdr_step(plan, SDR_STAGE_PROPERTY, trigger, "ALTER EVENT TRIGGER %s %s",
				 quote_identifier(trigger->name), sdr_enable_text(enabled));
}

static void
mend_event_trigger_enabled(SdrPlan *plan, const SdrMend *mend)
{
	sdr_step(plan, SDR_STAGE_PROPERTY, mend->want, "ALTER EVENT TRIGGER %s %s",
			 quote_identifier(mend->want->name),
			 sdr_enable_text(mend->value.u.text));
}

static const SdrRule event_trigger_rules[] = {
	{SDR_EVENT_TRIGGER_ENABLED,.mend = mend_event_trigger_enabled},
	{SDR_ATTR_NONE}
};

const SdrMender sdr_event_trigger_mender = {
	.kind = SDR_KIND_EVENT_TRIGGER,
	.type = "EVENT TRIGGER",
	.create = create_event_trigger,
	.rules = event_trigger_rules
};

/* How CREATE CAST writes who may use it without saying so. */
static const struct
{
	const char *context;
	const char *text;
}			contexts[] = {
	{"explicit", ""},
	{"assignment", " AS ASSIGNMENT"},
	{"implicit", " AS IMPLICIT"},
};

static void
create_cast(SdrPlan *plan, const SdrObject *cast)
{
	const char *method = sdr_text(cast, SDR_CAST_METHOD);
	const char *context = "";

	for (int i = 0; i < lengthof(contexts); i++)
	{
		if (strcmp(contexts[i].context, sdr_text(cast, SDR_CAST_CONTEXT)) == 0)
			context = contexts[i].text;
	}
	sdr_step(plan, SDR_STAGE_FUNCTION, cast, "CREATE CAST %s %s%s%s",
			 cast->name, strcmp(method, "inout") == 0 ? "WITH INOUT" :
			 strcmp(method, "binary") == 0 ? "WITHOUT FUNCTION" :
			 "WITH FUNCTION ", strcmp(method, "function") == 0 ?
			 sdr_text(cast, SDR_CAST_FUNCTION) : "", context);
}

const SdrMender sdr_cast_mender = {
	.kind = SDR_KIND_CAST,
	.type = "CAST",
	.create = create_cast
};

static void
create_transform(SdrPlan *plan, const SdrObject *transform)
{
	const char *from_sql = sdr_text(transform, SDR_TRANSFORM_FROM_SQL);
	const char *to_sql = sdr_text(transform, SDR_TRANSFORM_TO_SQL);
	List	   *texts = NIL;

	if (from_sql != NULL)
		texts = lappend(texts, psprintf("FROM SQL WITH FUNCTION %s", from_sql));
	if (to_sql != NULL)
		texts = lappend(texts, psprintf("TO SQL WITH FUNCTION %s", to_sql));
	sdr_step(plan, SDR_STAGE_FUNCTION, transform, "CREATE TRANSFORM %s (%s)",
			 sdr_transform_text(transform), sdr_join(texts, ", "));
}

/* "for type on language name" without the word that only reads well. */
const char *
sdr_transform_text(const SdrObject *transform)
{
	const char *infix = strstr(transform->name, " on language ");

	return psprintf("%.*s %s", (int) (infix - transform->name),
					transform->name, infix + strlen(" on "));
}

static const char *
drop_transform(const SdrObject *transform)
{
	return psprintf("DROP TRANSFORM %s", sdr_transform_text(transform));
}

const SdrMender sdr_transform_mender = {
	.kind = SDR_KIND_TRANSFORM,
	.type = "TRANSFORM",
	.create = create_transform,
	.drop = drop_transform
};

static void
create_statistics(SdrPlan *plan, const SdrObject *statistics)
{
	List	   *kinds = sdr_items(statistics, SDR_STATISTICS_KINDS);
	List	   *on = NIL;
	SdrValue	target = sdr_wanted_value(statistics,
										  SDR_STATISTICS_STATISTICS_TARGET);
	SdrStep    *step;
	ListCell   *lc;

	foreach(lc, sdr_items(statistics, SDR_STATISTICS_COLUMNS))
		on = lappend(on, pstrdup(quote_identifier(lfirst(lc))));
	on = list_concat(on, sdr_items(statistics, SDR_STATISTICS_EXPRESSIONS));
	step = sdr_step(plan, SDR_STAGE_INDEX, statistics,
					"CREATE STATISTICS %s%s%s%s ON %s FROM %s",
					sdr_object_identity(statistics),
					kinds == NIL ? "" : " (", sdr_join(kinds, ", "),
					kinds == NIL ? "" : ")", sdr_join(on, ", "),
					sdr_text(statistics, SDR_STATISTICS_TABLE));
	sdr_step_cost(step, SDR_RISK_SAFE, SDR_SHARE_UPDATE);
	step->makes = sdr_object_identity(statistics);
	if (target.tag == SDR_VALUE_INT)
		sdr_step(plan, SDR_STAGE_PROPERTY, statistics,
				 "ALTER STATISTICS %s SET STATISTICS " INT64_FORMAT,
				 sdr_object_identity(statistics), target.u.integer);
}

static const SdrRule statistics_rules[] = {
	{SDR_STATISTICS_STATISTICS_TARGET,
		"ALTER STATISTICS {identity} SET STATISTICS {value}",
		"ALTER STATISTICS {identity} SET STATISTICS -1", SDR_NO_LOCK,
	SDR_RISK_SAFE, NULL},
	{SDR_ATTR_NONE}
};

const SdrMender sdr_statistics_mender = {
	.kind = SDR_KIND_STATISTICS,
	.type = "STATISTICS",
	.create = create_statistics,
	.rules = statistics_rules
};

static void
create_operator_family(SdrPlan *plan, const SdrObject *family)
{
	List	   *members = list_concat_copy(sdr_items(family,
													 SDR_OPERATOR_FAMILY_OPERATORS),
										   sdr_items(family,
													 SDR_OPERATOR_FAMILY_FUNCTIONS));
	SdrStep    *step = sdr_step(plan, SDR_STAGE_FUNCTION, family,
								"CREATE OPERATOR FAMILY %s",
								sdr_object_identity(family));

	step->makes = sdr_object_identity(family);
	if (members != NIL)
		sdr_step(plan, SDR_STAGE_PROPERTY, family,
				 "ALTER OPERATOR FAMILY %s ADD %s",
				 sdr_object_identity(family), sdr_join(members, ", "));
}

/* A member without what stands behind its number and types, as DROP has it. */
static const char *
member_key(const char *member)
{
	const char *paren;

	/* OPERATOR 1 m.<(a,b): the types are at the end, FUNCTION 1 (a,b) f(...) */
	if (strncmp(member, "FUNCTION", 8) == 0)
		return pnstrdup(member, strchr(member, ')') + 1 - member);
	paren = strchr(member, '(');
	return psprintf("%.*s %.*s",
					(int) strcspn(member + strlen("OPERATOR "), " ") +
					(int) strlen("OPERATOR "), member,
					(int) strcspn(paren, ")") + 1, paren);
}

static void
mend_members(SdrPlan *plan, const SdrMend *mend)
{
	List	   *old = sdr_items(mend->have, mend->id);
	List	   *new = mend->value.u.list;
	const char *identity = sdr_object_identity(mend->want);
	ListCell   *lc;

	foreach(lc, old)
	{
		if (!sdr_list_has(new, lfirst(lc)))
			sdr_step(plan, SDR_STAGE_RELEASE, mend->want,
					 "ALTER OPERATOR FAMILY %s DROP %s", identity,
					 member_key(lfirst(lc)));
	}
	foreach(lc, new)
	{
		if (!sdr_list_has(old, lfirst(lc)))
			sdr_step(plan, SDR_STAGE_PROPERTY, mend->want,
					 "ALTER OPERATOR FAMILY %s ADD %s", identity,
					 (char *) lfirst(lc));
	}
}

static const SdrRule operator_family_rules[] = {
	{SDR_OPERATOR_FAMILY_OPERATORS,.mend = mend_members},
	{SDR_OPERATOR_FAMILY_FUNCTIONS,.mend = mend_members},
	{SDR_ATTR_NONE}
};

const SdrMender sdr_operator_family_mender = {
	.kind = SDR_KIND_OPERATOR_FAMILY,
	.type = "OPERATOR FAMILY",
	.create = create_operator_family,
	.rules = operator_family_rules
};

static void
create_operator_class(SdrPlan *plan, const SdrObject *class)
{
	const char *using = strstr(class->name, " USING ");
	const char *family = sdr_text(class, SDR_OPERATOR_CLASS_FAMILY);
	const char *storage = sdr_text(class, SDR_OPERATOR_CLASS_STORAGE);
	List	   *members = list_concat_copy(sdr_items(class,
													 SDR_OPERATOR_CLASS_OPERATORS),
										   sdr_items(class,
													 SDR_OPERATOR_CLASS_FUNCTIONS));
	bool		own_family = family == NULL ||
	sdr_value(class, SDR_OPERATOR_CLASS_FAMILY)->implied;
	SdrStep    *step;

	if (storage != NULL || members == NIL)
		members = lappend(members, psprintf("STORAGE %s", storage != NULL ?
											storage : sdr_text(class,
															   SDR_OPERATOR_CLASS_TYPE)));
	step = sdr_step(plan, SDR_STAGE_FUNCTION, class,
					"CREATE OPERATOR CLASS %s.%.*s %sFOR TYPE %s%s%s%s AS %s",
					quote_identifier(class->parent->name),
					(int) (using - class->name), class->name,
					sdr_true(class, SDR_OPERATOR_CLASS_DEFAULT) ? "DEFAULT " : "",
					sdr_text(class, SDR_OPERATOR_CLASS_TYPE), using,
					own_family ? "" : " FAMILY ", own_family ? "" : family,
					sdr_join(members, ", "));
	step->makes = sdr_object_identity(class);
}

/*
 * Access methods that give members to the family, which keeps them when the
 * class goes; the functions that they leave to the class.
 */
static const struct
{
	const char *method;
	const char *own;
}			lenders[] = {
	{"gist", " 1 2 5 6 7 "},
	{"gin", " 2 3 "},
	{"spgist", " 1 2 3 4 5 "},
};

/* Does the family keep this member? */
static bool
is_lent(const char *member, const char *own)
{
	const char *number = member + strcspn(member, " ") + 1;

	return strncmp(member, "OPERATOR", 8) == 0 ||
		strstr(own, psprintf(" %.*s ", (int) strcspn(number, " "),
							 number)) == NULL;
}

/* The family of a class, as ALTER OPERATOR FAMILY names it. */
static const char *
family_of(const SdrObject *class, const char *using)
{
	const char *family = sdr_text(class, SDR_OPERATOR_CLASS_FAMILY);

	return family == NULL ? sdr_object_identity(class) :
		psprintf("%s%s", family, using);
}

static void
remake_operator_class(SdrPlan *plan, const SdrObject *want,
					  const SdrObject *have)
{
	const char *using = strstr(have->name, " USING ");
	List	   *members = list_concat_copy(sdr_items(have,
													 SDR_OPERATOR_CLASS_OPERATORS),
										   sdr_items(have,
													 SDR_OPERATOR_CLASS_FUNCTIONS));
	ListCell   *lc;

	/* when it is run again, the members are the new ones */
	if (plan->options.idempotent)
	{
		foreach(lc, list_concat_copy(sdr_items(want,
											   SDR_OPERATOR_CLASS_OPERATORS),
									 sdr_items(want,
											   SDR_OPERATOR_CLASS_FUNCTIONS)))
		{
			if (!sdr_list_has(members, lfirst(lc)))
				members = lappend(members, lfirst(lc));
		}
	}
	sdr_remake_dependents(plan, have, true);
	sdr_drop(plan, have, true);
	for (int i = 0; i < lengthof(lenders); i++)
	{
		if (strcmp(using + strlen(" USING "), lenders[i].method) != 0)
			continue;
		foreach(lc, members)
		{
			if (is_lent(lfirst(lc), lenders[i].own))
				sdr_step(plan, SDR_STAGE_RELEASE, want,
						 "ALTER OPERATOR FAMILY %s DROP %s",
						 family_of(have, using),
						 member_key(lfirst(lc)))->drops = "";
		}
	}
	sdr_make(plan, sdr_merged(want, have));
}

const SdrMender sdr_operator_class_mender = {
	.kind = SDR_KIND_OPERATOR_CLASS,
	.type = "OPERATOR CLASS",
	.create = create_operator_class,
	.remake = remake_operator_class
};

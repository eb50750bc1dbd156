/*-------------------------------------------------------------------------
 *
 * definition.c
 *	  Kinds that are made by CREATE ... (NAME = value, ...): aggregates,
 *	  operators, types, collations.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "repair/repair.h"
#include "utils/builtins.h"

/* The parameters that an object has, in the order of the table. */
List *
sdr_parameters_of(const SdrObject *object, const SdrParameter *parameters)
{
	List	   *texts = NIL;

	for (; parameters->attr != SDR_ATTR_NONE; parameters++)
	{
		const SdrValue *value = sdr_value(object, parameters->attr);

		if (!sdr_value_is_none(value) &&
			!sdr_value_is_default(sdr_attr(parameters->attr), value))
			texts = lappend(texts, unconstify(char *,
											  sdr_render(parameters->text,
														 object, value)));
	}
	return texts;
}

/* Make an object by such a statement. */
void
sdr_create_defined(SdrPlan *plan, SdrStage stage, const SdrObject *object,
				   const char *what, List *parameters)
{
	SdrStep    *step = sdr_step(plan, stage, object, "CREATE %s (%s)", what,
								sdr_join(parameters, ", "));

	step->makes = sdr_order_name(object);
}

static const SdrParameter aggregate_parameters[] = {
	{SDR_AGGREGATE_SFUNC, "SFUNC = {value}"},
	{SDR_AGGREGATE_STYPE, "STYPE = {value}"},
	{SDR_AGGREGATE_SSPACE, "SSPACE = {value}"},
	{SDR_AGGREGATE_FINALFUNC, "FINALFUNC = {value}"},
	{SDR_AGGREGATE_FINALFUNC_EXTRA, "FINALFUNC_EXTRA"},
	{SDR_AGGREGATE_FINALFUNC_MODIFY, "FINALFUNC_MODIFY = {word}"},
	{SDR_AGGREGATE_COMBINEFUNC, "COMBINEFUNC = {value}"},
	{SDR_AGGREGATE_SERIALFUNC, "SERIALFUNC = {value}"},
	{SDR_AGGREGATE_DESERIALFUNC, "DESERIALFUNC = {value}"},
	{SDR_AGGREGATE_INITCOND, "INITCOND = {literal}"},
	{SDR_AGGREGATE_MSFUNC, "MSFUNC = {value}"},
	{SDR_AGGREGATE_MINVFUNC, "MINVFUNC = {value}"},
	{SDR_AGGREGATE_MSTYPE, "MSTYPE = {value}"},
	{SDR_AGGREGATE_MSSPACE, "MSSPACE = {value}"},
	{SDR_AGGREGATE_MFINALFUNC, "MFINALFUNC = {value}"},
	{SDR_AGGREGATE_MFINALFUNC_EXTRA, "MFINALFUNC_EXTRA"},
	{SDR_AGGREGATE_MFINALFUNC_MODIFY, "MFINALFUNC_MODIFY = {word}"},
	{SDR_AGGREGATE_MINITCOND, "MINITCOND = {literal}"},
	{SDR_AGGREGATE_SORTOP, "SORTOP = {operator}"},
	{SDR_AGGREGATE_PARALLEL, "PARALLEL = {word}"},
	{SDR_ATTR_NONE}
};

/*
 * The arguments as CREATE AGGREGATE has them.  An ordered-set aggregate whose
 * last direct argument is variadic has that one for both sides of ORDER BY.
 */
static const char *
aggregate_arguments(const SdrObject *aggregate)
{
	List	   *arguments = sdr_items(aggregate, SDR_AGGREGATE_ARGUMENTS);
	SdrValue	value = sdr_wanted_value(aggregate,
										 SDR_AGGREGATE_DIRECT_ARGUMENTS);
	int			direct = value.u.integer;
	List	   *ordered = NIL;

	if (arguments == NIL)
		return "*";
	if (strcmp(sdr_text(aggregate, SDR_AGGREGATE_KIND), "normal") == 0)
		return sdr_join(arguments, ", ");
	for (int i = direct; i < list_length(arguments); i++)
		ordered = lappend(ordered, list_nth(arguments, i));
	if (ordered == NIL && direct > 0)
		ordered = list_make1(list_nth(arguments, direct - 1));
	return psprintf("%s%sORDER BY %s",
					sdr_join(list_truncate(list_copy(arguments), direct), ", "),
					direct > 0 ? " " : "", sdr_join(ordered, ", "));
}

static void
create_aggregate(SdrPlan *plan, const SdrObject *aggregate)
{
	List	   *texts = sdr_parameters_of(aggregate, aggregate_parameters);

	if (strcmp(sdr_text(aggregate, SDR_AGGREGATE_KIND), "hypothetical-set") == 0)
		texts = lappend(texts, pstrdup("HYPOTHETICAL"));
	sdr_create_defined(plan, SDR_STAGE_FUNCTION, aggregate,
					   psprintf("AGGREGATE %s(%s)", sdr_routine_plain_name(aggregate),
								aggregate_arguments(aggregate)), texts);
}

/* Named as a routine, an aggregate without arguments needs no star. */
const SdrMender sdr_aggregate_mender = {
	.kind = SDR_KIND_AGGREGATE,
	.type = "ROUTINE",
	.create = create_aggregate
};

static const SdrParameter operator_parameters[] = {
	{SDR_OPERATOR_FUNCTION, "FUNCTION = {value}"},
	{SDR_OPERATOR_COMMUTATOR, "COMMUTATOR = {operator}"},
	{SDR_OPERATOR_NEGATOR, "NEGATOR = {operator}"},
	{SDR_OPERATOR_RESTRICT, "RESTRICT = {value}"},
	{SDR_OPERATOR_JOIN, "JOIN = {value}"},
	{SDR_OPERATOR_HASHES, "HASHES"},
	{SDR_OPERATOR_MERGES, "MERGES"},
	{SDR_ATTR_NONE}
};

/*
 * The comma between the two arguments of an operator's name: the one outside
 * quotes and the parentheses of type modifiers.
 */
static const char *
argument_comma(const char *arguments)
{
	bool		quoted = false;
	int			depth = 0;

	for (const char *p = arguments; *p != '\0'; p++)
	{
		if (*p == '"')
			quoted = !quoted;
		else if (!quoted && *p == '(')
			depth++;
		else if (!quoted && *p == ')')
			depth--;
		else if (!quoted && *p == ',' && depth == 0)
			return p;
	}
	elog(ERROR, "operator without two arguments: %s", arguments);
}

static void
create_operator(SdrPlan *plan, const SdrObject *operator)
{
	List	   *texts = sdr_parameters_of(operator, operator_parameters);
	const char *left = strchr(operator->name, '(') + 1;
	const char *comma = argument_comma(left);
	const char *right = comma + 1;

	if (strncmp(left, "NONE,", 5) != 0)
		texts = lappend(texts, psprintf("LEFTARG = %.*s", (int) (comma - left),
										left));
	if (strcmp(right, "NONE)") != 0)
		texts = lappend(texts, psprintf("RIGHTARG = %.*s",
										(int) strlen(right) - 1, right));
	sdr_create_defined(plan, SDR_STAGE_FUNCTION, operator,
					   psprintf("OPERATOR %s", sdr_routine_plain_name(operator)), texts);
}

#define SDR_ALTER_OPERATOR	"ALTER OPERATOR {identity} "

static const SdrRule operator_rules[] = {
	{SDR_OPERATOR_RESTRICT, SDR_ALTER_OPERATOR "SET (RESTRICT = {value})",
		SDR_ALTER_OPERATOR "SET (RESTRICT = NONE)", SDR_NO_LOCK,
	SDR_RISK_SAFE, NULL},
	{SDR_OPERATOR_JOIN, SDR_ALTER_OPERATOR "SET (JOIN = {value})",
		SDR_ALTER_OPERATOR "SET (JOIN = NONE)", SDR_NO_LOCK,
	SDR_RISK_SAFE, NULL},
	{SDR_ATTR_NONE}
};

const SdrMender sdr_operator_mender = {
	.kind = SDR_KIND_OPERATOR,
	.type = "OPERATOR",
	.create = create_operator,
	.rules = operator_rules
};

static const SdrParameter range_parameters[] = {
	{SDR_RANGE_SUBTYPE, "SUBTYPE = {value}"},
	{SDR_RANGE_SUBTYPE_OPCLASS, "SUBTYPE_OPCLASS = {value}"},
	{SDR_RANGE_COLLATION, "COLLATION = {value}"},
	{SDR_RANGE_CANONICAL, "CANONICAL = {value}"},
	{SDR_RANGE_SUBTYPE_DIFF, "SUBTYPE_DIFF = {value}"},
	{SDR_RANGE_MULTIRANGE_TYPE, "MULTIRANGE_TYPE_NAME = {value}"},
	{SDR_ATTR_NONE}
};

static const SdrRule range_rules[] = {
	{SDR_RANGE_MULTIRANGE_PRIVILEGES,.mend = sdr_mend_alias},
	{SDR_RANGE_MULTIRANGE_COMMENT,.mend = sdr_mend_alias},
	{SDR_RANGE_MULTIRANGE_SECURITY_LABELS,.mend = sdr_mend_alias},
	{SDR_ATTR_NONE}
};

/*
 * What another kind of type has the name of this one: as it is, or as it is to
 * be; NULL if none.
 */
static const SdrObject *
namesake(const SdrPlan *plan, const SdrObject *type, SdrKindId kind,
		 bool wanted)
{
	const char *identity = sdr_object_identity(type);
	const ListCell *lc;

	foreach(lc, plan->changes)
	{
		const SdrChange *change = lfirst(lc);
		const SdrObject *other = wanted ? change->want : change->have;

		if (other != NULL && other->kind->id == kind &&
			strcmp(sdr_object_identity(other), identity) == 0)
			return other;
	}
	return NULL;
}

/*
 * A type whose functions have it as an argument or result: first its name,
 * then the functions, then the type.
 */
static void
create_around_functions(SdrPlan *plan, const SdrObject *type, const char *what,
						List *parameters)
{
	SdrStep    *step;

	if (namesake(plan, type, SDR_KIND_SHELL, false) == NULL)
		sdr_step(plan, SDR_STAGE_TYPE, type, "CREATE TYPE %s",
				 sdr_object_identity(type))->makes = sdr_object_identity(type);
	/* whoever needs it comes later anyway, but for the functions */
	step = sdr_step(plan, SDR_STAGE_FUNCTION, type, "CREATE %s (%s)", what,
					sdr_join(parameters, ", "));
	step->mentions = sdr_join(parameters, ", ");
}

static void
create_range(SdrPlan *plan, const SdrObject *type)
{
	const char *what = psprintf("TYPE %s AS RANGE", sdr_object_identity(type));
	List	   *parameters = sdr_parameters_of(type, range_parameters);

	if (sdr_is_set(type, SDR_RANGE_CANONICAL))
		create_around_functions(plan, type, what, parameters);
	else
		sdr_create_defined(plan, SDR_STAGE_TYPE, type, what, parameters);
	sdr_make_aliases(plan, type);
}

/* Drop a type with the functions that need it and that it needs. */
static void
drop_with_functions(SdrPlan *plan, const SdrObject *type, SdrStage stage)
{
	SdrStep    *step = sdr_step(plan, stage, type, "DROP TYPE %s CASCADE",
								sdr_object_identity(type));

	step->drops = step->frees = sdr_order_name(type);
	sdr_step_cost(step, SDR_RISK_LOCKS, SDR_NO_LOCK);
}

/* Make functions that went with their type, as they are to be. */
static void
make_functions(SdrPlan *plan, const List *functions)
{
	const ListCell *lc;

	foreach(lc, functions)
	{
		const SdrObject *final = sdr_final_state(plan, lfirst(lc));

		if (final != NULL)
			sdr_make(plan, final);
	}
}

/*
 * Take the functions out of a list of what depends on a type: they go with it,
 * as neither can go before the other.
 */
static List *
functions_among(SdrPlan *plan, const List *dependents)
{
	List	   *functions = NIL;
	const ListCell *lc;

	foreach(lc, dependents)
	{
		const SdrObject *dependent = lfirst(lc);

		if (dependent->kind->id == SDR_KIND_FUNCTION &&
			sdr_mark_remade(plan, dependent))
			functions = lappend(functions, unconstify(SdrObject *, dependent));
	}
	return functions;
}

/* Is there a column among them that goes with the type, and all it holds? */
static bool
any_holds_data(const List *dependents)
{
	const ListCell *lc;

	foreach(lc, dependents)
	{
		const SdrObject *dependent = lfirst(lc);

		if (dependent->kind->id == SDR_KIND_COLUMN &&
			(dependent->parent->kind->id == SDR_KIND_TABLE ||
			 dependent->parent->kind->id == SDR_KIND_COMPOSITE))
			return true;
	}
	return false;
}

/*
 * A type that goes with its functions, and comes back with them; other
 * dependents are made again as those of any type.
 */
static void
remake_with_functions(SdrPlan *plan, const SdrObject *want,
					  const SdrObject *have)
{
	List	   *dependents = sdr_dependents(plan, have, false);
	List	   *functions;
	ListCell   *lc;

	if (any_holds_data(dependents))
	{
		sdr_unmended(plan, want,
					 "the type can only be made again, and columns that have it would be lost");
		return;
	}
	foreach(lc, dependents)
	{
		const SdrObject *dependent = lfirst(lc);

		if (dependent->kind->id == SDR_KIND_COLUMN)
			sdr_remake_dependent(plan, dependent->parent);
		else if (dependent->kind->id != SDR_KIND_FUNCTION)
			sdr_remake_dependent(plan, dependent);
	}
	functions = functions_among(plan, dependents);
	drop_with_functions(plan, have, SDR_STAGE_RELEASE);
	sdr_make(plan, sdr_merged(want, have));
	make_functions(plan, functions);
}

static void
remake_range(SdrPlan *plan, const SdrObject *want, const SdrObject *have)
{
	if (sdr_is_set(want, SDR_RANGE_CANONICAL) ||
		sdr_is_set(have, SDR_RANGE_CANONICAL))
		remake_with_functions(plan, want, have);
	else
		sdr_remake_type(plan, want, have);
}

const SdrMender sdr_range_mender = {
	.kind = SDR_KIND_RANGE,
	.type = "TYPE",
	.create = create_range,
	.remake = remake_range,
	.rules = range_rules
};

static const SdrParameter base_parameters[] = {
	{SDR_BASE_INPUT, "INPUT = {value}"},
	{SDR_BASE_OUTPUT, "OUTPUT = {value}"},
	{SDR_BASE_RECEIVE, "RECEIVE = {value}"},
	{SDR_BASE_SEND, "SEND = {value}"},
	{SDR_BASE_TYPMOD_IN, "TYPMOD_IN = {value}"},
	{SDR_BASE_TYPMOD_OUT, "TYPMOD_OUT = {value}"},
	{SDR_BASE_ANALYZE, "ANALYZE = {value}"},
	{SDR_BASE_SUBSCRIPT, "SUBSCRIPT = {value}"},
	{SDR_BASE_LENGTH, "INTERNALLENGTH = {value}"},
	{SDR_BASE_PASSED_BY_VALUE, "PASSEDBYVALUE"},
	{SDR_BASE_ALIGNMENT, "ALIGNMENT = {value}"},
	{SDR_BASE_STORAGE, "STORAGE = {value}"},
	{SDR_BASE_CATEGORY, "CATEGORY = {literal}"},
	{SDR_BASE_PREFERRED, "PREFERRED = {value}"},
	{SDR_BASE_DEFAULT, "DEFAULT = {literal}"},
	{SDR_BASE_ELEMENT, "ELEMENT = {value}"},
	{SDR_BASE_DELIMITER, "DELIMITER = {literal}"},
	{SDR_BASE_COLLATABLE, "COLLATABLE = {value}"},
	{SDR_ATTR_NONE}
};

static void
create_base(SdrPlan *plan, const SdrObject *type)
{
	create_around_functions(plan, type, psprintf("TYPE %s",
												 sdr_object_identity(type)),
							sdr_parameters_of(type, base_parameters));
}

/* PostgreSQL sets every storage but plain. */
static void
mend_base_storage(SdrPlan *plan, const SdrMend *mend)
{
	if (mend->value.tag != SDR_VALUE_TEXT ||
		strcmp(mend->value.u.text, "plain") == 0)
		sdr_remake(plan, mend->want, mend->have);
	else
		sdr_step(plan, SDR_STAGE_PROPERTY, mend->want,
				 "ALTER TYPE %s SET (STORAGE = %s)",
				 sdr_object_identity(mend->want), mend->value.u.text);
}

#define SDR_ALTER_TYPE		"ALTER TYPE {identity} SET "
#define SDR_BASE_RULE(attr, name) \
	{attr, SDR_ALTER_TYPE "(" name " = {value})", \
	SDR_ALTER_TYPE "(" name " = NONE)", SDR_NO_LOCK, SDR_RISK_SAFE, NULL}

static const SdrRule base_rules[] = {
	SDR_BASE_RULE(SDR_BASE_RECEIVE, "RECEIVE"),
	SDR_BASE_RULE(SDR_BASE_SEND, "SEND"),
	SDR_BASE_RULE(SDR_BASE_TYPMOD_IN, "TYPMOD_IN"),
	SDR_BASE_RULE(SDR_BASE_TYPMOD_OUT, "TYPMOD_OUT"),
	SDR_BASE_RULE(SDR_BASE_ANALYZE, "ANALYZE"),
	SDR_BASE_RULE(SDR_BASE_SUBSCRIPT, "SUBSCRIPT"),
	{SDR_BASE_STORAGE,.mend = mend_base_storage},
	{SDR_ATTR_NONE}
};

/*
 * Its functions depend on the type, and the type on them.  A migration may
 * lead to where only the name of the type is left, and the functions are that
 * name's.
 */
static void
destroy_base(SdrPlan *plan, const SdrObject *type)
{
	const SdrObject *shell = namesake(plan, type, SDR_KIND_SHELL, true);
	List	   *dependents = sdr_dependents(plan, type, false);
	bool		holds_data = any_holds_data(dependents);
	List	   *functions;

	if (shell != NULL)
		dependents = list_concat(dependents,
								 sdr_dependents(plan, shell, false));
	/* what is left out takes no functions along */
	functions = holds_data && !plan->options.destructive ? NIL :
		functions_among(plan, dependents);
	drop_with_functions(plan, type, holds_data ? SDR_STAGE_LOSE :
						SDR_STAGE_RELEASE);
	if (holds_data)
		((SdrStep *) llast(plan->steps))->risk = SDR_RISK_DESTRUCTIVE;
	make_functions(plan, functions);
}

const SdrMender sdr_base_mender = {
	.kind = SDR_KIND_BASE,
	.type = "TYPE",
	.create = create_base,
	.remake = remake_with_functions,
	.rules = base_rules,
	.destroy = destroy_base
};

static void
create_shell(SdrPlan *plan, const SdrObject *type)
{
	sdr_step(plan, SDR_STAGE_TYPE, type, "CREATE TYPE %s",
			 sdr_object_identity(type))->makes = sdr_object_identity(type);
}

/* One that is made a full type stays. */
static void
destroy_shell(SdrPlan *plan, const SdrObject *type)
{
	if (namesake(plan, type, SDR_KIND_BASE, true) == NULL)
		drop_with_functions(plan, type, SDR_STAGE_DROP);
}

const SdrMender sdr_shell_mender = {
	.kind = SDR_KIND_SHELL,
	.type = "TYPE",
	.create = create_shell,
	.destroy = destroy_shell
};

static const SdrParameter collation_parameters[] = {
	{SDR_COLLATION_PROVIDER, "PROVIDER = {value}"},
	{SDR_COLLATION_LOCALE, "LOCALE = {literal}"},
	{SDR_COLLATION_LC_COLLATE, "LC_COLLATE = {literal}"},
	{SDR_COLLATION_LC_CTYPE, "LC_CTYPE = {literal}"},
	{SDR_COLLATION_RULES, "RULES = {literal}"},
	{SDR_ATTR_NONE}
};

static void
create_collation(SdrPlan *plan, const SdrObject *collation)
{
	List	   *texts = sdr_parameters_of(collation, collation_parameters);

	if (!sdr_true(collation, SDR_COLLATION_DETERMINISTIC))
		texts = lappend(texts, pstrdup("DETERMINISTIC = false"));
	sdr_create_defined(plan, SDR_STAGE_TYPE, collation,
					   psprintf("COLLATION %s", sdr_object_identity(collation)), texts);
}

static void
mend_version(SdrPlan *plan, const SdrMend *mend)
{
	if (mend->value.u.boolean)
		sdr_unmended(plan, mend->want,
					 "the version of a collation is what its provider says");
	else
		sdr_step(plan, SDR_STAGE_PROPERTY, mend->want,
				 "ALTER COLLATION %s REFRESH VERSION",
				 sdr_object_identity(mend->want))->note =
			"indexes that use the collation should be built again first";
}

static const SdrRule collation_rules[] = {
	{SDR_COLLATION_VERSION_MISMATCH,.mend = mend_version},
	{SDR_ATTR_NONE}
};

const SdrMender sdr_collation_mender = {
	.kind = SDR_KIND_COLLATION,
	.type = "COLLATION",
	.create = create_collation,
	.rules = collation_rules
};

static void
create_conversion(SdrPlan *plan, const SdrObject *conversion)
{
	sdr_step(plan, SDR_STAGE_FUNCTION, conversion,
			 "CREATE %sCONVERSION %s FOR %s TO %s FROM %s",
			 sdr_true(conversion, SDR_CONVERSION_DEFAULT) ? "DEFAULT " : "",
			 sdr_object_identity(conversion),
			 sdr_literal(sdr_text(conversion, SDR_CONVERSION_SOURCE)),
			 sdr_literal(sdr_text(conversion, SDR_CONVERSION_TARGET)),
			 sdr_text(conversion, SDR_CONVERSION_FUNCTION));
}

const SdrMender sdr_conversion_mender = {
	.kind = SDR_KIND_CONVERSION,
	.type = "CONVERSION",
	.create = create_conversion
};

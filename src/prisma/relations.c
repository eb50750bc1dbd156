/*-------------------------------------------------------------------------
 *
 * relations.c
 *	  Relations between models: foreign keys and join tables.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "pg_config_manual.h"
#include "prisma/prisma.h"

static const char *const relation_args[] = {"name", "fields", "references", "onDelete", "onUpdate", "map", NULL};

static const struct
{
	const char *name;
	const char *action;
	bool		is_emulated;	/* there also without foreign keys */
}			actions[] = {
	{"Cascade", "cascade", true},
	{"Restrict", "restrict", true},
	{"NoAction", "no action", false},
	{"SetNull", "set null", true},
	{"SetDefault", "set default", false},
};

/* The action of onDelete: or onUpdate:; NULL if there is none. */
static const char *
read_action(SdrPrismaMapping *mapping, const SdrPrismaAttr *attr,
			const char *name)
{
	const SdrPrismaArg *arg = sdr_prisma_find_arg(attr->args, name, false);

	if (arg == NULL)
		return NULL;
	for (int i = 0; i < lengthof(actions); i++)
	{
		if (arg->value->tag != SDR_PRISMA_NAME ||
			strcmp(arg->value->text, actions[i].name) != 0)
			continue;
		if (mapping->no_foreign_keys && !actions[i].is_emulated)
		{
			sdr_prisma_error(mapping->ast, arg->value->pos,
							 "%s is Cascade, Restrict or SetNull with relationMode \"prisma\", not %s",
							 name, arg->value->text);
			return NULL;
		}
		return actions[i].action;
	}
	sdr_prisma_error(mapping->ast, arg->value->pos,
					 "%s is Cascade, Restrict, NoAction, SetNull or SetDefault, not %s",
					 name, sdr_prisma_describe(arg->value));
	return NULL;
}

/* The fields of a model that fields: or references: lists. */
static List *
read_fields(SdrPrismaMapping *mapping, const SdrPrismaAttr *attr,
			const char *name, const SdrPrismaModel *model, bool *found)
{
	const SdrPrismaArg *arg = sdr_prisma_find_arg(attr->args, name, false);
	const SdrPrismaArg *element;
	List	   *columns = NIL;

	*found = arg != NULL;
	if (arg == NULL)
		return NIL;
	if (arg->value->tag != SDR_PRISMA_ARRAY || arg->value->args == NULL)
	{
		sdr_prisma_error(mapping->ast, arg->value->pos,
						 "%s must be a list of fields", name);
		return NIL;
	}
	for (element = arg->value->args; element != NULL; element = element->next)
	{
		const SdrPrismaExpr *expr = element->value;
		SdrPrismaColumn *column = expr->tag != SDR_PRISMA_NAME ? NULL :
		sdr_prisma_names_find(&model->fields, expr->text);

		if (expr->tag != SDR_PRISMA_NAME)
			sdr_prisma_error(mapping->ast, expr->pos,
							 "element of %s must be a field, not %s", name,
							 sdr_prisma_describe(expr));
		else if (column == NULL)
			sdr_prisma_error(mapping->ast, expr->pos,
							 "model \"%s\" has no field \"%s\"",
							 model->block->name, expr->text);
		else if (column->class == SDR_PRISMA_FIELD_RELATION)
			sdr_prisma_error(mapping->ast, expr->pos,
							 "field \"%s\" in %s is a relation itself",
							 expr->text, name);
		else if (list_length(columns) < INDEX_MAX_KEYS &&
				 list_member_ptr(columns, column))
			sdr_prisma_error(mapping->ast, expr->pos,
							 "field \"%s\" stands twice in %s", expr->text,
							 name);
		else
			columns = lappend(columns, column);
	}
	return columns;
}

/* Read what @relation of a relation field says. */
void
sdr_prisma_read_relation(SdrPrismaMapping *mapping, SdrPrismaColumn *column)
{
	SdrPrismaRelation *relation = palloc0(sizeof(SdrPrismaRelation));
	const SdrPrismaAttr *attr = sdr_prisma_find_attr(column->field->attrs,
													 "relation");

	column->relation = relation;
	relation->attr = attr;
	if (attr == NULL)
		return;
	sdr_prisma_check_args(mapping, attr, relation_args);
	relation->name = sdr_prisma_string_arg(mapping, attr, "name", true);
	relation->fields = read_fields(mapping, attr, "fields", column->model,
								   &relation->has_fields);
	relation->references = read_fields(mapping, attr, "references",
									   column->target,
									   &relation->has_references);
	relation->on_delete = read_action(mapping, attr, "onDelete");
	relation->on_update = read_action(mapping, attr, "onUpdate");
	relation->map = sdr_prisma_string_arg(mapping, attr, "map", false);
	if (relation->map != NULL && strlen(relation->map) >= NAMEDATALEN)
		sdr_prisma_error(mapping->ast, attr->pos,
						 "name \"%s\" is longer than %d bytes",
						 relation->map, NAMEDATALEN - 1);
}

/* The names of columns, a list of char *. */
List *
sdr_prisma_column_names(const List *columns)
{
	List	   *names = NIL;
	ListCell   *lc;

	foreach(lc, columns)
		names = lappend(names, unconstify(char *,
										  ((SdrPrismaColumn *) lfirst(lc))->name));
	return names;
}

const char *
sdr_prisma_foreign_key_name(const SdrPrismaColumn *column)
{
	if (column->relation->map != NULL)
		return column->relation->map;
	return sdr_prisma_key_name(column->model->name,
							   sdr_prisma_column_names(column->relation->fields),
							   "_fkey");
}

/*
 * ON DELETE of the foreign key of a field.  Where nothing is said, a required
 * relation is protected and an optional one set to null.
 */
const char *
sdr_prisma_on_delete(const SdrPrismaColumn *column)
{
	ListCell   *lc;

	if (column->relation->on_delete != NULL)
		return column->relation->on_delete;
	foreach(lc, column->relation->fields)
	{
		if (((SdrPrismaColumn *) lfirst(lc))->field->arity == SDR_PRISMA_REQUIRED)
			return "restrict";
	}
	return column->field->arity == SDR_PRISMA_REQUIRED ? "restrict" :
		"set null";
}

static bool
is_list(const SdrPrismaColumn *column)
{
	return column->field->arity == SDR_PRISMA_LIST;
}

/*
 * A relation field as a key of its relation: models and name.  The other side
 * has the same models the other way round.
 */
typedef struct Side
{
	SdrPrismaColumn *column;
	SdrPrismaColumn *opposite;	/* NULL if there is none */
	int			before;			/* fields with the same key before it */
	int			after;			/* and behind it */
} Side;

static const char *
name_or_nothing(const SdrPrismaColumn *column)
{
	return column->relation->name == NULL ? "" : column->relation->name;
}

static int
compare_keys(const SdrPrismaColumn *a, const char *from, const char *to,
			 const char *name)
{
	int			order = strcmp(a->model->block->name, from);

	if (order == 0)
		order = strcmp(a->target->block->name, to);
	return order != 0 ? order : strcmp(name_or_nothing(a), name);
}

static int
compare_sides(const void *a, const void *b)
{
	const SdrPrismaColumn *x = ((const Side *) a)->column;
	const SdrPrismaColumn *y = ((const Side *) b)->column;
	int			order = compare_keys(x, y->model->block->name,
									 y->target->block->name,
									 name_or_nothing(y));

	/* those of one model in the order of its fields */
	if (order == 0)
		order = x < y ? -1 : x > y ? 1 : 0;
	return order;
}

/* The first side with this key; n if there is none. */
static int
find_side(const Side *sides, int n, const char *from, const char *to,
		  const char *name)
{
	int			low = 0;
	int			high = n;

	while (low < high)
	{
		int			middle = low + (high - low) / 2;

		if (compare_keys(sides[middle].column, from, to, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < n && compare_keys(sides[low].column, from, to, name) == 0 ?
		low : n;
}

/* All relation fields of the schema, each with its other side. */
static Side *
pair_sides(SdrPrismaMapping *mapping, int *n)
{
	Side	   *sides;
	ListCell   *lc;
	int			max = 0;

	foreach(lc, mapping->models)
		max += ((SdrPrismaModel *) lfirst(lc))->ncolumns;
	sides = palloc0(sizeof(Side) * Max(max, 1));
	*n = 0;
	foreach(lc, mapping->models)
	{
		SdrPrismaModel *model = lfirst(lc);

		for (int i = 0; i < model->ncolumns; i++)
		{
			if (model->columns[i].relation != NULL)
				sides[(*n)++].column = &model->columns[i];
		}
	}
	qsort(sides, *n, sizeof(Side), compare_sides);

	for (int i = 0; i < *n; i++)
	{
		SdrPrismaColumn *column = sides[i].column;
		const char *from = column->model->block->name;
		const char *to = column->target->block->name;
		const char *name = name_or_nothing(column);
		int			other = find_side(sides, *n, to, from, name);

		/* of a relation to itself, the other field */
		if (other < *n && sides[other].column == column)
			other = other + 1 < *n &&
				compare_keys(sides[other + 1].column, to, from, name) == 0 ?
				other + 1 : *n;
		if (other < *n)
			sides[i].opposite = sides[other].column;
		if (i > 0 && compare_keys(sides[i - 1].column, from, to, name) == 0)
			sides[i].before = sides[i - 1].before + 1;
	}
	for (int i = *n - 2; i >= 0; i--)
	{
		if (sides[i + 1].before > 0)
			sides[i].after = sides[i + 1].after + 1;
	}
	return sides;
}

static void
complain(SdrPrismaMapping *mapping, const SdrPrismaColumn *column,
		 const char *problem)
{
	sdr_prisma_error(mapping->ast, column->field->pos,
					 "relation field \"%s\" of model \"%s\" %s",
					 column->field->name, column->model->block->name, problem);
}

/* More fields between two models than names tell apart. */
static void
check_ambiguity(SdrPrismaMapping *mapping, const Side *side)
{
	const SdrPrismaColumn *column = side->column;
	bool		to_itself = column->model == column->target;
	int			allowed = to_itself && column->relation->name != NULL ? 1 : 0;

	if (side->before == 0 && side->after > allowed)
		complain(mapping, column,
				 psprintf("is ambiguous: another field refers to \"%s\" too, expected a name of its own in @relation",
						  column->target->block->name));
}

static bool
same_type(const SdrPrismaColumn *a, const SdrPrismaColumn *b)
{
	if (a->class != b->class || a->class == SDR_PRISMA_FIELD_UNSUPPORTED)
		return a->class == b->class;
	return a->class == SDR_PRISMA_FIELD_ENUM ?
		a->enumeration == b->enumeration : a->scalar == b->scalar;
}

/* The fields on both sides of a foreign key. */
static void
check_fields(SdrPrismaMapping *mapping, const SdrPrismaColumn *column)
{
	const SdrPrismaRelation *relation = column->relation;
	ListCell   *x;
	ListCell   *y;

	if (!relation->has_references)
	{
		complain(mapping, column, "has fields: in @relation, and no references:");
		return;
	}
	/* what is wrong within the lists has been said */
	if (relation->fields == NIL || relation->references == NIL)
		return;
	if (list_length(relation->fields) != list_length(relation->references))
	{
		complain(mapping, column, "has not as many fields: as references:");
		return;
	}
	forboth(x, relation->fields, y, relation->references)
	{
		const SdrPrismaColumn *from = lfirst(x);
		const SdrPrismaColumn *to = lfirst(y);

		if (from->class != SDR_PRISMA_FIELD_UNKNOWN &&
			to->class != SDR_PRISMA_FIELD_UNKNOWN && !same_type(from, to))
			complain(mapping, column,
					 psprintf("refers from \"%s\" to \"%s\", which is of another type",
							  from->field->name, to->field->name));
		if (column->field->arity == SDR_PRISMA_REQUIRED &&
			from->field->arity == SDR_PRISMA_OPTIONAL)
			complain(mapping, column,
					 psprintf("is required, but its field \"%s\" is optional",
							  from->field->name));
	}
	if (!column->target->is_view && !column->model->is_view &&
		!sdr_prisma_is_unique(column->target, relation->references))
		complain(mapping, column,
				 psprintf("refers to fields of \"%s\" that are no id and no unique key there",
						  column->target->block->name));
}

/* A side that has the foreign key, or could. */
static void
check_forward(SdrPrismaMapping *mapping, const SdrPrismaColumn *column,
			  const SdrPrismaColumn *opposite)
{
	const SdrPrismaRelation *relation = column->relation;
	const SdrPrismaRelation *other = opposite->relation;

	if (!relation->has_fields)
	{
		/* of two sides without fields, one speaks for both */
		if (!other->has_fields && (is_list(opposite) || column < opposite))
			complain(mapping, column, "needs fields: and references: in @relation, or its other side does");
		else if (other->has_fields &&
				 column->field->arity == SDR_PRISMA_REQUIRED)
			complain(mapping, column, "must be optional: the other side has the fields");
		if (relation->has_references && !other->has_fields)
			complain(mapping, column, "has references: in @relation, and no fields:");
		return;
	}
	if (other->has_fields && !is_list(opposite) && column < opposite)
		complain(mapping, column, "has fields: in @relation, and so has its other side");
	check_fields(mapping, column);
	if (!is_list(opposite) && relation->fields != NIL &&
		!column->model->is_view &&
		!sdr_prisma_is_unique(column->model, relation->fields))
		complain(mapping, column, "is one to one, so its fields must be an id or a unique key");
}

static void
check_side(SdrPrismaMapping *mapping, const Side *side)
{
	const SdrPrismaColumn *column = side->column;
	const SdrPrismaRelation *relation = column->relation;

	check_ambiguity(mapping, side);
	if (side->before + side->after > 1)
		return;
	if (column->target->is_ignored && !column->is_ignored &&
		!column->model->is_ignored)
		complain(mapping, column, "needs @ignore: its model is ignored");
	if (side->opposite == NULL)
	{
		complain(mapping, column,
				 psprintf("has no field on model \"%s\" as its other side",
						  column->target->block->name));
		return;
	}
	if (!is_list(column))
	{
		check_forward(mapping, column, side->opposite);
		return;
	}
	if (relation->has_fields || relation->has_references)
		complain(mapping, column, "is a list and cannot have fields: and references:");
	if (relation->on_delete != NULL || relation->on_update != NULL)
		complain(mapping, column, "is a list and cannot have onDelete: and onUpdate:");
}

/* Is this the side of column A?  Models are ordered by their names. */
static bool
is_side_a(const SdrPrismaColumn *column, const SdrPrismaColumn *opposite)
{
	if (column->model != opposite->model)
		return strcmp(column->model->block->name,
					  opposite->model->block->name) < 0;
	return strcmp(column->field->name, opposite->field->name) < 0;
}

static SdrPrismaJoin *
make_join(SdrPrismaMapping *mapping, const SdrPrismaColumn *a,
		  const SdrPrismaColumn *b)
{
	SdrPrismaJoin *join = palloc0(sizeof(SdrPrismaJoin));

	join->sides[0] = a->model;
	join->sides[1] = b->model;
	join->schema = a->model->schema;
	join->name = sdr_prisma_join_part_name(a->relation->name != NULL ?
										   psprintf("_%s", a->relation->name) :
										   psprintf("_%sTo%s",
													a->model->block->name,
													b->model->block->name),
										   "", false);
	for (int i = 0; i < 2; i++)
	{
		const SdrPrismaModel *model = join->sides[i];

		if (model->primary_key == NULL ||
			list_length(model->primary_key->parts) != 1)
			complain(mapping, i == 0 ? b : a,
					 psprintf("is many to many, so model \"%s\" must have an id of one field",
							  model->block->name));
	}
	return join;
}

/*
 * Check all relations.  Returns those that have a table of their own, a list
 * of SdrPrismaJoin *.
 */
List *
sdr_prisma_check_relations(SdrPrismaMapping *mapping)
{
	List	   *joins = NIL;
	int			n;
	Side	   *sides = pair_sides(mapping, &n);

	for (int i = 0; i < n; i++)
	{
		const SdrPrismaColumn *column = sides[i].column;
		const SdrPrismaColumn *opposite = sides[i].opposite;

		CHECK_FOR_INTERRUPTS();
		check_side(mapping, &sides[i]);
		if (opposite != NULL && is_list(column) && is_list(opposite) &&
			is_side_a(column, opposite) && !column->model->is_view &&
			!opposite->model->is_view)
			joins = lappend(joins, make_join(mapping, column, opposite));
	}
	return joins;
}

/*-------------------------------------------------------------------------
 *
 * schema.c
 *	  From the syntax tree of a Prisma schema to its models and enums.
 *
 * What is wrong is noted and the rest read on, so that all errors come at
 * once.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "prisma/prisma.h"
#include "utils/builtins.h"

static const char *const model_attrs[] = {"id", "map", "schema", "ignore", NULL};
static const char *const model_repeated[] = {"index", "unique", "fulltext", NULL};
static const char *const enum_attrs[] = {"map", "schema", NULL};
static const char *const value_attrs[] = {"map", NULL};
static const char *const scalar_attrs[] = {"id", "unique", "default", "updatedAt", "map", "ignore", NULL};
static const char *const relation_attrs[] = {"relation", "ignore", NULL};
static const char *const map_args[] = {"name", NULL};
static const char *const schema_args[] = {"map", NULL};
static const char *const no_args[] = {"", NULL};

static const char *
block_word(const SdrPrismaBlock *block)
{
	static const char *const words[] = {
		[SDR_PRISMA_MODEL] = "model",
		[SDR_PRISMA_VIEW] = "view",
		[SDR_PRISMA_ENUM] = "enum",
		[SDR_PRISMA_TYPE] = "type",
		[SDR_PRISMA_DATASOURCE] = "datasource",
		[SDR_PRISMA_GENERATOR] = "generator",
	};

	return words[block->tag];
}

/* The label of a value of an enum. */
const char *
sdr_prisma_value_name(const SdrPrismaField *value)
{
	const SdrPrismaAttr *attr = sdr_prisma_find_attr(value->attrs, "map");

	if (attr != NULL && attr->args != NULL &&
		attr->args->value->tag == SDR_PRISMA_STRING)
		return attr->args->value->text;
	return value->name;
}

/* The name in the database: that of @map or @@map, or its own. */
static const char *
mapped_name(SdrPrismaMapping *mapping, const SdrPrismaAttr *attrs,
			const char *own)
{
	const SdrPrismaAttr *attr = sdr_prisma_find_attr(attrs, "map");
	const char *name = NULL;

	if (attr != NULL)
	{
		sdr_prisma_check_args(mapping, attr, map_args);
		name = sdr_prisma_string_arg(mapping, attr, "name", true);
		if (attr->args == NULL)
			sdr_prisma_error(mapping->ast, attr->pos,
							 "attribute \"%s%s\" needs a name",
							 attr->is_block ? "@@" : "@", attr->name);
	}
	return name == NULL ? own : name;
}

/* The schema of a model or enum; NULL where the datasource lists none. */
static const char *
read_schema(SdrPrismaMapping *mapping, const SdrPrismaBlock *block)
{
	const SdrPrismaAttr *attr = sdr_prisma_find_attr(block->attrs, "schema");
	const char *name;
	ListCell   *lc;

	if (attr == NULL)
		return NULL;
	sdr_prisma_check_args(mapping, attr, schema_args);
	name = sdr_prisma_string_arg(mapping, attr, "map", true);
	if (name == NULL)
	{
		if (attr->args == NULL)
			sdr_prisma_error(mapping->ast, attr->pos,
							 "attribute \"@@schema\" needs a name");
		return NULL;
	}
	name = sdr_prisma_clip(name);
	foreach(lc, mapping->schemas)
	{
		if (strcmp(lfirst(lc), name) == 0)
			return name;
	}
	sdr_prisma_error(mapping->ast, attr->pos,
					 "schema \"%s\" is not among the schemas of the datasource",
					 name);
	return name;
}

/* Where the datasource lists schemas, each model and enum is in one. */
static void
check_schema(SdrPrismaMapping *mapping, const SdrPrismaBlock *block)
{
	if (mapping->schemas != NIL &&
		sdr_prisma_find_attr(block->attrs, "schema") == NULL)
		sdr_prisma_error(mapping->ast, block->pos,
						 "%s \"%s\" needs @@schema, as the datasource lists schemas",
						 block_word(block), block->name);
}

/* Names given twice, of what has a place in the file. */
static void
check_fields_twice(SdrPrismaMapping *mapping, const SdrPrismaNames *names,
				   const SdrPrismaBlock *block,
				   SdrPrismaPos (*pos) (const void *value))
{
	for (int i = 1; i < names->n; i++)
	{
		SdrPrismaPos a;
		SdrPrismaPos b;

		if (strcmp(names->names[i - 1].name, names->names[i].name) != 0)
			continue;
		a = pos(names->names[i - 1].value);
		b = pos(names->names[i].value);
		if (a.line > b.line || (a.line == b.line && a.column > b.column))
			b = a;
		sdr_prisma_error(mapping->ast, b,
						 "name \"%s\" is used twice in %s \"%s\"",
						 names->names[i].name, block_word(block),
						 block->name);
	}
}

/* The parser takes more names than a schema may have. */
static void
check_name(SdrPrismaMapping *mapping, const char *name, SdrPrismaPos pos)
{
	if (strchr(name, '-') != NULL)
		sdr_prisma_error(mapping->ast, pos,
						 "name \"%s\" has a hyphen, which is not allowed",
						 name);
	else if (isdigit((unsigned char) name[0]))
		sdr_prisma_error(mapping->ast, pos,
						 "name \"%s\" begins with a digit, which is not allowed",
						 name);
}

static SdrPrismaPos
field_pos(const void *value)
{
	return ((const SdrPrismaField *) value)->pos;
}

static SdrPrismaPos
column_pos(const void *value)
{
	return ((const SdrPrismaColumn *) value)->field->pos;
}

static void
read_enum(SdrPrismaMapping *mapping, const SdrPrismaBlock *block)
{
	SdrPrismaEnum *enumeration = palloc0(sizeof(SdrPrismaEnum));
	SdrPrismaNames mapped = {0};

	enumeration->block = block;
	sdr_prisma_check_attrs(mapping, block->attrs, false, enum_attrs, NULL);
	enumeration->name = sdr_prisma_clip(mapped_name(mapping, block->attrs,
													block->name));
	enumeration->schema = read_schema(mapping, block);
	if (block->fields == NULL)
		sdr_prisma_error(mapping->ast, block->pos,
						 "enum \"%s\" has no value", block->name);
	for (SdrPrismaField *value = block->fields; value != NULL;
		 value = value->next)
	{
		sdr_prisma_check_attrs(mapping, value->attrs, false, value_attrs, NULL);
		sdr_prisma_names_add(&enumeration->values, value->name, value);
		sdr_prisma_names_add(&mapped, mapped_name(mapping, value->attrs,
												  value->name), value);
	}
	sdr_prisma_names_sort(&enumeration->values);
	sdr_prisma_names_sort(&mapped);
	check_fields_twice(mapping, &enumeration->values, block, field_pos);
	check_fields_twice(mapping, &mapped, block, field_pos);
	mapping->enums = lappend(mapping->enums, enumeration);
	sdr_prisma_names_add(&mapping->enum_names, block->name, enumeration);
}

/* What the type of a field is the name of. */
static void
resolve_type(SdrPrismaMapping *mapping, SdrPrismaColumn *column)
{
	const SdrPrismaField *field = column->field;

	if (field->unsupported != NULL)
		column->class = SDR_PRISMA_FIELD_UNSUPPORTED;
	else if (sdr_prisma_scalar_by_name(field->type, &column->scalar))
		column->class = SDR_PRISMA_FIELD_SCALAR;
	else if ((column->enumeration = sdr_prisma_names_find(&mapping->enum_names,
														  field->type)) != NULL)
		column->class = SDR_PRISMA_FIELD_ENUM;
	else if ((column->target = sdr_prisma_names_find(&mapping->model_names,
													 field->type)) != NULL)
		column->class = SDR_PRISMA_FIELD_RELATION;
	else
		sdr_prisma_error(mapping->ast, field->type_pos,
						 "type \"%s\" is neither built in nor a model or enum of this schema",
						 field->type);
}

static void
check_flag(SdrPrismaMapping *mapping, const SdrPrismaColumn *column,
		   const char *name)
{
	const SdrPrismaAttr *attr = sdr_prisma_find_attr(column->field->attrs,
													 name);

	if (attr != NULL)
		sdr_prisma_check_args(mapping, attr, no_args);
}

static void
check_updated_at(SdrPrismaMapping *mapping, const SdrPrismaColumn *column)
{
	const SdrPrismaAttr *attr = sdr_prisma_find_attr(column->field->attrs,
													 "updatedAt");

	if (attr != NULL &&
		(column->class != SDR_PRISMA_FIELD_SCALAR ||
		 column->scalar != SDR_PRISMA_TYPE_DATETIME ||
		 column->field->arity == SDR_PRISMA_LIST))
		sdr_prisma_error(mapping->ast, attr->pos,
						 "attribute \"@updatedAt\" is for fields of type DateTime");
}

/* Read the attributes of a field, but for those that make keys. */
static void
read_column(SdrPrismaMapping *mapping, SdrPrismaColumn *column)
{
	const SdrPrismaField *field = column->field;

	column->is_ignored = sdr_prisma_find_attr(field->attrs, "ignore") != NULL;
	check_flag(mapping, column, "ignore");
	if (column->class == SDR_PRISMA_FIELD_RELATION)
	{
		sdr_prisma_check_attrs(mapping, field->attrs, false, relation_attrs,
							   NULL);
		sdr_prisma_read_relation(mapping, column);
		return;
	}
	column->name = sdr_prisma_clip(mapped_name(mapping, field->attrs,
											   field->name));
	if (column->class == SDR_PRISMA_FIELD_UNKNOWN)
		return;
	sdr_prisma_check_attrs(mapping, field->attrs, true, scalar_attrs, NULL);
	check_flag(mapping, column, "updatedAt");
	check_updated_at(mapping, column);
	sdr_prisma_read_type(mapping, column);
	sdr_prisma_read_default(mapping, column);
}

static void
check_columns_twice(SdrPrismaMapping *mapping, SdrPrismaModel *model)
{
	SdrPrismaNames names = {0};

	for (int i = 0; i < model->ncolumns; i++)
	{
		if (model->columns[i].name != NULL)
			sdr_prisma_names_add(&names, model->columns[i].name,
								 &model->columns[i]);
	}
	sdr_prisma_names_sort(&names);
	/* where the fields have one name too, that has been said */
	for (int i = 1; i < names.n; i++)
	{
		const SdrPrismaColumn *a = names.names[i - 1].value;
		const SdrPrismaColumn *b = names.names[i].value;

		if (strcmp(a->name, b->name) == 0 &&
			strcmp(a->field->name, b->field->name) != 0)
			sdr_prisma_error(mapping->ast, Max(a, b)->field->pos,
							 "column \"%s\" is that of another field of model \"%s\" too",
							 a->name, model->block->name);
	}
}

/* Can rows of the model be told from each other? */
static void
check_criteria(SdrPrismaMapping *mapping, const SdrPrismaModel *model)
{
	ListCell   *lc;

	if (model->has_two_ids)
		sdr_prisma_error(mapping->ast, model->block->pos,
						 "model \"%s\" has more than one id",
						 model->block->name);
	if (model->is_view || model->is_ignored)
		return;
	foreach(lc, model->keys)
	{
		const SdrPrismaKey *key = lfirst(lc);
		bool		is_required = key->type != SDR_PRISMA_KEY_INDEX;
		ListCell   *c;

		foreach(c, key->parts)
		{
			const SdrPrismaColumn *column = ((SdrPrismaKeyPart *) lfirst(c))->column;

			/* of an id that is not required, keys.c has complained */
			is_required = is_required &&
				column->class != SDR_PRISMA_FIELD_UNSUPPORTED &&
				(column->field->arity == SDR_PRISMA_REQUIRED ||
				 key->type == SDR_PRISMA_KEY_ID);
		}
		if (is_required)
			return;
	}
	sdr_prisma_error(mapping->ast, model->block->pos,
					 "model \"%s\" needs an id, or a unique key of required fields",
					 model->block->name);
}

/* Note a model, so that fields of others can refer to it. */
static void
enter_model(SdrPrismaMapping *mapping, const SdrPrismaBlock *block)
{
	SdrPrismaModel *model = palloc0(sizeof(SdrPrismaModel));
	int			n = 0;

	model->block = block;
	model->is_view = block->tag == SDR_PRISMA_VIEW;
	model->is_ignored = sdr_prisma_find_attr(block->attrs, "ignore") != NULL;
	model->name = sdr_prisma_clip(mapped_name(mapping, block->attrs,
											  block->name));
	model->schema = read_schema(mapping, block);
	for (const SdrPrismaField *field = block->fields; field != NULL;
		 field = field->next)
		n++;
	model->columns = palloc0(sizeof(SdrPrismaColumn) * Max(n, 1));
	for (const SdrPrismaField *field = block->fields; field != NULL;
		 field = field->next)
	{
		SdrPrismaColumn *column = &model->columns[model->ncolumns++];

		column->field = field;
		column->model = model;
		sdr_prisma_names_add(&model->fields, field->name, column);
	}
	sdr_prisma_names_sort(&model->fields);
	check_fields_twice(mapping, &model->fields, block, column_pos);
	mapping->models = lappend(mapping->models, model);
	sdr_prisma_names_add(&mapping->model_names, block->name, model);
}

static void
read_model(SdrPrismaMapping *mapping, SdrPrismaModel *model)
{
	const SdrPrismaAttr *ignore = sdr_prisma_find_attr(model->block->attrs,
													   "ignore");

	sdr_prisma_check_attrs(mapping, model->block->attrs, false, model_attrs,
						   model_repeated);
	if (ignore != NULL)
		sdr_prisma_check_args(mapping, ignore, no_args);
	for (int i = 0; i < model->ncolumns; i++)
		read_column(mapping, &model->columns[i]);
	check_columns_twice(mapping, model);
}

static SdrPrismaPos
block_pos(const void *value)
{
	return ((const SdrPrismaBlock *) value)->pos;
}

/* Models, views, enums and types share their names; false if two have one. */
static bool
enter_blocks(SdrPrismaMapping *mapping)
{
	SdrPrismaScalar scalar;
	bool		are_unique = true;

	for (SdrPrismaBlock *block = mapping->ast->blocks; block != NULL;
		 block = block->next)
	{
		if (block->tag == SDR_PRISMA_DATASOURCE ||
			block->tag == SDR_PRISMA_GENERATOR)
			continue;
		check_name(mapping, block->name, block->pos);
		for (const SdrPrismaField *field = block->fields; field != NULL;
			 field = field->next)
			check_name(mapping, field->name, field->pos);
		sdr_prisma_names_add(&mapping->blocks, block->name, block);
		if (sdr_prisma_scalar_by_name(block->name, &scalar) ||
			strcmp(block->name, "Unsupported") == 0)
			sdr_prisma_error(mapping->ast, block->pos,
							 "name \"%s\" is that of a built-in type",
							 block->name);
		if (block->tag == SDR_PRISMA_TYPE)
			sdr_prisma_error(mapping->ast, block->pos,
							 "type \"%s\": PostgreSQL has no composite types of Prisma's",
							 block->name);
		else if (block->tag == SDR_PRISMA_ENUM)
			read_enum(mapping, block);
		else
			enter_model(mapping, block);
	}
	sdr_prisma_names_sort(&mapping->blocks);
	sdr_prisma_names_sort(&mapping->enum_names);
	sdr_prisma_names_sort(&mapping->model_names);
	for (int i = 1; i < mapping->blocks.n; i++)
	{
		const SdrPrismaName *a = &mapping->blocks.names[i - 1];
		const SdrPrismaName *b = &mapping->blocks.names[i];
		SdrPrismaPos x = block_pos(a->value);
		SdrPrismaPos y = block_pos(b->value);

		if (strcmp(a->name, b->name) != 0)
			continue;
		are_unique = false;
		sdr_prisma_error(mapping->ast, x.line > y.line ||
						 (x.line == y.line && x.column > y.column) ? x : y,
						 "name \"%s\" is that of another model, view, enum or type too",
						 a->name);
	}
	return are_unique;
}

/* Where a model says its table. */
static SdrPrismaPos
map_pos(const SdrPrismaModel *model)
{
	const SdrPrismaAttr *attr = sdr_prisma_find_attr(model->block->attrs,
													 "map");

	return attr == NULL ? model->block->pos : attr->pos;
}

static void
name_taken(SdrPrismaMapping *mapping, SdrPrismaPos pos, const char *name)
{
	sdr_prisma_error(mapping->ast, pos,
					 "name \"%s\" is that of another key, index or relation too: expected one of its own in map:",
					 name);
}

/* Names of foreign keys, which share those of their table. */
static void
check_constraint_names(SdrPrismaMapping *mapping, const SdrPrismaModel *model)
{
	SdrPrismaNames names = {0};
	ListCell   *lc;

	foreach(lc, model->keys)
	{
		SdrPrismaKey *k = lfirst(lc);

		sdr_prisma_names_add(&names, k->name, NULL);
	}
	for (int i = 0; i < model->ncolumns; i++)
	{
		SdrPrismaColumn *column = &model->columns[i];

		if (column->relation != NULL && column->relation->fields != NIL)
			sdr_prisma_names_add(&names, sdr_prisma_foreign_key_name(column),
								 column);
	}
	sdr_prisma_names_sort(&names);
	for (int i = 1; i < names.n; i++)
	{
		if (strcmp(names.names[i - 1].name, names.names[i].name) != 0)
			continue;
		for (int j = i - 1; j <= i; j++)
		{
			const SdrPrismaColumn *column = names.names[j].value;

			if (column != NULL)
				name_taken(mapping, column->field->pos, names.names[j].name);
		}
	}
}

/* Tables, and names of indexes, that two models claim. */
static void
check_names(SdrPrismaMapping *mapping)
{
	SdrPrismaNames tables = {0};
	SdrPrismaNames keys = {0};
	ListCell   *lc;

	foreach(lc, mapping->models)
	{
		SdrPrismaModel *model = lfirst(lc);
		const char *schema = model->schema == NULL ? "" : model->schema;
		ListCell   *k;

		sdr_prisma_names_add(&tables, psprintf("%s.%s", schema, model->name),
							 model);
		foreach(k, model->is_view ? NIL : model->keys)
		{
			SdrPrismaKey *key = lfirst(k);

			sdr_prisma_names_add(&keys, psprintf("%s.%s", schema, key->name),
								 key);
		}
	}
	sdr_prisma_names_sort(&tables);
	sdr_prisma_names_sort(&keys);
	for (int i = 1; i < tables.n; i++)
	{
		const SdrPrismaModel *a = tables.names[i - 1].value;
		const SdrPrismaModel *b = tables.names[i].value;

		if (strcmp(tables.names[i - 1].name, tables.names[i].name) == 0 &&
			strcmp(a->block->name, b->block->name) != 0)
			sdr_prisma_error(mapping->ast,
							 map_pos(b->block->pos.line > a->block->pos.line ? b : a),
							 "table \"%s\" is that of models \"%s\" and \"%s\"",
							 a->name, a->block->name, b->block->name);
	}
	for (int i = 1; i < keys.n; i++)
	{
		const SdrPrismaKey *a = keys.names[i - 1].value;
		const SdrPrismaKey *b = keys.names[i].value;

		if (strcmp(keys.names[i - 1].name, keys.names[i].name) != 0)
			continue;
		name_taken(mapping, a->attr->pos, a->name);
		name_taken(mapping, b->attr->pos, b->name);
	}
}

/* What can be said only when everything has been read. */
static void
check_whole(SdrPrismaMapping *mapping, bool are_unique)
{
	ListCell   *lc;

	foreach(lc, mapping->enums)
		check_schema(mapping, ((SdrPrismaEnum *) lfirst(lc))->block);
	foreach(lc, mapping->models)
	{
		SdrPrismaModel *model = lfirst(lc);

		CHECK_FOR_INTERRUPTS();
		check_schema(mapping, model->block);
		check_criteria(mapping, model);
		sdr_prisma_check_client_names(mapping, model);
		check_constraint_names(mapping, model);
	}
	if (are_unique)
		check_names(mapping);
}

/*
 * Read a syntax tree without errors.  Those found here are added to it, in the
 * order of Prisma's own passes, so that the cause stands before what comes of
 * it: names, types, attributes, then the whole.
 */
static SdrPrismaMapping *
map_schema(SdrPrismaSchema *ast)
{
	SdrPrismaMapping *mapping = palloc0(sizeof(SdrPrismaMapping));
	bool		are_unique;
	ListCell   *lc;

	mapping->ast = ast;
	sdr_prisma_read_configuration(mapping);
	are_unique = enter_blocks(mapping);
	ast->pass++;
	foreach(lc, mapping->models)
	{
		SdrPrismaModel *model = lfirst(lc);

		for (int i = 0; i < model->ncolumns; i++)
			resolve_type(mapping, &model->columns[i]);
	}
	ast->pass++;
	foreach(lc, mapping->models)
	{
		CHECK_FOR_INTERRUPTS();
		read_model(mapping, lfirst(lc));
	}
	foreach(lc, mapping->models)
	{
		CHECK_FOR_INTERRUPTS();
		sdr_prisma_read_keys(mapping, lfirst(lc));
	}
	ast->pass++;
	check_whole(mapping, are_unique);
	mapping->joins = sdr_prisma_check_relations(mapping);
	return mapping;
}

/* In the encoding of the database. */
static const char *
to_server(const char *text)
{
	return pg_any_to_server(text, strlen(text), PG_UTF8);
}

/* Raise the errors that have been found, if any: all of them in one. */
static void
raise_errors(const SdrPrismaSchema *ast)
{
	const SdrPrismaError *first = ast->errors;
	StringInfoData detail;
	int			shown = 0;

	if (first == NULL)
		return;
	initStringInfo(&detail);
	for (const SdrPrismaError *error = first->next; error != NULL;
		 error = error->next)
	{
		appendStringInfo(&detail, "%sLine %d, column %d: %s.",
						 detail.len > 0 ? "\n" : "", error->pos.line,
						 error->pos.column, to_server(error->message));
		shown++;
	}
	if (ast->nerrors > shown + 1)
		appendStringInfo(&detail, "%s%d more.", detail.len > 0 ? "\n" : "",
						 ast->nerrors - shown - 1);
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid Prisma schema: line %d, column %d: %s",
					first->pos.line, first->pos.column,
					to_server(first->message)),
			 detail.len == 0 ? 0 : errdetail_internal("%s", detail.data)));
}

/* An argument in UTF-8. */
const char *
sdr_prisma_text(const text * argument)
{
	char	   *string = text_to_cstring(argument);

	return pg_server_to_any(string, strlen(string), PG_UTF8);
}

/* Read a schema; whatever is wrong with it is an error. */
SdrPrismaMapping *
sdr_prisma_read(const text * source)
{
	const char *string = sdr_prisma_text(source);
	SdrPrismaSchema *ast = sdr_prisma_parse(string, strlen(string));
	SdrPrismaMapping *mapping;

	raise_errors(ast);
	mapping = map_schema(ast);
	raise_errors(ast);
	return mapping;
}

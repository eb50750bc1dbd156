/*-------------------------------------------------------------------------
 *
 * keys.c
 *	  Primary keys, unique keys and indexes.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "prisma/prisma.h"
#include "utils/builtins.h"

static const char name_letters[] =
"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";

/* Arguments of the attributes; the first may go without its name. */
static const char *const id_args[] = {"", "map", "sort", "length", "clustered", NULL};
static const char *const block_id_args[] = {"fields", "name", "map", "clustered", NULL};
static const char *const unique_args[] = {"", "map", "sort", "length", "where", "clustered", NULL};
static const char *const block_unique_args[] = {"fields", "name", "map", "where", "clustered", NULL};
static const char *const index_args[] = {"fields", "name", "map", "type", "where", "clustered", NULL};

static const struct
{
	const char *name;
	const char *method;
}			index_types[] = {
	{"BTree", "btree"},
	{"Hash", "hash"},
	{"Gist", "gist"},
	{"Gin", "gin"},
	{"SpGist", "spgist"},
	{"Brin", "brin"},
};

static const char *
key_label(const SdrPrismaKey *key)
{
	return psprintf("%s%s", key->attr->is_block ? "@@" : "@",
					key->attr->name);
}

/* sort: Asc or Desc */
static void
read_sort(SdrPrismaMapping *mapping, const SdrPrismaKey *key,
		  SdrPrismaKeyPart *part, const SdrPrismaArg *arg)
{
	const SdrPrismaExpr *value = arg->value;
	bool		is_name = value->tag == SDR_PRISMA_NAME;

	part->has_sort = true;
	part->desc = is_name && strcmp(value->text, "Desc") == 0;
	if (!part->desc && !(is_name && strcmp(value->text, "Asc") == 0))
		sdr_prisma_error(mapping->ast, value->pos,
						 "sort is Asc or Desc, not %s",
						 sdr_prisma_describe(value));
	else if (key->type == SDR_PRISMA_KEY_ID)
		sdr_prisma_error(mapping->ast, arg->pos,
						 "a primary key of PostgreSQL has no sort order");
	else if (key->method != NULL && strcmp(key->method, "hash") == 0)
		sdr_prisma_error(mapping->ast, arg->pos,
						 "an index of type Hash has no sort order");
}

/* ops: the name of a class, or raw("...") */
static void
read_opclass(SdrPrismaMapping *mapping, const SdrPrismaKey *key,
			 SdrPrismaKeyPart *part, const SdrPrismaArg *arg)
{
	const SdrPrismaExpr *value = arg->value;

	if (key->type != SDR_PRISMA_KEY_INDEX)
	{
		sdr_prisma_error(mapping->ast, arg->pos,
						 "\"%s\" takes no operator class", key_label(key));
		return;
	}
	if (value->tag == SDR_PRISMA_CALL && strcmp(value->text, "raw") == 0 &&
		value->args != NULL && value->args->next == NULL)
	{
		part->opclass = sdr_prisma_string(mapping, value->args->value,
										  "argument of raw()");
		return;
	}
	part->opclass = sdr_prisma_opclass(mapping, value, key->method,
									   part->column);
}

/*
 * What stands in parentheses behind a field, or in @id and @unique.  Prisma
 * passes over what it does not know in the parentheses, and over what it has
 * seen.
 */
static void
read_part_args(SdrPrismaMapping *mapping, const SdrPrismaKey *key,
			   SdrPrismaKeyPart *part, const SdrPrismaArg *args,
			   bool in_parentheses)
{
	for (const SdrPrismaArg *arg = args; arg != NULL; arg = arg->next)
	{
		if (arg->name == NULL)
			continue;
		if (strcmp(arg->name, "sort") == 0)
		{
			if (!part->has_sort)
				read_sort(mapping, key, part, arg);
		}
		else if (strcmp(arg->name, "length") == 0)
			sdr_prisma_error(mapping->ast, arg->pos,
							 "indexes of PostgreSQL have no length");
		else if (in_parentheses && strcmp(arg->name, "ops") == 0 &&
				 part->opclass == NULL)
			read_opclass(mapping, key, part, arg);
	}
}

static void
add_part(SdrPrismaMapping *mapping, SdrPrismaModel *model, SdrPrismaKey *key,
		 const SdrPrismaExpr *expr)
{
	SdrPrismaKeyPart *part;
	SdrPrismaColumn *column;

	if (expr->tag != SDR_PRISMA_NAME && expr->tag != SDR_PRISMA_CALL)
	{
		sdr_prisma_error(mapping->ast, expr->pos,
						 "element of \"%s\" must be a field, not %s",
						 key_label(key), sdr_prisma_describe(expr));
		return;
	}
	column = sdr_prisma_names_find(&model->fields, expr->text);
	if (column == NULL)
	{
		sdr_prisma_error(mapping->ast, expr->pos,
						 "model \"%s\" has no field \"%s\"",
						 model->block->name, expr->text);
		return;
	}
	if (column->class == SDR_PRISMA_FIELD_RELATION)
	{
		sdr_prisma_error(mapping->ast, expr->pos,
						 "field \"%s\" in \"%s\" is a relation: expected the fields that it is made of",
						 expr->text, key_label(key));
		return;
	}
	part = palloc0(sizeof(SdrPrismaKeyPart));
	part->column = column;
	read_part_args(mapping, key, part, expr->args, true);
	if (part->opclass == NULL)
		sdr_prisma_check_opclass(mapping, key->attr->pos, key->method, column);
	key->parts = lappend(key->parts, part);
}

/* A field that stands in a key twice. */
static void
check_parts(SdrPrismaMapping *mapping, const SdrPrismaKey *key)
{
	SdrPrismaNames names = {0};
	ListCell   *lc;

	foreach(lc, key->parts)
	{
		SdrPrismaKeyPart *part = lfirst(lc);

		sdr_prisma_names_add(&names, part->column->field->name, part);
	}
	sdr_prisma_names_sort(&names);
	for (int i = 1; i < names.n; i++)
	{
		if (strcmp(names.names[i - 1].name, names.names[i].name) == 0)
			sdr_prisma_error(mapping->ast, key->attr->pos,
							 "field \"%s\" stands twice in \"%s\"",
							 names.names[i].name, key_label(key));
	}
}

static void
read_parts(SdrPrismaMapping *mapping, SdrPrismaModel *model,
		   SdrPrismaKey *key)
{
	const SdrPrismaArg *arg = sdr_prisma_find_arg(key->attr->args, "fields",
												  true);

	if (arg == NULL)
	{
		sdr_prisma_error(mapping->ast, key->attr->pos,
						 "\"%s\" needs a list of fields", key_label(key));
		return;
	}
	if (arg->value->tag != SDR_PRISMA_ARRAY)
		add_part(mapping, model, key, arg->value);
	else if (arg->value->args == NULL)
		sdr_prisma_error(mapping->ast, arg->value->pos,
						 "\"%s\" needs at least one field", key_label(key));
	else
	{
		for (const SdrPrismaArg *element = arg->value->args; element != NULL;
			 element = element->next)
			add_part(mapping, model, key, element->value);
	}
	check_parts(mapping, key);
	if (key->method != NULL && strcmp(key->method, "spgist") == 0 &&
		list_length(key->parts) > 1)
		sdr_prisma_error(mapping->ast, key->attr->pos,
						 "an index of type SpGist has one field");
}

/* A value in the object form of where:, as SQL; NULL if it cannot be one. */
static const char *
where_constant(const SdrPrismaColumn *column, const SdrPrismaExpr *value)
{
	if (column->class != SDR_PRISMA_FIELD_SCALAR)
		return NULL;
	switch (column->scalar)
	{
		case SDR_PRISMA_TYPE_BOOLEAN:
			return value->tag == SDR_PRISMA_NAME &&
				(strcmp(value->text, "true") == 0 ||
				 strcmp(value->text, "false") == 0) ? value->text : NULL;
		case SDR_PRISMA_TYPE_STRING:
		case SDR_PRISMA_TYPE_DATETIME:
			return value->tag == SDR_PRISMA_STRING ?
				quote_literal_cstr(value->text) : NULL;
		case SDR_PRISMA_TYPE_INT:
		case SDR_PRISMA_TYPE_BIGINT:
		case SDR_PRISMA_TYPE_FLOAT:
		case SDR_PRISMA_TYPE_DECIMAL:
			return value->tag == SDR_PRISMA_NUMBER ? value->text : NULL;
		default:
			return NULL;
	}
}

/* A member of the object form: field and value, null or { not: value }. */
static void
append_where(SdrPrismaMapping *mapping, const SdrPrismaModel *model,
			 const SdrPrismaArg *member, StringInfo buf)
{
	const SdrPrismaExpr *value = member->value;
	const SdrPrismaColumn *column = sdr_prisma_names_find(&model->fields,
														  member->name);
	bool		negated = value->tag == SDR_PRISMA_OBJECT &&
	value->args != NULL && value->args->next == NULL &&
	strcmp(value->args->name, "not") == 0;
	const char *constant;

	if (column == NULL || column->class == SDR_PRISMA_FIELD_RELATION)
	{
		sdr_prisma_error(mapping->ast, member->pos,
						 "model \"%s\" has no scalar field \"%s\"",
						 model->block->name, member->name);
		return;
	}
	if (negated)
		value = value->args->value;
	appendStringInfo(buf, "%s%s", buf->len > 0 ? " AND " : "",
					 quote_identifier(column->name));
	if (value->tag == SDR_PRISMA_NAME && strcmp(value->text, "null") == 0)
	{
		appendStringInfoString(buf, negated ? " IS NOT NULL" : " IS NULL");
		return;
	}
	constant = where_constant(column, value);
	if (constant == NULL)
		sdr_prisma_error(mapping->ast, value->pos,
						 "field \"%s\" cannot be compared with %s",
						 member->name, sdr_prisma_describe(value));
	else
		appendStringInfo(buf, " %s %s", negated ? "!=" : "=", constant);
}

static void
read_where(SdrPrismaMapping *mapping, const SdrPrismaModel *model,
		   SdrPrismaKey *key)
{
	const SdrPrismaArg *arg = sdr_prisma_find_arg(key->attr->args, "where",
												  false);
	const SdrPrismaExpr *value;
	StringInfoData buf;

	if (arg == NULL)
		return;
	value = arg->value;
	if (!mapping->partial_indexes)
		sdr_prisma_error(mapping->ast, arg->pos,
						 "partial indexes need the preview feature \"partialIndexes\"");
	else if (value->tag == SDR_PRISMA_CALL &&
			 strcmp(value->text, "raw") == 0 && value->args != NULL &&
			 value->args->next == NULL)
		key->where = sdr_prisma_string(mapping, value->args->value,
									   "argument of raw()");
	else if (value->tag == SDR_PRISMA_OBJECT && value->args != NULL)
	{
		initStringInfo(&buf);
		for (const SdrPrismaArg *member = value->args; member != NULL;
			 member = member->next)
			append_where(mapping, model, member, &buf);
		key->where = buf.data;
	}
	else
		sdr_prisma_error(mapping->ast, value->pos,
						 "where is raw(\"...\") or an object of fields, not %s",
						 sdr_prisma_describe(value));
}

static void
read_type(SdrPrismaMapping *mapping, SdrPrismaKey *key)
{
	const SdrPrismaArg *arg = sdr_prisma_find_arg(key->attr->args, "type",
												  false);

	key->method = "btree";
	if (arg == NULL)
		return;
	for (int i = 0; i < lengthof(index_types); i++)
	{
		if (arg->value->tag == SDR_PRISMA_NAME &&
			strcmp(arg->value->text, index_types[i].name) == 0)
		{
			key->method = index_types[i].method;
			return;
		}
	}
	sdr_prisma_error(mapping->ast, arg->value->pos,
					 "index type %s is not known: expected BTree, Hash, Gist, Gin, SpGist or Brin",
					 sdr_prisma_describe(arg->value));
}

/* map:, or what Prisma makes of table and columns. */
static void
read_name(SdrPrismaMapping *mapping, const SdrPrismaModel *model,
		  SdrPrismaKey *key)
{
	static const char *const suffixes[] = {
		[SDR_PRISMA_KEY_ID] = "_pkey",
		[SDR_PRISMA_KEY_UNIQUE] = "_key",
		[SDR_PRISMA_KEY_INDEX] = "_idx",
	};
	const char *map = sdr_prisma_string_arg(mapping, key->attr, "map", false);
	List	   *columns = NIL;
	ListCell   *lc;

	key->client_name = sdr_prisma_string_arg(mapping, key->attr, "name",
											 false);
	/* name: of an index is what map: was called once */
	if (key->type == SDR_PRISMA_KEY_INDEX && key->client_name != NULL)
	{
		if (map != NULL)
			sdr_prisma_error(mapping->ast, key->attr->pos,
							 "\"@@index\" has both name: and map:, which mean the same");
		map = key->client_name;
	}
	if (map != NULL && strlen(map) >= NAMEDATALEN)
		sdr_prisma_error(mapping->ast, key->attr->pos,
						 "name \"%s\" is longer than %d bytes", map,
						 NAMEDATALEN - 1);
	foreach(lc, key->type == SDR_PRISMA_KEY_ID ? NIL : key->parts)
		columns = lappend(columns, unconstify(char *,
											  ((SdrPrismaKeyPart *) lfirst(lc))->column->name));
	key->name = map != NULL ? sdr_prisma_clip(map) :
		sdr_prisma_key_name(model->name, columns, suffixes[key->type]);
}

static SdrPrismaKey *
new_key(SdrPrismaMapping *mapping, const SdrPrismaAttr *attr,
		SdrPrismaKeyType type, const char *const *args)
{
	SdrPrismaKey *key = palloc0(sizeof(SdrPrismaKey));
	const SdrPrismaArg *clustered;

	key->type = type;
	key->attr = attr;
	sdr_prisma_check_args(mapping, attr, args);
	clustered = sdr_prisma_find_arg(attr->args, "clustered", false);
	if (clustered != NULL)
		sdr_prisma_error(mapping->ast, clustered->pos,
						 "PostgreSQL has no clustered keys");
	return key;
}

static void
add_key(SdrPrismaMapping *mapping, SdrPrismaModel *model, SdrPrismaKey *key)
{
	ListCell   *lc;

	read_name(mapping, model, key);
	if (key->type != SDR_PRISMA_KEY_ID)
	{
		model->keys = lappend(model->keys, key);
		return;
	}

	if (model->primary_key != NULL)
	{
		model->has_two_ids = true;
		return;
	}
	model->primary_key = key;
	model->keys = lappend(model->keys, key);
	foreach(lc, key->parts)
	{
		SdrPrismaColumn *column = ((SdrPrismaKeyPart *) lfirst(lc))->column;

		column->in_primary_key = true;
		if (column->field->arity != SDR_PRISMA_REQUIRED &&
			!model->is_ignored)
			sdr_prisma_error(mapping->ast, key->attr->pos,
							 "field \"%s\" is part of the id of model \"%s\" and must be required",
							 column->field->name, model->block->name);
	}
}

/* @id or @unique of a field */
static void
read_field_key(SdrPrismaMapping *mapping, SdrPrismaModel *model,
			   SdrPrismaColumn *column, const char *name,
			   SdrPrismaKeyType type, const char *const *args)
{
	const SdrPrismaAttr *attr = sdr_prisma_find_attr(column->field->attrs,
													 name);
	SdrPrismaKeyPart *part;
	SdrPrismaKey *key;

	if (attr == NULL)
		return;
	key = new_key(mapping, attr, type, args);
	part = palloc0(sizeof(SdrPrismaKeyPart));
	part->column = column;
	key->method = "btree";
	key->parts = list_make1(part);
	read_part_args(mapping, key, part, attr->args, false);
	read_where(mapping, model, key);
	add_key(mapping, model, key);
}

static void
read_block_key(SdrPrismaMapping *mapping, SdrPrismaModel *model,
			   const SdrPrismaAttr *attr, SdrPrismaKeyType type,
			   const char *const *args)
{
	SdrPrismaKey *key = new_key(mapping, attr, type, args);

	read_type(mapping, key);
	read_parts(mapping, model, key);
	read_where(mapping, model, key);
	add_key(mapping, model, key);
}

/* Mark the indexes of which there are several over the same columns. */
static void
mark_several(SdrPrismaModel *model)
{
	SdrPrismaNames names = {0};
	StringInfoData columns;
	ListCell   *lc;

	if (list_length(model->keys) < 2)
		return;
	initStringInfo(&columns);
	foreach(lc, model->keys)
	{
		SdrPrismaKey *key = lfirst(lc);
		ListCell   *p;

		if (key->type == SDR_PRISMA_KEY_ID)
			continue;
		resetStringInfo(&columns);
		appendStringInfo(&columns, "%d", (int) key->type);
		foreach(p, key->parts)
			appendStringInfo(&columns, ",%d",
							 (int) (((SdrPrismaKeyPart *) lfirst(p))->column -
									model->columns));
		sdr_prisma_names_add(&names, pstrdup(columns.data), key);
	}
	pfree(columns.data);
	sdr_prisma_names_sort(&names);
	for (int i = 1; i < names.n; i++)
	{
		SdrPrismaKey *a = names.names[i - 1].value;
		SdrPrismaKey *b = names.names[i].value;

		if (strcmp(names.names[i - 1].name, names.names[i].name) == 0)
			a->is_one_of_several = b->is_one_of_several = true;
	}
}

/* Read all keys of a model. */
void
sdr_prisma_read_keys(SdrPrismaMapping *mapping, SdrPrismaModel *model)
{
	for (int i = 0; i < model->ncolumns; i++)
	{
		SdrPrismaColumn *column = &model->columns[i];

		if (column->class == SDR_PRISMA_FIELD_RELATION)
			continue;
		read_field_key(mapping, model, column, "id", SDR_PRISMA_KEY_ID,
					   id_args);
		read_field_key(mapping, model, column, "unique",
					   SDR_PRISMA_KEY_UNIQUE, unique_args);
	}
	for (const SdrPrismaAttr *attr = model->block->attrs; attr != NULL;
		 attr = attr->next)
	{
		if (strcmp(attr->name, "id") == 0)
			read_block_key(mapping, model, attr, SDR_PRISMA_KEY_ID,
						   block_id_args);
		else if (strcmp(attr->name, "unique") == 0)
			read_block_key(mapping, model, attr, SDR_PRISMA_KEY_UNIQUE,
						   block_unique_args);
		else if (strcmp(attr->name, "index") == 0)
			read_block_key(mapping, model, attr, SDR_PRISMA_KEY_INDEX,
						   index_args);
		else if (strcmp(attr->name, "fulltext") == 0)
			sdr_prisma_error(mapping->ast, attr->pos,
							 "PostgreSQL has no full-text indexes of Prisma's: expected @@index with type: Gin");
	}
	mark_several(model);
}

/*
 * The names that the client knows keys by, which stand nowhere in the
 * database, must be names there, and of one thing each.
 */
void
sdr_prisma_check_client_names(SdrPrismaMapping *mapping,
							  const SdrPrismaModel *model)
{
	SdrPrismaNames names = {0};
	ListCell   *lc;

	foreach(lc, model->keys)
	{
		SdrPrismaKey *key = lfirst(lc);
		const char *name = key->client_name;

		if (name == NULL || key->type == SDR_PRISMA_KEY_INDEX)
			continue;
		sdr_prisma_names_add(&names, name, key);
		if (name[strspn(name, name_letters)] != '\0')
			sdr_prisma_error(mapping->ast, key->attr->pos,
							 "name \"%s\" has other characters than letters, digits and underscores",
							 name);
		else if (sdr_prisma_names_find(&model->fields, name) != NULL)
			sdr_prisma_error(mapping->ast, model->block->pos,
							 "name \"%s\" of a key of model \"%s\" is that of a field too",
							 name, model->block->name);
	}
	sdr_prisma_names_sort(&names);
	for (int i = 1; i < names.n; i++)
	{
		const SdrPrismaKey *a = names.names[i - 1].value;
		const SdrPrismaKey *b = names.names[i].value;

		if (strcmp(a->client_name, b->client_name) == 0)
		{
			sdr_prisma_error(mapping->ast, a->attr->pos,
							 "name \"%s\" is that of two keys",
							 a->client_name);
			sdr_prisma_error(mapping->ast, b->attr->pos,
							 "name \"%s\" is that of two keys",
							 b->client_name);
		}
	}
}

/* Are these columns, in any order, an id or a unique key of the model? */
bool
sdr_prisma_is_unique(const SdrPrismaModel *model, List *columns)
{
	ListCell   *lc;

	/* more than the server takes in one key */
	if (list_length(columns) > INDEX_MAX_KEYS)
		return false;
	foreach(lc, model->keys)
	{
		const SdrPrismaKey *key = lfirst(lc);
		ListCell   *c;
		bool		same = key->type != SDR_PRISMA_KEY_INDEX &&
		list_length(key->parts) == list_length(columns);

		if (!same)
			continue;
		foreach(c, key->parts)
			same = same && list_member_ptr(columns,
										   ((SdrPrismaKeyPart *) lfirst(c))->column);
		if (same)
			return true;
	}
	return false;
}

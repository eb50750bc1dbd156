/*-------------------------------------------------------------------------
 *
 * document.c
 *	  schemadrift_prisma(): the document that a Prisma schema stands for.
 *
 * It asserts what Prisma Migrate looks at and nothing else.  Where Prisma
 * takes two things for one, such as a unique constraint and a unique index,
 * the document says what both are, by a derived attribute or kind.
 *
 * Texts are UTF-8 until the document is whole.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "model/model.h"
#include "prisma/prisma.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"

PG_FUNCTION_INFO_V1(schemadrift_prisma);

/* What is in one schema of the database. */
typedef struct SchemaParts
{
	const char *name;
	List	   *enums;
	List	   *models;
	List	   *joins;
} SchemaParts;

typedef struct Writer
{
	StringInfoData buf;
	const SdrPrismaMapping *mapping;
	const SdrPrismaOptions *options;
	const char *default_schema;
} Writer;

/*
 * Tables that Prisma never looks at: its own, and those of PostGIS where they
 * are not the extension's.
 */
static const char *const ignored_tables[] = {
	"_prisma_migrations", "geography_columns", "geometry_columns",
	"raster_columns", "raster_overviews", "spatial_ref_sys"
};

/* A comma, unless this is the first member. */
static void
next(Writer *writer)
{
	char		last = writer->buf.data[writer->buf.len - 1];

	if (last != '{' && last != '[')
		appendStringInfoString(&writer->buf, ", ");
}

static void
key(Writer *writer, const char *name)
{
	next(writer);
	sdr_json_string(&writer->buf, name);
	appendStringInfoString(&writer->buf, ": ");
}

static void
open_object(Writer *writer, const char *name)
{
	key(writer, name);
	appendStringInfoChar(&writer->buf, '{');
}

static void
close_object(Writer *writer)
{
	appendStringInfoChar(&writer->buf, '}');
}

/* NULL is null. */
static void
write_text(Writer *writer, const char *name, const char *text)
{
	key(writer, name);
	if (text == NULL)
		appendStringInfoString(&writer->buf, "null");
	else
		sdr_json_string(&writer->buf, text);
}

static void
write_bool(Writer *writer, const char *name, bool value)
{
	key(writer, name);
	appendStringInfoString(&writer->buf, value ? "true" : "false");
}

static void
write_list(Writer *writer, const char *name, const List *texts)
{
	ListCell   *lc;

	key(writer, name);
	appendStringInfoChar(&writer->buf, '[');
	foreach(lc, texts)
	{
		next(writer);
		sdr_json_string(&writer->buf, lfirst(lc));
	}
	appendStringInfoChar(&writer->buf, ']');
}

static const char *
schema_or_default(const Writer *writer, const char *schema)
{
	return schema == NULL ? writer->default_schema : schema;
}

/* The type; a modifier that Prisma takes any of counts when strict. */
static void
write_type(Writer *writer, const SdrPrismaColumn *column)
{
	const char *attr = column->type_attr;
	const char *type = sdr_prisma_sql_type(column, column->type,
										   writer->default_schema);
	const char *same = sdr_prisma_sql_type(column, column->same_type,
										   writer->default_schema);

	if (writer->options->strict && strcmp(attr, "base_type") == 0)
		attr = "type";
	if (writer->options->strict || column->same_type == NULL)
	{
		write_text(writer, attr, type);
		return;
	}
	key(writer, "any_of");
	appendStringInfoString(&writer->buf, "[{");
	write_text(writer, attr, type);
	appendStringInfoString(&writer->buf, "}, {");
	write_text(writer, attr, same);
	appendStringInfoString(&writer->buf, "}]");
}

/* The default; what is in a list has the type of the list. */
static const char *
value_sql(const Writer *writer, const SdrPrismaColumn *column)
{
	if (strncmp(column->default_sql, "ARRAY[", 6) != 0 ||
		column->field->arity != SDR_PRISMA_LIST)
		return column->default_sql;
	return psprintf("%s::%s", column->default_sql,
					sdr_prisma_sql_type(column, column->type,
										writer->default_schema));
}

static void
write_default(Writer *writer, const SdrPrismaColumn *column)
{
	switch (column->default_kind)
	{
		case SDR_PRISMA_DEFAULT_NONE:
			write_text(writer, "value", NULL);
			break;
		case SDR_PRISMA_DEFAULT_ANY:
			break;
		case SDR_PRISMA_DEFAULT_MOMENT:
			if (writer->options->strict)
				write_text(writer, "value", value_sql(writer, column));
			else
				write_bool(writer, "filled", true);
			break;
		case SDR_PRISMA_DEFAULT_VALUE:
			write_text(writer, "value", value_sql(writer, column));
			break;
		case SDR_PRISMA_DEFAULT_SEQUENCE:
			write_text(writer, "default", column->default_sql);
			break;
		case SDR_PRISMA_DEFAULT_AUTOINCREMENT:
			write_text(writer, "value", "autoincrement()");
			break;
	}
}

static void
write_columns(Writer *writer, const SdrPrismaModel *model)
{
	open_object(writer, "columns");
	for (int i = 0; i < model->ncolumns; i++)
	{
		const SdrPrismaColumn *column = &model->columns[i];

		if (column->class == SDR_PRISMA_FIELD_RELATION)
			continue;
		open_object(writer, column->name);
		write_type(writer, column);
		if (!model->is_view)
		{
			/* a list is a list to Prisma, null or not; a key never is null */
			if (column->field->arity != SDR_PRISMA_LIST &&
				!column->in_primary_key)
				write_bool(writer, "not_null",
						   column->field->arity == SDR_PRISMA_REQUIRED);
			write_default(writer, column);
		}
		close_object(writer);
	}
	close_object(writer);
}

static void
write_primary_key(Writer *writer, const char *name, const List *columns)
{
	open_object(writer, name);
	write_text(writer, "type", "primary key");
	write_list(writer, "columns", columns);
	close_object(writer);
}

static void
write_foreign_key(Writer *writer, const char *name, const List *columns,
				  const SdrPrismaModel *target, const List *references,
				  const char *on_delete, const char *on_update, bool any_name)
{
	open_object(writer, name);
	if (any_name && !writer->options->strict)
		write_bool(writer, "any_name", true);
	write_text(writer, "type", "foreign key");
	write_list(writer, "columns", columns);
	open_object(writer, "references");
	write_text(writer, "schema", schema_or_default(writer, target->schema));
	write_text(writer, "table", target->name);
	write_list(writer, "columns", references);
	close_object(writer);
	write_text(writer, "on_delete", on_delete);
	write_text(writer, "on_update", on_update);
	close_object(writer);
}

static void
write_constraints(Writer *writer, const SdrPrismaModel *model)
{
	open_object(writer, "constraints");
	if (model->primary_key != NULL)
	{
		List	   *names = NIL;
		ListCell   *lc;

		foreach(lc, model->primary_key->parts)
			names = lappend(names, unconstify(char *,
											  ((SdrPrismaKeyPart *) lfirst(lc))->column->name));
		write_primary_key(writer, model->primary_key->name, names);
	}
	for (int i = 0; i < model->ncolumns && !writer->mapping->no_foreign_keys;
		 i++)
	{
		const SdrPrismaColumn *column = &model->columns[i];
		const SdrPrismaRelation *relation = column->relation;
		List	   *names;

		if (relation == NULL || relation->fields == NIL ||
			column->target->is_view)
			continue;
		names = sdr_prisma_column_names(relation->fields);
		write_foreign_key(writer, sdr_prisma_foreign_key_name(column), names, column->target,
						  sdr_prisma_column_names(relation->references),
						  sdr_prisma_on_delete(column),
						  relation->on_update == NULL ? "cascade" :
						  relation->on_update, false);
	}
	close_object(writer);
}

/*
 * An index.  Prisma looks at operator classes only where the schema says one
 * or the method has several for a type, at conditions only with a preview
 * feature, and at names not where several are over the same columns.
 */
static void
write_index(Writer *writer, const char *name, const List *keys,
			bool has_opclass, bool unique, const char *method,
			const char *where, bool any_name)
{
	bool		strict = writer->options->strict;
	bool		is_plain = strcmp(method, "btree") == 0 ||
	strcmp(method, "hash") == 0;

	open_object(writer, name);
	if (any_name && !strict)
		write_bool(writer, "any_name", true);
	write_list(writer, strict || has_opclass || !is_plain ? "keys" : "columns",
			   keys);
	write_bool(writer, "unique", unique);
	write_text(writer, "method", method);
	write_list(writer, "include", NIL);
	if (strict || writer->mapping->partial_indexes)
		write_text(writer, "where", where);
	close_object(writer);
}

/* An element of a column index: operator classes stand without schema. */
static char *
index_element(const SdrPrismaKeyPart *part)
{
	const char *opclass = part->opclass;

	if (opclass != NULL && strchr(opclass, '.') != NULL)
		opclass = strrchr(opclass, '.') + 1;
	return psprintf("%s%s%s%s", quote_identifier(part->column->name),
					opclass == NULL ? "" : " ", opclass == NULL ? "" : opclass,
					part->desc ? " DESC" : "");
}

static void
write_indexes(Writer *writer, const SdrPrismaModel *model)
{
	ListCell   *lc;

	open_object(writer, "column_indexes");
	foreach(lc, model->keys)
	{
		const SdrPrismaKey *k = lfirst(lc);
		List	   *keys = NIL;
		bool		has_opclass = false;
		ListCell   *p;

		if (k->type == SDR_PRISMA_KEY_ID)
			continue;
		foreach(p, k->parts)
		{
			const SdrPrismaKeyPart *part = lfirst(p);

			keys = lappend(keys, index_element(part));
			has_opclass = has_opclass || part->opclass != NULL;
		}
		write_index(writer, k->name, keys, has_opclass, k->type == SDR_PRISMA_KEY_UNIQUE,
					k->method, k->where, k->is_one_of_several);
	}
	close_object(writer);
}

static bool
is_ignored_table(const char *name)
{
	for (int i = 0; i < lengthof(ignored_tables); i++)
	{
		if (strcmp(ignored_tables[i], name) == 0)
			return true;
	}
	return false;
}

static void
write_table(Writer *writer, const SdrPrismaModel *model)
{
	open_object(writer, model->name);
	write_columns(writer, model);
	write_constraints(writer, model);
	write_indexes(writer, model);
	close_object(writer);
}

/* The key of a join table, in one form or in any. */
static void
write_join_key(Writer *writer, const SdrPrismaJoin *join)
{
	SdrPrismaJoinKey form = writer->options->join_tables;
	List	   *columns = list_make2("A", "B");
	List	   *keys = list_make2("\"A\"", "\"B\"");

	key(writer, "any_of");
	appendStringInfoChar(&writer->buf, '[');
	if (form != SDR_PRISMA_JOIN_UNIQUE)
	{
		appendStringInfoChar(&writer->buf, '{');
		open_object(writer, "constraints");
		write_primary_key(writer,
						  sdr_prisma_join_part_name(join->name, "_AB_pkey",
													false), columns);
		close_object(writer);
		close_object(writer);
	}
	if (form != SDR_PRISMA_JOIN_PRIMARY)
	{
		next(writer);
		appendStringInfoChar(&writer->buf, '{');
		open_object(writer, "column_indexes");
		write_index(writer,
					sdr_prisma_join_part_name(join->name, "_AB_unique", false),
					keys, false, true, "btree", NULL, false);
		close_object(writer);
		close_object(writer);
	}
	appendStringInfoChar(&writer->buf, ']');
}

static void
write_join(Writer *writer, const SdrPrismaJoin *join)
{
	static const char *const names[] = {"A", "B"};
	static const char *const suffixes[] = {"_A_fkey", "_B_fkey"};
	const SdrPrismaColumn *ids[2];

	for (int i = 0; i < 2; i++)
		ids[i] = ((SdrPrismaKeyPart *) linitial(join->sides[i]->primary_key->parts))->column;

	open_object(writer, join->name);
	open_object(writer, "columns");
	for (int i = 0; i < 2; i++)
	{
		open_object(writer, names[i]);
		write_type(writer, ids[i]);
		write_bool(writer, "not_null", true);
		write_text(writer, "value", NULL);
		close_object(writer);
	}
	close_object(writer);
	open_object(writer, "constraints");
	for (int i = 0; i < 2 && !writer->mapping->no_foreign_keys; i++)
		write_foreign_key(writer, sdr_prisma_join_part_name(join->name,
															suffixes[i], true),
						  list_make1(unconstify(char *, names[i])),
						  join->sides[i],
						  list_make1(unconstify(char *, ids[i]->name)),
						  "cascade", "cascade", true);
	close_object(writer);
	open_object(writer, "column_indexes");
	write_index(writer, sdr_prisma_join_part_name(join->name, "_B_index",
												  false),
				list_make1("\"B\""), false, false, "btree", NULL, false);
	close_object(writer);
	write_join_key(writer, join);
	close_object(writer);
}

/* Prisma has no order of labels; a strict document has. */
static void
write_enum(Writer *writer, const SdrPrismaEnum *enumeration)
{
	List	   *labels = NIL;

	for (const SdrPrismaField *value = enumeration->block->fields;
		 value != NULL; value = value->next)
		labels = lappend(labels, unconstify(char *,
											sdr_prisma_value_name(value)));
	open_object(writer, enumeration->name);
	write_list(writer, writer->options->strict ? "labels" : "label_set",
			   labels);
	close_object(writer);
}

/*
 * Views are nothing to Prisma Migrate.  When strict, the columns of one that
 * is there are compared, whether it is materialized or not.
 */
static void
write_views(Writer *writer, const char *node, const SchemaParts *parts)
{
	ListCell   *lc;

	open_object(writer, node);
	foreach(lc, parts->models)
	{
		const SdrPrismaModel *model = lfirst(lc);

		if (!model->is_view)
			continue;
		open_object(writer, model->name);
		write_bool(writer, "optional", true);
		write_bool(writer, "complete", false);
		write_columns(writer, model);
		close_object(writer);
	}
	close_object(writer);
}

/* What Prisma lists of a schema, so that nothing else of it may be there. */
static void
write_complete(Writer *writer)
{
	key(writer, "complete");
	appendStringInfoString(&writer->buf,
						   "[\"enum\", \"column\", "
						   "{\"table\": {\"server\": null, \"partition_of\": null}, "
						   "\"constraint\": {\"type\": [\"primary key\", \"foreign key\"]}");
	if (writer->mapping->partial_indexes)
		appendStringInfoString(&writer->buf, "}, \"column index\"]");
	else
		appendStringInfoString(&writer->buf,
							   ", \"column index\": {\"where\": null}}]");
}

static void
write_schema(Writer *writer, const SchemaParts *parts)
{
	ListCell   *lc;

	CHECK_FOR_INTERRUPTS();
	open_object(writer, parts->name);
	if (!writer->options->partial)
		write_complete(writer);
	open_object(writer, "enums");
	foreach(lc, parts->enums)
		write_enum(writer, lfirst(lc));
	close_object(writer);

	open_object(writer, "tables");
	for (int i = 0; i < lengthof(ignored_tables) && !writer->options->partial;
		 i++)
	{
		open_object(writer, ignored_tables[i]);
		write_bool(writer, "optional", true);
		write_bool(writer, "complete", false);
		close_object(writer);
	}
	foreach(lc, parts->models)
	{
		const SdrPrismaModel *model = lfirst(lc);

		if (!model->is_view && !is_ignored_table(model->name))
			write_table(writer, model);
	}
	foreach(lc, parts->joins)
		write_join(writer, lfirst(lc));
	close_object(writer);

	if (writer->options->strict)
	{
		write_views(writer, "views", parts);
		write_views(writer, "materialized_views", parts);
	}
	close_object(writer);
}

static SchemaParts *
find_parts(const Writer *writer, const SdrPrismaNames *schemas,
		   const char *name)
{
	return sdr_prisma_names_find(schemas, schema_or_default(writer, name));
}

/* Sort what there is by schemas, and write them. */
static void
write_schemas(Writer *writer)
{
	const SdrPrismaMapping *mapping = writer->mapping;
	List	   *names = mapping->schemas != NIL ? mapping->schemas :
	list_make1(unconstify(char *, writer->default_schema));
	SdrPrismaNames schemas = {0};
	ListCell   *lc;

	foreach(lc, names)
	{
		SchemaParts *parts = palloc0(sizeof(SchemaParts));

		parts->name = lfirst(lc);
		sdr_prisma_names_add(&schemas, parts->name, parts);
	}
	sdr_prisma_names_sort(&schemas);
	foreach(lc, mapping->enums)
	{
		SdrPrismaEnum *enumeration = lfirst(lc);
		SchemaParts *parts = find_parts(writer, &schemas, enumeration->schema);

		parts->enums = lappend(parts->enums, enumeration);
	}
	foreach(lc, mapping->models)
	{
		SdrPrismaModel *model = lfirst(lc);
		SchemaParts *parts = find_parts(writer, &schemas, model->schema);

		parts->models = lappend(parts->models, model);
	}
	foreach(lc, mapping->joins)
	{
		SdrPrismaJoin *join = lfirst(lc);
		SchemaParts *parts = find_parts(writer, &schemas, join->schema);

		parts->joins = lappend(parts->joins, join);
	}

	open_object(writer, "schemas");
	for (int i = 0; i < schemas.n; i++)
	{
		/* one that is listed twice has all in one of its places */
		if (sdr_prisma_names_find(&schemas, schemas.names[i].name) ==
			schemas.names[i].value)
			write_schema(writer, schemas.names[i].value);
	}
	close_object(writer);
}

static void
write_extensions(Writer *writer)
{
	ListCell   *lc;

	if (writer->mapping->extensions == NIL)
		return;
	open_object(writer, "extensions");
	foreach(lc, writer->mapping->extensions)
	{
		const SdrPrismaExtension *extension = lfirst(lc);

		open_object(writer, extension->name);
		if (extension->version != NULL)
			write_text(writer, "version", extension->version);
		if (extension->schema != NULL)
			write_text(writer, "schema", extension->schema);
		close_object(writer);
	}
	close_object(writer);
}

/*
 * schemadrift_prisma(schema_prisma text, target_schema text, options jsonb) -
 * the document that the schema stands for.
 */
Datum
schemadrift_prisma(PG_FUNCTION_ARGS)
{
	SdrPrismaMapping *mapping;
	SdrPrismaOptions options;
	Writer		writer = {.options = &options};
	MemoryContext context;
	MemoryContext caller;
	char	   *json;

	sdr_require_arg(fcinfo, 0, "schema_prisma");
	sdr_require_arg(fcinfo, 1, "target_schema");
	sdr_require_arg(fcinfo, 2, "options");
	sdr_prisma_read_options(&options, PG_GETARG_JSONB_P(2));

	/* The tree is gone before jsonb_in needs as much memory once more. */
	context = AllocSetContextCreate(CurrentMemoryContext,
									"schemadrift Prisma schema",
									ALLOCSET_DEFAULT_SIZES);
	caller = MemoryContextSwitchTo(context);
	mapping = sdr_prisma_read(PG_GETARG_TEXT_PP(0));
	writer.mapping = mapping;
	writer.default_schema = sdr_prisma_clip(sdr_prisma_text(PG_GETARG_TEXT_PP(1)));

	initStringInfo(&writer.buf);
	appendStringInfoString(&writer.buf, "{\"format\": \"schemadrift/1\"");
	write_extensions(&writer);
	write_schemas(&writer);
	close_object(&writer);

	MemoryContextSwitchTo(caller);
	json = pg_any_to_server(writer.buf.data, writer.buf.len, PG_UTF8);
	if (json == writer.buf.data)
		json = pnstrdup(json, writer.buf.len);
	MemoryContextDelete(context);
	PG_RETURN_DATUM(DirectFunctionCall1(jsonb_in, CStringGetDatum(json)));
}

/*-------------------------------------------------------------------------
 *
 * datasource.c
 *	  The datasource, and what generators say that changes the schema.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "prisma/prisma.h"

static const SdrPrismaField *
find_property(const SdrPrismaBlock *block, const char *name)
{
	for (const SdrPrismaField *field = block->fields; field != NULL;
		 field = field->next)
	{
		if (strcmp(field->name, name) == 0)
			return field;
	}
	return NULL;
}

static void
read_provider(SdrPrismaMapping *mapping, const SdrPrismaExpr *value)
{
	const char *provider = sdr_prisma_string(mapping, value, "provider");

	if (provider != NULL && strcmp(provider, "postgresql") != 0 &&
		strcmp(provider, "postgres") != 0)
		sdr_prisma_error(mapping->ast, value->pos,
						 "provider \"%s\" is not \"postgresql\"", provider);
}

static void
read_relation_mode(SdrPrismaMapping *mapping, const SdrPrismaExpr *value)
{
	const char *mode = sdr_prisma_string(mapping, value, "relationMode");

	if (mode == NULL)
		return;
	mapping->no_foreign_keys = strcmp(mode, "prisma") == 0;
	if (!mapping->no_foreign_keys && strcmp(mode, "foreignKeys") != 0)
		sdr_prisma_error(mapping->ast, mapping->datasource->pos,
						 "relationMode \"%s\" is neither \"foreignKeys\" nor \"prisma\"",
						 mode);
}

static void
read_schemas(SdrPrismaMapping *mapping, const SdrPrismaExpr *value)
{
	if (value->tag != SDR_PRISMA_ARRAY || value->args == NULL)
	{
		sdr_prisma_error(mapping->ast, value->pos,
						 "schemas must be a list of strings that is not empty");
		return;
	}
	for (const SdrPrismaArg *arg = value->args; arg != NULL; arg = arg->next)
	{
		const char *name;

		/* Prisma takes that, and no model can be there */
		if (arg->value->tag == SDR_PRISMA_STRING &&
			arg->value->text[0] == '\0')
			continue;
		name = sdr_prisma_string(mapping, arg->value, "element of schemas");
		if (name != NULL)
			mapping->schemas = lappend(mapping->schemas,
									   unconstify(char *,
												  sdr_prisma_clip(name)));
	}
}

/* pgcrypto, or postgis(version: "3.1", schema: "gis", map: "postgis") */
static void
read_extension(SdrPrismaMapping *mapping, const SdrPrismaExpr *value)
{
	SdrPrismaExtension *extension = palloc0(sizeof(SdrPrismaExtension));
	const struct
	{
		const char *name;
		const char **member;
	}			members[] = {
		{"map", &extension->name},
		{"schema", &extension->schema},
		{"version", &extension->version},
	};

	if (value->tag != SDR_PRISMA_NAME && value->tag != SDR_PRISMA_CALL)
	{
		sdr_prisma_error(mapping->ast, value->pos,
						 "element of extensions must be the name of an extension, not %s",
						 sdr_prisma_describe(value));
		return;
	}
	extension->name = value->text;
	for (const SdrPrismaArg *arg = value->args; arg != NULL; arg = arg->next)
	{
		int			i = 0;

		while (i < lengthof(members) &&
			   (arg->name == NULL || strcmp(arg->name, members[i].name) != 0))
			i++;
		if (i == lengthof(members))
			sdr_prisma_error(mapping->ast, arg->pos,
							 "extension \"%s\" takes the arguments \"map\", \"schema\" and \"version\"",
							 value->text);
		else
		{
			const char *text = sdr_prisma_string(mapping, arg->value,
												 arg->name);

			if (text != NULL)
				*members[i].member = text;
		}
	}
	mapping->extensions = lappend(mapping->extensions, extension);
}

static void
read_extensions(SdrPrismaMapping *mapping, const SdrPrismaExpr *value)
{
	if (value->tag != SDR_PRISMA_ARRAY)
	{
		sdr_prisma_error(mapping->ast, value->pos,
						 "extensions must be a list");
		return;
	}
	for (const SdrPrismaArg *arg = value->args; arg != NULL; arg = arg->next)
		read_extension(mapping, arg->value);
}

/* How to connect is not for us. */
static void
read_nothing(SdrPrismaMapping *mapping, const SdrPrismaExpr *value)
{
}

static const struct
{
	const char *name;
	void		(*read) (SdrPrismaMapping *mapping,
						 const SdrPrismaExpr *value);
}			properties[] = {
	{"provider", read_provider},
	{"url", read_nothing},
	{"directUrl", read_nothing},
	{"shadowDatabaseUrl", read_nothing},
	{"relationMode", read_relation_mode},
	{"referentialIntegrity", read_relation_mode},
	{"schemas", read_schemas},
	{"extensions", read_extensions},
};

static void
only_one(SdrPrismaMapping *mapping, const SdrPrismaBlock *block)
{
	sdr_prisma_error(mapping->ast, block->pos,
					 "datasource \"%s\" is not the only one", block->name);
}

static void
read_datasource(SdrPrismaMapping *mapping, const SdrPrismaBlock *block)
{
	if (mapping->datasource != NULL)
	{
		only_one(mapping, mapping->datasource);
		only_one(mapping, block);
		return;
	}
	mapping->datasource = block;
	mapping->native_prefix = block->name;
	for (const SdrPrismaField *field = block->fields; field != NULL;
		 field = field->next)
	{
		int			i = 0;

		while (i < lengthof(properties) &&
			   strcmp(properties[i].name, field->name) != 0)
			i++;
		if (i == lengthof(properties))
			sdr_prisma_error(mapping->ast, field->pos,
							 "a datasource has no property \"%s\"",
							 field->name);
		else if (find_property(block, field->name) != field)
			sdr_prisma_error(mapping->ast, field->pos,
							 "property \"%s\" is given twice", field->name);
		else if (field->value != NULL)
			properties[i].read(mapping, field->value);
	}
	if (find_property(block, "provider") == NULL)
		sdr_prisma_error(mapping->ast, block->pos,
						 "datasource \"%s\" has no provider", block->name);
}

static void
read_generator(SdrPrismaMapping *mapping, const SdrPrismaBlock *block)
{
	const SdrPrismaField *field = find_property(block, "previewFeatures");

	if (find_property(block, "provider") == NULL)
		sdr_prisma_error(mapping->ast, block->pos,
						 "generator \"%s\" has no provider", block->name);
	if (field == NULL || field->value == NULL ||
		field->value->tag != SDR_PRISMA_ARRAY)
		return;
	for (const SdrPrismaArg *arg = field->value->args; arg != NULL;
		 arg = arg->next)
	{
		if (arg->value->tag == SDR_PRISMA_STRING &&
			strcmp(arg->value->text, "partialIndexes") == 0)
			mapping->partial_indexes = true;
	}
}

/* Read the blocks that are no part of the schema itself. */
void
sdr_prisma_read_configuration(SdrPrismaMapping *mapping)
{
	for (const SdrPrismaBlock *block = mapping->ast->blocks; block != NULL;
		 block = block->next)
	{
		if (block->tag == SDR_PRISMA_DATASOURCE)
			read_datasource(mapping, block);
		else if (block->tag == SDR_PRISMA_GENERATOR)
			read_generator(mapping, block);
	}
}

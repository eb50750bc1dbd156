/*-------------------------------------------------------------------------
 *
 * types.c
 *	  The types of columns.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "prisma/prisma.h"
#include "utils/builtins.h"

/* By SdrPrismaScalar: its name, and its type where no native type is given. */
static const struct
{
	const char *name;
	const char *type;
}			scalars[] = {
	[SDR_PRISMA_TYPE_STRING] = {"String", "text"},
	[SDR_PRISMA_TYPE_BOOLEAN] = {"Boolean", "boolean"},
	[SDR_PRISMA_TYPE_INT] = {"Int", "integer"},
	[SDR_PRISMA_TYPE_BIGINT] = {"BigInt", "bigint"},
	[SDR_PRISMA_TYPE_FLOAT] = {"Float", "double precision"},
	[SDR_PRISMA_TYPE_DECIMAL] = {"Decimal", "numeric(65,30)"},
	[SDR_PRISMA_TYPE_DATETIME] = {"DateTime", "timestamp(3) without time zone"},
	[SDR_PRISMA_TYPE_JSON] = {"Json", "jsonb"},
	[SDR_PRISMA_TYPE_BYTES] = {"Bytes", "bytea"},
};

/*
 * Native types.  What they take in parentheses stands behind the word before
 * the suffix, as the server writes it.
 */
typedef struct NativeType
{
	const char *name;
	SdrPrismaScalar scalar;
	const char *type;
	const char *suffix;
	int			max_args;
	int			min;			/* of the arguments, when max > 0 */
	int			max;
	bool		any_precision;	/* without one, to Prisma every one is right;
								 * the largest is the same as none */
	bool		of_extension;	/* in a schema that Prisma does not look at */
} NativeType;

#define NATIVE(n, s, t, ...) \
	{ .name = n, .scalar = SDR_PRISMA_TYPE_##s, .type = t, ##__VA_ARGS__ }

static const NativeType native_types[] = {
	NATIVE("SmallInt", INT, "smallint"),
	NATIVE("Integer", INT, "integer"),
	NATIVE("BigInt", BIGINT, "bigint"),
	NATIVE("Decimal", DECIMAL, "numeric",.max_args = 2,.min = 0,.max = 1000),
	NATIVE("Money", DECIMAL, "money"),
	NATIVE("Inet", STRING, "inet"),
	NATIVE("Oid", INT, "oid"),
	NATIVE("Citext", STRING, "citext",.of_extension = true),
	NATIVE("Real", FLOAT, "real"),
	NATIVE("DoublePrecision", FLOAT, "double precision"),
	NATIVE("VarChar", STRING, "character varying",.max_args = 1,.min = 1,.max = 10485760),
	NATIVE("Char", STRING, "character",.max_args = 1,.min = 1,.max = 10485760),
	NATIVE("Text", STRING, "text"),
	NATIVE("ByteA", BYTES, "bytea"),
	NATIVE("Timestamp", DATETIME, "timestamp",
		   .suffix = " without time zone",.max_args = 1,.max = 6,.any_precision = true),
	NATIVE("Timestamptz", DATETIME, "timestamp",
		   .suffix = " with time zone",.max_args = 1,.max = 6,.any_precision = true),
	NATIVE("Date", DATETIME, "date"),
	NATIVE("Time", DATETIME, "time",
		   .suffix = " without time zone",.max_args = 1,.max = 6,.any_precision = true),
	NATIVE("Timetz", DATETIME, "time",
		   .suffix = " with time zone",.max_args = 1,.max = 6,.any_precision = true),
	NATIVE("Boolean", BOOLEAN, "boolean"),
	NATIVE("Bit", STRING, "bit",.max_args = 1,.min = 1,.max = 83886080),
	NATIVE("VarBit", STRING, "bit varying",.max_args = 1,.min = 1,.max = 83886080),
	NATIVE("Uuid", STRING, "uuid"),
	NATIVE("Xml", STRING, "xml"),
	NATIVE("Json", JSON, "json"),
	NATIVE("JsonB", JSON, "jsonb"),
};

bool
sdr_prisma_scalar_by_name(const char *name, SdrPrismaScalar *scalar)
{
	for (int i = 0; i < lengthof(scalars); i++)
	{
		if (strcmp(scalars[i].name, name) == 0)
		{
			*scalar = i;
			return true;
		}
	}
	return false;
}

/* The numbers that a native type takes; false, with an error, if wrong. */
static bool
read_numbers(SdrPrismaMapping *mapping, const SdrPrismaAttr *attr,
			 const NativeType *native, int *numbers, int *n)
{
	*n = 0;
	for (const SdrPrismaArg *arg = attr->args; arg != NULL; arg = arg->next)
	{
		char	   *end;
		long		number;

		if (*n == native->max_args)
		{
			sdr_prisma_error(mapping->ast, arg->pos, native->max_args == 0 ?
							 "native type \"%s\" takes no argument" :
							 "native type \"%s\" takes fewer arguments",
							 native->name);
			return false;
		}
		errno = 0;
		number = arg->value->tag != SDR_PRISMA_NUMBER ? -1 :
			strtol(arg->value->text, &end, 10);
		if (arg->value->tag != SDR_PRISMA_NUMBER || *end != '\0' ||
			errno != 0 || number < native->min || number > native->max)
		{
			sdr_prisma_error(mapping->ast, arg->value->pos,
							 "native type \"%s\" takes a number from %d to %d, not %s",
							 native->name, native->min, native->max,
							 sdr_prisma_describe(arg->value));
			return false;
		}
		numbers[(*n)++] = number;
	}
	if (native->scalar == SDR_PRISMA_TYPE_DECIMAL && *n == 1)
	{
		sdr_prisma_error(mapping->ast, attr->pos,
						 "native type \"%s\" takes a precision and a scale",
						 native->name);
		return false;
	}
	if (native->scalar == SDR_PRISMA_TYPE_DECIMAL && *n == 2 &&
		(numbers[0] == 0 || numbers[1] > numbers[0]))
	{
		sdr_prisma_error(mapping->ast, attr->pos,
						 "native type \"%s\" takes a positive precision, and a scale that is no larger",
						 native->name);
		return false;
	}
	return true;
}

static void
read_native_type(SdrPrismaMapping *mapping, SdrPrismaColumn *column,
				 const SdrPrismaAttr *attr)
{
	const char *dot = strchr(attr->name, '.');
	const char *prefix = pnstrdup(attr->name, dot - attr->name);
	const NativeType *native = NULL;
	const char *suffix;
	int			numbers[2];
	int			n;

	if (column->native != NULL)
	{
		sdr_prisma_error(mapping->ast, attr->pos,
						 "field \"%s\" has another native type already",
						 column->field->name);
		return;
	}
	if (mapping->native_prefix != NULL &&
		strcmp(prefix, mapping->native_prefix) != 0)
	{
		sdr_prisma_error(mapping->ast, attr->pos,
						 "prefix \"%s\" of \"@%s\" is not the name of the datasource, which is \"%s\"",
						 prefix, attr->name, mapping->native_prefix);
		return;
	}
	for (int i = 0; i < lengthof(native_types) && native == NULL; i++)
	{
		if (strcmp(native_types[i].name, dot + 1) == 0)
			native = &native_types[i];
	}
	if (native == NULL)
	{
		sdr_prisma_error(mapping->ast, attr->pos,
						 "PostgreSQL has no native type \"%s\"", dot + 1);
		return;
	}
	if (column->class != SDR_PRISMA_FIELD_SCALAR ||
		column->scalar != native->scalar)
	{
		sdr_prisma_error(mapping->ast, attr->pos,
						 "native type \"%s\" is for fields of type %s, not %s",
						 native->name, scalars[native->scalar].name,
						 column->field->type);
		return;
	}
	if (!read_numbers(mapping, attr, native, numbers, &n))
		return;

	column->native = native->name;
	suffix = native->suffix == NULL ? "" : native->suffix;
	if (n == 0)
		column->type = psprintf("%s%s", native->type, suffix);
	else if (n == 1)
		column->type = psprintf("%s(%d)%s", native->type, numbers[0], suffix);
	else
		column->type = psprintf("%s(%d,%d)", native->type, numbers[0],
								numbers[1]);
	if (native->any_precision && n == 0)
		column->type_attr = "base_type";
	else if (native->any_precision && numbers[0] == native->max)
		column->same_type = psprintf("%s%s", native->type, suffix);
	else if (native->of_extension)
		column->type_attr = "bare_type";
}

/*
 * The text of an Unsupported type as the server writes modifiers, without the
 * blanks between them.
 */
static const char *
unsupported_type(const char *text)
{
	StringInfoData buf;
	int			depth = 0;

	initStringInfo(&buf);
	for (const char *p = text; *p != '\0'; p++)
	{
		depth += *p == '(' ? 1 : *p == ')' ? -1 : 0;
		if (*p != ' ' || depth == 0)
			appendStringInfoChar(&buf, *p);
	}
	return buf.data;
}

/*
 * The type of a field's column, for what is not a relation.  The types of
 * enums are written only when it is known in which schema they are.
 */
void
sdr_prisma_read_type(SdrPrismaMapping *mapping, SdrPrismaColumn *column)
{
	column->type_attr = "type";
	if (column->class == SDR_PRISMA_FIELD_SCALAR)
		column->type = scalars[column->scalar].type;
	else if (column->class == SDR_PRISMA_FIELD_UNSUPPORTED)
	{
		column->type = unsupported_type(column->field->unsupported);
		column->type_attr = "bare_type";
	}
	for (const SdrPrismaAttr *attr = column->field->attrs; attr != NULL;
		 attr = attr->next)
	{
		if (strchr(attr->name, '.') != NULL)
			read_native_type(mapping, column, attr);
	}
}

/*
 * A type of the column as the server writes it, which is type unless it is an
 * enum.  schema is that of enums that do not say theirs.
 */
const char *
sdr_prisma_sql_type(const SdrPrismaColumn *column, const char *type,
					const char *schema)
{
	if (column->class == SDR_PRISMA_FIELD_ENUM)
	{
		const SdrPrismaEnum *enumeration = column->enumeration;

		type = quote_qualified_identifier(enumeration->schema == NULL ?
										  schema : enumeration->schema,
										  enumeration->name);
	}
	return column->field->arity == SDR_PRISMA_LIST ? psprintf("%s[]", type) :
		type;
}

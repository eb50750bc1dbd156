/*-------------------------------------------------------------------------
 *
 * defaults.c
 *	  What @default does in the database.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/string.h"
#include "compat.h"
#include "mb/pg_wchar.h"
#include "prisma/prisma.h"
#include "utils/builtins.h"

static const char *const default_args[] = {"value", "map", NULL};

/*
 * The functions that @default takes.  Those without a kind of default of
 * their own run in the client.
 */
typedef struct DefaultFunction
{
	const char *name;
	uint32		scalars;		/* types of fields that it is for */
	SdrPrismaDefault kind;
	const char *sql;
	bool		takes_number;
	int			min;
	int			max;
} DefaultFunction;

#define FOR(scalar)	(1 << SDR_PRISMA_TYPE_##scalar)

static const DefaultFunction functions[] = {
	{.name = "now",.scalars = FOR(DATETIME),
	.kind = SDR_PRISMA_DEFAULT_VALUE,.sql = "CURRENT_TIMESTAMP"},
	{.name = "autoincrement",.scalars = FOR(INT) | FOR(BIGINT),
	.kind = SDR_PRISMA_DEFAULT_AUTOINCREMENT},
	{.name = "uuid",.scalars = FOR(STRING),.takes_number = true,.min = 4,.max = 7},
	{.name = "cuid",.scalars = FOR(STRING),.takes_number = true,.min = 1,.max = 2},
	{.name = "ulid",.scalars = FOR(STRING)},
	{.name = "nanoid",.scalars = FOR(STRING),.takes_number = true,.min = 2,.max = 255},
};

static void
read_dbgenerated(SdrPrismaMapping *mapping, SdrPrismaColumn *column,
				 const SdrPrismaExpr *call)
{
	const char *text;

	column->default_kind = SDR_PRISMA_DEFAULT_ANY;
	if (call->args == NULL)
		return;
	if (call->args->next != NULL)
	{
		sdr_prisma_error(mapping->ast, call->pos,
						 "dbgenerated() takes one string at most");
		return;
	}
	text = sdr_prisma_string(mapping, call->args->value,
							 "argument of dbgenerated()");
	if (text == NULL)
		return;
	/* one of the two ways to write it, as value of a column */
	column->default_sql = pg_strcasecmp(text, "now()") == 0 ?
		"CURRENT_TIMESTAMP" : text;
	column->default_kind = strncmp(text, "nextval(", 8) == 0 ?
		SDR_PRISMA_DEFAULT_SEQUENCE : SDR_PRISMA_DEFAULT_VALUE;
}

/* What a client function, or autoincrement() or now(), takes. */
static void
check_number(SdrPrismaMapping *mapping, const DefaultFunction *function,
			 const SdrPrismaExpr *call)
{
	const SdrPrismaArg *arg = call->args;
	int			number;

	if (arg == NULL)
		return;
	if (!function->takes_number || arg->next != NULL)
	{
		sdr_prisma_error(mapping->ast, arg->pos, function->takes_number ?
						 "%s() takes one number at most" :
						 "%s() takes no argument", function->name);
		return;
	}
	number = arg->value->tag == SDR_PRISMA_NUMBER ?
		strtoint(arg->value->text, NULL, 10) : -1;
	if (number < function->min || number > function->max ||
		(strcmp(function->name, "uuid") == 0 && number != 4 && number != 7))
		sdr_prisma_error(mapping->ast, arg->value->pos,
						 "%s() does not take %s", function->name,
						 sdr_prisma_describe(arg->value));
}

static void
read_function(SdrPrismaMapping *mapping, SdrPrismaColumn *column,
			  const SdrPrismaExpr *call)
{
	if (strcmp(call->text, "dbgenerated") == 0)
	{
		read_dbgenerated(mapping, column, call);
		return;
	}
	if (column->class == SDR_PRISMA_FIELD_UNSUPPORTED)
	{
		sdr_prisma_error(mapping->ast, call->pos,
						 "a field of an unsupported type can have dbgenerated(\"...\") as default and nothing else");
		return;
	}
	for (int i = 0; i < lengthof(functions); i++)
	{
		const DefaultFunction *function = &functions[i];

		if (strcmp(call->text, function->name) != 0)
			continue;
		if (column->class != SDR_PRISMA_FIELD_SCALAR ||
			(function->scalars & (1 << column->scalar)) == 0 ||
			column->field->arity == SDR_PRISMA_LIST)
			sdr_prisma_error(mapping->ast, call->pos,
							 "%s() is no default for fields of type %s%s",
							 call->text, column->field->type,
							 column->field->arity == SDR_PRISMA_LIST ? "[]" : "");
		check_number(mapping, function, call);
		column->default_kind = function->kind;
		column->default_sql = function->sql;
		return;
	}
	sdr_prisma_error(mapping->ast, call->pos,
					 strcmp(call->text, "sequence") == 0 ?
					 "function \"%s\" is for CockroachDB, not PostgreSQL" :
					 "function \"%s\" is not known in a default", call->text);
}

/* Text of Bytes, which is base64, as the server writes it; NULL if not. */
static const char *
bytes_literal(const char *text)
{
	int			len = strlen(text);
	char	   *bytes = palloc(pg_b64_dec_len(len) + 1);
	int			n = sdr_compat_b64_decode(text, len, bytes,
										  pg_b64_dec_len(len));
	StringInfoData buf;

	if (n < 0)
		return NULL;
	initStringInfo(&buf);
	appendStringInfoString(&buf, "'\\x");
	for (int i = 0; i < n; i++)
		appendStringInfo(&buf, "%02x", (unsigned char) bytes[i]);
	appendStringInfoString(&buf, "'::bytea");
	return buf.data;
}

static bool
is_number(const char *text, bool with_fraction)
{
	const char *p = text + (*text == '-' ? 1 : 0);

	p += strspn(p, "0123456789");
	if (with_fraction && *p == '.')
		p += 1 + strspn(p + 1, "0123456789");
	return *p == '\0' && p > text;
}

/*
 * A string as the server writes it: with its type, but for the length.  Where
 * that would be another type, the column says which it is.
 */
static const char *
typed_literal(const SdrPrismaColumn *column, const char *text)
{
	const char *type = pnstrdup(column->type, strcspn(column->type, "("));

	if (strcmp(type, "character") == 0)
		type = "bpchar";
	else if (strncmp(type, "bit", 3) == 0)
		return quote_literal_cstr(text);
	return psprintf("%s::%s", quote_literal_cstr(text), type);
}

/* Is this a moment as RFC 3339 writes it? */
static bool
is_moment(const char *text)
{
	static const char pattern[] = "dddd-dd-ddTdd:dd:dd";
	const char *p = text;

	for (int i = 0; pattern[i] != '\0'; i++, p++)
	{
		if (pattern[i] == 'd' ? !isdigit((unsigned char) *p) :
			pattern[i] == 'T' ? strchr("Tt ", *p) == NULL || *p == '\0' :
			*p != pattern[i])
			return false;
	}
	if (*p == '.')
	{
		size_t		digits = strspn(p + 1, "0123456789");

		if (digits == 0)
			return false;
		p += digits + 1;
	}
	if ((*p == 'Z' || *p == 'z') && p[1] == '\0')
		return true;
	return (*p == '+' || *p == '-') && strlen(p) == 6 && p[3] == ':' &&
		strspn(p + 1, "0123456789") == 2 && strspn(p + 4, "0123456789") == 2;
}

/* A constant as SQL; NULL if it is none of the field's type. */
static const char *
constant(const SdrPrismaColumn *column, const SdrPrismaExpr *expr)
{
	const char *text = expr->text;

	if (expr->tag == SDR_PRISMA_NUMBER)
	{
		switch (column->scalar)
		{
			case SDR_PRISMA_TYPE_INT:
			case SDR_PRISMA_TYPE_BIGINT:
				return is_number(text, false) ? text : NULL;
			case SDR_PRISMA_TYPE_FLOAT:
			case SDR_PRISMA_TYPE_DECIMAL:
				return is_number(text, true) ? text : NULL;
			default:
				return NULL;
		}
	}
	if (expr->tag == SDR_PRISMA_NAME)
		return column->scalar == SDR_PRISMA_TYPE_BOOLEAN &&
			(strcmp(text, "true") == 0 || strcmp(text, "false") == 0) ? text :
			NULL;
	if (expr->tag != SDR_PRISMA_STRING)
		return NULL;
	switch (column->scalar)
	{
		case SDR_PRISMA_TYPE_JSON:
			return sdr_compat_is_json(text, strlen(text), PG_UTF8) ?
				typed_literal(column, text) : NULL;
		case SDR_PRISMA_TYPE_STRING:
			return typed_literal(column, text);
		case SDR_PRISMA_TYPE_DATETIME:
			return is_moment(text) ? quote_literal_cstr(text) : NULL;
		case SDR_PRISMA_TYPE_DECIMAL:
			return is_number(text, true) ? text : NULL;
		case SDR_PRISMA_TYPE_BYTES:
			return bytes_literal(text);
		default:
			return NULL;
	}
}

static const char *
enum_constant(const SdrPrismaColumn *column, const SdrPrismaExpr *expr)
{
	const SdrPrismaField *value;

	value = expr->tag != SDR_PRISMA_NAME ? NULL :
		sdr_prisma_names_find(&column->enumeration->values, expr->text);
	return value == NULL ? NULL :
		quote_literal_cstr(sdr_prisma_value_name(value));
}

static const char *
read_constant(SdrPrismaMapping *mapping, const SdrPrismaColumn *column,
			  const SdrPrismaExpr *expr)
{
	bool		is_enum = column->class == SDR_PRISMA_FIELD_ENUM;
	const char *sql = is_enum ? enum_constant(column, expr) :
	constant(column, expr);

	if (sql == NULL)
		sdr_prisma_error(mapping->ast, expr->pos, is_enum ?
						 "a default of enum %s is expected, not %s" :
						 "a default of type %s is expected, not %s",
						 column->field->type, sdr_prisma_describe(expr));
	return sql;
}

/*
 * A list.  Its elements need no types of their own, but the list needs one
 * when it is empty, and the server knows which from the column: '{}' is that.
 */
static void
read_list(SdrPrismaMapping *mapping, SdrPrismaColumn *column,
		  const SdrPrismaExpr *expr)
{
	StringInfoData buf;

	initStringInfo(&buf);
	for (const SdrPrismaArg *arg = expr->args; arg != NULL; arg = arg->next)
	{
		const char *sql = read_constant(mapping, column, arg->value);

		appendStringInfo(&buf, "%s%s", buf.len > 0 ? ", " : "",
						 sql == NULL ? "NULL" : sql);
	}
	column->default_sql = buf.len == 0 ? "'{}'" :
		psprintf("ARRAY[%s]", buf.data);
}

/* Read @default of a field that is no relation. */
void
sdr_prisma_read_default(SdrPrismaMapping *mapping, SdrPrismaColumn *column)
{
	const SdrPrismaAttr *attr = sdr_prisma_find_attr(column->field->attrs,
													 "default");
	const SdrPrismaArg *arg;
	const SdrPrismaExpr *expr;
	bool		is_list = column->field->arity == SDR_PRISMA_LIST;

	if (attr == NULL)
		return;
	sdr_prisma_check_args(mapping, attr, default_args);
	arg = sdr_prisma_find_arg(attr->args, "map", false);
	if (arg != NULL)
		sdr_prisma_error(mapping->ast, arg->pos,
						 "PostgreSQL has no names for defaults");
	arg = sdr_prisma_find_arg(attr->args, "value", true);
	if (arg == NULL)
	{
		sdr_prisma_error(mapping->ast, attr->pos,
						 "attribute \"@default\" needs a value");
		return;
	}
	expr = arg->value;
	if (expr->tag == SDR_PRISMA_CALL)
	{
		read_function(mapping, column, expr);
		return;
	}
	if (column->class == SDR_PRISMA_FIELD_UNSUPPORTED ||
		is_list != (expr->tag == SDR_PRISMA_ARRAY))
	{
		sdr_prisma_error(mapping->ast, expr->pos,
						 "field \"%s\" cannot have %s as default",
						 column->field->name, sdr_prisma_describe(expr));
		return;
	}

	column->default_kind = column->class == SDR_PRISMA_FIELD_SCALAR &&
		column->scalar == SDR_PRISMA_TYPE_DATETIME ?
		SDR_PRISMA_DEFAULT_MOMENT : SDR_PRISMA_DEFAULT_VALUE;
	if (is_list)
		read_list(mapping, column, expr);
	else
		column->default_sql = read_constant(mapping, column, expr);
	if (column->default_sql == NULL)
		column->default_kind = SDR_PRISMA_DEFAULT_ANY;
}

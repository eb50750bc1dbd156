/*
 * The result of the parser as text: the errors, or the tree if there are none.
 */
#include "fuzz.h"

static const char *const tags[] = {
	"model", "view", "enum", "type", "datasource", "generator"
};

static void print_args(StringInfo buf, const SdrPrismaArg *arg);

static void
print_text(StringInfo buf, const char *text)
{
	appendStringInfoChar(buf, '"');
	for (; *text != '\0'; text++)
	{
		if ((unsigned char) *text < ' ' || *text == '"' || *text == '\\')
			appendStringInfo(buf, "\\x%02X", (unsigned char) *text);
		else
			appendStringInfoChar(buf, *text);
	}
	appendStringInfoChar(buf, '"');
}

static void
print_expr(StringInfo buf, const SdrPrismaExpr *expr)
{
	appendStringInfo(buf, "%d:%d ", expr->pos.line, expr->pos.column);
	switch (expr->tag)
	{
		case SDR_PRISMA_STRING:
			print_text(buf, expr->text);
			break;
		case SDR_PRISMA_NUMBER:
			appendStringInfo(buf, "number %s", expr->text);
			break;
		case SDR_PRISMA_NAME:
			appendStringInfoString(buf, expr->text);
			break;
		case SDR_PRISMA_CALL:
			appendStringInfo(buf, "%s(", expr->text);
			print_args(buf, expr->args);
			appendStringInfoChar(buf, ')');
			break;
		case SDR_PRISMA_ARRAY:
			appendStringInfoChar(buf, '[');
			print_args(buf, expr->args);
			appendStringInfoChar(buf, ']');
			break;
		case SDR_PRISMA_OBJECT:
			appendStringInfoChar(buf, '{');
			print_args(buf, expr->args);
			appendStringInfoChar(buf, '}');
			break;
	}
}

static void
print_args(StringInfo buf, const SdrPrismaArg *arg)
{
	for (; arg != NULL; arg = arg->next)
	{
		if (arg->name != NULL)
			appendStringInfo(buf, "%d:%d %s: ", arg->pos.line, arg->pos.column,
							 arg->name);
		print_expr(buf, arg->value);
		if (arg->next != NULL)
			appendStringInfoString(buf, ", ");
	}
}

static void
print_attrs(StringInfo buf, const SdrPrismaAttr *attr, const char *indent)
{
	for (; attr != NULL; attr = attr->next)
	{
		appendStringInfo(buf, "%s%d:%d %s%s", indent, attr->pos.line,
						 attr->pos.column, attr->is_block ? "@@" : "@",
						 attr->name);
		if (attr->args != NULL)
		{
			appendStringInfoChar(buf, '(');
			print_args(buf, attr->args);
			appendStringInfoChar(buf, ')');
		}
		appendStringInfoChar(buf, '\n');
	}
}

static void
print_field(StringInfo buf, const SdrPrismaField *field)
{
	appendStringInfo(buf, "  %d:%d %s", field->pos.line, field->pos.column,
					 field->name);
	if (field->type != NULL)
		appendStringInfo(buf, " %d:%d %s", field->type_pos.line,
						 field->type_pos.column, field->type);
	if (field->unsupported != NULL)
		print_text(buf, field->unsupported);
	if (field->arity != SDR_PRISMA_REQUIRED)
		appendStringInfoString(buf,
							   field->arity == SDR_PRISMA_LIST ? "[]" : "?");
	if (field->value != NULL)
	{
		appendStringInfoString(buf, " = ");
		print_expr(buf, field->value);
	}
	appendStringInfoChar(buf, '\n');
	print_attrs(buf, field->attrs, "    ");
}

void
fuzz_print(StringInfo buf, const SdrPrismaSchema *schema)
{
	int			more = schema->nerrors;

	for (const SdrPrismaError *error = schema->errors; error != NULL;
		 error = error->next)
	{
		appendStringInfo(buf, "%d:%d %s\n", error->pos.line,
						 error->pos.column, error->message);
		more--;
	}
	if (more > 0)
		appendStringInfo(buf, "and %d more\n", more);
	if (schema->nerrors > 0)
		return;

	for (const SdrPrismaBlock *block = schema->blocks; block != NULL;
		 block = block->next)
	{
		appendStringInfo(buf, "%d:%d %s %s", block->pos.line,
						 block->pos.column, tags[block->tag], block->name);
		if (block->doc != NULL)
		{
			appendStringInfoChar(buf, ' ');
			print_text(buf, block->doc);
		}
		appendStringInfoChar(buf, '\n');
		for (const SdrPrismaField *field = block->fields; field != NULL;
			 field = field->next)
			print_field(buf, field);
		print_attrs(buf, block->attrs, "  ");
	}
}

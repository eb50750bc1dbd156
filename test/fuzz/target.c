/*
 * The target of the fuzzer: whatever the bytes are, the parser comes back,
 * and what it returns is whole.
 */
#include "fuzz.h"

#include "mb/pg_wchar.h"

#define CHECK(condition) \
	do { \
		if (!(condition)) \
		{ \
			fprintf(stderr, "%s:%d: violated: %s\n", __FILE__, __LINE__, \
					#condition); \
			abort(); \
		} \
	} while (0)

static int	nlines;
static bool complete;

static void check_exprs(const SdrPrismaArg *arg, int depth);

static void
check_pos(SdrPrismaPos pos)
{
	CHECK(pos.line >= 1 && pos.line <= nlines);
	CHECK(pos.column >= 1);
}

static void
check_text(const char *text)
{
	CHECK(text != NULL);
	CHECK(pg_encoding_verifymbstr(PG_UTF8, text, strlen(text)) == strlen(text));
}

static void
check_expr(const SdrPrismaExpr *expr, int depth)
{
	CHECK(expr != NULL);
	CHECK(depth <= SDR_PRISMA_MAX_DEPTH);
	check_pos(expr->pos);
	switch (expr->tag)
	{
		case SDR_PRISMA_STRING:
		case SDR_PRISMA_NUMBER:
		case SDR_PRISMA_NAME:
			check_text(expr->text);
			CHECK(expr->args == NULL);
			break;
		case SDR_PRISMA_CALL:
			check_text(expr->text);
			check_exprs(expr->args, depth + 1);
			break;
		case SDR_PRISMA_ARRAY:
		case SDR_PRISMA_OBJECT:
			check_exprs(expr->args, depth + 1);
			break;
		default:
			CHECK(false);
	}
}

static void
check_exprs(const SdrPrismaArg *arg, int depth)
{
	for (; arg != NULL; arg = arg->next)
	{
		check_pos(arg->pos);
		if (arg->name != NULL)
			check_text(arg->name);
		check_expr(arg->value, depth);
	}
}

static void
check_attrs(const SdrPrismaAttr *attr, bool is_block)
{
	for (; attr != NULL; attr = attr->next)
	{
		check_pos(attr->pos);
		check_text(attr->name);
		CHECK(attr->is_block == is_block);
		check_exprs(attr->args, 0);
	}
}

static void
check_field(const SdrPrismaField *field, SdrPrismaBlockTag tag)
{
	check_pos(field->pos);
	check_text(field->name);
	if (field->type != NULL)
	{
		check_text(field->type);
		check_pos(field->type_pos);
	}
	if (field->unsupported != NULL)
		check_text(field->unsupported);
	check_attrs(field->attrs, false);
	if (field->value != NULL)
		check_expr(field->value, 0);

	if (tag == SDR_PRISMA_DATASOURCE || tag == SDR_PRISMA_GENERATOR)
		CHECK(field->type == NULL && (!complete || field->value != NULL));
	else if (tag == SDR_PRISMA_ENUM)
		CHECK(field->type == NULL && field->value == NULL);
	else
		CHECK(field->value == NULL && (!complete || field->type != NULL));
}

static void
check_errors(const SdrPrismaSchema *schema)
{
	const SdrPrismaError *last = NULL;
	int			kept = 0;

	for (const SdrPrismaError *error = schema->errors; error != NULL;
		 error = error->next)
	{
		check_pos(error->pos);
		check_text(error->message);
		CHECK(error->message[0] != '\0');
		for (const char *c = error->message; *c != '\0'; c++)
			CHECK((unsigned char) *c >= ' ');
		if (last != NULL)
			CHECK(last->pos.line < error->pos.line ||
				  (last->pos.line == error->pos.line &&
				   last->pos.column <= error->pos.column));
		last = error;
		kept++;
	}
	CHECK(last == schema->last_error);
	CHECK(kept == Min(schema->nerrors, SDR_PRISMA_MAX_ERRORS));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	SdrPrismaSchema *schema = sdr_prisma_parse((const char *) data, size);
	StringInfoData buf;

	nlines = 1;
	for (size_t i = 0; i < size; i++)
		nlines += data[i] == '\n';
	complete = schema->nerrors == 0;

	check_errors(schema);
	for (const SdrPrismaBlock *block = schema->blocks; block != NULL;
		 block = block->next)
	{
		check_pos(block->pos);
		check_text(block->name);
		if (block->doc != NULL)
			check_text(block->doc);
		for (const SdrPrismaField *field = block->fields; field != NULL;
			 field = field->next)
			check_field(field, block->tag);
		check_attrs(block->attrs, true);
	}

	initStringInfo(&buf);
	fuzz_print(&buf, schema);
	fuzz_free_all();
	return 0;
}

/*-------------------------------------------------------------------------
 *
 * options.c
 *	  The options argument of schemadrift_prisma().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "prisma/prisma.h"
#include "utils/builtins.h"

static const char *const join_keys[] = {
	[SDR_PRISMA_JOIN_ANY] = "any",
	[SDR_PRISMA_JOIN_PRIMARY] = "primary key",
	[SDR_PRISMA_JOIN_UNIQUE] = "unique index",
};

static void
option_error(const char *message)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid options: %s", message),
			 errhint("Options are: \"partial\" and \"strict\", true or false, and \"join_tables\", which is \"any\", \"primary key\" or \"unique index\".")));
}

static bool
read_flag(const char *name, const JsonbValue *value)
{
	if (value->type != jbvBool)
		option_error(psprintf("\"%s\" is not a boolean", name));
	return value->val.boolean;
}

static SdrPrismaJoinKey
read_join_tables(const JsonbValue *value)
{
	for (int i = SDR_PRISMA_JOIN_ANY; i < lengthof(join_keys); i++)
	{
		if (value->type == jbvString &&
			value->val.string.len == strlen(join_keys[i]) &&
			memcmp(value->val.string.val, join_keys[i],
				   value->val.string.len) == 0)
			return i;
	}
	option_error("\"join_tables\" is none of its values");
	return SDR_PRISMA_JOIN_ANY; /* keep compiler quiet */
}

/* Read the options argument; whatever is wrong with it is an error. */
void
sdr_prisma_read_options(SdrPrismaOptions *options, Jsonb *jsonb)
{
	JsonbIterator *it;
	JsonbIteratorToken tok;
	JsonbValue	v;
	char	   *name = NULL;

	memset(options, 0, sizeof(SdrPrismaOptions));
	if (!JB_ROOT_IS_OBJECT(jsonb))
		option_error("object expected");
	it = JsonbIteratorInit(&jsonb->root);
	while ((tok = JsonbIteratorNext(&it, &v, true)) != WJB_DONE)
	{
		if (tok == WJB_KEY)
			name = pnstrdup(v.val.string.val, v.val.string.len);
		else if (tok != WJB_VALUE)
			continue;
		else if (strcmp(name, "partial") == 0)
			options->partial = read_flag(name, &v);
		else if (strcmp(name, "strict") == 0)
			options->strict = read_flag(name, &v);
		else if (strcmp(name, "join_tables") == 0)
			options->join_tables = read_join_tables(&v);
		else
			option_error(psprintf("unknown option \"%s\"", name));
	}
	if (options->join_tables == SDR_PRISMA_JOIN_DEFAULT)
		options->join_tables = options->strict ? SDR_PRISMA_JOIN_PRIMARY :
			SDR_PRISMA_JOIN_ANY;
}

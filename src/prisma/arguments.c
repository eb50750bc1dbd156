/*-------------------------------------------------------------------------
 *
 * arguments.c
 *	  Attributes and their arguments.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "prisma/prisma.h"

static bool
is_in(const char *const *list, const char *text)
{
	for (; list != NULL && *list != NULL; list++)
	{
		if (strcmp(*list, text) == 0)
			return true;
	}
	return false;
}

static const char *
at_signs(const SdrPrismaAttr *attr)
{
	return attr->is_block ? "@@" : "@";
}

/* What an expression is, for messages. */
const char *
sdr_prisma_describe(const SdrPrismaExpr *expr)
{
	switch (expr->tag)
	{
		case SDR_PRISMA_STRING:
			return psprintf("the string \"%s\"", expr->text);
		case SDR_PRISMA_NUMBER:
		case SDR_PRISMA_NAME:
			return expr->text;
		case SDR_PRISMA_CALL:
			return psprintf("%s(...)", expr->text);
		case SDR_PRISMA_ARRAY:
			return "a list";
		case SDR_PRISMA_OBJECT:
			return "an object";
	}
	return "?";
}

const SdrPrismaAttr *
sdr_prisma_find_attr(const SdrPrismaAttr *attrs, const char *name)
{
	for (; attrs != NULL; attrs = attrs->next)
	{
		if (strcmp(attrs->name, name) == 0)
			return attrs;
	}
	return NULL;
}

/*
 * Complain of attributes that are not known, and of those given twice unless
 * they are among the repeated ones.  With with_native, attributes that have a
 * dot in their name are native types.
 */
void
sdr_prisma_check_attrs(SdrPrismaMapping *mapping, const SdrPrismaAttr *attrs,
					   bool with_native, const char *const *allowed,
					   const char *const *repeated)
{
	/* a list of thousands of attributes must not cost their square */
	SdrPrismaNames seen = {0};

	for (const SdrPrismaAttr *attr = attrs; attr != NULL; attr = attr->next)
	{
		if (with_native && strchr(attr->name, '.') != NULL)
		{
			/* types.c knows those */
		}
		else if (is_in(repeated, attr->name))
			continue;
		else if (!is_in(allowed, attr->name))
		{
			sdr_prisma_error(mapping->ast, attr->pos,
							 "attribute \"%s%s\" is not known here",
							 at_signs(attr), attr->name);
			continue;
		}
		sdr_prisma_names_add(&seen, attr->name,
							 unconstify(SdrPrismaAttr *, attr));
	}
	sdr_prisma_names_sort(&seen);
	for (int i = 1; i < seen.n; i++)
	{
		const SdrPrismaAttr *a = seen.names[i - 1].value;
		const SdrPrismaAttr *b = seen.names[i].value;

		if (strcmp(a->name, b->name) == 0)
			sdr_prisma_error(mapping->ast, b->pos,
							 "attribute \"%s%s\" can be given only once",
							 at_signs(b), b->name);
	}
}

/*
 * Complain of arguments that are not known or given twice.  The first of the
 * allowed names is that of the argument that may go without its name; "" if
 * none may.
 */
void
sdr_prisma_check_args(SdrPrismaMapping *mapping, const SdrPrismaAttr *attr,
					  const char *const *allowed)
{
	uint64		seen = 0;

	for (const SdrPrismaArg *arg = attr->args; arg != NULL; arg = arg->next)
	{
		const char *name = arg->name == NULL ? allowed[0] : arg->name;
		int			i = 0;

		while (allowed[i] != NULL && strcmp(allowed[i], name) != 0)
			i++;
		if (name[0] == '\0')
			sdr_prisma_error(mapping->ast, arg->pos,
							 "attribute \"%s%s\" takes no argument without a name",
							 at_signs(attr), attr->name);
		else if (allowed[i] == NULL)
			sdr_prisma_error(mapping->ast, arg->pos,
							 "attribute \"%s%s\" has no argument \"%s\"",
							 at_signs(attr), attr->name, name);
		else if ((seen & (UINT64CONST(1) << i)) != 0)
			sdr_prisma_error(mapping->ast, arg->pos,
							 "argument \"%s\" of \"%s%s\" is given twice",
							 name, at_signs(attr), attr->name);
		seen |= UINT64CONST(1) << i;
	}
}

/*
 * The argument of this name; with is_first also one without a name.  NULL if
 * there is none.
 */
const SdrPrismaArg *
sdr_prisma_find_arg(const SdrPrismaArg *args, const char *name, bool is_first)
{
	for (; args != NULL; args = args->next)
	{
		if (args->name == NULL ? is_first : strcmp(args->name, name) == 0)
			return args;
	}
	return NULL;
}

/* A text that is not empty; NULL, with an error, if it is anything else. */
const char *
sdr_prisma_string(SdrPrismaMapping *mapping, const SdrPrismaExpr *expr,
				  const char *what)
{
	if (expr->tag != SDR_PRISMA_STRING)
	{
		sdr_prisma_error(mapping->ast, expr->pos,
						 "%s must be a string, not %s", what,
						 sdr_prisma_describe(expr));
		return NULL;
	}
	if (expr->text[0] == '\0')
	{
		sdr_prisma_error(mapping->ast, expr->pos, "%s must not be empty",
						 what);
		return NULL;
	}
	return expr->text;
}

/* The text that an argument has; NULL if there is none. */
const char *
sdr_prisma_string_arg(SdrPrismaMapping *mapping, const SdrPrismaAttr *attr,
					  const char *name, bool is_first)
{
	const SdrPrismaArg *arg = sdr_prisma_find_arg(attr->args, name, is_first);

	if (arg == NULL)
		return NULL;
	return sdr_prisma_string(mapping, arg->value,
							 psprintf("argument \"%s\" of \"%s%s\"", name,
									  at_signs(attr), attr->name));
}

/*-------------------------------------------------------------------------
 *
 * errors.c
 *	  The errors of a Prisma schema.
 *
 *-------------------------------------------------------------------------
 */
#ifdef FRONTEND
#include "postgres_fe.h"
#else
#include "postgres.h"
#endif

#include "lib/stringinfo.h"

#include "prisma/parser.h"

static bool behind(SdrPrismaPos pos, const SdrPrismaError *error);

/*
 * Adds an error, in the order of places and behind those of the same place.
 * Of too many the first ones are kept.
 */
void
sdr_prisma_error(SdrPrismaSchema *schema, SdrPrismaPos pos,
				 const char *format,...)
{
	SdrPrismaError *error;
	SdrPrismaError *last = schema->last_error;
	SdrPrismaError **link = &schema->errors;
	StringInfoData message;
	bool		full = schema->nerrors >= SDR_PRISMA_MAX_ERRORS;

	schema->nerrors++;
	if (last != NULL && behind(pos, last))
	{
		if (full)
			return;
		link = &last->next;
	}
	while (*link != NULL && behind(pos, *link))
		link = &(*link)->next;

	initStringInfo(&message);
	for (;;)
	{
		va_list		args;
		int			needed;

		va_start(args, format);
		needed = appendStringInfoVA(&message, format, args);
		va_end(args);
		if (needed == 0)
			break;
		enlargeStringInfo(&message, needed);
	}

	error = palloc0(sizeof(SdrPrismaError));
	error->pos = pos;
	error->message = message.data;
	error->next = *link;
	*link = error;
	if (full)
	{
		/* There is one behind it, as it was not the last; that falls out. */
		while (error->next != NULL && error->next->next != NULL)
			error = error->next;
		error->next = NULL;
	}
	if (error->next == NULL)
		schema->last_error = error;
}

static bool
behind(SdrPrismaPos pos, const SdrPrismaError *error)
{
	return pos.line > error->pos.line ||
		(pos.line == error->pos.line && pos.column >= error->pos.column);
}

/*
 * Remembers which errors there are.
 */
SdrPrismaErrorMark
sdr_prisma_mark_errors(SdrPrismaSchema *schema)
{
	SdrPrismaErrorMark mark;

	mark.last = schema->last_error;
	mark.nerrors = schema->nerrors;
	return mark;
}

/*
 * Forgets the errors since the mark: what they were found in has turned out
 * to be something else.
 */
void
sdr_prisma_forget_errors(SdrPrismaSchema *schema, SdrPrismaErrorMark mark)
{
	if (mark.last != NULL)
		mark.last->next = NULL;
	else
		schema->errors = NULL;
	schema->last_error = mark.last;
	schema->nerrors = mark.nerrors;
}

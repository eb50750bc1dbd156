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

/*
 * Adds an error, in the order of places.
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

#define BEHIND(other) \
	(pos.line > (other)->pos.line || \
	 (pos.line == (other)->pos.line && pos.column >= (other)->pos.column))

	schema->nerrors++;
	if (last != NULL && BEHIND(last))
	{
		if (full)
			return;
		link = &last->next;
	}
	while (*link != NULL && BEHIND(*link))
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
	if (error->next == NULL)
		schema->last_error = error;
	if (full)
	{
		/* The last one falls out. */
		while (error->next != schema->last_error)
			error = error->next;
		error->next = NULL;
		schema->last_error = error;
	}
#undef BEHIND
}

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

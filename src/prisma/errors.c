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

/* A name of a megabyte is no help in a message. */
#define MAX_MESSAGE 1000

static void clip(StringInfo message);
static bool is_known(const SdrPrismaSchema *schema, SdrPrismaPos pos,
					 const char *message);
static bool behind(const SdrPrismaSchema *schema, SdrPrismaPos pos,
				   const SdrPrismaError *error);

/*
 * Adds an error of the current pass, in the order of places and behind those
 * of the same place, unless it is there.  Of too many the first ones are kept.
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

	if (full && last != NULL && behind(schema, pos, last))
	{
		schema->nerrors++;
		return;
	}

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
	clip(&message);
	if (is_known(schema, pos, message.data))
		return;

	schema->nerrors++;
	if (last != NULL && behind(schema, pos, last))
		link = &last->next;
	while (*link != NULL && behind(schema, pos, *link))
		link = &(*link)->next;
	error = palloc0(sizeof(SdrPrismaError));
	error->pos = pos;
	error->pass = schema->pass;
	error->message = pstrdup(message.data);
	pfree(message.data);
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

/* Shorten a message, between characters. */
static void
clip(StringInfo message)
{
	int			len = MAX_MESSAGE;

	if (message->len <= MAX_MESSAGE)
		return;
	while ((message->data[len] & 0xC0) == 0x80)
		len--;
	message->len = len;
	message->data[len] = '\0';
	appendStringInfoString(message, "...");
}

/* A name that is there three times breaks a rule twice. */
static bool
is_known(const SdrPrismaSchema *schema, SdrPrismaPos pos, const char *message)
{
	for (const SdrPrismaError *error = schema->errors; error != NULL;
		 error = error->next)
	{
		if (error->pos.line == pos.line && error->pos.column == pos.column &&
			strcmp(error->message, message) == 0)
			return true;
	}
	return false;
}

static bool
behind(const SdrPrismaSchema *schema, SdrPrismaPos pos,
	   const SdrPrismaError *error)
{
	if (schema->pass != error->pass)
		return schema->pass > error->pass;
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

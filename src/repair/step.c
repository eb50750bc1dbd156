/*-------------------------------------------------------------------------
 *
 * step.c
 *	  Steps, and the names by which they find their order.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "repair/repair.h"
#include "utils/builtins.h"

/* What a step mends, as the caller reads it. */
static List *
reasons(const List *rows)
{
	List	   *result = NIL;
	const ListCell *lc;

	foreach(lc, rows)
	{
		const SdrRow *row = lfirst(lc);

		result = lappend(result,
						 psprintf("%s %s %s%s%s", row->drift, row->kind,
								  row->identity,
								  row->attribute == NULL ? "" : ": ",
								  row->attribute == NULL ? "" :
								  row->attribute));
	}
	return result;
}

static SdrStep *
add_step(SdrPlan *plan, SdrStage stage, const SdrObject *object,
		 const char *sql)
{
	SdrStep    *step = palloc0(sizeof(SdrStep));

	step->number = plan->steps == NIL ? 0 :
		((SdrStep *) llast(plan->steps))->number + 1;
	step->stage = stage;
	step->object = object;
	step->sql = sql;
	step->mentions = sql;
	step->transactional = true;
	step->mends = list_concat(plan->superseded, reasons(plan->mending));
	plan->superseded = NIL;
	plan->steps = lappend(plan->steps, step);
	sdr_mark_step(plan, step);
	return step;
}

/* Add a statement, without semicolon. */
SdrStep *
sdr_step(SdrPlan *plan, SdrStage stage, const SdrObject *object,
		 const char *format,...)
{
	StringInfoData buf;

	initStringInfo(&buf);
	for (;;)
	{
		va_list		args;
		int			needed;

		va_start(args, format);
		needed = appendStringInfoVA(&buf, format, args);
		va_end(args);
		if (needed == 0)
			break;
		enlargeStringInfo(&buf, needed);
	}
	return add_step(plan, stage, object, buf.data);
}

/* Say what a step costs. */
void
sdr_step_cost(SdrStep *step, SdrRisk risk, const char *lock)
{
	step->risk = risk;
	step->lock = lock;
}

/*
 * Where one statement gives all of an object: is this the first attribute of
 * it that needs the statement?
 */
bool
sdr_is_first(SdrPlan *plan, const SdrObject *object)
{
	if (list_member_ptr(plan->whole, object))
		return false;
	plan->whole = lappend(plan->whole, unconstify(SdrObject *, object));
	return true;
}

/* Is there a note that something was released? */
bool
sdr_is_noted(const SdrPlan *plan, const char *key)
{
	return sdr_list_has(plan->released, key);
}

/* Say that no statement can mend something, and why. */
void
sdr_unmended(SdrPlan *plan, const SdrObject *object, const char *reason)
{
	SdrStep    *step = add_step(plan, SDR_STAGE_LOSE, object, NULL);

	step->note = reason;
}

/* What a value says, in which names are as SQL has them. */
static void
append_value(StringInfo buf, const SdrValue *value)
{
	const ListCell *lc;

	if (value->tag == SDR_VALUE_TEXT)
		appendStringInfo(buf, "%s ; ", value->u.text);
	else if (value->tag == SDR_VALUE_LIST)
	{
		foreach(lc, value->u.list)
			appendStringInfo(buf, "%s ; ", (const char *) lfirst(lc));
	}
	else if (value->tag == SDR_VALUE_MAP)
	{
		foreach(lc, value->u.map)
			appendStringInfo(buf, "%s %s ; ",
							 ((const SdrPair *) lfirst(lc))->key,
							 ((const SdrPair *) lfirst(lc))->value);
	}
}

/*
 * Every text of an object, which holds the names of all that it needs.  What
 * many kinds have in common, a comment say, needs nothing.
 */
static void
append_own_texts(StringInfo buf, const SdrObject *object)
{
	for (int i = 0; i < SDR_NATTRS(object->kind); i++)
	{
		if (!sdr_is_common(object->kind->first_attr + i))
			append_value(buf, &object->attrs[i]);
	}
}

/* The same with those of its parts */
static void
append_texts(StringInfo buf, const SdrObject *object)
{
	append_own_texts(buf, object);
	for (int i = 0; i < object->nchildren; i++)
		append_texts(buf, object->children[i]);
}

/* The names that an object needs by itself, without its parts, as a text. */
const char *
sdr_own_texts(const SdrObject *object)
{
	StringInfoData buf;

	initStringInfo(&buf);
	append_own_texts(&buf, object);
	return buf.data;
}

/* The same with its parts, and its own name. */
const char *
sdr_texts(const SdrObject *object)
{
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfo(&buf, "%s ; ", sdr_object_identity(object));
	append_texts(&buf, object);
	return buf.data;
}

/*
 * The name by which other steps may mention an object; NULL if they cannot.
 * Parts of a table are mentioned as the table.
 */
const char *
sdr_order_name(const SdrObject *object)
{
	switch (object->kind->identity)
	{
		case SDR_IDENTITY_NAME:
		case SDR_IDENTITY_QUALIFIED:
		case SDR_IDENTITY_IN_SCHEMA:
		case SDR_IDENTITY_COLUMN:
			return sdr_object_identity(object);
		case SDR_IDENTITY_SQL:
			return object->parent == NULL ? NULL : sdr_object_identity(object);
		case SDR_IDENTITY_ON_TABLE:
		case SDR_IDENTITY_IN_PARENT:
			return NULL;
	}
	return NULL;
}

/* The columns of a table and its partitions, as one name. */
const char *
sdr_columns_key(const char *identity)
{
	return psprintf("columns.%s", quote_identifier(identity));
}

/* What has happened when a partition is attached, as a name. */
const char *
sdr_attached_key(const SdrObject *table)
{
	return psprintf("attached.%s",
					quote_identifier(sdr_object_identity(table)));
}

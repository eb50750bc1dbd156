/*-------------------------------------------------------------------------
 *
 * repair.c
 *	  schemadrift_repair(): the statements that mend drift.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "funcapi.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "repair/repair.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/tuplestore.h"

PG_FUNCTION_INFO_V1(schemadrift_repair);

#define SDR_REPAIR_COLUMNS	10

/* Boolean options; others are those of schemadrift_check(). */
static const struct
{
	const char *name;
	size_t		offset;
}			switches[] = {
	{"adopt", offsetof(SdrPlanOptions, adopt)},
	{"destructive", offsetof(SdrPlanOptions, destructive)},
	{"concurrently", offsetof(SdrPlanOptions, concurrently)},
	{"validate_later", offsetof(SdrPlanOptions, validate_later)},
	{"count_loss", offsetof(SdrPlanOptions, count_loss)},
	{"verify", offsetof(SdrPlanOptions, verify)},
	{"idempotent", offsetof(SdrPlanOptions, idempotent)},
};

/* An option that is neither ours nor the check's. */
static void
check_option_names(Jsonb *jsonb)
{
	JsonbIterator *it = JsonbIteratorInit(&jsonb->root);
	JsonbIteratorToken tok;
	JsonbValue	key;
	StringInfoData names;

	while ((tok = JsonbIteratorNext(&it, &key, true)) != WJB_DONE)
	{
		char	   *name;

		if (tok != WJB_KEY)
			continue;
		name = pnstrdup(key.val.string.val, key.val.string.len);
		if (sdr_is_option(name))
			continue;
		initStringInfo(&names);
		for (int i = 0; i < lengthof(switches); i++)
			appendStringInfo(&names, "%s, ", switches[i].name);
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid options: unknown option \"%s\"", name),
				 errhint("Options are: %s%s.", names.data,
						 sdr_option_names())));
	}
}

/* Read our own options; what is left is for the check. */
static Jsonb *
read_options(Jsonb *jsonb, SdrPlanOptions *options)
{
	if (!JB_ROOT_IS_OBJECT(jsonb))
		return jsonb;
	for (int i = 0; i < lengthof(switches); i++)
	{
		const char *name = switches[i].name;
		JsonbValue	value;

		if (getKeyJsonValueFromContainer(&jsonb->root, name, strlen(name),
										 &value) == NULL)
			continue;
		if (value.type != jbvBool)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("invalid options: \"%s\" is not a boolean", name)));
		*((bool *) ((char *) options + switches[i].offset)) = value.val.boolean;
		jsonb = DatumGetJsonbP(DirectFunctionCall2(jsonb_delete,
												   JsonbPGetDatum(jsonb),
												   CStringGetTextDatum(name)));
	}
	check_option_names(jsonb);
	return jsonb;
}

/* A live object is all of itself: what it does not have is not to be there. */
static void
mark_complete(SdrObject *object)
{
	object->complete = SDR_ALL_KINDS;
	object->exact = true;
	for (int i = 0; i < object->nchildren; i++)
		mark_complete(object->children[i]);
}

/* Take a top-level object that differs, in the direction that is asked for. */
static void
take_change(void *arg, const SdrObject *expected, const SdrObject *actual,
			List *rows)
{
	SdrPlan    *plan = arg;
	SdrChange  *change = palloc0(sizeof(SdrChange));

	if (expected != NULL && expected->absent)
		expected = NULL;
	if (plan->options.adopt && actual != NULL)
		mark_complete(unconstify(SdrObject *, actual));
	change->want = plan->options.adopt ? actual : expected;
	change->have = plan->options.adopt ? expected : actual;
	change->rows = rows;
	plan->changes = lappend(plan->changes, change);
}

/* Read a schema that is unexpected as a whole, with all that is in it. */
static List *
read_schema(SdrPlan *plan, SdrChange *change)
{
	SdrReader  *reader = plan->reader;
	const char *name = change->want->name;
	Oid			namespace = sdr_find_schema(reader, name);
	List	   *changes = NIL;
	ListCell   *lc;

	if (!OidIsValid(namespace))
		return NIL;
	change->want = sdr_read_schema(reader, sdr_schema_entry(name, namespace));
	foreach(lc, sdr_list(reader, namespace))
	{
		SdrObject  *object = sdr_read(reader, lfirst(lc));
		SdrChange  *part;

		CHECK_FOR_INTERRUPTS();
		if (object == NULL)
			continue;
		mark_complete(object);
		part = palloc0(sizeof(SdrChange));
		part->want = object;
		part->rows = change->rows;
		changes = lappend(changes, part);
	}
	return changes;
}

/* The check reports no more of such a schema than that it is there. */
static void
add_new_schemas(SdrPlan *plan)
{
	List	   *found = NIL;
	ListCell   *lc;

	foreach(lc, plan->changes)
	{
		SdrChange  *change = lfirst(lc);

		if (change->have == NULL && change->want->kind->id == SDR_KIND_SCHEMA)
			found = list_concat(found, read_schema(plan, change));
	}
	plan->changes = list_concat(plan->changes, found);
}

/* What no kind describes is not planned; the other way, the plan says so. */
static void
set_unmodelled_aside(SdrPlan *plan)
{
	ListCell   *lc;

	foreach(lc, plan->changes)
	{
		const SdrChange *change = lfirst(lc);

		if (change->want == NULL || change->want->kind->id != SDR_KIND_UNMODELLED)
			continue;
		plan->mending = change->rows;
		sdr_unmended(plan, change->want, "no kind of document object describes it");
		plan->mending = NIL;
		plan->changes = foreach_delete_current(plan->changes, lc);
	}
}

/* Objects are renamed before all else, but may come into new schemas. */
static void
put_first(SdrPlan *plan)
{
	List	   *schemas = NIL;
	ListCell   *lc;

	if (plan->first == NIL)
		return;
	foreach(lc, plan->steps)
	{
		SdrStep    *step = lfirst(lc);

		if (step->stage == SDR_STAGE_SCHEMA && step->sql != NULL)
		{
			schemas = lappend(schemas, step);
			plan->steps = foreach_delete_current(plan->steps, lc);
		}
	}
	plan->steps = list_concat(list_concat(schemas, plan->first), plan->steps);
}

static const char *const risk_names[] = {
	[SDR_RISK_SAFE] = "safe",
	[SDR_RISK_LOCKS] = "locks",
	[SDR_RISK_REWRITES] = "rewrites",
	[SDR_RISK_DESTRUCTIVE] = "destructive",
};

static Datum
text_array(const List *texts)
{
	Datum	   *elements = palloc(sizeof(Datum) * Max(list_length(texts), 1));
	const ListCell *lc;

	foreach(lc, texts)
		elements[foreach_current_index(lc)] = CStringGetTextDatum(lfirst(lc));
	return PointerGetDatum(construct_array(elements, list_length(texts),
										   TEXTOID, -1, false, TYPALIGN_INT));
}

static void
put_step(ReturnSetInfo *rsinfo, int number, const SdrStep *step)
{
	Datum		values[SDR_REPAIR_COLUMNS] = {0};
	bool		nulls[SDR_REPAIR_COLUMNS] = {false};
	const char *texts[] = {
		step->sql,
		step->object == NULL ? NULL : step->object->kind->name,
		step->object == NULL ? NULL : sdr_object_identity(step->object),
		step->sql == NULL ? NULL : risk_names[step->risk],
		step->lock,
		step->note,
		step->verdict,
	};
	static const int columns[] = {1, 2, 3, 5, 6, 8, 9};

	values[0] = Int32GetDatum(number);
	values[4] = text_array(step->mends);
	values[7] = BoolGetDatum(step->transactional);
	nulls[7] = step->sql == NULL;
	for (int i = 0; i < lengthof(columns); i++)
	{
		nulls[columns[i]] = texts[i] == NULL;
		if (texts[i] != NULL)
			values[columns[i]] = CStringGetTextDatum(texts[i]);
	}
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

/* The name that a step gives to something; NULL if it makes nothing. */
static const char *
made_name(const SdrStep *step)
{
	const SdrObject *object = step->object;

	/* the index behind a key has the key's name */
	if (object != NULL && object->kind->id == SDR_KIND_CONSTRAINT &&
		object->parent->kind->id == SDR_KIND_TABLE && step->drops == NULL)
		return quote_qualified_identifier(object->parent->parent->name,
										  object->name);
	return step->makes;
}

/* Something that steps make. */
typedef struct MadeName
{
	const char *name;			/* must be first */
	SdrKindSet	kinds;			/* of which they make one */
} MadeName;

static HTAB *
collect_made_names(const SdrPlan *plan)
{
	HTAB	   *names = sdr_table_by_text("schemadrift names that are made",
										  sizeof(MadeName));
	const ListCell *lc;

	foreach(lc, plan->steps)
	{
		const SdrStep *step = lfirst(lc);
		const char *name = made_name(step);
		MadeName   *made;
		bool		found;

		if (name == NULL)
			continue;
		made = hash_search(names, &name, HASH_ENTER, &found);
		made->kinds = (found ? made->kinds : 0) |
			SDR_KIND_BIT(step->object->kind->id);
	}
	return names;
}

/*
 * Does a step make something of another kind under the name of its object?  A
 * partition that is attached may get back what it loses.
 */
static bool
name_is_taken(const SdrPlan *plan, HTAB *names, const SdrStep *step)
{
	const MadeName *made;

	const SdrObject *want = NULL;
	const SdrObject *have;

	if (step->drops == NULL)
		return false;
	if (step->object->kind->id == SDR_KIND_CONSTRAINT &&
		sdr_both_sides(plan, step->object->parent, &want, &have) &&
		want != NULL && want->kind->id == SDR_KIND_TABLE)
		return sdr_is_set(want, SDR_TABLE_PARTITION_OF);
	made = hash_search(names, &step->drops, HASH_FIND, NULL);
	return made != NULL &&
		(made->kinds & ~SDR_KIND_BIT(step->object->kind->id)) != 0;
}

/* Give the steps the form in which they can be run again. */
static void
make_idempotent(SdrPlan *plan)
{
	HTAB	   *names = collect_made_names(plan);
	ListCell   *lc;

	foreach(lc, plan->steps)
	{
		SdrStep    *step = lfirst(lc);
		const SdrObject *want;
		const SdrObject *have;

		if (step->sql == NULL)
			continue;
		if (step->due != NULL)
		{
			step->sql = sdr_when_due(step->sql, step->due);
			continue;
		}
		(void) sdr_both_sides(plan, step->object, &want, &have);
		step->sql = sdr_idempotent(step->object, step->sql, want, have,
								   name_is_taken(plan, names, step));
	}
}

/*
 * schemadrift_repair(expected jsonb, options jsonb) - a row for each
 * statement, and for each drift that no statement mends.
 */
Datum
schemadrift_repair(PG_FUNCTION_ARGS)
{
	Jsonb	   *expected = sdr_jsonb_arg(fcinfo, 0, "expected");
	Jsonb	   *options = sdr_jsonb_arg(fcinfo, 1, "options");
	SdrDocument *document = sdr_document_open(expected);
	SdrPlan		plan = {0};
	SdrRows		rows;
	ListCell   *lc;

	options = read_options(options, &plan.options);
	InitMaterializedSRF(fcinfo, 0);
	sdr_rows_collect(&rows, options, take_change, &plan);
	plan.reader = sdr_reader_open();
	plan.document = document;
	sdr_check(plan.reader, document, &rows);
	if (plan.options.adopt)
		add_new_schemas(&plan);
	sdr_find_renames(&plan, &rows);
	set_unmodelled_aside(&plan);
	sdr_plan_make(&plan);
	put_first(&plan);
	sdr_reader_close(plan.reader);
	sdr_rows_end(&rows);

	if (plan.options.idempotent)
		make_idempotent(&plan);
	if (plan.options.verify)
		sdr_verify(&plan, expected, options);
	foreach(lc, plan.steps)
		put_step((ReturnSetInfo *) fcinfo->resultinfo,
				 foreach_current_index(lc) + 1, lfirst(lc));
	return (Datum) 0;
}

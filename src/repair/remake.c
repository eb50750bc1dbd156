/*-------------------------------------------------------------------------
 *
 * remake.c
 *	  Objects made, dropped, and made again with what depends on them.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "repair/repair.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"

/* Is all that a mender had to say why an object cannot be made? */
static bool
cannot_be_made(const SdrPlan *plan, int nsteps)
{
	for (int i = nsteps; i < list_length(plan->steps); i++)
	{
		if (((const SdrStep *) list_nth(plan->steps, i))->sql != NULL)
			return false;
	}
	return list_length(plan->steps) > nsteps;
}

static void
make(SdrPlan *plan, const SdrObject *object, bool within)
{
	const SdrMender *mender = sdr_mender_of(object);
	int			nsteps = list_length(plan->steps);

	check_stack_depth();
	if (within && mender->create_within != NULL)
		mender->create_within(plan, object);
	else
		mender->create(plan, object);
	if (!within && cannot_be_made(plan, nsteps))
		return;
	for (int i = 0; i < object->nchildren; i++)
	{
		if (!object->children[i]->absent)
			make(plan, object->children[i], true);
	}
	sdr_make_common(plan, object);
}

/* Make an object with all its parts and properties. */
void
sdr_make(SdrPlan *plan, const SdrObject *object)
{
	make(plan, object, false);
}

/* The names that an object needs, without the parts that go before it does. */
static const char *
texts_of_rest(const SdrPlan *plan, const SdrObject *object)
{
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfo(&buf, "%s ; %s", sdr_object_identity(object),
					 sdr_own_texts(object));
	for (int i = 0; i < object->nchildren; i++)
	{
		if (!sdr_is_marked(plan, object->children[i]))
			appendStringInfoString(&buf, sdr_own_texts(object->children[i]));
	}
	return buf.data;
}

/*
 * The same on both sides of an object that is dropped.  A migration is run
 * again when the object is as it is to be, and then it goes by what it
 * mentions then.
 */
static const char *
texts_on_both_sides(const SdrPlan *plan, const SdrObject *object)
{
	const char *texts = texts_of_rest(plan, object);
	const SdrObject *want;
	const SdrObject *have;

	if (!plan->options.adopt || !sdr_both_sides(plan, object, &want, &have))
		return texts;
	return psprintf("%s%s%s", texts,
					want == NULL ? "" : texts_of_rest(plan, want),
					have == NULL ? "" : texts_of_rest(plan, have));
}

/* Foreign keys go before the keys that they need, views before all. */
static bool
goes_first(const SdrObject *object)
{
	return object->kind->id == SDR_KIND_VIEW ||
		object->kind->id == SDR_KIND_MATVIEW ||
		(object->kind->id == SDR_KIND_CONSTRAINT &&
		 strcmp(sdr_text(object, SDR_CONSTRAINT_TYPE), "foreign key") == 0);
}

/* The columns of a partitioned table and its partitions, as one name. */
static const char *
columns_key(const SdrObject *table)
{
	const char *parent = table->kind->id != SDR_KIND_TABLE ? NULL :
	sdr_text(table, SDR_TABLE_PARTITION_OF);

	return sdr_columns_key(parent != NULL ? parent :
						   sdr_object_identity(table));
}

/*
 * A partition is detached before it is dropped: as long as it is one, it must
 * have all indexes of its parent.
 */
static void
release_partition(SdrPlan *plan, const SdrObject *object)
{
	const char *parent = object->kind->id != SDR_KIND_TABLE ? NULL :
	sdr_text(object, SDR_TABLE_PARTITION_OF);

	if (parent != NULL && plan->options.destructive)
		sdr_step_cost(sdr_step(plan, SDR_STAGE_RELEASE, object,
							   "ALTER TABLE %s DETACH PARTITION %s", parent,
							   sdr_object_identity(object)),
					  SDR_RISK_LOCKS, SDR_EXCLUSIVE);
}

/* Does a part of a table that goes depend on another table that goes? */
static bool
needs_what_goes(const SdrPlan *plan, const SdrObject *part)
{
	const char *schema = part->kind->id != SDR_KIND_CONSTRAINT ? NULL :
	sdr_text(part, SDR_CONSTRAINT_REFERENCES_SCHEMA);
	const ListCell *lc;

	if (schema != NULL)
	{
		const char *table = sdr_text(part, SDR_CONSTRAINT_REFERENCES_TABLE);
		const SdrChange *change =
		sdr_plan_change_of(plan, SDR_KIND_TABLE,
						   quote_qualified_identifier(schema, table));

		return change != NULL && change->want == NULL &&
			sdr_depends_by_text(part, change->have, true);
	}
	foreach(lc, plan->changes)
	{
		const SdrChange *change = lfirst(lc);

		if (change->want == NULL && change->have->kind->id == SDR_KIND_TABLE &&
			sdr_depends_by_text(part, change->have, true))
			return true;
	}
	return false;
}

/*
 * Foreign keys and policies between tables that go are dropped first: no order
 * of the tables would do where they need each other.
 */
static void
release_parts(SdrPlan *plan, const SdrObject *table)
{
	for (int i = 0; i < table->nchildren; i++)
	{
		const SdrObject *part = table->children[i];

		if (((part->kind->id == SDR_KIND_CONSTRAINT &&
			  sdr_is_set(part, SDR_CONSTRAINT_REFERENCES_TABLE)) ||
			 part->kind->id == SDR_KIND_POLICY ||
			 part->kind->id == SDR_KIND_RULE) && !sdr_is_inherited(part) &&
			needs_what_goes(plan, part) && sdr_mark_remade(plan, part))
			sdr_drop(plan, part, true);
	}
}

/* Drop an object; comes_back tells whether it is made again. */
void
sdr_drop(SdrPlan *plan, const SdrObject *object, bool comes_back)
{
	const SdrMender *mender = sdr_mender_of(object);
	bool		is_part = object != sdr_top(object);
	bool		holds_data;
	SdrStep    *step;
	const char *sql;

	if (sdr_goes_with_parent(plan, object))
		return;
	if (mender->destroy != NULL)
	{
		mender->destroy(plan, object);
		return;
	}
	sql = mender->drop != NULL ? mender->drop(object) :
		psprintf("DROP %s %s", mender->type, sdr_object_identity(object));
	if (sql == NULL)
		return;
	if (object->kind->id == SDR_KIND_TABLE && !comes_back &&
		plan->options.destructive)
		release_parts(plan, object);
	release_partition(plan, object);
	if (!comes_back && !sdr_mark_remade(plan, object))
		return;
	holds_data = mender->holds_data &&
		!(object->kind->id == SDR_KIND_COLUMN &&
		  sdr_is_set(object, SDR_COLUMN_GENERATED));
	step = sdr_step(plan,
					object->kind->id == SDR_KIND_EXTENSION && !comes_back ?
					SDR_STAGE_LOSE_EXTENSION :
					holds_data ? SDR_STAGE_LOSE :
					comes_back || goes_first(object) ? SDR_STAGE_RELEASE :
					is_part ? SDR_STAGE_DROP_PART : SDR_STAGE_DROP,
					object, "%s", sql);
	step->drops = sdr_order_name(object);
	if (step->drops == NULL)
		step->drops = "";
	/* what owns a sequence need not go later than that */
	if (object->kind->id != SDR_KIND_SEQUENCE)
		step->mentions = texts_on_both_sides(plan, object);
	/* the table's name stays taken when a column goes */
	step->frees = object->kind->id == SDR_KIND_COLUMN ?
		columns_key(object->parent) : step->drops;
	step->lock = SDR_EXCLUSIVE;
	step->risk = holds_data ? SDR_RISK_DESTRUCTIVE : SDR_RISK_LOCKS;
}

/* The changes whose objects have the same hash. */
typedef struct HashedChanges
{
	uint32		hash;
	List	   *changes;		/* of SdrChange * */
} HashedChanges;

static uint32
hash_object(SdrKindId kind, const char *identity)
{
	return hash_bytes((const unsigned char *) identity, strlen(identity)) ^
		(uint32) kind;
}

static const SdrObject *
either_side(const SdrChange *change)
{
	return change->want != NULL ? change->want : change->have;
}

/* Make what sdr_plan_change() looks into. */
void
sdr_plan_index(SdrPlan *plan)
{
	HASHCTL		ctl = {
		.keysize = sizeof(uint32),.entrysize = sizeof(HashedChanges),
		.hcxt = CurrentMemoryContext
	};
	ListCell   *lc;

	plan->by_object = hash_create("schemadrift changes",
								  Max(list_length(plan->changes), 16), &ctl,
								  HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	foreach(lc, plan->changes)
	{
		const SdrObject *object = either_side(lfirst(lc));
		uint32		hash = hash_object(object->kind->id,
									   sdr_object_identity(object));
		HashedChanges *entry;
		bool		found;

		entry = hash_search(plan->by_object, &hash, HASH_ENTER, &found);
		if (!found)
			entry->changes = NIL;
		entry->changes = lappend(entry->changes, lfirst(lc));
	}
}

/* The change of a top-level object; NULL if none. */
SdrChange *
sdr_plan_change_of(const SdrPlan *plan, SdrKindId kind, const char *identity)
{
	uint32		hash = hash_object(kind, identity);
	const HashedChanges *entry = hash_search(plan->by_object, &hash,
											 HASH_FIND, NULL);
	const ListCell *lc;

	foreach(lc, entry == NULL ? NIL : entry->changes)
	{
		const SdrObject *either = either_side(lfirst(lc));

		if (either->kind->id == kind &&
			strcmp(sdr_object_identity(either), identity) == 0)
			return lfirst(lc);
	}
	return NULL;
}

/* The change of the object that this is or is a part of; NULL if none. */
SdrChange *
sdr_plan_change(const SdrPlan *plan, const SdrObject *object)
{
	const SdrObject *top = sdr_top(object);

	return sdr_plan_change_of(plan, top->kind->id, sdr_object_identity(top));
}

/*
 * What an object is to be and what it is, NULL where it is not; false if
 * nothing is to be done about it.
 */
bool
sdr_both_sides(const SdrPlan *plan, const SdrObject *object,
			   const SdrObject **want, const SdrObject **have)
{
	SdrChange  *change = sdr_plan_change(plan, object);

	*want = *have = NULL;
	if (change == NULL)
		return false;
	if (change->want != NULL && change->merged == NULL)
		change->merged = sdr_merged(change->want, change->have);
	*want = sdr_counterpart(object, change->merged);
	*have = sdr_counterpart(object, change->have);
	return true;
}

/* The same object as the live database has it; NULL if it has none. */
const SdrObject *
sdr_live_side(const SdrPlan *plan, const SdrObject *object)
{
	const SdrChange *change;

	if (OidIsValid(sdr_top(object)->oid))
		return object;
	change = sdr_plan_change(plan, object);
	return change == NULL ? NULL :
		sdr_counterpart(object, plan->options.adopt ? change->want :
						change->have);
}

/* A live object as the document has it; NULL if that does not. */
static const SdrObject *
in_document(const SdrPlan *plan, const SdrObject *live)
{
	SdrObject  *schema = live->parent;
	const SdrDocSchema *its = schema == NULL ? NULL :
	sdr_document_schema(plan->document, schema->name);
	const ListCell *lc;

	if (schema != NULL && its == NULL)
		return NULL;
	foreach(lc, schema == NULL ? plan->document->nodes : its->nodes)
	{
		const SdrDocNode *node = lfirst(lc);
		const SdrObject *object;

		if (node->item.kind != live->kind ||
			strcmp(node->item.name, live->name) != 0)
			continue;
		object = sdr_document_object(node, schema == NULL ?
									 plan->document->scope : its->scope,
									 schema);
		return object->absent || object->any_of != NIL ? NULL : object;
	}
	return NULL;
}

/*
 * How an object that somebody else depends on is to be in the end.  One that
 * has no drift is as the document says it: what means the same now may not
 * when columns have other types.
 */
const SdrObject *
sdr_final_state(const SdrPlan *plan, const SdrObject *live)
{
	const SdrObject *want;
	const SdrObject *have;

	if (sdr_both_sides(plan, live, &want, &have))
		return want;
	want = plan->options.adopt ? NULL : in_document(plan, sdr_top(live));
	if (want != NULL)
		want = sdr_counterpart(live, sdr_merged(want, sdr_top(live)));
	return want != NULL ? want : live;
}

/*
 * Is it an object that only the second run of a plan finds?  Where there is no
 * second run it is not in the way, nor may what holds data be dropped for it.
 */
static bool
is_to_come(const SdrPlan *plan, const SdrObject *object)
{
	const SdrChange *change = sdr_plan_change(plan, object);

	return change != NULL &&
		sdr_counterpart(object, change->have) == NULL &&
		(!plan->options.idempotent || sdr_mender_of(object)->holds_data);
}

/*
 * Drop an object that depends on another and make it again as it is to be.  A
 * column that depends on a type is not dropped; whoever remakes the type sees
 * to it.
 */
void
sdr_remake_dependent(SdrPlan *plan, const SdrObject *dependent)
{
	const SdrObject *final;

	if (is_to_come(plan, dependent))
		return;
	if (dependent->kind->id == SDR_KIND_TABLE &&
		sdr_is_set(dependent, SDR_TABLE_PARTITION_OF))
	{
		sdr_reattach(plan, dependent);
		return;
	}
	if (dependent->kind->id == SDR_KIND_COLUMN ||
		!sdr_mark_remade(plan, dependent))
		return;
	final = sdr_final_state(plan, dependent);
	sdr_drop(plan, dependent, true);
	if (final != NULL)
		sdr_make(plan, final);
}

/*
 * The same for all that depends on an object which goes, or else is a column
 * that gets another type.
 */
void
sdr_remake_dependents(SdrPlan *plan, const SdrObject *object, bool goes)
{
	List	   *dependents = sdr_dependents(plan, object, goes);
	const ListCell *lc;

	foreach(lc, dependents)
	{
		/* not what goes with the part of a parent */
		if (!sdr_is_inherited(lfirst(lc)))
			sdr_remake_dependent(plan, lfirst(lc));
	}
}

/* Columns stay, but their defaults must let go of what is made again. */
static void
renew_defaults(SdrPlan *plan, const SdrObject *object)
{
	const ListCell *lc;

	foreach(lc, sdr_dependents(plan, object, true))
	{
		if (((const SdrObject *) lfirst(lc))->kind->id == SDR_KIND_COLUMN)
			sdr_renew_default(plan, lfirst(lc));
	}
}

/*
 * Drop an object and make it again, and the same with all that depends on it.
 */
void
sdr_remake(SdrPlan *plan, const SdrObject *want, const SdrObject *have)
{
	const SdrMender *mender = sdr_mender_of(have);

	if (!sdr_mark_remade(plan, have))
		return;
	if (mender->remake != NULL)
	{
		mender->remake(plan, want, have);
		return;
	}
	/* what is left out anyway must not have others made again */
	if (mender->holds_data && !plan->options.destructive)
	{
		sdr_drop(plan, have, true);
		return;
	}
	sdr_remake_dependents(plan, have, true);
	renew_defaults(plan, have);
	sdr_drop(plan, have, true);
	sdr_make(plan, sdr_merged(want, have));
}

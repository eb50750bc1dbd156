/*-------------------------------------------------------------------------
 *
 * mark.c
 *	  Which objects are made again, and which steps are about which object.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "repair/repair.h"

/* What is known of an object. */
typedef struct Mark
{
	const char *key;			/* must be first */
	bool		remade;			/* it is made again, or goes by itself */
	List	   *steps;			/* of SdrStep *: about it, or parts of it */
} Mark;

static uint32
hash_key(const void *key, Size size)
{
	const char *text = *(const char *const *) key;

	return hash_bytes((const unsigned char *) text, strlen(text));
}

static int
compare_keys(const void *a, const void *b, Size size)
{
	return strcmp(*(const char *const *) a, *(const char *const *) b);
}

/*
 * A hash table whose entries begin with a text, a const char *, by which they
 * are found.
 */
HTAB *
sdr_table_by_text(const char *name, Size entrysize)
{
	HASHCTL		ctl = {
		.keysize = sizeof(char *),.entrysize = entrysize,
		.hash = hash_key,.match = compare_keys,.hcxt = CurrentMemoryContext
	};

	return hash_create(name, 256, &ctl, HASH_ELEM | HASH_FUNCTION |
					   HASH_COMPARE | HASH_CONTEXT);
}

/* The mark of an object; NULL if there is none and none is to be made. */
static Mark *
mark_of(const SdrPlan *plan, const SdrObject *object, HASHACTION action)
{
	/* with its table, as an index of the same name may be on another one */
	const char *key = psprintf("%s %s %s", object->kind->name,
							   sdr_object_identity(object),
							   object->parent == NULL ? "" :
							   object->parent->name);
	bool		found;
	Mark	   *mark;

	if (plan->marks == NULL)
		return NULL;
	mark = hash_search(plan->marks, &key, action, &found);
	if (mark != NULL && !found)
	{
		mark->remade = false;
		mark->steps = NIL;
	}
	return mark;
}

static Mark *
make_mark(SdrPlan *plan, const SdrObject *object)
{
	if (plan->marks == NULL)
		plan->marks = sdr_table_by_text("schemadrift marks", sizeof(Mark));
	return mark_of(plan, object, HASH_ENTER);
}

/* Is it noted that this very object is made again, or goes by itself? */
bool
sdr_is_marked(const SdrPlan *plan, const SdrObject *object)
{
	const Mark *mark = mark_of(plan, object, HASH_FIND);

	return mark != NULL && mark->remade;
}

/* Is an object made again, by itself or as a part? */
bool
sdr_is_remade(const SdrPlan *plan, const SdrObject *object)
{
	for (; object != NULL; object = object->parent)
	{
		if (sdr_is_marked(plan, object))
			return true;
		if (object == sdr_top(object))
			break;
	}
	return false;
}

/* Note a step with the object that it is about, and those that has it. */
void
sdr_mark_step(SdrPlan *plan, SdrStep *step)
{
	for (const SdrObject *o = step->object; o != NULL; o = o->parent)
	{
		Mark	   *mark = make_mark(plan, o);

		mark->steps = lappend(mark->steps, step);
		if (o == sdr_top(o))
			break;
	}
}

/* Nobody needs an attribute of a type to go. */
static bool
is_attribute(const SdrObject *object)
{
	return object->kind->id == SDR_KIND_COLUMN &&
		object->parent->kind->id == SDR_KIND_COMPOSITE;
}

/*
 * Take back the steps that alter or make an object, or parts of it, which is
 * now to be made again as a whole.  Others may need those that drop.
 */
static void
take_back(SdrPlan *plan, Mark *mark)
{
	ListCell   *lc;

	foreach(lc, mark->steps)
	{
		SdrStep    *step = lfirst(lc);

		if ((step->drops != NULL && !is_attribute(step->object)) ||
			step->stage == SDR_STAGE_RELEASE)
			continue;
		mark->steps = foreach_delete_current(mark->steps, lc);
		if (step->taken_back)
			continue;
		step->taken_back = true;
		plan->superseded = list_concat(plan->superseded, step->mends);
		plan->steps = list_delete_ptr(plan->steps, step);
	}
}

/* Note that an object is made again; false if it was noted before. */
bool
sdr_mark_remade(SdrPlan *plan, const SdrObject *object)
{
	Mark	   *mark;

	if (sdr_is_remade(plan, object))
		return false;
	mark = make_mark(plan, object);
	mark->remade = true;
	take_back(plan, mark);
	return true;
}

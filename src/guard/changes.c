/*-------------------------------------------------------------------------
 *
 * changes.c
 *	  What a statement has changed: each attribute, before and after.
 *
 * Nothing is read before the statement.  When it is done, the objects that it
 * has touched are read under two snapshots that see the same transactions: one
 * that sees all of this one, and one that sees it up to the command at which
 * the statement began.  So what others have committed while the statement
 * waited for a lock is none of its changes.
 *
 * What a statement creates or drops as a whole is not read.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/transam.h"
#include "access/xact.h"
#include "catalog/live.h"
#include "catalog/pg_class.h"
#include "guard/guard.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "model/model.h"
#include "settings.h"
#include "storage/proc.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/resowner.h"
#include "utils/snapmgr.h"

/* How many objects of a statement are read, at most. */
#define MAX_OBJECTS		1000

/* How much of a value is kept, in bytes. */
#define CLIP_AT			8192
#define CLIPPED			" [...]"

/* How long to wait for a lock that deparsing needs, in milliseconds. */
#define LOCK_WAIT		"200ms"

/* A top-level object that has been touched. */
typedef struct Subject
{
	ObjectAddress address;
	SdrLogObject *row;			/* that its changes go to, if there is one */
	bool		compared;
	StringInfoData changes;		/* JSON */
} Subject;

typedef struct Reading
{
	SdrFrame   *frame;
	MemoryContext context;		/* of results */
	SdrReader  *before;
	SdrReader  *after;
	List	   *subjects;		/* of Subject * */
	int			position;		/* of the one at hand */
	Subject    *subject;
	List	   *renames;		/* of SdrRename *, of its columns */
} Reading;

/* ---------- which objects ---------- */

/*
 * Which of several rows is to have the changes: best that of the object, which
 * is 3.  In others the changes tell which object it is.
 */
static int
rank(const SdrLogObject *row, const ObjectAddress *top)
{
	return row == NULL ? 0 :
		row->address.classId == top->classId &&
		row->address.objectId == top->objectId &&
		row->address.objectSubId == 0 ? 3 : row->part ? 1 : 2;
}

/* Note what is to be read, once. */
static void
add_subject(Reading *reading, const ObjectAddress *address, SdrLogObject *row)
{
	bool		gone = row != NULL && strcmp(row->act, "drop") == 0;
	ObjectAddress top = *address;
	Subject    *subject;
	ListCell   *lc;

	/* what is gone, or new, as a whole has not been changed */
	if (!sdr_belongs_to(gone ? reading->before : reading->after, &top))
		return;
	if (row != NULL && top.classId == address->classId &&
		top.objectId == address->objectId && address->objectSubId == 0 &&
		(gone || (row->part && strcmp(row->act, "create") == 0)))
		return;
	foreach(lc, reading->subjects)
	{
		subject = lfirst(lc);
		if (subject->address.classId != top.classId ||
			subject->address.objectId != top.objectId)
			continue;
		if (row != NULL && rank(row, &top) > rank(subject->row, &top))
			subject->row = row;
		return;
	}
	if (list_length(reading->subjects) >= MAX_OBJECTS)
		return;
	subject = palloc0(sizeof(Subject));
	subject->address = top;
	subject->row = row;
	reading->subjects = lappend(reading->subjects, subject);
}

static void
find_subjects(Reading *reading)
{
	ListCell   *lc;

	foreach(lc, reading->frame->objects)
	{
		SdrLogObject *row = lfirst(lc);

		if (OidIsValid(row->address.objectId))
			add_subject(reading, &row->address, row);
	}
	foreach(lc, reading->frame->touched)
		add_subject(reading, lfirst(lc), NULL);
}

/* ---------- what is different ---------- */

static const char *
clip(const char *text)
{
	int			len = strlen(text);

	return len <= CLIP_AT ? text :
		psprintf("%.*s" CLIPPED, pg_mbcliplen(text, len, CLIP_AT), text);
}

static void
put_text(StringInfo buf, const char *key, const char *value)
{
	if (value == NULL)
		return;
	appendStringInfo(buf, "%s\"%s\": ", buf->data[buf->len - 1] == '{' ?
					 "" : ", ", key);
	sdr_json_string(buf, clip(value));
}

static void
put_json(Reading *reading, const char *change, const char *kind,
		 const char *identity, const char *part, const char *attribute,
		 const char *before, const char *after)
{
	const Subject *subject = reading->subject;
	StringInfo	buf = &reading->subject->changes;

	if (buf->data == NULL)
	{
		MemoryContext old = MemoryContextSwitchTo(reading->context);

		initStringInfo(buf);
		MemoryContextSwitchTo(old);
	}
	appendStringInfoString(buf, buf->len == 0 ? "[{" : ", {");
	put_text(buf, "change", change);
	put_text(buf, "kind", kind);
	put_text(buf, "identity", identity);
	put_text(buf, "part", part);
	put_text(buf, "attribute", attribute);
	put_text(buf, "before", before);
	put_text(buf, "after", after);
	if (subject->row != NULL && rank(subject->row, &subject->address) < 3)
		appendStringInfo(buf, ", \"class_id\": \"%u\", \"object_id\": \"%u\"",
						 subject->address.classId,
						 subject->address.objectId);
	appendStringInfoChar(buf, '}');
}

static void
put_change(Reading *reading, const char *change, const SdrObject *object,
		   const char *attribute, const char *before, const char *after)
{
	bool		is_part = object->parent != NULL &&
	object->parent->kind->id != SDR_KIND_SCHEMA;

	put_json(reading, change, object->kind->name, sdr_object_identity(object),
			 is_part ? object->name : NULL, attribute, before, after);
}

/*
 * The value without what the text of the statement would not show either: in
 * SQL the secret constants, of another text all if it has a secret.
 */
static const char *
without_secrets(const SdrDrift *drift, const char *value)
{
	SdrAttrId	id = drift->attribute == NULL ? SDR_ATTR_NONE :
	sdr_attr_by_name(drift->object->kind, drift->attribute,
					 strlen(drift->attribute));
	bool		changed;

	if (value == NULL)
		return NULL;
	if (id != SDR_ATTR_NONE && sdr_attr(id)->type >= SDR_TYPE_TYPE)
		return sdr_redact(value, false, &changed);
	return sdr_secret_option("?", value) ? "<redacted>" : value;
}

static void
put_drift(void *arg, const SdrDrift *drift)
{
	static const char *const changes[] = {
		[SDR_DRIFT_MISSING] = "removed",
		[SDR_DRIFT_UNEXPECTED] = "added",
		[SDR_DRIFT_CHANGED] = "changed"
	};

	const char *before = drift->expected;

	/* what the server could not write any more is shown as far as it could */
	if (sdr_is_unknown(before))
	{
		before = sdr_known_text(before);
		if (before != NULL && drift->actual != NULL &&
			strcmp(before, drift->actual) == 0)
			return;
	}
	put_change(arg, changes[drift->drift], drift->object, drift->attribute,
			   without_secrets(drift, before),
			   without_secrets(drift, drift->actual));
}

/* Texts that differ are different: both are as the server writes them. */
static bool
is_same(void *arg, const SdrAttr *attr, const SdrObject *actual,
		const char *expected, const char *found)
{
	return false;
}

/* It says everything about itself. */
static void
say_all(SdrObject *object)
{
	object->exact = true;
	object->complete = SDR_ALL_KINDS;
	for (int i = 0; i < object->nchildren; i++)
		say_all(object->children[i]);
}

static SdrObject *
find_child(const SdrObject *object, const SdrObject *like, bool by_number)
{
	for (int i = 0; i < object->nchildren; i++)
	{
		SdrObject  *child = object->children[i];

		if (child->kind == like->kind &&
			(by_number ? child->attnum == like->attnum :
			 strcmp(child->name, like->name) == 0))
			return child;
	}
	return NULL;
}

static void
put_renamed(Reading *reading, const SdrObject *object, const char *before,
			const char *after)
{
	put_change(reading, "renamed", object, "name", before, after);
}

/*
 * Give parts that are called otherwise now their new names: columns by their
 * numbers; another part where the statement is one that renames, and what is
 * there instead is of its kind.
 */
static void
rename_parts(Reading *reading, SdrObject *before, const SdrObject *after)
{
	reading->renames = NIL;
	for (int i = 0; i < before->nchildren; i++)
	{
		SdrObject  *child = before->children[i];
		SdrObject  *now = NULL;

		if (child->attnum > 0)
			now = find_child(after, child, true);
		else if (reading->frame->facts.renames &&
				 find_child(after, child, false) == NULL)
		{
			for (int j = 0; j < after->nchildren && now == NULL; j++)
			{
				if (after->children[j]->kind == child->kind &&
					find_child(before, after->children[j], false) == NULL)
					now = after->children[j];
			}
		}
		if (now == NULL || strcmp(now->name, child->name) == 0)
			continue;
		put_renamed(reading, now, child->name, now->name);
		reading->renames = sdr_rename_add(reading->renames, child->name,
										  now->name);
		child->name = now->name;
	}
	if (reading->renames != NIL)
		sdr_object_sort(before);
}

static const char *
schema_name(const SdrObject *object)
{
	return object->parent == NULL ? "" : object->parent->name;
}

static void
compare(Reading *reading, SdrObject *before, SdrObject *after)
{
	SdrComparison cmp = {
		.emit_arg = reading,.emit = put_drift,.same = is_same,
		.server = SDR_SERVER_VERSION,.expected_server = SDR_SERVER_VERSION
	};

	if (before->kind != after->kind)
		return;
	reading->subject->compared = true;
	say_all(before);
	if (strcmp(schema_name(before), schema_name(after)) != 0)
		put_renamed(reading, after, sdr_object_identity(before),
					sdr_object_identity(after));
	else if (strcmp(before->name, after->name) != 0)
		put_renamed(reading, after, before->name, after->name);
	rename_parts(reading, before, after);
	cmp.renames = reading->renames;
	sdr_compare_objects(&cmp, before, after);
}

/* ---------- columns that are added ---------- */

static SdrLogObject *
row_of(const SdrFrame *frame, Oid relation)
{
	ListCell   *lc;

	foreach(lc, frame->objects)
	{
		SdrLogObject *row = lfirst(lc);

		if (row->address.classId == RelationRelationId &&
			row->address.objectId == relation &&
			row->address.objectSubId == 0)
			return row;
	}
	return NULL;
}

/* The subject of a relation, which may not have one yet. */
static Subject *
subject_of(Reading *reading, SdrLogObject *column)
{
	Subject    *subject;
	ListCell   *lc;

	foreach(lc, reading->subjects)
	{
		subject = lfirst(lc);
		if (subject->address.objectId == column->address.objectId)
			return subject;
	}
	subject = palloc0(sizeof(Subject));
	ObjectAddressSet(subject->address, RelationRelationId,
					 column->address.objectId);
	subject->row = row_of(reading->frame, column->address.objectId);
	if (subject->row == NULL)
		subject->row = column;
	reading->subjects = lappend(reading->subjects, subject);
	return subject;
}

/*
 * Where all that the statement has done is to add columns, these have been
 * noted as they were made, and nothing need be read.  False if it has done
 * more, or types are not the server's own.
 */
static bool
put_added_columns(Reading *reading)
{
	ListCell   *lc;

	if (!reading->frame->facts.adds_columns)
		return false;
	foreach(lc, reading->frame->created)
	{
		const ObjectAddress *address = lfirst(lc);

		if (address->classId != RelationRelationId ||
			address->objectSubId <= 0 ||
			get_atttype(address->objectId, address->objectSubId) >= FirstNormalObjectId)
			return false;
	}
	foreach(lc, reading->frame->objects)
	{
		SdrLogObject *row = lfirst(lc);
		int			attnum = row->address.objectSubId;
		Oid			type;
		int32		typmod;
		Oid			collation;

		if (!row->part || attnum <= 0)
			continue;
		get_atttypetypmodcoll(row->address.objectId, attnum, &type, &typmod,
							  &collation);
		reading->subject = subject_of(reading, row);
		put_json(reading, "added", "column", row->identity,
				 get_attname(row->address.objectId, attnum, false), NULL,
				 NULL, format_type_with_typemod(type, typmod));
	}
	return true;
}

/* ---------- reading ---------- */

/* The object as the reader sees it; NULL where it does not. */
static SdrObject *
read_object(SdrReader *reader, const ObjectAddress *address)
{
	SdrEntry   *entry = sdr_entry_of(reader, address);

	return entry == NULL ? NULL : sdr_read(reader, entry);
}

/* Read the object at hand, and compare. */
static void
read_subject(Reading *reading)
{
	const ObjectAddress *address = &reading->subject->address;
	SdrObject  *before = read_object(reading->before, address);
	SdrObject  *after = read_object(reading->after, address);

	if (before != NULL && after != NULL)
		compare(reading, before, after);
	else if (after != NULL && reading->subject->row == NULL)
		put_change(reading, "added", after, NULL, NULL, NULL);
}

/* Read those that have not been read yet. */
static void
read_all(Reading *reading)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "schemadrift object",
												  ALLOCSET_DEFAULT_SIZES);

	reading->after = sdr_reader_open_now();
	reading->after->kinds = SDR_ALL_KINDS;
	reading->after->hides_all = true;
	reading->after->reads_few = true;
	reading->before = sdr_reader_open_before(reading->after,
											 reading->frame->command_id);
	PushActiveSnapshot(reading->after->snapshot);
	if (reading->position < 0)
		find_subjects(reading);
	while (++reading->position < list_length(reading->subjects))
	{
		MemoryContext old = MemoryContextSwitchTo(context);

		CHECK_FOR_INTERRUPTS();
		reading->subject = list_nth(reading->subjects, reading->position);
		read_subject(reading);
		MemoryContextSwitchTo(old);
		MemoryContextReset(context);
	}
	PopActiveSnapshot();
	sdr_reader_close(reading->before);
	sdr_reader_close(reading->after);
}

/*
 * Read in a subtransaction, which is undone in any case.  The statement has
 * succeeded, and must not fail because it cannot be described: then it is not.
 * False where the object at hand could not be read.
 */
static bool
try_read(Reading *reading)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	volatile bool done = false;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		(void) set_config_option("lock_timeout", LOCK_WAIT, PGC_USERSET,
								 PGC_S_SESSION, GUC_ACTION_SAVE, true, 0,
								 false);
		read_all(reading);
		done = true;
	}
	PG_CATCH();
	{
		ErrorData  *error;

		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		if (ERRCODE_TO_CATEGORY(error->sqlerrcode) ==
			ERRCODE_OPERATOR_INTERVENTION)
			PG_RE_THROW();
		FlushErrorState();
		ereport(DEBUG1,
				(errmsg_internal("what the statement has changed could not be read: %s",
								 error->message)));
		if (reading->subject != NULL)
		{
			reading->subject->compared = false;
			reading->subject->changes.data = NULL;
		}
	}
	PG_END_TRY();
	RollbackAndReleaseCurrentSubTransaction();
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = owner;
	return done;
}

/* Hand the changes over to the rows of the objects. */
static void
put_rows(Reading *reading)
{
	SdrFrame   *frame = reading->frame;
	ListCell   *lc;

	foreach(lc, reading->subjects)
	{
		Subject    *subject = lfirst(lc);

		if (subject->changes.data == NULL)
		{
			if (subject->row != NULL && subject->compared)
				subject->row->changes = "[]";
			continue;
		}
		if (subject->row == NULL)
			subject->row = sdr_event_object(frame, &subject->address,
											sdr_act_name(frame->facts.command->act),
											true);
		if (subject->row == NULL)
			continue;
		appendStringInfoChar(&subject->changes, ']');
		subject->row->changes = subject->changes.data;
	}
}

/* Is there anything to read? */
static bool
is_worth_reading(const SdrFrame *frame)
{
	ListCell   *lc;

	/* one that has committed on the way has begun in another transaction */
	if (!frame->decision.logged || !sdr_log_changes ||
		frame->local_xid != SDR_COMPAT_VXID_LOCAL)
		return false;
	if (sdr_frame_alters(frame))
		return frame->objects != NIL || frame->touched != NIL;

	/* what a cascade takes from objects that stay */
	if (frame->facts.command->act != SDR_ACT_DROP)
		return false;
	foreach(lc, frame->objects)
	{
		const SdrLogObject *row = lfirst(lc);

		if (row->part)
			return true;
	}
	return false;
}

/*
 * Find what the statement of the frame has changed.  It goes to the rows of
 * the objects; one that has been changed along with these gets its own.
 */
void
sdr_changes_find(SdrFrame *frame)
{
	Reading		reading = {.frame = frame,.context = frame->context,
	.position = -1};
	MemoryContext context;
	MemoryContext old;

	if (frame->compared || !is_worth_reading(frame))
		return;
	frame->compared = true;
	context = AllocSetContextCreate(frame->context, "schemadrift changes",
									ALLOCSET_DEFAULT_SIZES);
	old = MemoryContextSwitchTo(context);
	if (!put_added_columns(&reading))
	{
		while (!try_read(&reading) && reading.subject != NULL)
			reading.subject = NULL;
	}
	put_rows(&reading);
	MemoryContextSwitchTo(old);
	MemoryContextDelete(context);
}

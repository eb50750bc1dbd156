/*-------------------------------------------------------------------------
 *
 * frame.c
 *	  Statements that are being executed.
 *
 * A statement has one frame, whether the hook or an event trigger was first to
 * see it; frames of statements that others execute stand on top of theirs.
 *
 * The hook closes its frames itself, in whatever way the statement ends.  A
 * frame that an event trigger has opened is closed by ddl_command_end, or
 * forgotten when the transaction, or the part of it, is rolled back.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "commands/extension.h"
#include "guard/guard.h"
#include "miscadmin.h"
#include "parser/scansup.h"
#include "replication/logicalworker.h"
#include "settings.h"
#include "storage/proc.h"
#include "tcop/pquery.h"
#include "tcop/tcopprot.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"
#include "utils/portal.h"
#include "utils/timestamp.h"

/* An event trigger's frame knows the subtransaction that it belongs to. */
typedef struct EventFrame
{
	SdrFrame	frame;
	SubTransactionId subid;
} EventFrame;

static SdrFrame *top = NULL;

SdrFrame *
sdr_frame_current(void)
{
	return top;
}

/* Forget frames of event triggers: from the top, as long as they are theirs. */
static void
forget_event_frames(SubTransactionId subid)
{
	while (top != NULL && !top->by_hook &&
		   (subid == InvalidSubTransactionId ||
			((EventFrame *) top)->subid == subid))
		sdr_frame_close(top);
}

/* Forget what no statement is being executed for any more. */
void
sdr_frame_forget(void)
{
	forget_event_frames(InvalidSubTransactionId);
}

static void
xact_end(XactEvent event, void *arg)
{
	if (event == XACT_EVENT_ABORT)
		sdr_frame_forget();
}

static void
subxact_end(SubXactEvent event, SubTransactionId subid,
			SubTransactionId parent, void *arg)
{
	if (event == SUBXACT_EVENT_ABORT_SUB)
		forget_event_frames(subid);
}

/* Open a frame for the statement and read its facts. */
SdrFrame *
sdr_frame_open(Node *statement, CommandTag tag, bool by_hook)
{
	static bool registered = false;
	MemoryContext context;
	MemoryContext old;
	EventFrame *event_frame;
	SdrFrame   *frame;

	if (!registered)
	{
		RegisterXactCallback(xact_end, NULL);
		RegisterSubXactCallback(subxact_end, NULL);
		sdr_guard_listen();
		registered = true;
	}
	context = AllocSetContextCreate(TopMemoryContext, "schemadrift statement",
									ALLOCSET_SMALL_SIZES);
	event_frame = MemoryContextAllocZero(context, sizeof(EventFrame));
	event_frame->subid = GetCurrentSubTransactionId();
	frame = &event_frame->frame;
	frame->context = context;
	frame->tag = tag;
	frame->by_hook = by_hook;
	frame->at = GetCurrentTimestamp();
	frame->command_id = GetCurrentCommandId(false);
	frame->local_xid = SDR_COMPAT_VXID_LOCAL;
	frame->up = top;
	top = frame;

	old = MemoryContextSwitchTo(context);
	sdr_facts_read(statement, tag, &frame->facts);
	MemoryContextSwitchTo(old);
	return frame;
}

void
sdr_frame_close(SdrFrame *frame)
{
	/* those above belong to statements that ended in an error */
	while (top != NULL && top != frame)
	{
		SdrFrame   *above = top;

		top = above->up;
		MemoryContextDelete(above->context);
	}
	Assert(top == frame);
	top = frame->up;
	MemoryContextDelete(frame->context);
}

/* The text behind blanks and comments. */
static const char *
skip_blanks(const char *p, const char *end)
{
	while (p < end)
	{
		if (scanner_isspace(*p))
			p++;
		else if (end - p > 1 && p[0] == '-' && p[1] == '-')
		{
			while (p < end && *p != '\n')
				p++;
		}
		else if (end - p > 1 && p[0] == '/' && p[1] == '*')
		{
			int			depth = 0;

			do
			{
				if (end - p > 1 && p[0] == '/' && p[1] == '*')
				{
					depth++;
					p += 2;
				}
				else if (end - p > 1 && p[0] == '*' && p[1] == '/')
				{
					depth--;
					p += 2;
				}
				else
					p++;
			} while (depth > 0 && p < end);
		}
		else
			break;
	}
	return p;
}

/* A statement's own text, cut out of that of several; -1 stands for all. */
static char *
cut_text(MemoryContext context, const char *source, int location, int len)
{
	const char *start = location > 0 ? source + location : source;
	const char *end = location < 0 || len <= 0 ? start + strlen(start) :
	start + len;
	char	   *text;

	start = skip_blanks(start, end);
	while (end > start && (scanner_isspace(end[-1]) || end[-1] == ';'))
		end--;
	text = MemoryContextAlloc(context, end - start + 1);
	memcpy(text, start, end - start);
	text[end - start] = '\0';
	return text;
}

/* What the client has sent that executes the statement of the frame. */
static char *
parent_text(MemoryContext context)
{
	if (ActivePortal != NULL && ActivePortal->sourceText != NULL &&
		list_length(ActivePortal->stmts) == 1)
	{
		PlannedStmt *stmt = linitial_node(PlannedStmt, ActivePortal->stmts);

		return cut_text(context, ActivePortal->sourceText,
						stmt->stmt_location, stmt->stmt_len);
	}
	return debug_query_string == NULL ? NULL :
		cut_text(context, debug_query_string, -1, 0);
}

/*
 * Give the frame its text.  source is NULL where it is not known: then the
 * statement is what the portal executes, or something below that.
 */
void
sdr_frame_text(SdrFrame *frame, const char *source, int location, int len,
			   bool nested)
{
	if (source != NULL)
		frame->statement = cut_text(frame->context, source, location, len);
	else
		frame->statement = parent_text(frame->context);
	if (nested && source != NULL)
		frame->parent = parent_text(frame->context);
	if (frame->parent != NULL && frame->statement != NULL &&
		strcmp(frame->parent, frame->statement) == 0)
		frame->parent = NULL;
}

/* Decide about the statement of the frame. */
void
sdr_frame_judge(SdrFrame *frame, Node *statement)
{
	MemoryContext old = MemoryContextSwitchTo(frame->context);
	SdrCase		question = {.facts = &frame->facts,.proof = &frame->proof};
	bool		settled;

	question.mode = frame->mode = sdr_guard_mode(&question.lowered);
	question.exempt = sdr_exempt_rules(&question.exempt_in_session);
	question.in_extension = creating_extension;
	question.in_replication = IsLogicalWorker();
	question.in_upgrade = IsBinaryUpgrade;
	question.in_maintenance = sdr_in_maintenance();
	question.unlocked = sdr_unlock_current() != NULL;
	question.exempt_role = sdr_role_exempt();
	sdr_verdict_exempt(&question, &frame->decision, &settled);
	if (!settled)
	{
		sdr_proof_find(statement, &frame->proof);
		question.require_approval = sdr_require_approval;
		question.protected_act = sdr_protected_act(frame->facts.acts);
		sdr_verdict(&question, &frame->decision);
	}
	else if (frame->decision.reason == SDR_REASON_EXTENSION_MEMBER &&
			 frame->up != NULL)
		frame->up->members++;
	MemoryContextSwitchTo(old);
}

/* Has the object been added already?  If not, it is from now on. */
static bool
is_known(SdrFrame *frame, const ObjectAddress *address)
{
	bool		found;

	if (frame->known == NULL)
	{
		HASHCTL		ctl = {.keysize = sizeof(ObjectAddress),
			.entrysize = sizeof(ObjectAddress),
		.hcxt = frame->context};

		frame->known = hash_create("schemadrift objects", 16, &ctl,
								   HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	}
	(void) hash_search(frame->known, address, HASH_ENTER, &found);
	return found;
}

/*
 * Add an object, unless it is there: the server tells of some twice.  Its
 * strings must be in the frame's context.  Returns what has been added.
 */
SdrLogObject *
sdr_frame_add(SdrFrame *frame, const SdrLogObject *object)
{
	MemoryContext old;
	SdrLogObject *copy;

	if (OidIsValid(object->address.objectId) &&
		is_known(frame, &object->address))
		return NULL;
	old = MemoryContextSwitchTo(frame->context);
	copy = palloc(sizeof(SdrLogObject));
	*copy = *object;
	frame->objects = lappend(frame->objects, copy);
	MemoryContextSwitchTo(old);
	return copy;
}

/* Note an object that the statement may have altered. */
void
sdr_frame_touch(SdrFrame *frame, Oid class, Oid object)
{
	MemoryContext old = MemoryContextSwitchTo(frame->context);
	ObjectAddress *address = palloc(sizeof(ObjectAddress));

	ObjectAddressSet(*address, class, object);
	frame->touched = lappend(frame->touched, address);
	MemoryContextSwitchTo(old);
}

/* Is the statement one that changes what there is already? */
bool
sdr_frame_alters(const SdrFrame *frame)
{
	switch (frame->facts.command->act)
	{
		case SDR_ACT_ALTER:
		case SDR_ACT_GRANT:
		case SDR_ACT_REVOKE:
		case SDR_ACT_COMMENT:
		case SDR_ACT_LABEL:
			return true;
		default:
			return frame->facts.replaces;
	}
}

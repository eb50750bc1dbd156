/*-------------------------------------------------------------------------
 *
 * notify.c
 *	  Notifications about untracked DDL.
 *
 * They are kept until the transaction commits, and then sent: one that has
 * sent a notification cannot be prepared for two-phase commit, and the guard
 * must not be what hinders it.  A prepared transaction sends none.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "commands/async.h"
#include "guard/guard.h"
#include "settings.h"
#include "utils/memutils.h"

#define SDR_CHANNEL		"schemadrift"

typedef struct Pending
{
	SubTransactionId subid;
	char	   *payload;
} Pending;

static List *pending = NIL;		/* in TopTransactionContext */

static void
xact_end(XactEvent event, void *arg)
{
	ListCell   *lc;

	if (event == XACT_EVENT_PRE_COMMIT)
	{
		foreach(lc, pending)
			Async_Notify(SDR_CHANNEL, ((Pending *) lfirst(lc))->payload);
	}
	/* the memory goes with the transaction */
	pending = NIL;
}

static void
subxact_end(SubXactEvent event, SubTransactionId subid,
			SubTransactionId parent, void *arg)
{
	ListCell   *lc;

	foreach(lc, pending)
	{
		Pending    *one = lfirst(lc);

		if (one->subid != subid)
			continue;
		if (event == SUBXACT_EVENT_COMMIT_SUB)
			one->subid = parent;
		else if (event == SUBXACT_EVENT_ABORT_SUB)
			pending = foreach_delete_current(pending, lc);
	}
}

/* Send the payload if the transaction commits. */
void
sdr_notify_later(const char *payload)
{
	static bool registered = false;
	MemoryContext old;
	Pending    *one;

	if (!sdr_notify)
		return;
	if (!registered)
	{
		RegisterXactCallback(xact_end, NULL);
		RegisterSubXactCallback(subxact_end, NULL);
		registered = true;
	}
	old = MemoryContextSwitchTo(TopTransactionContext);
	one = palloc(sizeof(Pending));
	one->subid = GetCurrentSubTransactionId();
	one->payload = pstrdup(payload);
	pending = lappend(pending, one);
	MemoryContextSwitchTo(old);
}

/*-------------------------------------------------------------------------
 *
 * giveway.c
 *	  Commands about a whole database do not wait for the worker there.
 *
 * DROP DATABASE and its like fail where another session is connected.  So the
 * worker is ended before they run, and started again afterwards, should the
 * database still be there.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <signal.h>

#include "access/htup_details.h"
#include "access/xact.h"
#include "access/xlog.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_database.h"
#include "commands/dbcommands.h"
#include "commands/defrem.h"
#include "commands/user.h"
#include "compat.h"
#include "miscadmin.h"
#include "observe/observe.h"
#include "observe/observer.h"
#include "storage/latch.h"
#include "utils/acl.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"
#include "utils/wait_event.h"

/* How long to wait for a worker to end, and how long none is started, in ms. */
#define WAIT_FOR_END	5000
#define STAY_AWAY		60000

/* The database that the command wants for itself; NULL if there is none. */
static const char *
wanted_database(Node *parsetree)
{
	ListCell   *lc;

	switch (nodeTag(parsetree))
	{
		case T_DropdbStmt:
			return ((DropdbStmt *) parsetree)->dbname;
		case T_RenameStmt:
			return ((RenameStmt *) parsetree)->renameType == OBJECT_DATABASE ?
				((RenameStmt *) parsetree)->subname : NULL;
		case T_AlterDatabaseStmt:
			foreach(lc, ((AlterDatabaseStmt *) parsetree)->options)
			{
				if (strcmp(((DefElem *) lfirst(lc))->defname,
						   "tablespace") == 0)
					return ((AlterDatabaseStmt *) parsetree)->dbname;
			}
			return NULL;
		case T_CreatedbStmt:
			foreach(lc, ((CreatedbStmt *) parsetree)->options)
			{
				DefElem    *option = lfirst(lc);

				if (strcmp(option->defname, "template") == 0 &&
					option->arg != NULL)
					return defGetString(option);
			}
			return "template1";
		default:
			return NULL;
	}
}

/*
 * As have_createdb_privilege() does, which the first minor versions of 15 do
 * not export.
 */
static bool
may_create_databases(void)
{
	HeapTuple	tuple = SearchSysCache1(AUTHOID,
										ObjectIdGetDatum(GetUserId()));
	bool		may = superuser();

	if (HeapTupleIsValid(tuple))
	{
		may |= ((Form_pg_authid) GETSTRUCT(tuple))->rolcreatedb;
		ReleaseSysCache(tuple);
	}
	return may;
}

/* Has the caller any business with the database?  The command finds out more. */
static bool
may_ask(Node *parsetree, Oid database)
{
	return sdr_compat_database_ownercheck(database, GetUserId()) ||
		(IsA(parsetree, CreatedbStmt) && may_create_databases());
}

/* End the worker, if there is one; true if it is to be started again. */
static bool
send_away(Oid database)
{
	TimestampTz deadline = TimestampTzPlusMilliseconds(GetCurrentTimestamp(),
													   WAIT_FOR_END);
	int			pid = 0;
	int			told = 0;

	do
	{
		SdrObserverSlot *slot;
		bool		starting = false;

		LWLockAcquire(sdr_observers->lock, LW_EXCLUSIVE);
		slot = sdr_observer_slot(database);
		if (slot != NULL)
		{
			pid = slot->status.pid;
			starting = slot->starting;
			slot->not_before = TimestampTzPlusMilliseconds(GetCurrentTimestamp(),
														   STAY_AWAY);
		}
		/* a process that has ended has first left its slot */
		if (slot != NULL && pid != 0 && pid != told)
			(void) kill(pid, SIGTERM);
		LWLockRelease(sdr_observers->lock);
		if (slot == NULL)
			return false;
		told = pid;
		if (pid == 0 && !starting)
			break;
		(void) WaitLatch(MyLatch,
						 WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
						 10, PG_WAIT_EXTENSION);
		ResetLatch(MyLatch);
		CHECK_FOR_INTERRUPTS();
	} while (GetCurrentTimestamp() < deadline);
	return true;
}

static void
let_return(Oid database)
{
	SdrObserverSlot *slot;

	LWLockAcquire(sdr_observers->lock, LW_EXCLUSIVE);
	slot = sdr_observer_slot(database);
	if (slot != NULL)
	{
		slot->not_before = 0;
		slot->deaths = 0;
	}
	LWLockRelease(sdr_observers->lock);
	sdr_launcher_wake();
}

/* Called for every utility statement. */
void
sdr_give_way_utility(SdrUtility *utility)
{
	Node	   *statement = utility->pstmt->utilityStmt;
	const char *name = sdr_observers == NULL ? NULL :
	wanted_database(statement);
	Oid			database = name == NULL || !IsTransactionState() ? InvalidOid :
	get_database_oid(name, true);
	volatile bool sent_away = false;

	if (!OidIsValid(database) || RecoveryInProgress() ||
		!may_ask(statement, database))
	{
		sdr_utility_next(utility);
		return;
	}
	PG_TRY();
	{
		sent_away = send_away(database);
		sdr_utility_next(utility);
	}
	PG_FINALLY();
	{
		if (sent_away)
			let_return(database);
	}
	PG_END_TRY();
}

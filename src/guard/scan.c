/*-------------------------------------------------------------------------
 *
 * scan.c
 *	  Tables that the guard reads row by row.
 *
 * That takes no privileges and no SPI, so that it can be done before any
 * statement, whoever executes it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/table.h"
#include "access/tableam.h"
#include "compat.h"
#include "executor/tuptable.h"
#include "guard/guard.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

/*
 * Call back for each row that is committed by now or is this transaction's,
 * until the callback returns false.
 */
void
sdr_scan_rows(Relation rel, SdrScanCallback callback, void *arg)
{
	Snapshot	snapshot = RegisterSnapshot(GetLatestSnapshot());
	TableScanDesc scan = sdr_compat_table_beginscan(rel, snapshot);
	TupleTableSlot *slot = table_slot_create(rel, NULL);

	while (table_scan_getnextslot(scan, ForwardScanDirection, slot) &&
		   callback(arg, slot))
		;
	ExecDropSingleTupleTableSlot(slot);
	table_endscan(scan);
	UnregisterSnapshot(snapshot);
}

/* The same of a table of ours; no rows where there is none. */
void
sdr_scan_own_rows(const char *name, SdrScanCallback callback, void *arg)
{
	Oid			relid = sdr_own_relation(name);
	Relation	rel = OidIsValid(relid) ?
	try_table_open(relid, AccessShareLock) : NULL;

	if (rel == NULL)
		return;
	sdr_scan_rows(rel, callback, arg);
	table_close(rel, AccessShareLock);
}

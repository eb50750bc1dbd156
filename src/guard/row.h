/*-------------------------------------------------------------------------
 *
 * row.h
 *	  A row of schemadrift.ddl_log before it is a tuple.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SDR_ROW_H
#define SDR_ROW_H

#include "access/tupdesc.h"
#include "guard/guard.h"

/* The columns of schemadrift.ddl_log. */
enum
{
	SDR_LOG_ID,
	SDR_LOG_STATEMENT_ID,
	SDR_LOG_LOGGED_AT,
	SDR_LOG_ROLE,
	SDR_LOG_SESSION_ROLE,
	SDR_LOG_APPLICATION_NAME,
	SDR_LOG_CLIENT_ADDR,
	SDR_LOG_BACKEND_PID,
	SDR_LOG_XID,
	SDR_LOG_VIRTUAL_XID,
	SDR_LOG_COMMAND_TAG,
	SDR_LOG_ACT,
	SDR_LOG_KIND,
	SDR_LOG_SCHEMA_NAME,
	SDR_LOG_OBJECT_NAME,
	SDR_LOG_IDENTITY,
	SDR_LOG_CLASS_ID,
	SDR_LOG_OBJECT_ID,
	SDR_LOG_SUB_ID,
	SDR_LOG_PART,
	SDR_LOG_STATEMENT,
	SDR_LOG_PARENT_STATEMENT,
	SDR_LOG_MODE,
	SDR_LOG_VERDICT,
	SDR_LOG_REASON,
	SDR_LOG_RUN_ID,
	SDR_LOG_MIGRATION,
	SDR_LOG_UNLOCK_ID,
	SDR_LOG_OUTCOME,
	SDR_LOG_DETAILS,
	SDR_LOG_CHANGES,
	SDR_LOG_NCOLUMNS
};

typedef struct SdrLogRow
{
	Datum		values[SDR_LOG_NCOLUMNS];
	bool		nulls[SDR_LOG_NCOLUMNS];
} SdrLogRow;

/*
 * sdr_row_begin() fills in what all rows of a statement have in common;
 * rejected is true for one that is not going to be executed, before which
 * the session has lost that many records.  sdr_row_object() fills in the rest
 * for an object, and gives the row its key.
 *
 * sdr_row_fits() says whether the table has the columns that rows have.
 */
extern void sdr_row_begin(SdrLogRow *row, const SdrFrame *frame, bool rejected,
						  uint64 lost);
extern void sdr_row_object(SdrLogRow *row, const SdrLogObject *object);
extern bool sdr_row_fits(TupleDesc desc);

#endif							/* SDR_ROW_H */

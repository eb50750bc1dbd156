/*-------------------------------------------------------------------------
 *
 * baseline.h
 *	  What the database is held to.
 *
 * The baseline is a document that is kept in rows, one for each top-level
 * object.  People set it; a migration moves it by what it changes, so that
 * drift which was there before is there afterwards.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SDR_BASELINE_H
#define SDR_BASELINE_H

#include "fmgr.h"
#include "utils/uuid.h"

/* The schema before a migration. */
typedef struct SdrBefore
{
	MemoryContext context;		/* of what is below; NULL without a baseline */
	Datum		schema;			/* a document, as jsonb */
	Datum		names;			/* names of relations by oid, as jsonb */
} SdrBefore;

/*
 * move.c
 *
 * sdr_baseline_before() looks at the schema, and keeps that in a context below
 * parent; it does nothing where there is no baseline.  sdr_baseline_move()
 * looks again and moves the baseline by the difference, in the caller's
 * transaction; run may be NULL.  sdr_baseline_forget() frees what was kept.
 *
 * sdr_baseline_follow() does both for the transaction at hand, which is a part
 * of a migration whose end nobody tells: the second part right before the
 * commit.  It may be called for every statement.
 */
extern void sdr_baseline_before(SdrBefore *before, MemoryContext parent);
extern void sdr_baseline_move(SdrBefore *before, const pg_uuid_t *run,
							  const char *migration);
extern void sdr_baseline_forget(SdrBefore *before);
extern void sdr_baseline_follow(const char *migration);

#endif							/* SDR_BASELINE_H */

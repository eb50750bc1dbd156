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

/*
 * move.c
 *
 * sdr_baseline_move() moves the baseline by what the transaction at hand has
 * changed since a command, which sdr_baseline_begin() has returned; run may be
 * NULL.
 *
 * sdr_baseline_watch() does so for a migration of many transactions: each that
 * this session commits from then on is noted, and sdr_baseline_watched() moves
 * the baseline by all of them, in the transaction at hand.
 * sdr_baseline_unwatch() forgets them, and takes note of no more.
 *
 * sdr_baseline_follow() does so for the transaction at hand, which is a part of
 * a migration whose end nobody tells: right before the commit.  It may be
 * called for every statement.
 */
extern CommandId sdr_baseline_begin(void);
extern void sdr_baseline_move(CommandId since, const pg_uuid_t *run,
							  const char *migration);
extern void sdr_baseline_watch(const char *migration);
extern void sdr_baseline_watched(const pg_uuid_t *run, const char *migration);
extern void sdr_baseline_unwatch(void);
extern void sdr_baseline_follow(const char *migration);

#endif							/* SDR_BASELINE_H */

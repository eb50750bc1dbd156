/*-------------------------------------------------------------------------
 *
 * utility.h
 *	  Utility statements on their way through the rooms to the server.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SDR_UTILITY_H
#define SDR_UTILITY_H

#include "tcop/utility.h"

struct SdrUtility;

/* What sees a statement before it is executed; it calls sdr_utility_next(). */
typedef void (*SdrUtilityLayer) (struct SdrUtility *utility);

/* The arguments of ProcessUtility(), and who is asked next. */
typedef struct SdrUtility
{
	PlannedStmt *pstmt;
	const char *source;
	bool		read_only;
	ProcessUtilityContext context;
	ParamListInfo params;
	QueryEnvironment *environment;
	DestReceiver *dest;
	QueryCompletion *completion;
	const SdrUtilityLayer *next;
} SdrUtility;

/*
 * utility.c
 *
 * sdr_utility_init() is called once, when the library is loaded, with a list
 * that ends with NULL.  One hook for all of them: BEGIN and COMMIT pass it in
 * every transaction of every session.
 *
 * sdr_utility_next() hands the statement on: to the layer behind the one that
 * calls it, and behind the last of them to the hook that was there before
 * ours, or to the server.
 */
extern void sdr_utility_init(const SdrUtilityLayer *layers);
extern void sdr_utility_next(SdrUtility *utility);

#endif							/* SDR_UTILITY_H */

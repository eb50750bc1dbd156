/*-------------------------------------------------------------------------
 *
 * utility.h
 *	  Utility statements on their way from one hook to the next.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SDR_UTILITY_H
#define SDR_UTILITY_H

#include "tcop/utility.h"

/*
 * utility.c: have a utility statement executed by the hook that was there
 * before ours, or by the server where there was none.
 */
extern void sdr_utility_next(ProcessUtility_hook_type next, PlannedStmt *pstmt,
							 const char *source, bool read_only,
							 ProcessUtilityContext context,
							 ParamListInfo params,
							 QueryEnvironment *environment, DestReceiver *dest,
							 QueryCompletion *completion);

#endif							/* SDR_UTILITY_H */

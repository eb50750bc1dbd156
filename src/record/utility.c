/*-------------------------------------------------------------------------
 *
 * utility.c
 *	  Utility statements on their way from one hook to the next.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "record/utility.h"

void
sdr_utility_next(ProcessUtility_hook_type next, PlannedStmt *pstmt,
				 const char *source, bool read_only,
				 ProcessUtilityContext context, ParamListInfo params,
				 QueryEnvironment *environment, DestReceiver *dest,
				 QueryCompletion *completion)
{
	if (next == NULL)
		next = standard_ProcessUtility;
	next(pstmt, source, read_only, context, params, environment, dest,
		 completion);
}

/*-------------------------------------------------------------------------
 *
 * utility.c
 *	  Utility statements on their way through the rooms to the server.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "record/utility.h"

static const SdrUtilityLayer *first = NULL;
static ProcessUtility_hook_type previous = NULL;

void
sdr_utility_next(SdrUtility *utility)
{
	SdrUtilityLayer layer = *utility->next;

	if (layer != NULL)
	{
		utility->next++;
		layer(utility);
	}
	else
		(previous != NULL ? previous : standard_ProcessUtility)
			(utility->pstmt, utility->source, utility->read_only,
			 utility->context, utility->params, utility->environment,
			 utility->dest, utility->completion);
}

static void
process_utility(PlannedStmt *pstmt, const char *source, bool read_only,
				ProcessUtilityContext context, ParamListInfo params,
				QueryEnvironment *environment, DestReceiver *dest,
				QueryCompletion *completion)
{
	SdrUtility	utility = {
		.pstmt = pstmt,.source = source,.read_only = read_only,
		.context = context,.params = params,.environment = environment,
		.dest = dest,.completion = completion,.next = first
	};

	sdr_utility_next(&utility);
}

void
sdr_utility_init(const SdrUtilityLayer *layers)
{
	first = layers;
	previous = ProcessUtility_hook;
	ProcessUtility_hook = process_utility;
}

/*-------------------------------------------------------------------------
 *
 * menders.c
 *	  Who mends which kind.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "repair/repair.h"

static const SdrMender *const menders[SDR_NKINDS] = {
	[SDR_KIND_SCHEMA] = &sdr_schema_mender,
	[SDR_KIND_ENUM] = &sdr_enum_mender,
	[SDR_KIND_FUNCTION] = &sdr_function_mender,
	[SDR_KIND_PROCEDURE] = &sdr_procedure_mender,
	[SDR_KIND_SEQUENCE] = &sdr_sequence_mender,
	[SDR_KIND_TABLE] = &sdr_table_mender,
	[SDR_KIND_VIEW] = &sdr_view_mender,
	[SDR_KIND_MATVIEW] = &sdr_matview_mender,
	[SDR_KIND_COLUMN] = &sdr_column_mender,
	[SDR_KIND_CONSTRAINT] = &sdr_constraint_mender,
	[SDR_KIND_INDEX] = &sdr_index_mender,
	[SDR_KIND_TRIGGER] = &sdr_trigger_mender,
	[SDR_KIND_RULE] = &sdr_rule_mender,
	[SDR_KIND_POLICY] = &sdr_policy_mender,
};

/* The mender of a kind; NULL if nothing mends it. */
const SdrMender *
sdr_mender(SdrKindId kind)
{
	return menders[kind];
}

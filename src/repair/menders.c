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
	[SDR_KIND_DATABASE] = &sdr_database_mender,
	[SDR_KIND_ROLE] = &sdr_role_mender,
	[SDR_KIND_TABLESPACE] = &sdr_tablespace_mender,
	[SDR_KIND_PARAMETER] = &sdr_parameter_mender,
	[SDR_KIND_LARGE_OBJECT] = &sdr_large_object_mender,
	[SDR_KIND_DEFAULT_PRIVILEGES] = &sdr_default_privileges_mender,
	[SDR_KIND_CHANGED_PRIVILEGES] = &sdr_changed_privileges_mender,
	[SDR_KIND_FDW] = &sdr_fdw_mender,
	[SDR_KIND_FOREIGN_SERVER] = &sdr_server_mender,
	[SDR_KIND_USER_MAPPING] = &sdr_user_mapping_mender,
	[SDR_KIND_PUBLICATION] = &sdr_publication_mender,
	[SDR_KIND_PUBLISHED_TABLE] = &sdr_published_table_mender,
	[SDR_KIND_SUBSCRIPTION] = &sdr_subscription_mender,
	[SDR_KIND_EXTENSION] = &sdr_extension_mender,
	[SDR_KIND_DOMAIN] = &sdr_domain_mender,
	[SDR_KIND_COMPOSITE] = &sdr_composite_mender,
	[SDR_KIND_RANGE] = &sdr_range_mender,
	[SDR_KIND_BASE] = &sdr_base_mender,
	[SDR_KIND_SHELL] = &sdr_shell_mender,
	[SDR_KIND_COLLATION] = &sdr_collation_mender,
	[SDR_KIND_CONVERSION] = &sdr_conversion_mender,
	[SDR_KIND_TS_PARSER] = &sdr_ts_parser_mender,
	[SDR_KIND_TS_TEMPLATE] = &sdr_ts_template_mender,
	[SDR_KIND_TS_DICTIONARY] = &sdr_ts_dictionary_mender,
	[SDR_KIND_TS_CONFIGURATION] = &sdr_ts_configuration_mender,
	[SDR_KIND_STATISTICS] = &sdr_statistics_mender,
	[SDR_KIND_ENUM] = &sdr_enum_mender,
	[SDR_KIND_LANGUAGE] = &sdr_language_mender,
	[SDR_KIND_ACCESS_METHOD] = &sdr_access_method_mender,
	[SDR_KIND_EVENT_TRIGGER] = &sdr_event_trigger_mender,
	[SDR_KIND_CAST] = &sdr_cast_mender,
	[SDR_KIND_TRANSFORM] = &sdr_transform_mender,
	[SDR_KIND_FUNCTION] = &sdr_function_mender,
	[SDR_KIND_PROCEDURE] = &sdr_procedure_mender,
	[SDR_KIND_AGGREGATE] = &sdr_aggregate_mender,
	[SDR_KIND_OPERATOR] = &sdr_operator_mender,
	[SDR_KIND_OPERATOR_FAMILY] = &sdr_operator_family_mender,
	[SDR_KIND_OPERATOR_CLASS] = &sdr_operator_class_mender,
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

/* The same of an object that something is to be done about. */
const SdrMender *
sdr_mender_of(const SdrObject *object)
{
	const SdrMender *mender = sdr_mender(object->kind->id);

	if (mender == NULL)
		elog(ERROR, "no mender for kind \"%s\"", object->kind->name);
	return mender;
}

/*-------------------------------------------------------------------------
 *
 * relation.c
 *	  Schemas, views, materialized views, sequences.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "repair/repair.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

static void
create_schema(SdrPlan *plan, const SdrObject *schema)
{
	sdr_step(plan, SDR_STAGE_SCHEMA, schema, "CREATE SCHEMA %s",
			 quote_identifier(schema->name));
}

/* What is in a schema that must go goes with it. */
static const char *
drop_schema(const SdrObject *schema)
{
	return psprintf("DROP SCHEMA %s CASCADE", quote_identifier(schema->name));
}

const SdrMender sdr_schema_mender = {
	.kind = SDR_KIND_SCHEMA,
	.type = "SCHEMA",
	.create = create_schema,
	.drop = drop_schema,
	.holds_data = true
};

/* A query without the semicolon that the deparser may have left. */
static const char *
query_text(const char *query)
{
	int			len = strlen(query);

	while (len > 0 && strchr("; \t\n", query[len - 1]) != NULL)
		len--;
	return pnstrdup(query, len);
}

static const char *
view_options(const SdrObject *view)
{
	const char *check = sdr_text(view, SDR_VIEW_CHECK_OPTION);
	List	   *texts = NIL;

	if (sdr_true(view, SDR_VIEW_SECURITY_BARRIER))
		texts = lappend(texts, "security_barrier = true");
	if (sdr_true(view, SDR_VIEW_SECURITY_INVOKER))
		texts = lappend(texts, "security_invoker = true");
	if (check != NULL)
		texts = lappend(texts, psprintf("check_option = %s", check));
	return texts == NIL ? "" : psprintf(" WITH (%s)", sdr_join(texts, ", "));
}

static void
create_view(SdrPlan *plan, const SdrObject *view)
{
	SdrStep    *step = sdr_step(plan, SDR_STAGE_VIEW, view,
								"CREATE VIEW %s%s AS\n%s",
								sdr_object_identity(view), view_options(view),
								query_text(sdr_text(view,
													SDR_VIEW_DEFINITION)));

	step->makes = sdr_object_identity(view);
}

#define SDR_ALTER_VIEW		"ALTER VIEW {identity} "

static const SdrRule view_rules[] = {
	{SDR_VIEW_ROW_TYPE_PRIVILEGES,.mend = sdr_mend_alias},
	{SDR_VIEW_ROW_TYPE_COMMENT,.mend = sdr_mend_alias},
	{SDR_VIEW_ROW_TYPE_SECURITY_LABELS,.mend = sdr_mend_alias},
	{SDR_VIEW_SECURITY_INVOKER, SDR_ALTER_VIEW "SET (security_invoker = true)",
	SDR_ALTER_VIEW "RESET (security_invoker)", SDR_EXCLUSIVE, SDR_RISK_LOCKS, NULL},
	{SDR_VIEW_SECURITY_BARRIER, SDR_ALTER_VIEW "SET (security_barrier = true)",
	SDR_ALTER_VIEW "RESET (security_barrier)", SDR_EXCLUSIVE, SDR_RISK_LOCKS, NULL},
	{SDR_VIEW_CHECK_OPTION, SDR_ALTER_VIEW "SET (check_option = {value})",
	SDR_ALTER_VIEW "RESET (check_option)", SDR_EXCLUSIVE, SDR_RISK_LOCKS, NULL},
	{SDR_ATTR_NONE}
};

const SdrMender sdr_view_mender = {
	.kind = SDR_KIND_VIEW,
	.type = "VIEW",
	.grant_type = "TABLE",
	.create = create_view,
	.rules = view_rules
};

static void
create_matview(SdrPlan *plan, const SdrObject *view)
{
	const char *method = sdr_text(view, SDR_MATVIEW_ACCESS_METHOD);
	const char *tablespace = sdr_text(view, SDR_MATVIEW_TABLESPACE);
	const char *cluster = sdr_text(view, SDR_MATVIEW_CLUSTER_ON);
	const SdrMend identity = {
		view, NULL, sdr_attr(SDR_MATVIEW_REPLICA_IDENTITY),
		SDR_MATVIEW_REPLICA_IDENTITY, NULL,
		sdr_wanted_value(view, SDR_MATVIEW_REPLICA_IDENTITY)
	};
	StringInfoData buf;
	SdrStep    *step;

	initStringInfo(&buf);
	appendStringInfo(&buf, "CREATE MATERIALIZED VIEW %s",
					 sdr_object_identity(view));
	if (method != NULL && !sdr_value(view, SDR_MATVIEW_ACCESS_METHOD)->implied)
		appendStringInfo(&buf, " USING %s", quote_identifier(method));
	if (sdr_is_set(view, SDR_MATVIEW_OPTIONS))
		appendStringInfo(&buf, " WITH (%s)",
						 sdr_storage_options(sdr_items(view,
													   SDR_MATVIEW_OPTIONS)));
	if (tablespace != NULL)
		appendStringInfo(&buf, " TABLESPACE %s", quote_identifier(tablespace));
	appendStringInfo(&buf, " AS\n%s%s",
					 query_text(sdr_text(view, SDR_MATVIEW_DEFINITION)),
					 sdr_true(view, SDR_MATVIEW_POPULATED) ? "" :
					 "\nWITH NO DATA");
	step = sdr_step(plan, SDR_STAGE_VIEW, view, "%s", buf.data);
	step->makes = sdr_object_identity(view);
	if (cluster != NULL)
		sdr_step_cost(sdr_step(plan, SDR_STAGE_PROPERTY, view,
							   "ALTER MATERIALIZED VIEW %s CLUSTER ON %s",
							   sdr_object_identity(view),
							   quote_identifier(cluster)),
					  SDR_RISK_LOCKS, SDR_SHARE_UPDATE);
	if (strcmp(identity.value.u.text, "default") != 0)
		sdr_mend_replica_identity(plan, &identity);
}

#define SDR_ALTER_MATVIEW	"ALTER MATERIALIZED VIEW {identity} "

static const SdrRule matview_rules[] = {
	{SDR_MATVIEW_ROW_TYPE_PRIVILEGES,.mend = sdr_mend_alias},
	{SDR_MATVIEW_ROW_TYPE_COMMENT,.mend = sdr_mend_alias},
	{SDR_MATVIEW_ROW_TYPE_SECURITY_LABELS,.mend = sdr_mend_alias},
	{SDR_MATVIEW_POPULATED, "REFRESH MATERIALIZED VIEW {identity}",
		"REFRESH MATERIALIZED VIEW {identity} WITH NO DATA", SDR_EXCLUSIVE,
	SDR_RISK_REWRITES, NULL},
	{SDR_MATVIEW_OPTIONS, "ALTER MATERIALIZED VIEW {identity}", NULL,
	SDR_SHARE_UPDATE, SDR_RISK_SAFE, sdr_mend_options},
	{SDR_MATVIEW_ACCESS_METHOD, SDR_ALTER_MATVIEW "SET ACCESS METHOD {quoted}",
		SDR_ALTER_MATVIEW "SET ACCESS METHOD heap", SDR_EXCLUSIVE,
	SDR_RISK_REWRITES, NULL},
	{SDR_MATVIEW_TABLESPACE, SDR_ALTER_MATVIEW "SET TABLESPACE {quoted}",
		SDR_ALTER_MATVIEW "SET TABLESPACE pg_default", SDR_EXCLUSIVE,
	SDR_RISK_REWRITES, NULL},
	{SDR_MATVIEW_CLUSTER_ON, SDR_ALTER_MATVIEW "CLUSTER ON {quoted}",
	SDR_ALTER_MATVIEW "SET WITHOUT CLUSTER", SDR_SHARE_UPDATE, SDR_RISK_SAFE, NULL},
	{SDR_MATVIEW_REPLICA_IDENTITY,.mend = sdr_mend_replica_identity},
	{SDR_ATTR_NONE}
};

const SdrMender sdr_matview_mender = {
	.kind = SDR_KIND_MATVIEW,
	.type = "MATERIALIZED VIEW",
	.grant_type = "TABLE",
	.create = create_matview,
	.rules = matview_rules
};

/* The parameters of sequences and identities, from start on in one order. */
static const char *const parameters[] = {
	"START WITH", "INCREMENT BY", "MINVALUE", "MAXVALUE", "CACHE"
};

StaticAssertDecl(SDR_SEQUENCE_CYCLE - SDR_SEQUENCE_START == lengthof(parameters),
				 "parameters of sequences stand in order");
StaticAssertDecl(SDR_COLUMN_IDENTITY_CYCLE - SDR_COLUMN_IDENTITY_START == lengthof(parameters),
				 "parameters of identities stand in order");

/*
 * The parameters of a sequence or an identity; those that are at the default
 * of their kind too, as the server's default depends on the type.
 */
const char *
sdr_sequence_text(const SdrObject *object, SdrAttrId type, SdrAttrId start)
{
	StringInfoData buf;

	initStringInfo(&buf);
	if (type != SDR_ATTR_NONE)
		appendStringInfo(&buf, "AS %s ", sdr_text(object, type));
	for (int i = 0; i < lengthof(parameters); i++)
	{
		SdrValue	value = sdr_wanted_value(object, start + i);

		appendStringInfo(&buf, "%s " INT64_FORMAT " ", parameters[i],
						 value.u.integer);
	}
	appendStringInfoString(&buf, sdr_true(object, start + lengthof(parameters)) ?
						   "CYCLE" : "NO CYCLE");
	return buf.data;
}

static void
set_owned_by(SdrPlan *plan, const SdrObject *sequence, const char *column)
{
	/* the table must have its owner first */
	SdrStep    *step = sdr_step(plan, column == NULL ? SDR_STAGE_TABLE :
								SDR_STAGE_PRIVILEGE, sequence,
								"ALTER SEQUENCE %s OWNED BY %s",
								sdr_object_identity(sequence),
								column == NULL ? "NONE" : column);

	sdr_step_cost(step, SDR_RISK_SAFE, SDR_SHARE_ROW);
}

static void
create_sequence(SdrPlan *plan, const SdrObject *sequence)
{
	const char *owned_by = sdr_text(sequence, SDR_SEQUENCE_OWNED_BY);
	SdrStep    *step = sdr_step(plan, SDR_STAGE_TYPE, sequence,
								"CREATE %sSEQUENCE %s %s",
								sdr_true(sequence, SDR_SEQUENCE_UNLOGGED) ?
								"UNLOGGED " : "", sdr_object_identity(sequence),
								sdr_sequence_text(sequence, SDR_SEQUENCE_TYPE,
												  SDR_SEQUENCE_START));

	step->makes = sdr_object_identity(sequence);
	if (owned_by != NULL)
		set_owned_by(plan, sequence, owned_by);
}

static void
mend_owned_by(SdrPlan *plan, const SdrMend *mend)
{
	set_owned_by(plan, mend->want, mend->value.tag == SDR_VALUE_TEXT ?
				 mend->value.u.text : NULL);
}

/* Is the last value of a sequence outside the bounds that it is to have? */
static bool
restarts(const SdrObject *want, const SdrObject *have)
{
	int64		value = sdr_wanted_value(have, SDR_SEQUENCE_START).u.integer;

	if (OidIsValid(have->oid))
	{
		LOCAL_FCINFO(fcinfo, 1);
		Datum		last;

		InitFunctionCallInfoData(*fcinfo, NULL, 1, InvalidOid, NULL, NULL);
		fcinfo->args[0].value = ObjectIdGetDatum(have->oid);
		fcinfo->args[0].isnull = false;
		last = pg_sequence_last_value(fcinfo);
		if (!fcinfo->isnull)
			value = DatumGetInt64(last);
	}
	return value < sdr_wanted_value(want, SDR_SEQUENCE_MIN).u.integer ||
		value > sdr_wanted_value(want, SDR_SEQUENCE_MAX).u.integer;
}

/* Each may be valid only together with others: all of them in one statement. */
static void
mend_sequence(SdrPlan *plan, const SdrMend *mend)
{
	const SdrObject *want = sdr_merged(mend->want, mend->have);

	if (!sdr_is_first(plan, mend->want))
		return;
	sdr_step_cost(sdr_step(plan, SDR_STAGE_TABLE, mend->want,
						   "ALTER SEQUENCE %s %s%s", sdr_object_identity(want),
						   sdr_sequence_text(want, SDR_SEQUENCE_TYPE,
											 SDR_SEQUENCE_START),
						   restarts(want, mend->have) ? " RESTART" : ""),
				  SDR_RISK_LOCKS, SDR_SHARE_ROW);
}

static const SdrRule sequence_rules[] = {
	{SDR_SEQUENCE_TYPE,.mend = mend_sequence},
	{SDR_SEQUENCE_START,.mend = mend_sequence},
	{SDR_SEQUENCE_INCREMENT,.mend = mend_sequence},
	{SDR_SEQUENCE_MIN,.mend = mend_sequence},
	{SDR_SEQUENCE_MAX,.mend = mend_sequence},
	{SDR_SEQUENCE_CACHE,.mend = mend_sequence},
	{SDR_SEQUENCE_CYCLE,.mend = mend_sequence},
	{SDR_SEQUENCE_OWNED_BY,.mend = mend_owned_by},
	{SDR_SEQUENCE_UNLOGGED, "ALTER SEQUENCE {identity} SET UNLOGGED",
	"ALTER SEQUENCE {identity} SET LOGGED", SDR_EXCLUSIVE, SDR_RISK_LOCKS, NULL},
	{SDR_ATTR_NONE}
};

/* One that a column owns may have gone with that. */
static const char *
drop_sequence(const SdrObject *sequence)
{
	return psprintf("DROP SEQUENCE %s%s",
					sdr_is_set(sequence, SDR_SEQUENCE_OWNED_BY) ?
					"IF EXISTS " : "", sdr_object_identity(sequence));
}

const SdrMender sdr_sequence_mender = {
	.kind = SDR_KIND_SEQUENCE,
	.type = "SEQUENCE",
	.create = create_sequence,
	.rules = sequence_rules,
	.drop = drop_sequence,
	.holds_data = true
};

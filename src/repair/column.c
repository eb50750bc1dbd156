/*-------------------------------------------------------------------------
 *
 * column.c
 *	  Columns: of tables, views and composite types.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "repair/repair.h"
#include "parser/parse_coerce.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

static bool
is_of(const SdrObject *column, SdrKindId kind)
{
	return column->parent->kind->id == kind;
}

/* ALTER TABLE in front of what a column takes; types and views have theirs. */
const char *
sdr_alter_column(const SdrObject *column)
{
	return psprintf("ALTER %s %s",
					is_of(column, SDR_KIND_VIEW) ? "VIEW" :
					is_of(column, SDR_KIND_MATVIEW) ? "MATERIALIZED VIEW" :
					is_of(column, SDR_KIND_COMPOSITE) ? "TYPE" :
					sdr_sql_type(column->parent),
					sdr_object_identity(column->parent));
}

/* GENERATED ... AS IDENTITY, or "" */
static const char *
identity_text(const SdrObject *column)
{
	if (!sdr_is_set(column, SDR_COLUMN_IDENTITY_GENERATION))
		return "";
	return psprintf(" GENERATED %s AS IDENTITY (%s%s)",
					sdr_upper(sdr_text(column, SDR_COLUMN_IDENTITY_GENERATION)),
					sdr_identity_name_clause(column),
					sdr_sequence_text(column, SDR_ATTR_NONE,
									  SDR_COLUMN_IDENTITY_START));
}

static const char *
type_text(const SdrObject *column)
{
	const char *collation = sdr_text(column, SDR_COLUMN_COLLATION);

	return psprintf("%s%s%s", sdr_text(column, SDR_COLUMN_TYPE),
					collation == NULL ? "" : " COLLATE ",
					collation == NULL ? "" : collation);
}

/* A column as CREATE TABLE and ADD COLUMN have it. */
const char *
sdr_column_text(const SdrObject *column)
{
	StringInfoData buf;
	const char *dflt = sdr_text(column, SDR_COLUMN_DEFAULT);
	const char *generated = sdr_text(column, SDR_COLUMN_GENERATED);

	initStringInfo(&buf);
	appendStringInfo(&buf, "%s %s", quote_identifier(column->name),
					 type_text(column));
	if (sdr_is_set(column, SDR_COLUMN_FOREIGN_OPTIONS))
		appendStringInfo(&buf, " OPTIONS (%s)",
						 sdr_fdw_options(sdr_items(column,
												   SDR_COLUMN_FOREIGN_OPTIONS)));
	if (generated != NULL)
		appendStringInfo(&buf, " GENERATED ALWAYS AS (%s) %s", generated,
						 sdr_true(column, SDR_COLUMN_VIRTUAL) ? "VIRTUAL" :
						 "STORED");
	if (dflt != NULL)
		appendStringInfo(&buf, " DEFAULT %s", dflt);
	appendStringInfoString(&buf, identity_text(column));
	appendStringInfoString(&buf, sdr_not_null_text(column));
	return buf.data;
}

static const SdrAttrId properties[] = {
	SDR_COLUMN_STORAGE, SDR_COLUMN_COMPRESSION, SDR_COLUMN_STATISTICS,
	SDR_COLUMN_OPTIONS
};

static void mend_simple(SdrPlan *plan, const SdrMend *mend);
static void mend_type(SdrPlan *plan, const SdrMend *mend);
static void mend_default(SdrPlan *plan, const SdrMend *mend);
static void mend_identity(SdrPlan *plan, const SdrMend *mend);
static void mend_position(SdrPlan *plan, const SdrMend *mend);
static void mend_storage(SdrPlan *plan, const SdrMend *mend);

static const SdrRule rules[] = {
	{SDR_COLUMN_TYPE,.mend = mend_type},
	{SDR_COLUMN_COLLATION,.mend = mend_type},
	{SDR_COLUMN_NOT_NULL,.mend = sdr_mend_not_null},
	{SDR_COLUMN_NOT_NULL_VALIDATED,.mend = sdr_mend_not_null_property},
	{SDR_COLUMN_NOT_NULL_NO_INHERIT,.mend = sdr_mend_not_null_property},
	{SDR_COLUMN_NOT_NULL_LOCAL,.mend = sdr_mend_not_null_property},
	{SDR_COLUMN_NOT_NULL_NAME,.mend = sdr_mend_not_null_property},
	{SDR_COLUMN_NOT_NULL_COMMENT,.mend = sdr_mend_not_null_property},
	{SDR_COLUMN_DEFAULT,.mend = mend_default},
	{SDR_COLUMN_GENERATED,.mend = sdr_mend_generated},
	{SDR_COLUMN_VIRTUAL,.mend = sdr_mend_generated},
	{SDR_COLUMN_IDENTITY_GENERATION,.mend = mend_identity},
	{SDR_COLUMN_IDENTITY_START, "SET START WITH {value}",.mend = mend_simple},
	{SDR_COLUMN_IDENTITY_INCREMENT, "SET INCREMENT BY {value}",.mend = mend_simple},
	{SDR_COLUMN_IDENTITY_MIN, "SET MINVALUE {value}",.mend = mend_simple},
	{SDR_COLUMN_IDENTITY_MAX, "SET MAXVALUE {value}",.mend = mend_simple},
	{SDR_COLUMN_IDENTITY_CACHE, "SET CACHE {value}",.mend = mend_simple},
	{SDR_COLUMN_IDENTITY_CYCLE, "SET CYCLE", "SET NO CYCLE",.mend = mend_simple},
	{SDR_COLUMN_POSITION,.mend = mend_position},
	{SDR_COLUMN_STORAGE,.mend = mend_storage},
	{SDR_COLUMN_COMPRESSION, "SET COMPRESSION {value}", "SET COMPRESSION default",.mend = mend_simple},
	{SDR_COLUMN_STATISTICS, "SET STATISTICS {value}", "SET STATISTICS -1",.mend = mend_simple},
	{SDR_COLUMN_OPTIONS, "ALTER TABLE {table} ALTER COLUMN {name}", NULL,
	SDR_SHARE_UPDATE, SDR_RISK_SAFE, sdr_mend_options},
	{SDR_COLUMN_FOREIGN_OPTIONS,
		"ALTER FOREIGN TABLE {table} ALTER COLUMN {name}", NULL,
	SDR_EXCLUSIVE, SDR_RISK_LOCKS, sdr_mend_fdw_options},
	{SDR_COLUMN_INHERITED,.mend = sdr_mend_inherited},
	{SDR_COLUMN_LOCAL,.mend = sdr_mend_local},
	{SDR_COLUMN_IDENTITY_TYPE,.mend = sdr_mend_identity_sequence},
	{SDR_COLUMN_IDENTITY_SEQUENCE,.mend = sdr_mend_identity_sequence},
	{SDR_COLUMN_IDENTITY_UNLOGGED,.mend = sdr_mend_identity_sequence},
	{SDR_COLUMN_IDENTITY_PRIVILEGES,.mend = sdr_mend_identity_sequence},
	{SDR_COLUMN_IDENTITY_COMMENT,.mend = sdr_mend_identity_sequence},
	{SDR_COLUMN_IDENTITY_SECURITY_LABELS,.mend = sdr_mend_identity_sequence},
	{SDR_ATTR_NONE}
};

SdrStep *
sdr_column_step(SdrPlan *plan, SdrStage stage, const SdrObject *column,
				SdrRisk risk, const char *act)
{
	SdrStep    *step = sdr_step(plan, stage, column, "%s ALTER COLUMN %s %s",
								sdr_alter_column(column), quote_identifier(column->name),
								act);

	sdr_step_cost(step, risk, SDR_EXCLUSIVE);
	return step;
}

/* What ALTER COLUMN takes stands in the rule. */
static void
mend_simple(SdrPlan *plan, const SdrMend *mend)
{
	bool		resets = mend->rule->reset != NULL &&
	sdr_value_is_none(&mend->value);

	sdr_column_step(plan, SDR_STAGE_PROPERTY, mend->want, SDR_RISK_LOCKS,
					sdr_render(resets ? mend->rule->reset : mend->rule->set,
							   mend->want, &mend->value));
}

/*
 * A type, or where it is a domain that one side has otherwise than the
 * database, what that is made of.
 */
static const char *
base_type(const SdrPlan *plan, const char *type, bool wanted)
{
	const SdrChange *change = sdr_plan_change_of(plan, SDR_KIND_DOMAIN, type);
	const SdrObject *side = change == NULL ? NULL :
	wanted ? change->want : change->have;

	if (side == NULL)
		return type;
	check_stack_depth();
	if (wanted)
		side = sdr_merged(side, change->have);
	return base_type(plan, sdr_text(side, SDR_DOMAIN_TYPE), wanted);
}

/* Is there a cast from the one type to the other?  Else text is between. */
static bool
has_cast(const SdrPlan *plan, const SdrObject *have, const SdrObject *want)
{
	Oid			from = sdr_type_named(base_type(plan, sdr_text(have, SDR_COLUMN_TYPE),
												false));
	Oid			to = sdr_type_named(base_type(plan, sdr_text(want, SDR_COLUMN_TYPE),
											  true));
	Oid			function;

	return OidIsValid(from) && OidIsValid(to) &&
		find_coercion_pathway(to, from, COERCION_EXPLICIT, &function) !=
		COERCION_PATH_NONE;
}

/*
 * ALTER TYPE builds constraints, indexes and statistics again from their texts
 * as they are.  Where that is not the text that they are to have, they are made
 * again, as are foreign keys between two columns of which one comes first.
 */
static void
remake_followers(SdrPlan *plan, const SdrObject *column)
{
	ListCell   *lc;

	foreach(lc, sdr_dependents(plan, column, true))
	{
		const SdrObject *follower = lfirst(lc);
		const SdrObject *final;
		const SdrObject *want;
		const SdrObject *have;

		if (!sdr_follows_column(follower) || sdr_is_inherited(follower) ||
			!sdr_depends_by_text(follower, column, true))
			continue;
		final = sdr_final_state(plan, follower);
		if (!sdr_both_sides(plan, follower, &want, &have))
			have = follower;
		if (final != NULL && have != NULL &&
			(!sdr_same_texts(final, have) ||
			 sdr_both_ends_change(plan, have)))
			sdr_remake(plan, final, have);
	}
}

/* What is generated comes when the columns that it needs are as they will be. */
SdrStage
sdr_column_stage(const SdrObject *column)
{
	return sdr_is_set(column, SDR_COLUMN_GENERATED) ? SDR_STAGE_DEFAULT :
		SDR_STAGE_COLUMN;
}

/* An attribute of a composite type gets no other type while columns have it. */
static bool
is_used_by_columns(SdrPlan *plan, const SdrObject *type)
{
	const char *identity = sdr_object_identity(type);
	ListCell   *lc;

	/* in the other direction, the one that has it need not be live */
	foreach(lc, plan->changes)
	{
		const SdrObject *have = ((const SdrChange *) lfirst(lc))->have;

		for (int i = 0; have != NULL && i < have->nchildren; i++)
		{
			const SdrObject *column = have->children[i];

			if (have->kind->id == SDR_KIND_TABLE &&
				column->kind->id == SDR_KIND_COLUMN &&
				sdr_is_set(column, SDR_COLUMN_TYPE) &&
				strcmp(sdr_text(column, SDR_COLUMN_TYPE), identity) == 0)
				return true;
		}
	}
	foreach(lc, sdr_dependents(plan, type, true))
	{
		if (((const SdrObject *) lfirst(lc))->kind->id == SDR_KIND_COLUMN)
			return true;
	}
	return false;
}

/*
 * A new type takes the column's values along.  Its default is cast as well,
 * which may fail: it is given anew.
 */
static void
mend_type(SdrPlan *plan, const SdrMend *mend)
{
	const SdrObject *want = sdr_merged(mend->want, mend->have);
	const char *name = quote_identifier(want->name);
	const char *dflt = sdr_text(want, SDR_COLUMN_DEFAULT);
	StringInfoData buf;
	SdrStep    *step;

	if (is_of(mend->want, SDR_KIND_VIEW) || is_of(mend->want, SDR_KIND_MATVIEW))
	{
		sdr_remake(plan, mend->want->parent, mend->have->parent);
		return;
	}
	if (!sdr_is_first(plan, mend->want))
		return;
	if (is_of(mend->want, SDR_KIND_COMPOSITE) &&
		is_used_by_columns(plan, mend->have->parent))
	{
		sdr_remake(plan, mend->want->parent, mend->have->parent);
		return;
	}
	sdr_remake_dependents(plan, mend->have, false);
	remake_followers(plan, mend->have);
	/* the parent's takes it along */
	if (sdr_goes_with_parent(plan, want))
		return;
	initStringInfo(&buf);
	if (is_of(mend->want, SDR_KIND_COMPOSITE))
		appendStringInfo(&buf, "%s ALTER ATTRIBUTE %s TYPE %s", sdr_alter_column(want),
						 name, type_text(want));
	else
	{
		appendStringInfo(&buf, "%s ", sdr_alter_column(want));
		if (sdr_is_set(mend->have, SDR_COLUMN_DEFAULT))
			appendStringInfo(&buf, "ALTER COLUMN %s DROP DEFAULT, ", name);
		appendStringInfo(&buf, "ALTER COLUMN %s TYPE %s", name,
						 type_text(want));
		if (!sdr_is_set(want->parent, SDR_TABLE_SERVER) &&
			!sdr_is_set(want, SDR_COLUMN_GENERATED))
			appendStringInfo(&buf, " USING %s%s::%s", name,
							 has_cast(plan, mend->have, want) ? "" : "::text",
							 sdr_text(want, SDR_COLUMN_TYPE));
		if (dflt != NULL)
			appendStringInfo(&buf, ", ALTER COLUMN %s SET DEFAULT %s", name,
							 dflt);
	}
	step = sdr_step(plan, SDR_STAGE_COLUMN, mend->want, "%s", buf.data);
	sdr_step_cost(step, SDR_RISK_REWRITES, SDR_EXCLUSIVE);
	step->makes = sdr_object_identity(want->parent);
	sdr_remake_generated(plan, mend->have, step);
}

/* Give a column the type that has come in the place of its old one. */
void
sdr_convert_column(SdrPlan *plan, const SdrObject *column, const char *via)
{
	const char *name = quote_identifier(column->name);
	const char *type = sdr_text(column, SDR_COLUMN_TYPE);
	const char *dflt = sdr_text(column, SDR_COLUMN_DEFAULT);
	bool		computed = sdr_is_set(column, SDR_COLUMN_GENERATED) ||
	sdr_is_set(column, SDR_COLUMN_IDENTITY_GENERATION);
	SdrStep    *step;

	if (is_of(column, SDR_KIND_COMPOSITE))
		step = sdr_step(plan, SDR_STAGE_COLUMN, column,
						"%s ALTER ATTRIBUTE %s TYPE %s", sdr_alter_column(column), name,
						type);
	else
		step = sdr_step(plan, SDR_STAGE_COLUMN, column,
						"%s %s%s%sALTER COLUMN %s TYPE %s USING %s%s::%s%s%s%s%s",
						sdr_alter_column(column), computed ? "" : "ALTER COLUMN ",
						computed ? "" : name,
						computed ? "" : " DROP DEFAULT, ", name, type, name,
						via, type, dflt == NULL ? "" : ", ALTER COLUMN ",
						dflt == NULL ? "" : name,
						dflt == NULL ? "" : " SET DEFAULT ",
						dflt == NULL ? "" : dflt);
	sdr_step_cost(step, SDR_RISK_REWRITES, SDR_EXCLUSIVE);
	sdr_remake_generated(plan, column, step);
}

static void
mend_default(SdrPlan *plan, const SdrMend *mend)
{
	if (sdr_is_set(mend->want, SDR_COLUMN_IDENTITY_GENERATION) ||
		sdr_is_set(mend->want, SDR_COLUMN_GENERATED))
		return;
	sdr_column_step(plan, SDR_STAGE_DEFAULT, mend->want, SDR_RISK_LOCKS,
					mend->value.tag != SDR_VALUE_TEXT ? "DROP DEFAULT" :
					psprintf("SET DEFAULT %s", mend->value.u.text));
}

/* The table as it is, of a column that it is to have. */
static const SdrObject *
table_before(const SdrPlan *plan, const SdrObject *column)
{
	const ListCell *lc;

	foreach(lc, plan->changes)
	{
		const SdrChange *change = lfirst(lc);

		if (change->want == column->parent)
			return change->have;
	}
	return NULL;
}

/*
 * A new column stands behind all others: is it to stand before one that is
 * there?
 */
static bool
stands_before_another(const SdrPlan *plan, const SdrObject *column)
{
	const SdrObject *before = table_before(plan, column);
	const SdrValue *place = sdr_value(column, SDR_COLUMN_POSITION);

	for (int i = 0; before != NULL && place->tag == SDR_VALUE_INT &&
		 i < column->parent->nchildren; i++)
	{
		const SdrObject *other = column->parent->children[i];
		const SdrValue *its;

		if (other->kind->id != SDR_KIND_COLUMN)
			continue;
		its = sdr_value(other, SDR_COLUMN_POSITION);
		if (its->tag == SDR_VALUE_INT && its->u.integer > place->u.integer &&
			sdr_counterpart(other, before) != NULL)
			return true;
	}
	return false;
}

/* Say so where a new column does not get the place that it is to have. */
void
sdr_note_position(SdrPlan *plan, const SdrObject *column)
{
	if (stands_before_another(plan, column))
		sdr_unmended(plan, column,
					 "it stands behind all other columns: only a new table has another order");
}

static void
mend_identity(SdrPlan *plan, const SdrMend *mend)
{
	bool		had = sdr_is_set(mend->have, SDR_COLUMN_IDENTITY_GENERATION);
	bool		has = sdr_is_set(mend->want, SDR_COLUMN_IDENTITY_GENERATION);
	SdrStep    *step;

	if (has && had)
		sdr_column_step(plan, SDR_STAGE_DEFAULT, mend->want, SDR_RISK_LOCKS,
						psprintf("SET GENERATED %s",
								 sdr_upper(mend->value.u.text)));
	else if (had)
		sdr_column_step(plan, SDR_STAGE_COLUMN, mend->want, SDR_RISK_LOCKS,
						"DROP IDENTITY")->frees =
			sdr_identity_sequence(mend->have);
	else
	{
		if (sdr_is_set(mend->have, SDR_COLUMN_DEFAULT))
			sdr_column_step(plan, SDR_STAGE_COLUMN, mend->want, SDR_RISK_LOCKS,
							"DROP DEFAULT");
		step = sdr_column_step(plan, SDR_STAGE_DEFAULT, mend->want, SDR_RISK_LOCKS,
							   psprintf("ADD%s", identity_text(mend->want)));
		/* a sequence that the default has used must go before */
		step->makes = sdr_identity_sequence(mend->want);
		step->releases = "";
		sdr_make_identity_properties(plan, mend->want);
	}
}

static void
mend_position(SdrPlan *plan, const SdrMend *mend)
{
	if (is_of(mend->want, SDR_KIND_COMPOSITE) &&
		!is_used_by_columns(plan, mend->have->parent))
		sdr_remake(plan, mend->want->parent, mend->have->parent);
	else
		sdr_unmended(plan, mend->want,
					 "a column keeps its place: only a new table has another order");
}

/* Before 16 there is no word for the type's own. */
static void
mend_storage(SdrPlan *plan, const SdrMend *mend)
{
	static const struct
	{
		char		code;
		const char *word;
	}			words[] = {
		{TYPSTORAGE_PLAIN, "plain"}, {TYPSTORAGE_EXTERNAL, "external"},
		{TYPSTORAGE_EXTENDED, "extended"}, {TYPSTORAGE_MAIN, "main"}
	};
	const SdrObject *want = sdr_merged(mend->want, mend->have);
	const char *word = mend->value.tag == SDR_VALUE_TEXT ?
	mend->value.u.text : NULL;
	Oid			type = sdr_type_named(sdr_text(want, SDR_COLUMN_TYPE));

	for (int i = 0; word == NULL && OidIsValid(type) && i < lengthof(words); i++)
	{
		if (get_typstorage(type) == words[i].code)
			word = words[i].word;
	}
	if (word != NULL)
		sdr_column_step(plan, SDR_STAGE_PROPERTY, mend->want, SDR_RISK_LOCKS,
						psprintf("SET STORAGE %s", sdr_upper(word)));
}

/* Properties of a column that has just been made. */
void
sdr_make_column_properties(SdrPlan *plan, const SdrObject *column)
{
	SdrObject  *bare = sdr_object_new(SDR_KIND_COLUMN, column->name, NULL);

	bare->parent = column->parent;
	for (int i = 0; i < lengthof(properties); i++)
	{
		SdrMend		mend = {
			.want = column,.have = bare,.attr = sdr_attr(properties[i]),
			.id = properties[i],.value = *sdr_value(column, properties[i])
		};

		if (!sdr_is_set(column, properties[i]) ||
			sdr_value(column, properties[i])->implied)
			continue;
		for (mend.rule = rules; mend.rule->attr != properties[i];)
			mend.rule++;
		mend.rule->mend(plan, &mend);
	}
	sdr_make_not_null(plan, column);
	sdr_make_identity_properties(plan, column);
}

static void
create_column(SdrPlan *plan, const SdrObject *column)
{
	SdrStep    *step;

	if (is_of(column, SDR_KIND_VIEW) || is_of(column, SDR_KIND_MATVIEW))
		return;
	if (sdr_goes_with_parent(plan, column))
		return;
	/* a type that nothing is stored in can have them in any order */
	if (is_of(column, SDR_KIND_COMPOSITE) &&
		stands_before_another(plan, column) &&
		!is_used_by_columns(plan, table_before(plan, column)))
	{
		sdr_remake(plan, column->parent, table_before(plan, column));
		return;
	}
	step = sdr_step(plan, sdr_column_stage(column), column, "%s ADD %s %s",
					sdr_alter_column(column), is_of(column, SDR_KIND_COMPOSITE) ?
					"ATTRIBUTE" : "COLUMN", sdr_column_text(column));
	sdr_step_cost(step, SDR_RISK_LOCKS, SDR_EXCLUSIVE);
	step->makes = sdr_object_identity(column->parent);
	sdr_make_column_properties(plan, column);
	sdr_note_position(plan, column);
}

/* The column came with its table or view. */
static void
create_within(SdrPlan *plan, const SdrObject *column)
{
	const char *dflt = sdr_text(column, SDR_COLUMN_DEFAULT);

	if (is_of(column, SDR_KIND_COMPOSITE))
		return;
	if (is_of(column, SDR_KIND_VIEW) && dflt != NULL)
		sdr_column_step(plan, SDR_STAGE_DEFAULT, column, SDR_RISK_LOCKS,
						psprintf("SET DEFAULT %s", dflt));
	if (!is_of(column, SDR_KIND_VIEW))
		sdr_make_column_properties(plan, column);
}

static const char *
drop_column(const SdrObject *column)
{
	if (is_of(column, SDR_KIND_VIEW) || is_of(column, SDR_KIND_MATVIEW))
		return NULL;
	return psprintf("%s DROP %s %s", sdr_alter_column(column),
					is_of(column, SDR_KIND_COMPOSITE) ? "ATTRIBUTE" : "COLUMN",
					quote_identifier(column->name));
}

const SdrMender sdr_column_mender = {
	.kind = SDR_KIND_COLUMN,
	.type = "COLUMN",
	.grant_type = "TABLE",
	.create = create_column,
	.create_within = create_within,
	.rules = rules,
	.drop = drop_column,
	.holds_data = true
};

/*-------------------------------------------------------------------------
 *
 * index.c
 *	  Indexes, and those behind constraints.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "repair/repair.h"
#include "utils/builtins.h"

/* The name of an index, which may be the one behind a constraint. */
static const char *
index_name(const SdrObject *object)
{
	static const SdrValue none = {SDR_VALUE_UNSET};

	return sdr_render("{schema}.{name}", object, &none);
}

/*
 * The word for a table with partitions: their indexes are made one by one, as
 * they have names and properties of their own, and attached to its.
 */
const char *
sdr_only(const SdrObject *part)
{
	return part->parent->kind->id == SDR_KIND_TABLE &&
		sdr_is_set(part->parent, SDR_TABLE_PARTITION_BY) ? "ONLY " : "";
}

/* Attach an index to that of the partitioned table, if there is one. */
void
sdr_attach_index(SdrPlan *plan, const SdrObject *index, const char *parent)
{
	SdrStep    *step;

	if (parent == NULL)
		return;
	step = sdr_step(plan, SDR_STAGE_ATTACH_INDEX, index,
					"ALTER INDEX %s ATTACH PARTITION %s", parent,
					index_name(index));
	sdr_step_cost(step, SDR_RISK_SAFE, SDR_SHARE_UPDATE);
	step->awaits = sdr_attached_key(index->parent);
}

static void
set_statistics(SdrPlan *plan, const SdrObject *index, const List *map,
			   bool resets)
{
	const ListCell *lc;

	foreach(lc, map)
	{
		const SdrPair *pair = lfirst(lc);

		sdr_step_cost(sdr_step(plan, SDR_STAGE_PROPERTY, index,
							   "ALTER INDEX %s ALTER COLUMN %s SET STATISTICS %s",
							   index_name(index), pair->key,
							   resets ? "-1" : pair->value),
					  SDR_RISK_SAFE, SDR_SHARE_UPDATE);
	}
}

/* Targets that are no longer said go back to the server's own. */
static void
mend_statistics(SdrPlan *plan, const SdrMend *mend)
{
	if (mend->have != NULL)
		set_statistics(plan, mend->want, sdr_items(mend->have, mend->id), true);
	if (mend->value.tag == SDR_VALUE_MAP)
		set_statistics(plan, mend->want, mend->value.u.map, false);
}

static void
mend_comment(SdrPlan *plan, const SdrMend *mend)
{
	sdr_step(plan, SDR_STAGE_COMMENT, mend->want, "COMMENT ON INDEX %s IS %s",
			 index_name(mend->want), mend->value.tag != SDR_VALUE_TEXT ?
			 "NULL" : sdr_literal(mend->value.u.text));
}

static void
set_extensions(SdrPlan *plan, const SdrObject *index, const List *names,
			   const char *no)
{
	const ListCell *lc;

	foreach(lc, names)
		sdr_step(plan, SDR_STAGE_PROPERTY, index,
				 "ALTER INDEX %s %sDEPENDS ON EXTENSION %s", index_name(index),
				 no, quote_identifier(lfirst(lc)));
}

static void
mend_extensions(SdrPlan *plan, const SdrMend *mend)
{
	if (mend->have != NULL)
		set_extensions(plan, mend->want, sdr_items(mend->have, mend->id),
					   "NO ");
	if (mend->value.tag == SDR_VALUE_LIST)
		set_extensions(plan, mend->want, mend->value.u.list, "");
}

/* What the index behind a constraint has that no constraint says. */
static const struct
{
	SdrAttrId	attr;
	void		(*mend) (SdrPlan *plan, const SdrMend *mend);
}			behind[] = {
	{SDR_CONSTRAINT_INDEX_STATISTICS, mend_statistics},
	{SDR_CONSTRAINT_INDEX_COMMENT, mend_comment},
	{SDR_CONSTRAINT_INDEX_DEPENDS_ON_EXTENSIONS, mend_extensions},
};

/* Mend one of these. */
void
sdr_mend_index_property(SdrPlan *plan, const SdrMend *mend)
{
	for (int i = 0; i < lengthof(behind); i++)
	{
		if (behind[i].attr == mend->id)
			behind[i].mend(plan, mend);
	}
}

/* Give them to the index of a new constraint. */
void
sdr_make_index_properties(SdrPlan *plan, const SdrObject *constraint)
{
	for (int i = 0; i < lengthof(behind); i++)
	{
		SdrMend		mend = {
			constraint, NULL, sdr_attr(behind[i].attr), behind[i].attr, NULL,
			*sdr_value(constraint, behind[i].attr)
		};

		if (!sdr_value_is_none(&mend.value))
			behind[i].mend(plan, &mend);
	}
}

/* The index of the partitioned table that this one is attached to, or NULL */
static const char *
attached_to(const SdrObject *index)
{
	if (index->parent->kind->id != SDR_KIND_TABLE)
		return NULL;
	return index->kind->id == SDR_KIND_INDEX ?
		sdr_text(index, SDR_INDEX_PARTITION_OF) :
		index->kind->id == SDR_KIND_CONSTRAINT ?
		sdr_text(index, SDR_CONSTRAINT_PARTITION_OF) : NULL;
}

/*
 * Make the index of a partitioned table again, with those that are attached to
 * it and go with it.  Afterwards those are attached that are to be.
 */
static void
renew_tree(SdrPlan *plan, const char *root)
{
	List	   *indexes = sdr_live_indexes(plan, root);
	ListCell   *lc;

	if (indexes == NIL)
		return;
	if (attached_to(linitial(indexes)) != NULL)
	{
		renew_tree(plan, attached_to(linitial(indexes)));
		return;
	}
	foreach(lc, indexes)
	{
		const SdrObject *index = lfirst(lc);
		const SdrObject *final;
		const SdrObject *want;
		const SdrObject *have;

		if (!sdr_mark_remade(plan, index))
			continue;
		final = sdr_final_state(plan, index);
		/* in a migration it is attached to that of the document */
		if (sdr_both_sides(plan, index, &want, &have) && have != NULL &&
			attached_to(have) != NULL)
			renew_tree(plan, attached_to(have));
		if (attached_to(index) == NULL)
		{
			sdr_remake_dependents(plan, index, true);
			sdr_drop(plan, index, true);
		}
		if (final != NULL)
			sdr_make(plan, final);
	}
}

/*
 * That of a partitioned table becomes valid when the last partition has its
 * own attached, which is drift of that one.
 */
void
sdr_mend_index_valid(SdrPlan *plan, const SdrMend *mend)
{
	bool		is_partitioned = *sdr_only(mend->want) != '\0';

	if (!mend->value.u.boolean && is_partitioned)
		renew_tree(plan, index_name(mend->want));
	else if (!mend->value.u.boolean)
		sdr_unmended(plan, mend->want,
					 "an index is not made invalid on purpose");
	else if (!is_partitioned)
		sdr_step_cost(sdr_step(plan, SDR_STAGE_PROPERTY, mend->want,
							   "REINDEX INDEX %s", index_name(mend->want)),
					  SDR_RISK_LOCKS, SDR_EXCLUSIVE);
}

/* No statement takes an index from that of the partitioned table. */
void
sdr_mend_index_parent(SdrPlan *plan, const SdrMend *mend)
{
	const char *parent = attached_to(mend->have);

	if (sdr_table_moves(plan, mend->want))
		return;
	if (parent == NULL)
	{
		sdr_attach_index(plan, mend->want, mend->value.u.text);
		return;
	}
	renew_tree(plan, parent);
	/* the parent's takes along one that it has only in a document */
	if (sdr_mark_remade(plan, mend->have))
		sdr_make(plan, sdr_merged(mend->want, mend->have));
}

/*
 * An index is to go, and not its table: it goes with that of the partitioned
 * table, which comes back if it is to stay.
 */
void
sdr_detach_index(SdrPlan *plan, const SdrObject *index)
{
	const char *parent = attached_to(index);
	List	   *indexes = parent == NULL || sdr_table_moves(plan, index) ? NIL :
	sdr_live_indexes(plan, parent);

	if (indexes != NIL && sdr_final_state(plan, linitial(indexes)) != NULL)
		renew_tree(plan, parent);
}

static void
create_index(SdrPlan *plan, const SdrObject *index)
{
	const char *where = sdr_text(index, SDR_INDEX_WHERE);
	const char *tablespace = sdr_text(index, SDR_INDEX_TABLESPACE);
	bool		concurrently = plan->options.concurrently &&
	*sdr_only(index) == '\0';
	StringInfoData buf;
	SdrStep    *step;

	initStringInfo(&buf);
	appendStringInfo(&buf, "CREATE %sINDEX %s%s ON %s%s USING %s (%s)",
					 sdr_true(index, SDR_INDEX_UNIQUE) ? "UNIQUE " : "",
					 concurrently ? "CONCURRENTLY " : "",
					 quote_identifier(index->name), sdr_only(index),
					 sdr_object_identity(index->parent),
					 quote_identifier(sdr_text(index, SDR_INDEX_METHOD)),
					 sdr_join(sdr_items(index, SDR_INDEX_KEYS), ", "));
	if (sdr_is_set(index, SDR_INDEX_INCLUDE))
		appendStringInfo(&buf, " INCLUDE (%s)",
						 sdr_names(sdr_items(index, SDR_INDEX_INCLUDE)));
	if (sdr_true(index, SDR_INDEX_NULLS_NOT_DISTINCT))
		appendStringInfoString(&buf, " NULLS NOT DISTINCT");
	if (sdr_is_set(index, SDR_INDEX_OPTIONS))
		appendStringInfo(&buf, " WITH (%s)",
						 sdr_storage_options(sdr_items(index,
													   SDR_INDEX_OPTIONS)));
	if (tablespace != NULL)
		appendStringInfo(&buf, " TABLESPACE %s", quote_identifier(tablespace));
	if (where != NULL)
		appendStringInfo(&buf, " WHERE %s", where);
	step = sdr_step(plan, SDR_STAGE_INDEX, index, "%s", buf.data);
	sdr_step_cost(step, concurrently ? SDR_RISK_SAFE : SDR_RISK_LOCKS,
				  concurrently ? SDR_SHARE_UPDATE : SDR_SHARE);
	step->transactional = !concurrently;
	step->makes = sdr_object_identity(index);
	set_statistics(plan, index, sdr_items(index, SDR_INDEX_STATISTICS), false);
	sdr_attach_index(plan, index, sdr_text(index, SDR_INDEX_PARTITION_OF));
}

static const SdrRule rules[] = {
	{SDR_INDEX_OPTIONS, "ALTER INDEX {identity}", NULL, SDR_SHARE_UPDATE,
	SDR_RISK_SAFE, sdr_mend_options},
	{SDR_INDEX_TABLESPACE, "ALTER INDEX {identity} SET TABLESPACE {quoted}",
		"ALTER INDEX {identity} SET TABLESPACE pg_default", SDR_EXCLUSIVE,
	SDR_RISK_REWRITES, NULL},
	{SDR_INDEX_STATISTICS,.mend = mend_statistics},
	{SDR_INDEX_VALID,.mend = sdr_mend_index_valid},
	{SDR_INDEX_PARTITION_OF,.mend = sdr_mend_index_parent},
	{SDR_ATTR_NONE}
};

const SdrMender sdr_index_mender = {
	.kind = SDR_KIND_INDEX,
	.type = "INDEX",
	.create = create_index,
	.rules = rules
};

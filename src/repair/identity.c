/*-------------------------------------------------------------------------
 *
 * identity.c
 *	  The sequences behind identity columns.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "commands/defrem.h"
#include "repair/repair.h"
#include "utils/builtins.h"

/* What such a sequence has in common with others. */
static const struct
{
	SdrAttrId	column;
	SdrAttrId	sequence;
}			shared[] = {
	{SDR_COLUMN_IDENTITY_PRIVILEGES, SDR_SEQUENCE_PRIVILEGES},
	{SDR_COLUMN_IDENTITY_COMMENT, SDR_SEQUENCE_COMMENT},
	{SDR_COLUMN_IDENTITY_SECURITY_LABELS, SDR_SEQUENCE_SECURITY_LABELS},
};

/* The name that the sequence has, or that the server gives it. */
static const char *
sequence_name(const SdrObject *column)
{
	const char *name = sdr_text(column, SDR_COLUMN_IDENTITY_SEQUENCE);

	return name != NULL ? name :
		makeObjectName(column->parent->name, column->name, "seq");
}

/* The same as other steps mention it. */
const char *
sdr_identity_sequence(const SdrObject *column)
{
	return quote_qualified_identifier(column->parent->parent->name,
									  sequence_name(column));
}

/* The sequence of a column as a sequence, which belongs to the table's owner. */
static const SdrObject *
sequence_of(const SdrObject *column, const char *name)
{
	SdrObject  *sequence = sdr_object_new(SDR_KIND_SEQUENCE, name, NULL);
	const char *owner = sdr_text(column->parent, SDR_TABLE_OWNER);
	SdrValue   *value;

	sequence->parent = column->parent->parent;
	for (int i = 0; i < lengthof(shared); i++)
		*sdr_value(sequence, shared[i].sequence) =
			*sdr_value(column, shared[i].column);
	value = sdr_value(sequence, SDR_SEQUENCE_OWNER);
	if (owner != NULL)
		*value = *sdr_value(column->parent, SDR_TABLE_OWNER);
	value = sdr_value(sequence, SDR_SEQUENCE_PRIVILEGES);
	if (value->tag == SDR_VALUE_UNSET && owner != NULL)
	{
		value->tag = SDR_VALUE_MAP;
		value->u.map = sdr_default_privileges(SDR_KIND_SEQUENCE, owner);
	}
	return sequence;
}

/* The name of a new one, where it is not the server's choice. */
const char *
sdr_identity_name_clause(const SdrObject *column)
{
	const SdrValue *name = sdr_value(column, SDR_COLUMN_IDENTITY_SEQUENCE);

	if (name->tag != SDR_VALUE_TEXT || name->implied)
		return "";
	return psprintf("SEQUENCE NAME %s ",
					quote_qualified_identifier(column->parent->parent->name,
											   name->u.text));
}

static void
rename_sequence(SdrPlan *plan, const SdrMend *mend, const SdrObject *sequence)
{
	const char *old = sequence_name(mend->have);

	if (strcmp(old, sequence->name) != 0)
		sdr_step_cost(sdr_step(plan, SDR_STAGE_TABLE, mend->want,
							   "ALTER SEQUENCE %s RENAME TO %s",
							   quote_qualified_identifier(sequence->parent->name,
														  old),
							   quote_identifier(sequence->name)),
					  SDR_RISK_LOCKS, SDR_EXCLUSIVE);
}

/* The type, with the parameters that are to go with it. */
static void
set_type(SdrPlan *plan, const SdrObject *column, const SdrObject *sequence)
{
	SdrAttrId	type = sdr_text(column, SDR_COLUMN_IDENTITY_TYPE) != NULL ?
	SDR_COLUMN_IDENTITY_TYPE : SDR_COLUMN_TYPE;

	sdr_step_cost(sdr_step(plan, SDR_STAGE_DEFAULT, column,
						   "ALTER SEQUENCE %s %s",
						   sdr_object_identity(sequence),
						   sdr_sequence_text(column, type,
											 SDR_COLUMN_IDENTITY_START)),
				  SDR_RISK_LOCKS, SDR_SHARE_ROW);
}

static void
set_unlogged(SdrPlan *plan, const SdrObject *column, const SdrObject *sequence)
{
	bool		unlogged = sdr_is_set(column, SDR_COLUMN_IDENTITY_UNLOGGED) ||
	(sdr_value(column, SDR_COLUMN_IDENTITY_UNLOGGED)->tag == SDR_VALUE_UNSET &&
	 sdr_true(column->parent, SDR_TABLE_UNLOGGED));

	sdr_step_cost(sdr_step(plan, SDR_STAGE_PROPERTY, column,
						   "ALTER SEQUENCE %s SET %s",
						   sdr_object_identity(sequence),
						   unlogged ? "UNLOGGED" : "LOGGED"),
				  SDR_RISK_LOCKS, SDR_EXCLUSIVE);
}

/* Mend what the sequence has by itself. */
void
sdr_mend_identity_sequence(SdrPlan *plan, const SdrMend *mend)
{
	const SdrObject *want = sdr_merged(mend->want, mend->have);
	const SdrObject *sequence = sequence_of(want, sequence_name(want));

	/* a new sequence has all of it already */
	if (!sdr_is_set(want, SDR_COLUMN_IDENTITY_GENERATION) ||
		!sdr_is_set(mend->have, SDR_COLUMN_IDENTITY_GENERATION))
		return;
	if (mend->id == SDR_COLUMN_IDENTITY_SEQUENCE)
		rename_sequence(plan, mend, sequence);
	else if (mend->id == SDR_COLUMN_IDENTITY_TYPE)
		set_type(plan, want, sequence);
	else if (mend->id == SDR_COLUMN_IDENTITY_UNLOGGED)
		set_unlogged(plan, want, sequence);
	for (int i = 0; i < lengthof(shared); i++)
	{
		if (shared[i].column == mend->id)
			sdr_mend_common(plan, sequence,
							sequence_of(mend->have, sequence->name),
							shared[i].sequence);
	}
}

/* Give the sequence of a new identity what CREATE TABLE cannot say. */
void
sdr_make_identity_properties(SdrPlan *plan, const SdrObject *column)
{
	const SdrValue *type = sdr_value(column, SDR_COLUMN_IDENTITY_TYPE);
	const SdrValue *unlogged = sdr_value(column, SDR_COLUMN_IDENTITY_UNLOGGED);
	const SdrObject *sequence;

	if (column->parent->kind->id != SDR_KIND_TABLE ||
		!sdr_is_set(column, SDR_COLUMN_IDENTITY_GENERATION))
		return;
	sequence = sequence_of(column, sequence_name(column));
	if (type->tag == SDR_VALUE_TEXT && !type->implied)
		set_type(plan, column, sequence);
	if (unlogged->tag == SDR_VALUE_BOOL && !unlogged->implied)
		set_unlogged(plan, column, sequence);
	for (int i = 0; i < lengthof(shared); i++)
	{
		const SdrValue *value = sdr_value(column, shared[i].column);

		if (!sdr_value_is_none(value) && !value->implied)
			sdr_mend_common(plan, sequence, NULL, shared[i].sequence);
	}
}

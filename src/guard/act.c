/*-------------------------------------------------------------------------
 *
 * act.c
 *	  Destructive acts: what schemadrift.protect can name.
 *
 * An act is "drop_" and the kind of the object, with _ for blanks, or one of
 * those listed here.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "guard/guard.h"

#define SDR_DROP	"drop_"

/* Acts that are not the drop of a whole object by a command of that name. */
#define ACT_ALTER_TYPE			"alter_type"
#define ACT_DROP_COLUMN			"drop_column"
#define ACT_DROP_CONSTRAINT		"drop_constraint"
#define ACT_DISABLE_RLS			"disable_row_security"
#define ACT_DISABLE_TRIGGER		"disable_trigger"
#define ACT_TRUNCATE			"truncate"

static const char *const other_acts[] = {
	ACT_ALTER_TYPE, ACT_DROP_COLUMN, ACT_DROP_CONSTRAINT, ACT_DISABLE_RLS,
	ACT_DISABLE_TRIGGER, ACT_TRUNCATE
};

/* What a subcommand of ALTER TABLE destroys; NULL for nothing. */
static const char *
alter_table_act(AlterTableType type)
{
	switch (type)
	{
		case AT_DropColumn:
			return ACT_DROP_COLUMN;
		case AT_DropConstraint:
			return ACT_DROP_CONSTRAINT;
		case AT_AlterColumnType:
			return ACT_ALTER_TYPE;
		case AT_DisableRowSecurity:
		case AT_NoForceRowSecurity:
			return ACT_DISABLE_RLS;
		case AT_DisableTrig:
		case AT_DisableTrigAll:
		case AT_DisableTrigUser:
			return ACT_DISABLE_TRIGGER;
		default:
			return NULL;
	}
}

/* The act of dropping an object of that kind. */
const char *
sdr_drop_act(const char *kind)
{
	char	   *act;

	if (strcmp(kind, "table column") == 0)
		return ACT_DROP_COLUMN;
	if (strcmp(kind, "table constraint") == 0 ||
		strcmp(kind, "domain constraint") == 0)
		return ACT_DROP_CONSTRAINT;
	act = psprintf(SDR_DROP "%s", kind);
	for (char *p = act; *p != '\0'; p++)
	{
		if (*p == ' ')
			*p = '_';
	}
	return act;
}

/* The destructive acts of a statement, as far as its tree tells. */
List *
sdr_statement_acts(Node *node, const SdrCommand *command)
{
	List	   *acts = NIL;
	ListCell   *lc;

	if (command->act == SDR_ACT_DROP)
		acts = lappend(acts, (char *) sdr_drop_act(command->kind));
	else if (command->act == SDR_ACT_TRUNCATE)
		acts = lappend(acts, ACT_TRUNCATE);
	else if (IsA(node, AlterTableStmt))
	{
		foreach(lc, ((AlterTableStmt *) node)->cmds)
		{
			const char *act =
			alter_table_act(((AlterTableCmd *) lfirst(lc))->subtype);

			if (act != NULL)
				acts = lappend(acts, (char *) act);
		}
	}
	else if (IsA(node, AlterDomainStmt) &&
			 ((AlterDomainStmt *) node)->subtype == 'X')
		acts = lappend(acts, ACT_DROP_CONSTRAINT);
	return acts;
}

/* May the setting name this act? */
bool
sdr_act_known(const char *act)
{
	for (int i = 0; i < lengthof(other_acts); i++)
	{
		if (strcmp(other_acts[i], act) == 0)
			return true;
	}
	for (int i = 0; i < SDR_NCOMMANDS; i++)
	{
		const SdrCommand *command = sdr_command(i);

		if (command->act == SDR_ACT_DROP &&
			strcmp(sdr_drop_act(command->kind), act) == 0)
			return true;
	}
	return false;
}

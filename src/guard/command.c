/*-------------------------------------------------------------------------
 *
 * command.c
 *	  The commands of the server, by tag.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "funcapi.h"
#include "guard/guard.h"
#include "utils/builtins.h"
#include "utils/tuplestore.h"

static const SdrCommand command_list[] = {
#define SDR_COMMAND(tag_, class_, act_, kind_, flags_) \
	{tag_, SDR_CLASS_##class_, SDR_ACT_##act_, kind_, flags_},
#include "guard/commandlist.h"
#undef SDR_COMMAND
};

/*
 * A command that is not listed is one of a server younger than the list.  It
 * is taken for DDL, as what is not known must not pass.
 */
static const SdrCommand unknown_command = {
	"???", SDR_CLASS_SCHEMA, SDR_ACT_ALTER, "object", 0
};

static const char *const class_names[] = {
	[SDR_CLASS_NONE] = "none",
	[SDR_CLASS_MAINTENANCE] = "maintenance",
	[SDR_CLASS_SCHEMA] = "schema",
	[SDR_CLASS_GLOBAL] = "global",
	[SDR_CLASS_PRIVILEGE] = "privilege",
	[SDR_CLASS_SERVER] = "server",
	[SDR_CLASS_DATA] = "data",
};

StaticAssertDecl(lengthof(class_names) == SDR_NCLASSES,
				 "every class has a name");

static const char *const act_names[] = {
	[SDR_ACT_NONE] = NULL,
	[SDR_ACT_CREATE] = "create",
	[SDR_ACT_ALTER] = "alter",
	[SDR_ACT_DROP] = "drop",
	[SDR_ACT_GRANT] = "grant",
	[SDR_ACT_REVOKE] = "revoke",
	[SDR_ACT_COMMENT] = "comment",
	[SDR_ACT_LABEL] = "label",
	[SDR_ACT_TRUNCATE] = "truncate",
};

StaticAssertDecl(lengthof(act_names) == SDR_NACTS, "every act has a name");

/* By the server's numbers, which differ between versions. */
static const SdrCommand *by_tag[SDR_NCOMMANDS];
static bool initialized = false;

static void
initialize(void)
{
	for (int i = 0; i < SDR_NCOMMANDS; i++)
		by_tag[i] = &unknown_command;
	for (int i = 0; i < lengthof(command_list); i++)
	{
		CommandTag	tag = GetCommandTagEnum(command_list[i].tag);

		if (tag != CMDTAG_UNKNOWN)
			by_tag[tag] = &command_list[i];
	}
	initialized = true;
}

const SdrCommand *
sdr_command(CommandTag tag)
{
	if (!initialized)
		initialize();
	return (int) tag >= 0 && (int) tag < SDR_NCOMMANDS ? by_tag[tag] :
		&unknown_command;
}

const char *
sdr_act_name(SdrAct act)
{
	return act_names[act];
}

/*
 * schemadrift_commands(): the commands of the running server, and what the
 * guard takes them for.
 */
PG_FUNCTION_INFO_V1(schemadrift_commands);

Datum
schemadrift_commands(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < SDR_NCOMMANDS; i++)
	{
		const SdrCommand *command = sdr_command(i);
		Datum		values[6];
		bool		nulls[6] = {0};

		if (i == CMDTAG_UNKNOWN)
			continue;
		values[0] = CStringGetTextDatum(GetCommandTagName(i));
		values[1] = CStringGetTextDatum(class_names[command->class]);
		if (command->act == SDR_ACT_NONE)
			nulls[2] = nulls[3] = true;
		else
		{
			values[2] = CStringGetTextDatum(sdr_act_name(command->act));
			values[3] = CStringGetTextDatum(command->kind);
		}
		values[4] = BoolGetDatum(command_tag_event_trigger_ok(i));
		values[5] = BoolGetDatum(command != &unknown_command);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values,
							 nulls);
	}
	return (Datum) 0;
}

/*-------------------------------------------------------------------------
 *
 * event.c
 *	  Event triggers: the layer that works after nothing but CREATE EXTENSION.
 *
 * The first one that fires in a session loads the library, so that from the
 * next statement on the hook is there too, and the event triggers only tell
 * which objects there are.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_database.h"
#include "catalog/pg_default_acl.h"
#include "catalog/pg_foreign_data_wrapper.h"
#include "catalog/pg_foreign_server.h"
#include "catalog/pg_language.h"
#include "catalog/pg_largeobject.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_parameter_acl.h"
#include "catalog/pg_policy.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_rewrite.h"
#include "catalog/pg_tablespace.h"
#include "catalog/pg_trigger.h"
#include "catalog/pg_type.h"
#include "commands/event_trigger.h"
#include "executor/executor.h"
#include "executor/tuptable.h"
#include "funcapi.h"
#include "guard/guard.h"
#include "tcop/deparse_utility.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"
#include "utils/tuplestore.h"

PG_FUNCTION_INFO_V1(schemadrift_ddl_command_start);
PG_FUNCTION_INFO_V1(schemadrift_ddl_command_end);
PG_FUNCTION_INFO_V1(schemadrift_sql_drop);
PG_FUNCTION_INFO_V1(schemadrift_table_rewrite);

/* Columns of pg_event_trigger_ddl_commands() that count here, from 1. */
enum
{
	COMMAND_CLASS = 1,
	COMMAND_OBJECT,
	COMMAND_SUBID,
	COMMAND_TAG,
	COMMAND_TYPE,
	COMMAND_SCHEMA,
	COMMAND_IDENTITY,
	COMMAND_IN_EXTENSION,
	COMMAND_COMMAND
};

/* Those of pg_event_trigger_dropped_objects(). */
enum
{
	DROPPED_CLASS = 1,
	DROPPED_OBJECT,
	DROPPED_SUBID,
	DROPPED_ORIGINAL,
	DROPPED_NORMAL,
	DROPPED_TEMPORARY,
	DROPPED_TYPE,
	DROPPED_SCHEMA,
	DROPPED_NAME,
	DROPPED_IDENTITY,
	DROPPED_ADDRESS_NAMES
};

typedef void (*RowCallback) (SdrFrame *frame, TupleTableSlot *slot);

static EventTriggerData *
trigger_data(FunctionCallInfo fcinfo, const char *name)
{
	if (!CALLED_AS_EVENT_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_EVENT_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("%s() can only be called as an event trigger", name)));
	return (EventTriggerData *) fcinfo->context;
}

/* The frame of the statement that fires the trigger; NULL if there is none. */
static SdrFrame *
frame_of(const EventTriggerData *data)
{
	SdrFrame   *frame = sdr_frame_current();

	return frame != NULL && !frame->ended && frame->tag == data->tag &&
		(frame->started || frame->by_hook) ? frame : NULL;
}

/*
 * Call one of the server's functions for event triggers, which return a set,
 * and hand its rows over.  Memory is taken from the frame, as that of an event
 * trigger goes when it returns.
 */
static void
each_row(Oid function, SdrFrame *frame, RowCallback callback)
{
	LOCAL_FCINFO(fcinfo, 0);
	FmgrInfo	flinfo;
	ReturnSetInfo result = {.type = T_ReturnSetInfo};
	TupleTableSlot *slot;
	MemoryContext old = MemoryContextSwitchTo(frame->context);

	fmgr_info(function, &flinfo);
	InitFunctionCallInfoData(*fcinfo, &flinfo, 0, InvalidOid, NULL,
							 (Node *) &result);
	result.econtext = CreateStandaloneExprContext();
	result.allowedModes = SFRM_Materialize;
	(void) FunctionCallInvoke(fcinfo);

	slot = MakeSingleTupleTableSlot(result.setDesc, &TTSOpsMinimalTuple);
	while (tuplestore_gettupleslot(result.setResult, true, false, slot))
		callback(frame, slot);
	ExecDropSingleTupleTableSlot(slot);
	tuplestore_end(result.setResult);
	FreeExprContext(result.econtext, true);
	MemoryContextSwitchTo(old);
}

static char *
get_text(TupleTableSlot *slot, AttrNumber attr)
{
	bool		isnull;
	Datum		value = slot_getattr(slot, attr, &isnull);

	return isnull ? NULL : TextDatumGetCString(value);
}

static Oid
get_oid(TupleTableSlot *slot, AttrNumber attr)
{
	bool		isnull;
	Datum		value = slot_getattr(slot, attr, &isnull);

	return isnull ? InvalidOid : DatumGetObjectId(value);
}

static bool
get_bool(TupleTableSlot *slot, AttrNumber attr)
{
	bool		isnull;
	Datum		value = slot_getattr(slot, attr, &isnull);

	return !isnull && DatumGetBool(value);
}

static void
get_address(TupleTableSlot *slot, ObjectAddress *address)
{
	address->classId = get_oid(slot, COMMAND_CLASS);
	address->objectId = get_oid(slot, COMMAND_OBJECT);
	address->objectSubId = (int32) get_oid(slot, COMMAND_SUBID);
}

/* The name of an object, after that of the table that it is a part of. */
static const char *
part_name(const ObjectAddress *address, List *names)
{
	int			n = list_length(names);

	if (n >= 3 && (address->objectSubId != 0 ||
				   address->classId == ConstraintRelationId ||
				   address->classId == TriggerRelationId ||
				   address->classId == PolicyRelationId ||
				   address->classId == RewriteRelationId))
		return psprintf("%s.%s", (char *) list_nth(names, n - 2),
						(char *) llast(names));
	return llast(names);
}

static const char *
type_name(Oid type)
{
	HeapTuple	tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(type));
	const char *name = NULL;

	if (HeapTupleIsValid(tuple))
	{
		name = pstrdup(NameStr(((Form_pg_type) GETSTRUCT(tuple))->typname));
		ReleaseSysCache(tuple);
	}
	return name;
}

/* Schema and name of an object, which the server tells with its identity. */
static void
name_object(SdrLogObject *object)
{
	const ObjectAddress *address = &object->address;
	List	   *names = NIL;
	List	   *args = NIL;
	int			n;

	if (address->classId == RelationRelationId && address->objectSubId == 0)
	{
		object->name = get_rel_name(address->objectId);
		object->schema =
			get_namespace_name_or_temp(get_rel_namespace(address->objectId));
		return;
	}
	if (address->classId == TypeRelationId)
	{
		/* the server gives the qualified name as one */
		object->name = type_name(address->objectId);
		return;
	}
	if (address->classId == DefaultAclRelationId)
	{
		object->name = object->identity;
		return;
	}
	if (getObjectIdentityParts(address, &names, &args, true) == NULL ||
		names == NIL)
		return;
	object->name = part_name(address, names);
	n = list_length(names) - (object->name == llast(names) ? 2 : 3);
	if (object->schema == NULL && n >= 0 && list_length(names) > 2)
		object->schema = list_nth(names, n);
}

/*
 * Add an object to the frame, of which the server is asked what it is; NULL if
 * it is there, or has gone.  part is true for what comes along.
 */
SdrLogObject *
sdr_event_object(SdrFrame *frame, const ObjectAddress *address,
				 const char *act, bool part)
{
	MemoryContext old = MemoryContextSwitchTo(frame->context);
	SdrLogObject object = {.act = act,.address = *address,.part = part};
	SdrLogObject *added = NULL;

	object.identity = getObjectIdentity(address, true);
	if (object.identity != NULL)
	{
		object.kind = getObjectTypeDescription(address, true);
		name_object(&object);
		added = sdr_frame_add(frame, &object);
	}
	MemoryContextSwitchTo(old);
	return added;
}

/* The catalog that objects of GRANT are in. */
static const struct
{
	ObjectType	type;
	Oid			catalog;
}			grantable[] = {
	{OBJECT_TABLE, RelationRelationId},
	{OBJECT_SEQUENCE, RelationRelationId},
	{OBJECT_DATABASE, DatabaseRelationId},
	{OBJECT_DOMAIN, TypeRelationId},
	{OBJECT_TYPE, TypeRelationId},
	{OBJECT_FDW, ForeignDataWrapperRelationId},
	{OBJECT_FOREIGN_SERVER, ForeignServerRelationId},
	{OBJECT_FUNCTION, ProcedureRelationId},
	{OBJECT_PROCEDURE, ProcedureRelationId},
	{OBJECT_ROUTINE, ProcedureRelationId},
	{OBJECT_LANGUAGE, LanguageRelationId},
	{OBJECT_LARGEOBJECT, LargeObjectRelationId},
	{OBJECT_SCHEMA, NamespaceRelationId},
	{OBJECT_TABLESPACE, TableSpaceRelationId},
	{OBJECT_PARAMETER_ACL, ParameterAclRelationId},
};

/*
 * The objects of GRANT and REVOKE, of which the server tells only in C.  Those
 * of a whole schema are noted as touched: the statement's row is the schema's.
 */
static void
add_granted(SdrFrame *frame, const CollectedCommand *command)
{
	const InternalGrant *grant = command->d.grant.istmt;
	ListCell   *lc;

	for (int i = 0; i < lengthof(grantable); i++)
	{
		if (grantable[i].type != grant->objtype)
			continue;
		foreach(lc, grant->objects)
		{
			ObjectAddress address;

			ObjectAddressSet(address, grantable[i].catalog, lfirst_oid(lc));
			if (frame->facts.all_in_schema)
				sdr_frame_touch(frame, address.classId, address.objectId);
			else
				(void) sdr_event_object(frame, &address,
										sdr_act_name(frame->facts.command->act),
										false);
		}
	}
}

/* What a command does; a statement may consist of several. */
static const char *
act_of(TupleTableSlot *slot)
{
	const char *tag = get_text(slot, COMMAND_TAG);

	return sdr_act_name(sdr_command(GetCommandTagEnum(tag))->act);
}

static const CollectedCommand *
get_command(TupleTableSlot *slot)
{
	bool		isnull;
	Datum		value = slot_getattr(slot, COMMAND_COMMAND, &isnull);

	return isnull ? NULL : (const CollectedCommand *) DatumGetPointer(value);
}

static void
add_command(SdrFrame *frame, TupleTableSlot *slot)
{
	SdrLogObject object = {0};

	if (get_bool(slot, COMMAND_IN_EXTENSION))
		return;
	get_address(slot, &object.address);
	if (!OidIsValid(object.address.objectId))
	{
		const CollectedCommand *command = get_command(slot);

		/* of others the parse tree tells more */
		if (command != NULL && command->type == SCT_Grant)
			add_granted(frame, command);
		return;
	}
	object.act = act_of(slot);
	object.kind = get_text(slot, COMMAND_TYPE);
	object.schema = get_text(slot, COMMAND_SCHEMA);
	object.identity = get_text(slot, COMMAND_IDENTITY);
	name_object(&object);
	sdr_frame_add(frame, &object);
}

/* Is the dropped object one that rows are made of? */
static bool
is_worth_a_row(const SdrFrame *frame, const SdrLogObject *object,
			   bool original, bool normal)
{
	static const char *const parts[] = {
		"index", "table constraint", "table column", "sequence", "trigger",
		"policy", "rule", "domain constraint"
	};

	/* that of a view is the view */
	if (strcmp(object->kind, "rule") == 0 &&
		strncmp(object->identity, "\"_RETURN\" on ", 13) == 0)
		return false;
	if (original || normal)
		return true;

	/* with a whole table go its parts, which nobody needs to be told of */
	if (frame->facts.command->act == SDR_ACT_DROP)
		return false;
	for (int i = 0; i < lengthof(parts); i++)
	{
		if (strcmp(parts[i], object->kind) == 0)
			return true;
	}
	return false;
}

/*
 * What a cascade takes along must not be what a statement of that kind could
 * not have dropped: neither protected objects, nor permanent ones when the
 * statement passed because it named temporary ones.
 */
static void
check_dropped(SdrFrame *frame, const SdrLogObject *object, bool temporary)
{
	const char *act;

	if (frame->decision.reason == SDR_REASON_TEMPORARY && !temporary)
		sdr_fault_dropped(frame, SDR_REASON_UNTRACKED, NULL, object->identity);
	if (frame->decision.verdict != SDR_VERDICT_TRACKED ||
		frame->proof.allow_destructive)
		return;
	act = sdr_drop_act(object->kind);
	if (strcmp(object->kind, "extension") == 0 &&
		strcmp(object->identity, "schemadrift") == 0)
		sdr_fault_dropped(frame, SDR_REASON_OWN, NULL, object->identity);
	else if (sdr_protected_act(list_make1((char *) act)) != NULL)
		sdr_fault_dropped(frame, SDR_REASON_PROTECTED, act, object->identity);
}

/* The parts of a name, which the server gives as an array. */
static List *
dropped_names(TupleTableSlot *slot)
{
	List	   *names = NIL;
	bool		isnull;
	Datum		array = slot_getattr(slot, DROPPED_ADDRESS_NAMES, &isnull);
	Datum	   *elements;
	bool	   *nulls;
	int			n;

	if (!isnull)
	{
		deconstruct_array(DatumGetArrayTypeP(array), TEXTOID, -1, false,
						  TYPALIGN_INT, &elements, &nulls, &n);
		for (int i = 0; i < n && !nulls[i]; i++)
			names = lappend(names, TextDatumGetCString(elements[i]));
	}
	return names;
}

/* Is it a part of a table that the statement drops by name? */
static bool
goes_with_table(const SdrFrame *frame, const SdrLogObject *object,
				const List *names)
{
	int			n = list_length(names);
	ListCell   *lc;

	if (frame->facts.command->act != SDR_ACT_DROP || n < 3 ||
		(object->address.objectSubId == 0 &&
		 object->address.classId != ConstraintRelationId &&
		 object->address.classId != TriggerRelationId &&
		 object->address.classId != PolicyRelationId &&
		 object->address.classId != RewriteRelationId))
		return false;
	foreach(lc, frame->facts.targets)
	{
		const SdrTarget *target = lfirst(lc);

		if (target->name != NULL &&
			strcmp(target->name, list_nth(names, n - 2)) == 0 &&
			(target->schema == NULL ||
			 strcmp(target->schema, list_nth(names, n - 3)) == 0))
			return true;
	}
	return false;
}

static void
add_dropped(SdrFrame *frame, TupleTableSlot *slot)
{
	SdrLogObject object = {.act = "drop"};
	List	   *names;
	bool		original = get_bool(slot, DROPPED_ORIGINAL);
	bool		normal = get_bool(slot, DROPPED_NORMAL);

	get_address(slot, &object.address);
	object.kind = get_text(slot, DROPPED_TYPE);
	object.identity = get_text(slot, DROPPED_IDENTITY);
	if (object.kind == NULL || object.identity == NULL)
		return;
	if (original || normal)
		check_dropped(frame, &object, get_bool(slot, DROPPED_TEMPORARY));
	if (!frame->decision.logged ||
		!is_worth_a_row(frame, &object, original, normal))
		return;
	object.schema = get_text(slot, DROPPED_SCHEMA);
	object.name = get_text(slot, DROPPED_NAME);
	names = object.name == NULL || !original ?
		dropped_names(slot) : NIL;
	if (!original && goes_with_table(frame, &object, names))
		return;
	if (object.name == NULL)
		object.name = names == NIL ? object.identity :
			part_name(&object.address, names);
	object.part = !original;
	sdr_frame_add(frame, &object);
}

/*
 * schemadrift_ddl_command_start() - decides where the hook has not been there
 * in time.
 */
Datum
schemadrift_ddl_command_start(PG_FUNCTION_ARGS)
{
	EventTriggerData *data = trigger_data(fcinfo,
										  "schemadrift_ddl_command_start");
	SdrFrame   *frame = sdr_frame_current();

	if (sdr_command(data->tag)->class > SDR_CLASS_MAINTENANCE)
		sdr_proof_follow(data->parsetree);
	if (frame != NULL && frame->by_hook && !frame->started &&
		frame->tag == data->tag)
	{
		frame->started = true;
		PG_RETURN_VOID();
	}
	if (sdr_command(data->tag)->class <= SDR_CLASS_MAINTENANCE ||
		!sdr_guard_awake())
		PG_RETURN_VOID();

	frame = sdr_frame_open(data->parsetree, data->tag, false);
	frame->started = true;
	sdr_frame_judge(frame, data->parsetree);
	if (frame->decision.logged)
		sdr_frame_text(frame, NULL, -1, 0, false);
	if (frame->decision.verdict == SDR_VERDICT_REJECTED)
		sdr_reject(frame);
	sdr_log_own(frame);
	if (frame->decision.warned)
		sdr_warn(frame);
	PG_RETURN_VOID();
}

/* schemadrift_ddl_command_end() - which objects there are now. */
Datum
schemadrift_ddl_command_end(PG_FUNCTION_ARGS)
{
	EventTriggerData *data = trigger_data(fcinfo,
										  "schemadrift_ddl_command_end");
	SdrFrame   *frame = frame_of(data);
	ListCell   *lc;

	if (frame == NULL)
		PG_RETURN_VOID();
	frame->ended = true;
	if (frame->decision.logged)
	{
		each_row(F_PG_EVENT_TRIGGER_DDL_COMMANDS, frame, add_command);
		foreach(lc, frame->created)
			(void) sdr_event_object(frame, lfirst(lc), "create", true);
		sdr_changes_find(frame);
	}
	if (!frame->by_hook)
	{
		sdr_log_frame(frame);
		sdr_frame_close(frame);
	}
	PG_RETURN_VOID();
}

/* schemadrift_sql_drop() - which objects are gone. */
Datum
schemadrift_sql_drop(PG_FUNCTION_ARGS)
{
	EventTriggerData *data = trigger_data(fcinfo, "schemadrift_sql_drop");
	SdrFrame   *frame = frame_of(data);

	if (frame != NULL && (frame->decision.logged ||
						  frame->decision.reason == SDR_REASON_TEMPORARY))
		each_row(F_PG_EVENT_TRIGGER_DROPPED_OBJECTS, frame, add_dropped);
	PG_RETURN_VOID();
}

/* schemadrift_table_rewrite() - notes that a table is written anew. */
Datum
schemadrift_table_rewrite(PG_FUNCTION_ARGS)
{
	EventTriggerData *data = trigger_data(fcinfo,
										  "schemadrift_table_rewrite");
	SdrFrame   *frame = frame_of(data);
	Oid			relid;
	MemoryContext old;

	if (frame == NULL || !frame->decision.logged)
		PG_RETURN_VOID();
	relid = DatumGetObjectId(OidFunctionCall0(F_PG_EVENT_TRIGGER_TABLE_REWRITE_OID));
	old = MemoryContextSwitchTo(frame->context);
	frame->rewritten = lappend(frame->rewritten, get_rel_name(relid));
	MemoryContextSwitchTo(old);
	PG_RETURN_VOID();
}

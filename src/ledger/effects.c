/*-------------------------------------------------------------------------
 *
 * effects.c
 *	  The objects that the statements of a script make and remove, as far as
 *	  the statements themselves say so.
 *
 * What a DO block, a function or another program does is not known: such a
 * script is called opaque.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "commands/defrem.h"
#include "compat.h"
#include "ledger/history.h"
#include "miscadmin.h"
#include "model/model.h"
#include "nodes/parsenodes.h"
#include "nodes/value.h"

static void collect(Node *stmt, const char *schema, SdrScript *script);

/* What a type of object is called here; the others are not followed. */
static const struct
{
	ObjectType	type;
	SdrEffectKind kind;
}			followed[] = {
	{OBJECT_TABLE, SDR_EFFECT_TABLE},
	{OBJECT_FOREIGN_TABLE, SDR_EFFECT_TABLE},
	{OBJECT_VIEW, SDR_EFFECT_VIEW},
	{OBJECT_MATVIEW, SDR_EFFECT_VIEW},
	{OBJECT_INDEX, SDR_EFFECT_INDEX},
	{OBJECT_SEQUENCE, SDR_EFFECT_SEQUENCE},
	{OBJECT_TYPE, SDR_EFFECT_TYPE},
	{OBJECT_DOMAIN, SDR_EFFECT_TYPE},
	{OBJECT_FUNCTION, SDR_EFFECT_FUNCTION},
	{OBJECT_PROCEDURE, SDR_EFFECT_FUNCTION},
	{OBJECT_ROUTINE, SDR_EFFECT_FUNCTION},
	{OBJECT_AGGREGATE, SDR_EFFECT_FUNCTION},
	{OBJECT_SCHEMA, SDR_EFFECT_SCHEMA},
	{OBJECT_EXTENSION, SDR_EFFECT_EXTENSION},
	{OBJECT_TRIGGER, SDR_EFFECT_TRIGGER},
	{OBJECT_POLICY, SDR_EFFECT_POLICY},
	{OBJECT_COLUMN, SDR_EFFECT_COLUMN},
	{OBJECT_TABCONSTRAINT, SDR_EFFECT_CONSTRAINT},
};

static const char *const effect_names[] = {
	"table", "view", "index", "sequence", "type", "function", "schema",
	"extension", "trigger", "policy", "column", "constraint", "label"
};

StaticAssertDecl(lengthof(effect_names) == SDR_NEFFECTS, "effect names");

const char *
sdr_effect_kind_name(SdrEffectKind kind)
{
	return effect_names[kind];
}

bool
sdr_effect_kind_by_name(const char *name, int len, SdrEffectKind *kind)
{
	for (int i = 0; i < SDR_NEFFECTS; i++)
	{
		if (strlen(effect_names[i]) == len &&
			strncmp(effect_names[i], name, len) == 0)
		{
			*kind = i;
			return true;
		}
	}
	return false;
}

static bool
is_followed(ObjectType type, SdrEffectKind *kind)
{
	for (int i = 0; i < lengthof(followed); i++)
	{
		if (followed[i].type == type)
		{
			*kind = followed[i].kind;
			return true;
		}
	}
	return false;
}

static void
add(SdrScript *script, bool creates, SdrEffectKind kind, const char *schema,
	const char *name, const char *part)
{
	SdrEffect  *effect;

	if (name == NULL)
		return;
	effect = palloc(sizeof(SdrEffect));
	effect->creates = creates;
	effect->kind = kind;
	effect->schema = schema;
	effect->name = name;
	effect->part = part;
	script->effects = lappend(script->effects, effect);
}

/* Schema and name of a list of names; NULL for a schema that is not said. */
static const char *
split_names(const List *names, const char **schema)
{
	int			n = list_length(names);

	if (n > 1)
		*schema = strVal(list_nth(names, n - 2));
	return strVal(llast(names));
}

static void
add_names(SdrScript *script, bool creates, SdrEffectKind kind,
		  const char *schema, const List *names)
{
	const char *name = split_names(names, &schema);

	add(script, creates, kind, schema, name, NULL);
}

static const char *
schema_of(const RangeVar *relation, const char *schema)
{
	return relation->schemaname != NULL ? relation->schemaname : schema;
}

static void
add_relation(SdrScript *script, SdrEffectKind kind, const RangeVar *relation,
			 const char *schema)
{
	if (relation->relpersistence != RELPERSISTENCE_TEMP)
		add(script, true, kind, schema_of(relation, schema),
			relation->relname, NULL);
}

static void
add_part(SdrScript *script, bool creates, SdrEffectKind kind,
		 const RangeVar *relation, const char *schema, const char *part)
{
	if (part != NULL)
		add(script, creates, kind, schema_of(relation, schema),
			relation->relname, part);
}

/* A column or constraint as CREATE TABLE and ALTER TABLE ADD have it. */
static void
add_element(SdrScript *script, const RangeVar *relation, const char *schema,
			Node *element)
{
	ListCell   *lc;

	if (element == NULL)
		return;
	if (IsA(element, ColumnDef))
	{
		ColumnDef  *column = (ColumnDef *) element;

		add_part(script, true, SDR_EFFECT_COLUMN, relation, schema,
				 column->colname);
		foreach(lc, column->constraints)
			add_element(script, relation, schema, lfirst(lc));
	}
	else if (IsA(element, TableLikeClause))
		add_part(script, true, SDR_EFFECT_COLUMN, relation, schema,
				 SDR_ANY_COLUMN);
	else if (IsA(element, Constraint))
		add_part(script, true, SDR_EFFECT_CONSTRAINT, relation, schema,
				 ((Constraint *) element)->conname);
}

static void
collect_table(CreateStmt *stmt, const char *schema, SdrScript *script)
{
	ListCell   *lc;

	if (stmt->relation->relpersistence == RELPERSISTENCE_TEMP)
		return;
	add_relation(script, SDR_EFFECT_TABLE, stmt->relation, schema);
	if (stmt->inhRelations != NIL || stmt->ofTypename != NULL)
		add_part(script, true, SDR_EFFECT_COLUMN, stmt->relation, schema,
				 SDR_ANY_COLUMN);
	foreach(lc, stmt->tableElts)
		add_element(script, stmt->relation, schema, lfirst(lc));
}

static void
collect_alter_table(AlterTableStmt *stmt, const char *schema,
					SdrScript *script)
{
	ListCell   *lc;

	foreach(lc, stmt->cmds)
	{
		AlterTableCmd *cmd = lfirst_node(AlterTableCmd, lc);

		if (cmd->subtype == AT_AddColumn || cmd->subtype == AT_AddConstraint)
			add_element(script, stmt->relation, schema, cmd->def);
		else if (cmd->subtype == AT_DropColumn)
			add_part(script, false, SDR_EFFECT_COLUMN, stmt->relation, schema,
					 cmd->name);
		else if (cmd->subtype == AT_DropConstraint)
			add_part(script, false, SDR_EFFECT_CONSTRAINT, stmt->relation,
					 schema, cmd->name);
	}
}

static void
collect_drop(DropStmt *stmt, const char *schema, SdrScript *script)
{
	SdrEffectKind kind;
	ListCell   *lc;

	if (!is_followed(stmt->removeType, &kind))
		return;
	foreach(lc, stmt->objects)
	{
		Node	   *object = lfirst(lc);
		List	   *names;

		if (IsA(object, TypeName))
			names = ((TypeName *) object)->names;
		else if (IsA(object, ObjectWithArgs))
			names = ((ObjectWithArgs *) object)->objname;
		else if (IsA(object, List))
			names = (List *) object;
		else
			names = list_make1(object);
		if (kind == SDR_EFFECT_TRIGGER || kind == SDR_EFFECT_POLICY)
		{
			/* the relation's names, then its own */
			const char *on = schema;
			const char *name =
			split_names(list_copy_head(names, list_length(names) - 1), &on);

			add(script, false, kind, on, name, strVal(llast(names)));
		}
		else
			add_names(script, false, kind, schema, names);
	}
}

/* RENAME removes one object and makes another. */
static void
collect_rename(RenameStmt *stmt, const char *schema, SdrScript *script)
{
	SdrEffectKind kind;

	if (!is_followed(stmt->renameType, &kind))
		return;
	if (stmt->relation != NULL)
	{
		const char *on = schema_of(stmt->relation, schema);
		const char *name = stmt->relation->relname;
		bool		is_part = kind >= SDR_EFFECT_TRIGGER;

		if (is_part)
		{
			add(script, false, kind, on, name, stmt->subname);
			add(script, true, kind, on, name, stmt->newname);
		}
		else
		{
			add(script, false, kind, on, name, NULL);
			add(script, true, kind, on, stmt->newname, NULL);
			if (kind == SDR_EFFECT_TABLE)
				add(script, true, SDR_EFFECT_COLUMN, on, stmt->newname,
					SDR_ANY_COLUMN);
		}
	}
	else if (stmt->object != NULL)
	{
		List	   *names = IsA(stmt->object, ObjectWithArgs) ?
		((ObjectWithArgs *) stmt->object)->objname :
		IsA(stmt->object, List) ? (List *) stmt->object : NIL;
		const char *on = schema;

		if (names == NIL)
			return;
		add_names(script, false, kind, schema, names);
		(void) split_names(names, &on);
		add(script, true, kind, on, stmt->newname, NULL);
	}
	else if (kind == SDR_EFFECT_SCHEMA)
	{
		add(script, false, kind, NULL, stmt->subname, NULL);
		add(script, true, kind, NULL, stmt->newname, NULL);
	}
}

static void
collect_set_schema(AlterObjectSchemaStmt *stmt, const char *schema,
				   SdrScript *script)
{
	SdrEffectKind kind;
	const char *name;

	if (!is_followed(stmt->objectType, &kind))
		return;
	if (stmt->relation != NULL)
	{
		schema = schema_of(stmt->relation, schema);
		name = stmt->relation->relname;
	}
	else if (stmt->object != NULL && IsA(stmt->object, ObjectWithArgs))
		name = split_names(((ObjectWithArgs *) stmt->object)->objname,
						   &schema);
	else if (stmt->object != NULL && IsA(stmt->object, List))
		name = split_names((List *) stmt->object, &schema);
	else
		return;
	add(script, false, kind, schema, name, NULL);
	add(script, true, kind, stmt->newschema, name, NULL);
}

static void
collect_enum_value(AlterEnumStmt *stmt, const char *schema,
				   SdrScript *script)
{
	const char *name = split_names(stmt->typeName, &schema);

	if (stmt->oldVal != NULL)
		add(script, false, SDR_EFFECT_LABEL, schema, name, stmt->oldVal);
	add(script, true, SDR_EFFECT_LABEL, schema, name, stmt->newVal);
}

static void
collect_schema(CreateSchemaStmt *stmt, SdrScript *script)
{
	ListCell   *lc;

	add(script, true, SDR_EFFECT_SCHEMA, NULL, stmt->schemaname, NULL);
	foreach(lc, stmt->schemaElts)
		collect(lfirst(lc), stmt->schemaname, script);
}

/* Statements that make one object with a list of names. */
static bool
collect_named(Node *stmt, const char *schema, SdrScript *script)
{
	SdrEffectKind kind = SDR_EFFECT_TYPE;
	const List *names;

	switch (nodeTag(stmt))
	{
		case T_CreateEnumStmt:
			names = ((CreateEnumStmt *) stmt)->typeName;
			break;
		case T_CreateDomainStmt:
			names = ((CreateDomainStmt *) stmt)->domainname;
			break;
		case T_CreateRangeStmt:
			names = ((CreateRangeStmt *) stmt)->typeName;
			break;
		case T_CreateFunctionStmt:
			names = ((CreateFunctionStmt *) stmt)->funcname;
			kind = SDR_EFFECT_FUNCTION;
			break;
		case T_DefineStmt:
			names = ((DefineStmt *) stmt)->defnames;
			if (!is_followed(((DefineStmt *) stmt)->kind, &kind))
				return true;
			break;
		default:
			return false;
	}
	add_names(script, true, kind, schema, names);
	return true;
}

/*
 * An index.  One without a name gets it from the server; what that is, but for
 * digits at its end, is put down as a guess, with a part.
 */
static void
collect_index(IndexStmt *stmt, const char *schema, SdrScript *script)
{
	StringInfoData columns;
	ListCell   *lc;

	schema = schema_of(stmt->relation, schema);
	if (stmt->idxname != NULL)
	{
		add(script, true, SDR_EFFECT_INDEX, schema, stmt->idxname, NULL);
		return;
	}
	initStringInfo(&columns);
	foreach(lc, stmt->indexParams)
	{
		const IndexElem *elem = lfirst_node(IndexElem, lc);

		if (columns.len >= NAMEDATALEN)
			break;
		appendStringInfo(&columns, "%s%s", columns.len > 0 ? "_" : "",
						 elem->name != NULL ? elem->name : "expr");
	}
	add(script, true, SDR_EFFECT_INDEX, schema,
		makeObjectName(stmt->relation->relname, columns.data, "idx"),
		"unnamed");
}

/* CREATE TABLE AS and CREATE MATERIALIZED VIEW, whose query has the columns. */
static void
collect_table_as(CreateTableAsStmt *stmt, const char *schema,
				 SdrScript *script)
{
	const RangeVar *relation = stmt->into->rel;

	if (stmt->objtype == OBJECT_MATVIEW)
		add_relation(script, SDR_EFFECT_VIEW, relation, schema);
	else if (relation->relpersistence != RELPERSISTENCE_TEMP)
	{
		add_relation(script, SDR_EFFECT_TABLE, relation, schema);
		add_part(script, true, SDR_EFFECT_COLUMN, relation, schema,
				 SDR_ANY_COLUMN);
	}
}

/* Statements that make one relation, or a part of one. */
static bool
collect_relation(Node *stmt, const char *schema, SdrScript *script)
{
	switch (nodeTag(stmt))
	{
		case T_CreateStmt:
			collect_table((CreateStmt *) stmt, schema, script);
			break;
		case T_CreateForeignTableStmt:
			collect_table(&((CreateForeignTableStmt *) stmt)->base, schema,
						  script);
			break;
		case T_CreateTableAsStmt:
			collect_table_as((CreateTableAsStmt *) stmt, schema, script);
			break;
		case T_ViewStmt:
			add_relation(script, SDR_EFFECT_VIEW, ((ViewStmt *) stmt)->view,
						 schema);
			break;
		case T_CreateSeqStmt:
			add_relation(script, SDR_EFFECT_SEQUENCE,
						 ((CreateSeqStmt *) stmt)->sequence, schema);
			break;
		case T_CompositeTypeStmt:
			add_relation(script, SDR_EFFECT_TYPE,
						 ((CompositeTypeStmt *) stmt)->typevar, schema);
			break;
		case T_IndexStmt:
			collect_index((IndexStmt *) stmt, schema, script);
			break;
		case T_CreateTrigStmt:
			add_part(script, true, SDR_EFFECT_TRIGGER,
					 ((CreateTrigStmt *) stmt)->relation, schema,
					 ((CreateTrigStmt *) stmt)->trigname);
			break;
		case T_CreatePolicyStmt:
			add_part(script, true, SDR_EFFECT_POLICY,
					 ((CreatePolicyStmt *) stmt)->table, schema,
					 ((CreatePolicyStmt *) stmt)->policy_name);
			break;
		default:
			return false;
	}
	return true;
}

static void
collect(Node *stmt, const char *schema, SdrScript *script)
{
	check_stack_depth();
	if (collect_named(stmt, schema, script) ||
		collect_relation(stmt, schema, script))
		return;
	switch (nodeTag(stmt))
	{
		case T_CreateSchemaStmt:
			collect_schema((CreateSchemaStmt *) stmt, script);
			break;
		case T_CreateExtensionStmt:
			add(script, true, SDR_EFFECT_EXTENSION, NULL,
				((CreateExtensionStmt *) stmt)->extname, NULL);
			break;
		case T_AlterTableStmt:
			collect_alter_table((AlterTableStmt *) stmt, schema, script);
			break;
		case T_AlterEnumStmt:
			collect_enum_value((AlterEnumStmt *) stmt, schema, script);
			break;
		case T_RenameStmt:
			collect_rename((RenameStmt *) stmt, schema, script);
			break;
		case T_AlterObjectSchemaStmt:
			collect_set_schema((AlterObjectSchemaStmt *) stmt, schema, script);
			break;
		case T_DropStmt:
			collect_drop((DropStmt *) stmt, schema, script);
			break;
		case T_DoStmt:
		case T_CallStmt:
		case T_SelectStmt:
		case T_ExecuteStmt:
		case T_ImportForeignSchemaStmt:
			script->opaque = true;
			break;
		default:
			break;
	}
}

/* Add what these statements, from raw_parser(), make and remove. */
void
sdr_effects_collect(List *statements, SdrScript *script)
{
	ListCell   *lc;

	foreach(lc, statements)
		collect(lfirst_node(RawStmt, lc)->stmt, NULL, script);
}

/*
 * Effects as the text of a jsonb value, an array for each: "+" or "-", kind,
 * schema, name, part.
 */
char *
sdr_effects_write(const List *effects)
{
	StringInfoData json;
	ListCell   *lc;

	initStringInfo(&json);
	appendStringInfoChar(&json, '[');
	foreach(lc, effects)
	{
		const SdrEffect *effect = lfirst(lc);
		const char *names[] = {effect->schema, effect->name, effect->part};

		appendStringInfo(&json, "%s[\"%c\",\"%s\"",
						 lc == list_head(effects) ? "" : ",",
						 effect->creates ? '+' : '-',
						 effect_names[effect->kind]);
		for (int i = 0; i < lengthof(names); i++)
		{
			appendStringInfoChar(&json, ',');
			if (names[i] == NULL)
				appendStringInfoString(&json, "null");
			else
				sdr_json_string(&json, names[i]);
		}
		appendStringInfoChar(&json, ']');
	}
	appendStringInfoChar(&json, ']');
	return json.data;
}

/* One effect; NULL if the array is none. */
static SdrEffect *
read_effect(JsonbContainer *array)
{
	SdrEffect  *effect = palloc0(sizeof(SdrEffect));
	const char **names[] = {&effect->schema, &effect->name, &effect->part};

	for (int i = 0; i < 2 + lengthof(names); i++)
	{
		JsonbValue *value = getIthJsonbValueFromContainer(array, i);

		if (value == NULL || (value->type != jbvString && i < 2))
			return NULL;
		if (i == 0)
			effect->creates = value->val.string.len == 1 &&
				*value->val.string.val == '+';
		else if (i == 1)
		{
			if (!sdr_effect_kind_by_name(value->val.string.val,
										 value->val.string.len,
										 &effect->kind))
				return NULL;
		}
		else if (value->type == jbvString)
			*names[i - 2] = pnstrdup(value->val.string.val,
									 value->val.string.len);
	}
	return effect->name == NULL ? NULL : effect;
}

/* The reverse.  What is of another shape, by whoever's hand, is left out. */
List *
sdr_effects_read(Jsonb *json)
{
	List	   *effects = NIL;

	if (!JB_ROOT_IS_ARRAY(json))
		return NIL;
	for (int i = 0; i < JB_ROOT_COUNT(json); i++)
	{
		JsonbValue *value = getIthJsonbValueFromContainer(&json->root, i);
		SdrEffect  *effect = NULL;

		if (value->type == jbvBinary &&
			JsonContainerIsArray(value->val.binary.data))
			effect = read_effect(value->val.binary.data);
		if (effect != NULL)
			effects = lappend(effects, effect);
	}
	return effects;
}

/*-------------------------------------------------------------------------
 *
 * function.c
 *	  Functions, procedures and, in aggregate.c, aggregates.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/indexing.h"
#include "catalog/live.h"
#include "catalog/pg_language.h"
#include "catalog/pg_proc.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"

/* What the server takes for COST and ROWS when nothing is said. */
#define DEFAULT_COST			100
#define DEFAULT_COST_OF_C		1

/* The kind of a routine by its prokind. */
SdrKindId
sdr_routine_kind(char prokind)
{
	switch (prokind)
	{
		case PROKIND_FUNCTION:
		case PROKIND_WINDOW:
			return SDR_KIND_FUNCTION;
		case PROKIND_PROCEDURE:
			return SDR_KIND_PROCEDURE;
		case PROKIND_AGGREGATE:
			return SDR_KIND_AGGREGATE;
	}
	elog(ERROR, "unrecognized kind of routine: %c", prokind);
}

const char *
sdr_parallel_name(char parallel)
{
	switch (parallel)
	{
		case PROPARALLEL_SAFE:
			return "safe";
		case PROPARALLEL_RESTRICTED:
			return "restricted";
		case PROPARALLEL_UNSAFE:
			return "unsafe";
	}
	elog(ERROR, "unrecognized parallel safety: %c", parallel);
}

static const char *
volatility_name(char volatility)
{
	switch (volatility)
	{
		case PROVOLATILE_IMMUTABLE:
			return "immutable";
		case PROVOLATILE_STABLE:
			return "stable";
		case PROVOLATILE_VOLATILE:
			return "volatile";
	}
	elog(ERROR, "unrecognized volatility: %c", volatility);
}

static bool
uses_temporary_type(SdrReader *reader, Form_pg_proc form)
{
	for (int i = 0; i < form->pronargs; i++)
	{
		if (sdr_type_is_temporary(reader, form->proargtypes.values[i]))
			return true;
	}
	return sdr_type_is_temporary(reader, form->prorettype);
}

static bool
function_identify(SdrReader *reader, HeapTuple tuple, SdrEntry *entry)
{
	Form_pg_proc form = (Form_pg_proc) GETSTRUCT(tuple);

	/* the constructors of a range type come with it */
	if (form->prolang == INTERNALlanguageId &&
		sdr_is_internal(reader, ProcedureRelationId, form->oid))
		return false;
	if (uses_temporary_type(reader, form))
		return false;
	entry->item.kind = sdr_kind(sdr_routine_kind(form->prokind));
	entry->item.name = sdr_routine_name(reader,
										quote_identifier(NameStr(form->proname)),
										form->proargtypes.values,
										form->pronargs);
	return true;
}

/*
 * An argument as SQL writes it.  Only a procedure's have IN in front, as its
 * modes are part of how it is called.
 */
const char *
sdr_argument_text(SdrKindId kind, char mode, const char *name,
				  const char *type, const char *dflt)
{
	StringInfoData buf;

	initStringInfo(&buf);
	switch (mode)
	{
		case PROARGMODE_IN:
			if (kind == SDR_KIND_PROCEDURE)
				appendStringInfoString(&buf, "IN ");
			break;
		case PROARGMODE_OUT:
			appendStringInfoString(&buf, "OUT ");
			break;
		case PROARGMODE_INOUT:
			appendStringInfoString(&buf, "INOUT ");
			break;
		case PROARGMODE_VARIADIC:
			appendStringInfoString(&buf, "VARIADIC ");
			break;
	}
	if (name != NULL && name[0] != '\0')
		appendStringInfo(&buf, "%s ", quote_identifier(name));
	appendStringInfoString(&buf, type);
	if (dflt != NULL)
		appendStringInfo(&buf, " DEFAULT %s", dflt);
	return buf.data;
}

/* What a function returns: TABLE with columns, or a type. */
const char *
sdr_result_text(const char *type, bool is_set, List *columns)
{
	StringInfoData buf;
	ListCell   *lc;

	if (columns == NIL)
		return is_set ? psprintf("SETOF %s", type) : type;
	initStringInfo(&buf);
	appendStringInfoString(&buf, "TABLE(");
	foreach(lc, columns)
		appendStringInfo(&buf, "%s%s",
						 foreach_current_index(lc) > 0 ? ", " : "",
						 (char *) lfirst(lc));
	appendStringInfoChar(&buf, ')');
	return buf.data;
}

/* The defaults of the last input arguments. */
static List *
read_defaults(SdrReader *reader, HeapTuple tuple)
{
	bool		isnull;
	Datum		value = sdr_get(reader, ProcedureRelationId, tuple,
								Anum_pg_proc_proargdefaults, &isnull);

	return isnull ? NIL : sdr_deparse_list(reader, value);
}

/*
 * Read arguments and, unless returns is SDR_ATTR_NONE, the result, some of
 * whose columns are arguments too.
 */
void
sdr_arguments_read(SdrReader *reader, HeapTuple tuple, SdrObject *object,
				   SdrAttrId arguments_attr, SdrAttrId returns_attr)
{
	Form_pg_proc form = (Form_pg_proc) GETSTRUCT(tuple);
	List	   *defaults = read_defaults(reader, tuple);
	int			without_default = form->pronargs - list_length(defaults);
	List	   *arguments = NIL;
	List	   *columns = NIL;
	int			inputs = 0;
	Oid		   *types;
	char	  **names;
	char	   *modes;
	int			n;

	/* takes everything from the tuple, whatever the server's caches have */
	n = get_func_arg_info(tuple, &types, &names, &modes);
	for (int i = 0; i < n; i++)
	{
		char		mode = modes == NULL ? PROARGMODE_IN : modes[i];
		const char *dflt = NULL;
		const char *text;

		if (mode != PROARGMODE_OUT && mode != PROARGMODE_TABLE)
		{
			if (inputs >= without_default)
				dflt = list_nth(defaults, inputs - without_default);
			inputs++;
		}
		text = sdr_argument_text(object->kind->id, mode,
								 names == NULL ? NULL : names[i],
								 sdr_type_text(reader, types[i]), dflt);
		if (mode == PROARGMODE_TABLE)
			columns = lappend(columns, unconstify(char *, text));
		else
			arguments = lappend(arguments, unconstify(char *, text));
	}
	sdr_set_list(object, arguments_attr, arguments);
	if (returns_attr != SDR_ATTR_NONE)
		sdr_set_text(object, returns_attr,
					 sdr_result_text(sdr_type_text(reader, form->prorettype),
									 form->proretset, columns));
}

static const SdrRoutineAttrs function_attrs = {
	.arguments = SDR_FUNCTION_ARGUMENTS,
	.returns = SDR_FUNCTION_RETURNS,
	.language = SDR_FUNCTION_LANGUAGE,
	.body = SDR_FUNCTION_BODY,
	.sql_body = SDR_FUNCTION_SQL_BODY,
	.library = SDR_FUNCTION_LIBRARY,
	.security_definer = SDR_FUNCTION_SECURITY_DEFINER,
	.search_path = SDR_FUNCTION_SEARCH_PATH,
	.config = SDR_FUNCTION_CONFIG,
	.transforms = SDR_FUNCTION_TRANSFORMS,
};

static const SdrRoutineAttrs procedure_attrs = {
	.arguments = SDR_PROCEDURE_ARGUMENTS,
	.language = SDR_PROCEDURE_LANGUAGE,
	.body = SDR_PROCEDURE_BODY,
	.sql_body = SDR_PROCEDURE_SQL_BODY,
	.library = SDR_PROCEDURE_LIBRARY,
	.security_definer = SDR_PROCEDURE_SECURITY_DEFINER,
	.search_path = SDR_PROCEDURE_SEARCH_PATH,
	.config = SDR_PROCEDURE_CONFIG,
	.transforms = SDR_PROCEDURE_TRANSFORMS,
};


const SdrRoutineAttrs *
sdr_routine_attrs(const SdrObject *routine)
{
	return routine->kind->id == SDR_KIND_FUNCTION ? &function_attrs :
		&procedure_attrs;
}

/* The source, either as text or parsed. */
static void
read_body(SdrReader *reader, HeapTuple tuple, SdrObject *object,
		  const SdrRoutineAttrs *attrs)
{
	Form_pg_proc form = (Form_pg_proc) GETSTRUCT(tuple);
	const SdrName *language = sdr_name(reader, LanguageRelationId,
									   form->prolang);
	bool		isnull;

	if (language == NULL)
		sdr_reader_gone(reader);
	else
		sdr_set_text(object, attrs->language, pstrdup(language->name));
	sdr_set_text(object, attrs->library,
				 sdr_get_text(reader, ProcedureRelationId, tuple,
							  Anum_pg_proc_probin));

	(void) sdr_get(reader, ProcedureRelationId, tuple,
				   Anum_pg_proc_prosqlbody, &isnull);
	sdr_set_text(object, attrs->body,
				 isnull ? sdr_get_text(reader, ProcedureRelationId, tuple,
									   Anum_pg_proc_prosrc) : NULL);
	sdr_set_text(object, attrs->sql_body,
				 isnull ? NULL : sdr_deparse_body(reader, tuple));
}

/* The settings of SET clauses.  Safety can depend on search_path. */
static void
read_config(SdrReader *reader, HeapTuple tuple, SdrObject *object,
			const SdrRoutineAttrs *attrs)
{
	bool		isnull;
	Datum		value = sdr_get(reader, ProcedureRelationId, tuple,
								Anum_pg_proc_proconfig, &isnull);
	List	   *settings = sdr_options(value, isnull);
	const char *search_path = NULL;
	ListCell   *lc;

	foreach(lc, settings)
	{
		const SdrPair *pair = lfirst(lc);

		if (strcmp(pair->key, "search_path") == 0)
		{
			search_path = pair->value;
			settings = foreach_delete_current(settings, lc);
		}
	}
	sdr_set_text(object, attrs->search_path, search_path);
	sdr_set_map(object, attrs->config,
				sdr_secrets_hide(object, settings, sdr_secret_setting));
}

static List *
read_transforms(SdrReader *reader, HeapTuple tuple)
{
	bool		isnull;
	Datum		value = sdr_get(reader, ProcedureRelationId, tuple,
								Anum_pg_proc_protrftypes, &isnull);
	List	   *types = NIL;
	ArrayType  *array;

	if (isnull)
		return NIL;
	array = DatumGetArrayTypeP(value);
	for (int i = 0; i < ARR_DIMS(array)[0]; i++)
	{
		Oid			type = ((Oid *) ARR_DATA_PTR(array))[i];

		types = lappend(types, unconstify(char *,
										  sdr_type_text(reader, type)));
	}
	list_sort(types, sdr_compare_texts);
	return types;
}

static void
read_routine(SdrReader *reader, HeapTuple tuple, SdrObject *object)
{
	const SdrRoutineAttrs *attrs = sdr_routine_attrs(object);

	sdr_arguments_read(reader, tuple, object, attrs->arguments,
					   attrs->returns);
	read_body(reader, tuple, object, attrs);
	sdr_set_bool(object, attrs->security_definer,
				 ((Form_pg_proc) GETSTRUCT(tuple))->prosecdef);
	read_config(reader, tuple, object, attrs);
	sdr_set_list(object, attrs->transforms, read_transforms(reader, tuple));
}

/* What the planner goes by. */
static void
read_estimates(SdrReader *reader, Form_pg_proc form, SdrObject *object)
{
	bool		in_c = form->prolang == INTERNALlanguageId ||
	form->prolang == ClanguageId;

	sdr_set_text(object, SDR_FUNCTION_COST, sdr_number_text(form->procost));
	sdr_set_implied(object, SDR_FUNCTION_COST,
					form->procost == (in_c ? DEFAULT_COST_OF_C : DEFAULT_COST));
	if (form->proretset)
		sdr_set_text(object, SDR_FUNCTION_ROWS,
					 sdr_number_text(form->prorows));
	sdr_set_text(object, SDR_FUNCTION_SUPPORT,
				 sdr_function_name(reader, form->prosupport));
}

static void
read_function(SdrReader *reader, HeapTuple tuple, SdrObject *object)
{
	Form_pg_proc form = (Form_pg_proc) GETSTRUCT(tuple);

	read_routine(reader, tuple, object);
	sdr_set_bool(object, SDR_FUNCTION_WINDOW,
				 form->prokind == PROKIND_WINDOW);
	sdr_set_text(object, SDR_FUNCTION_VOLATILITY,
				 volatility_name(form->provolatile));
	sdr_set_bool(object, SDR_FUNCTION_STRICT, form->proisstrict);
	sdr_set_bool(object, SDR_FUNCTION_LEAKPROOF, form->proleakproof);
	sdr_set_text(object, SDR_FUNCTION_PARALLEL,
				 sdr_parallel_name(form->proparallel));
	read_estimates(reader, form, object);
}

static void
function_read(SdrReader *reader, HeapTuple tuple, SdrObject *object)
{
	switch (object->kind->id)
	{
		case SDR_KIND_FUNCTION:
			read_function(reader, tuple, object);
			break;
		case SDR_KIND_PROCEDURE:
			read_routine(reader, tuple, object);
			break;
		default:
			sdr_aggregate_read(reader, tuple, object);
			break;
	}
}

const SdrFamily sdr_function_family = {
	.kinds = SDR_IN(FUNCTION) | SDR_IN(PROCEDURE) | SDR_IN(AGGREGATE),
	.catalog = ProcedureRelationId,
	.name_index = ProcedureNameArgsNspIndexId,
	.identify = function_identify,
	.read = function_read,
	.canonical_name = sdr_sql_name,
};

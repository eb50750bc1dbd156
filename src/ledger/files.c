/*-------------------------------------------------------------------------
 *
 * files.c
 *	  schemadrift_register(): the files of a migrations directory are put into
 *	  schemadrift.migration_file.
 *
 * A call replaces all that was registered under the same directory.  A file
 * that has changed or gone keeps its row, marked as replaced: what it was is
 * what tells a change of comments from one of statements later on.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/live.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "ledger/history.h"
#include "ledger/ledger.h"
#include "miscadmin.h"
#include "model/model.h"
#include "record/record.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/hsearch.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"
#include "utils/tuplestore.h"

PG_FUNCTION_INFO_V1(schemadrift_register);

/* A file that is registered. */
typedef struct Known
{
	char		path[MAXPGPATH];	/* key */
	char	   *signature;		/* all that makes it what it is */
	char	   *entry;
	char	   *kind;
	char	   *name;
	char	   *note;
	bool		seen;
} Known;

/* A registration under way. */
typedef struct Registration
{
	SdrFileSet *set;
	ReturnSetInfo *rsinfo;
	HTAB	   *known;
	MemoryContext file_context; /* for one file */
} Registration;

static const char lock_sql[] =
"LOCK TABLE schemadrift.migration_file IN SHARE ROW EXCLUSIVE MODE";

/* The signature's parts are in the order of make_signature(). */
static const char known_sql[] =
"SELECT path, pg_catalog.concat_ws('|', entry, kind, folder, name, companion_of, checksum),"
" entry, kind, name, note"
" FROM schemadrift.migration_file"
" WHERE directory OPERATOR(pg_catalog.=) $1 AND replaced_at IS NULL";

static const char replace_sql[] =
"UPDATE schemadrift.migration_file SET replaced_at = pg_catalog.clock_timestamp()"
" WHERE directory OPERATOR(pg_catalog.=) $1 AND path OPERATOR(pg_catalog.=) $2"
" AND replaced_at IS NULL";

static const char insert_sql[] =
"INSERT INTO schemadrift.migration_file (directory, path, entry, kind, folder,"
" name, number, suffix, companion_of, content, checksum, checksums, digest,"
" empty, opaque, effects, note, registered_by)"
" VALUES ($1, $2, $3, $4, $5, $6, $7::pg_catalog.numeric, $8, $9, $10, $11,"
" $12, $13, $14, $15, $16::pg_catalog.jsonb, $17, $18::pg_catalog.name)";

#define INSERT_ARGS		18
#define RESULT_COLUMNS	6

/* The first byte that ends a component of a path, or the end of it. */
static const char *
component_end(const char *p)
{
	return p + strcspn(p, "/");
}

/*
 * A path in one form: no empty components, no "." in it, no slash at the end,
 * which makes it a directory.  An error for what leads elsewhere.
 */
static char *
normal_path(const char *path, bool *is_directory)
{
	StringInfoData buf;
	const char *p = path;
	const char *wrong = NULL;

	if (*path == '/')
		wrong = "It begins with a slash.";
	else if (strchr(path, '\\') != NULL)
		wrong = "It has a backslash.";
	else if (strlen(path) >= MAXPGPATH)
		wrong = psprintf("It is longer than %d bytes.", MAXPGPATH - 1);
	*is_directory = *path != '\0' && path[strlen(path) - 1] == '/';
	initStringInfo(&buf);
	while (wrong == NULL && *p != '\0')
	{
		int			len = component_end(p) - p;

		if (len == 2 && strncmp(p, "..", 2) == 0)
			wrong = "It leads out of the directory.";
		else if (len > 0 && !(len == 1 && *p == '.'))
			appendStringInfo(&buf, "%s%.*s", buf.len > 0 ? "/" : "", len, p);
		p += len;
		if (*p == '/')
			p++;
	}
	if (wrong == NULL && buf.len == 0)
		wrong = "It names nothing.";
	if (wrong != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid path of a file: \"%s\"", path),
				 errdetail("%s", wrong),
				 errhint("Give paths below the migrations directory, such as \"01_add_users.sql\".")));
	return buf.data;
}

static char *
spi_text(HeapTuple tuple, int column, MemoryContext context)
{
	char	   *value = SPI_getvalue(tuple, SPI_tuptable->tupdesc, column);

	return value == NULL ? NULL : MemoryContextStrdup(context, value);
}

/* What is registered of the directory. */
static void
load_known(Registration *reg)
{
	HASHCTL		ctl = {.keysize = MAXPGPATH,.entrysize = sizeof(Known),
	.hcxt = CurrentMemoryContext};
	MemoryContext context = CurrentMemoryContext;
	Oid			types[] = {TEXTOID};
	Datum		values[] = {CStringGetTextDatum(reg->set->directory)};

	reg->known = hash_create("schemadrift registered files", 1024, &ctl,
							 HASH_ELEM | HASH_STRINGS | HASH_CONTEXT);
	SPI_connect();
	if (SPI_execute_with_args(known_sql, 1, types, values, NULL, false,
							  0) != SPI_OK_SELECT)
		elog(ERROR, "could not read schemadrift.migration_file");
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		HeapTuple	tuple = SPI_tuptable->vals[i];
		char		key[MAXPGPATH];
		Known	   *known;

		strlcpy(key, SPI_getvalue(tuple, SPI_tuptable->tupdesc, 1),
				sizeof(key));
		known = hash_search(reg->known, key, HASH_ENTER, NULL);
		known->signature = spi_text(tuple, 2, context);
		known->entry = spi_text(tuple, 3, context);
		known->kind = spi_text(tuple, 4, context);
		known->name = spi_text(tuple, 5, context);
		known->note = spi_text(tuple, 6, context);
		known->seen = false;
	}
	SPI_finish();
}

static void
put_row(Registration *reg, const char *path, const char *name,
		const char *kind, const char *entry, const char *action,
		const char *note)
{
	const char *texts[RESULT_COLUMNS] = {path, name, kind, entry, action, note};
	Datum		values[RESULT_COLUMNS];
	bool		nulls[RESULT_COLUMNS];

	for (int i = 0; i < RESULT_COLUMNS; i++)
	{
		nulls[i] = texts[i] == NULL;
		values[i] = nulls[i] ? (Datum) 0 : CStringGetTextDatum(texts[i]);
	}
	tuplestore_putvalues(reg->rsinfo->setResult, reg->rsinfo->setDesc, values,
						 nulls);
}

static const char *
file_kind(const SdrFileName *file)
{
	return file->entry == SDR_ENTRY_OTHER && !file->is_script ? NULL :
		file->is_prisma ? "prisma" : "manual";
}

static char *
make_signature(const SdrFileName *file, const char *checksum)
{
	const char *parts[] = {
		sdr_entry_name(file->entry), file_kind(file), file->folder, file->name,
		file->companion_of, checksum
	};
	StringInfoData buf;

	initStringInfo(&buf);
	for (int i = 0; i < lengthof(parts); i++)
	{
		if (parts[i] != NULL)
			appendStringInfo(&buf, "%s%s", buf.len > 0 ? "|" : "", parts[i]);
	}
	return buf.data;
}

/* All that is to be said of a file, in one text; NULL if there is nothing. */
static char *
make_note(const SdrFileName *file, const SdrContent *content,
		  const SdrScript *script)
{
	StringInfoData buf;
	const char *parts[] = {
		file->note, content->problem,
		script->problem == NULL ? NULL :
		psprintf(SDR_UNPARSED ": %s", script->problem),
		script->empty && content->utf8 != NULL ? "has no statements" : NULL
	};

	initStringInfo(&buf);
	for (int i = 0; i < lengthof(parts); i++)
	{
		if (parts[i] != NULL)
			appendStringInfo(&buf, "%s%s", buf.len > 0 ? "; " : "", parts[i]);
	}
	return buf.len > 0 ? buf.data : NULL;
}

static Datum
text_array(const SdrChecksums *checksums)
{
	Datum		elements[SDR_MAX_CHECKSUMS];

	for (int i = 0; i < checksums->n; i++)
		elements[i] = CStringGetTextDatum(checksums->hex[i]);
	return PointerGetDatum(construct_array(elements, checksums->n, TEXTOID, -1,
										   false, TYPALIGN_INT));
}

/* Set a parameter to a text, or to null. */
static void
set_text(Datum *values, char *nulls, int i, const char *text)
{
	nulls[i] = text == NULL ? 'n' : ' ';
	values[i] = text == NULL ? (Datum) 0 : CStringGetTextDatum(text);
}

static void
insert_file(Registration *reg, const SdrFileName *file,
			const SdrContent *content, const SdrChecksums *checksums,
			const SdrScript *script, const char *note)
{
	Oid			types[INSERT_ARGS];
	Datum		values[INSERT_ARGS];
	char		nulls[INSERT_ARGS];
	const char *texts[INSERT_ARGS] = {
		reg->set->directory, file->path, sdr_entry_name(file->entry),
		file_kind(file), file->folder, file->name, file->number,
		file->number == NULL ? NULL : file->suffix, file->companion_of,
		content->text, checksums->n > 0 ? checksums->hex[0] : NULL, NULL,
		script->digest, NULL, NULL, sdr_effects_write(script->effects), note,
		GetUserNameFromId(GetSessionUserId(), false)
	};

	for (int i = 0; i < INSERT_ARGS; i++)
	{
		types[i] = TEXTOID;
		set_text(values, nulls, i, texts[i]);
	}
	types[11] = TEXTARRAYOID;
	values[11] = text_array(checksums);
	types[13] = types[14] = BOOLOID;
	values[13] = BoolGetDatum(script->empty);
	values[14] = BoolGetDatum(script->opaque);
	nulls[11] = nulls[13] = nulls[14] = ' ';
	(void) sdr_write(insert_sql, INSERT_ARGS, types, values, nulls);
}

static void
replace_file(Registration *reg, const char *path)
{
	Oid			types[] = {TEXTOID, TEXTOID};
	Datum		values[] = {
		CStringGetTextDatum(reg->set->directory), CStringGetTextDatum(path)
	};

	(void) sdr_write(replace_sql, 2, types, values, "  ");
}

/* Compare one file with what is registered, and write what has changed. */
static void
register_file(Registration *reg, int i)
{
	const SdrFileName *file = &reg->set->files[i];
	SdrContent	content = {0};
	SdrChecksums checksums = {0};
	SdrScript	script = {.empty = true};
	Known	   *known = hash_search(reg->known, file->path, HASH_FIND, NULL);
	const char *note;

	if (!file->is_directory && file_kind(file) != NULL)
		reg->set->read(reg->set->arg, i, &content);
	if (content.utf8 != NULL)
		sdr_checksums_of(&checksums, content.utf8, content.len,
						 file->is_prisma);
	if (known != NULL)
	{
		known->seen = true;
		if (strcmp(known->signature,
				   make_signature(file, checksums.n > 0 ? checksums.hex[0] :
								  NULL)) == 0)
		{
			put_row(reg, file->path, file->name, file_kind(file),
					sdr_entry_name(file->entry), "unchanged", known->note);
			return;
		}
		replace_file(reg, file->path);
	}
	if (content.text != NULL)
		sdr_script_read(content.text, &script);
	else if (content.utf8 != NULL)
		script.empty = false;
	note = make_note(file, &content, &script);
	insert_file(reg, file, &content, &checksums, &script, note);
	put_row(reg, file->path, file->name, file_kind(file),
			sdr_entry_name(file->entry), known == NULL ? "added" : "changed",
			note);
}

static int
known_cmp(const ListCell *a, const ListCell *b)
{
	return strcmp(((const Known *) lfirst(a))->path,
				  ((const Known *) lfirst(b))->path);
}

/* What is registered and no more there. */
static void
remove_files(Registration *reg)
{
	HASH_SEQ_STATUS status;
	Known	   *known;
	List	   *gone = NIL;
	ListCell   *lc;

	hash_seq_init(&status, reg->known);
	while ((known = hash_seq_search(&status)) != NULL)
	{
		if (!known->seen)
			gone = lappend(gone, known);
	}
	list_sort(gone, known_cmp);
	foreach(lc, gone)
	{
		known = lfirst(lc);
		replace_file(reg, known->path);
		put_row(reg, known->path, known->name, known->kind, known->entry,
				"removed", known->note);
	}
}

/* The order of rows, through pointers to where the files stand. */
static int
index_cmp(const void *a, const void *b, void *arg)
{
	const SdrFileName *files = arg;

	return sdr_file_name_cmp(&files[*(const int *) a], &files[*(const int *) b]);
}

/*
 * Register the files as all that is in their directory, and return a row for
 * each, also for those that are there no more.
 */
void
sdr_files_register(FunctionCallInfo fcinfo, SdrFileSet *set)
{
	Registration reg = {.set = set};
	int		   *order = palloc(Max(set->nfiles, 1) * sizeof(int));
	int			guc_level;

	InitMaterializedSRF(fcinfo, 0);
	reg.rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	reg.file_context = AllocSetContextCreate(CurrentMemoryContext,
											 "schemadrift file",
											 ALLOCSET_DEFAULT_SIZES);
	(void) sdr_write(lock_sql, 0, NULL, NULL, NULL);
	load_known(&reg);
	sdr_file_names_classify(set->files, set->nfiles);
	for (int i = 0; i < set->nfiles; i++)
		order[i] = i;
	qsort_arg(order, set->nfiles, sizeof(int), index_cmp, set->files);

	/* what the scanner has to say of long names is not for the caller */
	guc_level = sdr_settings_pin();
	(void) set_config_option("client_min_messages", "error", PGC_USERSET,
							 PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	for (int i = 0; i < set->nfiles; i++)
	{
		MemoryContext old = MemoryContextSwitchTo(reg.file_context);

		CHECK_FOR_INTERRUPTS();
		register_file(&reg, order[i]);
		MemoryContextSwitchTo(old);
		MemoryContextReset(reg.file_context);
	}
	remove_files(&reg);
	AtEOXact_GUC(false, guc_level);
	MemoryContextDelete(reg.file_context);
}

/* The JSON strings, in the order of the files. */
static void
read_json(void *arg, int i, SdrContent *content)
{
	const JsonbValue *value = ((JsonbValue **) arg)[i];

	sdr_content_from_server(content, pnstrdup(value->val.string.val,
											  value->val.string.len));
}

pg_noreturn static void
bad_files(const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid files"),
			 errdetail("%s", detail),
			 errhint("Give an object of paths and contents, such as {\"01_add_users.sql\": \"CREATE ...\"}, with null for an empty directory.")));
}

/* One member of the argument. */
static void
take_member(SdrFileSet *set, JsonbValue **contents, const JsonbValue *key,
			JsonbValue *value)
{
	char	   *path = pnstrdup(key->val.string.val, key->val.string.len);
	SdrFileName *file = &set->files[set->nfiles];
	bool		slash;

	file->path = normal_path(path, &slash);
	if (value->type != jbvString && value->type != jbvNull)
		bad_files(psprintf("The content of \"%s\" is neither a string nor null.",
						   path));
	file->is_directory = value->type == jbvNull;
	if (slash && !file->is_directory)
		bad_files(psprintf("\"%s\" is a directory, but has content.", path));
	for (const char *p = file->path; *p != '\0'; p = component_end(p) +
		 (*component_end(p) == '/'))
	{
		if (component_end(p) - p >= NAMEDATALEN * 4)
			bad_files(psprintf("A name in \"%s\" is longer than %d bytes.",
							   path, NAMEDATALEN * 4 - 1));
	}
	contents[set->nfiles++] = value;
}

/* Two keys may be one path: a.sql and ./a.sql. */
static void
check_paths(const SdrFileSet *set)
{
	const char **paths = palloc(Max(set->nfiles, 1) * sizeof(char *));

	for (int i = 0; i < set->nfiles; i++)
		paths[i] = set->files[i].path;
	qsort(paths, set->nfiles, sizeof(char *), pg_qsort_strcmp);
	for (int i = 1; i < set->nfiles; i++)
	{
		if (strcmp(paths[i - 1], paths[i]) == 0)
			bad_files(psprintf("\"%s\" is given twice.", paths[i]));
	}
}

/* schemadrift_register(files jsonb, directory text) */
Datum
schemadrift_register(PG_FUNCTION_ARGS)
{
	SdrFileSet	set = {0};
	Jsonb	   *files;
	JsonbValue **contents;
	JsonbIterator *iterator;
	JsonbValue	key;
	JsonbIteratorToken token;

	files = sdr_jsonb_arg(fcinfo, 0, "files");
	set.directory = sdr_text_arg(fcinfo, 1, "directory");
	PreventCommandIfReadOnly("schemadrift_register()");
	if (!JB_ROOT_IS_OBJECT(files))
		bad_files("It is not an object.");
	set.files = palloc0((JB_ROOT_COUNT(files) + 1) * sizeof(SdrFileName));
	contents = palloc0((JB_ROOT_COUNT(files) + 1) * sizeof(JsonbValue *));
	set.arg = contents;
	set.read = read_json;

	iterator = JsonbIteratorInit(&files->root);
	while ((token = JsonbIteratorNext(&iterator, &key, true)) != WJB_DONE)
	{
		JsonbValue *value;

		if (token != WJB_KEY)
			continue;
		value = palloc(sizeof(JsonbValue));
		(void) JsonbIteratorNext(&iterator, value, true);
		take_member(&set, contents, &key, value);
	}
	check_paths(&set);
	sdr_files_register(fcinfo, &set);
	return (Datum) 0;
}

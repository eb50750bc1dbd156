/*-------------------------------------------------------------------------
 *
 * directory.c
 *	  schemadrift_register_directory(): a migrations directory as it stands on
 *	  the server.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <sys/stat.h>

#include "catalog/pg_authid.h"
#include "funcapi.h"
#include "ledger/history.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "model/model.h"
#include "storage/fd.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

PG_FUNCTION_INFO_V1(schemadrift_register_directory);

/*
 * Limits that only a mistaken path meets.  Scripts larger than that could not
 * be kept: encodings can make a text three times as long.
 */
#define MAX_DEPTH		16
#define MAX_FILES		100000
#define MAX_SCRIPT		(MaxAllocSize / 4)

/* A walk through the directory. */
typedef struct Walk
{
	const char *root;
	SdrFileSet *set;
	int			maxfiles;
} Walk;

/* An entry of a directory that counts. */
typedef struct Entry
{
	const char *name;
	bool		is_directory;
} Entry;

static int
entry_cmp(const ListCell *a, const ListCell *b)
{
	return strcmp(((const Entry *) lfirst(a))->name,
				  ((const Entry *) lfirst(b))->name);
}

static char *
full_path(const Walk *walk, const char *path)
{
	return *path == '\0' ? pstrdup(walk->root) :
		psprintf("%s/%s", walk->root, path);
}

/*
 * What a name stands for: false for what is neither file nor directory, for
 * what cannot be named here, and for links to directories, which may lead in
 * circles.
 */
static bool
look_at(const Walk *walk, const char *path, const char *name,
		bool *is_directory)
{
	char	   *full = psprintf("%s/%s", full_path(walk, path), name);
	struct stat st;
	bool		is_link;

	if (!pg_verifymbstr(name, strlen(name), true))
	{
		ereport(WARNING,
				(errcode(ERRCODE_CHARACTER_NOT_IN_REPERTOIRE),
				 errmsg("a file in \"%s\" is left out, because its name is not valid in the encoding of the database",
						full_path(walk, path))));
		return false;
	}
	if (lstat(full, &st) != 0)
	{
		if (errno == ENOENT)
			return false;
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not stat file \"%s\": %m", full)));
	}
	is_link = S_ISLNK(st.st_mode);
	if (is_link && stat(full, &st) != 0)
		return false;
	*is_directory = S_ISDIR(st.st_mode);
	return S_ISREG(st.st_mode) || (S_ISDIR(st.st_mode) && !is_link);
}

/* The entries of a directory, sorted; those that begin with a dot are hidden. */
static List *
list_directory(const Walk *walk, const char *path)
{
	char	   *full = full_path(walk, path);
	DIR		   *dir = AllocateDir(full);
	struct dirent *de;
	List	   *entries = NIL;

	while ((de = ReadDir(dir, full)) != NULL)
	{
		Entry	   *entry;
		bool		is_directory;

		CHECK_FOR_INTERRUPTS();
		if (de->d_name[0] == '.' ||
			!look_at(walk, path, de->d_name, &is_directory))
			continue;
		entry = palloc(sizeof(Entry));
		entry->name = pstrdup(de->d_name);
		entry->is_directory = is_directory;
		entries = lappend(entries, entry);
	}
	FreeDir(dir);
	list_sort(entries, entry_cmp);
	return entries;
}

static void
add_file(Walk *walk, const char *path, bool is_directory)
{
	SdrFileSet *set = walk->set;

	if (strlen(path) >= MAXPGPATH)
		ereport(ERROR,
				(errcode(ERRCODE_NAME_TOO_LONG),
				 errmsg("path in \"%s\" is longer than %d bytes: \"%s\"",
						walk->root, MAXPGPATH - 1, path)));
	if (set->nfiles == MAX_FILES)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("directory \"%s\" has more than %d files", walk->root,
						MAX_FILES),
				 errhint("Give the migrations directory itself.")));
	if (set->nfiles == walk->maxfiles)
	{
		walk->maxfiles *= 2;
		set->files = repalloc_huge(set->files,
								   walk->maxfiles * sizeof(SdrFileName));
	}
	memset(&set->files[set->nfiles], 0, sizeof(SdrFileName));
	set->files[set->nfiles].path = path;
	set->files[set->nfiles].is_directory = is_directory;
	set->nfiles++;
}

static void
walk_directory(Walk *walk, const char *path, int depth)
{
	List	   *entries = list_directory(walk, path);
	ListCell   *lc;

	check_stack_depth();
	if (depth > MAX_DEPTH)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("directory \"%s\" is more than %d levels deep",
						walk->root, MAX_DEPTH),
				 errhint("Give the migrations directory itself.")));
	if (entries == NIL && *path != '\0')
		add_file(walk, path, true);
	foreach(lc, entries)
	{
		const Entry *entry = lfirst(lc);
		char	   *below = *path == '\0' ? pstrdup(entry->name) :
		psprintf("%s/%s", path, entry->name);

		if (entry->is_directory)
			walk_directory(walk, below, depth + 1);
		else
			add_file(walk, below, false);
	}
}

static void
read_script(void *arg, int i, SdrContent *content)
{
	const Walk *walk = arg;
	char	   *full = full_path(walk, walk->set->files[i].path);
	FILE	   *file = AllocateFile(full, PG_BINARY_R);
	struct stat st;
	char	   *bytes;
	size_t		len;

	if (file == NULL || fstat(fileno(file), &st) != 0)
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not open file \"%s\" for reading: %m", full)));
	if (st.st_size > MAX_SCRIPT)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("file \"%s\" is too large for a migration", full),
				 errdetail("It has %lld bytes; the limit is %lld.",
						   (long long) st.st_size, (long long) MAX_SCRIPT)));
	bytes = palloc(st.st_size + 1);
	len = fread(bytes, 1, st.st_size, file);
	if (ferror(file))
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not read file \"%s\": %m", full)));
	FreeFile(file);
	sdr_content_from_bytes(content, bytes, len);
}

/* schemadrift_register_directory(directory text) */
Datum
schemadrift_register_directory(PG_FUNCTION_ARGS)
{
	SdrFileSet	set = {0};
	Walk		walk = {.set = &set,.maxfiles = 64};
	char	   *directory;

	directory = sdr_text_arg(fcinfo, 0, "directory");
	PreventCommandIfReadOnly("schemadrift_register_directory()");
	if (!has_privs_of_role(GetUserId(), ROLE_PG_READ_SERVER_FILES))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied to read files of the server"),
				 errdetail("Only roles with privileges of the role \"%s\" may register a directory of the server.",
						   "pg_read_server_files"),
				 errhint("Give the files to schemadrift_register() instead.")));
	if (!is_absolute_path(directory))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("path of a directory must be absolute: \"%s\"",
						directory)));
	canonicalize_path(directory);
	walk.root = set.directory = directory;
	set.files = palloc(walk.maxfiles * sizeof(SdrFileName));
	set.arg = &walk;
	set.read = read_script;
	walk_directory(&walk, "", 0);
	sdr_files_register(fcinfo, &set);
	return (Datum) 0;
}

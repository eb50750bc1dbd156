/*-------------------------------------------------------------------------
 *
 * file_name.c
 *	  What the names in a migrations folder say.
 *
 * Prisma's migrations are directories with a file migration.sql; those made
 * by hand are files NN_name.sql.  Everything else that is found in such
 * folders is told from them here, and nothing of it is an error.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "ledger/history.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"

#define SCRIPT_FILE		"migration.sql"
#define LOCK_FILE		"migration_lock.toml"
#define SQL_SUFFIX		".sql"

/* Prisma's own names begin with a time stamp of as many digits. */
#define STAMP_DIGITS	14

/* Words by which people call the script that undoes another. */
static const char *const undo_words[] = {"rollback", "down", "undo", "revert"};

/* What is known of a directory that a path goes through. */
typedef struct Folder
{
	char		path[MAXPGPATH];	/* key */
	bool		has_script;		/* migration.sql stands in it */
	bool		is_prisma;		/* directories in it are Prisma's migrations */
} Folder;

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_letter(char c)
{
	c = pg_ascii_tolower((unsigned char) c);
	return c >= 'a' && c <= 'z';
}

static bool
ends_with(const char *text, const char *end)
{
	size_t		len = strlen(text);
	size_t		endlen = strlen(end);

	return len >= endlen && pg_strcasecmp(text + len - endlen, end) == 0;
}

/* The directory of a path, "" at the top, and what follows it. */
static const char *
split_path(const char *path, const char **last)
{
	const char *slash = strrchr(path, '/');

	*last = slash == NULL ? path : slash + 1;
	return slash == NULL ? "" : pnstrdup(path, slash - path);
}

/*
 * How much of a name is number and suffix: digits, then one letter with
 * digits (17b, 17b2) or digits behind dots (17.1).  Sets the end of the digits.
 * 0 if the name does not begin with a number, as 2fa_tables does not.
 */
static int
number_len(const char *name, int *ndigits)
{
	int			i = 0;

	while (is_digit(name[i]))
		i++;
	*ndigits = i;
	if (i == 0)
		return 0;
	if (is_letter(name[i]))
	{
		i++;
		while (is_digit(name[i]))
			i++;
	}
	else
	{
		while (name[i] == '.' && is_digit(name[i + 1]))
		{
			i++;
			while (is_digit(name[i]))
				i++;
		}
	}
	return name[i] == '\0' || strchr("_-. ", name[i]) != NULL ? i : 0;
}

/*
 * The number that a name begins with, without leading zeros, NULL if it does
 * not, and the suffix of that, "" if there is none.
 */
void
sdr_migration_number(const char *name, const char **number,
					 const char **suffix)
{
	int			ndigits;
	int			len = number_len(name, &ndigits);
	int			zeros = 0;

	*number = NULL;
	*suffix = "";
	if (len == 0)
		return;
	while (zeros < ndigits - 1 && name[zeros] == '0')
		zeros++;
	*number = pnstrdup(name + zeros, ndigits - zeros);
	*suffix = pnstrdup(name + ndigits, len - ndigits);
}

/* The name of a migration made by hand: that of its file, without .sql. */
static char *
file_stem(const char *name)
{
	const char *last;

	(void) split_path(name, &last);
	return ends_with(last, SQL_SUFFIX) && strlen(last) > strlen(SQL_SUFFIX) ?
		pnstrdup(last, strlen(last) - strlen(SQL_SUFFIX)) : pstrdup(last);
}

/* Compare as people count: digits by their value, all else by its bytes. */
static int
natural_cmp(const char *a, const char *b)
{
	while (*a != '\0' && *b != '\0')
	{
		if (is_digit(*a) && is_digit(*b))
		{
			size_t		alen;
			size_t		blen;
			int			cmp;

			while (*a == '0' && is_digit(a[1]))
				a++;
			while (*b == '0' && is_digit(b[1]))
				b++;
			alen = strspn(a, "0123456789");
			blen = strspn(b, "0123456789");
			cmp = alen != blen ? (alen < blen ? -1 : 1) : memcmp(a, b, alen);
			if (cmp != 0)
				return cmp;
			a += alen;
			b += blen;
		}
		else if (*a != *b)
			return (unsigned char) *a < (unsigned char) *b ? -1 : 1;
		else
		{
			a++;
			b++;
		}
	}
	return *a == *b ? 0 : *a == '\0' ? -1 : 1;
}

/*
 * The order of migrations made by hand: by number, then suffix, then name;
 * those without a number last.
 */
int
sdr_manual_name_cmp(const char *a, const char *b)
{
	int			adigits;
	int			bdigits;
	int			alen = number_len(a, &adigits);
	int			blen = number_len(b, &bdigits);
	int			cmp = 0;

	if ((alen == 0) != (blen == 0))
		return alen == 0 ? 1 : -1;
	if (alen > 0)
	{
		cmp = natural_cmp(pnstrdup(a, adigits), pnstrdup(b, bdigits));
		if (cmp == 0)
			cmp = natural_cmp(pnstrdup(a + adigits, alen - adigits),
							  pnstrdup(b + bdigits, blen - bdigits));
	}
	if (cmp == 0)
		cmp = natural_cmp(a + alen, b + blen);
	return cmp != 0 ? cmp : strcmp(a, b);
}

/*
 * The weights of characters in the order that Prisma's directories are applied
 * in: that of localeCompare(), which does not look at capitals first.  What is
 * not ASCII comes behind everything, by its bytes.
 */
static const unsigned char *
collation_weights(void)
{
	static const char order[] =
	" _-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$0123456789abcdefghijklmnopqrstuvwxyz";
	static unsigned char weights[256];

	if (weights[(unsigned char) order[0]] == 0)
	{
		for (int c = 128; c < 256; c++)
			weights[c] = c;
		for (int i = 0; order[i] != '\0'; i++)
		{
			weights[(unsigned char) order[i]] = i + 1;
			if (is_letter(order[i]))
				weights[(unsigned char) pg_ascii_toupper((unsigned char) order[i])] = i + 1;
		}
	}
	return weights;
}

/* The order in which Prisma applies its migrations. */
int
sdr_prisma_name_cmp(const char *a, const char *b)
{
	const unsigned char *x = (const unsigned char *) a;
	const unsigned char *y = (const unsigned char *) b;
	const unsigned char *weights = collation_weights();

	for (; *x != '\0' && *y != '\0'; x++, y++)
	{
		int			cmp = weights[*x] - weights[*y];

		if (cmp != 0)
			return cmp;
	}
	if (*x != *y)
		return *x == '\0' ? -1 : 1;
	/* small letters first, which the bytes have the other way round */
	return strcmp(b, a);
}

/*
 * The order of files: migrations first, those of Prisma before those made by
 * hand, then rollbacks, then the rest.
 */
int
sdr_file_name_cmp(const SdrFileName *a, const SdrFileName *b)
{
	int			cmp = (int) a->entry - (int) b->entry;

	if (cmp == 0)
		cmp = (int) b->is_prisma - (int) a->is_prisma;
	if (cmp == 0)
		cmp = a->is_prisma ? sdr_prisma_name_cmp(a->name, b->name) :
			sdr_manual_name_cmp(a->name, b->name);
	return cmp != 0 ? cmp : strcmp(a->path, b->path);
}

const char *
sdr_entry_name(SdrEntrySort entry)
{
	static const char *const names[] = {"migration", "rollback", "other"};

	return names[entry];
}

static Folder *
find_folder(HTAB *folders, const char *path, HASHACTION action)
{
	char		key[MAXPGPATH];
	bool		found;
	Folder	   *folder;

	strlcpy(key, path, sizeof(key));
	folder = hash_search(folders, key, action, &found);
	if (folder != NULL && !found)
		folder->has_script = folder->is_prisma = false;
	return folder;
}

/* First pass: which directories are migrations, which hold migrations. */
static HTAB *
find_folders(const SdrFileName *files, int nfiles)
{
	HASHCTL		ctl = {.keysize = MAXPGPATH,.entrysize = sizeof(Folder),
	.hcxt = CurrentMemoryContext};
	HTAB	   *folders = hash_create("schemadrift folders", 256, &ctl,
									  HASH_ELEM | HASH_STRINGS | HASH_CONTEXT);

	for (int i = 0; i < nfiles; i++)
	{
		const char *last;
		const char *directory = split_path(files[i].path, &last);
		const char *ignored;

		if (files[i].is_directory)
			continue;
		if (strcmp(last, LOCK_FILE) == 0)
			find_folder(folders, directory, HASH_ENTER)->is_prisma = true;
		if (strcmp(last, SCRIPT_FILE) == 0 && *directory != '\0')
		{
			find_folder(folders, directory, HASH_ENTER)->has_script = true;
			directory = split_path(directory, &ignored);
			find_folder(folders, directory, HASH_ENTER)->is_prisma = true;
		}
	}
	return folders;
}

static bool
is_undo_word(const char *text, size_t len)
{
	for (int i = 0; i < lengthof(undo_words); i++)
	{
		if (strlen(undo_words[i]) == len &&
			pg_strncasecmp(text, undo_words[i], len) == 0)
			return true;
	}
	return false;
}

/*
 * The name without the word that says that it undoes: 01_x.down, 01_x_rollback
 * and 01_rollback_x all give 01_x.  NULL if there is none.  A word behind a dot
 * or alone leaves no doubt; sets *certain.
 */
static char *
strip_undo_word(const char *name, bool *certain)
{
	size_t		len = strlen(name);
	size_t		last = len;
	int			ndigits;
	size_t		first = number_len(name, &ndigits);
	size_t		word;

	*certain = is_undo_word(name, len);
	if (*certain)
		return pstrdup("");
	while (last > 0 && strchr("._- ", name[last - 1]) == NULL)
		last--;
	if (last > 0 && is_undo_word(name + last, len - last))
	{
		*certain = name[last - 1] == '.';
		return pnstrdup(name, last - 1);
	}

	/* in front, behind the number if there is one */
	if (first > 0)
		first += strspn(name + first, "_- ");
	word = strcspn(name + first, "_- ");
	if (name[first + word] != '\0' && is_undo_word(name + first, word))
		return psprintf("%.*s%s", (int) first, name, name + first + word + 1);
	return NULL;
}

/* Does any directory of the path say that what is in it undoes something? */
static bool
in_undo_folder(const char *folder)
{
	while (*folder != '\0')
	{
		size_t		len = strcspn(folder, "/");

		if (is_undo_word(folder, len) ||
			(len > 1 && pg_ascii_tolower((unsigned char) folder[len - 1]) == 's' &&
			 is_undo_word(folder, len - 1)))
			return true;
		folder += len;
		if (*folder == '/')
			folder++;
	}
	return false;
}

static void
other(SdrFileName *file, const char *note)
{
	file->entry = SDR_ENTRY_OTHER;
	file->note = note;
}

/* A directory of which nothing is known but that no script is in it. */
static void
classify_directory(SdrFileName *file, HTAB *folders)
{
	const Folder *folder;

	file->folder = split_path(file->path, &file->name);
	folder = find_folder(folders, file->folder, HASH_FIND);
	file->is_prisma = true;
	if (find_folder(folders, file->path, HASH_FIND) != NULL)
		other(file, "directory, whose files are given too");
	else if ((folder == NULL || !folder->is_prisma) &&
			 strspn(file->name, "0123456789") < STAMP_DIGITS)
		other(file, "empty directory");
	else
		file->note = "directory without " SCRIPT_FILE;
}

/* A file in the directory of one of Prisma's migrations. */
static void
classify_prisma(SdrFileName *file, const char *directory, const char *last)
{
	file->is_prisma = true;
	file->folder = split_path(directory, &file->name);
	if (strcmp(last, SCRIPT_FILE) != 0)
	{
		bool		certain;
		char	   *stem = file_stem(last);

		if (ends_with(last, SQL_SUFFIX) &&
			strip_undo_word(stem, &certain) != NULL)
		{
			file->entry = SDR_ENTRY_ROLLBACK;
			file->companion_of = file->name;
			file->name = psprintf("%s/%s", file->name, stem);
		}
		else
		{
			other(file, "Prisma runs " SCRIPT_FILE " and nothing else");
			file->name = last;
		}
	}
}

/* Does a name, a file already known to be no rollback, stand among these? */
static bool
name_exists(HTAB *names, const char *name)
{
	char		key[MAXPGPATH];

	strlcpy(key, name, sizeof(key));
	return hash_search(names, key, HASH_FIND, NULL) != NULL;
}

static void
classify_manual(SdrFileName *file, const char *directory, const char *last,
				HTAB *names)
{
	const char *number;
	const char *suffix;
	char	   *undone;
	bool		certain;

	file->folder = directory;
	file->name = last;
	if (!ends_with(last, SQL_SUFFIX))
	{
		other(file, strcmp(last, LOCK_FILE) == 0 ? "Prisma's lock file" :
			  "not a script: its name does not end in .sql");
		return;
	}
	file->name = file_stem(last);
	undone = strip_undo_word(file->name, &certain);
	if (undone == NULL && in_undo_folder(directory))
	{
		undone = pstrdup(file->name);
		certain = true;
	}

	/* 05_rollback_prices may well be a migration: not so beside 05_prices */
	if (undone != NULL && (certain || name_exists(names, undone)))
	{
		char	   *up = psprintf("%s.up", undone);

		file->entry = SDR_ENTRY_ROLLBACK;
		if (*undone != '\0')
			file->companion_of = name_exists(names, up) ? up : undone;
		return;
	}
	sdr_migration_number(file->name, &number, &suffix);
	if (number == NULL)
	{
		other(file, "no number in front of its name");
		file->is_script = true;
	}
}

/* The names of all scripts outside Prisma's directories. */
static HTAB *
script_names(const SdrFileName *files, int nfiles)
{
	HASHCTL		ctl = {.keysize = MAXPGPATH,.entrysize = MAXPGPATH,
	.hcxt = CurrentMemoryContext};
	HTAB	   *names = hash_create("schemadrift script names", 256, &ctl,
									HASH_ELEM | HASH_STRINGS | HASH_CONTEXT);

	for (int i = 0; i < nfiles; i++)
	{
		const char *last;
		char		key[MAXPGPATH];

		(void) split_path(files[i].path, &last);
		if (files[i].is_directory || !ends_with(last, SQL_SUFFIX))
			continue;
		strlcpy(key, file_stem(last), sizeof(key));
		(void) hash_search(names, key, HASH_ENTER, NULL);
	}
	return names;
}

/*
 * Find out what each of these files is; path and is_directory are given.  What
 * a file is can depend on those beside it.
 */
void
sdr_file_names_classify(SdrFileName *files, int nfiles)
{
	HTAB	   *folders = find_folders(files, nfiles);
	HTAB	   *names = script_names(files, nfiles);

	for (int i = 0; i < nfiles; i++)
	{
		SdrFileName *file = &files[i];
		const char *last;
		const char *directory = split_path(file->path, &last);
		const Folder *folder = find_folder(folders, directory, HASH_FIND);

		file->entry = SDR_ENTRY_MIGRATION;
		file->is_prisma = file->is_script = false;
		file->companion_of = file->note = NULL;
		if (file->is_directory)
			classify_directory(file, folders);
		else if (folder != NULL && folder->has_script)
			classify_prisma(file, directory, last);
		else
			classify_manual(file, directory, last, names);
		sdr_migration_number(file->name, &file->number, &file->suffix);
	}
	hash_destroy(folders);
	hash_destroy(names);
}

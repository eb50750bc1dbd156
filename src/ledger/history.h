/*-------------------------------------------------------------------------
 *
 * history.h
 *	  Migrations as files, as rows of Prisma and as runs of the ledger, and
 *	  what the three say together.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SDR_HISTORY_H
#define SDR_HISTORY_H

#include "compat.h"
#include "datatype/timestamp.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "nodes/pg_list.h"
#include "utils/jsonb.h"

/* What sort of entry of a migrations folder a path is. */
typedef enum SdrEntrySort
{
	SDR_ENTRY_MIGRATION,
	SDR_ENTRY_ROLLBACK,			/* undoes a migration; never pending */
	SDR_ENTRY_OTHER				/* README, migration_lock.toml, copies */
} SdrEntrySort;

/* What the path of a file says, alone and beside the others. */
typedef struct SdrFileName
{
	const char *path;
	bool		is_directory;	/* an empty directory */
	SdrEntrySort entry;
	bool		is_prisma;		/* else made by hand */
	const char *folder;			/* that holds the migration; "" at the top */
	const char *name;			/* of the migration */
	const char *number;			/* digits without leading zeros, or NULL */
	const char *suffix;			/* what stands behind it: "", "b", ".1" */
	const char *companion_of;	/* what a rollback undoes, if that is there */
	const char *note;			/* why it is no migration, or NULL */
	bool		is_script;		/* it may be run, if only for lack of a number
								 * it is no migration */
} SdrFileName;

/* Three forms of a text for Prisma, three more for what psql passes on. */
#define SDR_MAX_CHECKSUMS	6

/* The checksums that a text answers to. */
typedef struct SdrChecksums
{
	int			n;
	char	   *hex[SDR_MAX_CHECKSUMS];
} SdrChecksums;

/* What a statement makes or removes.  From TRIGGER on parts of a relation or
 * type. */
typedef enum SdrEffectKind
{
	SDR_EFFECT_TABLE,
	SDR_EFFECT_VIEW,
	SDR_EFFECT_INDEX,
	SDR_EFFECT_SEQUENCE,
	SDR_EFFECT_TYPE,
	SDR_EFFECT_FUNCTION,
	SDR_EFFECT_SCHEMA,
	SDR_EFFECT_EXTENSION,
	SDR_EFFECT_TRIGGER,
	SDR_EFFECT_POLICY,
	SDR_EFFECT_COLUMN,
	SDR_EFFECT_CONSTRAINT,
	SDR_EFFECT_LABEL
} SdrEffectKind;

#define SDR_NEFFECTS	(SDR_EFFECT_LABEL + 1)

/* In place of a column: those that the statement does not tell by name. */
#define SDR_ANY_COLUMN	"*"

typedef struct SdrEffect
{
	bool		creates;
	SdrEffectKind kind;
	const char *schema;			/* NULL where the script does not say */
	const char *name;
	const char *part;			/* of a table or type, NULL for the whole */
} SdrEffect;

/* What a script is to the server. */
typedef struct SdrScript
{
	bool		empty;			/* nothing but comments and blanks */
	bool		opaque;			/* runs code that is not looked into */
	char	   *digest;			/* of its tokens; NULL if it has none */
	List	   *effects;		/* of SdrEffect *, in order */
	char	   *problem;		/* why it cannot be parsed, or NULL */
} SdrScript;

/* The content of a file, for as long as one file is looked at. */
typedef struct SdrContent
{
	char	   *text;			/* as the server has it; NULL if it cannot */
	char	   *utf8;			/* as Prisma reads it; NULL for a directory
								 * and for what is no script */
	size_t		len;
	const char *problem;		/* what is wrong with it, or NULL */
} SdrContent;

/* A set of files that is being registered. */
typedef struct SdrFileSet
{
	const char *directory;		/* that it is all of */
	SdrFileName *files;
	int			nfiles;
	void	   *arg;
	void		(*read) (void *arg, int i, SdrContent *content);
} SdrFileSet;

/* What the note of a file says of a script that is no SQL, for Prisma. */
#define SDR_UNPARSED	"cannot be parsed"
#define SDR_HAS_MARK	"begins with a byte order mark"

/* A time that is not known or not set, which no timestamptz can be. */
#define SDR_NO_TIME		(PG_INT64_MIN + 1)

/* A row of Prisma's table. */
typedef struct SdrPrismaRow
{
	char	   *id;
	char	   *checksum;		/* any text, also NULL, by hand */
	char	   *name;
	char	   *logs;
	TimestampTz started_at;
	TimestampTz finished_at;
	TimestampTz rolled_back_at;
	int64		steps;			/* -1 where there is no such column */
} SdrPrismaRow;

/* A relation called _prisma_migrations. */
typedef struct SdrPrismaTable
{
	Oid			relid;
	char	   *schema;
	char	   *name;			/* qualified and quoted */
	bool		is_table;
	bool		is_prisma;		/* it has the columns */
	const char *problem;		/* why it is not read, or NULL */
	SdrPrismaRow *rows;
	int64		nrows;
} SdrPrismaTable;

/* What the ledger says of one run. */
typedef struct SdrRunRow
{
	char	   *id;
	char	   *name;
	char	   *checksum;		/* NULL when the script is not known */
	char	   *state;
	char	   *proof;			/* run, effect, claim or NULL */
	TimestampTz started_at;
	TimestampTz finished_at;
	char	   *applied_by;
	char	   *error;
	int			backend_pid;	/* 0 if not known */
	bool		deviates;		/* it ran what is not in its script */
	bool		stepwise;		/* it was not one transaction */
} SdrRunRow;

/* A registered file, as far as migrations need it. */
typedef struct SdrFile
{
	char	   *id;
	bool		is_prisma;
	bool		is_migration;	/* else a script without a number */
	char	   *directory;
	char	   *path;
	char	   *folder;
	char	   *name;
	char	  **checksums;
	int			nchecksums;
	char	   *digest;
	bool		empty;
	bool		has_content;	/* there is a script, though maybe empty */
	char	   *note;
	int			folder_id;		/* of Prisma's folders, from 0 */
	bool		is_duplicate;	/* another file of that name counts */
} SdrFile;

/* What is known of a migration; its state follows from that (rules.c). */
typedef enum SdrFact
{
	SDR_FACT_PRISMA = 1 << 0,
	SDR_FACT_FILE = 1 << 1,		/* a file is registered */
	SDR_FACT_NO_SCRIPT = 1 << 2,	/* a directory without a script */
	SDR_FACT_NO_STATEMENT = 1 << 3, /* a script without statements */
	SDR_FACT_FILES_KNOWN = 1 << 4,	/* files of its kind are registered */
	SDR_FACT_UNREADABLE = 1 << 5,	/* the table is not to be read */
	SDR_FACT_RUNNING = 1 << 6,
	SDR_FACT_INTERRUPTED = 1 << 7,
	SDR_FACT_FAILED = 1 << 8,
	SDR_FACT_APPLIED = 1 << 9,
	SDR_FACT_ROLLED_BACK = 1 << 10,
	SDR_FACT_CLAIM = 1 << 11,	/* said, not run */
	SDR_FACT_ABSENT = 1 << 12,	/* what it creates is not there */
	SDR_FACT_DIFFERS = 1 << 13, /* the file is not what was applied */
	SDR_FACT_COSMETIC = 1 << 14,	/* by comments and blanks alone */
	SDR_FACT_JUNK = 1 << 15,	/* the checksum is none */
	SDR_FACT_STANDBY = 1 << 16,
	SDR_FACT_PRESENT = 1 << 17, /* all that it creates is there */
	SDR_FACT_CONTENT_KNOWN = 1 << 18,	/* its file was registered before */
	SDR_FACT_UNPARSED = 1 << 19,	/* the server cannot parse its script */
	SDR_FACT_STEPWISE = 1 << 20 /* its last run was not one transaction */
} SdrFact;

typedef enum SdrMigrationState
{
	SDR_STATE_PENDING,
	SDR_STATE_APPLIED,
	SDR_STATE_FAILED,
	SDR_STATE_RUNNING,
	SDR_STATE_INTERRUPTED,
	SDR_STATE_ROLLED_BACK,
	SDR_STATE_EDITED,
	SDR_STATE_EDITED_COSMETIC,
	SDR_STATE_MISSING_FILE,
	SDR_STATE_EMPTY,
	SDR_STATE_CLAIMED,
	SDR_STATE_UNKNOWN
} SdrMigrationState;

/* A migration, in one history. */
typedef struct SdrMigration
{
	const char *name;
	const char *history;		/* table that has or will have its rows */
	const SdrFile *file;		/* NULL if there is none */
	const SdrPrismaTable *table;	/* NULL for the ledger, and without one */
	const char *number;
	const char *suffix;
	uint32		facts;			/* of SdrFact */
	SdrMigrationState state;
	const char *next;			/* what to do */
	bool		out_of_order;
	bool		duplicate_number;
	bool		gap;
	int			attempts;
	int			napplied;		/* rows that say so */
	const char *checksum;		/* as recorded, for the file to match */
	const char *run_id;			/* of the ledger's row */
	const char *proof;
	TimestampTz started_at;
	TimestampTz finished_at;
	const char *applied_by;
	const char *error;
	List	   *absent;			/* of SdrEffect *: created, but not there */

	/* for the order */
	int			place;			/* among all */
	int			list;			/* histories, one after the other */
	TimestampTz upper;			/* it stood in the schema by then */
} SdrMigration;

/* All of it. */
typedef struct SdrHistory
{
	List	   *files;			/* of SdrFile *, also duplicates */
	List	   *runs;			/* of SdrRunRow *, oldest first */
	List	   *tables;			/* of SdrPrismaTable * */
	SdrMigration **migrations;	/* in order */
	int			nmigrations;
	bool		thorough;		/* look for what all have created */
	bool		knows_prisma;	/* files of that kind were ever registered */
	bool		knows_manual;
} SdrHistory;

/* file_name.c */
extern void sdr_migration_number(const char *name, const char **number,
								 const char **suffix);
extern int	sdr_manual_name_cmp(const char *a, const char *b);
extern int	sdr_prisma_name_cmp(const char *a, const char *b);
extern int	sdr_file_name_cmp(const SdrFileName *a, const SdrFileName *b);
extern const char *sdr_entry_name(SdrEntrySort entry);
extern void sdr_file_names_classify(SdrFileName *files, int nfiles);

/* checksum.c */
extern char *sdr_checksum(const char *utf8, size_t len);
extern void sdr_checksums_of(SdrChecksums *checksums, const char *utf8,
							 size_t len, bool is_prisma);
extern bool sdr_checksum_matches(const char *stored,
								 const char *const *checksums, int n);
extern bool sdr_checksum_is_junk(const char *stored);
extern char *sdr_utf8_repair(const char *bytes, size_t len, size_t *newlen,
							 int64 *first_bad);

/* scan.c */
extern void sdr_script_words(const char *text,
							 void (*word) (void *arg, const char *word,
										   bool is_quoted),
							 void *arg);
extern void sdr_script_read(const char *text, SdrScript *script);

/* effects.c */
extern const char *sdr_effect_kind_name(SdrEffectKind kind);
extern bool sdr_effect_kind_by_name(const char *name, int len,
									SdrEffectKind *kind);
extern void sdr_effects_collect(List *statements, SdrScript *script);
extern char *sdr_effects_write(const List *effects);
extern List *sdr_effects_read(Jsonb *json);

/* content.c */
extern void sdr_content_from_server(SdrContent *content, char *text);
extern void sdr_content_from_bytes(SdrContent *content, const char *bytes,
								   size_t len);

/* files.c */
extern void sdr_files_register(FunctionCallInfo fcinfo, SdrFileSet *set);

/* prisma_rows.c */
extern List *sdr_prisma_tables(bool with_rows);

/* load.c */
extern List *sdr_load_files(SdrHistory *history);
extern List *sdr_load_runs(void);
extern List *sdr_load_lock_holders(void);
extern void sdr_load_cosmetic(SdrHistory *history);
extern void sdr_load_contents(SdrHistory *history);

/* absent.c */
extern void sdr_load_absent(SdrHistory *history);

/* history.c */
extern SdrHistory *sdr_history_load(bool thorough);

/* unexplained.c */
typedef struct SdrScriptWords SdrScriptWords;

extern SdrScriptWords *sdr_script_words_load(void);
extern bool sdr_script_words_quoted(SdrScriptWords *words, const char *name);
extern List *sdr_unexplained_load(SdrScriptWords *words);


/* order.c */
extern void sdr_history_sort(SdrHistory *history);

/* rules.c */
extern void sdr_migration_judge(SdrMigration *migration);
extern const char *sdr_migration_state_name(SdrMigrationState state);

#endif							/* SDR_HISTORY_H */

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
	char	   *utf8;			/* as Prisma reads it; NULL for a directory and
								 * for what is no script */
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
extern char *sdr_file_path(const char *path, bool *is_directory);

#endif							/* SDR_HISTORY_H */

/*-------------------------------------------------------------------------
 *
 * drift.h
 *	  Drift as rows.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SDR_DRIFT_H
#define SDR_DRIFT_H

#include "catalog/live.h"
#include "fmgr.h"
#include "funcapi.h"
#include "model/model.h"
#include "utils/snapshot.h"

/* Drift that is not to be reported; NULL matches everything. */
typedef struct SdrIgnoreRule
{
	const char *kind;
	const char *schema;			/* patterns: * for any text, ? for a character */
	const char *object;
	const char *part;
	const char *attribute;
} SdrIgnoreRule;

/* A part of an object that is called otherwise than in the document. */
typedef struct SdrRenamedPart
{
	const SdrKind *kind;
	const char *from;
	const char *to;
} SdrRenamedPart;

/* The same of an object, or of parts of it; see renamed.c. */
typedef struct SdrRenamed
{
	const SdrKind *kind;
	const char *old_schema;		/* NULL outside schemas */
	const char *old_name;
	const char *new_schema;
	const char *new_name;
	List	   *parts;			/* of SdrRenamedPart * */
	List	   *labels;			/* of an enum: SdrNewName * */
	SdrDocNode *node;			/* of the document; NULL if it has none */
	bool		moved;			/* is in another schema */
} SdrRenamed;

/* What the options argument says. */
typedef struct SdrOptions
{
	uint32		severities;		/* bits of those to report */
	bool		suppressed;		/* report what rules ignore, and only that */
	List	   *ignore;			/* of SdrIgnoreRule * */
	List	   *renamed;		/* of SdrRenamed * */
	List	   *new_names;		/* of SdrNewName *: in texts of any object */
	List	   *global_names;	/* the same of schemas, roles and the like */
} SdrOptions;

/* A drift row before it is a tuple. */
typedef struct SdrRow
{
	const char *drift;
	const char *kind;
	const char *schema;			/* NULL outside schemas */
	const char *object;
	const char *part;			/* NULL for the object itself */
	const char *attribute;		/* NULL for the whole of it */
	const char *expected;
	const char *actual;
	const char *severity;
	const char *identity;
	SdrDrift	cause;
} SdrRow;

/*
 * Where drift rows go: into a result, to row(), or with the two sides of each
 * top-level object to changed(), which may keep them.  changed() is also told,
 * with no rows, of the objects in a schema that is missing.
 */
typedef struct SdrRows
{
	ReturnSetInfo *rsinfo;
	void	   *row_arg;
	void		(*row) (void *row_arg, const SdrRow *row);
	void	   *changed_arg;
	void		(*changed) (void *changed_arg, const SdrObject *expected,
							const SdrObject *actual, List *rows);
	SdrOptions	options;
	List	   *pending;		/* of SdrRow *, not yet put */
	int64		suppressed;		/* rows that rules have ignored */
} SdrRows;

/*
 * The actual side of a comparison: the catalogs, or a document.  enter()
 * chooses the schema that list(), find() and read() are about and returns the
 * schema itself, NULL if it does not exist; before the
 * first call they are about what is outside schemas.  list() may leave out
 * kinds that the document does not speak for.
 */
typedef struct SdrSource
{
	void	   *arg;
	int			server;
	List	   *(*schemas) (void *arg); /* of char *, sorted */
	SdrObject  *(*enter) (void *arg, const char *schema);
	List	   *(*list) (void *arg);	/* of SdrItem *, sorted */
	const char *(*canonical_name) (void *arg, const SdrItem *item,
								   const char **problem);
	const SdrItem *(*find) (void *arg, const SdrItem *item);
	SdrObject  *(*read) (void *arg, const SdrItem *item);
	/* what to do with an object of the other side before it is compared */
	void		(*prepare) (void *arg, SdrObject *expected);
	List	   *(*unmodelled) (void *arg);	/* of SdrObject * */

	/* Has the object changed while it was compared?  Then it is to be again. */
	bool		(*changed) (void *arg);
	bool		(*same) (void *arg, const SdrAttr *attr,
						 const SdrObject *actual, const char *expected,
						 const char *found);
	/* a text of the object is the same but for what has been renamed */
	void		(*followed) (void *arg, const SdrObject *actual);

	/*
	 * May texts of the object show names of parts of the renamed one?  NULL
	 * where nobody knows.
	 */
	bool		(*shows) (void *arg, const SdrItem *item,
						  const SdrRenamed *renamed);
} SdrSource;

/* options.c */
extern bool sdr_is_option(const char *name);
extern const char *sdr_option_names(void);
extern void sdr_options_read(SdrOptions *options, Jsonb *jsonb);

/* ignore.c */
extern List *sdr_ignore_rules(Snapshot snapshot);
extern const char *sdr_ignore_rule_problem(const char *kind,
										   const char *attribute,
										   const char **hint);
extern bool sdr_ignored(const List *rules, const SdrRow *row);

/*
 * renamed.c
 *
 * sdr_renamed_apply() prepares a document for a comparison, and then
 * sdr_renamed_compare() each of its objects, the actual one of which is at
 * item; NULL for schemas.  sdr_renamed_report() tells of what is none of them.
 */
extern void sdr_renamed_apply(SdrDocument *document, SdrOptions *options);
extern void sdr_renamed_compare(SdrComparison *cmp, const SdrOptions *options,
								const SdrSource *source, const SdrItem *item,
								SdrObject *expected, const SdrObject *actual);
extern void sdr_renamed_report(const SdrComparison *cmp,
							   const SdrOptions *options);

/* implied.c */
extern void sdr_imply(SdrReader *reader, SdrObject *object);

/* rows.c */
extern void sdr_rows_begin(SdrRows *rows, FunctionCallInfo fcinfo,
						   Jsonb *options);
extern void sdr_rows_emit(void *rows, const SdrDrift *drift);
extern void sdr_rows_collect(SdrRows *rows, Jsonb *options,
							 void (*changed) (void *changed_arg,
											  const SdrObject *expected,
											  const SdrObject *actual,
											  List *rows),
							 void *changed_arg);
extern void sdr_rows_hand(SdrRows *rows, Jsonb *options,
						  void (*row) (void *row_arg, const SdrRow *row),
						  void *row_arg);
extern bool sdr_rows_flush(SdrRows *rows, const SdrObject *expected,
						   const SdrObject *actual);
extern void sdr_rows_end(SdrRows *rows);

/*
 * Whatever has a name in a schema, or with InvalidOid outside schemas; of more
 * than one kind, it may be.
 */
typedef struct SdrPlace
{
	Oid			namespace;
	const char *name;
} SdrPlace;

/*
 * What a check is limited to, and what it tells beside rows.  noted() is
 * called for objects whose comparison depends on more than they do themselves:
 * those with a text that differs and was compared by its meaning; and with
 * NULL for a name in the document that is written in another way than the
 * object's.
 */
typedef struct SdrCheckScope
{
	bool		limited;
	const List *places;			/* of SdrPlace *, if limited */
	void	   *noted_arg;
	void		(*noted) (void *noted_arg, const SdrObject *actual);
} SdrCheckScope;

/*
 * check.c
 *
 * sdr_check_scope() does what sdr_check() does, for the objects at the places
 * given.  The document must not have more than what is said of the whole, of
 * their schemas, and of them.  What no kind knows is left out, and so are
 * changed privileges, which are found together or not at all.
 */
extern void sdr_check(SdrReader *reader, SdrDocument *document, SdrRows *rows);
extern void sdr_check_scope(SdrReader *reader, SdrDocument *document,
							const SdrCheckScope *scope, SdrRows *rows);

/* walk.c */
extern void sdr_canonical_names(const SdrSource *source, List *nodes);
extern void sdr_walk(SdrDocument *expected, const SdrSource *source,
					 SdrRows *rows);

#endif							/* SDR_DRIFT_H */

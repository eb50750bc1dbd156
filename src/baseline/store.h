/*-------------------------------------------------------------------------
 *
 * store.h
 *	  The baseline's tables, for the files of this room and for observing.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SDR_STORE_H
#define SDR_STORE_H

#include "catalog/live.h"
#include "nodes/pg_list.h"
#include "record/record.h"
#include "utils/hsearch.h"
#include "utils/jsonb.h"
#include "utils/uuid.h"

/* What the baseline is about: everything but the kinds of the whole cluster. */
#define SDR_SNAPSHOT_SQL	"SELECT schemadrift_snapshot()"

/* Who changes the baseline, and why: a row of schemadrift.baseline_change. */
typedef struct SdrBaselineChange
{
	const char *method;			/* accept, expect or migration */
	const pg_uuid_t *run;		/* of the ledger, or NULL */
	const char *migration;		/* or NULL */
	const char *note;			/* or NULL */
	const Datum *identity;		/* jsonb: which objects are meant by all that
								 * may be written; NULL: those of that name */
} SdrBaselineChange;

/* What a transaction has changed, as rows for move.c, each a jsonb. */
typedef struct SdrDifference
{
	Datum		before;			/* objects as they were */
	Datum		now;
	Datum		renamed;		/* objects that are in both */
	Datum		names;			/* what was renamed, for schemadrift_merge() */
	Datum		identity;		/* objects of now, by oid */
	List	   *called;			/* of SdrCalled *, for the transactions that
								 * follow */
} SdrDifference;

/* What the baseline calls an object once it is moved. */
typedef struct SdrCalled
{
	Oid			catalog;
	Oid			oid;
	const char *schema;			/* NULL outside schemas */
	const char *name;
	Datum		parts;			/* jsonb, as sdr_part_ids() has them */
} SdrCalled;

#define SDR_CALLED_KEY	offsetof(SdrCalled, schema)

/*
 * difference.c
 *
 * Find what the transaction at hand has changed since a command, of those that
 * GetCurrentCommandId() counts; false if that is nothing.  The result is in the
 * current memory context.  called has the objects by which transactions of the
 * migration before this one will have moved the baseline; NULL for a migration of
 * one.
 */
extern bool sdr_baseline_difference(CommandId since, HTAB *called,
									SdrDifference *difference);

/*
 * follow.c
 *
 * What a migration has renamed: sdr_follow_read() reads it as an argument of
 * schemadrift_merge() has it.  sdr_follow_value() is true where a text, or a
 * list of texts, is what it was before but for those names, and it is known
 * what that makes of what the baseline says: that is the result.
 */
typedef struct SdrFollow
{
	List	   *names;			/* of SdrNewName * */
	List	   *back;			/* the same the other way round */
	bool		columns;		/* some are of columns */
	bool		gone;			/* columns have gone */
	bool		labels;			/* labels of enums have other names, too */
} SdrFollow;

extern void sdr_follow_read(Jsonb *renamed, SdrFollow *follow);
extern bool sdr_follow_value(const SdrFollow *follow, const JsonbValue *before,
							 const JsonbValue *after, const JsonbValue *base,
							 JsonbValue *result);

/* An object that a migration has changed; without what is NULL. */
typedef struct SdrSides
{
	SdrReader  *before_reader;
	SdrReader  *now_reader;
	const SdrEntry *before_at;
	const SdrEntry *now_at;
	SdrObject  *before;
	SdrObject  *now;
	HTAB	   *called;			/* see sdr_baseline_difference() */
} SdrSides;

/*
 * known.c
 *
 * Have both sides called as the baseline calls them, if somebody has renamed
 * the object or parts of it by hand.  called tells what it is called from now
 * on; sdr_called_copy() copies that into the current memory context.  by_hand
 * gets SdrNewName *: names of before, and what they are called.  False if
 * the baseline means another object by that name, and so not this one.
 */
extern bool sdr_known_names(const SdrSides *sides, Oid catalog,
							SdrCalled *called, List **by_hand);
extern SdrCalled *sdr_called_copy(const SdrCalled *called);

/*
 * store.c
 *
 * sdr_baseline_write() writes the rows of a statement that begins with a
 * common table expression named delta, whose parameters are the arguments.
 * sdr_baseline_query() runs a query with one jsonb as its result, in the
 * current memory context; false if that is null, or if there is none; see
 * sdr_query_kept() for the other one.
 * sdr_baseline_document() is the baseline as one document, an error if there
 * is none; sdr_baseline_some() has only some objects, whose schemas (NULL
 * outside schemas) and names are text[] of the same length, and is false if
 * there is no baseline.
 */
extern void sdr_baseline_write(const char *delta, int nargs, Oid *types,
							   Datum *values,
							   const SdrBaselineChange *change);
extern Datum sdr_baseline_document(void);
extern bool sdr_baseline_exists(void);
extern bool sdr_baseline_some(Datum schemas, Datum names, Datum *document);
extern bool sdr_baseline_query_kept(SdrKept *kept, const char *sql, int nargs,
									Oid *types, Datum *values, Datum *value);
extern bool sdr_baseline_query(const char *sql, int nargs, Oid *types,
							   Datum *values, Datum *value);

#endif							/* SDR_STORE_H */

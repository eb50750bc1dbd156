/*-------------------------------------------------------------------------
 *
 * drift.h
 *	  Drift as rows.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SDR_DRIFT_H
#define SDR_DRIFT_H

#include "fmgr.h"
#include "funcapi.h"
#include "model/model.h"

/* What the options argument says. */
typedef struct SdrOptions
{
	uint32		severities;		/* bits of those to report */
} SdrOptions;

/* Where drift rows go. */
typedef struct SdrRows
{
	ReturnSetInfo *rsinfo;
	SdrOptions	options;
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
	List	   *(*schemas) (void *arg);	/* of char *, sorted */
	SdrObject  *(*enter) (void *arg, const char *schema);
	List	   *(*list) (void *arg);	/* of SdrItem *, sorted */
	const char *(*canonical_name) (void *arg, const SdrItem *item);
	const SdrItem *(*find) (void *arg, const SdrItem *item);
	SdrObject  *(*read) (void *arg, const SdrItem *item);
	bool		(*same) (void *arg, const SdrAttr *attr,
						 const SdrObject *actual, const char *expected,
						 const char *found);
} SdrSource;

/* rows.c */
extern Jsonb *sdr_jsonb_arg(FunctionCallInfo fcinfo, int n, const char *name);
extern void sdr_rows_begin(SdrRows *rows, FunctionCallInfo fcinfo,
						   Jsonb *options);
extern void sdr_rows_emit(void *rows, const SdrDrift *drift);

/* walk.c */
extern void sdr_walk(const SdrDocument *expected, const SdrSource *source,
					 SdrRows *rows);

#endif							/* SDR_DRIFT_H */

/*-------------------------------------------------------------------------
 *
 * watch.h
 *	  What has changed in the catalogs, for the files of this room.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SDR_WATCH_H
#define SDR_WATCH_H

#include "catalog/live.h"
#include "drift/drift.h"

/* A row has come, changed or gone that is about this object. */
typedef struct SdrChange
{
	Oid			class;			/* InvalidOid: about nothing in particular */
	Oid			oid;
	Oid			catalog;		/* in which the row stands */
	bool		is_hint;		/* perhaps; the server has only said so */
} SdrChange;

typedef struct SdrWatch SdrWatch;

/*
 * watch.c
 *
 * sdr_watch_begin() makes a watch in the memory context given, which knows
 * nothing yet, with the catalogs of the kinds of the whole cluster or without.
 *  sdr_watch_settle() takes the invalidations that have come and
 * has to be called before the snapshot is taken that sdr_watch_look() uses,
 * which returns the changes since the last time, as a list of SdrChange *; at
 * the first time there are none.  NULL as the list and *many set: too many.
 * With certain set there are no hints among them, at a price.
 * sdr_watch_also() has another relation watched from the next time on; one
 * that says so is invalidated by whoever changes rows.  sdr_watch_always() has
 * it watched by all watches that begin later in this session.
 */
extern SdrWatch *sdr_watch_begin(MemoryContext context, bool globally);
extern void sdr_watch_settle(SdrWatch *watch);
extern List *sdr_watch_look(SdrWatch *watch, Snapshot snapshot, bool certain,
							bool *many);
extern void sdr_watch_also(SdrWatch *watch, Oid catalog, bool says_so);
extern void sdr_watch_always(Oid catalog);
extern bool sdr_watch_has(const SdrWatch *watch, Oid catalog);

/*
 * affected.c: which objects changes are about.
 *
 * sdr_known_begin() notes where all objects are that the reader has listed.
 * sdr_affected() returns the objects whose comparison may have another result,
 * as a list of SdrPlace *, and the oids of those that exist, and keeps what is
 * known up to date.  False if that cannot be told, or if there are too many;
 * then nothing has been done.
 */
typedef struct SdrKnown SdrKnown;

extern SdrKnown *sdr_known_begin(MemoryContext context, SdrReader *reader);
extern bool sdr_affected(SdrKnown *known, SdrReader *reader,
						 const List *changes, List **places, List **objects);

/*
 * places.c
 *
 * sdr_observe_renamed() tells, as options of a check, which of all objects, or
 * of those with these oids, are called otherwise than expected, and the oids of
 * these, as oid[]; sdr_observe_add_objects() adds such an array to a list.
 * sdr_renamed_places() sorts places, and adds those where what is at one of
 * them is expected, and where what is expected there is; sdr_places_arrays() has their schemas and names
 * as two arrays of texts, sdr_expected_arrays() as the baseline calls them.
 */
extern Jsonb *sdr_observe_renamed(bool all, const List *objects,
								  Datum *renamed);
extern List *sdr_observe_add_objects(List *objects, Datum more);
extern List *sdr_renamed_places(SdrReader *reader, const List *renamed,
								List *places);
extern void sdr_places_arrays(SdrReader *reader, const List *places,
							  Datum *arrays);
extern void sdr_expected_arrays(SdrReader *reader, const List *places,
								const List *renamed, Datum *arrays);

#endif							/* SDR_WATCH_H */

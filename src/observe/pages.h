/*-------------------------------------------------------------------------
 *
 * pages.h
 *	  Which rows of a catalog have changed, for the files of this room.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SDR_PAGES_H
#define SDR_PAGES_H

#include "access/htup.h"
#include "storage/block.h"
#include "utils/relcache.h"
#include "utils/snapshot.h"

/*
 * What is known of a catalog: the cache whose invalidations tell that it has
 * changed, which rows count, and which object a row is about.  Its oid stands
 * in the column oid, its catalog is class or stands in the column class_attr;
 * where that oid is 0, other says the same.  Without such a column a row is
 * about nothing in particular, and whatever depends on it is everything.
 */
typedef struct SdrWatchedCatalog
{
	Oid			oid;
	int			cache;
	Oid			class;
	AttrNumber	class_attr;
	AttrNumber	oid_attr;
	Oid			other_class;
	AttrNumber	other_attr;
	bool		(*counts) (HeapTuple tuple);
} SdrWatchedCatalog;

/* What has been seen of a catalog: its pages, nothing at first. */
typedef struct SdrPages
{
	MemoryContext context;		/* what is remembered is in here */
	BlockNumber npages;
	struct SeenPage *pages;
} SdrPages;

/* A row that is about this object has come, changed or gone. */
typedef void (*SdrRowChanged) (void *arg, Oid class, Oid oid);

/*
 * pages.c: look at a catalog that is kept in a heap and writes WAL, and call
 * back for each row that is other than the last time.
 */
extern void sdr_pages_look(SdrPages *pages, const SdrWatchedCatalog *catalog,
						   Relation rel, Snapshot snapshot,
						   SdrRowChanged changed, void *arg);

#endif							/* SDR_PAGES_H */

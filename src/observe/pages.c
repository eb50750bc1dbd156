/*-------------------------------------------------------------------------
 *
 * pages.c
 *	  Which rows of a catalog have come, changed or gone, page by page.
 *
 * Of each page is remembered its LSN, which every change of the page moves on,
 * and the rows that were visible, each by its place and by the transaction that
 * made it.  A page with the same LSN has the same rows, as long as all
 * transactions that had touched it were over; otherwise it is read again.  So
 * it costs a look at the head of each page to know that nothing has changed.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/heapam.h"
#include "access/htup_details.h"
#include "access/transam.h"
#include "miscadmin.h"
#include "observe/pages.h"
#include "storage/bufmgr.h"
#include "utils/memutils.h"
#include "utils/rel.h"

/* A visible row. */
typedef struct Row
{
	OffsetNumber offset;
	TransactionId xmin;
	Oid			class;
	Oid			oid;
} Row;

typedef struct SeenPage
{
	XLogRecPtr	lsn;			/* invalid: to be read again in any case */
	int			nrows;
	Row		   *rows;			/* by offset */
} SeenPage;

/* A look under way. */
typedef struct Look
{
	SdrPages   *seen;
	const SdrWatchedCatalog *catalog;
	Relation	rel;
	Snapshot	snapshot;
	SdrRowChanged changed;
	void	   *arg;
} Look;

/* Is it known for all later snapshots what became of the transaction? */
static bool
is_over(TransactionId xid, Snapshot snapshot)
{
	return !TransactionIdIsNormal(xid) ||
		TransactionIdPrecedes(xid, snapshot->xmin);
}

/* Will the row be as visible to all later snapshots as it is to this one? */
static bool
is_settled(HeapTupleHeader header, Snapshot snapshot)
{
	if (!HeapTupleHeaderXminFrozen(header) &&
		!is_over(HeapTupleHeaderGetRawXmin(header), snapshot))
		return false;
	if ((header->t_infomask & HEAP_XMAX_INVALID) != 0)
		return true;
	return (header->t_infomask & HEAP_XMAX_IS_MULTI) == 0 &&
		is_over(HeapTupleHeaderGetRawXmax(header), snapshot);
}

static Oid
get_oid(HeapTuple tuple, AttrNumber attr, TupleDesc desc)
{
	bool		isnull;

	return attr == InvalidAttrNumber ? InvalidOid :
		DatumGetObjectId(heap_getattr(tuple, attr, desc, &isnull));
}

static void
locate(const SdrWatchedCatalog *catalog, HeapTuple tuple, TupleDesc desc, Row *row)
{
	row->offset = ItemPointerGetOffsetNumber(&tuple->t_self);
	row->xmin = HeapTupleHeaderGetRawXmin(tuple->t_data);
	row->class = catalog->class_attr == InvalidAttrNumber ? catalog->class :
		get_oid(tuple, catalog->class_attr, desc);
	row->oid = get_oid(tuple, catalog->oid_attr, desc);
	if (!OidIsValid(row->oid) && catalog->other_attr != InvalidAttrNumber)
	{
		row->class = catalog->other_class;
		row->oid = get_oid(tuple, catalog->other_attr, desc);
	}
}

/*
 * Read the visible rows of a page that is locked against changes, and find out
 * whether they stay the same as long as its LSN does.
 */
static int
read_rows(Look *look, BlockNumber block, Buffer buffer, Row *rows,
		  bool *settled)
{
	const SdrWatchedCatalog *catalog = look->catalog;
	Page		page = BufferGetPage(buffer);
	OffsetNumber last = PageGetMaxOffsetNumber(page);
	int			nrows = 0;

	*settled = true;
	for (OffsetNumber offset = FirstOffsetNumber; offset <= last; offset++)
	{
		ItemId		item = PageGetItemId(page, offset);
		HeapTupleData tuple;

		if (!ItemIdIsNormal(item))
			continue;
		tuple.t_tableOid = RelationGetRelid(look->rel);
		tuple.t_data = (HeapTupleHeader) PageGetItem(page, item);
		tuple.t_len = ItemIdGetLength(item);
		ItemPointerSet(&tuple.t_self, block, offset);
		if (!is_settled(tuple.t_data, look->snapshot))
			*settled = false;
		if (HeapTupleSatisfiesVisibility(&tuple, look->snapshot, buffer) &&
			(catalog->counts == NULL || catalog->counts(&tuple)))
			locate(catalog, &tuple, RelationGetDescr(look->rel),
				   &rows[nrows++]);
	}
	return nrows;
}

/* Report what is different; both sides are in the order of the page. */
static void
compare_rows(Look *look, const SeenPage *page, const Row *rows, int nrows)
{
	int			i = 0;
	int			j = 0;

	while (i < page->nrows || j < nrows)
	{
		const Row  *old = i < page->nrows ? &page->rows[i] : NULL;
		const Row  *new = j < nrows ? &rows[j] : NULL;

		if (old != NULL && new != NULL &&
			memcmp(old, new, sizeof(Row)) == 0)
		{
			i++;
			j++;
			continue;
		}
		if (old != NULL && (new == NULL || old->offset <= new->offset))
		{
			look->changed(look->arg, old->class, old->oid);
			i++;
		}
		if (new != NULL && (old == NULL || new->offset <= old->offset))
		{
			look->changed(look->arg, new->class, new->oid);
			j++;
		}
	}
}

static void
remember_rows(Look *look, SeenPage *page, const Row *rows, int nrows)
{
	if (page->rows != NULL && page->nrows != nrows)
	{
		pfree(page->rows);
		page->rows = NULL;
	}
	if (page->rows == NULL && nrows > 0)
		page->rows = MemoryContextAlloc(look->seen->context,
										nrows * sizeof(Row));
	if (nrows > 0)
		memcpy(page->rows, rows, nrows * sizeof(Row));
	page->nrows = nrows;
}

static void
look_at_page(Look *look, BlockNumber block)
{
	SeenPage   *page = &look->seen->pages[block];
	Buffer		buffer = ReadBuffer(look->rel, block);
	Row			rows[MaxHeapTuplesPerPage];
	int			nrows;
	bool		settled;

	if (!XLogRecPtrIsInvalid(page->lsn) &&
		BufferGetLSNAtomic(buffer) == page->lsn)
	{
		ReleaseBuffer(buffer);
		return;
	}
	/* padding is compared as well */
	memset(rows, 0, sizeof(rows));
	LockBuffer(buffer, BUFFER_LOCK_SHARE);
	nrows = read_rows(look, block, buffer, rows, &settled);
	page->lsn = settled ? BufferGetLSNAtomic(buffer) : InvalidXLogRecPtr;
	UnlockReleaseBuffer(buffer);
	compare_rows(look, page, rows, nrows);
	remember_rows(look, page, rows, nrows);
}

/* Make room for as many pages as there are; those that have gone are empty. */
static void
resize(Look *look, BlockNumber npages)
{
	SdrPages   *seen = look->seen;

	for (BlockNumber i = npages; i < seen->npages; i++)
	{
		compare_rows(look, &seen->pages[i], NULL, 0);
		if (seen->pages[i].rows != NULL)
			pfree(seen->pages[i].rows);
	}
	if (npages > 0)
	{
		Size		size = npages * sizeof(SeenPage);

		seen->pages = seen->pages == NULL ?
			MemoryContextAllocHuge(look->seen->context, size) :
			repalloc_huge(seen->pages, size);
		if (npages > seen->npages)
			memset(seen->pages + seen->npages, 0,
				   (npages - seen->npages) * sizeof(SeenPage));
	}
	seen->npages = npages;
}

void
sdr_pages_look(SdrPages *pages, const SdrWatchedCatalog *catalog, Relation rel,
			   Snapshot snapshot, SdrRowChanged changed, void *arg)
{
	Look		look = {pages, catalog, rel, snapshot, changed, arg};

	resize(&look, RelationGetNumberOfBlocks(rel));
	for (BlockNumber i = 0; i < pages->npages; i++)
	{
		CHECK_FOR_INTERRUPTS();
		look_at_page(&look, i);
	}
}

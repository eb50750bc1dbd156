/*-------------------------------------------------------------------------
 *
 * observer.h
 *	  The background workers that observe, for the files of this room.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SDR_OBSERVER_H
#define SDR_OBSERVER_H

#include "observe/observe.h"
#include "storage/latch.h"
#include "storage/lwlock.h"

/* A database and its worker, in shared memory. */
typedef struct SdrObserverSlot
{
	SdrObserverStatus status;	/* no database: free */
	bool		starting;		/* the launcher has asked for a worker */
	bool		absent;			/* there is no extension in the database */
	int			deaths;			/* of workers that have not observed */
	TimestampTz not_before;		/* no worker is started until then */
} SdrObserverSlot;

typedef struct SdrObservers
{
	LWLock	   *lock;			/* over all that follows */
	Latch	   *launcher;		/* NULL if there is none */
	int			nslots;
	SdrObserverSlot slots[FLEXIBLE_ARRAY_MEMBER];
} SdrObservers;

/* launcher.c; NULL where the library is not preloaded. */
extern SdrObservers *sdr_observers;
extern SdrObserverSlot *sdr_observer_slot(Oid database);
extern bool sdr_observer_wanted(const char *database);
extern void sdr_launcher_wake(void);

#endif							/* SDR_OBSERVER_H */

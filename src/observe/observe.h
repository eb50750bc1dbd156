/*-------------------------------------------------------------------------
 *
 * observe.h
 *	  The history of drift: noting what has come and gone since the last time,
 *	  cheaply, by hand or by a background worker.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SDR_OBSERVE_H
#define SDR_OBSERVE_H

#include "datatype/timestamp.h"
#include "record/utility.h"
#include "utils/guc.h"

/* The events of schemadrift.drift_event, in the order of their columns. */
typedef enum SdrDriftEvent
{
	SDR_EVENT_APPEARED,
	SDR_EVENT_CHANGED,
	SDR_EVENT_RESOLVED
} SdrDriftEvent;

#define SDR_NEVENTS	(SDR_EVENT_RESOLVED + 1)

/* How an observation was done. */
typedef enum SdrObservedHow
{
	SDR_OBSERVED_NOTHING,		/* nothing had changed */
	SDR_OBSERVED_SOME,			/* the objects that had */
	SDR_OBSERVED_ALL
} SdrObservedHow;

typedef struct SdrObservation
{
	SdrObservedHow how;
	int			objects;		/* that have been compared, unless all */
	int			events[SDR_NEVENTS];
} SdrObservation;

/*
 * observe.c
 *
 * sdr_observe() observes the database, in the caller's transaction.  What it
 * has seen is remembered in this session, so that the next call looks only at
 * what has changed since.
 */
extern void sdr_observe(SdrObservation *observation);

/* What is known of the worker of a database. */
typedef struct SdrObserverStatus
{
	Oid			database;
	int			pid;			/* 0 if there is none now */
	bool		has_baseline;
	SdrObservedHow how;			/* of the last observation */
	int			objects;
	int64		observations;
	int64		whole;			/* those that looked at everything */
	TimestampTz started_at;
	TimestampTz observed_at;	/* 0 for never */
	double		milliseconds;	/* the last one took */
	TimestampTz failed_at;		/* 0 if the last one did not fail */
	char		error[512];
} SdrObserverStatus;

/*
 * launcher.c
 *
 * sdr_observer_init() is called when the library is loaded.
 * sdr_observer_status() tells about the worker of a database; false where
 * there is none and has been none.  sdr_observer_preloaded() tells whether
 * there can be workers at all.
 */
extern void sdr_observer_init(void);
extern bool sdr_check_databases(char **newval, void **extra,
								GucSource source);
extern bool sdr_observer_preloaded(void);
extern bool sdr_observer_status(Oid database, SdrObserverStatus *status);

/* giveway.c */
extern void sdr_give_way_utility(SdrUtility *utility);

#endif							/* SDR_OBSERVE_H */

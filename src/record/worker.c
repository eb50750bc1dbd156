/*-------------------------------------------------------------------------
 *
 * worker.c
 *	  Background workers, and the shared memory that they have with sessions.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "record/record.h"
#include "storage/ipc.h"
#include "storage/lwlock.h"
#include "storage/shmem.h"

/* How long after its end a worker of the server's is started again, in s. */
#define RESTART		5

#define MAX_SHARES	4

static const SdrShare *shares[MAX_SHARES];
static int	nshares = 0;

static shmem_request_hook_type previous_request = NULL;
static shmem_startup_hook_type previous_startup = NULL;

void
sdr_worker_describe(BackgroundWorker *worker, const char *name,
					const char *function)
{
	worker->bgw_flags |= BGWORKER_SHMEM_ACCESS;
	worker->bgw_start_time = BgWorkerStart_RecoveryFinished;
	strlcpy(worker->bgw_name, name, BGW_MAXLEN);
	strlcpy(worker->bgw_type, name, BGW_MAXLEN);
	strlcpy(worker->bgw_library_name, "schemadrift",
			sizeof(worker->bgw_library_name));
	strlcpy(worker->bgw_function_name, function, BGW_MAXLEN);
}

void
sdr_worker_register(int flags, const char *name, const char *function)
{
	BackgroundWorker worker = {
		.bgw_flags = flags,
		.bgw_restart_time = RESTART,
	};

	sdr_worker_describe(&worker, name, function);
	RegisterBackgroundWorker(&worker);
}

static void
request_memory(void)
{
	if (previous_request != NULL)
		previous_request();
	for (int i = 0; i < nshares; i++)
	{
		RequestAddinShmemSpace(shares[i]->size());
		RequestNamedLWLockTranche(shares[i]->name, 1);
	}
}

static void
start_memory(void)
{
	if (previous_startup != NULL)
		previous_startup();
	LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
	for (int i = 0; i < nshares; i++)
	{
		bool		found;
		void	   *memory = ShmemInitStruct(shares[i]->name,
											 shares[i]->size(), &found);

		shares[i]->attach(memory, found ? NULL :
						  &GetNamedLWLockTranche(shares[i]->name)->lock);
	}
	LWLockRelease(AddinShmemInitLock);
}

void
sdr_share(const SdrShare *share)
{
	Assert(process_shared_preload_libraries_in_progress);
	Assert(nshares < MAX_SHARES);
	if (nshares == 0)
	{
		previous_request = shmem_request_hook;
		shmem_request_hook = request_memory;
		previous_startup = shmem_startup_hook;
		shmem_startup_hook = start_memory;
	}
	shares[nshares++] = share;
}

/*-------------------------------------------------------------------------
 *
 * guard.h
 *	  What watches DDL.
 *
 * A statement is seen by the utility hook, by the event triggers, or by both.
 * Whoever sees it first opens a frame, reads the facts from its parse tree and
 * asks for the verdict; the other adds to that frame what it knows.  When the
 * statement is done, its frame becomes rows of schemadrift.ddl_log.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SDR_GUARD_H
#define SDR_GUARD_H

#include "catalog/objectaddress.h"
#include "compat.h"
#include "datatype/timestamp.h"
#include "executor/tuptable.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "nodes/parsenodes.h"
#include "record/utility.h"
#include "tcop/cmdtag.h"
#include "utils/guc.h"
#include "utils/hsearch.h"
#include "utils/relcache.h"
#include "utils/uuid.h"

/* How many commands the server has; from 17 on it does not say. */
#define PG_CMDTAG(tag, name, event_trigger_ok, rewrite_ok, row_count) + 1
enum
{
	SDR_NCOMMANDS = 0
#include "tcop/cmdtaglist.h"
};
#undef PG_CMDTAG

/* What a command is to the guard; see commandlist.h. */
typedef enum SdrCommandClass
{
	SDR_CLASS_NONE,
	SDR_CLASS_MAINTENANCE,
	SDR_CLASS_SCHEMA,
	SDR_CLASS_GLOBAL,
	SDR_CLASS_PRIVILEGE,
	SDR_CLASS_SERVER,
	SDR_CLASS_DATA
} SdrCommandClass;

#define SDR_NCLASSES	(SDR_CLASS_DATA + 1)

typedef enum SdrAct
{
	SDR_ACT_NONE,
	SDR_ACT_CREATE,
	SDR_ACT_ALTER,
	SDR_ACT_DROP,
	SDR_ACT_GRANT,
	SDR_ACT_REVOKE,
	SDR_ACT_COMMENT,
	SDR_ACT_LABEL,
	SDR_ACT_TRUNCATE
} SdrAct;

#define SDR_NACTS		(SDR_ACT_TRUNCATE + 1)

/* The text may hold a password or the like; see redact.c. */
#define SDR_COMMAND_SECRET	0x01

typedef struct SdrCommand
{
	const char *tag;
	SdrCommandClass class;
	SdrAct		act;
	const char *kind;			/* of the object; NULL for class NONE */
	int			flags;
} SdrCommand;

/* An object that a statement names. */
typedef struct SdrTarget
{
	const char *kind;
	const char *schema;			/* NULL when not said, or outside schemas */
	const char *name;
} SdrTarget;

/* What the parse tree says. */
typedef struct SdrFacts
{
	const SdrCommand *command;
	List	   *targets;		/* of SdrTarget *; the first one is spoken of */
	List	   *acts;			/* of char *: destructive ones, as the setting
								 * schemadrift.protect calls them */
	const char *details;		/* a JSON object, or NULL */
	bool		temporary;		/* about nothing but temporary objects */
	bool		own;			/* about an object or setting of ours */
	bool		install;		/* CREATE EXTENSION schemadrift */
	bool		renames;		/* ALTER ... RENAME */
	bool		all_in_schema;	/* GRANT ON ALL ... IN SCHEMA, or REVOKE */
	const List *roles;			/* of RoleSpec *: that it changes */
	const List *partitions;		/* of RangeVar *: attached or detached */
	bool		replaces;		/* CREATE OR REPLACE */
	bool		adds_columns;	/* ALTER TABLE ADD COLUMN, and nothing else */
} SdrFacts;

typedef enum SdrGuardMode
{
	SDR_GUARD_OFF,
	SDR_GUARD_LOG,
	SDR_GUARD_WARN,
	SDR_GUARD_REJECT
} SdrGuardMode;

/* Rules of exemption: the setting schemadrift.exempt is a set of these. */
typedef enum SdrExemption
{
	SDR_EXEMPT_TEMPORARY,
	SDR_EXEMPT_EXTENSION_MEMBER,
	SDR_EXEMPT_REPLICATION,
	SDR_EXEMPT_BINARY_UPGRADE,
	SDR_EXEMPT_INTERNAL,
	SDR_EXEMPT_SCHEMA,
	SDR_EXEMPT_GLOBAL,
	SDR_EXEMPT_PRIVILEGE,
	SDR_EXEMPT_SERVER,
	SDR_EXEMPT_DATA
} SdrExemption;

#define SDR_NEXEMPTIONS	(SDR_EXEMPT_DATA + 1)

/* What proves that a statement is part of a migration. */
typedef enum SdrProofKind
{
	SDR_PROOF_NONE,
	SDR_PROOF_RUN,				/* schemadrift_apply() or _begin() */
	SDR_PROOF_PRISMA,			/* a script that Prisma has registered */
	SDR_PROOF_PRISMA_TABLE		/* its own table, before anything else */
} SdrProofKind;

typedef struct SdrProof
{
	SdrProofKind kind;
	const char *migration;
	const char *checksum;
	const pg_uuid_t *run;		/* of the ledger */
	bool		approved;
	bool		allow_destructive;
	const char *missing;		/* why there is none: a sentence */
} SdrProof;

typedef enum SdrVerdict
{
	SDR_VERDICT_TRACKED,
	SDR_VERDICT_UNTRACKED,
	SDR_VERDICT_EXEMPT,
	SDR_VERDICT_REJECTED
} SdrVerdict;

/* Why; the texts are in verdict.c. */
typedef enum SdrReason
{
	SDR_REASON_RUN,
	SDR_REASON_PRISMA,
	SDR_REASON_PRISMA_TABLE,
	SDR_REASON_UNTRACKED,
	SDR_REASON_UNAPPROVED,
	SDR_REASON_PROTECTED,
	SDR_REASON_OWN,
	SDR_REASON_LOWERED,
	SDR_REASON_SETTING,
	SDR_REASON_UNLOCKED,
	SDR_REASON_ROLE,
	SDR_REASON_INSTALL,
	SDR_REASON_TEMPORARY,
	SDR_REASON_EXTENSION_MEMBER,
	SDR_REASON_REPLICATION,
	SDR_REASON_BINARY_UPGRADE,
	SDR_REASON_INTERNAL,
	SDR_REASON_CLASS
} SdrReason;

#define SDR_NREASONS	(SDR_REASON_CLASS + 1)

/* Everything that the verdict depends on. */
typedef struct SdrCase
{
	const SdrFacts *facts;
	SdrGuardMode mode;
	bool		lowered;		/* the session has set a weaker mode */
	uint32		exempt;			/* bits of SdrExemption that are on */
	bool		exempt_in_session;	/* and the session has said so */
	bool		in_extension;	/* CREATE or ALTER EXTENSION is running */
	bool		in_replication; /* a worker that applies changes */
	bool		in_upgrade;		/* pg_upgrade */
	bool		in_maintenance; /* REFRESH MATERIALIZED VIEW and the like */
	bool		unlocked;
	bool		exempt_role;
	bool		require_approval;
	const char *protected_act;	/* that protect names, or NULL */
	const SdrProof *proof;
} SdrCase;

typedef struct SdrDecision
{
	SdrVerdict	verdict;
	SdrReason	reason;
	bool		logged;			/* becomes rows */
	bool		warned;
} SdrDecision;

/* An object of a row: what the server says has been made, changed, dropped. */
typedef struct SdrLogObject
{
	const char *act;			/* create, alter, drop ... */
	const char *kind;
	const char *schema;
	const char *name;
	const char *identity;
	ObjectAddress address;		/* objectId 0 when not known */
	bool		part;			/* comes along with what the statement names */
	const char *changes;		/* a JSON array; NULL if there are none */
} SdrLogObject;

/* A statement that is being executed. */
typedef struct SdrFrame
{
	struct SdrFrame *up;
	MemoryContext context;		/* everything below lives in it */
	CommandTag	tag;
	bool		by_hook;
	bool		started;		/* ddl_command_start has fired */
	bool		ended;			/* ddl_command_end has */
	bool		written;
	bool		secret;			/* the client has sent one along */
	SdrFacts	facts;
	SdrGuardMode mode;
	SdrProof	proof;
	SdrDecision decision;
	const char *statement;
	const char *parent;			/* that executes this one; NULL at top level */
	TimestampTz at;
	List	   *objects;		/* of SdrLogObject * */
	HTAB	   *known;			/* their addresses */
	List	   *created;		/* of ObjectAddress *, in the order of
								 * creation */
	int			members;		/* statements of an extension's script */
	List	   *rewritten;		/* of char *: tables rewritten */
	CommandId	command_id;		/* when the statement began, and in which */
	LocalTransactionId local_xid;	/* transaction */
	List	   *touched;		/* of ObjectAddress *: what it may have
								 * altered without the event triggers being
								 * told */
	bool		compared;		/* changes have been looked for */
} SdrFrame;

/* command.c */
extern const SdrCommand *sdr_command(CommandTag tag);
extern const char *sdr_act_name(SdrAct act);

/* facts.c */
extern void sdr_facts_read(Node *statement, CommandTag tag, SdrFacts *facts);
extern const VariableSetStmt *sdr_setting_of(Node *node);
extern bool sdr_sets_own(Node *node);

/* target.c */
extern const char *sdr_kind_of_object_type(ObjectType type);
extern const char *sdr_role_text(const RoleSpec *role);

/* details.c */
extern const char *sdr_facts_details(Node *statement);

/* act.c: destructive acts, and the lists of names that settings are */
extern List *sdr_statement_acts(Node *statement, const SdrCommand *command);
extern const char *sdr_drop_act(const char *kind);
extern bool sdr_act_known(const char *act);

/* verdict.c */
extern void sdr_verdict_exempt(const SdrCase *question,
							   SdrDecision *decision, bool *settled);
extern void sdr_verdict(const SdrCase *question, SdrDecision *decision);
extern const char *sdr_verdict_name(SdrVerdict verdict);
extern const char *sdr_reason_name(SdrReason reason);

/* state.c: what is set, what is armed, what is unlocked */
typedef struct SdrUnlock
{
	pg_uuid_t	id;
	TimestampTz expires_at;
} SdrUnlock;

extern const char *const sdr_mode_names[];
extern bool sdr_mode_by_name(const char *name, SdrGuardMode *mode);
extern SdrGuardMode sdr_guard_mode(bool *lowered);
extern bool sdr_guard_awake(void);
extern bool sdr_guard_armed(SdrGuardMode *mode);
extern char *sdr_guard_token(void);
extern void sdr_guard_recheck(void);
extern Oid	sdr_own_relation(const char *name);
extern const SdrUnlock *sdr_unlock_current(void);
extern void sdr_unlock_set(const SdrUnlock *unlock);
extern uint32 sdr_exempt_rules(bool *in_session);
extern bool sdr_role_exempt(void);
extern bool sdr_role_runs_prisma(void);
extern const char *sdr_protected_act(const List *acts);
extern bool sdr_check_mode(int *newval, void **extra, GucSource source);
extern void sdr_assign_mode(int newval, void *extra);
extern bool sdr_check_exempt(char **newval, void **extra, GucSource source);
extern void sdr_assign_exempt(const char *newval, void *extra);
extern bool sdr_check_protect(char **newval, void **extra, GucSource source);
extern bool sdr_check_roles(char **newval, void **extra, GucSource source);
extern GucSource sdr_guard_mode_source(void);

/* arm.c */
typedef struct SdrArming
{
	bool		armed;			/* by the last call of schemadrift_arm() or
								 * _disarm() that there was */
	bool		here;			/* in this database, of this cluster */
	SdrGuardMode mode;
} SdrArming;

extern void sdr_arming_last(SdrArming *arming);
extern void sdr_guard_event(const char *act, const char *reason);

/* scan.c */
typedef bool (*SdrScanCallback) (void *arg, TupleTableSlot *slot);

extern void sdr_scan_rows(Relation rel, SdrScanCallback callback, void *arg);
extern void sdr_scan_own_rows(const char *name, SdrScanCallback callback,
							  void *arg);

/* proof.c */
extern void sdr_proof_find(Node *statement, SdrProof *proof);
extern void sdr_proof_follow(Node *statement);
extern bool sdr_prisma_table_exists(void);

/* frame.c */
extern SdrFrame *sdr_frame_current(void);
extern SdrFrame *sdr_frame_open(Node *statement, CommandTag tag,
								bool by_hook);
extern void sdr_frame_text(SdrFrame *frame, const char *source, int location,
						   int len, bool nested);
extern void sdr_frame_judge(SdrFrame *frame, Node *statement);
extern SdrLogObject *sdr_frame_add(SdrFrame *frame,
								   const SdrLogObject *object);
extern void sdr_frame_touch(SdrFrame *frame, Oid class, Oid object);
extern bool sdr_frame_alters(const SdrFrame *frame);
extern void sdr_frame_close(SdrFrame *frame);
extern void sdr_frame_forget(void);

/* event.c */
extern SdrLogObject *sdr_event_object(SdrFrame *frame,
									  const ObjectAddress *address,
									  const char *act, bool part);

/* changes.c */
extern void sdr_changes_find(SdrFrame *frame);

/* reject.c */
pg_noreturn extern void sdr_reject(SdrFrame *frame);
extern void sdr_warn(SdrFrame *frame);
extern void sdr_fault_dropped(SdrFrame *frame, SdrReason reason,
							  const char *act, const char *identity);

/* redact.c */
extern char *sdr_redact(const char *text, bool everything, bool *changed);

/* log.c */
extern void sdr_log_frame(SdrFrame *frame);
extern void sdr_log_attempt(SdrFrame *frame);
extern void sdr_log_own(const SdrFrame *frame);
extern uint64 sdr_log_unrecorded(void);
extern void sdr_log_setting(Node *statement, const char *source,
							int location, int len);

/* notify.c */
extern void sdr_notify_later(const char *payload);

/* hook.c */
extern bool sdr_in_maintenance(void);
extern void sdr_guard_utility(SdrUtility *utility);
extern void sdr_guard_listen(void);

#endif							/* SDR_GUARD_H */

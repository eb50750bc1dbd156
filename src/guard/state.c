/*-------------------------------------------------------------------------
 *
 * state.c
 *	  What is set, what is armed, what is unlocked.
 *
 * The mode of a database is a setting of that database, put there by
 * schemadrift_arm() beside a token that names cluster and database.  A dump
 * can carry both into another database, where the token does not fit: the
 * guard sleeps there, or it would refuse the rest of the restore.  Both are
 * read from the catalog, not from this session's settings, so that sessions
 * which were there before take part, and no SET can feign or hide anything.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "access/xlog.h"
#include "catalog/dependency.h"
#include "catalog/indexing.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_db_role_setting.h"
#include "catalog/pg_type.h"
#include "commands/extension.h"
#include "compat.h"
#include "guard/guard.h"
#include "miscadmin.h"
#include "settings.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/timestamp.h"
#include "utils/varlena.h"

const char *const sdr_mode_names[] = {"off", "log", "warn", "reject"};

/* What the settings of this database say; read again when stale. */
static struct
{
	bool		stale;
	bool		has_mode;
	SdrGuardMode mode;
	bool		bound;			/* the token is of this database */
}			database = {.stale = true};

static bool callback_registered = false;
static bool warned = false;		/* of a guard that sleeps after a restore */

/* Tables of ours that are looked up often. */
enum
{
	OWN_APPROVAL,
	OWN_DDL_LOG,
	OWN_GUARD_EVENT
};

static struct
{
	const char *name;
	Oid			oid;
}			own_relations[] = {
	[OWN_APPROVAL] = {"approval", InvalidOid},
	[OWN_DDL_LOG] = {"ddl_log", InvalidOid},
	[OWN_GUARD_EVENT] = {"guard_event", InvalidOid}
};

/* Who set schemadrift.guard in this session, as the check hook saw it. */
static GucSource mode_source = PGC_S_DEFAULT;

/* Rules of schemadrift.exempt, by name. */
static const char *const exemption_names[] = {
	[SDR_EXEMPT_TEMPORARY] = "temporary",
	[SDR_EXEMPT_EXTENSION_MEMBER] = "extension_member",
	[SDR_EXEMPT_REPLICATION] = "replication",
	[SDR_EXEMPT_BINARY_UPGRADE] = "binary_upgrade",
	[SDR_EXEMPT_INTERNAL] = "internal",
	[SDR_EXEMPT_SCHEMA] = "schema",
	[SDR_EXEMPT_GLOBAL] = "global",
	[SDR_EXEMPT_PRIVILEGE] = "privilege",
	[SDR_EXEMPT_SERVER] = "server",
	[SDR_EXEMPT_DATA] = "data",
};

StaticAssertDecl(lengthof(exemption_names) == SDR_NEXEMPTIONS,
				 "every rule has a name");

/* The rules that are on, and whether this session has said so. */
typedef struct ExemptRules
{
	uint32		bits;
	bool		in_session;
} ExemptRules;

static ExemptRules exempt_rules;

static struct
{
	bool		set;
	SdrUnlock	unlock;
	Oid			session_role;
	SubTransactionId subid;		/* that set it; 0 once committed */
}			unlocked;

/* ---------- settings ---------- */

bool
sdr_check_mode(int *newval, void **extra, GucSource source)
{
	GucSource  *seen = sdr_compat_guc_malloc(sizeof(GucSource));

	if (seen == NULL)
		return false;
	*seen = source;
	*extra = seen;
	return true;
}

void
sdr_assign_mode(int newval, void *extra)
{
	mode_source = extra == NULL ? PGC_S_DEFAULT : *(GucSource *) extra;
}

GucSource
sdr_guard_mode_source(void)
{
	return mode_source;
}

/* The names in a list setting, in lower case; false if it is none. */
static bool
split_list(const char *value, char **rawstring, List **names)
{
	*rawstring = pstrdup(value);
	if (SplitIdentifierString(*rawstring, ',', names))
		return true;
	GUC_check_errdetail("List syntax is invalid.");
	list_free(*names);
	pfree(*rawstring);
	return false;
}

static int
exemption_by_name(const char *name)
{
	for (int i = 0; i < SDR_NEXEMPTIONS; i++)
	{
		if (strcmp(exemption_names[i], name) == 0)
			return i;
	}
	return -1;
}

bool
sdr_check_exempt(char **newval, void **extra, GucSource source)
{
	char	   *rawstring;
	List	   *names;
	ListCell   *lc;
	ExemptRules rules = {.in_session = source >= PGC_S_CLIENT};

	if (!split_list(*newval, &rawstring, &names))
		return false;
	foreach(lc, names)
	{
		int			rule = exemption_by_name(lfirst(lc));

		if (rule < 0)
		{
			GUC_check_errdetail("There is no rule \"%s\".",
								(char *) lfirst(lc));
			GUC_check_errhint("Rules are: temporary, extension_member, replication, binary_upgrade, internal, schema, global, privilege, server, data.");
			return false;
		}
		rules.bits |= 1u << rule;
	}
	list_free(names);
	pfree(rawstring);
	*extra = sdr_compat_guc_malloc(sizeof(ExemptRules));
	if (*extra == NULL)
		return false;
	*(ExemptRules *) *extra = rules;
	return true;
}

void
sdr_assign_exempt(const char *newval, void *extra)
{
	exempt_rules = *(ExemptRules *) extra;
}

/* The rules that are on; in_session is set when this session has put them. */
uint32
sdr_exempt_rules(bool *in_session)
{
	*in_session = exempt_rules.in_session;
	return exempt_rules.bits;
}

bool
sdr_check_protect(char **newval, void **extra, GucSource source)
{
	char	   *rawstring;
	List	   *names;
	ListCell   *lc;

	if (!split_list(*newval, &rawstring, &names))
		return false;
	foreach(lc, names)
	{
		if (!sdr_act_known(lfirst(lc)))
		{
			GUC_check_errdetail("There is no act \"%s\".", (char *) lfirst(lc));
			GUC_check_errhint("Acts are such as drop_table, drop_column, drop_schema, alter_type, truncate.");
			return false;
		}
	}
	list_free(names);
	pfree(rawstring);
	return true;
}

bool
sdr_check_roles(char **newval, void **extra, GucSource source)
{
	char	   *rawstring;
	List	   *names;

	if (!split_list(*newval, &rawstring, &names))
		return false;
	list_free(names);
	pfree(rawstring);
	return true;
}

/* Is the text among the names of a list setting, which has been checked? */
static bool
is_listed(const char *setting, const char *text)
{
	char	   *rawstring;
	List	   *names;
	ListCell   *lc;
	bool		found = false;

	if (setting == NULL || setting[0] == '\0')
		return false;
	rawstring = pstrdup(setting);
	if (SplitIdentifierString(rawstring, ',', &names))
	{
		foreach(lc, names)
		{
			if (strcmp(lfirst(lc), text) == 0)
				found = true;
		}
	}
	list_free(names);
	pfree(rawstring);
	return found;
}

/*
 * The role that has logged in counts, as a function with SECURITY DEFINER
 * would lend its owner's exemption to whoever calls it.
 */
static bool
session_role_is_listed(const char *setting)
{
	char	   *name;

	if (setting == NULL || setting[0] == '\0')
		return false;
	name = GetUserNameFromId(GetSessionUserId(), true);
	return name != NULL && is_listed(setting, name);
}

bool
sdr_role_exempt(void)
{
	return session_role_is_listed(sdr_exempt_roles);
}

/* May what this session does be a run of Prisma? */
bool
sdr_role_runs_prisma(void)
{
	return sdr_prisma_roles == NULL || sdr_prisma_roles[0] == '\0' ||
		session_role_is_listed(sdr_prisma_roles);
}

/* The first of the acts that schemadrift.protect names; NULL for none. */
const char *
sdr_protected_act(const List *acts)
{
	ListCell   *lc;

	foreach(lc, acts)
	{
		if (is_listed(sdr_protect, lfirst(lc)))
			return lfirst(lc);
	}
	return NULL;
}

/* ---------- the database ---------- */

/*
 * May be called at any moment: only sets flags.  Of a change of
 * pg_db_role_setting sdr_guard_recheck() tells.
 */
static void
relation_changed(Datum arg, Oid relid)
{
	for (int i = 0; i < lengthof(own_relations); i++)
	{
		if (relid == InvalidOid || own_relations[i].oid == relid)
			own_relations[i].oid = InvalidOid;
	}
	if (relid == InvalidOid || relid == DbRoleSettingRelationId)
		database.stale = true;
}

/* What a dump of this database cannot bring into another. */
char *
sdr_guard_token(void)
{
	return psprintf(UINT64_FORMAT "/%u", GetSystemIdentifier(), MyDatabaseId);
}

bool
sdr_mode_by_name(const char *name, SdrGuardMode *mode)
{
	for (int i = 0; i <= SDR_GUARD_REJECT; i++)
	{
		if (pg_strcasecmp(sdr_mode_names[i], name) == 0)
		{
			*mode = i;
			return true;
		}
	}
	return false;
}

static const char *
value_of(const char *setting, const char *name)
{
	size_t		len = strlen(name);

	return strncmp(setting, name, len) == 0 && setting[len] == '=' ?
		setting + len + 1 : NULL;
}

static void
read_settings(ArrayType *array)
{
	Datum	   *settings;
	bool	   *nulls;
	int			n;

	deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &settings,
					  &nulls, &n);
	for (int i = 0; i < n; i++)
	{
		char	   *setting;
		const char *value;

		if (nulls[i])
			continue;
		setting = TextDatumGetCString(settings[i]);
		if ((value = value_of(setting, "schemadrift.guard")) != NULL)
			database.has_mode = sdr_mode_by_name(value, &database.mode);
		else if ((value = value_of(setting, "schemadrift.guard_binding")) != NULL)
			database.bound = strcmp(value, sdr_guard_token()) == 0;
		pfree(setting);
	}
}

/* Read what the catalog says of this database. */
static void
read_database(void)
{
	Relation	rel;
	ScanKeyData keys[2];
	SysScanDesc scan;
	HeapTuple	tuple;

	if (!callback_registered)
	{
		CacheRegisterRelcacheCallback(relation_changed, (Datum) 0);
		callback_registered = true;
	}
	database.stale = false;
	database.has_mode = false;
	database.mode = SDR_GUARD_OFF;
	database.bound = false;
	ScanKeyInit(&keys[0], Anum_pg_db_role_setting_setdatabase,
				BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(MyDatabaseId));
	ScanKeyInit(&keys[1], Anum_pg_db_role_setting_setrole,
				BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(InvalidOid));
	rel = table_open(DbRoleSettingRelationId, AccessShareLock);
	scan = systable_beginscan(rel, DbRoleSettingDatidRolidIndexId, true, NULL,
							  2, keys);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
	{
		bool		isnull;
		Datum		array = heap_getattr(tuple, Anum_pg_db_role_setting_setconfig,
										 RelationGetDescr(rel), &isnull);

		if (!isnull)
			read_settings(DatumGetArrayTypeP(array));
	}
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
}

/*
 * Settings of a database, perhaps of this one, have been changed.  The server
 * tells nobody of a change of pg_db_role_setting, so this feigns one of the
 * relation itself, of which all sessions of all databases are told.
 */
void
sdr_guard_recheck(void)
{
	CacheInvalidateRelcacheByRelid(DbRoleSettingRelationId);
	database.stale = true;
}

/*
 * Was this database armed, here or before a dump, and the guard sleeps
 * nevertheless?  Said once in a session.
 */
static void
warn_if_asleep(void)
{
	bool		has_mode = database.has_mode && database.mode != SDR_GUARD_OFF;
	SdrArming	last;

	if (warned || (database.bound && has_mode) || creating_extension ||
		IsBinaryUpgrade)
		return;
	sdr_arming_last(&last);
	if (!last.armed && !(has_mode && !database.bound))
		return;
	warned = true;
	ereport(WARNING,
			(errmsg("schemadrift does not guard this database"),
			 last.armed && last.here ?
			 errdetail("It was armed, but its settings have been changed since.") :
			 errdetail("It was armed in another one, from which this one was restored or copied."),
			 errhint("schemadrift_arm() arms it, schemadrift_disarm() leaves it as it is and ends this warning.")));
}

static void
refresh(void)
{
	/* a transaction may have begun before the settings were changed */
	AcceptInvalidationMessages();
	if (!database.stale)
		return;
	read_database();
	warn_if_asleep();
}

/* The mode that this database is armed with; false if it is not. */
bool
sdr_guard_armed(SdrGuardMode *mode)
{
	refresh();
	*mode = database.mode;
	return database.has_mode && database.bound;
}

/*
 * The mode that counts for the next statement.  lowered is set when a session
 * has set a weaker one than its database is armed with; what it does then is
 * recorded all the same.  Only in a transaction.
 */
SdrGuardMode
sdr_guard_mode(bool *lowered)
{
	SdrGuardMode armed;
	bool		is_armed = sdr_guard_armed(&armed);
	SdrGuardMode mode = sdr_guard_setting;

	*lowered = false;
	if (mode_source >= PGC_S_CLIENT)
		*lowered = is_armed && mode < armed;
	else if (mode_source == PGC_S_USER || mode_source == PGC_S_DATABASE_USER)
		mode = is_armed ? mode : SDR_GUARD_OFF;
	else if (database.has_mode)
		mode = is_armed ? armed : SDR_GUARD_OFF;
	else if (mode_source >= PGC_S_GLOBAL)
		mode = SDR_GUARD_OFF;	/* ALTER ROLE ALL, or a database setting that
								 * is gone */
	return *lowered ? Max(mode, SDR_GUARD_LOG) : mode;
}

/* Is there anything to be done for DDL? */
bool
sdr_guard_awake(void)
{
	bool		lowered;

	if (!IsTransactionState() || IsAbortedTransactionBlockState())
		return false;
	return sdr_guard_mode(&lowered) != SDR_GUARD_OFF;
}

static Oid
own_extension(void)
{
	return get_extension_oid("schemadrift", true);
}

/*
 * A table of this extension, InvalidOid if there is none.  One that is called
 * so and belongs to somebody else does not count.
 */
Oid
sdr_own_relation(const char *name)
{
	Oid			relid;
	int			i;

	for (i = 0; i < lengthof(own_relations); i++)
	{
		if (strcmp(own_relations[i].name, name) == 0)
			break;
	}
	Assert(i < lengthof(own_relations));
	if (OidIsValid(own_relations[i].oid))
		return own_relations[i].oid;
	relid = get_namespace_oid("schemadrift", true);
	if (OidIsValid(relid))
		relid = get_relname_relid(name, relid);
	if (!OidIsValid(relid) || get_rel_relkind(relid) != RELKIND_RELATION ||
		getExtensionOfObject(RelationRelationId, relid) != own_extension())
		return InvalidOid;
	own_relations[i].oid = relid;
	return relid;
}

/* ---------- breaking the glass ---------- */

static void
unlock_xact_end(XactEvent event, void *arg)
{
	if (unlocked.subid == InvalidSubTransactionId)
		return;
	if (event == XACT_EVENT_ABORT)
		unlocked.set = false;
	if (event == XACT_EVENT_ABORT || event == XACT_EVENT_COMMIT ||
		event == XACT_EVENT_PREPARE)
		unlocked.subid = InvalidSubTransactionId;
}

static void
unlock_subxact_end(SubXactEvent event, SubTransactionId subid,
				   SubTransactionId parent, void *arg)
{
	if (unlocked.subid != subid)
		return;
	if (event == SUBXACT_EVENT_ABORT_SUB)
	{
		unlocked.set = false;
		unlocked.subid = InvalidSubTransactionId;
	}
	else if (event == SUBXACT_EVENT_COMMIT_SUB)
		unlocked.subid = parent;
}

/* Unlock this session, or lock it again (NULL). */
void
sdr_unlock_set(const SdrUnlock *unlock)
{
	static bool registered = false;

	if (!registered)
	{
		RegisterXactCallback(unlock_xact_end, NULL);
		RegisterSubXactCallback(unlock_subxact_end, NULL);
		registered = true;
	}
	unlocked.set = unlock != NULL;
	if (unlock == NULL)
		return;
	unlocked.unlock = *unlock;
	unlocked.session_role = GetSessionUserId();
	unlocked.subid = GetCurrentSubTransactionId();
}

/* What this session is unlocked by, NULL if it is not. */
const SdrUnlock *
sdr_unlock_current(void)
{
	if (!unlocked.set || unlocked.session_role != GetSessionUserId() ||
		unlocked.unlock.expires_at <= GetCurrentTimestamp())
		return NULL;
	return &unlocked.unlock;
}

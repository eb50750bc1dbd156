/*-------------------------------------------------------------------------
 *
 * compat.h
 *	  The only place that knows PostgreSQL's major versions (15 to 19).
 *
 * Code is written for the newest major; what older ones lack is supplied
 * here, each entry with the release that brought it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SDR_COMPAT_H
#define SDR_COMPAT_H

#include "catalog/pg_attribute.h"
#include "catalog/pg_auth_members.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_database.h"
#include "catalog/pg_default_acl.h"
#include "catalog/pg_foreign_data_wrapper.h"
#include "catalog/pg_index.h"
#include "catalog/pg_partitioned_table.h"
#include "catalog/pg_publication.h"
#include "catalog/pg_publication_rel.h"
#include "catalog/pg_subscription.h"
#include "catalog/pg_type.h"
#include "common/base64.h"
#include "common/jsonapi.h"
#include "nodes/parsenodes.h"
#include "parser/parse_type.h"
#include "rewrite/rewriteManip.h"
#include "utils/jsonb.h"

#if PG_VERSION_NUM < 150000
#error "schemadrift needs PostgreSQL 15 or later"
#endif

/* PostgreSQL 16 moved the varlena macros out of postgres.h. */
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

/* PostgreSQL 18 put the attribute in front of the declaration. */
#if PG_VERSION_NUM < 180000
#define pg_noreturn				__attribute__((noreturn))
#endif

/* PostgreSQL 19 warns of backslashes in texts no more. */
#if PG_VERSION_NUM >= 190000
#define sdr_compat_scan_quietly(extra)	((void) (extra))
#else
#define sdr_compat_scan_quietly(extra)	((extra)->escape_string_warning = false)
#endif

/*
 * PostgreSQL 16 gave the function argument of walkers and mutators a prototype, without
 * which a compiler for C23 takes it to have no arguments.
 */
#if PG_VERSION_NUM >= 160000
#define sdr_compat_expression_tree_walker(node, walker, context) \
	expression_tree_walker(node, walker, context)
#define sdr_compat_query_tree_walker(query, walker, context, flags) \
	query_tree_walker(query, walker, context, flags)
#define sdr_compat_expression_tree_mutator(node, mutator, context) \
	expression_tree_mutator(node, mutator, context)
#define sdr_compat_query_tree_mutator(query, mutator, context, flags) \
	query_tree_mutator(query, mutator, context, flags)
#else
#define sdr_compat_expression_tree_walker(node, walker, context) \
	expression_tree_walker(node, (void *) (walker), context)
#define sdr_compat_query_tree_walker(query, walker, context, flags) \
	query_tree_walker(query, (void *) (walker), context, flags)
#define sdr_compat_expression_tree_mutator(node, mutator, context) \
	expression_tree_mutator(node, (void *) (mutator), context)
#define sdr_compat_query_tree_mutator(query, mutator, context, flags) \
	query_tree_mutator(query, (void *) (mutator), context, flags)
#endif

/* PostgreSQL 19 gave the numbers of caches a type. */
#if PG_VERSION_NUM >= 190000
#define SdrCompatCacheId		SysCacheIdentifier
#else
#define SdrCompatCacheId		int
#endif

/*
 * PostgreSQL 19 lets a worker say that it gives way to a command about its
 * database.
 */
#if PG_VERSION_NUM >= 190000
#define SDR_COMPAT_BGWORKER_GIVES_WAY	BGWORKER_INTERRUPTIBLE
#else
#define SDR_COMPAT_BGWORKER_GIVES_WAY	0
#endif

/* PostgreSQL 19 tells signal handlers who has sent the signal. */
#if PG_VERSION_NUM >= 190000
#define SDR_COMPAT_SIGNAL_PASS	postgres_signal_arg, pg_siginfo
#else
#define SDR_COMPAT_SIGNAL_PASS	postgres_signal_arg
#endif

/* The version of the server that this library was built for. */
#define SDR_SERVER_VERSION		PG_VERSION_NUM

/*
 * PostgreSQL 18 lets a module say its name and version, shown by
 * pg_get_loaded_modules().
 */
#if PG_VERSION_NUM >= 180000
#define SDR_MODULE_MAGIC \
	PG_MODULE_MAGIC_EXT(.name = "schemadrift", .version = SCHEMADRIFT_VERSION)
#else
#define SDR_MODULE_MAGIC		PG_MODULE_MAGIC
#endif

/* PostgreSQL 18: NOT NULL is a constraint too. */
#if PG_VERSION_NUM >= 180000
#define SDR_CONSTRAINT_NOTNULL	CONSTRAINT_NOTNULL
#else
#define SDR_CONSTRAINT_NOTNULL	'n'
#endif

/* PostgreSQL 18: CHECK and FOREIGN KEY constraints can be NOT ENFORCED. */
static inline bool
sdr_compat_conenforced(Form_pg_constraint con)
{
#if PG_VERSION_NUM >= 180000
	return con->conenforced;
#else
	return true;
#endif
}

/* PostgreSQL 18: PRIMARY KEY and UNIQUE WITHOUT OVERLAPS, FOREIGN KEY PERIOD. */
static inline bool
sdr_compat_conperiod(Form_pg_constraint con)
{
#if PG_VERSION_NUM >= 180000
	return con->conperiod;
#else
	return false;
#endif
}

/* PostgreSQL 18: generated columns can be virtual. */
static inline bool
sdr_compat_att_is_virtual(Form_pg_attribute att)
{
#if PG_VERSION_NUM >= 180000
	return att->attgenerated == ATTRIBUTE_GENERATED_VIRTUAL;
#else
	return false;
#endif
}

/*
 * PostgreSQL 17 brought collations of the server's own, and renamed the column
 * of pg_collation that had been for the locale of ICU alone.
 */
#if PG_VERSION_NUM >= 170000
#define SDR_COMPAT_ANUM_COLLATION_LOCALE	Anum_pg_collation_colllocale
#else
#define COLLPROVIDER_BUILTIN				'b'
#define SDR_COMPAT_ANUM_COLLATION_LOCALE	Anum_pg_collation_colliculocale
#endif

/* PostgreSQL 16: collations of ICU can have rules. */
#if PG_VERSION_NUM >= 160000
#define SDR_COMPAT_ANUM_COLLATION_RULES		Anum_pg_collation_collicurules
#else
#define SDR_COMPAT_ANUM_COLLATION_RULES		InvalidAttrNumber
#endif

/* PostgreSQL 18 lets two_phase of a subscription be altered. */
#define SDR_COMPAT_ALTERS_TWO_PHASE		(PG_VERSION_NUM >= 180000)

/* PostgreSQL 16 gave parseTypeString() an error context. */
static inline void
sdr_compat_parse_type(const char *text, Oid *type, int32 *typmod)
{
#if PG_VERSION_NUM >= 160000
	(void) parseTypeString(text, type, typmod, NULL);
#else
	parseTypeString(text, type, typmod, false);
#endif
}

/* PostgreSQL 16 made the strategy of a parsed partition key a code. */
static inline char
sdr_compat_partition_strategy(const PartitionSpec *spec)
{
#if PG_VERSION_NUM >= 160000
	return spec->strategy;
#else
	if (pg_strcasecmp(spec->strategy, "hash") == 0)
		return PARTITION_STRATEGY_HASH;
	if (pg_strcasecmp(spec->strategy, "list") == 0)
		return PARTITION_STRATEGY_LIST;
	return PARTITION_STRATEGY_RANGE;
#endif
}

/*
 * Until PostgreSQL 15 a view's query has entries for the view itself (OLD and
 * NEW), because of which the deparser qualifies every column.
 */
static inline void
sdr_compat_strip_view_query(Query *query)
{
#if PG_VERSION_NUM < 160000
	query->rtable = list_copy_tail(query->rtable, 2);
	OffsetVarNodes((Node *) query, -2, 0);
#endif
}

/* PostgreSQL 18: publications can have generated columns. */
static inline bool
sdr_compat_pubgencols_stored(Form_pg_publication pub)
{
#if PG_VERSION_NUM >= 180000
	return pub->pubgencols == PUBLISH_GENCOLS_STORED;
#else
	return false;
#endif
}

/* PostgreSQL 19: publications FOR ALL SEQUENCES. */
static inline bool
sdr_compat_puballsequences(Form_pg_publication pub)
{
#if PG_VERSION_NUM >= 190000
	return pub->puballsequences;
#else
	return false;
#endif
}

/* PostgreSQL 19: publications FOR ALL TABLES EXCEPT some. */
static inline bool
sdr_compat_prexcept(Form_pg_publication_rel rel)
{
#if PG_VERSION_NUM >= 190000
	return rel->prexcept;
#else
	return false;
#endif
}

/* PostgreSQL 16 added parallel to off and on, and made it a letter. */
static inline const char *
sdr_compat_substream(Form_pg_subscription sub)
{
#if PG_VERSION_NUM >= 160000
	return sub->substream == LOGICALREP_STREAM_OFF ? "off" :
		sub->substream == LOGICALREP_STREAM_PARALLEL ? "parallel" : "on";
#else
	return sub->substream ? "on" : "off";
#endif
}

/* PostgreSQL 16: subscriptions of others than superusers. */
static inline bool
sdr_compat_subpasswordrequired(Form_pg_subscription sub)
{
#if PG_VERSION_NUM >= 160000
	return sub->subpasswordrequired;
#else
	return true;
#endif
}

static inline bool
sdr_compat_subrunasowner(Form_pg_subscription sub)
{
#if PG_VERSION_NUM >= 160000
	return sub->subrunasowner;
#else
	return false;
#endif
}

/* PostgreSQL 16: the column suborigin. */
#if PG_VERSION_NUM < 160000
#define Anum_pg_subscription_suborigin	InvalidAttrNumber
#endif

/* PostgreSQL 17: slots that are synchronized to standbys. */
static inline bool
sdr_compat_subfailover(Form_pg_subscription sub)
{
#if PG_VERSION_NUM >= 170000
	return sub->subfailover;
#else
	return false;
#endif
}

/* PostgreSQL 19: dead rows kept to detect conflicts, and for how long. */
static inline bool
sdr_compat_subretaindeadtuples(Form_pg_subscription sub)
{
#if PG_VERSION_NUM >= 190000
	return sub->subretaindeadtuples;
#else
	return false;
#endif
}

static inline int32
sdr_compat_submaxretention(Form_pg_subscription sub)
{
#if PG_VERSION_NUM >= 190000
	return sub->submaxretention;
#else
	return 0;
#endif
}

/* PostgreSQL 19: subscriptions whose connection is that of a foreign server. */
static inline Oid
sdr_compat_subserver(Form_pg_subscription sub)
{
#if PG_VERSION_NUM >= 190000
	return sub->subserver;
#else
	return InvalidOid;
#endif
}

static inline Oid
sdr_compat_fdwconnection(Form_pg_foreign_data_wrapper fdw)
{
#if PG_VERSION_NUM >= 190000
	return fdw->fdwconnection;
#else
	return InvalidOid;
#endif
}

/* PostgreSQL 19: the column subwalrcvtimeout. */
#if PG_VERSION_NUM < 190000
#define Anum_pg_subscription_subwalrcvtimeout	InvalidAttrNumber
#endif

/*
 * PostgreSQL 16 made it an option of each membership whether its rights are
 * inherited, which was an attribute of the member before, and whether the
 * member may SET ROLE, which all could before.
 */
static inline bool
sdr_compat_inherit_option(Form_pg_auth_members membership, bool rolinherit)
{
#if PG_VERSION_NUM >= 160000
	return membership->inherit_option;
#else
	return rolinherit;
#endif
}

static inline bool
sdr_compat_set_option(Form_pg_auth_members membership)
{
#if PG_VERSION_NUM >= 160000
	return membership->set_option;
#else
	return true;
#endif
}

/* PostgreSQL 16: ICU rules of a database. */
#if PG_VERSION_NUM < 160000
#define Anum_pg_database_daticurules	InvalidAttrNumber
#endif

/* PostgreSQL 17 renamed the locale, as the new built-in provider has one too. */
#if PG_VERSION_NUM < 170000
#define Anum_pg_database_datlocale		Anum_pg_database_daticulocale
#endif

/* PostgreSQL 18: default privileges of large objects. */
#if PG_VERSION_NUM < 180000
#define DEFACLOBJ_LARGEOBJECT			'L'
#endif

/* PostgreSQL 19 added flags. */
#if PG_VERSION_NUM >= 190000
#define sdr_compat_table_beginscan(rel, snapshot) \
	table_beginscan(rel, snapshot, 0, NULL, 0)
#else
#define sdr_compat_table_beginscan(rel, snapshot) \
	table_beginscan(rel, snapshot, 0, NULL)
#endif

/* PostgreSQL 16: a membership has options of its own. */
static inline const char *
sdr_compat_membership_options(bool admin, bool inherit, bool set)
{
#if PG_VERSION_NUM >= 160000
	return psprintf(" WITH ADMIN %s, INHERIT %s, SET %s",
					admin ? "TRUE" : "FALSE", inherit ? "TRUE" : "FALSE",
					set ? "TRUE" : "FALSE");
#else
	return admin ? " WITH ADMIN OPTION" : "";
#endif
}

/*
 * PostgreSQL 19 made CLUSTER a form of REPACK.  The command, if the statement
 * is about all tables, which needs a transaction of its own.
 */
static inline const char *
sdr_compat_cluster_all(Node *stmt)
{
#if PG_VERSION_NUM >= 190000
	if (IsA(stmt, RepackStmt) && ((RepackStmt *) stmt)->relation == NULL)
		return ((RepackStmt *) stmt)->command == REPACK_COMMAND_CLUSTER ?
			"CLUSTER" : "REPACK";
#else
	if (IsA(stmt, ClusterStmt) && ((ClusterStmt *) stmt)->relation == NULL)
		return "CLUSTER";
#endif
	return NULL;
}

/* PostgreSQL 17 lets it answer for stronger locks too. */
#if PG_VERSION_NUM >= 170000
#define sdr_compat_lock_held_by_me(tag, mode)	LockHeldByMe(tag, mode, false)
#else
#define sdr_compat_lock_held_by_me(tag, mode)	LockHeldByMe(tag, mode)
#endif

/* PostgreSQL 16 renamed the function. */
#if PG_VERSION_NUM >= 160000
#define sdr_compat_local_beentry(i)		pgstat_get_local_beentry_by_index(i)
#else
#define sdr_compat_local_beentry(i)		pgstat_fetch_stat_local_beentry(i)
#endif

/* PostgreSQL 16 has one function for all classes of objects. */
#if PG_VERSION_NUM >= 160000
#define sdr_compat_namespace_aclcheck(oid, role, mode) \
	object_aclcheck(NamespaceRelationId, oid, role, mode)
#else
#define sdr_compat_namespace_aclcheck(oid, role, mode) \
	pg_namespace_aclcheck(oid, role, mode)
#endif

#if PG_VERSION_NUM >= 160000
#define sdr_compat_database_ownercheck(oid, role) \
	object_ownercheck(DatabaseRelationId, oid, role)
#else
#define sdr_compat_database_ownercheck(oid, role) \
	pg_database_ownercheck(oid, role)
#endif

/* PostgreSQL 16 gave settings a memory context of their own. */
#if PG_VERSION_NUM >= 160000
#define sdr_compat_guc_malloc(size)		guc_malloc(LOG, size)
#else
#define sdr_compat_guc_malloc(size)		malloc(size)
#endif

/* PostgreSQL 17 put the parts of a virtual transaction id into one place. */
#if PG_VERSION_NUM >= 170000
#define SDR_COMPAT_VXID_BACKEND		(MyProc->vxid.procNumber)
#define SDR_COMPAT_VXID_LOCAL		(MyProc->vxid.lxid)
#else
#define SDR_COMPAT_VXID_BACKEND		(MyProc->backendId)
#define SDR_COMPAT_VXID_LOCAL		(MyProc->lxid)
#endif

/* PostgreSQL 17 lets the caller keep the state of the JSON parser. */
static inline bool
sdr_compat_is_json(const char *text, int len, int encoding)
{
#if PG_VERSION_NUM >= 170000
	JsonLexContext *lex = makeJsonLexContextCstringLen(NULL, text, len,
													   encoding, false);
#else
	JsonLexContext *lex = makeJsonLexContextCstringLen(unconstify(char *, text),
													   len, encoding, false);
#endif

	return pg_parse_json(lex, &nullSemAction) == JSON_SUCCESS;
}

/* PostgreSQL 18 decodes to bytes of their own type. */
static inline int
sdr_compat_b64_decode(const char *src, int len, char *dst, int dstlen)
{
#if PG_VERSION_NUM >= 180000
	return pg_b64_decode(src, len, (uint8 *) dst, dstlen);
#else
	return pg_b64_decode(src, len, dst, dstlen);
#endif
}

/* PostgreSQL 19 keeps the result of pushJsonbValue() in its state. */
#if PG_VERSION_NUM >= 190000
typedef JsonbInState SdrCompatJson;
#else
typedef struct SdrCompatJson
{
	JsonbParseState *parse_state;
	JsonbValue *result;
} SdrCompatJson;
#endif

static inline void
sdr_compat_push_json(SdrCompatJson *state, JsonbIteratorToken token,
					 JsonbValue *value)
{
#if PG_VERSION_NUM >= 190000
	pushJsonbValue(state, token, value);
#else
	state->result = pushJsonbValue(&state->parse_state, token, value);
#endif
}

#endif							/* SDR_COMPAT_H */

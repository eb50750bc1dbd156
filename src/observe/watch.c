/*-------------------------------------------------------------------------
 *
 * watch.c
 *	  Which rows of the catalogs have come, changed or gone.
 *
 * Most catalogs are looked at page by page, which costs little (see pages.c),
 * for all alike, whether the server has a cache for them, and sends
 * invalidations, or not.
 *
 * Of large catalogs with a cache not even that is done while no invalidation
 * has come.  Only these have a callback, as the server has room for few.
 *
 * The largest are those that describe relations.  What changes in these makes
 * the server invalidate the relation's cache entry, which is made of them, and
 * say which one; other things do so, too, such as VACUUM.  These are hints.
 * The pages of such catalogs are looked at only when it is not said which
 * relations were invalidated, when somebody wants to be certain, and once an
 * hour, should a superuser have changed rows in them by hand.
 *
 * Of pg_depend only what belongs to extensions is looked at, by its index.
 * All else there comes and goes with rows of other catalogs; ALTER SEQUENCE
 * ... OWNED BY writes the row of pg_sequence anew.
 *
 * A transaction is visible to new snapshots before it sends its invalidations.
 * So these are taken first, then the snapshot: what comes later is looked at
 * the next time, once more at worst.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/relation.h"
#include "access/table.h"
#include "access/transam.h"
#include "catalog/indexing.h"
#include "catalog/pg_aggregate.h"
#include "catalog/pg_am.h"
#include "catalog/pg_amop.h"
#include "catalog/pg_amproc.h"
#include "catalog/pg_attrdef.h"
#include "catalog/pg_auth_members.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_cast.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_conversion.h"
#include "catalog/pg_db_role_setting.h"
#include "catalog/pg_default_acl.h"
#include "catalog/pg_depend.h"
#include "catalog/pg_description.h"
#include "catalog/pg_enum.h"
#include "catalog/pg_event_trigger.h"
#include "catalog/pg_extension.h"
#include "catalog/pg_foreign_data_wrapper.h"
#include "catalog/pg_foreign_server.h"
#include "catalog/pg_foreign_table.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_init_privs.h"
#include "catalog/pg_language.h"
#include "catalog/pg_largeobject_metadata.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_opclass.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_opfamily.h"
#include "catalog/pg_parameter_acl.h"
#include "catalog/pg_policy.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_publication_namespace.h"
#include "catalog/pg_range.h"
#include "catalog/pg_rewrite.h"
#include "catalog/pg_seclabel.h"
#include "catalog/pg_sequence.h"
#include "catalog/pg_shdescription.h"
#include "catalog/pg_shseclabel.h"
#include "catalog/pg_statistic_ext.h"
#include "catalog/pg_tablespace.h"
#include "catalog/pg_transform.h"
#include "catalog/pg_trigger.h"
#include "catalog/pg_ts_config.h"
#include "catalog/pg_ts_config_map.h"
#include "catalog/pg_ts_dict.h"
#include "catalog/pg_ts_parser.h"
#include "catalog/pg_ts_template.h"
#include "catalog/pg_user_mapping.h"
#include "common/hashfn.h"
#include "compat.h"
#include "miscadmin.h"
#include "observe/pages.h"
#include "observe/watch.h"
#include "utils/fmgroids.h"
#include "utils/inval.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"

/* Beyond that many changes everything is compared again. */
#define MAX_CHANGES		5000

/* What tells that a catalog is to be looked at, beside a cache's number. */
#define NO_CACHE		(-1)	/* nothing does, so it is, always */
#define OF_RELATIONS	(-2)	/* see above */
#define OF_ITSELF		(-3)	/* invalidations of its own cache entry */

/* How often the catalogs of relations are looked at anyway, in milliseconds. */
#define CERTAIN_AFTER	(3600 * 1000)

/* So many invalidated relations are remembered one by one. */
#define MAX_HINTS		1000

static bool counts_attribute(HeapTuple tuple);
static bool counts_class(HeapTuple tuple);

static const SdrWatchedCatalog catalogs[] = {
	{RelationRelationId, OF_RELATIONS,.class = RelationRelationId,
	.oid_attr = Anum_pg_class_oid,.counts = counts_class},
	{AttributeRelationId, OF_RELATIONS,.class = RelationRelationId,
	.oid_attr = Anum_pg_attribute_attrelid,.counts = counts_attribute},
	{IndexRelationId, OF_RELATIONS,.class = RelationRelationId,
	.oid_attr = Anum_pg_index_indrelid},
	{ConstraintRelationId, CONSTROID,.class = RelationRelationId,
		.oid_attr = Anum_pg_constraint_conrelid,
		.other_class = TypeRelationId,
	.other_attr = Anum_pg_constraint_contypid},
	{TypeRelationId, TYPEOID,.class = TypeRelationId,
	.oid_attr = Anum_pg_type_oid},
	{ProcedureRelationId, PROCOID,.class = ProcedureRelationId,
	.oid_attr = Anum_pg_proc_oid},
	{RewriteRelationId, OF_RELATIONS,.class = RelationRelationId,
	.oid_attr = Anum_pg_rewrite_ev_class},
	{TriggerRelationId, OF_RELATIONS,.class = RelationRelationId,
	.oid_attr = Anum_pg_trigger_tgrelid},
	{AttrDefaultRelationId, OF_RELATIONS,.class = RelationRelationId,
	.oid_attr = Anum_pg_attrdef_adrelid},
	{PolicyRelationId, NO_CACHE,.class = RelationRelationId,
	.oid_attr = Anum_pg_policy_polrelid},
	{InheritsRelationId, NO_CACHE,.class = RelationRelationId,
	.oid_attr = Anum_pg_inherits_inhrelid},
	{PartitionedRelationId, NO_CACHE,.class = RelationRelationId,
	.oid_attr = Anum_pg_partitioned_table_partrelid},
	{SequenceRelationId, NO_CACHE,.class = RelationRelationId,
	.oid_attr = Anum_pg_sequence_seqrelid},
	{ForeignTableRelationId, NO_CACHE,.class = RelationRelationId,
	.oid_attr = Anum_pg_foreign_table_ftrelid},
	{StatisticExtRelationId, NO_CACHE,.class = StatisticExtRelationId,
	.oid_attr = Anum_pg_statistic_ext_oid},
	{DescriptionRelationId, NO_CACHE,
		.class_attr = Anum_pg_description_classoid,
	.oid_attr = Anum_pg_description_objoid},
	{SecLabelRelationId, NO_CACHE,.class_attr = Anum_pg_seclabel_classoid,
	.oid_attr = Anum_pg_seclabel_objoid},
	{EnumRelationId, NO_CACHE,.class = TypeRelationId,
	.oid_attr = Anum_pg_enum_enumtypid},
	{RangeRelationId, NO_CACHE,.class = TypeRelationId,
	.oid_attr = Anum_pg_range_rngtypid},
	{AggregateRelationId, NO_CACHE,.class = ProcedureRelationId,
	.oid_attr = Anum_pg_aggregate_aggfnoid},
	{DatabaseRelationId, NO_CACHE,.class = DatabaseRelationId,
	.oid_attr = Anum_pg_database_oid},
};

/* Small ones on which much depends: what changes there changes everything. */
static const Oid general[] = {
	AccessMethodOperatorRelationId,
	AccessMethodProcedureRelationId,
	AccessMethodRelationId,
	AuthIdRelationId,
	AuthMemRelationId,
	CastRelationId,
	CollationRelationId,
	ConversionRelationId,
	DefaultAclRelationId,
	EventTriggerRelationId,
	ExtensionRelationId,
	ForeignDataWrapperRelationId,
	ForeignServerRelationId,
	InitPrivsRelationId,
	LanguageRelationId,
	NamespaceRelationId,
	OperatorClassRelationId,
	OperatorFamilyRelationId,
	OperatorRelationId,
	PublicationNamespaceRelationId,
	PublicationRelRelationId,
	PublicationRelationId,
	SubscriptionRelationId,
	TSConfigMapRelationId,
	TSConfigRelationId,
	TSDictionaryRelationId,
	TSParserRelationId,
	TSTemplateRelationId,
	TableSpaceRelationId,
	TransformRelationId,
	UserMappingRelationId,
};

/* The same, but read only for the kinds of the whole cluster. */
static const Oid global[] = {
	DbRoleSettingRelationId,
	LargeObjectMetadataRelationId,
	ParameterAclRelationId,
	SharedDescriptionRelationId,
	SharedSecLabelRelationId,
};

typedef struct WatchedRelation
{
	SdrWatchedCatalog catalog;
	bool		seen;			/* once */
	bool		dirty;			/* an invalidation has come */
	SdrPages	pages;
} WatchedRelation;

struct SdrWatch
{
	MemoryContext context;
	List	   *relations;		/* of WatchedRelation * */
	Oid			hints[MAX_HINTS];	/* relations that were invalidated */
	int			nhints;
	bool		all_hinted;		/* it is not known which */
	bool		members_seen;	/* once */
	uint64		members;		/* digest of what belongs to extensions */
	TimestampTz certain_at;		/* last look at everything */
};

/* A look under way. */
typedef struct Look
{
	SdrWatch   *watch;
	WatchedRelation *relation;
	Snapshot	snapshot;
	bool		certain;
	List	   *changes;
	bool		many;
} Look;

/* By their place in catalogs[]: has an invalidation come?  Of the session. */
static bool invalidated[lengthof(catalogs)];

/* Relations that were invalidated, likewise; more than MAX_HINTS: any. */
static Oid	hinted[MAX_HINTS];
static int	nhinted = 0;

/* Further catalogs that readers have opened, by oid.  Of the session. */
static List *others = NIL;

static bool
counts_class(HeapTuple tuple)
{
	return ((Form_pg_class) GETSTRUCT(tuple))->relpersistence !=
		RELPERSISTENCE_TEMP;
}

static bool
counts_attribute(HeapTuple tuple)
{
	return ((Form_pg_attribute) GETSTRUCT(tuple))->attnum > 0;
}

static void
invalidate(Datum arg, SdrCompatCacheId cache, uint32 hash)
{
	invalidated[DatumGetInt32(arg)] = true;
}

static void
invalidate_relation(Datum arg, Oid relation)
{
	if (!OidIsValid(relation))
		nhinted = MAX_HINTS + 1;
	for (int i = 0; i < Min(nhinted, MAX_HINTS); i++)
	{
		if (hinted[i] == relation)
			return;
	}
	if (nhinted < MAX_HINTS)
		hinted[nhinted] = relation;
	nhinted = Min(nhinted + 1, MAX_HINTS + 1);
}

/* Once in a session, as callbacks stay. */
static void
register_callbacks(void)
{
	static bool registered = false;

	if (registered)
		return;
	registered = true;
	for (int i = 0; i < lengthof(catalogs); i++)
	{
		if (catalogs[i].cache >= 0)
			CacheRegisterSyscacheCallback(catalogs[i].cache, invalidate,
										  Int32GetDatum(i));
	}
	CacheRegisterRelcacheCallback(invalidate_relation, (Datum) 0);
}

static void
add_relation(SdrWatch *watch, const SdrWatchedCatalog *catalog)
{
	MemoryContext old = MemoryContextSwitchTo(watch->context);
	WatchedRelation *relation = palloc0(sizeof(WatchedRelation));

	relation->catalog = *catalog;
	relation->pages.context = watch->context;
	watch->relations = lappend(watch->relations, relation);
	MemoryContextSwitchTo(old);
}

SdrWatch *
sdr_watch_begin(MemoryContext context, bool globally)
{
	SdrWatch   *watch = MemoryContextAllocZero(context, sizeof(SdrWatch));
	ListCell   *lc;

	register_callbacks();
	watch->context = context;
	for (int i = 0; i < lengthof(catalogs); i++)
		add_relation(watch, &catalogs[i]);
	for (int i = 0; i < lengthof(general); i++)
		sdr_watch_also(watch, general[i], false);
	for (int i = 0; i < lengthof(global); i++)
	{
		if (globally)
			sdr_watch_also(watch, global[i], false);
	}
	foreach(lc, others)
		sdr_watch_also(watch, lfirst_oid(lc), false);
	return watch;
}

void
sdr_watch_always(Oid catalog)
{
	MemoryContext old = MemoryContextSwitchTo(TopMemoryContext);

	others = list_append_unique_oid(others, catalog);
	MemoryContextSwitchTo(old);
}

bool
sdr_watch_has(const SdrWatch *watch, Oid catalog)
{
	ListCell   *lc;

	foreach(lc, watch->relations)
	{
		if (((WatchedRelation *) lfirst(lc))->catalog.oid == catalog)
			return true;
	}
	/* see digest_members() */
	return catalog == DependRelationId;
}

void
sdr_watch_also(SdrWatch *watch, Oid catalog, bool says_so)
{
	SdrWatchedCatalog other = {
		.oid = catalog,.cache = says_so ? OF_ITSELF : NO_CACHE
	};

	if (!sdr_watch_has(watch, catalog))
		add_relation(watch, &other);
}

void
sdr_watch_settle(SdrWatch *watch)
{
	ListCell   *lc;

	AcceptInvalidationMessages();
	foreach(lc, watch->relations)
	{
		WatchedRelation *relation = lfirst(lc);

		for (int i = 0; i < lengthof(catalogs); i++)
		{
			if (catalogs[i].oid == relation->catalog.oid)
				relation->dirty |= invalidated[i];
		}
	}
	memset(invalidated, 0, sizeof(invalidated));

	/* hints that nobody has looked at yet stay */
	if (nhinted > MAX_HINTS || watch->nhints + nhinted > MAX_HINTS)
		watch->all_hinted = true;
	else
	{
		memcpy(watch->hints + watch->nhints, hinted, nhinted * sizeof(Oid));
		watch->nhints += nhinted;
	}
	nhinted = 0;
}

static void
add_change(Look *look, Oid catalog, Oid class, Oid oid, bool is_hint)
{
	SdrChange  *change;

	if (list_length(look->changes) >= MAX_CHANGES)
		look->many = true;
	if (look->many)
		return;
	elog(DEBUG2, "catalog %u: object %u of catalog %u %s", catalog, oid, class,
		 is_hint ? "may have changed" : "has changed");
	change = palloc(sizeof(SdrChange));
	change->class = class;
	change->oid = oid;
	change->catalog = catalog;
	change->is_hint = is_hint;
	look->changes = lappend(look->changes, change);
}

/* A row of the catalog at hand has changed. */
static void
report(void *arg, Oid class, Oid oid)
{
	Look	   *look = arg;

	if (look->relation->seen)
		add_change(look, look->relation->catalog.oid, class, oid, false);
}

/* Need the pages be looked at? */
static bool
is_due(const Look *look)
{
	const WatchedRelation *relation = look->relation;

	if (!relation->seen || look->certain || look->watch->all_hinted)
		return true;
	switch (relation->catalog.cache)
	{
		case NO_CACHE:
			return true;
		case OF_RELATIONS:
			return false;
		case OF_ITSELF:
			for (int i = 0; i < look->watch->nhints; i++)
			{
				if (look->watch->hints[i] == relation->catalog.oid)
					return true;
			}
			return false;
		default:
			return relation->dirty;
	}
}

static void
look_at_relation(Look *look)
{
	WatchedRelation *relation = look->relation;
	Relation	rel;

	if (!is_due(look))
		return;
	rel = relation_open(relation->catalog.oid, AccessShareLock);
	/* of what is not kept in a heap nothing is known: it changes all the time */
	if (rel->rd_rel->relam != HEAP_TABLE_AM_OID || !RelationNeedsWAL(rel))
		report(look, InvalidOid, InvalidOid);
	else
		sdr_pages_look(&relation->pages, &relation->catalog, rel,
					   look->snapshot, report, look);
	relation_close(rel, AccessShareLock);
	relation->seen = true;
	relation->dirty = false;
}

/* What belongs to extensions; the order of rows in an index may change. */
static uint64
digest_members(Snapshot snapshot)
{
	Relation	rel = table_open(DependRelationId, AccessShareLock);
	uint64		digest = 0;
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;

	ScanKeyInit(&key, Anum_pg_depend_refclassid, BTEqualStrategyNumber,
				F_OIDEQ, ObjectIdGetDatum(ExtensionRelationId));
	scan = systable_beginscan(rel, DependReferenceIndexId, true, snapshot, 1,
							  &key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		uint32		row[] = {
			ItemPointerGetBlockNumber(&tuple->t_self),
			ItemPointerGetOffsetNumber(&tuple->t_self),
			HeapTupleHeaderGetRawXmin(tuple->t_data)
		};

		CHECK_FOR_INTERRUPTS();
		digest += hash_bytes_extended((unsigned char *) row, sizeof(row), 0);
	}
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	return digest;
}

static void
look_at_members(Look *look)
{
	SdrWatch   *watch = look->watch;
	uint64		digest = digest_members(look->snapshot);

	if (watch->members_seen && watch->members != digest)
		add_change(look, DependRelationId, InvalidOid, InvalidOid, false);
	watch->members = digest;
	watch->members_seen = true;
}

/* Relations that were invalidated, unless their catalogs were looked at. */
static void
take_hints(Look *look)
{
	SdrWatch   *watch = look->watch;

	for (int i = 0; i < watch->nhints && !look->certain &&
		 !watch->all_hinted; i++)
		add_change(look, RelationRelationId, RelationRelationId,
				   watch->hints[i], true);
	watch->nhints = 0;
	watch->all_hinted = false;
}

List *
sdr_watch_look(SdrWatch *watch, Snapshot snapshot, bool certain, bool *many)
{
	Look		look = {.watch = watch,.snapshot = snapshot,.certain = certain};
	TimestampTz now = GetCurrentTimestamp();
	ListCell   *lc;

	if (TimestampDifferenceExceeds(watch->certain_at, now, CERTAIN_AFTER))
		look.certain = true;
	foreach(lc, watch->relations)
	{
		look.relation = lfirst(lc);
		look_at_relation(&look);
	}
	look_at_members(&look);
	if (look.certain || watch->all_hinted)
		watch->certain_at = now;
	take_hints(&look);
	*many = look.many;
	return look.many ? NIL : look.changes;
}

/*-------------------------------------------------------------------------
 *
 * touched.c
 *	  Which objects the transaction at hand has written or deleted a row of.
 *
 * Rows carry the transactions that made them and that deleted them, so the
 * catalogs themselves tell, whatever command or function it was: those that
 * documents are made of are looked through page by page, but for the pages that
 * nobody has written since the transaction began, as their LSN tells.  What was
 * rolled back is not counted.
 *
 * The largest catalogs are about relations, and of these the server tells all
 * sessions, this one included, when their relation cache entries are not valid
 * any more.  Where that was listened to, those catalogs are left out.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "access/transam.h"
#include "access/xact.h"
#include "access/xlog.h"
#include "catalog/indexing.h"
#include "catalog/live.h"
#include "catalog/pg_aggregate.h"
#include "catalog/pg_am.h"
#include "catalog/pg_amop.h"
#include "catalog/pg_amproc.h"
#include "catalog/pg_attrdef.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_cast.h"
#include "catalog/pg_class.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_conversion.h"
#include "catalog/pg_default_acl.h"
#include "catalog/pg_depend.h"
#include "catalog/pg_description.h"
#include "catalog/pg_enum.h"
#include "catalog/pg_event_trigger.h"
#include "catalog/pg_extension.h"
#include "catalog/pg_foreign_data_wrapper.h"
#include "catalog/pg_foreign_server.h"
#include "catalog/pg_foreign_table.h"
#include "catalog/pg_index.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_init_privs.h"
#include "catalog/pg_language.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_opclass.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_opfamily.h"
#include "catalog/pg_partitioned_table.h"
#include "catalog/pg_policy.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_publication.h"
#include "catalog/pg_publication_namespace.h"
#include "catalog/pg_publication_rel.h"
#include "catalog/pg_range.h"
#include "catalog/pg_rewrite.h"
#include "catalog/pg_seclabel.h"
#include "catalog/pg_sequence.h"
#include "catalog/pg_shseclabel.h"
#include "catalog/pg_statistic_ext.h"
#include "catalog/pg_subscription.h"
#include "catalog/pg_tablespace.h"
#include "catalog/pg_transform.h"
#include "catalog/pg_trigger.h"
#include "catalog/pg_ts_config.h"
#include "catalog/pg_ts_config_map.h"
#include "catalog/pg_ts_dict.h"
#include "catalog/pg_ts_parser.h"
#include "catalog/pg_ts_template.h"
#include "catalog/pg_type.h"
#include "catalog/pg_user_mapping.h"
#include "common/hashfn.h"
#include "miscadmin.h"
#include "storage/bufmgr.h"
#include "utils/fmgroids.h"
#include "utils/inval.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

/*
 * The catalogs, each with the object that a row is about: its oid and, in a
 * column or fixed, its catalog.
 */
typedef struct Source
{
	Oid			catalog;
	AttrNumber	oid;
	AttrNumber	class;			/* column, or InvalidAttrNumber */
	Oid			fixed_class;	/* InvalidOid for the catalog itself */

	/* of catalogs of whose rows the server tells: by relation */
	Oid			index;
	AttrNumber	relation;
} Source;

#define OWN(catalog, oid) {catalog, oid, InvalidAttrNumber, InvalidOid, InvalidOid, InvalidAttrNumber}
#define PART(catalog, oid, of) {catalog, oid, InvalidAttrNumber, of, InvalidOid, InvalidAttrNumber}
#define ABOUT(catalog, oid, class) {catalog, oid, class, InvalidOid, InvalidOid, InvalidAttrNumber}

/* The relation cache holds these, or something that changes with them. */
#define TOLD(catalog, oid, index, relation) \
	{catalog, oid, InvalidAttrNumber, InvalidOid, index, relation}
#define TOLD_PART(catalog, oid, of, index, relation) \
	{catalog, oid, InvalidAttrNumber, of, index, relation}

static const Source sources[] = {
	TOLD(RelationRelationId, Anum_pg_class_oid,
		 ClassOidIndexId, Anum_pg_class_oid),
	TOLD_PART(AttributeRelationId, Anum_pg_attribute_attrelid, RelationRelationId,
			  AttributeRelidNumIndexId, Anum_pg_attribute_attrelid),
	TOLD(AttrDefaultRelationId, Anum_pg_attrdef_oid,
		 AttrDefaultIndexId, Anum_pg_attrdef_adrelid),
	TOLD_PART(IndexRelationId, Anum_pg_index_indrelid, RelationRelationId,
			  IndexRelidIndexId, Anum_pg_index_indexrelid),
	PART(InheritsRelationId, Anum_pg_inherits_inhrelid, RelationRelationId),
	PART(SequenceRelationId, Anum_pg_sequence_seqrelid, RelationRelationId),
	PART(ForeignTableRelationId, Anum_pg_foreign_table_ftrelid, RelationRelationId),
	PART(PartitionedRelationId, Anum_pg_partitioned_table_partrelid, RelationRelationId),
	TOLD(TriggerRelationId, Anum_pg_trigger_oid,
		 TriggerRelidNameIndexId, Anum_pg_trigger_tgrelid),
	TOLD(RewriteRelationId, Anum_pg_rewrite_oid,
		 RewriteRelRulenameIndexId, Anum_pg_rewrite_ev_class),
	TOLD(PolicyRelationId, Anum_pg_policy_oid,
		 PolicyPolrelidPolnameIndexId, Anum_pg_policy_polrelid),
	OWN(StatisticExtRelationId, Anum_pg_statistic_ext_oid),
	OWN(TypeRelationId, Anum_pg_type_oid),
	OWN(EnumRelationId, Anum_pg_enum_oid),
	PART(RangeRelationId, Anum_pg_range_rngtypid, TypeRelationId),
	OWN(ProcedureRelationId, Anum_pg_proc_oid),
	PART(AggregateRelationId, Anum_pg_aggregate_aggfnoid, ProcedureRelationId),
	OWN(LanguageRelationId, Anum_pg_language_oid),
	OWN(AccessMethodRelationId, Anum_pg_am_oid),
	OWN(OperatorRelationId, Anum_pg_operator_oid),
	OWN(OperatorFamilyRelationId, Anum_pg_opfamily_oid),
	OWN(OperatorClassRelationId, Anum_pg_opclass_oid),
	OWN(AccessMethodOperatorRelationId, Anum_pg_amop_oid),
	OWN(AccessMethodProcedureRelationId, Anum_pg_amproc_oid),
	OWN(CastRelationId, Anum_pg_cast_oid),
	OWN(TransformRelationId, Anum_pg_transform_oid),
	OWN(CollationRelationId, Anum_pg_collation_oid),
	OWN(ConversionRelationId, Anum_pg_conversion_oid),
	OWN(TSParserRelationId, Anum_pg_ts_parser_oid),
	OWN(TSTemplateRelationId, Anum_pg_ts_template_oid),
	OWN(TSDictionaryRelationId, Anum_pg_ts_dict_oid),
	OWN(TSConfigRelationId, Anum_pg_ts_config_oid),
	PART(TSConfigMapRelationId, Anum_pg_ts_config_map_mapcfg, TSConfigRelationId),
	OWN(NamespaceRelationId, Anum_pg_namespace_oid),
	OWN(ExtensionRelationId, Anum_pg_extension_oid),
	OWN(ForeignDataWrapperRelationId, Anum_pg_foreign_data_wrapper_oid),
	OWN(ForeignServerRelationId, Anum_pg_foreign_server_oid),
	OWN(UserMappingRelationId, Anum_pg_user_mapping_oid),
	OWN(DefaultAclRelationId, Anum_pg_default_acl_oid),
	OWN(EventTriggerRelationId, Anum_pg_event_trigger_oid),
	OWN(PublicationRelationId, Anum_pg_publication_oid),
	OWN(PublicationRelRelationId, Anum_pg_publication_rel_oid),
	OWN(PublicationNamespaceRelationId, Anum_pg_publication_namespace_oid),
	OWN(SubscriptionRelationId, Anum_pg_subscription_oid),
	/* what is called otherwise */
	OWN(AuthIdRelationId, Anum_pg_authid_oid),
	OWN(TableSpaceRelationId, Anum_pg_tablespace_oid),
	ABOUT(DescriptionRelationId, Anum_pg_description_objoid, Anum_pg_description_classoid),
	ABOUT(SecLabelRelationId, Anum_pg_seclabel_objoid, Anum_pg_seclabel_classoid),
	ABOUT(SharedSecLabelRelationId, Anum_pg_shseclabel_objoid, Anum_pg_shseclabel_classoid),
	ABOUT(InitPrivsRelationId, Anum_pg_init_privs_objoid, Anum_pg_init_privs_classoid),
};

/* Looked through as a whole only where nobody has listened. */
static const Source constraints =
TOLD(ConstraintRelationId, Anum_pg_constraint_oid,
	 ConstraintRelidTypidNameIndexId, Anum_pg_constraint_conrelid);
static const Source dependencies =
ABOUT(DependRelationId, Anum_pg_depend_objid, Anum_pg_depend_classid);

/* Numbers that the server has told of since the last transaction ended. */
#define MAX_HEARD	4096
#define HEARD_SLOTS (2 * MAX_HEARD)

typedef struct Heard
{
	int			n;
	uint32		slots[HEARD_SLOTS]; /* 0 is free */
} Heard;

static bool listening = false;
static XLogRecPtr all_since;	/* where the log ended when that began, or
								 * when the last transaction had ended */
static bool missed = false;		/* it did not tell which, or too many */
static Heard heard_relations;	/* oids */
static Heard heard_constraints; /* hash values in the system cache */

typedef struct Search
{
	TransactionId top;			/* none of ours is older */
	HTAB	   *found;			/* of ObjectAddress */
} Search;

static uint32
first_slot(uint32 number)
{
	return murmurhash32(number) % HEARD_SLOTS;
}

/* Raises no error. */
static void
add_number(Heard *heard, uint32 number)
{
	uint32		slot = first_slot(number);

	if (number == 0 || heard->n >= MAX_HEARD)
		missed = true;
	if (missed)
		return;
	while (heard->slots[slot] != 0 && heard->slots[slot] != number)
		slot = (slot + 1) % HEARD_SLOTS;
	if (heard->slots[slot] == 0)
		heard->n++;
	heard->slots[slot] = number;
}

/* Take a number out, if it is there. */
static void
forget_number(Heard *heard, uint32 number)
{
	uint32		slot = first_slot(number);

	while (heard->slots[slot] != 0 && heard->slots[slot] != number)
		slot = (slot + 1) % HEARD_SLOTS;
	if (heard->slots[slot] == 0)
		return;
	heard->n--;
	heard->slots[slot] = 0;

	/* those behind it may have stood there because of it */
	for (slot = (slot + 1) % HEARD_SLOTS; heard->slots[slot] != 0;
		 slot = (slot + 1) % HEARD_SLOTS)
	{
		uint32		moved = heard->slots[slot];

		heard->slots[slot] = 0;
		heard->n--;
		add_number(heard, moved);
	}
}

static bool
is_ours(const Search *search, TransactionId xid)
{
	return TransactionIdIsNormal(xid) &&
		TransactionIdFollowsOrEquals(xid, search->top) &&
		TransactionIdIsCurrentTransactionId(xid);
}

/* Has this transaction made the row or deleted it? */
static bool
is_touched(const Search *search, HeapTupleHeader tuple)
{
	if (is_ours(search, HeapTupleHeaderGetXmin(tuple)))
		return true;
	return (tuple->t_infomask & HEAP_XMAX_INVALID) == 0 &&
		!HEAP_XMAX_IS_LOCKED_ONLY(tuple->t_infomask) &&
		is_ours(search, HeapTupleHeaderGetUpdateXid(tuple));
}

static Oid
get_oid(HeapTuple tuple, AttrNumber attr, TupleDesc desc)
{
	bool		isnull;

	return DatumGetObjectId(heap_getattr(tuple, attr, desc, &isnull));
}

static void
note_row(Search *search, const Source *source, HeapTuple tuple, TupleDesc desc)
{
	ObjectAddress address = {0};

	address.objectId = get_oid(tuple, source->oid, desc);
	if (source->class != InvalidAttrNumber)
		address.classId = get_oid(tuple, source->class, desc);
	else
		address.classId = OidIsValid(source->fixed_class) ?
			source->fixed_class : source->catalog;
	(void) hash_search(search->found, &address, HASH_ENTER, NULL);
}

/*
 * Has the page been written since we listen?  What writes a row, or deletes
 * one, moves the page's LSN on.
 */
static bool
is_written(Relation catalog, Page page)
{
	return !listening || !RelationNeedsWAL(catalog) ||
		PageGetLSN(page) >= all_since;
}

static void
search_page(Search *search, const Source *source, Relation catalog, Page page)
{
	OffsetNumber last = PageGetMaxOffsetNumber(page);

	for (OffsetNumber i = FirstOffsetNumber; i <= last; i++)
	{
		ItemId		item = PageGetItemId(page, i);
		HeapTupleData tuple = {0};

		if (!ItemIdIsNormal(item))
			continue;
		tuple.t_data = (HeapTupleHeader) PageGetItem(page, item);
		tuple.t_len = ItemIdGetLength(item);
		tuple.t_tableOid = RelationGetRelid(catalog);
		if (is_touched(search, tuple.t_data))
			note_row(search, source, &tuple, RelationGetDescr(catalog));
	}
}

static void
search_catalog(Search *search, const Source *source)
{
	Relation	catalog = table_open(source->catalog, AccessShareLock);
	BlockNumber n = RelationGetNumberOfBlocks(catalog);

	for (BlockNumber block = 0; block < n; block++)
	{
		Buffer		buffer;

		CHECK_FOR_INTERRUPTS();
		buffer = ReadBuffer(catalog, block);
		LockBuffer(buffer, BUFFER_LOCK_SHARE);
		if (is_written(catalog, BufferGetPage(buffer)))
			search_page(search, source, catalog, BufferGetPage(buffer));
		UnlockReleaseBuffer(buffer);
	}
	table_close(catalog, AccessShareLock);
}

/* The same for the rows that an index leads to. */
static void
search_index(Search *search, const Source *source, Oid index, AttrNumber attr,
			 StrategyNumber strategy, RegProcedure procedure, Oid oid,
			 List **oids)
{
	Relation	catalog = table_open(source->catalog, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;

	ScanKeyInit(&key, attr, strategy, procedure, ObjectIdGetDatum(oid));
	/* rows that are deleted count, too */
	scan = systable_beginscan(catalog, index, true, SnapshotAny, 1, &key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		if (oids != NULL)
			*oids = list_append_unique_oid(*oids,
										   get_oid(tuple, source->oid,
												   RelationGetDescr(catalog)));
		else if (is_touched(search, tuple->t_data))
			note_row(search, source, tuple, RelationGetDescr(catalog));
	}
	systable_endscan(scan);
	table_close(catalog, AccessShareLock);
}

/* The rows about a relation that the server has told of. */
static void
search_relation(Search *search, const Source *source, Oid relation)
{
	search_index(search, source, source->index, source->relation,
				 BTEqualStrategyNumber, F_OIDEQ, relation, NULL);
}

static uint32
constraint_hash(Oid oid)
{
	return GetSysCacheHashValue1(CONSTROID, ObjectIdGetDatum(oid));
}

/*
 * Note the constraints that an index leads to; what was heard of them is
 * accounted for.
 */
static void
search_constraints(Search *search, Oid index, AttrNumber attr,
				   StrategyNumber strategy, RegProcedure procedure, Oid oid,
				   Heard *unexplained)
{
	List	   *oids = NIL;
	ListCell   *lc;

	if (unexplained->n == 0)
		return;
	search_index(search, &constraints, index, attr, strategy, procedure, oid,
				 NULL);
	search_index(search, &constraints, index, attr, strategy, procedure, oid,
				 &oids);
	foreach(lc, oids)
		forget_number(unexplained, constraint_hash(lfirst_oid(lc)));
}

/*
 * What the server has told of, and what it does not tell of those catalogs.
 * Not every constraint is in the relation cache; of those that are not, it is
 * known only that there are some.
 */
static void
search_heard(Search *search)
{
	Heard	   *unexplained = palloc(sizeof(Heard));

	*unexplained = heard_constraints;
	for (int i = 0; i < HEARD_SLOTS; i++)
	{
		Oid			relation = heard_relations.slots[i];

		if (!OidIsValid(relation))
			continue;
		CHECK_FOR_INTERRUPTS();
		for (int j = 0; j < lengthof(sources); j++)
		{
			if (OidIsValid(sources[j].index))
				search_relation(search, &sources[j], relation);
		}
		search_constraints(search, constraints.index, constraints.relation,
						   BTEqualStrategyNumber, F_OIDEQ, relation,
						   unexplained);
	}
	/* of domains */
	search_constraints(search, ConstraintTypidIndexId,
					   Anum_pg_constraint_contypid, BTGreaterStrategyNumber,
					   F_OIDGT, InvalidOid, unexplained);
	if (unexplained->n > 0)
		search_catalog(search, &constraints);
	pfree(unexplained);

	/* all other dependencies change with what depends */
	search_index(search, &dependencies, DependReferenceIndexId,
				 Anum_pg_depend_refclassid, BTEqualStrategyNumber, F_OIDEQ,
				 ExtensionRelationId, NULL);
}

/* An entry of the relation cache is not valid any more: raises no error. */
static void
hear_relation(Datum arg, Oid relation)
{
	add_number(&heard_relations, relation);
}

/* The same for an entry of the system cache. */
static void
hear_constraint(Datum arg, int cache, uint32 hash)
{
	add_number(&heard_constraints, hash);
}

static void
at_xact_end(XactEvent event, void *arg)
{
	if (event != XACT_EVENT_COMMIT && event != XACT_EVENT_PREPARE &&
		event != XACT_EVENT_ABORT)
		return;
	all_since = GetXLogInsertRecPtr();
	missed = false;
	if (heard_relations.n > 0)
		memset(&heard_relations, 0, sizeof(Heard));
	if (heard_constraints.n > 0)
		memset(&heard_constraints, 0, sizeof(Heard));
}

/*
 * Listen to what the server tells, from now on and as long as the session
 * lasts: to be called before the changes that are to be found.
 */
void
sdr_touched_listen(void)
{
	if (listening)
		return;
	CacheRegisterRelcacheCallback(hear_relation, (Datum) 0);
	CacheRegisterSyscacheCallback(CONSTROID, hear_constraint, (Datum) 0);
	RegisterXactCallback(at_xact_end, NULL);
	all_since = GetXLogInsertRecPtr();
	listening = true;
}

/*
 * What this transaction has written or deleted a row of, each once, as
 * ObjectAddress *: objects and parts of them, of whatever catalog, also such
 * as are none of ours.  NIL if it has written nothing at all.  The command
 * counter must have been advanced.
 */
List *
sdr_touched(void)
{
	HASHCTL		ctl = {
		.keysize = sizeof(ObjectAddress),
		.entrysize = sizeof(ObjectAddress),
		.hcxt = CurrentMemoryContext
	};
	Search		search = {GetTopTransactionIdIfAny(), NULL};
	List	   *list = NIL;
	bool		has_heard;
	HASH_SEQ_STATUS status;
	ObjectAddress *address;

	if (!TransactionIdIsValid(search.top))
		return NIL;
	search.found = hash_create("schemadrift touched objects", 64, &ctl,
							   HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	has_heard = listening && !missed;
	if (has_heard)
		search_heard(&search);
	else
	{
		search_catalog(&search, &constraints);
		search_catalog(&search, &dependencies);
	}
	for (int i = 0; i < lengthof(sources); i++)
	{
		if (!has_heard || !OidIsValid(sources[i].index))
			search_catalog(&search, &sources[i]);
	}
	hash_seq_init(&status, search.found);
	while ((address = hash_seq_search(&status)) != NULL)
		list = lappend(list, address);
	return list;
}

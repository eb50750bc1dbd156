/*-------------------------------------------------------------------------
 *
 * touched.c
 *	  Which objects the transaction at hand has written or deleted a row of.
 *
 * Rows carry the transactions that made them and that deleted them, so the
 * catalogs themselves tell, whatever command or function it was: those that
 * documents are made of are looked through page by page, which is cheap
 * compared with reading objects.  What was rolled back is not counted.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "access/transam.h"
#include "access/xact.h"
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
#include "catalog/pg_shdepend.h"
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
#include "miscadmin.h"
#include "storage/bufmgr.h"
#include "utils/memutils.h"
#include "utils/rel.h"

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
	AttrNumber	database;		/* column; of others it is not ours */
} Source;

#define OWN(catalog, oid) {catalog, oid, InvalidAttrNumber, InvalidOid, InvalidAttrNumber}
#define PART(catalog, oid, of) {catalog, oid, InvalidAttrNumber, of, InvalidAttrNumber}
#define ABOUT(catalog, oid, class) {catalog, oid, class, InvalidOid, InvalidAttrNumber}

static const Source sources[] = {
	OWN(RelationRelationId, Anum_pg_class_oid),
	PART(AttributeRelationId, Anum_pg_attribute_attrelid, RelationRelationId),
	OWN(AttrDefaultRelationId, Anum_pg_attrdef_oid),
	OWN(ConstraintRelationId, Anum_pg_constraint_oid),
	PART(IndexRelationId, Anum_pg_index_indrelid, RelationRelationId),
	PART(InheritsRelationId, Anum_pg_inherits_inhrelid, RelationRelationId),
	PART(SequenceRelationId, Anum_pg_sequence_seqrelid, RelationRelationId),
	PART(ForeignTableRelationId, Anum_pg_foreign_table_ftrelid, RelationRelationId),
	PART(PartitionedRelationId, Anum_pg_partitioned_table_partrelid, RelationRelationId),
	OWN(TriggerRelationId, Anum_pg_trigger_oid),
	OWN(RewriteRelationId, Anum_pg_rewrite_oid),
	OWN(PolicyRelationId, Anum_pg_policy_oid),
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
	ABOUT(DependRelationId, Anum_pg_depend_objid, Anum_pg_depend_classid),
	{SharedDependRelationId, Anum_pg_shdepend_objid, Anum_pg_shdepend_classid,
	InvalidOid, Anum_pg_shdepend_dbid},
};

typedef struct Search
{
	TransactionId top;			/* none of ours is older */
	HTAB	   *found;			/* of ObjectAddress */
} Search;

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

	if (source->database != InvalidAttrNumber &&
		get_oid(tuple, source->database, desc) != MyDatabaseId)
		return;
	address.objectId = get_oid(tuple, source->oid, desc);
	if (source->class != InvalidAttrNumber)
		address.classId = get_oid(tuple, source->class, desc);
	else
		address.classId = OidIsValid(source->fixed_class) ?
			source->fixed_class : source->catalog;
	(void) hash_search(search->found, &address, HASH_ENTER, NULL);
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
		search_page(search, source, catalog, BufferGetPage(buffer));
		UnlockReleaseBuffer(buffer);
	}
	table_close(catalog, AccessShareLock);
}

/*
 * What this transaction has written or deleted a row of, each once, as
 * ObjectAddress *: objects and parts of them, of whatever catalog, also such
 * as are none of ours.  NIL if it has written nothing at all.
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
	HASH_SEQ_STATUS status;
	ObjectAddress *address;

	if (!TransactionIdIsValid(search.top))
		return NIL;
	search.found = hash_create("schemadrift touched objects", 64, &ctl,
							   HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	for (int i = 0; i < lengthof(sources); i++)
		search_catalog(&search, &sources[i]);
	hash_seq_init(&status, search.found);
	while ((address = hash_seq_search(&status)) != NULL)
		list = lappend(list, address);
	return list;
}

/*-------------------------------------------------------------------------
 *
 * publication.c
 *	  Publications and subscriptions.
 *
 * The connection string of a subscription has a password in it as often as
 * not, and is another on every server: it is never read.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/transam.h"
#include "catalog/indexing.h"
#include "catalog/live.h"
#include "catalog/pg_foreign_server.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_publication.h"
#include "catalog/pg_publication_namespace.h"
#include "catalog/pg_publication_rel.h"
#include "catalog/pg_subscription.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"

static bool
publication_identify(SdrReader *reader, HeapTuple tuple, SdrEntry *entry)
{
	Form_pg_publication form = (Form_pg_publication) GETSTRUCT(tuple);

	if (form->oid < FirstNormalObjectId)
		return false;
	entry->item.kind = sdr_kind(SDR_KIND_PUBLICATION);
	entry->item.name = pstrdup(NameStr(form->pubname));
	return true;
}

/* The schemas that are published as a whole. */
static List *
read_schemas(SdrReader *reader, Oid publication)
{
	/* no index starts with the publication */
	SysScanDesc scan = sdr_scan_oid(reader, PublicationNamespaceRelationId,
									InvalidOid,
									Anum_pg_publication_namespace_pnpubid,
									publication);
	List	   *schemas = NIL;
	HeapTuple	tuple;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		const SdrName *name;

		name = sdr_name(reader, NamespaceRelationId,
						((Form_pg_publication_namespace) GETSTRUCT(tuple))->pnnspid);
		if (name == NULL)
			sdr_reader_gone(reader);
		else
			schemas = lappend(schemas, pstrdup(name->name));
	}
	systable_endscan(scan);
	return sdr_list_sort(schemas);
}

static List *
read_columns(SdrReader *reader, Oid relation, HeapTuple tuple)
{
	bool		isnull;
	Datum		value = sdr_get(reader, PublicationRelRelationId, tuple,
								Anum_pg_publication_rel_prattrs, &isnull);
	List	   *columns = NIL;

	if (!isnull)
	{
		ArrayType  *array = DatumGetArrayTypeP(value);

		for (int i = 0; i < ARR_DIMS(array)[0]; i++)
			columns = lappend(columns,
							  unconstify(char *, sdr_column_name(reader, relation,
																 ((int16 *) ARR_DATA_PTR(array))[i])));
	}
	return sdr_list_sort(columns);
}

/* The row filter, over the columns of the table; NULL for none. */
static const char *
read_filter(SdrReader *reader, SdrObject *object, Oid table, HeapTuple tuple)
{
	bool		isnull;
	Datum		value = sdr_get(reader, PublicationRelRelationId, tuple,
								Anum_pg_publication_rel_prqual, &isnull);
	HeapTuple	class_tuple;
	SdrRelation *relation;

	if (isnull)
		return NULL;
	class_tuple = sdr_fetch(reader, RelationRelationId, ClassOidIndexId,
							Anum_pg_class_oid, table);
	if (!HeapTupleIsValid(class_tuple))
	{
		sdr_reader_gone(reader);
		return NULL;
	}
	relation = sdr_relation_at(reader, class_tuple, object);
	(void) sdr_columns_gather(relation);
	return sdr_deparse(relation, value);
}

static void
read_table(SdrReader *reader, HeapTuple tuple, SdrObject *publication)
{
	Form_pg_publication_rel form = (Form_pg_publication_rel) GETSTRUCT(tuple);
	SdrObject  *object;

	object = sdr_object_new(SDR_KIND_PUBLISHED_TABLE,
							pstrdup(sdr_name_text(reader, RelationRelationId,
												  form->prrelid)),
							publication);
	object->oid = form->prrelid;
	sdr_set_list(object, SDR_PUBLISHED_TABLE_COLUMNS,
				 read_columns(reader, form->prrelid, tuple));
	sdr_set_text(object, SDR_PUBLISHED_TABLE_WHERE,
				 read_filter(reader, object, form->prrelid, tuple));
	sdr_set_bool(object, SDR_PUBLISHED_TABLE_EXCEPT,
				 sdr_compat_prexcept(form));
}

static void
publication_read(SdrReader *reader, HeapTuple tuple, SdrObject *object)
{
	Form_pg_publication form = (Form_pg_publication) GETSTRUCT(tuple);
	SysScanDesc scan;

	sdr_set_bool(object, SDR_PUBLICATION_ALL_TABLES, form->puballtables);
	sdr_set_bool(object, SDR_PUBLICATION_ALL_SEQUENCES,
				 sdr_compat_puballsequences(form));
	sdr_set_list(object, SDR_PUBLICATION_SCHEMAS,
				 read_schemas(reader, object->oid));
	sdr_set_bool(object, SDR_PUBLICATION_INSERT, form->pubinsert);
	sdr_set_bool(object, SDR_PUBLICATION_UPDATE, form->pubupdate);
	sdr_set_bool(object, SDR_PUBLICATION_DELETE, form->pubdelete);
	sdr_set_bool(object, SDR_PUBLICATION_TRUNCATE, form->pubtruncate);
	sdr_set_bool(object, SDR_PUBLICATION_VIA_PARTITION_ROOT, form->pubviaroot);
	sdr_set_text(object, SDR_PUBLICATION_GENERATED_COLUMNS,
				 sdr_compat_pubgencols_stored(form) ? "stored" : "none");

	scan = sdr_scan_oid(reader, PublicationRelRelationId,
						PublicationRelPrpubidIndexId,
						Anum_pg_publication_rel_prpubid, object->oid);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
		read_table(reader, tuple, object);
	systable_endscan(scan);
}

const SdrFamily sdr_publication_family = {
	.kinds = SDR_IN(PUBLICATION),
	.catalog = PublicationRelationId,
	.name_index = PublicationNameIndexId,
	.identify = publication_identify,
	.read = publication_read,
};

/* The catalog is that of all databases. */
static bool
subscription_identify(SdrReader *reader, HeapTuple tuple, SdrEntry *entry)
{
	Form_pg_subscription form = (Form_pg_subscription) GETSTRUCT(tuple);

	if (form->subdbid != MyDatabaseId)
		return false;
	entry->item.kind = sdr_kind(SDR_KIND_SUBSCRIPTION);
	entry->item.name = pstrdup(NameStr(form->subname));
	return true;
}

/* A text of the row; dflt where this server has no such column. */
static const char *
subscription_text(SdrReader *reader, HeapTuple tuple, AttrNumber attr,
				  const char *dflt)
{
	const char *text = sdr_get_text(reader, SubscriptionRelationId, tuple,
									attr);

	return text == NULL ? dflt : text;
}

static void
read_slot(SdrReader *reader, HeapTuple tuple, SdrObject *object)
{
	bool		isnull;
	Datum		value = sdr_get(reader, SubscriptionRelationId, tuple,
								Anum_pg_subscription_subslotname, &isnull);

	/* SQL writes no slot as NONE, so none can have that name */
	sdr_set_text(object, SDR_SUBSCRIPTION_SLOT_NAME,
				 isnull ? "none" : pstrdup(NameStr(*DatumGetName(value))));
	sdr_set_implied(object, SDR_SUBSCRIPTION_SLOT_NAME,
					!isnull &&
					strcmp(NameStr(*DatumGetName(value)), object->name) == 0);
}

static List *
read_publications(SdrReader *reader, HeapTuple tuple)
{
	bool		isnull;
	Datum		value = sdr_get(reader, SubscriptionRelationId, tuple,
								Anum_pg_subscription_subpublications, &isnull);
	List	   *publications = NIL;
	Datum	   *names;
	int			n;

	deconstruct_array(DatumGetArrayTypeP(value), TEXTOID, -1, false,
					  TYPALIGN_INT, &names, NULL, &n);
	for (int i = 0; i < n; i++)
		publications = lappend(publications, TextDatumGetCString(names[i]));
	return sdr_list_sort(publications);
}

static void
subscription_read(SdrReader *reader, HeapTuple tuple, SdrObject *object)
{
	Form_pg_subscription form = (Form_pg_subscription) GETSTRUCT(tuple);
	Oid			server = sdr_compat_subserver(form);

	sdr_set_list(object, SDR_SUBSCRIPTION_PUBLICATIONS,
				 read_publications(reader, tuple));
	sdr_set_bool(object, SDR_SUBSCRIPTION_ENABLED, form->subenabled);
	sdr_set_text(object, SDR_SUBSCRIPTION_SERVER,
				 OidIsValid(server) ?
				 sdr_name_text(reader, ForeignServerRelationId, server) : NULL);
	read_slot(reader, tuple, object);
	sdr_set_text(object, SDR_SUBSCRIPTION_SYNCHRONOUS_COMMIT,
				 subscription_text(reader, tuple,
								   Anum_pg_subscription_subsynccommit, "off"));
	sdr_set_bool(object, SDR_SUBSCRIPTION_BINARY, form->subbinary);
	sdr_set_text(object, SDR_SUBSCRIPTION_STREAMING,
				 sdr_compat_substream(form));
	sdr_set_bool(object, SDR_SUBSCRIPTION_TWO_PHASE,
				 form->subtwophasestate != LOGICALREP_TWOPHASE_STATE_DISABLED);
	sdr_set_bool(object, SDR_SUBSCRIPTION_DISABLE_ON_ERROR,
				 form->subdisableonerr);
	sdr_set_text(object, SDR_SUBSCRIPTION_ORIGIN,
				 subscription_text(reader, tuple,
								   Anum_pg_subscription_suborigin, "any"));
	sdr_set_bool(object, SDR_SUBSCRIPTION_PASSWORD_REQUIRED,
				 sdr_compat_subpasswordrequired(form));
	sdr_set_bool(object, SDR_SUBSCRIPTION_RUN_AS_OWNER,
				 sdr_compat_subrunasowner(form));
	sdr_set_bool(object, SDR_SUBSCRIPTION_FAILOVER,
				 sdr_compat_subfailover(form));
	sdr_set_bool(object, SDR_SUBSCRIPTION_RETAIN_DEAD_TUPLES,
				 sdr_compat_subretaindeadtuples(form));
	sdr_set_int(object, SDR_SUBSCRIPTION_MAX_RETENTION_DURATION,
				sdr_compat_submaxretention(form));
	sdr_set_text(object, SDR_SUBSCRIPTION_WAL_RECEIVER_TIMEOUT,
				 subscription_text(reader, tuple,
								   Anum_pg_subscription_subwalrcvtimeout,
								   "-1"));
}

const SdrFamily sdr_subscription_family = {
	.kinds = SDR_IN(SUBSCRIPTION),
	.catalog = SubscriptionRelationId,
	.identify = subscription_identify,
	.read = subscription_read,
};

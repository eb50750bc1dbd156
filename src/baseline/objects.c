/*-------------------------------------------------------------------------
 *
 * objects.c
 *	  schemadrift_document_objects(): a document in rows.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "compat.h"
#include "drift/drift.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"
#include "utils/tuplestore.h"

PG_FUNCTION_INFO_V1(schemadrift_document_objects);

static void
put_row(ReturnSetInfo *rsinfo, const SdrKind *kind, const char *schema,
		const char *name, Datum definition)
{
	Datum		values[4] = {CStringGetTextDatum(kind->name), (Datum) 0,
	CStringGetTextDatum(name), definition};
	bool		nulls[4] = {false, schema == NULL, false, false};

	if (schema != NULL)
		values[1] = CStringGetTextDatum(schema);
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

/* A row for each object, once all of it has been read without an error. */
static void
put_nodes(ReturnSetInfo *rsinfo, const List *nodes, const char *schema)
{
	ListCell   *lc;

	foreach(lc, nodes)
	{
		const SdrDocNode *node = lfirst(lc);

		CHECK_FOR_INTERRUPTS();
		put_row(rsinfo, node->item.kind, schema, node->item.name,
				JsonbPGetDatum(JsonbValueToJsonb(unconstify(JsonbValue *, &node->value))));
	}
}

/* Keys of a node under which objects stand, as text[]. */
static Datum
object_keys(SdrKindId parent)
{
	Datum	   *keys = palloc(sizeof(Datum) * SDR_NKINDS);
	int			n = 0;

	for (int i = 0; i < SDR_NKINDS; i++)
	{
		if ((sdr_kind(i)->parents & SDR_KIND_BIT(parent)) != 0)
			keys[n++] = CStringGetTextDatum(sdr_kind(i)->node);
	}
	return PointerGetDatum(construct_array(keys, n, TEXTOID, -1, false,
										   TYPALIGN_INT));
}

/* What a document says of a schema itself, as jsonb. */
static Datum
schema_definition(Jsonb *document, const SdrDocSchema *schema)
{
	const char *name = schema->object->long_name != NULL ?
	schema->object->long_name : schema->object->name;
	JsonbValue	schemas;
	JsonbValue	value;
	const char *key = sdr_kind(SDR_KIND_SCHEMA)->node;

	if (!getKeyJsonValueFromContainer(&document->root, key, strlen(key),
									  &schemas) ||
		!getKeyJsonValueFromContainer(schemas.val.binary.data, name,
									  strlen(name), &value))
		return DirectFunctionCall1(jsonb_in, CStringGetDatum("{}"));
	if (value.type != jbvBinary)
		return JsonbPGetDatum(JsonbValueToJsonb(&value));
	return DirectFunctionCall2(jsonb_delete_array,
							   JsonbPGetDatum(JsonbValueToJsonb(&value)),
							   object_keys(SDR_KIND_SCHEMA));
}

/*
 * schemadrift_document_objects(document jsonb) - a row for what the document
 * says of its whole, with kind and name empty, and one for each schema and
 * each other object at its top, with its node.
 */
Datum
schemadrift_document_objects(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	Jsonb	   *jsonb = sdr_jsonb_arg(fcinfo, 0, "document");
	SdrDocument *document = sdr_document_read(jsonb);
	Datum		head = JsonbPGetDatum(jsonb);
	ListCell   *lc;

	InitMaterializedSRF(fcinfo, 0);
	head = DirectFunctionCall2(jsonb_delete_array, head,
							   object_keys(SDR_KIND_DOCUMENT));
	head = DirectFunctionCall2(jsonb_delete_array, head,
							   object_keys(SDR_KIND_SCHEMA));
	put_row(rsinfo, sdr_kind(SDR_KIND_DOCUMENT), NULL, "", head);
	put_nodes(rsinfo, document->nodes, NULL);
	foreach(lc, document->schemas)
	{
		const SdrDocSchema *schema = lfirst(lc);

		put_row(rsinfo, sdr_kind(SDR_KIND_SCHEMA), schema->object->name,
				schema->object->name, schema_definition(jsonb, schema));
		put_nodes(rsinfo, schema->nodes, schema->object->name);
	}
	return (Datum) 0;
}

/*-------------------------------------------------------------------------
 *
 * store.c
 *	  The baseline in its tables: schemadrift_accept(), schemadrift_expect(),
 *	  schemadrift_baseline().
 *
 * Each top-level object is a row of schemadrift.baseline_object, which ends
 * when another takes its place, so that there is history; what a document says
 * of its whole is a row too, of kind "document".  Only rows that are different
 * are written.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "baseline/store.h"
#include "catalog/pg_type.h"
#include "commands/dbcommands.h"
#include "drift/drift.h"
#include "miscadmin.h"
#include "record/record.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

PG_FUNCTION_INFO_V1(schemadrift_accept);
PG_FUNCTION_INFO_V1(schemadrift_expect);
PG_FUNCTION_INFO_V1(schemadrift_baseline);

/* All of the baseline is to be what the document $1 says. */
#define SET_DELTA \
	"WITH delta AS MATERIALIZED (" \
	" SELECT coalesce(n.kind, b.kind) AS kind," \
	"  CASE WHEN n.kind IS NULL THEN b.schema_name ELSE n.schema_name END AS schema_name," \
	"  coalesce(n.object_name, b.object_name) AS object_name, n.definition" \
	" FROM schemadrift_document_objects($1) n FULL JOIN" \
	"  (SELECT * FROM schemadrift.baseline_object WHERE ended_by IS NULL) b" \
	"  ON n.kind = b.kind AND n.object_name = b.object_name" \
	"  AND coalesce(n.schema_name, '') = coalesce(b.schema_name, '')" \
	" WHERE n.definition IS DISTINCT FROM b.definition)"

#define MAX_ARGS	10

#define LOCK_SQL \
	"LOCK TABLE schemadrift.baseline_change IN SHARE ROW EXCLUSIVE MODE"

/* The rows as one document. */
#define DOCUMENT_SQL(rows) \
	"WITH b AS MATERIALIZED (" \
	" SELECT o.kind, o.schema_name, o.object_name, o.definition, k.node" \
	" FROM (" rows ") o" \
	"  LEFT JOIN schemadrift_kinds() k ON k.kind = o.kind AND k.attribute IS NULL)," \
	"groups AS (" \
	" SELECT schema_name, node," \
	"  jsonb_object_agg(object_name, definition) AS objects" \
	" FROM b WHERE kind <> 'document' AND kind <> 'schema'" \
	" GROUP BY schema_name, node)," \
	"parts AS (" \
	" SELECT schema_name, jsonb_object_agg(node, objects) AS nodes" \
	" FROM groups GROUP BY schema_name)" \
	"SELECT b.definition" \
	" || coalesce((SELECT nodes FROM parts WHERE schema_name IS NULL), '{}')" \
	" || jsonb_build_object('schemas', coalesce((" \
	"  SELECT jsonb_object_agg(s.object_name," \
	"   CASE jsonb_typeof(s.definition) WHEN 'object'" \
	"    THEN s.definition || coalesce(p.nodes, '{}')" \
	"    ELSE s.definition END)" \
	"  FROM b s LEFT JOIN parts p ON p.schema_name = s.object_name" \
	"  WHERE s.kind = 'schema'), '{}'))" \
	" FROM b WHERE b.kind = 'document'"

#define ALL_SQL \
	"SELECT * FROM schemadrift.baseline_object WHERE ended_by IS NULL"

/*
 * What is said of the whole, and at the places whose schemas are $1, NULL
 * outside schemas, and whose names are $2.
 */
#define SOME_SQL \
	"SELECT * FROM schemadrift.baseline_object" \
	" WHERE ended_by IS NULL AND kind = 'document'" \
	" UNION ALL SELECT * FROM schemadrift.baseline_object" \
	" WHERE ended_by IS NULL AND kind = 'schema' AND object_name = ANY ($1)" \
	" UNION ALL SELECT * FROM schemadrift.baseline_object e" \
	" WHERE ended_by IS NULL" \
	"  AND kind NOT IN ('document', 'schema', 'changed privileges')" \
	"  AND object_name = ANY ($2) AND EXISTS (" \
	"  SELECT FROM unnest($1, $2) p (schema_name, object_name)" \
	"  WHERE p.object_name = e.object_name" \
	"   AND p.schema_name IS NOT DISTINCT FROM e.schema_name)"

/* Parts as two jsonb know them: of a name that both have, what the second says. */
#define PARTS_OF_BOTH(a, b) \
	"CASE WHEN " a " IS NULL THEN " b " WHEN " b " IS NULL THEN " a " ELSE (" \
	"  SELECT jsonb_object_agg(k.key, coalesce(" a " -> k.key, '{}') || coalesce(" b " -> k.key, '{}'))" \
	"  FROM (SELECT jsonb_object_keys(" a ") UNION SELECT jsonb_object_keys(" b ")) k (key)) END"

/* Where a row has an identity already. */
#define OR_UPDATE \
	" ON CONFLICT (object) DO UPDATE SET class_id = excluded.class_id," \
	"  object_id = excluded.object_id, parts = excluded.parts" \
	" WHERE (i.object_id, i.parts) IS DISTINCT FROM (excluded.object_id, excluded.parts)"

/*
 * Which objects are meant: those of that name, or those that were before.  A
 * part that has another name since is known under its old one, too, which may
 * be what is expected, or stand in what is.
 */
#define IDENTITY_SQL \
	"WITH meant AS MATERIALIZED (" \
	" SELECT o.id, o.kind, o.schema_name, o.object_name" \
	" FROM schemadrift.baseline_object o" \
	" WHERE o.ended_by IS NULL AND o.kind <> 'document')," \
	"found AS (" \
	" SELECT f.* FROM (" \
	"  SELECT array_agg(kind) AS kinds, array_agg(schema_name) AS schemas," \
	"   array_agg(object_name) AS names FROM meant) a" \
	"  CROSS JOIN LATERAL schemadrift_object_ids(a.kinds, a.schemas, a.names) f)," \
	"past AS (" \
	" SELECT DISTINCT ON (o.kind, o.schema_name, o.object_name)" \
	"  o.kind, o.schema_name, o.object_name, i.class_id, i.object_id, i.parts" \
	" FROM meant m JOIN schemadrift.baseline_object o ON o.kind = m.kind" \
	"  AND o.object_name = m.object_name" \
	"  AND o.schema_name IS NOT DISTINCT FROM m.schema_name" \
	" JOIN schemadrift.baseline_identity i ON i.object = o.id" \
	" ORDER BY o.kind, o.schema_name, o.object_name, o.ended_at DESC NULLS FIRST)" \
	"INSERT INTO schemadrift.baseline_identity AS i (object, class_id, object_id, parts)" \
	" SELECT m.id, coalesce(f.class_id, p.class_id), coalesce(f.object_id, p.object_id)," \
	"  CASE WHEN f.object_id IS NULL THEN p.parts" \
	"   WHEN f.object_id = p.object_id THEN " PARTS_OF_BOTH("p.parts", "f.parts") \
	"   ELSE f.parts END" \
	" FROM meant m LEFT JOIN found f ON f.kind = m.kind AND f.object_name = m.object_name" \
	"  AND f.schema_name IS NOT DISTINCT FROM m.schema_name" \
	" LEFT JOIN past p ON p.kind = m.kind AND p.object_name = m.object_name" \
	"  AND p.schema_name IS NOT DISTINCT FROM m.schema_name" \
	" WHERE coalesce(f.object_id, p.object_id) IS NOT NULL" \
	OR_UPDATE

/*
 * The same for what a migration has changed, of which it is known: $1 are the
 * objects.
 */
#define EXACT_IDENTITY_SQL \
	"INSERT INTO schemadrift.baseline_identity AS i (object, class_id, object_id, parts)" \
	" SELECT o.id, n.class_id, n.object_id," \
	"  nullif(" PARTS_OF_BOTH("p.parts", "n.parts") ", '{}')" \
	" FROM jsonb_to_recordset($1) AS n" \
	"  (kind text, schema_name text, object_name text, class_id oid, object_id oid, parts jsonb)" \
	" JOIN schemadrift.baseline_object o ON o.kind = n.kind AND o.object_name = n.object_name" \
	"  AND o.schema_name IS NOT DISTINCT FROM n.schema_name" \
	" LEFT JOIN LATERAL (" \
	"  SELECT q.parts FROM schemadrift.baseline_identity q" \
	"   JOIN schemadrift.baseline_object b ON b.id = q.object" \
	"  WHERE q.object_id = n.object_id AND q.class_id = n.class_id" \
	"  ORDER BY b.ended_at DESC NULLS FIRST LIMIT 1) p ON true" \
	/* sure to be found by an index */ \
	" WHERE o.ended_by IS NULL AND o.object_name = ANY (ARRAY(" \
	"  SELECT e ->> 'object_name' FROM jsonb_array_elements($1) e))" \
	OR_UPDATE

/*
 * Roles and tablespaces, which definitions mention, are objects of the whole
 * cluster; what they are called stands beside what is said of the whole.
 */
#define GLOBAL_IDENTITY_SQL \
	"INSERT INTO schemadrift.baseline_identity AS i (object, class_id, object_id, parts)" \
	" SELECT o.id, 'pg_database'::regclass, d.oid, jsonb_build_object(" \
	"  'role', (SELECT coalesce(jsonb_object_agg(rolname, oid::bigint), '{}')" \
	"   FROM pg_roles WHERE oid = 10 OR oid >= 16384)," \
	"  'tablespace', (SELECT coalesce(jsonb_object_agg(spcname, oid::bigint), '{}')" \
	"   FROM pg_tablespace WHERE oid >= 16384))" \
	" FROM schemadrift.baseline_object o, pg_database d" \
	" WHERE o.ended_by IS NULL AND o.kind = 'document' AND d.datname = current_database()" \
	" ON CONFLICT (object) DO UPDATE SET parts = jsonb_build_object(" \
	"  'role', (i.parts -> 'role') || (excluded.parts -> 'role')," \
	"  'tablespace', (i.parts -> 'tablespace') || (excluded.parts -> 'tablespace'))" \
	" WHERE NOT i.parts @> excluded.parts"

typedef struct JsonbResult
{
	MemoryContext context;
	bool		found;
	Datum		value;
} JsonbResult;

static void
copy_jsonb(void *arg, HeapTuple tuple, TupleDesc desc)
{
	JsonbResult *result = arg;
	MemoryContext old = MemoryContextSwitchTo(result->context);
	bool		isnull;
	Datum		value = heap_getattr(tuple, 1, desc, &isnull);

	result->found = !isnull;
	if (!isnull)
		result->value = PointerGetDatum(PG_DETOAST_DATUM_COPY(value));
	MemoryContextSwitchTo(old);
}

bool
sdr_baseline_query_kept(SdrKept *kept, const char *sql, int nargs, Oid *types,
						Datum *values, Datum *value)
{
	JsonbResult result = {.context = CurrentMemoryContext};

	(void) sdr_query_kept(kept, sql, nargs, types, values, NULL, copy_jsonb,
						  &result);
	*value = result.value;
	return result.found;
}

bool
sdr_baseline_query(const char *sql, int nargs, Oid *types, Datum *values,
				   Datum *value)
{
	return sdr_baseline_query_kept(NULL, sql, nargs, types, values, value);
}

#define HAS_IDENTITY_SQL \
	"SELECT jsonb 'true' FROM schemadrift.baseline_identity LIMIT 1"

/*
 * Note which objects are meant.  Whoever sets the baseline says that of all by
 * their names, and after a restore it is known of none.
 */
static void
write_identity(const Datum *identity)
{
	Oid			types[] = {JSONBOID};
	Datum		known;

	if (identity == NULL ||
		!sdr_baseline_query(HAS_IDENTITY_SQL, 0, NULL, NULL, &known))
		sdr_write(IDENTITY_SQL, 0, NULL, NULL, NULL);
	if (identity != NULL)
		sdr_write(EXACT_IDENTITY_SQL, lengthof(types), types,
				  unconstify(Datum *, identity), NULL);
	sdr_write(GLOBAL_IDENTITY_SQL, 0, NULL, NULL, NULL);
}

/*
 * Write the rows of a statement that begins with a delta, $1 to $nargs being
 * its own arguments: objects with their new definitions, NULL where they are
 * expected no more.
 */
void
sdr_baseline_write(const char *delta, int nargs, Oid *types, Datum *values,
				   const SdrBaselineChange *change)
{
	Oid			all_types[MAX_ARGS];
	Datum		all_values[MAX_ARGS];
	char		nulls[MAX_ARGS];
	const void *texts[] = {change->method, change->migration, change->note};
	char	   *sql = psprintf("%s, change AS ("
							   " INSERT INTO schemadrift.baseline_change (id, changed_at, changed_by,"
							   "  changed_as, method, run_id, migration, note)"
							   " SELECT gen_random_uuid(), clock_timestamp(), session_user, $%d, $%d, $%d, $%d, $%d"
							   " WHERE $%d <> 'migration' OR EXISTS (SELECT FROM delta)"
							   " RETURNING id, changed_at),"
							   "ended AS ("
							   " UPDATE schemadrift.baseline_object b"
							   " SET ended_by = c.id, ended_at = c.changed_at"
							   " FROM change c, delta d"
							   " WHERE b.ended_by IS NULL AND b.kind = d.kind"
							   "  AND b.object_name = d.object_name"
							   "  AND coalesce(b.schema_name, '') = coalesce(d.schema_name, '')%s"
							   " RETURNING b.id)"
							   "INSERT INTO schemadrift.baseline_object (id, kind, schema_name,"
							   " object_name, definition, fingerprint, set_by, set_at)"
							   " SELECT gen_random_uuid(), d.kind, d.schema_name, d.object_name, d.definition,"
							   "  encode(sha256(convert_to(d.definition::text,"
							   "   CASE getdatabaseencoding() WHEN 'SQL_ASCII' THEN 'SQL_ASCII' ELSE 'UTF8' END)), 'hex'),"
							   "  c.id, c.changed_at"
							   " FROM delta d, change c"
	/* the old rows must have ended before */
							   " WHERE d.definition IS NOT NULL AND (SELECT count(*) FROM ended) >= 0",
							   delta, nargs + 1, nargs + 2, nargs + 3, nargs + 4,
							   nargs + 5, nargs + 2, change->identity == NULL ? "" :
							   " AND b.object_name = ANY (ARRAY(SELECT object_name FROM delta))");

	Assert(nargs + 5 <= lengthof(all_types));
	memset(nulls, ' ', sizeof(nulls));
	memcpy(all_types, types, nargs * sizeof(Oid));
	memcpy(all_values, values, nargs * sizeof(Datum));
	all_types[nargs] = NAMEOID;
	all_values[nargs] = DirectFunctionCall1(namein,
											CStringGetDatum(GetUserNameFromId(GetUserId(),
																			  false)));
	all_types[nargs + 1] = all_types[nargs + 3] = all_types[nargs + 4] = TEXTOID;
	for (int i = 0; i < lengthof(texts); i++)
	{
		int			n = nargs + (i == 0 ? 1 : i + 2);

		if (texts[i] == NULL)
			nulls[n] = 'n';
		else
			all_values[n] = CStringGetTextDatum(texts[i]);
	}
	all_types[nargs + 2] = UUIDOID;
	if (change->run == NULL)
		nulls[nargs + 2] = 'n';
	else
		all_values[nargs + 2] = UUIDPGetDatum(change->run);

	sdr_write(LOCK_SQL, 0, NULL, NULL, NULL);
	sdr_write(sql, nargs + 5, all_types, all_values, nulls);
	write_identity(change->identity);
}

static void
set_document(Datum document, const char *method, const char *note)
{
	SdrBaselineChange change = {.method = method,.note = note};
	Oid			types[] = {JSONBOID};

	sdr_baseline_write(SET_DELTA, 1, types, &document, &change);
}

static char *
note_arg(FunctionCallInfo fcinfo, int n)
{
	return PG_ARGISNULL(n) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(n));
}

/* schemadrift_accept(note text) - the schema is as it is to be. */
Datum
schemadrift_accept(PG_FUNCTION_ARGS)
{
	Datum		document;

	sdr_prevent_unwritable("schemadrift_accept()");
	if (!sdr_baseline_query(SDR_SNAPSHOT_SQL, 0, NULL, NULL, &document))
		elog(ERROR, "could not take a snapshot of the schema");
	set_document(document, "accept", note_arg(fcinfo, 0));
	PG_RETURN_VOID();
}

/* schemadrift_expect(document jsonb, note text) - the schema is to be so. */
Datum
schemadrift_expect(PG_FUNCTION_ARGS)
{
	Jsonb	   *document = sdr_jsonb_arg(fcinfo, 0, "document");

	sdr_prevent_unwritable("schemadrift_expect()");
	/* here, as the error would else tell of a statement of ours */
	(void) sdr_document_read(document);
	set_document(JsonbPGetDatum(document), "expect", note_arg(fcinfo, 1));
	PG_RETURN_VOID();
}

Datum
sdr_baseline_document(void)
{
	Datum		document;

	if (!sdr_baseline_query(DOCUMENT_SQL(ALL_SQL), 0, NULL, NULL, &document))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("database \"%s\" has no baseline",
						get_database_name(MyDatabaseId)),
				 errhint("schemadrift_accept() takes the present schema for it, schemadrift_expect() a document.")));
	return document;
}

bool
sdr_baseline_exists(void)
{
	Datum		document;

	return sdr_baseline_query("SELECT definition FROM schemadrift.baseline_object"
							  " WHERE ended_by IS NULL AND kind = 'document'",
							  0, NULL, NULL, &document);
}

bool
sdr_baseline_some(Datum schemas, Datum names, Datum *document)
{
	Oid			types[] = {TEXTARRAYOID, TEXTARRAYOID};
	Datum		values[] = {schemas, names};

	return sdr_baseline_query(DOCUMENT_SQL(SOME_SQL), lengthof(values), types,
							  values, document);
}

/* schemadrift_baseline() - the baseline as one document. */
Datum
schemadrift_baseline(PG_FUNCTION_ARGS)
{
	PG_RETURN_DATUM(sdr_baseline_document());
}

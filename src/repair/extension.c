/*-------------------------------------------------------------------------
 *
 * extension.c
 *	  Extensions.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "repair/repair.h"
#include "utils/builtins.h"

/* Does a script, or several one after the other, lead from $2 to $3? */
#define HAS_PATH_SQL \
	"SELECT path IS NOT NULL FROM pg_catalog.pg_extension_update_paths($1)" \
	" WHERE source OPERATOR(pg_catalog.=) $2" \
	" AND target OPERATOR(pg_catalog.=) $3"

/* Can the version $3 be had anew? */
#define IS_AVAILABLE_SQL \
	"SELECT true FROM pg_catalog.pg_available_extension_versions" \
	" WHERE name OPERATOR(pg_catalog.=) $1::pg_catalog.name" \
	" AND version OPERATOR(pg_catalog.=) $3" \
	" AND $2 OPERATOR(pg_catalog.<>) $3"

/* Does anything need the extension, or what belongs to it? */
#define IS_NEEDED_SQL \
	"WITH RECURSIVE member(classid, objid) AS (" \
	" SELECT 'pg_catalog.pg_extension'::pg_catalog.regclass::pg_catalog.oid, e.oid" \
	" FROM pg_catalog.pg_extension AS e WHERE extname OPERATOR(pg_catalog.=) $1::pg_catalog.name" \
	" UNION SELECT d.classid, d.objid FROM pg_catalog.pg_depend AS d" \
	" JOIN member AS m ON d.refclassid OPERATOR(pg_catalog.=) m.classid" \
	" AND d.refobjid OPERATOR(pg_catalog.=) m.objid" \
	" WHERE d.deptype OPERATOR(pg_catalog.=) ANY ('{e,i}'))" \
	" SELECT true FROM pg_catalog.pg_depend AS d" \
	" JOIN member AS m ON d.refclassid OPERATOR(pg_catalog.=) m.classid" \
	" AND d.refobjid OPERATOR(pg_catalog.=) m.objid" \
	" WHERE d.deptype OPERATOR(pg_catalog.=) 'n' AND NOT EXISTS (SELECT FROM member AS o" \
	" WHERE o.classid OPERATOR(pg_catalog.=) d.classid" \
	" AND o.objid OPERATOR(pg_catalog.=) d.objid)" \
	" AND $2 OPERATOR(pg_catalog.<>) $3"

/* Is the answer true, about an extension and two of its versions? */
static bool
answer(const char *query, const char *name, const char *from, const char *to)
{
	Oid			types[] = {TEXTOID, TEXTOID, TEXTOID};
	Datum		values[] = {
		CStringGetTextDatum(name), CStringGetTextDatum(from),
		CStringGetTextDatum(to)
	};
	bool		isnull;
	bool		result;

	SPI_connect();
	if (SPI_execute_with_args(query, lengthof(types), types, values, NULL,
							  true, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not ask about extension \"%s\"", name);
	result = SPI_processed == 1 &&
		DatumGetBool(SPI_getbinval(SPI_tuptable->vals[0],
								   SPI_tuptable->tupdesc, 1, &isnull));
	SPI_finish();
	return result;
}

static void
create_extension(SdrPlan *plan, const SdrObject *extension)
{
	const char *schema = sdr_text(extension, SDR_EXTENSION_SCHEMA);
	const char *version = sdr_text(extension, SDR_EXTENSION_VERSION);
	SdrStep    *step;

	step = sdr_step(plan, SDR_STAGE_EXTENSION, extension,
					"CREATE EXTENSION %s%s%s%s%s",
					quote_identifier(extension->name), schema == NULL ? "" :
					" SCHEMA ", schema == NULL ? "" : quote_identifier(schema),
					version == NULL ? "" : " VERSION ",
					version == NULL ? "" : sdr_literal(version));
	step->awaits = sdr_object_identity(extension);
}

/* What an extension holds goes with the one that is replaced. */
static void
remake_extension(SdrPlan *plan, const SdrObject *want, const SdrObject *have)
{
	sdr_drop(plan, have, true);
	((SdrStep *) llast(plan->steps))->due =
		psprintf("EXISTS (SELECT FROM pg_catalog.pg_extension WHERE extname = %s AND extversion <> %s)",
				 sdr_literal(want->name),
				 sdr_literal(sdr_text(want, SDR_EXTENSION_VERSION)));
	if (plan->options.destructive)
		sdr_make(plan, sdr_merged(want, have));
}

/* Where no script leads to a version, the extension may be made again. */
static void
mend_version(SdrPlan *plan, const SdrMend *mend)
{
	const char *name = mend->want->name;
	const char *from = sdr_text(mend->have, SDR_EXTENSION_VERSION);
	const char *to = mend->value.u.text;

	if (from == NULL || answer(HAS_PATH_SQL, name, from, to))
		sdr_step_cost(sdr_step(plan, SDR_STAGE_PROPERTY, mend->want,
							   "ALTER EXTENSION %s UPDATE TO %s",
							   quote_identifier(name), sdr_literal(to)),
					  SDR_RISK_LOCKS, SDR_EXCLUSIVE);
	else if (!answer(IS_AVAILABLE_SQL, name, from, to))
		sdr_unmended(plan, mend->want,
					 psprintf("the server has no version %s of the extension",
							  sdr_literal(to)));
	else if (answer(IS_NEEDED_SQL, name, from, to))
		sdr_unmended(plan, mend->want,
					 "no script leads to that version, and what depends on the extension would go with it");
	else
		sdr_remake(plan, mend->want, mend->have);
}

static const SdrRule rules[] = {
	{SDR_EXTENSION_VERSION,.mend = mend_version},
	{SDR_EXTENSION_SCHEMA, "ALTER EXTENSION {name} SET SCHEMA {quoted}", NULL,
	SDR_EXCLUSIVE, SDR_RISK_LOCKS, NULL},
	{SDR_ATTR_NONE}
};

const SdrMender sdr_extension_mender = {
	.kind = SDR_KIND_EXTENSION,
	.type = "EXTENSION",
	.create = create_extension,
	.remake = remake_extension,
	.rules = rules,
	.holds_data = true
};

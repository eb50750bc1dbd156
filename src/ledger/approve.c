/*-------------------------------------------------------------------------
 *
 * approve.c
 *	  schemadrift_approve() and schemadrift_revoke(): which scripts may be run
 *	  where the guard asks for an approval.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "common/sha2.h"
#include "executor/spi.h"
#include "ledger/ledger.h"
#include "miscadmin.h"
#include "model/model.h"
#include "record/record.h"
#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(schemadrift_approve);
PG_FUNCTION_INFO_V1(schemadrift_revoke);

/* Arguments of schemadrift_approve(). */
enum
{
	ARG_NAME,
	ARG_SCRIPT,
	ARG_CHECKSUM,
	ARG_ALLOW_DESTRUCTIVE,
	ARG_NOTE
};

static char *
optional_text(FunctionCallInfo fcinfo, int n)
{
	return PG_ARGISNULL(n) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(n));
}

/* A checksum as the caller gives it: 64 hexadecimal digits, of any case. */
static char *
checked_checksum(char *checksum)
{
	for (char *p = checksum; *p != '\0'; p++)
		*p = pg_ascii_tolower((unsigned char) *p);
	if (strlen(checksum) != PG_SHA256_DIGEST_LENGTH * 2 ||
		strspn(checksum, "0123456789abcdef") != strlen(checksum))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid checksum: \"%s\"", checksum),
				 errdetail("A checksum is the SHA-256 of the script, 64 hexadecimal digits."),
				 errhint("Without the argument checksum it is computed from the argument script.")));
	return checksum;
}

/* A row that is looked for: its id, and whether destructive acts are allowed. */
typedef struct Standing
{
	pg_uuid_t	id;
	bool		allow_destructive;
} Standing;

static void
take_standing(void *arg, HeapTuple tuple, TupleDesc desc)
{
	Standing   *standing = arg;
	bool		isnull;

	standing->id = *DatumGetUUIDP(SPI_getbinval(tuple, desc, 1, &isnull));
	standing->allow_destructive = DatumGetBool(SPI_getbinval(tuple, desc, 2,
															 &isnull));
}

/* Is it approved already?  An error if it is in another way. */
static bool
is_standing(const char *name, const char *checksum, bool allow_destructive,
			pg_uuid_t *id)
{
	Oid			types[] = {TEXTOID, TEXTOID};
	Datum		values[] = {CStringGetTextDatum(name), CStringGetTextDatum(checksum)};
	Standing	standing;

	if (sdr_query("SELECT id, allow_destructive FROM schemadrift.approval"
				  " WHERE name = $1 AND checksum = $2 AND revoked_at IS NULL",
				  2, types, values, NULL, take_standing, &standing) == 0)
		return false;
	if (standing.allow_destructive != allow_destructive)
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_OBJECT),
				 standing.allow_destructive ?
				 errmsg("migration \"%s\" is already approved, with destructive statements", name) :
				 errmsg("migration \"%s\" is already approved, without destructive statements", name),
				 errhint("Revoke that approval first, with schemadrift_revoke().")));
	ereport(NOTICE,
			(errmsg("migration \"%s\" is already approved", name)));
	*id = standing.id;
	return true;
}

static char *
approved_checksum(const SdrGiven *migration, char *checksum)
{
	if ((migration->script == NULL) == (checksum == NULL))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("either a script or a checksum must be given"),
				 errhint("Approve what was read: the script as it will be run.")));
	return checksum == NULL ? migration->checksums.hex[0] :
		checked_checksum(checksum);
}

static void
insert_approval(const pg_uuid_t *id, const char *name, const char *checksum,
				bool allow_destructive, const char *note)
{
	Oid			types[] = {UUIDOID, TEXTOID, TEXTOID, BOOLOID, TEXTOID, NAMEOID};
	NameData	role;
	Datum		values[] = {
		UUIDPGetDatum(id), CStringGetTextDatum(name),
		CStringGetTextDatum(checksum), BoolGetDatum(allow_destructive),
		note == NULL ? (Datum) 0 : CStringGetTextDatum(note), NameGetDatum(&role)
	};

	namestrcpy(&role, GetUserNameFromId(GetUserId(), false));
	sdr_write("INSERT INTO schemadrift.approval"
			  " (id, name, checksum, allow_destructive, note, approved_by, approved_at)"
			  " VALUES ($1, $2, $3, $4, $5, $6, clock_timestamp())",
			  6, types, values, note == NULL ? "    n " : "      ");
}

/*
 * schemadrift_approve(name text, script text, checksum text, allow_destructive
 * boolean, note text) - the id of the approval.
 */
Datum
schemadrift_approve(PG_FUNCTION_ARGS)
{
	SdrGiven	migration;
	bool		allow_destructive = !PG_ARGISNULL(ARG_ALLOW_DESTRUCTIVE) &&
	PG_GETARG_BOOL(ARG_ALLOW_DESTRUCTIVE);
	pg_uuid_t  *id = palloc(sizeof(pg_uuid_t));
	char	   *checksum;

	sdr_ledger_writable("schemadrift_approve()");
	sdr_given_read(fcinfo, &migration, false);
	checksum = approved_checksum(&migration,
								 optional_text(fcinfo, ARG_CHECKSUM));
	if (is_standing(migration.name, checksum, allow_destructive, id))
		PG_RETURN_UUID_P(id);
	sdr_new_uuid(id);
	insert_approval(id, migration.name, checksum, allow_destructive,
					optional_text(fcinfo, ARG_NOTE));
	PG_RETURN_UUID_P(id);
}

/*
 * schemadrift_revoke(name text, checksum text) - takes back the standing
 * approvals of the migration, or the one with that checksum; returns how many.
 */
Datum
schemadrift_revoke(PG_FUNCTION_ARGS)
{
	Oid			types[] = {TEXTOID, TEXTOID, NAMEOID};
	Datum		values[3];
	char	   *name;
	char	   *checksum = optional_text(fcinfo, 1);
	NameData	role;
	uint64		n;

	sdr_ledger_writable("schemadrift_revoke()");
	name = sdr_migration_name(sdr_text_arg(fcinfo, 0, "name"));
	namestrcpy(&role, GetUserNameFromId(GetUserId(), false));
	values[0] = CStringGetTextDatum(name);
	if (checksum != NULL)
		values[1] = CStringGetTextDatum(checked_checksum(checksum));
	values[2] = NameGetDatum(&role);
	n = sdr_write("UPDATE schemadrift.approval"
				  " SET revoked_by = $3, revoked_at = clock_timestamp()"
				  " WHERE name = $1 AND revoked_at IS NULL"
				  " AND ($2 IS NULL OR checksum = $2)",
				  3, types, values, checksum == NULL ? " n " : "   ");
	if (n == 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("no approval of migration \"%s\" stands", name)));
	PG_RETURN_INT32((int32) n);
}

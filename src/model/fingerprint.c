/*-------------------------------------------------------------------------
 *
 * fingerprint.c
 *	  SHA-256 of objects.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/cryptohash.h"
#include "common/sha2.h"
#include "mb/pg_wchar.h"
#include "model/model.h"
#include "utils/builtins.h"

static pg_cryptohash_ctx *
hash_begin(void)
{
	pg_cryptohash_ctx *ctx = pg_cryptohash_create(PG_SHA256);

	if (ctx == NULL || pg_cryptohash_init(ctx) < 0)
		elog(ERROR, "could not start SHA-256: %s",
			 ctx == NULL ? "out of memory" : pg_cryptohash_error(ctx));
	return ctx;
}

/* Fields end with a zero byte, so that none can run into the next. */
static void
hash_add(pg_cryptohash_ctx *ctx, const char *data, int len)
{
	/* the same in every encoding of the database; UTF8 costs nothing */
	char	   *text = GetDatabaseEncoding() == PG_SQL_ASCII ?
	unconstify(char *, data) : pg_server_to_any(data, len, PG_UTF8);

	if (text != data)
		len = strlen(text);
	if (pg_cryptohash_update(ctx, (const uint8 *) text, len) < 0 ||
		pg_cryptohash_update(ctx, (const uint8 *) "", 1) < 0)
		elog(ERROR, "could not compute SHA-256: %s",
			 pg_cryptohash_error(ctx));
	if (text != data)
		pfree(text);
}

static char *
hash_end(pg_cryptohash_ctx *ctx)
{
	uint8		digest[PG_SHA256_DIGEST_LENGTH];
	size_t		prefix = strlen(SDR_FINGERPRINT_PREFIX);
	char	   *text = palloc(prefix + PG_SHA256_DIGEST_STRING_LENGTH);
	uint64		len;

	if (pg_cryptohash_final(ctx, digest, sizeof(digest)) < 0)
		elog(ERROR, "could not compute SHA-256: %s",
			 pg_cryptohash_error(ctx));
	pg_cryptohash_free(ctx);

	memcpy(text, SDR_FINGERPRINT_PREFIX, prefix);
	len = hex_encode((const char *) digest, sizeof(digest), text + prefix);
	text[prefix + len] = '\0';
	return text;
}

/*
 * The fingerprint of one object: of its kind, its identity and its
 * definition, which is the JSON text that sdr_json_write() makes.
 */
char *
sdr_fingerprint_object(const SdrObject *object, const char *definition, int len)
{
	pg_cryptohash_ctx *ctx = hash_begin();
	char	   *identity = sdr_object_identity(object);

	hash_add(ctx, object->kind->name, strlen(object->kind->name));
	hash_add(ctx, identity, strlen(identity));
	hash_add(ctx, definition, len);
	return hash_end(ctx);
}

static int
compare_fingerprints(const ListCell *a, const ListCell *b)
{
	return strcmp(lfirst(a), lfirst(b));
}

/*
 * One fingerprint for many, whatever their order: they are hashes of objects
 * that differ in identity, so no two are the same.  Sorts the list.
 */
char *
sdr_fingerprint_all(List *fingerprints)
{
	pg_cryptohash_ctx *ctx = hash_begin();
	ListCell   *lc;

	list_sort(fingerprints, compare_fingerprints);
	foreach(lc, fingerprints)
		hash_add(ctx, lfirst(lc), strlen(lfirst(lc)));
	return hash_end(ctx);
}

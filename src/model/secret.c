/*-------------------------------------------------------------------------
 *
 * secret.c
 *	  Values that a document must not show, such as passwords.
 *
 * In place of such a value stands a hash of it, so that a change is seen and
 * the value is not.  Documents are compared across servers and read by roles
 * of all ranks, so everybody must get the same hash from the same value, and
 * there is nothing that all servers share and no reader has.  Hence the key is
 * no secret: it is the kind and identity of the object and the name of the
 * option.  It makes equal passwords of two objects look different and tables
 * of hashes made in advance worthless.
 *
 * What keeps the value is that the hash is short.  Of a random password of n
 * bits it tells 32; the rest cannot be found out from it by any effort.  That
 * a change goes unseen has a chance of one in four thousand million.
 *
 * What this does not protect is a password that can be guessed: whoever has
 * the document can try a dictionary and is left with the few words that have
 * this hash.  A slow hash would delay that a little for every word, and every
 * reading of the catalogs for every mapping; it would not change it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/hmac.h"
#include "common/sha2.h"
#include "lib/stringinfo.h"
#include "model/model.h"
#include "utils/builtins.h"

#define SDR_HIDDEN			"hidden:"
#define SDR_HIDDEN_BYTES	4

/* An option is secret if its name has one of these in it. */
static const char *const secret_names[] = {
	"pass", "pwd", "secret", "token", "key", "credential", "authorization",
	"bearer", "jwt", "cookie"
};

/* Options that take connection strings and the like hold a secret after these. */
static const char *const secret_labels[] = {
	"password", "passwd", "passphrase", "pwd", "secret", "token", "key",
	"authorization", "bearer"
};

/* Values that are no secret, whatever the option is called. */
static const char *const harmless_values[] = {
	"true", "false", "on", "off", "yes", "no"
};

/* The hash that stands for a value of the option with this name. */
const char *
sdr_secret_hide(const SdrObject *object, const char *name, const char *value)
{
	pg_hmac_ctx *ctx = pg_hmac_create(PG_SHA256);
	StringInfoData key;
	uint8		digest[PG_SHA256_DIGEST_LENGTH];
	char		hex[SDR_HIDDEN_BYTES * 2 + 1];

	/* each field with its zero byte, so that none can run into the next */
	initStringInfo(&key);
	appendBinaryStringInfo(&key, object->kind->name,
						   strlen(object->kind->name) + 1);
	appendStringInfoString(&key, sdr_object_identity(object));
	appendStringInfoChar(&key, '\0');
	appendBinaryStringInfo(&key, name, strlen(name) + 1);

	if (ctx == NULL ||
		pg_hmac_init(ctx, (const uint8 *) key.data, key.len) < 0 ||
		pg_hmac_update(ctx, (const uint8 *) value, strlen(value)) < 0 ||
		pg_hmac_final(ctx, digest, sizeof(digest)) < 0)
		elog(ERROR, "could not compute HMAC-SHA-256: %s",
			 ctx == NULL ? "out of memory" : pg_hmac_error(ctx));
	pg_hmac_free(ctx);

	hex[hex_encode((const char *) digest, SDR_HIDDEN_BYTES, hex)] = '\0';
	return psprintf(SDR_HIDDEN "%s", hex);
}

/* Does the value look like one that sdr_secret_hide() has made? */
bool
sdr_secret_is_hidden(const char *value)
{
	return strncmp(value, SDR_HIDDEN, strlen(SDR_HIDDEN)) == 0;
}

/*
 * Hide the values of a map that is_secret() picks, all if it is NULL.  What
 * looks hidden is hidden too, lest a value pass for the hash of another.
 */
List *
sdr_secrets_hide(const SdrObject *object, List *map,
				 bool (*is_secret) (const char *name, const char *value))
{
	ListCell   *lc;

	foreach(lc, map)
	{
		SdrPair    *pair = lfirst(lc);

		if (is_secret == NULL || is_secret(pair->key, pair->value) ||
			sdr_secret_is_hidden(pair->value))
			pair->value = sdr_secret_hide(object, pair->key, pair->value);
	}
	return map;
}

/* What follows the first place of word in text, in any case; NULL if none. */
static const char *
find_word(const char *text, const char *word)
{
	for (; *text != '\0'; text++)
	{
		if (pg_strncasecmp(text, word, strlen(word)) == 0)
			return text + strlen(word);
	}
	return NULL;
}

/* Is there something like password=x, "password": "x", Authorization: x? */
static bool
has_labelled_secret(const char *value)
{
	for (int i = 0; i < lengthof(secret_labels); i++)
	{
		const char *p = value;

		while ((p = find_word(p, secret_labels[i])) != NULL)
		{
			const char *next = p + strspn(p, " \t\r\n\"'\\");

			if (*next == '=' || *next == ':')
				return true;
		}
	}
	return false;
}

/* Is there something like scheme://user:x@host? */
static bool
has_url_password(const char *value)
{
	const char *p = value;

	while ((p = strstr(p, "://")) != NULL)
	{
		const char *colon;
		const char *at;

		p += 3;
		colon = strchr(p, ':');
		at = strchr(p, '@');
		if (colon != NULL && at != NULL && colon < at)
			return true;
	}
	return false;
}

/* May this option of a foreign object hold a secret? */
bool
sdr_secret_option(const char *name, const char *value)
{
	for (int i = 0; i < lengthof(harmless_values); i++)
	{
		if (pg_strcasecmp(value, harmless_values[i]) == 0)
			return false;
	}
	for (int i = 0; i < lengthof(secret_names); i++)
	{
		if (find_word(name, secret_names[i]) != NULL)
			return true;
	}
	return has_labelled_secret(value) || has_url_password(value);
}

/*
 * May this setting hold a secret?  Settings of the server itself do not; those
 * that are made up by applications have a dot in their name.
 */
bool
sdr_secret_setting(const char *name, const char *value)
{
	return strchr(name, '.') != NULL && sdr_secret_option(name, value);
}

/*
 * Is one of the two the other, hidden?  Who may see a value gets it where
 * another gets the hash, and neither is drift to the other.
 */
bool
sdr_secret_same(const SdrObject *object, const char *name, const char *a,
				const char *b)
{
	if (sdr_secret_is_hidden(a) == sdr_secret_is_hidden(b))
		return false;
	return sdr_secret_is_hidden(a) ?
		strcmp(sdr_secret_hide(object, name, b), a) == 0 :
		strcmp(sdr_secret_hide(object, name, a), b) == 0;
}

/*-------------------------------------------------------------------------
 *
 * checksum.c
 *	  Checksums of scripts, by Prisma's rules.
 *
 * A checksum is the SHA-256 of a script's UTF-8 bytes, 64 small hexadecimal
 * digits.  Prisma forgives line ends: a stored checksum is that of a script if
 * it equals that of the text as it is, or with every CRLF made LF, or with
 * every LF made CRLF (of the text as it is, so that a CRLF becomes CRCRLF).
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/cryptohash.h"
#include "common/sha2.h"
#include "ledger/history.h"
#include "utils/builtins.h"

#define HEX_DIGITS	(PG_SHA256_DIGEST_LENGTH * 2)

/* The checksum of a text of so many bytes, which must be UTF-8. */
char *
sdr_checksum(const char *utf8, size_t len)
{
	uint8		digest[PG_SHA256_DIGEST_LENGTH];
	char	   *hex = palloc(HEX_DIGITS + 1);
	pg_cryptohash_ctx *ctx = pg_cryptohash_create(PG_SHA256);

	if (pg_cryptohash_init(ctx) < 0 ||
		pg_cryptohash_update(ctx, (const uint8 *) utf8, len) < 0 ||
		pg_cryptohash_final(ctx, digest, sizeof(digest)) < 0)
	{
		const char *error = pstrdup(pg_cryptohash_error(ctx));

		pg_cryptohash_free(ctx);
		elog(ERROR, "could not compute %s checksum: %s", "SHA-256", error);
	}
	pg_cryptohash_free(ctx);
	(void) hex_encode((const char *) digest, sizeof(digest), hex);
	hex[HEX_DIGITS] = '\0';
	return hex;
}

static void
add_checksum(SdrChecksums *checksums, const char *utf8, size_t len)
{
	char	   *hex = sdr_checksum(utf8, len);

	for (int i = 0; i < checksums->n; i++)
	{
		if (strcmp(checksums->hex[i], hex) == 0)
			return;
	}
	Assert(checksums->n < SDR_MAX_CHECKSUMS);
	checksums->hex[checksums->n++] = hex;
}

/* The text with every "from" replaced: CRLF by LF, or LF by CRLF. */
static char *
with_line_ends(const char *utf8, size_t len, bool crlf, size_t *newlen)
{
	char	   *text = palloc_extended(len * (crlf ? 2 : 1) + 1,
									   MCXT_ALLOC_HUGE);
	char	   *p = text;

	for (size_t i = 0; i < len; i++)
	{
		if (crlf && utf8[i] == '\n')
			*p++ = '\r';
		if (!crlf && utf8[i] == '\r' && i + 1 < len && utf8[i + 1] == '\n')
			continue;
		*p++ = utf8[i];
	}
	*newlen = p - text;
	return text;
}

static void
add_line_ends(SdrChecksums *checksums, const char *utf8, size_t len)
{
	add_checksum(checksums, utf8, len);
	for (int crlf = 0; crlf <= 1; crlf++)
	{
		size_t		newlen;
		char	   *text;

		/* without line ends there is nothing to replace */
		if (memchr(utf8, '\n', len) == NULL)
			break;
		text = with_line_ends(utf8, len, crlf != 0, &newlen);
		add_checksum(checksums, text, newlen);
		pfree(text);
	}
}

/*
 * All checksums that the text answers to, first that of the text as it is.
 * One made by hand reaches the server through psql too, whose `cat file` takes
 * away the newline at its end.
 */
void
sdr_checksums_of(SdrChecksums *checksums, const char *utf8, size_t len,
				 bool is_prisma)
{
	checksums->n = 0;
	add_line_ends(checksums, utf8, len);
	if (!is_prisma && len > 0 && utf8[len - 1] == '\n')
		add_line_ends(checksums, utf8, len - 1);
}

/*
 * The form in which old versions of Prisma wrote a checksum: a byte below 16
 * as one digit.
 */
static void
write_unpadded(const char *hex, char *unpadded)
{
	for (; hex[0] != '\0' && hex[1] != '\0'; hex += 2)
	{
		if (hex[0] != '0')
			*unpadded++ = hex[0];
		*unpadded++ = hex[1];
	}
	*unpadded = '\0';
}

/* Is the stored checksum one of these, in today's or in the old form? */
bool
sdr_checksum_matches(const char *stored, const char *const *checksums, int n)
{
	size_t		len = strlen(stored);
	char		unpadded[HEX_DIGITS + 1];

	for (int i = 0; i < n; i++)
	{
		if (len == HEX_DIGITS || len == 0)
		{
			if (strcmp(stored, checksums[i]) == 0)
				return true;
			continue;
		}
		if (strlen(checksums[i]) != HEX_DIGITS)
			continue;
		write_unpadded(checksums[i], unpadded);
		if (strcmp(stored, unpadded) == 0)
			return true;
	}
	return false;
}

/* Is it a checksum that no version of Prisma writes, so one made up? */
bool
sdr_checksum_is_junk(const char *stored)
{
	size_t		len = strlen(stored);

	return len > HEX_DIGITS || len < PG_SHA256_DIGEST_LENGTH ||
		strspn(stored, "0123456789abcdef") != len;
}

/* How many bytes may follow this one in UTF-8, and between what the first. */
static int
utf8_following(unsigned char c, unsigned char *low, unsigned char *high)
{
	*low = c == 0xE0 ? 0xA0 : c == 0xF0 ? 0x90 : 0x80;
	*high = c == 0xED ? 0x9F : c == 0xF4 ? 0x8F : 0xBF;
	if (c < 0x80)
		return 0;
	if (c >= 0xC2 && c <= 0xDF)
		return 1;
	if (c >= 0xE0 && c <= 0xEF)
		return 2;
	if (c >= 0xF0 && c <= 0xF4)
		return 3;
	return -1;
}

/*
 * Read bytes as node does, which reads the files for Prisma: what is not UTF-8
 * becomes U+FFFD, one for each start of a character that breaks off.  The
 * checksum is that of the result.  Sets the offset of the first such byte, -1
 * if there is none.
 */
char *
sdr_utf8_repair(const char *bytes, size_t len, size_t *newlen,
				int64 *first_bad)
{
	char	   *text = palloc_extended(len * 3 + 1, MCXT_ALLOC_HUGE);
	char	   *p = text;
	size_t		i = 0;

	*first_bad = -1;
	while (i < len)
	{
		unsigned char low;
		unsigned char high;
		int			following = utf8_following(bytes[i], &low, &high);
		int			seen = 0;

		while (seen < following && i + seen + 1 < len &&
			   (unsigned char) bytes[i + seen + 1] >= low &&
			   (unsigned char) bytes[i + seen + 1] <= high)
		{
			low = 0x80;
			high = 0xBF;
			seen++;
		}
		if (seen == following)
		{
			memcpy(p, bytes + i, seen + 1);
			p += seen + 1;
		}
		else
		{
			if (*first_bad < 0)
				*first_bad = i;
			memcpy(p, "\xEF\xBF\xBD", 3);
			p += 3;
		}
		i += seen + 1;
	}
	*p = '\0';
	*newlen = p - text;
	return text;
}

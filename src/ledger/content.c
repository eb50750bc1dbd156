/*-------------------------------------------------------------------------
 *
 * content.c
 *	  What is in a file: as Prisma reads it, which is what its checksum is of,
 *	  and as this database can keep it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "ledger/history.h"
#include "mb/pg_wchar.h"

#define BYTE_ORDER_MARK		"\xEF\xBB\xBF"
#define REPLACEMENT			"\xEF\xBF\xBD"	/* U+FFFD */

static bool
starts_with(const char *bytes, size_t len, const char *start, size_t startlen)
{
	return len >= startlen && memcmp(bytes, start, startlen) == 0;
}

/* Into the encoding of the database; NULL if that has not all characters. */
static char *
to_server(char *utf8, size_t len)
{
	MemoryContext context = CurrentMemoryContext;
	char	   *volatile text = NULL;

	if (GetDatabaseEncoding() == PG_UTF8 ||
		GetDatabaseEncoding() == PG_SQL_ASCII)
		return utf8;
	PG_TRY();
	{
		text = pg_any_to_server(utf8, len, PG_UTF8);
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(context);
		if (ERRCODE_TO_CATEGORY(geterrcode()) != ERRCODE_DATA_EXCEPTION)
			PG_RE_THROW();
		FlushErrorState();
	}
	PG_END_TRY();
	return text;
}

/* Content that is a text already. */
void
sdr_content_from_server(SdrContent *content, char *text)
{
	content->text = text;
	content->problem = NULL;
	content->utf8 = GetDatabaseEncoding() == PG_SQL_ASCII ? text :
		pg_server_to_any(text, strlen(text), PG_UTF8);
	content->len = strlen(content->utf8);
	if (starts_with(content->utf8, content->len, BYTE_ORDER_MARK, 3))
		content->problem = SDR_HAS_MARK;
	else if (strstr(content->utf8, REPLACEMENT) != NULL)
		content->problem = "has U+FFFD, as which clients read what is not UTF-8";
}

/* Content as it stands in a file. */
void
sdr_content_from_bytes(SdrContent *content, const char *bytes, size_t len)
{
	int64		first_bad;

	content->problem = NULL;
	content->utf8 = sdr_utf8_repair(bytes, len, &content->len, &first_bad);
	content->text = NULL;
	if (starts_with(bytes, len, "\xFF\xFE", 2) ||
		starts_with(bytes, len, "\xFE\xFF", 2))
		content->problem = "is UTF-16, not UTF-8";
	else if (memchr(bytes, '\0', len) != NULL)
		content->problem = "has a zero byte";
	else if ((content->text = to_server(content->utf8, content->len)) == NULL)
		content->problem =
			"has characters that the encoding of the database has not";
	else if (first_bad >= 0)
		content->problem = psprintf("is not UTF-8 from byte %lld on",
									(long long) first_bad + 1);
	else if (starts_with(bytes, len, BYTE_ORDER_MARK, 3))
		content->problem = SDR_HAS_MARK;
}

/*
 * palloc and its kin for programs without a server, in place of libpgcommon's:
 * all that was taken can be given back at once, as a memory context does.
 * Every chunk comes from malloc by itself, so that AddressSanitizer sees its
 * bounds.
 */
#include "fuzz.h"

static void **chunks;
static size_t nchunks;
static size_t maxchunks;

static void *
keep(void *chunk)
{
	if (chunk == NULL)
		abort();
	if (nchunks == maxchunks)
	{
		maxchunks = maxchunks == 0 ? 1024 : maxchunks * 2;
		chunks = realloc(chunks, maxchunks * sizeof(*chunks));
		if (chunks == NULL)
			abort();
	}
	chunks[nchunks++] = chunk;
	return chunk;
}

/* The newest first: what is made larger or freed is seldom old. */
static size_t
find(void *chunk)
{
	for (size_t i = nchunks; i > 0; i--)
	{
		if (chunks[i - 1] == chunk)
			return i - 1;
	}
	abort();
}

void *
palloc(Size size)
{
	return keep(malloc(size));
}

void *
palloc0(Size size)
{
	return keep(calloc(1, size));
}

void *
repalloc(void *pointer, Size size)
{
	size_t		at = find(pointer);

	chunks[at] = realloc(pointer, size);
	if (chunks[at] == NULL)
		abort();
	return chunks[at];
}

void
pfree(void *pointer)
{
	size_t		at = find(pointer);

	free(pointer);
	chunks[at] = chunks[--nchunks];
}

char *
pstrdup(const char *in)
{
	return keep(strdup(in));
}

char *
pnstrdup(const char *in, Size size)
{
	return keep(strndup(in, size));
}

void
fuzz_free_all(void)
{
	while (nchunks > 0)
		free(chunks[--nchunks]);
}

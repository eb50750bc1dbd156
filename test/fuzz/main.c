/*
 * Runs the parser without a server and without a fuzzer.
 *
 *	main replay FILE...		the target on each file, as the fuzzer does
 *	main cases FILE...		cases with what is expected of them
 *	main print FILE			the errors in a schema, or its tree
 *
 * A file of cases has for each of them the line "== name", the schema, the
 * line "-- result" and what print shows of it.  In the schema <0D> stands for
 * a byte, and what is behind <END> is not part of it.  Lines before the first
 * case are comments.
 */
#include "fuzz.h"

static int	ntests;
static int	nfailed;

static char *
read_file(const char *name, size_t *len)
{
	FILE	   *file = fopen(name, "rb");
	size_t		size = 0;
	char	   *data = NULL;

	*len = 0;
	if (file == NULL)
	{
		fprintf(stderr, "could not open \"%s\"\n", name);
		exit(2);
	}
	do
	{
		size += 65536;
		data = realloc(data, size);
		if (data == NULL)
			abort();
		*len += fread(data + *len, 1, size - *len - 1, file);
	} while (*len == size - 1);
	fclose(file);

	/* Exactly as long as it is read: one byte too far is seen. */
	data[*len] = '\0';
	return realloc(data, *len + 1);
}

static void
report(bool ok, const char *name)
{
	printf("%sok %d - %s\n", ok ? "" : "not ", ++ntests, name);
	nfailed += !ok;
}

static void
replay(const char *name)
{
	size_t		len;
	char	   *data = read_file(name, &len);
	uint8_t    *input = malloc(len > 0 ? len : 1);

	memcpy(input, data, len);
	free(data);
	LLVMFuzzerTestOneInput(input, len);
	free(input);
}

/* A schema without the marks of a file of cases, in memory just as long */
static char *
schema_of_case(const char *from, const char *to, size_t *len)
{
	char	   *schema = malloc(to - from + 1);
	unsigned int byte;

	*len = 0;
	while (from < to && strncmp(from, "<END>", 5) != 0)
	{
		if (from[0] == '<' && isxdigit((unsigned char) from[1]) &&
			isxdigit((unsigned char) from[2]) && from[3] == '>' &&
			sscanf(from + 1, "%2x", &byte) == 1)
		{
			schema[(*len)++] = byte;
			from += 4;
		}
		else
			schema[(*len)++] = *from++;
	}
	return realloc(schema, *len > 0 ? *len : 1);
}

static void
run_case(const char *name, const char *from, const char *middle,
		 const char *expected)
{
	size_t		len;
	char	   *schema = schema_of_case(from, middle, &len);
	StringInfoData buf;

	initStringInfo(&buf);
	fuzz_print(&buf, sdr_prisma_parse(schema, len));
	report(strcmp(buf.data, expected) == 0, name);
	if (strcmp(buf.data, expected) != 0)
		printf("--- expected\n%s--- but it is\n%s", expected, buf.data);
	fuzz_free_all();
	LLVMFuzzerTestOneInput((uint8_t *) schema, len);
	free(schema);
}

static void
run_cases(const char *name)
{
	size_t		len;
	char	   *data = read_file(name, &len);
	char	   *at = strncmp(data, "== ", 3) == 0 ? data - 1 : strstr(data, "\n== ");

	while (at != NULL)
	{
		char	   *title = at + 4;
		char	   *schema = strchr(title, '\n');
		char	   *middle = schema ? strstr(schema, "\n-- result\n") : NULL;
		char	   *result;

		if (middle == NULL)
		{
			fprintf(stderr, "%s: no \"-- result\" behind \"%s\"\n", name, title);
			exit(2);
		}
		*schema++ = '\0';
		result = middle + strlen("\n-- result\n");
		at = strncmp(result, "== ", 3) == 0 ? result - 1 : strstr(result, "\n== ");
		if (at != NULL)
			at[0] = '\0';
		result = psprintf("%s\n", result);
		/* An empty line ends a case. */
		while (strlen(result) > 1 && strcmp(result + strlen(result) - 2, "\n\n") == 0)
			result[strlen(result) - 1] = '\0';
		run_case(title, schema, middle + 1, strcmp(result, "\n") == 0 ? "" : result);
	}
	free(data);
}

int
main(int argc, char **argv)
{
	if (argc < 3)
	{
		fprintf(stderr, "usage: %s replay|cases|print FILE...\n", argv[0]);
		return 2;
	}
	for (int i = 2; i < argc; i++)
	{
		if (strcmp(argv[1], "cases") == 0)
			run_cases(argv[i]);
		else if (strcmp(argv[1], "replay") == 0)
			replay(argv[i]);
		else
		{
			StringInfoData buf;
			size_t		len;
			char	   *data = read_file(argv[i], &len);

			initStringInfo(&buf);
			fuzz_print(&buf, sdr_prisma_parse(data, len));
			fputs(buf.data, stdout);
			free(data);
		}
	}
	if (strcmp(argv[1], "replay") == 0)
		report(true, psprintf("%d inputs", argc - 2));
	fuzz_free_all();
	return nfailed == 0 ? 0 : 1;
}

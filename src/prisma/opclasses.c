/*-------------------------------------------------------------------------
 *
 * opclasses.c
 *	  Operator classes that Prisma has names for.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "prisma/prisma.h"

/*
 * Each with the index methods and the types of fields that it is for.  A type
 * is Prisma's, or with @ a native one; [] stands for any list.
 */
static const struct
{
	const char *name;
	const char *opclass;
	const char *methods;
	const char *types;
}			opclasses[] = {
	{"InetOps", "inet_ops", "gist spgist", "@Inet"},
	{"TextOps", "text_ops", "spgist", "String @Text @VarChar @Char"},
	{"JsonbOps", "jsonb_ops", "gin", "Json @JsonB"},
	{"JsonbPathOps", "jsonb_path_ops", "gin", "Json @JsonB"},
	{"ArrayOps", "array_ops", "gin", "[]"},
	{"BitMinMaxOps", "bit_minmax_ops", "brin", "@Bit"},
	{"VarBitMinMaxOps", "varbit_minmax_ops", "brin", "@VarBit"},
	{"BpcharBloomOps", "bpchar_bloom_ops", "brin", "@Char"},
	{"BpcharMinMaxOps", "bpchar_minmax_ops", "brin", "@Char"},
	{"ByteaBloomOps", "bytea_bloom_ops", "brin", "Bytes @ByteA"},
	{"ByteaMinMaxOps", "bytea_minmax_ops", "brin", "Bytes @ByteA"},
	{"DateBloomOps", "date_bloom_ops", "brin", "@Date"},
	{"DateMinMaxOps", "date_minmax_ops", "brin", "@Date"},
	{"DateMinMaxMultiOps", "date_minmax_multi_ops", "brin", "@Date"},
	{"Float4BloomOps", "float4_bloom_ops", "brin", "@Real"},
	{"Float4MinMaxOps", "float4_minmax_ops", "brin", "@Real"},
	{"Float4MinMaxMultiOps", "float4_minmax_multi_ops", "brin", "@Real"},
	{"Float8BloomOps", "float8_bloom_ops", "brin", "Float @DoublePrecision"},
	{"Float8MinMaxOps", "float8_minmax_ops", "brin", "Float @DoublePrecision"},
	{"Float8MinMaxMultiOps", "float8_minmax_multi_ops", "brin", "Float @DoublePrecision"},
	{"InetInclusionOps", "inet_inclusion_ops", "brin", "@Inet"},
	{"InetBloomOps", "inet_bloom_ops", "brin", "@Inet"},
	{"InetMinMaxOps", "inet_minmax_ops", "brin", "@Inet"},
	{"InetMinMaxMultiOps", "inet_minmax_multi_ops", "brin", "@Inet"},
	{"Int2BloomOps", "int2_bloom_ops", "brin", "@SmallInt"},
	{"Int2MinMaxOps", "int2_minmax_ops", "brin", "@SmallInt"},
	{"Int2MinMaxMultiOps", "int2_minmax_multi_ops", "brin", "@SmallInt"},
	{"Int4BloomOps", "int4_bloom_ops", "brin", "Int @Integer"},
	{"Int4MinMaxOps", "int4_minmax_ops", "brin", "Int @Integer"},
	{"Int4MinMaxMultiOps", "int4_minmax_multi_ops", "brin", "Int @Integer"},
	{"Int8BloomOps", "int8_bloom_ops", "brin", "BigInt @BigInt"},
	{"Int8MinMaxOps", "int8_minmax_ops", "brin", "BigInt @BigInt"},
	{"Int8MinMaxMultiOps", "int8_minmax_multi_ops", "brin", "BigInt @BigInt"},
	{"NumericBloomOps", "numeric_bloom_ops", "brin", "Decimal @Decimal"},
	{"NumericMinMaxOps", "numeric_minmax_ops", "brin", "Decimal @Decimal"},
	{"NumericMinMaxMultiOps", "numeric_minmax_multi_ops", "brin", "Decimal @Decimal"},
	{"OidBloomOps", "oid_bloom_ops", "brin", "@Oid"},
	{"OidMinMaxOps", "oid_minmax_ops", "brin", "@Oid"},
	{"OidMinMaxMultiOps", "oid_minmax_multi_ops", "brin", "@Oid"},
	{"TextBloomOps", "text_bloom_ops", "brin", "String @Text @VarChar @Char"},
	{"TextMinMaxOps", "text_minmax_ops", "brin", "String @Text @VarChar @Char"},
	{"TimestampBloomOps", "timestamp_bloom_ops", "brin", "DateTime @Timestamp"},
	{"TimestampMinMaxOps", "timestamp_minmax_ops", "brin", "DateTime @Timestamp"},
	{"TimestampMinMaxMultiOps", "timestamp_minmax_multi_ops", "brin", "DateTime @Timestamp"},
	{"TimestampTzBloomOps", "timestamptz_bloom_ops", "brin", "@Timestamptz"},
	{"TimestampTzMinMaxOps", "timestamptz_minmax_ops", "brin", "@Timestamptz"},
	{"TimestampTzMinMaxMultiOps", "timestamptz_minmax_multi_ops", "brin", "@Timestamptz"},
	{"TimeBloomOps", "time_bloom_ops", "brin", "@Time"},
	{"TimeMinMaxOps", "time_minmax_ops", "brin", "@Time"},
	{"TimeMinMaxMultiOps", "time_minmax_multi_ops", "brin", "@Time"},
	{"TimeTzBloomOps", "timetz_bloom_ops", "brin", "@Timetz"},
	{"TimeTzMinMaxOps", "timetz_minmax_ops", "brin", "@Timetz"},
	{"TimeTzMinMaxMultiOps", "timetz_minmax_multi_ops", "brin", "@Timetz"},
	{"UuidBloomOps", "uuid_bloom_ops", "brin", "@Uuid"},
	{"UuidMinMaxOps", "uuid_minmax_ops", "brin", "@Uuid"},
	{"UuidMinMaxMultiOps", "uuid_minmax_multi_ops", "brin", "@Uuid"},
};

/* Is the word one of those in a list with blanks between? */
static bool
has_word(const char *list, const char *word)
{
	int			len = strlen(word);

	for (const char *p = list; (p = strstr(p, word)) != NULL; p += len)
	{
		if ((p == list || p[-1] == ' ') && (p[len] == ' ' || p[len] == '\0'))
			return true;
	}
	return false;
}

/* The type of a field as the table above has it. */
static const char *
type_word(const SdrPrismaColumn *column)
{
	if (column->field->arity == SDR_PRISMA_LIST)
		return "[]";
	return column->native != NULL ? psprintf("@%s", column->native) :
		column->field->type;
}

/*
 * The operator class of this name as SQL has it.  NULL, with an error, if
 * there is none, or none for that method and field.
 */
const char *
sdr_prisma_opclass(SdrPrismaMapping *mapping, const SdrPrismaExpr *name,
				   const char *method, const SdrPrismaColumn *column)
{
	for (int i = 0; i < lengthof(opclasses) && name->tag == SDR_PRISMA_NAME;
		 i++)
	{
		if (strcmp(opclasses[i].name, name->text) != 0)
			continue;
		if (!has_word(opclasses[i].methods, method))
			sdr_prisma_error(mapping->ast, name->pos,
							 "operator class %s is for indexes of another type",
							 name->text);
		else if (!has_word(opclasses[i].types, type_word(column)))
			sdr_prisma_error(mapping->ast, name->pos,
							 "operator class %s is not for the type of field \"%s\"",
							 name->text, column->field->name);
		return opclasses[i].opclass;
	}
	sdr_prisma_error(mapping->ast, name->pos,
					 "operator class %s is not known; raw(\"...\") takes any",
					 sdr_prisma_describe(name));
	return NULL;
}

/* Types of fields that a method indexes without an operator class. */
static const struct
{
	const char *method;
	const char *types;
}			defaults[] = {
	{"gin", "[] Json @JsonB"},
	{"spgist", "String @Text @VarChar @Char @Inet"},
	{"gist", "String"},
};

/* Complain of a field that needs an operator class. */
void
sdr_prisma_check_opclass(SdrPrismaMapping *mapping, SdrPrismaPos pos,
						 const char *method, const SdrPrismaColumn *column)
{
	if (column->class == SDR_PRISMA_FIELD_UNSUPPORTED ||
		column->class == SDR_PRISMA_FIELD_UNKNOWN)
		return;
	for (int i = 0; i < lengthof(defaults); i++)
	{
		if (strcmp(defaults[i].method, method) == 0 &&
			!has_word(defaults[i].types, type_word(column)))
			sdr_prisma_error(mapping->ast, pos,
							 "an index of this type needs an operator class for field \"%s\"",
							 column->field->name);
	}
}

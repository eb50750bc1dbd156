/*-------------------------------------------------------------------------
 *
 * idempotent.c
 *	  Statements that can be run again.
 *
 * Most statements have a form that does nothing when there is nothing to do.
 * Where PostgreSQL has none, the statement is put into a DO block, with a
 * condition that is false once it has been run; where there is no short
 * condition either, the error that says so is taken for that.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "repair/condition.h"
#include "utils/builtins.h"

#define IF_NOT_EXISTS	"IF NOT EXISTS "
#define IF_EXISTS		"IF EXISTS "
#define OR_REPLACE		"OR REPLACE "

/* What is put between two parts of the beginning of a statement. */
typedef struct Form
{
	const char *before;
	const char *insert;
	const char *after;
} Form;

/* The first that fits counts. */
static const Form statements[] = {
	{"CREATE TABLE ", IF_NOT_EXISTS, ""},
	{"CREATE UNLOGGED TABLE ", IF_NOT_EXISTS, ""},
	{"CREATE FOREIGN TABLE ", IF_NOT_EXISTS, ""},
	{"CREATE INDEX CONCURRENTLY ", IF_NOT_EXISTS, ""},
	{"CREATE INDEX ", IF_NOT_EXISTS, ""},
	{"CREATE UNIQUE INDEX CONCURRENTLY ", IF_NOT_EXISTS, ""},
	{"CREATE UNIQUE INDEX ", IF_NOT_EXISTS, ""},
	{"CREATE SEQUENCE ", IF_NOT_EXISTS, ""},
	{"CREATE UNLOGGED SEQUENCE ", IF_NOT_EXISTS, ""},
	{"CREATE SCHEMA ", IF_NOT_EXISTS, ""},
	{"CREATE EXTENSION ", IF_NOT_EXISTS, ""},
	{"CREATE MATERIALIZED VIEW ", IF_NOT_EXISTS, ""},
	{"CREATE STATISTICS ", IF_NOT_EXISTS, ""},
	{"CREATE SERVER ", IF_NOT_EXISTS, ""},
	{"CREATE USER MAPPING ", IF_NOT_EXISTS, ""},
	{"CREATE COLLATION ", IF_NOT_EXISTS, ""},
	{"CREATE ", OR_REPLACE, "VIEW "},
	{"CREATE ", OR_REPLACE, "FUNCTION "},
	{"CREATE ", OR_REPLACE, "PROCEDURE "},
	{"CREATE ", OR_REPLACE, "AGGREGATE "},
	{"CREATE ", OR_REPLACE, "RULE "},
	{"CREATE ", OR_REPLACE, "TRIGGER "},
	{"CREATE ", OR_REPLACE, "LANGUAGE "},
	{"CREATE ", OR_REPLACE, "TRUSTED LANGUAGE "},
	{"CREATE ", OR_REPLACE, "TRANSFORM "},
	{"DROP INDEX CONCURRENTLY ", IF_EXISTS, ""},
	{"DROP USER MAPPING ", IF_EXISTS, ""},
	{"DROP TRANSFORM ", IF_EXISTS, ""},
};

/* The same of what follows the name in ALTER. */
static const Form acts[] = {
	{"ADD COLUMN ", IF_NOT_EXISTS, ""},
	{"ADD VALUE ", IF_NOT_EXISTS, ""},
	{"DROP COLUMN ", IF_EXISTS, ""},
	{"DROP ATTRIBUTE ", IF_EXISTS, ""},
	{"DROP CONSTRAINT ", IF_EXISTS, ""},
	{"DROP IDENTITY", " IF EXISTS", ""},
	{"DROP EXPRESSION", " IF EXISTS", ""},
};

/* The statement with what the form inserts; NULL if none fits at p. */
static const char *
apply_form(const char *sql, const char *p, const Form *forms, int nforms)
{
	for (int i = 0; i < nforms; i++)
	{
		const char *rest = p + strlen(forms[i].before);

		if (!sdr_begins_with(p, forms[i].before) ||
			!sdr_begins_with(rest, forms[i].after))
			continue;
		return sdr_begins_with(rest, forms[i].insert) ? sql :
			psprintf("%.*s%s%s", (int) (rest - sql), sql,
					 forms[i].insert, rest);
	}
	return NULL;
}

/* Past words in upper case, which are no names. */
static const char *
skip_words(const char *p)
{
	for (;;)
	{
		int			len = strspn(p, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");

		if (len == 0 || p[len] != ' ')
			return p;
		p += len + 1;
	}
}

static const char *
in_block(const char *statement, const char *condition, const char *errors)
{
	const char *tag = "$do$";

	for (int i = 1; strstr(statement, tag) != NULL; i++)
		tag = psprintf("$do%d$", i);
	if (condition != NULL)
		return psprintf("DO %s\nBEGIN\n\tIF %s THEN\n\t\t%s;\n\tEND IF;\nEND\n%s",
						tag, condition, statement, tag);
	return psprintf("DO %s\nBEGIN\n\t%s;\nEXCEPTION\n\tWHEN %s THEN NULL;\nEND\n%s",
					tag, statement, errors, tag);
}

#define IS_THERE \
	"duplicate_object OR duplicate_function OR unique_violation"
#define IS_GONE		"undefined_object"

/* What may fail the second time because it was done the first time. */
static const struct
{
	const char *start;
	const char *errors;
}			retried[] = {
	{"CREATE ", IS_THERE},
	{"ADD ", IS_THERE},
	{"DROP ", IS_GONE},
	{"OPTIONS (", IS_THERE " OR " IS_GONE},
};

/* A statement that has no form of its own for a second time. */
static const char *
with_condition(const SdrObject *object, const char *sql, const char *name,
			   const char *act)
{
	const char *condition = sdr_condition_of(object, name, act);

	if (condition != NULL)
		return *condition == '\0' ? sql : in_block(sql, condition, NULL);
	for (int i = 0; i < lengthof(retried); i++)
	{
		if (sdr_begins_with(act, retried[i].start))
			return in_block(sql, NULL, retried[i].errors);
	}
	return sql;
}

/* The statement, if a condition holds. */
const char *
sdr_when_due(const char *sql, const char *condition)
{
	return in_block(sql, condition, NULL);
}

static const char *
of_alter(const SdrObject *object, const char *sql, const SdrObject *want,
		 const SdrObject *have)
{
	const char *start = skip_words(sql);
	const char *act = sdr_skip_name(start);
	const char *name = sdr_name_literal(start);
	const char *result;

	if (sdr_begins_with(sql, "ALTER DEFAULT PRIVILEGES "))
		return sql;
	if (want != NULL && have != NULL && want->kind->id == SDR_KIND_COLUMN &&
		(sdr_begins_with(act, "RENAME COLUMN ") ||
		 strcmp(act, psprintf("DROP COLUMN %s",
							  quote_identifier(want->name))) == 0))
		return in_block(sql, sdr_column_is_old(want, have), NULL);
	if (want != NULL && want->kind->id == SDR_KIND_COLUMN &&
		want->parent->kind->id == SDR_KIND_TABLE &&
		strstr(act, psprintf("ALTER COLUMN %s TYPE ",
							 quote_identifier(want->name))) != NULL)
		return in_block(sql, sdr_not(sdr_column_has_type(want)), NULL);
	/* a column that is new, or not to be, is there in one of the runs only */
	if (object->kind->id == SDR_KIND_COLUMN &&
		sdr_begins_with(act, "ALTER COLUMN ") &&
		strcmp(sql + strlen(sql) - strlen("DROP DEFAULT"), "DROP DEFAULT") == 0 &&
		((want == NULL) != (have == NULL) ||
		 (want != NULL && sdr_is_set(want, SDR_COLUMN_GENERATED))))
		return in_block(sql, sdr_has_no_expression(object), NULL);
	if (sdr_begins_with(act, "ALTER COLUMN "))
		act = sdr_skip_name(act + strlen("ALTER COLUMN "));
	else if (sdr_begins_with(sql, "ALTER OPERATOR FAMILY "))
		act = sdr_skip_name(act + strlen("USING "));

	/*
	 * Here IF EXISTS leaves an invalidation pending when there is none, with
	 * which PostgreSQL refuses the next subtransaction.
	 */
	if (sdr_begins_with(sql, "ALTER DOMAIN ") &&
		sdr_begins_with(act, "DROP CONSTRAINT ") &&
		object->kind->id == SDR_KIND_CONSTRAINT)
		return in_block(sql, sdr_constraint_exists(object), NULL);
	result = apply_form(sql, act, acts, lengthof(acts));
	if (result == NULL)
		return with_condition(object, sql, name, act);
	/* what it is dropped from may be gone too */
	if (sdr_begins_with(act, "DROP ") && sdr_begins_with(result, "ALTER TABLE "))
		result = psprintf("ALTER TABLE " IF_EXISTS "%s",
						  result + strlen("ALTER TABLE "));
	return result;
}

/*
 * A table that comes back in another form goes only as long as it has the old
 * one.
 */
static const char *
of_drop_table(const SdrObject *table, const char *sql)
{
	const char *identity = sdr_identity_literal(table);
	const char *key = sdr_text(table, SDR_TABLE_PARTITION_BY);
	const char *server = sdr_text(table, SDR_TABLE_SERVER);

	return in_block(sql, psprintf("EXISTS (SELECT FROM pg_catalog.pg_class WHERE oid = pg_catalog.to_regclass(%s) AND (pg_catalog.pg_get_partkeydef(oid) IS DISTINCT FROM %s OR (SELECT srvname FROM pg_catalog.pg_foreign_table JOIN pg_catalog.pg_foreign_server AS s ON s.oid = ftserver WHERE ftrelid = pg_class.oid) IS DISTINCT FROM %s))",
								  identity, key == NULL ? "NULL" :
								  sdr_literal(key), server == NULL ? "NULL" :
								  sdr_literal(server)), NULL);
}

/* One of an identity that has taken the name must stay. */
static const char *
of_drop_sequence(const SdrObject *sequence, const char *sql)
{
	const char *identity = sdr_identity_literal(sequence);

	return in_block(sql, psprintf("pg_catalog.to_regclass(%s) IS NOT NULL AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend WHERE classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND objid = pg_catalog.to_regclass(%s) AND deptype = 'i')",
								  identity, identity), NULL);
}

/* One that comes from the partitioned table must stay. */
static const char *
of_drop_trigger(const SdrObject *trigger, const char *sql)
{
	return in_block(sql, sdr_exists_part("pg_trigger", "tgrelid",
										 sdr_identity_literal(trigger->parent),
										 "regclass",
										 psprintf("tgname = %s AND tgparentid = 0",
												  sdr_literal(trigger->name))),
					NULL);
}

/* Is there such a constraint that does not come from a parent? */
static const char *
of_table_itself(const SdrObject *constraint)
{
	return sdr_exists_part("pg_constraint", "conrelid",
						   sdr_identity_literal(constraint->parent), "regclass",
						   psprintf("conname = %s AND coninhcount = 0",
									sdr_literal(constraint->name)));
}

/* What tells kinds apart that share their names. */
static const struct
{
	SdrKindId	kind;
	const char *catalog;
	const char *lookup;
	const char *test;
}			namesakes[] = {
	{SDR_KIND_TABLE, "pg_class", "to_regclass", "relkind IN ('r', 'p', 'f')"},
	{SDR_KIND_VIEW, "pg_class", "to_regclass", "relkind = 'v'"},
	{SDR_KIND_MATVIEW, "pg_class", "to_regclass", "relkind = 'm'"},
	{SDR_KIND_SEQUENCE, "pg_class", "to_regclass", "relkind = 'S'"},
	{SDR_KIND_INDEX, "pg_class", "to_regclass", "relkind IN ('i', 'I') AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint WHERE conindid = pg_class.oid)"},
	{SDR_KIND_ENUM, "pg_type", "to_regtype", "typtype = 'e'"},
	{SDR_KIND_DOMAIN, "pg_type", "to_regtype", "typtype = 'd'"},
	{SDR_KIND_RANGE, "pg_type", "to_regtype", "typtype = 'r'"},
	{SDR_KIND_COMPOSITE, "pg_type", "to_regtype", "EXISTS (SELECT FROM pg_catalog.pg_class WHERE reltype = pg_type.oid AND relkind = 'c')"},
	{SDR_KIND_FUNCTION, "pg_proc", "to_regprocedure", "prokind IN ('f', 'w')"},
	{SDR_KIND_PROCEDURE, "pg_proc", "to_regprocedure", "prokind = 'p'"},
	{SDR_KIND_AGGREGATE, "pg_proc", "to_regprocedure", "prokind = 'a'"},
};

/* Something of another kind gets its name; NULL if that is no matter. */
static const char *
of_drop_namesake(const SdrObject *object, const char *sql)
{
	if (object->kind->id == SDR_KIND_BASE)
		return in_block(sql, sdr_type_exists(object, true), NULL);
	for (int i = 0; i < lengthof(namesakes); i++)
	{
		if (namesakes[i].kind == object->kind->id)
			return in_block(sql,
							psprintf("EXISTS (SELECT FROM pg_catalog.%s WHERE oid = pg_catalog.%s(%s) AND %s)",
									 namesakes[i].catalog,
									 namesakes[i].lookup,
									 sdr_identity_literal(object),
									 namesakes[i].test), NULL);
	}
	return NULL;
}

static const char *
of_large_object(const SdrObject *object, const char *sql)
{
	return psprintf("%s WHERE %sEXISTS (SELECT FROM pg_catalog.pg_largeobject_metadata WHERE oid = %s)",
					sql, strstr(sql, "lo_unlink") != NULL ? "" : "NOT ",
					object->name);
}

/*
 * The form of a statement that can be run again without harm.  want and have
 * are what the object is to be and is, NULL where it is not; name_is_taken
 * tells whether something else gets its name, or it becomes its parent's.
 */
const char *
sdr_idempotent(const SdrObject *object, const char *sql,
			   const SdrObject *want, const SdrObject *have,
			   bool name_is_taken)
{
	const char *result;

	if (name_is_taken && object->kind->id == SDR_KIND_CONSTRAINT &&
		sdr_begins_with(sql, "ALTER ") && strstr(sql, " DROP CONSTRAINT ") != NULL)
		return in_block(sql, of_table_itself(object), NULL);
	if (sdr_begins_with(sql, "ALTER "))
		return of_alter(object, sql, want, have);
	if (sdr_begins_with(sql, "SELECT ") && object->kind->id == SDR_KIND_LARGE_OBJECT)
		return of_large_object(object, sql);
	if (want != NULL && (sdr_begins_with(sql, "DROP TABLE ") ||
						 sdr_begins_with(sql, "DROP FOREIGN TABLE ")))
		return of_drop_table(want, sql);
	if (sdr_begins_with(sql, "DROP SEQUENCE "))
		return of_drop_sequence(object, sql);
	if (sdr_begins_with(sql, "DROP TRIGGER ") && want != NULL &&
		sdr_true(want, SDR_TRIGGER_INHERITED))
		return of_drop_trigger(object, sql);
	if (name_is_taken && sdr_begins_with(sql, "DROP ") &&
		(result = of_drop_namesake(object, sql)) != NULL)
		return result;
	result = apply_form(sql, sql, statements, lengthof(statements));
	if (result != NULL)
		return result;
	if (sdr_begins_with(sql, "DROP "))
	{
		const char *name = skip_words(sql);

		if (strstr(sql, " " IF_EXISTS) != NULL)
			return sql;
		return psprintf("%.*s" IF_EXISTS "%s", (int) (name - sql), sql, name);
	}
	return with_condition(object, sql, "", sql);
}

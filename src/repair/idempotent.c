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

#include "repair/repair.h"
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

static bool
begins_with(const char *text, const char *start)
{
	return strncmp(text, start, strlen(start)) == 0;
}

/* The statement with what the form inserts; NULL if none fits at p. */
static const char *
apply_form(const char *sql, const char *p, const Form *forms, int nforms)
{
	for (int i = 0; i < nforms; i++)
	{
		const char *rest = p + strlen(forms[i].before);

		if (!begins_with(p, forms[i].before) ||
			!begins_with(rest, forms[i].after))
			continue;
		return begins_with(rest, forms[i].insert) ? sql :
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

/* Past a name with its schema and arguments, and the blank behind it. */
static const char *
skip_name(const char *p)
{
	bool		quoted = false;
	int			depth = 0;

	for (; *p != '\0' && (quoted || depth > 0 || *p != ' '); p++)
	{
		if (*p == '"')
			quoted = !quoted;
		else if (!quoted && *p == '(')
			depth++;
		else if (!quoted && *p == ')')
			depth--;
	}
	return *p == ' ' ? p + 1 : p;
}

/* The name that begins at p, as a string constant. */
static const char *
name_literal(const char *p)
{
	const char *end = skip_name(p);

	if (end > p && end[-1] == ' ')
		end--;
	return sdr_literal(pnstrdup(p, end - p));
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

static const char *
not(const char *condition)
{
	return psprintf("NOT %s", condition);
}

static const char *
type_is_new(const SdrObject *object, const char *name, const char *act)
{
	SdrKindId	kind = object->kind->id;

	if (kind != SDR_KIND_BASE && kind != SDR_KIND_SHELL &&
		kind != SDR_KIND_RANGE)
		return psprintf("pg_catalog.to_regtype(%s) IS NULL",
						sdr_identity_literal(object));
	/* what has functions of its own is made twice, first by its name alone */
	act = skip_name(act + strlen("CREATE TYPE "));
	return not(sdr_type_exists(object, strchr(act, '(') != NULL));
}

static const char *
policy_is_new(const SdrObject *object, const char *name, const char *act)
{
	return not(sdr_exists_part("pg_policy", "polrelid",
							   sdr_identity_literal(object->parent), "regclass",
							   psprintf("polname = %s",
										sdr_literal(object->name))));
}

static const char *
trigger_is_new(const SdrObject *object, const char *name, const char *act)
{
	return not(sdr_exists_part("pg_trigger", "tgrelid",
							   sdr_identity_literal(object->parent), "regclass",
							   psprintf("tgname = %s",
										sdr_literal(object->name))));
}

static const char *
constraint_is_new(const SdrObject *object, const char *name, const char *act)
{
	return not(sdr_constraint_exists(object));
}

static const char *
attribute_is_new(const SdrObject *object, const char *name, const char *act)
{
	return not(sdr_column_has(object, ""));
}

static const char *
is_no_identity(const SdrObject *object, const char *name, const char *act)
{
	return sdr_column_has(object, " AND attidentity = ''");
}

static const char *
has_no_expression(const SdrObject *column)
{
	return sdr_column_has(column, " AND attidentity = '' AND attgenerated = ''");
}

/* ALTER COLUMN DROP DEFAULT fails where the column has become an identity. */
static const char *
has_default(const SdrObject *object, const char *name, const char *act)
{
	return object->kind->id == SDR_KIND_COLUMN &&
		sdr_is_set(object, SDR_COLUMN_IDENTITY_GENERATION) ?
		is_no_identity(object, name, act) : "";
}

static const char *
inherits(const char *child, const char *parent)
{
	return sdr_exists_part("pg_inherits", "inhrelid", child, "regclass",
						   psprintf("inhparent = pg_catalog.to_regclass(%s)", parent));
}

/* The name is that of the parent, the act names the partition. */
static const char *
is_partition(const SdrObject *object, const char *name, const char *act)
{
	return inherits(name_literal(strstr(act, "PARTITION ") +
								 strlen("PARTITION ")), name);
}

static const char *
is_no_partition(const SdrObject *object, const char *name, const char *act)
{
	return not(is_partition(object, name, act));
}

static const char *
is_child(const SdrObject *object, const char *name, const char *act)
{
	return inherits(name, name_literal(strstr(act, "INHERIT ") +
									   strlen("INHERIT ")));
}

static const char *
is_no_child(const SdrObject *object, const char *name, const char *act)
{
	return not(is_child(object, name, act));
}

/* ALTER INDEX ATTACH does nothing the second time. */
static const char *
table_is_no_partition(const SdrObject *object, const char *name,
					  const char *act)
{
	return object->kind->id == SDR_KIND_INDEX ? "" :
		is_no_partition(object, name, act);
}

static const char *
is_typed(const SdrObject *object, const char *name, const char *act)
{
	return psprintf("EXISTS (SELECT FROM pg_catalog.pg_class WHERE oid = pg_catalog.to_regclass(%s) AND reloftype <> 0)",
					name);
}

/* RENAME VALUE 'old' TO 'new' */
static const char *
label_exists(const SdrObject *object, const char *name, const char *act)
{
	const char *old = act + strlen("RENAME VALUE ");
	const char *to = strstr(old, " TO ");

	return sdr_exists_part("pg_enum", "enumtypid", name, "regtype",
						   psprintf("enumlabel = %.*s", (int) (to - old), old));
}

/*
 * A column that comes back in another form goes only as long as it has the
 * old one: what the new one holds is not to be lost.  Generated values can be
 * had again at any time.
 */
static const char *
column_is_old(const SdrObject *want, const SdrObject *have)
{
	bool		had = sdr_is_set(have, SDR_COLUMN_GENERATED);
	bool		has = sdr_is_set(want, SDR_COLUMN_GENERATED);

	return sdr_column_has(want, had && has ? "" : has ? " AND attgenerated = ''" :
						  " AND attgenerated <> ''");
}

/* The type of an attribute or domain as the server may write it. */
static const char *
has_type(const char *type, const char *typmod, const char *wanted)
{
	const char *dot = strrchr(wanted, '.');

	return psprintf("%s = pg_catalog.to_regtype(%s) AND pg_catalog.format_type(%s, %s) IN (%s, %s)",
					type, sdr_literal(wanted), type, typmod,
					sdr_literal(wanted),
					sdr_literal(dot == NULL ? wanted : dot + 1));
}

/*
 * A column gets a type once: what depends on it when it has that would be in
 * the way.
 */
static const char *
column_has_type(const SdrObject *column)
{
	const char *collation = sdr_text(column, SDR_COLUMN_COLLATION);

	return sdr_column_has(column,
						  psprintf(" AND %s AND attcollation = %s",
								   has_type("atttypid", "atttypmod",
											sdr_text(column, SDR_COLUMN_TYPE)),
								   collation != NULL ?
								   psprintf("pg_catalog.to_regcollation(%s)",
											sdr_literal(collation)) :
								   "(SELECT typcollation FROM pg_catalog.pg_type AS t WHERE t.oid = atttypid)"));
}

static const char *
enum_is_new(const SdrObject *type)
{
	List	   *labels = NIL;
	ListCell   *lc;

	foreach(lc, sdr_items(type, SDR_ENUM_LABELS))
		labels = lappend(labels, unconstify(char *, sdr_literal(lfirst(lc))));
	return psprintf("(SELECT pg_catalog.array_agg(enumlabel::pg_catalog.text ORDER BY enumsortorder) FROM pg_catalog.pg_enum WHERE enumtypid = pg_catalog.to_regtype(%s)) IS NOT DISTINCT FROM ARRAY[%s]::pg_catalog.text[]",
					sdr_identity_literal(type), sdr_join(labels, ", "));
}

static const char *
domain_is_new(const SdrObject *domain)
{
	const char *collation = sdr_text(domain, SDR_DOMAIN_COLLATION);

	return psprintf("EXISTS (SELECT FROM pg_catalog.pg_type WHERE oid = pg_catalog.to_regtype(%s) AND %s%s%s%s)",
					sdr_identity_literal(domain),
					has_type("typbasetype", "typtypmod",
							 sdr_text(domain, SDR_DOMAIN_TYPE)),
					collation == NULL ? "" :
					" AND typcollation = pg_catalog.to_regcollation(",
					collation == NULL ? "" : sdr_literal(collation),
					collation == NULL ? "" : ")");
}

/* It has as many attributes, of these names and types. */
static const char *
composite_is_new(const SdrObject *type)
{
	List	   *tests = NIL;

	for (int i = 0; i < type->nchildren; i++)
	{
		const SdrObject *column = type->children[i];

		if (column->kind->id == SDR_KIND_COLUMN && !column->absent)
			tests = lappend(tests,
							psprintf("(attname = %s AND %s)",
									 sdr_literal(column->name),
									 has_type("atttypid", "atttypmod",
											  sdr_text(column, SDR_COLUMN_TYPE))));
	}
	return psprintf("(SELECT pg_catalog.count(*) = %d AND pg_catalog.bool_and(%s) FROM pg_catalog.pg_attribute WHERE attrelid = pg_catalog.to_regclass(%s) AND attnum > 0 AND NOT attisdropped)",
					list_length(tests), sdr_join(tests, " OR "),
					sdr_identity_literal(type));
}

/* A type gets out of the way as long as it is the old one. */
static const char *
is_renamed(const SdrObject *object, const char *name, const char *act)
{
	const char *is_new;

	switch (object->kind->id)
	{
		case SDR_KIND_ENUM:
			is_new = enum_is_new(object);
			break;
		case SDR_KIND_DOMAIN:
			is_new = domain_is_new(object);
			break;
		case SDR_KIND_COMPOSITE:
			is_new = composite_is_new(object);
			break;
		default:
			return psprintf("pg_catalog.to_regclass(%s) IS NOT NULL", name);
	}
	return not(psprintf("coalesce(%s, false)", is_new));
}

/* Conditions of statements, and of the acts of ALTER. */
static const struct
{
	const char *start;
	/* "": no need of one; NULL: none is to be had */
	const char *(*condition) (const SdrObject *object, const char *name,
							  const char *act);
}			conditions[] = {
	{"CREATE TYPE ", type_is_new},
	{"CREATE DOMAIN ", type_is_new},
	{"CREATE POLICY ", policy_is_new},
	{"CREATE CONSTRAINT TRIGGER ", trigger_is_new},
	{"ADD CONSTRAINT ", constraint_is_new},
	{"ADD ATTRIBUTE ", attribute_is_new},
	{"ADD GENERATED ", is_no_identity},
	{"DROP DEFAULT", has_default},
	{"ATTACH PARTITION ", table_is_no_partition},
	{"DETACH PARTITION ", is_partition},
	{"INHERIT ", is_no_child},
	{"NO INHERIT ", is_child},
	{"NOT OF", is_typed},
	{"RENAME VALUE ", label_exists},
	{"RENAME TO ", is_renamed},
};

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
	for (int i = 0; i < lengthof(conditions); i++)
	{
		const char *condition;

		if (!begins_with(act, conditions[i].start))
			continue;
		condition = conditions[i].condition(object, name, act);
		if (condition != NULL)
			return *condition == '\0' ? sql : in_block(sql, condition, NULL);
	}
	for (int i = 0; i < lengthof(retried); i++)
	{
		if (begins_with(act, retried[i].start))
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
	const char *act = skip_name(start);
	const char *name = name_literal(start);
	const char *result;

	if (begins_with(sql, "ALTER DEFAULT PRIVILEGES "))
		return sql;
	if (want != NULL && have != NULL && want->kind->id == SDR_KIND_COLUMN &&
		(begins_with(act, "RENAME COLUMN ") ||
		 strcmp(act, psprintf("DROP COLUMN %s",
							  quote_identifier(want->name))) == 0))
		return in_block(sql, column_is_old(want, have), NULL);
	if (want != NULL && want->kind->id == SDR_KIND_COLUMN &&
		want->parent->kind->id == SDR_KIND_TABLE &&
		strstr(act, psprintf("ALTER COLUMN %s TYPE ",
							 quote_identifier(want->name))) != NULL)
		return in_block(sql, not(column_has_type(want)), NULL);
	/* a column that is new, or not to be, is there in one of the runs only */
	if (object->kind->id == SDR_KIND_COLUMN &&
		begins_with(act, "ALTER COLUMN ") &&
		strcmp(sql + strlen(sql) - strlen("DROP DEFAULT"), "DROP DEFAULT") == 0 &&
		((want == NULL) != (have == NULL) ||
		 (want != NULL && sdr_is_set(want, SDR_COLUMN_GENERATED))))
		return in_block(sql, has_no_expression(object), NULL);
	if (begins_with(act, "ALTER COLUMN "))
		act = skip_name(act + strlen("ALTER COLUMN "));
	else if (begins_with(sql, "ALTER OPERATOR FAMILY "))
		act = skip_name(act + strlen("USING "));

	/*
	 * Here IF EXISTS leaves an invalidation pending when there is none, with
	 * which PostgreSQL refuses the next subtransaction.
	 */
	if (begins_with(sql, "ALTER DOMAIN ") &&
		begins_with(act, "DROP CONSTRAINT ") &&
		object->kind->id == SDR_KIND_CONSTRAINT)
		return in_block(sql, sdr_constraint_exists(object), NULL);
	result = apply_form(sql, act, acts, lengthof(acts));
	if (result == NULL)
		return with_condition(object, sql, name, act);
	/* what it is dropped from may be gone too */
	if (begins_with(act, "DROP ") && begins_with(result, "ALTER TABLE "))
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

/* Something of another kind gets its name; NULL if that is no matter. */
static const char *
of_drop_namesake(const SdrObject *object, const char *sql)
{
	const char *condition = sdr_exists_of_kind(object);

	return condition == NULL ? NULL : in_block(sql, condition, NULL);
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
		begins_with(sql, "ALTER ") && strstr(sql, " DROP CONSTRAINT ") != NULL)
		return in_block(sql, sdr_constraint_is_own(object), NULL);
	if (begins_with(sql, "ALTER "))
		return of_alter(object, sql, want, have);
	if (begins_with(sql, "SELECT ") && object->kind->id == SDR_KIND_LARGE_OBJECT)
		return of_large_object(object, sql);
	if (want != NULL && (begins_with(sql, "DROP TABLE ") ||
						 begins_with(sql, "DROP FOREIGN TABLE ")))
		return of_drop_table(want, sql);
	if (begins_with(sql, "DROP SEQUENCE "))
		return of_drop_sequence(object, sql);
	if (begins_with(sql, "DROP TRIGGER ") && want != NULL &&
		sdr_true(want, SDR_TRIGGER_INHERITED))
		return of_drop_trigger(object, sql);
	if (name_is_taken && begins_with(sql, "DROP ") &&
		(result = of_drop_namesake(object, sql)) != NULL)
		return result;
	result = apply_form(sql, sql, statements, lengthof(statements));
	if (result != NULL)
		return result;
	if (begins_with(sql, "DROP "))
	{
		const char *name = skip_words(sql);

		if (strstr(sql, " " IF_EXISTS) != NULL)
			return sql;
		return psprintf("%.*s" IF_EXISTS "%s", (int) (name - sql), sql, name);
	}
	return with_condition(object, sql, "", sql);
}

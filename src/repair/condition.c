/*-------------------------------------------------------------------------
 *
 * condition.c
 *	  Conditions under which a statement is still to be run.
 *
 * They are written as SQL, for a DO block: whether an object is there, and
 * whether it has the form that it is to have.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "repair/condition.h"
#include "utils/builtins.h"

/* Does a text begin with another? */
bool
sdr_begins_with(const char *text, const char *start)
{
	return strncmp(text, start, strlen(start)) == 0;
}

/* Past a name with its schema and arguments, and the blank behind it. */
const char *
sdr_skip_name(const char *p)
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
const char *
sdr_name_literal(const char *p)
{
	const char *end = sdr_skip_name(p);

	if (end > p && end[-1] == ' ')
		end--;
	return sdr_literal(pnstrdup(p, end - p));
}

/* Is there such a row, of something that belongs to a relation or type? */
const char *
sdr_exists_part(const char *catalog, const char *owner_column, const char *owner,
				const char *owner_type, const char *more)
{
	return psprintf("EXISTS (SELECT FROM pg_catalog.%s WHERE %s = pg_catalog.to_%s(%s) AND %s)",
					catalog, owner_column, owner_type, owner, more);
}

/* The identity of an object as a string constant. */
const char *
sdr_identity_literal(const SdrObject *object)
{
	return sdr_literal(sdr_object_identity(object));
}

/* Is there such a column of which the rest of the condition holds? */
const char *
sdr_column_has(const SdrObject *column, const char *more)
{
	return sdr_exists_part("pg_attribute", "attrelid",
						   sdr_identity_literal(column->parent), "regclass",
						   psprintf("attname = %s AND NOT attisdropped%s",
									sdr_literal(column->name), more));
}

/* The opposite of a condition. */
const char *
sdr_not(const char *condition)
{
	return psprintf("NOT %s", condition);
}

/*
 * Is there a type of the name?  One that is not defined has nothing but that:
 * so begins what its own functions have as an argument or result.  There
 * to_regtype() would raise an error.
 */
const char *
sdr_type_exists(const SdrObject *type, bool defined)
{
	return psprintf("EXISTS (SELECT FROM pg_catalog.pg_type WHERE typname = %s AND typnamespace = pg_catalog.to_regnamespace(%s)%s)",
					sdr_literal(type->name),
					sdr_literal(quote_identifier(type->parent->name)),
					defined ? " AND typisdefined" : "");
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
	act = sdr_skip_name(act + strlen("CREATE TYPE "));
	return sdr_not(sdr_type_exists(object, strchr(act, '(') != NULL));
}

static const char *
policy_is_new(const SdrObject *object, const char *name, const char *act)
{
	return sdr_not(sdr_exists_part("pg_policy", "polrelid",
								   sdr_identity_literal(object->parent), "regclass",
								   psprintf("polname = %s",
											sdr_literal(object->name))));
}

static const char *
trigger_is_new(const SdrObject *object, const char *name, const char *act)
{
	return sdr_not(sdr_exists_part("pg_trigger", "tgrelid",
								   sdr_identity_literal(object->parent), "regclass",
								   psprintf("tgname = %s",
											sdr_literal(object->name))));
}

/* Is there such a constraint, of a table or of a domain? */
const char *
sdr_constraint_exists(const SdrObject *object)
{
	bool		of_domain = object->parent->kind->id == SDR_KIND_DOMAIN;

	return sdr_exists_part("pg_constraint", of_domain ? "contypid" : "conrelid",
						   sdr_identity_literal(object->parent),
						   of_domain ? "regtype" : "regclass",
						   psprintf("conname = %s", sdr_literal(object->name)));
}

static const char *
constraint_is_new(const SdrObject *object, const char *name, const char *act)
{
	return sdr_not(sdr_constraint_exists(object));
}

static const char *
attribute_is_new(const SdrObject *object, const char *name, const char *act)
{
	return sdr_not(sdr_column_has(object, ""));
}

static const char *
is_no_identity(const SdrObject *object, const char *name, const char *act)
{
	return sdr_column_has(object, " AND attidentity = ''");
}

/* Is a column neither an identity nor generated? */
const char *
sdr_has_no_expression(const SdrObject *column)
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
	return inherits(sdr_name_literal(strstr(act, "PARTITION ") +
									 strlen("PARTITION ")), name);
}

static const char *
is_no_partition(const SdrObject *object, const char *name, const char *act)
{
	return sdr_not(is_partition(object, name, act));
}

static const char *
is_child(const SdrObject *object, const char *name, const char *act)
{
	return inherits(name, sdr_name_literal(strstr(act, "INHERIT ") +
										   strlen("INHERIT ")));
}

static const char *
is_no_child(const SdrObject *object, const char *name, const char *act)
{
	return sdr_not(is_child(object, name, act));
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
const char *
sdr_column_is_old(const SdrObject *want, const SdrObject *have)
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
const char *
sdr_column_has_type(const SdrObject *column)
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
	return sdr_not(psprintf("coalesce(%s, false)", is_new));
}

/* Functions that look for an object by its identity. */
static const struct
{
	SdrKindId	kind;
	const char *lookup;
}			lookups[] = {
	{SDR_KIND_TABLE, "to_regclass"},
	{SDR_KIND_VIEW, "to_regclass"},
	{SDR_KIND_MATVIEW, "to_regclass"},
	{SDR_KIND_SEQUENCE, "to_regclass"},
	{SDR_KIND_INDEX, "to_regclass"},
	{SDR_KIND_ENUM, "to_regtype"},
	{SDR_KIND_DOMAIN, "to_regtype"},
	{SDR_KIND_COMPOSITE, "to_regtype"},
	{SDR_KIND_FUNCTION, "to_regprocedure"},
	{SDR_KIND_PROCEDURE, "to_regprocedure"},
	{SDR_KIND_AGGREGATE, "to_regprocedure"},
	{SDR_KIND_COLLATION, "to_regcollation"},
};

/* Parts of relations that are found by their name. */
static const struct
{
	SdrKindId	kind;
	const char *catalog;
	const char *owner;
	const char *name;
}			parts[] = {
	{SDR_KIND_TRIGGER, "pg_trigger", "tgrelid", "tgname"},
	{SDR_KIND_POLICY, "pg_policy", "polrelid", "polname"},
	{SDR_KIND_RULE, "pg_rewrite", "ev_class", "rulename"},
};

/*
 * A condition that holds where there is such an object; NULL for kinds of
 * which that cannot be told.
 */
const char *
sdr_exists(const SdrObject *object)
{
	for (int i = 0; i < lengthof(lookups); i++)
	{
		if (lookups[i].kind == object->kind->id)
			return psprintf("pg_catalog.%s(%s) IS NOT NULL",
							lookups[i].lookup, sdr_identity_literal(object));
	}
	for (int i = 0; i < lengthof(parts); i++)
	{
		if (parts[i].kind == object->kind->id)
			return sdr_exists_part(parts[i].catalog, parts[i].owner,
								   sdr_identity_literal(object->parent), "regclass",
								   psprintf("%s = %s", parts[i].name,
											sdr_literal(object->name)));
	}
	if (object->kind->id == SDR_KIND_CONSTRAINT)
		return sdr_constraint_exists(object);
	if (object->kind->id == SDR_KIND_BASE || object->kind->id == SDR_KIND_RANGE)
		return sdr_type_exists(object, true);
	return object->kind->id == SDR_KIND_COLUMN ? sdr_column_has(object, "") : NULL;
}

/* Conditions of statements, and of the acts of ALTER. */
static const struct
{
	const char *start;
	/* "": no need of one */
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

/*
 * The condition of a statement, or of the act of ALTER, on an object with that
 * name; "" if it can be run at any time, NULL if none is known.
 */
const char *
sdr_condition_of(const SdrObject *object, const char *name, const char *act)
{
	for (int i = 0; i < lengthof(conditions); i++)
	{
		if (sdr_begins_with(act, conditions[i].start))
			return conditions[i].condition(object, name, act);
	}
	return NULL;
}

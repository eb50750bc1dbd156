/*-------------------------------------------------------------------------
 *
 * exists.c
 *	  Conditions, in SQL, that hold where there is such an object.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "repair/repair.h"
#include "utils/builtins.h"

/* Functions that look for an object by its identity. */
static const struct
{
	SdrKindId	kind;
	const char *lookup;
}			lookups[] = {
	{SDR_KIND_SCHEMA, "to_regnamespace"},
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
	{SDR_KIND_OPERATOR, "to_regoperator"},
	{SDR_KIND_COLLATION, "to_regcollation"},
};

/* Others that are found by their name, in the schema where they are in one. */
static const struct
{
	SdrKindId	kind;
	const char *catalog;
	const char *name;
	const char *schema;
	const char *method;			/* access method, of what is for one */
}			named[] = {
	{SDR_KIND_STATISTICS, "pg_statistic_ext", "stxname", "stxnamespace", NULL},
	{SDR_KIND_CONVERSION, "pg_conversion", "conname", "connamespace", NULL},
	{SDR_KIND_TS_PARSER, "pg_ts_parser", "prsname", "prsnamespace", NULL},
	{SDR_KIND_TS_TEMPLATE, "pg_ts_template", "tmplname", "tmplnamespace", NULL},
	{SDR_KIND_TS_DICTIONARY, "pg_ts_dict", "dictname", "dictnamespace", NULL},
	{SDR_KIND_TS_CONFIGURATION, "pg_ts_config", "cfgname", "cfgnamespace", NULL},
	{SDR_KIND_OPERATOR_FAMILY, "pg_opfamily", "opfname", "opfnamespace", "opfmethod"},
	{SDR_KIND_OPERATOR_CLASS, "pg_opclass", "opcname", "opcnamespace", "opcmethod"},
	{SDR_KIND_FDW, "pg_foreign_data_wrapper", "fdwname", NULL, NULL},
	{SDR_KIND_FOREIGN_SERVER, "pg_foreign_server", "srvname", NULL, NULL},
	{SDR_KIND_LANGUAGE, "pg_language", "lanname", NULL, NULL},
	{SDR_KIND_PUBLICATION, "pg_publication", "pubname", NULL, NULL},
	{SDR_KIND_EVENT_TRIGGER, "pg_event_trigger", "evtname", NULL, NULL},
	{SDR_KIND_ROLE, "pg_roles", "rolname", NULL, NULL},
	{SDR_KIND_TABLESPACE, "pg_tablespace", "spcname", NULL, NULL},
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

/* The identity of an object as a string constant. */
const char *
sdr_identity_literal(const SdrObject *object)
{
	return sdr_literal(sdr_object_identity(object));
}

/*
 * Is there such a row, of something that belongs to a relation or type?  owner
 * is a constant with its name, owner_type what that is looked up as.
 */
const char *
sdr_exists_part(const char *catalog, const char *owner_column,
				const char *owner, const char *owner_type, const char *more)
{
	return psprintf("EXISTS (SELECT FROM pg_catalog.%s WHERE %s = pg_catalog.to_%s(%s) AND %s)",
					catalog, owner_column, owner_type, owner, more);
}

/* Is there such a column, of which more, which begins with AND, holds? */
const char *
sdr_column_has(const SdrObject *column, const char *more)
{
	return sdr_exists_part("pg_attribute", "attrelid",
						   sdr_identity_literal(column->parent), "regclass",
						   psprintf("attname = %s AND NOT attisdropped%s",
									sdr_literal(column->name), more));
}

/* The columns of a relation with these names stand in this order. */
const char *
sdr_columns_stand(const SdrObject *relation, const List *names)
{
	List	   *literals = NIL;
	const char *list;
	const ListCell *lc;

	foreach(lc, names)
		literals = lappend(literals,
						   unconstify(char *, sdr_literal(lfirst(lc))));
	list = sdr_join(literals, ", ");
	return psprintf("(SELECT pg_catalog.array_agg(attname::pg_catalog.text ORDER BY attnum) FROM pg_catalog.pg_attribute WHERE attrelid = pg_catalog.to_regclass(%s) AND attname IN (%s) AND NOT attisdropped) = ARRAY[%s]",
					sdr_identity_literal(relation), list, list);
}

/* The relation has just the columns that it has there. */
const char *
sdr_has_columns(const SdrObject *relation)
{
	List	   *literals = NIL;

	for (int i = 0; i < relation->nchildren; i++)
	{
		const SdrObject *column = relation->children[i];

		if (column->kind->id == SDR_KIND_COLUMN && !column->absent)
			literals = lappend(literals,
							   unconstify(char *, sdr_literal(column->name)));
	}
	return psprintf("(SELECT pg_catalog.array_agg(attname::pg_catalog.text ORDER BY attname) FROM pg_catalog.pg_attribute WHERE attrelid = pg_catalog.to_regclass(%s) AND attnum > 0 AND NOT attisdropped) = ARRAY[%s]::pg_catalog.text[]",
					sdr_identity_literal(relation), sdr_join(literals, ", "));
}

const char *
sdr_constraint_exists(const SdrObject *object)
{
	bool		of_domain = object->parent->kind->id == SDR_KIND_DOMAIN;

	return sdr_exists_part("pg_constraint", of_domain ? "contypid" : "conrelid",
						   sdr_identity_literal(object->parent),
						   of_domain ? "regtype" : "regclass",
						   psprintf("conname = %s", sdr_literal(object->name)));
}

/* Is there such a constraint that does not come from a parent? */
const char *
sdr_constraint_is_own(const SdrObject *constraint)
{
	return sdr_exists_part("pg_constraint", "conrelid",
						   sdr_identity_literal(constraint->parent),
						   "regclass",
						   psprintf("conname = %s AND coninhcount = 0",
									sdr_literal(constraint->name)));
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

/*
 * Does the name belong to an object of this kind, and not to one of another
 * that shares its names?  NULL for kinds that share them with none.
 */
const char *
sdr_exists_of_kind(const SdrObject *object)
{
	if (object->kind->id == SDR_KIND_BASE)
		return sdr_type_exists(object, true);
	for (int i = 0; i < lengthof(namesakes); i++)
	{
		if (namesakes[i].kind == object->kind->id)
			return psprintf("EXISTS (SELECT FROM pg_catalog.%s WHERE oid = pg_catalog.%s(%s) AND %s)",
							namesakes[i].catalog, namesakes[i].lookup,
							sdr_identity_literal(object), namesakes[i].test);
	}
	return NULL;
}

/* Is there one of that name, in its schema, for its access method? */
static const char *
exists_named(const SdrObject *object, int i)
{
	const char *method = named[i].method == NULL ? NULL :
	strstr(sdr_name_tail(object), "USING ");

	return psprintf("EXISTS (SELECT FROM pg_catalog.%s WHERE %s = %s%s%s%s)",
					named[i].catalog, named[i].name,
					sdr_literal(sdr_bare_name(object)),
					named[i].schema == NULL ? "" :
					psprintf(" AND %s = pg_catalog.to_regnamespace(",
							 named[i].schema),
					named[i].schema == NULL ? "" :
					psprintf("%s)", sdr_identity_literal(object->parent)),
					method == NULL ? "" :
					psprintf(" AND %s = (SELECT oid FROM pg_catalog.pg_am WHERE amname = %s)",
							 named[i].method,
							 sdr_literal(sdr_plain_name(method + strlen("USING ")))));
}

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
	for (int i = 0; i < lengthof(named); i++)
	{
		if (named[i].kind == object->kind->id)
			return exists_named(object, i);
	}
	for (int i = 0; i < lengthof(parts); i++)
	{
		if (parts[i].kind == object->kind->id)
			return sdr_exists_part(parts[i].catalog, parts[i].owner,
								   sdr_identity_literal(object->parent),
								   "regclass",
								   psprintf("%s = %s", parts[i].name,
											sdr_literal(object->name)));
	}
	if (object->kind->id == SDR_KIND_CONSTRAINT)
		return sdr_constraint_exists(object);
	if (object->kind->id == SDR_KIND_BASE || object->kind->id == SDR_KIND_RANGE)
		return sdr_type_exists(object, true);
	return object->kind->id == SDR_KIND_COLUMN ? sdr_column_has(object, "") :
		NULL;
}

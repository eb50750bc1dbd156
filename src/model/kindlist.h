/*-------------------------------------------------------------------------
 *
 * kindlist.h
 *	  Every kind of object and every attribute, once.
 *
 * This file is included several times with different definitions of its
 * macros (as cmdtaglist.h is in PostgreSQL), so there is no include guard.
 * A new attribute is one line here and one in the reader of its kind.
 *
 * SDR_KIND(id, name, node, identity, parents, missing, unexpected, short_form)
 *	  node		  key of the objects of this kind in a document
 *	  identity	  how the identity is written (SdrIdentity)
 *	  parents	  kinds that may hold this one
 *	  missing, unexpected	severity of an object that is not there, or that
 *				  should not be
 *	  short_form  attribute that a bare string or array stands for, or 0
 *
 * SDR_ATTR(kind, id, name, type, dflt, since, severity, flags, description)
 *	  name		  "a.b" is the member b of the JSON object a
 *	  dflt		  what the attribute is when nothing is said, as a snapshot
 *				  would write it; NULL when there is no such fixed value
 *	  since		  first server version that has the attribute, 0 for all
 *
 * The attributes of a kind follow its SDR_KIND line.
 *
 *-------------------------------------------------------------------------
 */

#ifndef SDR_OWNED
#define SDR_OWNED(kind) \
	SDR_ATTR(kind, OWNER, "owner", TEXT, NULL, 0, SECURITY, 0, "role that owns it")
#define SDR_GRANTABLE(kind) \
	SDR_ATTR(kind, PRIVILEGES, "privileges", PRIVILEGES, NULL, 0, SECURITY, 0, "what each role may, with * where it may pass that on")
#define SDR_COMMENTED(kind) \
	SDR_ATTR(kind, COMMENT, "comment", TEXT, "null", 0, COSMETIC, 0, "comment")
#define SDR_LABELLED(kind) \
	SDR_ATTR(kind, SECURITY_LABELS, "security_labels", MAP, "{}", 0, SECURITY, 0, "security label of each provider")
#endif

SDR_KIND(DOCUMENT, "document", "", NAME, 0, BREAKING, BEHAVIOUR, 0)

SDR_KIND(UNMODELLED, "unmodelled", "", SQL, 0, BEHAVIOUR, BEHAVIOUR, 0)
SDR_ATTR(UNMODELLED, CATALOG, "catalog", TEXT, NULL, 0, BEHAVIOUR, SDR_ATTR_SHOWN, "system catalog that has the object")

SDR_KIND(SCHEMA, "schema", "schemas", NAME, SDR_IN(DOCUMENT), BREAKING, BEHAVIOUR, 0)
SDR_OWNED(SCHEMA)
SDR_GRANTABLE(SCHEMA)
SDR_COMMENTED(SCHEMA)
SDR_LABELLED(SCHEMA)

SDR_KIND(EXTENSION, "extension", "extensions", NAME, SDR_IN(DOCUMENT), BREAKING, BEHAVIOUR, SDR_EXTENSION_VERSION)
SDR_ATTR(EXTENSION, VERSION, "version", TEXT, NULL, 0, BEHAVIOUR, SDR_ATTR_SHOWN, "installed version")
SDR_ATTR(EXTENSION, SCHEMA, "schema", TEXT, NULL, 0, BEHAVIOUR, 0, "schema that holds its objects")
SDR_COMMENTED(EXTENSION)

SDR_KIND(ENUM, "enum", "enums", QUALIFIED, SDR_IN(SCHEMA), BREAKING, BEHAVIOUR, SDR_ENUM_LABELS)
SDR_ATTR(ENUM, LABELS, "labels", LIST, NULL, 0, BREAKING, SDR_ATTR_SHOWN, "labels in their order")
SDR_OWNED(ENUM)
SDR_GRANTABLE(ENUM)
SDR_COMMENTED(ENUM)
SDR_LABELLED(ENUM)

SDR_KIND(SEQUENCE, "sequence", "sequences", QUALIFIED, SDR_IN(SCHEMA), BREAKING, BEHAVIOUR, 0)
SDR_ATTR(SEQUENCE, TYPE, "type", TYPE, "bigint", 0, INTEGRITY, SDR_ATTR_SHOWN, "data type")
SDR_ATTR(SEQUENCE, START, "start", INT, "1", 0, BEHAVIOUR, 0, "START value")
SDR_ATTR(SEQUENCE, INCREMENT, "increment", INT, "1", 0, BEHAVIOUR, 0, "INCREMENT")
SDR_ATTR(SEQUENCE, MIN, "min", INT, "1", 0, BEHAVIOUR, 0, "MINVALUE")
SDR_ATTR(SEQUENCE, MAX, "max", INT, "9223372036854775807", 0, INTEGRITY, 0, "MAXVALUE")
SDR_ATTR(SEQUENCE, CACHE, "cache", INT, "1", 0, BEHAVIOUR, 0, "CACHE")
SDR_ATTR(SEQUENCE, CYCLE, "cycle", BOOL, "false", 0, INTEGRITY, 0, "CYCLE")
SDR_ATTR(SEQUENCE, OWNED_BY, "owned_by", TEXT, "null", 0, BEHAVIOUR, 0, "column that the sequence goes away with")
SDR_ATTR(SEQUENCE, UNLOGGED, "unlogged", BOOL, "false", 0, INTEGRITY, 0, "not written to the WAL, reset after a crash")
SDR_OWNED(SEQUENCE)
SDR_GRANTABLE(SEQUENCE)
SDR_COMMENTED(SEQUENCE)
SDR_LABELLED(SEQUENCE)

SDR_KIND(TABLE, "table", "tables", QUALIFIED, SDR_IN(SCHEMA), BREAKING, BEHAVIOUR, 0)
SDR_ATTR(TABLE, PARTITION_BY, "partition_by", PARTKEY, "null", 0, BREAKING, 0, "partition strategy and key")
SDR_ATTR(TABLE, PARTITION_OF, "partition_of", TEXT, "null", 0, BREAKING, 0, "partitioned table that this one belongs to")
SDR_ATTR(TABLE, PARTITION_BOUND, "partition_bound", BOUND, "null", 0, BREAKING, 0, "partition bound")
SDR_ATTR(TABLE, INHERITS, "inherits", LIST, "[]", 0, BREAKING, 0, "parent tables in order")
SDR_ATTR(TABLE, UNLOGGED, "unlogged", BOOL, "false", 0, INTEGRITY, 0, "not written to the WAL, emptied after a crash")
SDR_ATTR(TABLE, SERVER, "server", TEXT, "null", 0, BREAKING, 0, "server of a foreign table")
SDR_ATTR(TABLE, FOREIGN_OPTIONS, "foreign_options", MAP, "{}", 0, BEHAVIOUR, 0, "OPTIONS of a foreign table")
SDR_ATTR(TABLE, OPTIONS, "options", MAP, "{}", 0, BEHAVIOUR, 0, "storage parameters")
SDR_ATTR(TABLE, ROW_SECURITY, "row_security", BOOL, "false", 0, SECURITY, 0, "row-level security is enabled")
SDR_ATTR(TABLE, FORCE_ROW_SECURITY, "force_row_security", BOOL, "false", 0, SECURITY, 0, "row-level security binds the owner too")
SDR_ATTR(TABLE, ACCESS_METHOD, "access_method", TEXT, "null", 0, BEHAVIOUR, 0, "table access method")
SDR_ATTR(TABLE, TABLESPACE, "tablespace", TEXT, "null", 0, BEHAVIOUR, 0, "tablespace where it is not the database's own")
SDR_ATTR(TABLE, REPLICA_IDENTITY, "replica_identity", TEXT, "default", 0, BEHAVIOUR, 0, "default, full, nothing, or index and its name")
SDR_ATTR(TABLE, CLUSTER_ON, "cluster_on", TEXT, "null", 0, BEHAVIOUR, 0, "index that CLUSTER uses")
SDR_ATTR(TABLE, OF_TYPE, "of_type", TEXT, "null", 0, BREAKING, 0, "composite type of a typed table")
SDR_OWNED(TABLE)
SDR_GRANTABLE(TABLE)
SDR_COMMENTED(TABLE)
SDR_LABELLED(TABLE)

SDR_KIND(VIEW, "view", "views", QUALIFIED, SDR_IN(SCHEMA), BREAKING, BEHAVIOUR, SDR_VIEW_DEFINITION)
SDR_ATTR(VIEW, DEFINITION, "definition", QUERY, NULL, 0, BREAKING, SDR_ATTR_SHOWN, "query")
SDR_ATTR(VIEW, SECURITY_INVOKER, "security_invoker", BOOL, "false", 0, SECURITY, 0, "tables are read with the rights of the caller, so that their policies hold")
SDR_ATTR(VIEW, SECURITY_BARRIER, "security_barrier", BOOL, "false", 0, SECURITY, 0, "conditions of the caller cannot see rows before the view's own")
SDR_ATTR(VIEW, CHECK_OPTION, "check_option", WORD, "null", 0, INTEGRITY, 0, "local or cascaded")
SDR_OWNED(VIEW)
SDR_GRANTABLE(VIEW)
SDR_COMMENTED(VIEW)
SDR_LABELLED(VIEW)

SDR_KIND(MATVIEW, "materialized view", "materialized_views", QUALIFIED, SDR_IN(SCHEMA), BREAKING, BEHAVIOUR, SDR_MATVIEW_DEFINITION)
SDR_ATTR(MATVIEW, DEFINITION, "definition", QUERY, NULL, 0, BREAKING, SDR_ATTR_SHOWN, "query")
SDR_ATTR(MATVIEW, POPULATED, "populated", BOOL, "true", 0, BREAKING, 0, "can be read")
SDR_ATTR(MATVIEW, OPTIONS, "options", MAP, "{}", 0, BEHAVIOUR, 0, "storage parameters")
SDR_ATTR(MATVIEW, ACCESS_METHOD, "access_method", TEXT, "null", 0, BEHAVIOUR, 0, "table access method")
SDR_ATTR(MATVIEW, TABLESPACE, "tablespace", TEXT, "null", 0, BEHAVIOUR, 0, "tablespace where it is not the database's own")
SDR_ATTR(MATVIEW, CLUSTER_ON, "cluster_on", TEXT, "null", 0, BEHAVIOUR, 0, "index that CLUSTER uses")
SDR_OWNED(MATVIEW)
SDR_GRANTABLE(MATVIEW)
SDR_COMMENTED(MATVIEW)
SDR_LABELLED(MATVIEW)

SDR_KIND(COLUMN, "column", "columns", COLUMN, SDR_IN(TABLE) | SDR_IN(VIEW) | SDR_IN(MATVIEW), BREAKING, BEHAVIOUR, SDR_COLUMN_TYPE)
SDR_ATTR(COLUMN, TYPE, "type", TYPE, NULL, 0, BREAKING, SDR_ATTR_SHOWN, "data type with its modifier")
SDR_ATTR(COLUMN, NOT_NULL, "not_null", BOOL, "false", 0, INTEGRITY, 0, "NOT NULL")
SDR_ATTR(COLUMN, NOT_NULL_VALIDATED, "not_null_validated", BOOL, "true", 180000, INTEGRITY, 0, "NOT NULL is known to hold for every row; false after NOT VALID")
SDR_ATTR(COLUMN, NOT_NULL_NO_INHERIT, "not_null_no_inherit", BOOL, "false", 180000, INTEGRITY, 0, "NOT NULL does not hold for tables that inherit")
SDR_ATTR(COLUMN, DEFAULT, "default", DEFAULT, "null", 0, BEHAVIOUR, 0, "default expression")
SDR_ATTR(COLUMN, GENERATED, "generated", GENERATED, "null", 0, BREAKING, 0, "expression of a generated column")
SDR_ATTR(COLUMN, VIRTUAL, "virtual", BOOL, "false", 180000, BEHAVIOUR, 0, "generated column is computed when read")
SDR_ATTR(COLUMN, IDENTITY_GENERATION, "identity.generation", WORD, "null", 0, BREAKING, SDR_ATTR_GROUP_SHORT, "always or by default")
SDR_ATTR(COLUMN, IDENTITY_START, "identity.start", INT, "1", 0, BEHAVIOUR, 0, "START value of the identity")
SDR_ATTR(COLUMN, IDENTITY_INCREMENT, "identity.increment", INT, "1", 0, BEHAVIOUR, 0, "INCREMENT of the identity")
SDR_ATTR(COLUMN, IDENTITY_MIN, "identity.min", INT, "1", 0, BEHAVIOUR, 0, "MINVALUE of the identity")
SDR_ATTR(COLUMN, IDENTITY_MAX, "identity.max", INT, "9223372036854775807", 0, INTEGRITY, 0, "MAXVALUE of the identity")
SDR_ATTR(COLUMN, IDENTITY_CACHE, "identity.cache", INT, "1", 0, BEHAVIOUR, 0, "CACHE of the identity")
SDR_ATTR(COLUMN, IDENTITY_CYCLE, "identity.cycle", BOOL, "false", 0, INTEGRITY, 0, "CYCLE of the identity")
SDR_ATTR(COLUMN, COLLATION, "collation", TEXT, "null", 0, BEHAVIOUR, 0, "collation where it is not the type's own")
SDR_ATTR(COLUMN, POSITION, "position", POSITION, NULL, 0, COSMETIC, 0, "place among the columns, from 1")
SDR_ATTR(COLUMN, STORAGE, "storage", WORD, NULL, 0, BEHAVIOUR, 0, "plain, external, extended or main")
SDR_ATTR(COLUMN, COMPRESSION, "compression", WORD, "null", 0, BEHAVIOUR, 0, "pglz or lz4")
SDR_ATTR(COLUMN, STATISTICS, "statistics", INT, "null", 0, BEHAVIOUR, 0, "statistics target")
SDR_ATTR(COLUMN, OPTIONS, "options", MAP, "{}", 0, BEHAVIOUR, 0, "n_distinct and the like")
SDR_ATTR(COLUMN, FOREIGN_OPTIONS, "foreign_options", MAP, "{}", 0, BEHAVIOUR, 0, "OPTIONS of a foreign table's column")
SDR_ATTR(COLUMN, INHERITED, "inherited", BOOL, "false", 0, COSMETIC, 0, "comes from a parent table")
SDR_ATTR(COLUMN, PRIVILEGES, "privileges", PRIVILEGES, "{}", 0, SECURITY, 0, "what each role may beyond its privileges on the table, with * where it may pass that on")
SDR_COMMENTED(COLUMN)
SDR_LABELLED(COLUMN)

SDR_KIND(CONSTRAINT, "constraint", "constraints", ON_TABLE, SDR_IN(TABLE), INTEGRITY, INTEGRITY, 0)
SDR_ATTR(CONSTRAINT, TYPE, "type", WORD, NULL, 0, INTEGRITY, SDR_ATTR_SHOWN, "primary key, unique, foreign key, check or exclusion")
SDR_ATTR(CONSTRAINT, COLUMNS, "columns", LIST, "[]", 0, INTEGRITY, 0, "key columns in order")
SDR_ATTR(CONSTRAINT, INCLUDE, "include", LIST, "[]", 0, BEHAVIOUR, 0, "INCLUDE columns")
SDR_ATTR(CONSTRAINT, NULLS_NOT_DISTINCT, "nulls_not_distinct", BOOL, "false", 0, INTEGRITY, 0, "unique, and two nulls are equal")
SDR_ATTR(CONSTRAINT, WITHOUT_OVERLAPS, "without_overlaps", BOOL, "false", 180000, INTEGRITY, 0, "the last key column is a range or PERIOD")
SDR_ATTR(CONSTRAINT, EXPRESSION, "expression", CONDITION, "null", 0, INTEGRITY, 0, "condition of a check constraint")
SDR_ATTR(CONSTRAINT, REFERENCES_SCHEMA, "references.schema", TEXT, "null", 0, INTEGRITY, 0, "schema of the referenced table")
SDR_ATTR(CONSTRAINT, REFERENCES_TABLE, "references.table", TEXT, "null", 0, INTEGRITY, 0, "referenced table")
SDR_ATTR(CONSTRAINT, REFERENCES_COLUMNS, "references.columns", LIST, "[]", 0, INTEGRITY, 0, "referenced columns in order")
SDR_ATTR(CONSTRAINT, ON_DELETE, "on_delete", WORD, "no action", 0, INTEGRITY, 0, "no action, restrict, cascade, set null or set default")
SDR_ATTR(CONSTRAINT, ON_DELETE_COLUMNS, "on_delete_columns", LIST, "[]", 0, INTEGRITY, 0, "columns that ON DELETE sets, when not all")
SDR_ATTR(CONSTRAINT, ON_UPDATE, "on_update", WORD, "no action", 0, INTEGRITY, 0, "no action, restrict, cascade, set null or set default")
SDR_ATTR(CONSTRAINT, MATCH, "match", WORD, "simple", 0, INTEGRITY, 0, "simple or full")
SDR_ATTR(CONSTRAINT, METHOD, "method", TEXT, "null", 0, BEHAVIOUR, 0, "index method of an exclusion constraint")
SDR_ATTR(CONSTRAINT, KEYS, "keys", KEYS, "[]", 0, INTEGRITY, 0, "elements of an exclusion constraint")
SDR_ATTR(CONSTRAINT, OPERATORS, "operators", LIST, "[]", 0, INTEGRITY, 0, "operator for each element of an exclusion constraint")
SDR_ATTR(CONSTRAINT, WHERE, "where", CONDITION, "null", 0, INTEGRITY, 0, "predicate of an exclusion constraint")
SDR_ATTR(CONSTRAINT, DEFERRABLE, "deferrable", BOOL, "false", 0, BEHAVIOUR, 0, "DEFERRABLE")
SDR_ATTR(CONSTRAINT, INITIALLY_DEFERRED, "initially_deferred", BOOL, "false", 0, BEHAVIOUR, 0, "INITIALLY DEFERRED")
SDR_ATTR(CONSTRAINT, VALIDATED, "validated", BOOL, "true", 0, INTEGRITY, 0, "known to hold for every row; false after NOT VALID")
SDR_ATTR(CONSTRAINT, ENFORCED, "enforced", BOOL, "true", 180000, INTEGRITY, 0, "checked at all; false after NOT ENFORCED")
SDR_ATTR(CONSTRAINT, NO_INHERIT, "no_inherit", BOOL, "false", 0, INTEGRITY, 0, "NO INHERIT")
SDR_ATTR(CONSTRAINT, INHERITED, "inherited", BOOL, "false", 0, COSMETIC, 0, "comes from a parent table")
SDR_ATTR(CONSTRAINT, OPTIONS, "options", MAP, "{}", 0, BEHAVIOUR, 0, "storage parameters of the index behind it")
SDR_ATTR(CONSTRAINT, TABLESPACE, "tablespace", TEXT, "null", 0, BEHAVIOUR, 0, "tablespace of the index behind it")
SDR_COMMENTED(CONSTRAINT)

SDR_KIND(INDEX, "index", "indexes", IN_SCHEMA, SDR_IN(TABLE) | SDR_IN(MATVIEW), BEHAVIOUR, BEHAVIOUR, SDR_INDEX_KEYS)
SDR_ATTR(INDEX, KEYS, "keys", KEYS, NULL, 0, BEHAVIOUR, SDR_ATTR_SHOWN, "key columns and expressions in order, with collation, operator class and order where not the default")
SDR_ATTR(INDEX, UNIQUE, "unique", BOOL, "false", 0, INTEGRITY, SDR_ATTR_RAISES, "unique")
SDR_ATTR(INDEX, NULLS_NOT_DISTINCT, "nulls_not_distinct", BOOL, "false", 0, INTEGRITY, 0, "unique, and two nulls are equal")
SDR_ATTR(INDEX, METHOD, "method", TEXT, "btree", 0, BEHAVIOUR, 0, "access method")
SDR_ATTR(INDEX, INCLUDE, "include", LIST, "[]", 0, BEHAVIOUR, 0, "INCLUDE columns")
SDR_ATTR(INDEX, WHERE, "where", CONDITION, "null", 0, BEHAVIOUR, 0, "predicate of a partial index")
SDR_ATTR(INDEX, OPTIONS, "options", MAP, "{}", 0, BEHAVIOUR, 0, "storage parameters")
SDR_ATTR(INDEX, PARTITION_OF, "partition_of", TEXT, "null", 0, BEHAVIOUR, 0, "index of the partitioned table that this one is attached to")
SDR_ATTR(INDEX, VALID, "valid", BOOL, "true", 0, INTEGRITY, 0, "usable; false after a failed CREATE INDEX CONCURRENTLY")
SDR_ATTR(INDEX, STATISTICS, "statistics", MAP, "{}", 0, BEHAVIOUR, 0, "statistics target of each expression, by position")
SDR_ATTR(INDEX, TABLESPACE, "tablespace", TEXT, "null", 0, BEHAVIOUR, 0, "tablespace where it is not the database's own")
SDR_COMMENTED(INDEX)

SDR_KIND(TRIGGER, "trigger", "triggers", ON_TABLE, SDR_IN(TABLE) | SDR_IN(VIEW), INTEGRITY, BEHAVIOUR, 0)
SDR_ATTR(TRIGGER, FUNCTION, "function", TEXT, NULL, 0, INTEGRITY, SDR_ATTR_SHOWN, "function that it calls")
SDR_ATTR(TRIGGER, TIMING, "timing", WORD, NULL, 0, INTEGRITY, 0, "before, after or instead of")
SDR_ATTR(TRIGGER, EVENTS, "events", LIST, NULL, 0, INTEGRITY, 0, "insert, update, delete, truncate")
SDR_ATTR(TRIGGER, COLUMNS, "columns", LIST, "[]", 0, INTEGRITY, 0, "columns of UPDATE OF")
SDR_ATTR(TRIGGER, FOR_EACH, "for_each", WORD, "statement", 0, INTEGRITY, 0, "row or statement")
SDR_ATTR(TRIGGER, WHEN, "when", WHEN, "null", 0, INTEGRITY, 0, "condition over OLD and NEW")
SDR_ATTR(TRIGGER, OLD_TABLE, "old_table", TEXT, "null", 0, BEHAVIOUR, 0, "transition table of old rows")
SDR_ATTR(TRIGGER, NEW_TABLE, "new_table", TEXT, "null", 0, BEHAVIOUR, 0, "transition table of new rows")
SDR_ATTR(TRIGGER, ARGUMENTS, "arguments", LIST, "[]", 0, BEHAVIOUR, 0, "arguments of the function")
SDR_ATTR(TRIGGER, CONSTRAINT, "constraint", BOOL, "false", 0, BEHAVIOUR, 0, "constraint trigger")
SDR_ATTR(TRIGGER, REFERENCES, "from", TEXT, "null", 0, BEHAVIOUR, 0, "table that a constraint trigger refers to")
SDR_ATTR(TRIGGER, DEFERRABLE, "deferrable", BOOL, "false", 0, BEHAVIOUR, 0, "DEFERRABLE")
SDR_ATTR(TRIGGER, INITIALLY_DEFERRED, "initially_deferred", BOOL, "false", 0, BEHAVIOUR, 0, "INITIALLY DEFERRED")
SDR_ATTR(TRIGGER, ENABLED, "enabled", WORD, "origin", 0, INTEGRITY, 0, "origin, disabled, replica or always")
SDR_ATTR(TRIGGER, INHERITED, "inherited", BOOL, "false", 0, COSMETIC, 0, "comes from the partitioned table")
SDR_COMMENTED(TRIGGER)

SDR_KIND(RULE, "rule", "rules", ON_TABLE, SDR_IN(TABLE) | SDR_IN(VIEW), INTEGRITY, BEHAVIOUR, 0)
SDR_ATTR(RULE, EVENT, "event", WORD, NULL, 0, INTEGRITY, SDR_ATTR_SHOWN, "select, insert, update or delete")
SDR_ATTR(RULE, INSTEAD, "instead", BOOL, "false", 0, INTEGRITY, 0, "DO INSTEAD")
SDR_ATTR(RULE, DEFINITION, "definition", STATEMENT, NULL, 0, INTEGRITY, 0, "the whole CREATE RULE statement")
SDR_ATTR(RULE, ENABLED, "enabled", WORD, "origin", 0, INTEGRITY, 0, "origin, disabled, replica or always")
SDR_COMMENTED(RULE)

SDR_KIND(POLICY, "policy", "policies", ON_TABLE, SDR_IN(TABLE), SECURITY, SECURITY, 0)
SDR_ATTR(POLICY, COMMAND, "command", WORD, "all", 0, SECURITY, SDR_ATTR_SHOWN, "all, select, insert, update or delete")
SDR_ATTR(POLICY, PERMISSIVE, "permissive", BOOL, "true", 0, SECURITY, 0, "one of those that let rows through, or one that all must pass")
SDR_ATTR(POLICY, ROLES, "roles", LIST, NULL, 0, SECURITY, 0, "roles that it is for, public for all")
SDR_ATTR(POLICY, USING, "using", POLICY, "null", 0, SECURITY, 0, "condition for rows that are there")
SDR_ATTR(POLICY, CHECK, "check", POLICY, "null", 0, SECURITY, 0, "condition for new rows")
SDR_COMMENTED(POLICY)

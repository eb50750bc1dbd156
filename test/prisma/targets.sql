-- What mutations.cases chooses from: the objects of the schema under test.
-- Temporary views, which neither Prisma nor the check looks at.
SET client_min_messages = error;

CREATE TEMP VIEW target_schema AS
	SELECT oid, nspname, format('%I', nspname) AS sql FROM pg_namespace
	WHERE nspname !~ '^pg_' AND nspname NOT IN ('information_schema', 'schemadrift');

CREATE TEMP VIEW target_table AS
	SELECT c.oid, n.nspname, c.relname, n.sql AS schema_sql, format('%I.%I', n.nspname, c.relname) AS sql,
		format('%I', c.relname) AS name_sql
	FROM pg_class c JOIN target_schema n ON n.oid = c.relnamespace
	WHERE c.relkind = 'r'
		AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = c.oid AND classid = 'pg_class'::regclass AND deptype = 'e');

CREATE TEMP VIEW target_column AS
	SELECT t.oid AS table_oid, t.sql AS table_sql, t.nspname, t.relname, a.attnum, a.attname,
		format('%I', a.attname) AS sql, y.typname, y.typtype, y.typcategory, a.atttypmod,
		format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull,
		pg_get_expr(d.adbin, d.adrelid) AS dflt,
		EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = t.oid AND a.attnum = ANY (k.conkey) AND k.contype = 'p')
			AS in_primary_key,
		EXISTS (SELECT FROM pg_constraint k WHERE k.contype = 'f'
			AND (k.conrelid = t.oid AND a.attnum = ANY (k.conkey) OR k.confrelid = t.oid AND a.attnum = ANY (k.confkey)))
			AS in_foreign_key,
		EXISTS (SELECT FROM pg_depend e WHERE e.refclassid = 'pg_class'::regclass AND e.refobjid = t.oid AND e.refobjsubid = a.attnum
			AND e.classid = 'pg_class'::regclass AND e.objid IN (SELECT indexrelid FROM pg_index WHERE indrelid = t.oid)
			OR e.refobjid = t.oid AND e.refobjsubid = a.attnum AND e.classid = 'pg_constraint'::regclass) AS in_index,
		EXISTS (SELECT FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am m ON m.oid = c.relam
			WHERE i.indrelid = t.oid AND a.attnum = ANY (i.indkey) AND m.amname = 'brin') AS in_brin
	FROM target_table t
	JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
	JOIN pg_type y ON y.oid = a.atttypid
	LEFT JOIN pg_attrdef d ON d.adrelid = t.oid AND d.adnum = a.attnum;

CREATE TEMP VIEW target_index AS
	SELECT i.indexrelid AS oid, t.oid AS table_oid, t.sql AS table_sql, t.nspname, c.relname,
		format('%I.%I', t.nspname, c.relname) AS sql, format('%I', c.relname) AS name_sql,
		i.indisunique, i.indisprimary, i.indnkeyatts, i.indkey::int2[] AS keys, m.amname,
		i.indpred IS NOT NULL AS partial, pg_get_indexdef(i.indexrelid) AS def
	FROM target_table t
	JOIN pg_index i ON i.indrelid = t.oid
	JOIN pg_class c ON c.oid = i.indexrelid
	JOIN pg_am m ON m.oid = c.relam;

CREATE TEMP VIEW target_constraint AS
	SELECT k.oid, t.oid AS table_oid, t.sql AS table_sql, t.nspname, t.relname, k.conname,
		format('%I', k.conname) AS sql, k.contype, k.confdeltype, k.confupdtype, k.conkey,
		pg_get_constraintdef(k.oid) AS def
	FROM target_table t
	JOIN pg_constraint k ON k.conrelid = t.oid;

CREATE TEMP VIEW target_enum AS
	SELECT y.oid, n.nspname, y.typname, format('%I.%I', n.nspname, y.typname) AS sql,
		(SELECT array_agg(enumlabel::text ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = y.oid) AS labels
	FROM pg_type y JOIN target_schema n ON n.oid = y.typnamespace
	WHERE y.typtype = 'e';

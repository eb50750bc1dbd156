--
-- Constraints: missing, unexpected, and every attribute.
--
\pset format unaligned
\pset tuples_only on
\pset null -
\set cols 'drift, kind, identity, attribute, expected, actual, severity'
\set check 'SELECT drift, kind, identity, attribute, expected, actual, severity FROM schemadrift_check(:''doc'')'

CREATE SCHEMA regress_check_constraint;
CREATE SCHEMA regress_check_constraint_2;
SET search_path = regress_check_constraint;
SET client_min_messages = warning;

CREATE TABLE ref (a int NOT NULL, b int NOT NULL, c int,
	CONSTRAINT ref_pkey PRIMARY KEY (a, b),
	CONSTRAINT ref_key UNIQUE (b, a));
CREATE TABLE ref2 (a int NOT NULL, b int NOT NULL, CONSTRAINT ref2_pkey PRIMARY KEY (a, b));
CREATE TABLE t (id int NOT NULL, a int DEFAULT 0, b int, "C c" text, r int4range, n numeric,
	CONSTRAINT t_pkey PRIMARY KEY (id),
	CONSTRAINT "t Unique" UNIQUE (a, "C c"),
	CONSTRAINT t_fkey FOREIGN KEY (a, b) REFERENCES ref (a, b),
	CONSTRAINT t_check CHECK (n > 0),
	CONSTRAINT t_excl EXCLUDE USING gist (r WITH &&));

SELECT schemadrift_snapshot('{regress_check_constraint}') AS doc \gset
:check;

-- missing
ALTER TABLE t DROP CONSTRAINT t_pkey, DROP CONSTRAINT "t Unique",
	DROP CONSTRAINT t_fkey, DROP CONSTRAINT t_check, DROP CONSTRAINT t_excl;
:check;
ALTER TABLE t ADD CONSTRAINT t_pkey PRIMARY KEY (id),
	ADD CONSTRAINT "t Unique" UNIQUE (a, "C c"),
	ADD CONSTRAINT t_fkey FOREIGN KEY (a, b) REFERENCES ref (a, b),
	ADD CONSTRAINT t_check CHECK (n > 0),
	ADD CONSTRAINT t_excl EXCLUDE USING gist (r WITH &&);
:check;

-- unexpected
ALTER TABLE t ADD CONSTRAINT x1 UNIQUE (b), ADD CONSTRAINT x2 CHECK (b > a),
	ADD CONSTRAINT x3 FOREIGN KEY (a, b) REFERENCES ref2,
	ADD CONSTRAINT x4 EXCLUDE USING btree (id WITH =);
:check;
ALTER TABLE t DROP CONSTRAINT x1, DROP CONSTRAINT x2, DROP CONSTRAINT x3, DROP CONSTRAINT x4;
:check;

-- renamed
ALTER TABLE t RENAME CONSTRAINT t_check TO "t Check";
:check;
ALTER TABLE t RENAME CONSTRAINT "t Check" TO t_check;

-- a unique index is no constraint
ALTER TABLE t DROP CONSTRAINT "t Unique";
CREATE UNIQUE INDEX "t Unique" ON t (a, "C c");
:check;
ALTER TABLE t ADD CONSTRAINT "t Unique" UNIQUE USING INDEX "t Unique";
:check;

-- type
ALTER TABLE t DROP CONSTRAINT t_pkey;
ALTER TABLE t ADD CONSTRAINT t_pkey UNIQUE (id);
:check;
ALTER TABLE t DROP CONSTRAINT t_pkey;
ALTER TABLE t ADD CONSTRAINT t_pkey CHECK (id > 0);
:check;
ALTER TABLE t DROP CONSTRAINT t_pkey;
ALTER TABLE t ADD CONSTRAINT t_pkey PRIMARY KEY (id);
:check;

-- columns
ALTER TABLE t DROP CONSTRAINT "t Unique";
ALTER TABLE t ADD CONSTRAINT "t Unique" UNIQUE ("C c", a);
:check;
ALTER TABLE t DROP CONSTRAINT "t Unique";
ALTER TABLE t ADD CONSTRAINT "t Unique" UNIQUE (a);
:check;
ALTER TABLE t DROP CONSTRAINT t_fkey;
ALTER TABLE t ADD CONSTRAINT t_fkey FOREIGN KEY (b, a) REFERENCES ref (a, b);
:check;
ALTER TABLE t DROP CONSTRAINT t_pkey;
ALTER TABLE t ADD CONSTRAINT t_pkey PRIMARY KEY (id, a);
:check;
ALTER TABLE t DROP CONSTRAINT t_pkey, DROP CONSTRAINT "t Unique", DROP CONSTRAINT t_fkey;
ALTER TABLE t ALTER COLUMN a DROP NOT NULL;
ALTER TABLE t ADD CONSTRAINT t_pkey PRIMARY KEY (id),
	ADD CONSTRAINT "t Unique" UNIQUE (a, "C c"),
	ADD CONSTRAINT t_fkey FOREIGN KEY (a, b) REFERENCES ref (a, b);
:check;
-- a column under a new name
ALTER TABLE t RENAME COLUMN "C c" TO c;
SELECT :cols FROM schemadrift_check(:'doc') WHERE kind = 'constraint';
ALTER TABLE t RENAME COLUMN c TO "C c";
:check;

-- include
ALTER TABLE t DROP CONSTRAINT "t Unique";
ALTER TABLE t ADD CONSTRAINT "t Unique" UNIQUE (a, "C c") INCLUDE (n, b);
:check;
SELECT schemadrift_snapshot('{regress_check_constraint}') AS doc2 \gset
ALTER TABLE t DROP CONSTRAINT "t Unique";
ALTER TABLE t ADD CONSTRAINT "t Unique" UNIQUE (a, "C c") INCLUDE (b);
SELECT :cols FROM schemadrift_check(:'doc2');
ALTER TABLE t DROP CONSTRAINT "t Unique";
ALTER TABLE t ADD CONSTRAINT "t Unique" UNIQUE (a, "C c");
SELECT :cols FROM schemadrift_check(:'doc2');
:check;

-- nulls_not_distinct
ALTER TABLE t DROP CONSTRAINT "t Unique";
ALTER TABLE t ADD CONSTRAINT "t Unique" UNIQUE NULLS NOT DISTINCT (a, "C c");
:check;
SELECT schemadrift_snapshot('{regress_check_constraint}') AS doc2 \gset
ALTER TABLE t DROP CONSTRAINT "t Unique";
ALTER TABLE t ADD CONSTRAINT "t Unique" UNIQUE (a, "C c");
:check;
SELECT :cols FROM schemadrift_check(:'doc2');

-- expression
ALTER TABLE t DROP CONSTRAINT t_check;
ALTER TABLE t ADD CONSTRAINT t_check CHECK (n >= 0);
:check;
ALTER TABLE t DROP CONSTRAINT t_check;
ALTER TABLE t ADD CONSTRAINT t_check CHECK (n > 0 AND "C c" <> 'it''s' AND t.* IS NOT NULL AND tableoid > 0);
:check;
SELECT schemadrift_snapshot('{regress_check_constraint}') AS doc2 \gset
SELECT :cols FROM schemadrift_check(:'doc2');
ALTER TABLE t DROP CONSTRAINT t_check;
ALTER TABLE t ADD CONSTRAINT t_check CHECK (n > 0);
:check;

-- references
ALTER TABLE t DROP CONSTRAINT t_fkey;
ALTER TABLE t ADD CONSTRAINT t_fkey FOREIGN KEY (a, b) REFERENCES ref2;
:check;
ALTER TABLE t DROP CONSTRAINT t_fkey;
ALTER TABLE t ADD CONSTRAINT t_fkey FOREIGN KEY (a, b) REFERENCES ref (b, a);
:check;
ALTER TABLE t DROP CONSTRAINT t_fkey;
ALTER TABLE t ADD CONSTRAINT t_fkey FOREIGN KEY (a, b) REFERENCES ref;
:check;
ALTER TABLE ref SET SCHEMA regress_check_constraint_2;
SELECT :cols FROM schemadrift_check(:'doc');
ALTER TABLE regress_check_constraint_2.ref SET SCHEMA regress_check_constraint;
ALTER TABLE ref RENAME TO "Ref";
SELECT :cols FROM schemadrift_check(:'doc') WHERE kind = 'constraint';
ALTER TABLE "Ref" RENAME TO ref;
ALTER TABLE ref RENAME COLUMN b TO "B";
SELECT :cols FROM schemadrift_check(:'doc') WHERE kind = 'constraint';
ALTER TABLE ref RENAME COLUMN "B" TO b;
:check;

-- on_delete, on_delete_columns, on_update, match
ALTER TABLE t DROP CONSTRAINT t_fkey;
ALTER TABLE t ADD CONSTRAINT t_fkey FOREIGN KEY (a, b) REFERENCES ref ON DELETE CASCADE ON UPDATE RESTRICT;
:check;
ALTER TABLE t DROP CONSTRAINT t_fkey;
ALTER TABLE t ADD CONSTRAINT t_fkey FOREIGN KEY (a, b) REFERENCES ref ON DELETE SET NULL ON UPDATE SET DEFAULT;
:check;
ALTER TABLE t DROP CONSTRAINT t_fkey;
ALTER TABLE t ADD CONSTRAINT t_fkey FOREIGN KEY (a, b) REFERENCES ref ON DELETE SET DEFAULT (b, a) ON UPDATE CASCADE;
:check;
SELECT schemadrift_snapshot('{regress_check_constraint}') AS doc2 \gset
ALTER TABLE t DROP CONSTRAINT t_fkey;
ALTER TABLE t ADD CONSTRAINT t_fkey FOREIGN KEY (a, b) REFERENCES ref ON DELETE SET DEFAULT (b) ON UPDATE CASCADE;
SELECT :cols FROM schemadrift_check(:'doc2');
ALTER TABLE t DROP CONSTRAINT t_fkey;
ALTER TABLE t ADD CONSTRAINT t_fkey FOREIGN KEY (a, b) REFERENCES ref ON DELETE SET DEFAULT ON UPDATE SET NULL;
SELECT :cols FROM schemadrift_check(:'doc2');
ALTER TABLE t DROP CONSTRAINT t_fkey;
ALTER TABLE t ADD CONSTRAINT t_fkey FOREIGN KEY (a, b) REFERENCES ref MATCH FULL ON DELETE RESTRICT;
:check;
ALTER TABLE t DROP CONSTRAINT t_fkey;
ALTER TABLE t ADD CONSTRAINT t_fkey FOREIGN KEY (a, b) REFERENCES ref ON DELETE NO ACTION ON UPDATE NO ACTION;
:check;

-- method, keys, operators, where
ALTER TABLE t DROP CONSTRAINT t_excl;
ALTER TABLE t ADD CONSTRAINT t_excl EXCLUDE USING gist (r WITH =);
:check;
ALTER TABLE t DROP CONSTRAINT t_excl;
ALTER TABLE t ADD CONSTRAINT t_excl EXCLUDE USING spgist (r WITH &&);
:check;
ALTER TABLE t DROP CONSTRAINT t_excl;
ALTER TABLE t ADD CONSTRAINT t_excl EXCLUDE USING gist (int4range(a, b) WITH &&, r WITH -|-);
:check;
ALTER TABLE t DROP CONSTRAINT t_excl;
ALTER TABLE t ADD CONSTRAINT t_excl EXCLUDE USING gist (r WITH &&) WHERE (n > 0 AND b = 1);
:check;
SELECT schemadrift_snapshot('{regress_check_constraint}') AS doc2 \gset
ALTER TABLE t DROP CONSTRAINT t_excl;
ALTER TABLE t ADD CONSTRAINT t_excl EXCLUDE USING gist (r WITH &&) WHERE (n > 0);
SELECT :cols FROM schemadrift_check(:'doc2');
ALTER TABLE t DROP CONSTRAINT t_excl;
ALTER TABLE t ADD CONSTRAINT t_excl EXCLUDE USING btree ("C c" COLLATE "C" text_pattern_ops DESC WITH =);
:check;
-- an operator and an operator class of one's own
CREATE OPERATOR === (LEFTARG = int4, RIGHTARG = int4, FUNCTION = int4eq, COMMUTATOR = ===);
CREATE OPERATOR CLASS own_ops FOR TYPE int4 USING btree AS
	OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 ===, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 btint4cmp(int4, int4);
ALTER TABLE t DROP CONSTRAINT t_excl;
ALTER TABLE t ADD CONSTRAINT t_excl EXCLUDE USING btree (a own_ops WITH ===, b WITH =);
:check;
ALTER TABLE t DROP CONSTRAINT t_excl;
DROP OPERATOR FAMILY own_ops USING btree;
DROP OPERATOR === (int4, int4);
ALTER TABLE t ADD CONSTRAINT t_excl EXCLUDE USING gist (r WITH &&);
:check;

-- deferrable, initially_deferred
ALTER TABLE t ALTER CONSTRAINT t_fkey DEFERRABLE;
:check;
ALTER TABLE t ALTER CONSTRAINT t_fkey DEFERRABLE INITIALLY DEFERRED;
:check;
ALTER TABLE t ALTER CONSTRAINT t_fkey NOT DEFERRABLE;
:check;
ALTER TABLE t DROP CONSTRAINT t_pkey, DROP CONSTRAINT "t Unique", DROP CONSTRAINT t_excl;
ALTER TABLE t ADD CONSTRAINT t_pkey PRIMARY KEY (id) DEFERRABLE,
	ADD CONSTRAINT "t Unique" UNIQUE (a, "C c") INITIALLY DEFERRED,
	ADD CONSTRAINT t_excl EXCLUDE USING gist (r WITH &&) DEFERRABLE INITIALLY IMMEDIATE;
:check;
SELECT schemadrift_snapshot('{regress_check_constraint}') AS doc2 \gset
ALTER TABLE t DROP CONSTRAINT t_pkey, DROP CONSTRAINT "t Unique", DROP CONSTRAINT t_excl;
ALTER TABLE t ADD CONSTRAINT t_pkey PRIMARY KEY (id),
	ADD CONSTRAINT "t Unique" UNIQUE (a, "C c"),
	ADD CONSTRAINT t_excl EXCLUDE USING gist (r WITH &&);
:check;
SELECT :cols FROM schemadrift_check(:'doc2');

-- validated
ALTER TABLE t DROP CONSTRAINT t_check, DROP CONSTRAINT t_fkey;
ALTER TABLE t ADD CONSTRAINT t_check CHECK (n > 0) NOT VALID,
	ADD CONSTRAINT t_fkey FOREIGN KEY (a, b) REFERENCES ref NOT VALID;
:check;
SELECT schemadrift_snapshot('{regress_check_constraint}') AS doc2 \gset
ALTER TABLE t VALIDATE CONSTRAINT t_check;
ALTER TABLE t VALIDATE CONSTRAINT t_fkey;
:check;
SELECT :cols FROM schemadrift_check(:'doc2');

-- no_inherit
ALTER TABLE t DROP CONSTRAINT t_check;
ALTER TABLE t ADD CONSTRAINT t_check CHECK (n > 0) NO INHERIT;
:check;
SELECT schemadrift_snapshot('{regress_check_constraint}') AS doc2 \gset
ALTER TABLE t DROP CONSTRAINT t_check;
ALTER TABLE t ADD CONSTRAINT t_check CHECK (n > 0);
:check;
SELECT :cols FROM schemadrift_check(:'doc2');

-- inherited
CREATE TABLE parent (n int, CONSTRAINT p_check CHECK (n <> 5), CONSTRAINT p_own CHECK (n <> 6) NO INHERIT);
CREATE TABLE child (CONSTRAINT c_check CHECK (n <> 7)) INHERITS (parent);
SELECT schemadrift_snapshot('{regress_check_constraint}') AS doc \gset
ALTER TABLE child NO INHERIT parent;
SELECT :cols FROM schemadrift_check(:'doc') WHERE kind = 'constraint';
ALTER TABLE child INHERIT parent;
:check;
SELECT schemadrift_snapshot('{regress_check_constraint}') AS doc2 \gset
ALTER TABLE parent DROP CONSTRAINT p_check;
ALTER TABLE child DROP CONSTRAINT IF EXISTS p_check;
ALTER TABLE child ADD CONSTRAINT p_check CHECK (n <> 5);
:check;
ALTER TABLE parent ADD CONSTRAINT p_check CHECK (n <> 5);
:check;

-- options: storage parameters of the index
ALTER INDEX t_pkey SET (fillfactor = 60);
ALTER INDEX "t Unique" SET (deduplicate_items = off);
ALTER INDEX t_excl SET (buffering = off);
:check;
SELECT schemadrift_snapshot('{regress_check_constraint}') AS doc2 \gset
ALTER INDEX t_pkey SET (fillfactor = 70);
ALTER INDEX "t Unique" RESET (deduplicate_items);
SELECT :cols FROM schemadrift_check(:'doc2');
ALTER INDEX t_pkey RESET (fillfactor);
ALTER INDEX t_excl RESET (buffering);
:check;

-- NOT NULL is an attribute of its column, not a constraint, on every version.
SELECT DISTINCT definition->'constraints'->'t_pkey', definition->'columns'->'id'
  FROM schemadrift_objects('{regress_check_constraint}') WHERE object_name = 't';
-- Constraint triggers are triggers.
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE CONSTRAINT TRIGGER trig AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION f();
SELECT :cols FROM schemadrift_check(:'doc') WHERE kind = 'constraint';
DROP FUNCTION f CASCADE;
:check;

-- By hand.
SELECT :cols FROM schemadrift_check('{"schemas": {"regress_check_constraint": {"tables": {"t": {"constraints": {
	"t_pkey": {}, "nope": null,
	"t Unique": {"type": "UNIQUE", "columns": ["a", "C c"], "nulls_not_distinct": false, "include": []},
	"t_fkey": {"type": "Foreign Key", "references": {"table": "ref"}, "on_delete": "NO ACTION", "match": "simple"},
	"t_check": {"expression": "n > 0", "validated": true},
	"t_excl": {"method": "gist", "keys": ["r"], "operators": ["&&"], "where": null}}}}}}}');
SELECT :cols FROM schemadrift_check('{"schemas": {"regress_check_constraint": {"tables": {"t": {"constraints": {
	"t_pkey": null, "nope": {"type": "unique", "columns": ["a"]},
	"t Unique": {"type": "primary key", "columns": ["C c"]},
	"t_fkey": {"references": null, "on_update": "cascade", "match": "full", "on_delete_columns": ["a"]},
	"t_check": {"expression": "n > 1", "references": {"columns": ["x"]}, "deferrable": true, "no_inherit": true},
	"t_excl": {"method": "btree", "keys": ["a", "b"], "operators": [], "where": "n > 0"}}}}}}}');
-- exact
SELECT :cols FROM schemadrift_check('{"exact": true, "schemas": {"regress_check_constraint": {"tables": {"t": {
	"exact": false, "constraints": {
	"t_pkey": {"exact": true, "type": "primary key"},
	"t_fkey": {"exact": true, "type": "foreign key"}, "t_check": {"exact": true, "type": "check"},
	"t_excl": {"exact": true, "type": "exclusion"}}}}}}}');

DROP SCHEMA regress_check_constraint, regress_check_constraint_2 CASCADE;

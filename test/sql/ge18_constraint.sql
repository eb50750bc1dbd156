--
-- Constraints as PostgreSQL 18 has them: WITHOUT OVERLAPS, PERIOD, NOT
-- ENFORCED.  Runs after the schedule, so it brings its own extension.
--
\pset format unaligned
\pset tuples_only on
\pset null -
\set cols 'drift, kind, identity, attribute, expected, actual, severity'
\set check 'SELECT drift, kind, identity, attribute, expected, actual, severity FROM schemadrift_check(:''doc'')'
SET client_min_messages = warning;
CREATE EXTENSION schemadrift;
CREATE SCHEMA regress_ge18_constraint;
SET search_path = regress_ge18_constraint;

CREATE TABLE t (id int4range NOT NULL, during daterange NOT NULL, n int,
	CONSTRAINT t_key UNIQUE (id, during),
	CONSTRAINT t_pkey PRIMARY KEY (id, during WITHOUT OVERLAPS),
	CONSTRAINT t_check CHECK (n > 0));
CREATE TABLE r (id int4range, during daterange, n int,
	CONSTRAINT r_fkey FOREIGN KEY (id, PERIOD during) REFERENCES t (id, PERIOD during));
SELECT object_name, definition->'constraints', definition->'indexes' FROM schemadrift_objects('{regress_ge18_constraint}') WHERE kind = 'table';
SELECT schemadrift_snapshot('{regress_ge18_constraint}') AS doc \gset
:check;

-- without_overlaps
ALTER TABLE r DROP CONSTRAINT r_fkey;
ALTER TABLE t DROP CONSTRAINT t_pkey, DROP CONSTRAINT t_key;
ALTER TABLE t ADD CONSTRAINT t_pkey PRIMARY KEY (id, during);
ALTER TABLE r ADD CONSTRAINT r_fkey FOREIGN KEY (id, during) REFERENCES t (id, during);
ALTER TABLE t ADD CONSTRAINT t_key UNIQUE (id, during WITHOUT OVERLAPS);
:check;
ALTER TABLE r DROP CONSTRAINT r_fkey;
ALTER TABLE t DROP CONSTRAINT t_pkey, DROP CONSTRAINT t_key;
ALTER TABLE t ADD CONSTRAINT t_key UNIQUE (id, during), ADD CONSTRAINT t_pkey PRIMARY KEY (id, during WITHOUT OVERLAPS);
ALTER TABLE r ADD CONSTRAINT r_fkey FOREIGN KEY (id, PERIOD during) REFERENCES t (id, PERIOD during);
:check;

-- enforced: what is not enforced is not validated either
ALTER TABLE t DROP CONSTRAINT t_check;
ALTER TABLE t ADD CONSTRAINT t_check CHECK (n > 0) NOT ENFORCED;
ALTER TABLE r ADD CONSTRAINT r_fkey2 FOREIGN KEY (id, during) REFERENCES t (id, during) NOT ENFORCED;
:check;
SELECT schemadrift_snapshot('{regress_ge18_constraint}') AS doc2 \gset
SELECT :cols FROM schemadrift_check(:'doc2');
ALTER TABLE r ALTER CONSTRAINT r_fkey2 ENFORCED;
SELECT :cols FROM schemadrift_check(:'doc2');
ALTER TABLE r DROP CONSTRAINT r_fkey2;
ALTER TABLE t DROP CONSTRAINT t_check;
ALTER TABLE t ADD CONSTRAINT t_check CHECK (n > 0) NOT VALID;
:check;
ALTER TABLE t VALIDATE CONSTRAINT t_check;
:check;

-- By hand.
SELECT :cols FROM schemadrift_check('{"schemas": {"regress_ge18_constraint": {"tables": {"t": {"constraints": {
	"t_pkey": {"without_overlaps": true}, "t_key": {"without_overlaps": false}, "t_check": {"enforced": true}}}}}}}');
SELECT :cols FROM schemadrift_check('{"schemas": {"regress_ge18_constraint": {"tables": {"t": {"constraints": {
	"t_pkey": {"without_overlaps": false}, "t_key": {"without_overlaps": true}, "t_check": {"enforced": false}}}}}}}');
-- a document of a server that did not know them
SELECT :cols FROM schemadrift_check('{"server": 150000, "exact": true, "schemas": {"regress_ge18_constraint": {"tables": {"t": {"exact": false, "constraints": {
	"t_pkey": {"exact": true, "type": "primary key", "columns": ["id", "during"]}, "t_check": {"exact": true, "type": "check", "expression": "n > 0"}}}}}}}');

DROP SCHEMA regress_ge18_constraint CASCADE;
DROP EXTENSION schemadrift;

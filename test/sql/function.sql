--
-- Functions and procedures.  Each attribute alone is in test/matrix.
--
\pset format unaligned
\pset tuples_only on
\pset null -
\set cols 'drift, kind, identity, attribute, expected, actual, severity'
\set check 'SELECT drift, kind, identity, attribute, expected, actual, severity FROM schemadrift_check(:''doc'')'

SET client_min_messages = warning;
CREATE ROLE regress_function;
CREATE SCHEMA regress_function;
GRANT ALL ON SCHEMA regress_function TO regress_function;
SET search_path = regress_function;
SET ROLE regress_function;
CREATE DOMAIN amount AS numeric;
CREATE FUNCTION f(a int, b text DEFAULT 'x') RETURNS text STABLE LANGUAGE sql AS 'SELECT a || b';
CREATE FUNCTION f(int) RETURNS int IMMUTABLE STRICT LANGUAGE sql RETURN $1 + 1;
CREATE FUNCTION f(amount[], timestamptz) RETURNS SETOF amount LANGUAGE plpgsql ROWS 5 AS 'BEGIN RETURN; END';
CREATE FUNCTION admin() RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET work_mem = '1MB' AS 'BEGIN END';
REVOKE EXECUTE ON FUNCTION admin FROM PUBLIC;
CREATE PROCEDURE p(INOUT a int) LANGUAGE plpgsql AS 'BEGIN a := 1; END';

SELECT kind, identity, jsonb_pretty(definition) FROM schemadrift_objects('{regress_function}') WHERE kind IN ('function', 'procedure');
SELECT schemadrift_snapshot('{regress_function}') AS doc \gset
:check;

-- missing, unexpected: each signature is a function of its own
DROP FUNCTION f(int), f(amount[], timestamptz);
DROP PROCEDURE p;
CREATE FUNCTION f(bigint) RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION "F"(OUT x int, OUT y text) LANGUAGE sql SECURITY DEFINER AS 'SELECT 1, ''y''';
CREATE PROCEDURE "Odd p"(VARIADIC a text[]) LANGUAGE sql AS '';
:check;
DROP FUNCTION f(bigint), "F"();
DROP PROCEDURE "Odd p";
CREATE FUNCTION f(int) RETURNS int IMMUTABLE STRICT LANGUAGE sql RETURN $1 + 1;
CREATE FUNCTION f(amount[], timestamptz) RETURNS SETOF amount LANGUAGE plpgsql ROWS 5 AS 'BEGIN RETURN; END';
-- a function in place of a procedure
CREATE FUNCTION p(INOUT a int) LANGUAGE plpgsql AS 'BEGIN a := 1; END';
:check;
DROP FUNCTION p;
CREATE PROCEDURE p(INOUT a int) LANGUAGE plpgsql AS 'BEGIN a := 1; END';
:check;

-- changed: result, arguments, language, body
DROP FUNCTION f(int, text);
CREATE FUNCTION f(x int, b text DEFAULT 'y') RETURNS varchar VOLATILE LANGUAGE plpgsql AS 'BEGIN RETURN ''z''; END';
CREATE OR REPLACE FUNCTION f(int) RETURNS int LANGUAGE sql RETURN $1 + 2;
CREATE OR REPLACE FUNCTION f(amount[], timestamptz) RETURNS SETOF amount LANGUAGE plpgsql COST 7 ROWS 50 PARALLEL SAFE AS 'BEGIN RETURN;  END';
:check;
DROP FUNCTION f(int, text);
CREATE FUNCTION f(a int, b text DEFAULT 'x') RETURNS text STABLE LANGUAGE sql AS 'SELECT a || b';
CREATE OR REPLACE FUNCTION f(int) RETURNS int IMMUTABLE STRICT LANGUAGE sql AS 'SELECT $1 + 1';
CREATE OR REPLACE FUNCTION f(amount[], timestamptz) RETURNS SETOF amount LANGUAGE plpgsql ROWS 5 AS 'BEGIN RETURN; END';
:check;
CREATE OR REPLACE FUNCTION f(int) RETURNS int IMMUTABLE STRICT LANGUAGE sql RETURN $1 + 1;
:check;

-- changed: who runs it, with which rights, where names lead
ALTER FUNCTION admin SECURITY INVOKER RESET search_path SET work_mem = '2MB';
GRANT EXECUTE ON FUNCTION admin TO PUBLIC;
REVOKE EXECUTE ON FUNCTION f(int) FROM PUBLIC;
:check;
ALTER FUNCTION admin SECURITY DEFINER SET search_path = public SET work_mem = '1MB';
REVOKE EXECUTE ON FUNCTION admin FROM PUBLIC;
GRANT EXECUTE ON FUNCTION f(int) TO PUBLIC;
ALTER FUNCTION f(int, text) SECURITY DEFINER SET search_path = '';
ALTER PROCEDURE p(int) SECURITY DEFINER;
:check;
ALTER FUNCTION admin SET search_path = pg_catalog, pg_temp;
ALTER FUNCTION f(int, text) SECURITY INVOKER RESET ALL;
ALTER PROCEDURE p(int) SECURITY INVOKER;
:check;
-- a new owner takes the place of the old one in the privileges
RESET ROLE;
CREATE ROLE regress_function_2;
ALTER FUNCTION f(int) OWNER TO regress_function_2;
:check;
ALTER FUNCTION f(int) OWNER TO regress_function;
DROP ROLE regress_function_2;
:check;

-- Signatures, types, results and bodies can be written differently.
SELECT :cols FROM schemadrift_check('{"schemas": {"regress_function": {"complete": ["function", "procedure"], "functions": {
	"f(int)": {"returns": "int4", "sql_body": "return $1+1", "volatility": "IMMUTABLE"},
	"f( INTEGER , pg_catalog.text)": {"returns": "text", "arguments": ["a int4", "b text default ''x''::text"], "body": "SELECT a || b"},
	"f(regress_function.amount[], timestamp with time zone)": "SETOF regress_function.amount",
	"admin()": {"returns": "void", "search_path": "pg_catalog, pg_temp", "config": {"work_mem": "1MB"}}}, "procedures": {"p(int4)": {"arguments": ["inout a integer"]}}}}}');
SELECT :cols FROM schemadrift_check('{"schemas": {"regress_function": {"functions": {
	"f(int)": {"returns": "int8", "sql_body": "RETURN ($1 + 3)", "strict": false},
	"f(int,text)": {"arguments": ["a integer", "c text"], "language": "plpgsql", "body": "SELECT b || a"},
	"f(regress_function.amount[],timestamptz)": "regress_function.amount",
	"admin()": {"security_definer": false, "search_path": null, "config": {}}, "f(none)": {}, "\"F\"(int)": {}, "f(no_such_type,int)": null}}}}');
-- Names are SQL: the same function twice in one document, one without its
-- arguments where that is clear, what is no signature.
SELECT :cols FROM schemadrift_check('{"schemas": {"regress_function": {"functions": {"F(int)": {}, "f(pg_catalog.int4)": {"strict": false}}}}}');
SELECT :cols FROM schemadrift_check('{"schemas": {"regress_function": {"functions": {"admin": {"strict": true}, "f": {}, "f(": {}, "f(int) x": {}, "": {}}}}}');

DROP SCHEMA regress_function CASCADE;
DROP ROLE regress_function;

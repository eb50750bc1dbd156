--
-- The kinds and attributes that documents know.
--
\pset format unaligned
\pset tuples_only on
\pset null -
SELECT * FROM schemadrift_kinds();
-- a kind has a row of its own, with no attribute
SELECT kind, node, severity FROM schemadrift_kinds() WHERE attribute IS NULL;
SELECT count(*) > 0, count(*) = count(DISTINCT (kind, attribute)) FROM schemadrift_kinds();

-- Nothing of the tests is left, and the extension goes away without CASCADE.
SELECT nspname FROM pg_namespace WHERE nspname LIKE 'regress%' ORDER BY 1;
SELECT rolname FROM pg_roles WHERE rolname LIKE 'regress\_%' ORDER BY 1;
DROP EXTENSION schemadrift;
SELECT count(*) AS functions FROM pg_proc WHERE proname LIKE 'schemadrift%';
SELECT count(*) AS schemas FROM pg_namespace WHERE nspname = 'schemadrift';

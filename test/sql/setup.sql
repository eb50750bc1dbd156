-- The extension, for all tests of the schedule.
CREATE EXTENSION schemadrift;
SELECT extversion FROM pg_extension WHERE extname = 'schemadrift';

-- Its functions are found under any search_path.
SET search_path = '';
SELECT pg_catalog.regexp_replace(p.oid::pg_catalog.regprocedure::pg_catalog.text, ' ', '', 'g') AS function,
	p.proisstrict, p.provolatile, p.proparallel, p.prosecdef, p.proretset
  FROM pg_catalog.pg_depend d
  JOIN pg_catalog.pg_proc p ON p.oid = d.objid
  JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid
 WHERE d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
   AND d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass
   AND d.deptype = 'e'
   AND e.extname = 'schemadrift'
 ORDER BY p.oid::pg_catalog.regprocedure::pg_catalog.text COLLATE "C";

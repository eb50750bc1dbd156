--
-- schemadrift_register_directory(): files as they are, byte for byte.
--
\pset format unaligned
\pset null -
SET client_min_messages = warning;
SELECT current_setting('data_directory') || '/regress_migrations' AS root \gset
\set mkdir 'mkdir -p ' :root '/20240101000000_init ' :root '/20240102000000_empty ' :root '/.hidden ' :root '/sub'
COPY (SELECT 1 WHERE false) TO PROGRAM :'mkdir';
CREATE TEMP TABLE made (path text, bytes bytea);
INSERT INTO made VALUES
	('20240101000000_init/migration.sql', 'CREATE TABLE a (id integer);'),
	('.hidden/01_x.sql', 'SELECT 1;'),
	('01_utf8.sql', convert_to('SELECT ''größe'';', 'UTF8')),
	('02_latin1.sql', '\x53454c4543542027e4272c2027fc273b'),
	('03_broken_tail.sql', '\x53454c45435420312d2de282'),
	('04_surrogate.sql', '\x2d2deda0802d2d'),
	('05_overlong.sql', '\x2d2dc0af2d2df8'),
	('06_utf16.sql', '\xfffe530045004c00'),
	('07_zero.sql', '\x53454c00454354'),
	('08_bom.sql', '\xefbbbf53454c4543542031'),
	('09_empty.sql', ''),
	('10_crlf.sql', '\x53454c45435420310d0a'),
	('sub/11_deep.sql', 'SELECT 1;'),
	('README.md', '\xff00'),
	('migration_lock.toml', 'provider = "postgresql"');
DO $$
DECLARE
	m record;
	lo oid;
BEGIN
	FOR m IN SELECT * FROM made LOOP
		lo := lo_from_bytea(0, m.bytes);
		PERFORM lo_export(lo, current_setting('data_directory') || '/regress_migrations/' || m.path);
		PERFORM lo_unlink(lo);
	END LOOP;
END $$;
-- links to directories could lead in circles; those to files are followed
\set link 'ln -s . ' :root '/loop; ln -s 01_utf8.sql ' :root '/12_link.sql; ln -s nowhere ' :root '/13_dangling.sql'
COPY (SELECT 1 WHERE false) TO PROGRAM :'link';
SELECT * FROM schemadrift_register_directory(:'root');
-- The checksum is that of what node reads: what is not UTF-8 is U+FFFD.
SELECT f.name, f.checksum = encode(sha256(bytes), 'hex') AS of_the_bytes, f.content IS NOT NULL AS kept, convert_to(f.content, 'UTF8')
  FROM schemadrift.migration_file f JOIN made m USING (path) WHERE f.kind = 'manual' ORDER BY f.path COLLATE "C";
SELECT checksum = encode(sha256('\x2d2defbfbdefbfbdefbfbd2d2d'), 'hex') FROM schemadrift.migration_file WHERE name = '04_surrogate';
SELECT checksum = encode(sha256('\x53454c45435420312d2defbfbd'), 'hex') FROM schemadrift.migration_file WHERE name = '03_broken_tail';
SELECT directory = :'root' AS as_given FROM schemadrift.migration_file GROUP BY 1;
-- the same by another spelling of the path
SELECT DISTINCT action FROM schemadrift_register_directory(:'root' || '/./sub/..//');
-- Bad input.
SELECT schemadrift_register_directory(NULL);
SELECT schemadrift_register_directory('migrations');
SELECT schemadrift_register_directory('');
SELECT schemadrift_register_directory('/nonexistent/regress_migrations');
BEGIN READ ONLY;
SELECT schemadrift_register_directory('/nonexistent');
ROLLBACK;
\set deep 'd=' :root '/deep; for i in 1 2 3 4 5 6 7 8 9 a b c d e f g h; do d=$d/$i; done; mkdir -p $d'
COPY (SELECT 1 WHERE false) TO PROGRAM :'deep';
\set VERBOSITY sqlstate
SELECT schemadrift_register_directory(:'root');
\set VERBOSITY default
\set rm 'rm -rf ' :root
COPY (SELECT 1 WHERE false) TO PROGRAM :'rm';
LOAD 'schemadrift';
SET schemadrift.ledger_override = on;
TRUNCATE schemadrift.migration_file;

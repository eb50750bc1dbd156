# In a migration that has been begun, what the client sends counts, however it
# is sent; what such a statement executes in turn does not.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('statements');
$node->init(extra => [ '--locale=C', '--encoding=UTF8' ]);
$node->start;
my $dir = PostgreSQL::Test::Utils::tempdir;
$node->safe_psql('postgres', q{
CREATE EXTENSION schemadrift;
CREATE TABLE t (a integer);
CREATE TABLE audit (a integer);
CREATE FUNCTION write() RETURNS integer LANGUAGE sql AS 'INSERT INTO t VALUES (1); DELETE FROM t RETURNING a';
CREATE FUNCTION audit() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO audit VALUES (write()); RETURN NEW; END';
CREATE TABLE u (a integer PRIMARY KEY);
CREATE TABLE v (a integer REFERENCES u ON DELETE CASCADE);
CREATE TRIGGER audit BEFORE INSERT ON u FOR EACH ROW EXECUTE FUNCTION audit();
CREATE FUNCTION loops() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	r record;
	n bigint := 0;
	c CURSOR FOR SELECT write();
BEGIN
	FOR r IN SELECT write() FROM generate_series(1, 3) LOOP n := n + 1; END LOOP;
	FOR r IN EXECUTE 'SELECT write()' LOOP n := n + 1; END LOOP;
	FOR r IN c LOOP n := n + 1; END LOOP;
	CREATE TEMPORARY TABLE IF NOT EXISTS w AS SELECT write() AS a;
	DROP TABLE w;
	BEGIN
		PERFORM 1 / 0;
	EXCEPTION WHEN division_by_zero THEN
		PERFORM write();
	END;
	RETURN n;
END $$;
CREATE PROCEDURE commits() LANGUAGE plpgsql AS $$
BEGIN
	FOR i IN 1..2 LOOP
		INSERT INTO t VALUES (i);
		COMMIT;
	END LOOP;
	PERFORM write();
END $$;
});

# what is sent, one statement each
my @sent = (
	'SELECT 1',
	'SELECT write()',
	'SELECT loops()',
	'SELECT loops() FROM generate_series(1, 2)',
	'INSERT INTO u VALUES (1), (2)',
	'INSERT INTO v SELECT a FROM u',
	'DELETE FROM u',
	'INSERT INTO t VALUES (1) RETURNING a',
	'WITH x AS (DELETE FROM t RETURNING a) SELECT count(*) FROM x',
	'DO $$ BEGIN PERFORM loops(); CREATE TABLE x (a integer); DROP TABLE x; END $$',
	'CALL commits()',
	'PREPARE p AS SELECT loops()',
	'EXECUTE p',
	'EXPLAIN ANALYZE EXECUTE p',
	'EXPLAIN ANALYZE SELECT loops()',
	'EXPLAIN SELECT loops()',
	'DEALLOCATE p',
	'BEGIN',
	'DECLARE d SCROLL CURSOR FOR SELECT loops() FROM generate_series(1, 3)',
	'FETCH 2 FROM d',
	'SAVEPOINT s',
	'ROLLBACK TO s',
	'FETCH d',
	'COMMIT',
	'CREATE TABLE y AS SELECT loops() AS n',
	'CREATE MATERIALIZED VIEW z AS SELECT n FROM y',
	'REFRESH MATERIALIZED VIEW z',
	'ALTER TABLE y ADD COLUMN made bigint DEFAULT loops()',
	'CREATE SCHEMA several CREATE TABLE a (b integer PRIMARY KEY) CREATE VIEW c AS SELECT b FROM a',
	'DROP SCHEMA several CASCADE',
	'DROP TABLE y CASCADE');

# sent NAME MODE SCRIPT: run it in one session, and return what the run says
sub sent
{
	my ($name, $mode, $script) = @_;
	my $file = "$dir/$name.sql";

	append_to_file($file, $script);
	$node->command_ok([ 'pgbench', '-n', '-t', '1', '-M', $mode, '-f', $file, 'postgres' ],
		"$name, $mode");
	return $node->safe_psql('postgres',
		qq{SELECT state, statements, deviations FROM schemadrift.ledger WHERE name = '$name'});
}

my $number = 10;
foreach my $mode (qw(simple extended prepared))
{
	my $name = $number++ . "_$mode";

	is(sent($name, $mode, join(";\n", "SELECT schemadrift_begin('$name')", @sent, 'SELECT schemadrift_end()', '')),
		'applied|' . scalar(@sent) . '|', "each counts once, $mode");

	# and is compared with the script, in which each stands once
	$name = $number++ . "_$mode";
	$node->safe_psql('postgres', "CREATE TABLE script_of_$name (script text)");
	my $script = join(";\n", @sent);
	$node->safe_psql('postgres', "INSERT INTO script_of_$name VALUES (\$script\$$script\$script\$)");
	is( sent($name, $mode,
			join(";\n", "SELECT schemadrift_begin('$name', script) FROM script_of_$name", @sent, 'SELECT schemadrift_end()', '')),
		'applied|' . scalar(@sent) . '|',
		"each is that of the script, $mode");
}

# Several in one message; pgbench sends what ends with \; together.
is( sent('20_together', 'simple', join("\n",
			q{SELECT schemadrift_begin('20_together');},
			'SELECT loops()\;', 'CREATE TABLE y (a integer)\;', 'DO $$ BEGIN PERFORM loops(); END $$\;',
			'PREPARE p AS SELECT loops()\;', 'EXECUTE p\;', 'EXPLAIN ANALYZE EXECUTE p\;',
			'DECLARE d CURSOR FOR SELECT loops()\;', 'FETCH d\;',
			'DROP TABLE y;', 'SELECT schemadrift_end();', '')),
	'applied|9|', 'several in one message');

# In whatever way it has been begun, and ended.
is( sent('21_execute', 'simple', join(";\n",
			q{PREPARE b AS SELECT schemadrift_begin('21_execute')},
			q{PREPARE e AS SELECT schemadrift_end()},
			'EXECUTE b', 'SELECT loops()', 'DO $$ BEGIN PERFORM loops(); END $$', 'EXECUTE e', '')),
	'applied|3|', 'begun and ended by EXECUTE, which is a statement of the client');

done_testing();

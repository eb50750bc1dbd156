# A reader can be stopped at any time, leaves everything as it was, and keeps
# nothing: settings, locks, memory.

use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep time);

# Much more than it takes, for slow machines.
my $promptly = 5;

my $node = PostgreSQL::Test::Cluster->new('interrupt');
$node->init(extra => [ '--locale=C', '--encoding=UTF8' ]);
$node->append_conf('postgresql.conf', 'max_locks_per_transaction = 256');
$node->start;

# Large enough to take a while.  The documents are kept in tables: the right
# one, and one in which everything is written otherwise.
$node->safe_psql(
	'postgres', q{
	CREATE EXTENSION schemadrift;
	CREATE SCHEMA s;
	CREATE FUNCTION s.f(integer) RETURNS integer IMMUTABLE LANGUAGE sql AS 'SELECT $1';
	DO $do$
	BEGIN
		FOR i IN 1 .. 500 LOOP
			EXECUTE format('CREATE TABLE s.t%s (id integer PRIMARY KEY, %s, CHECK (s.f(c1) > c2), CHECK (c3 > 0 AND s.f(c4) < 5))', i,
				(SELECT string_agg(format('c%s integer DEFAULT s.f(1) NOT NULL', n), ', ') FROM generate_series(1, 20) AS n));
			EXECUTE format('CREATE VIEW s.v%1$s AS SELECT t.*, s.f(c5) AS f FROM s.t%1$s AS t WHERE c6 > 1', i);
			IF i % 50 = 0 THEN COMMIT; END IF;
		END LOOP;
	END $do$;
	CREATE SCHEMA kept;
	CREATE TABLE kept.documents AS SELECT schemadrift_snapshot('{s}') AS "right", NULL::jsonb AS otherwise;
	UPDATE kept.documents SET otherwise = replace(replace("right"::text, 's.f(', 's.f( '), ' WHERE ', ' where ')::jsonb;
	ALTER TABLE kept.documents ADD wide jsonb;
	UPDATE kept.documents SET wide = jsonb_build_object('tables', jsonb_build_object('t', jsonb_build_object('columns',
		(SELECT jsonb_object_agg('column ' || n, '{"type": "int4", "default": "f(1)"}'::jsonb) FROM generate_series(1, 30000) AS n))));
	CREATE SCHEMA small;
	CREATE TABLE small.t (id serial PRIMARY KEY, a numeric DEFAULT s.f(1) CHECK (a > 0), b timestamptz DEFAULT now());
	CREATE INDEX t_idx ON small.t ((a + 1)) WHERE a > 0;
	CREATE VIEW small.v AS SELECT a FROM small.t WHERE a > 1;
});

my %long = (
	snapshot => 'SELECT length(schemadrift_snapshot()::text) > 0',
	objects => 'SELECT count(*) > 0 FROM schemadrift_objects()',
	fingerprint => 'SELECT schemadrift_fingerprint() IS NOT NULL',
	check => q{SELECT count(*) FROM schemadrift_check((SELECT "right" FROM kept.documents))},
	'check in other words' => 'SELECT count(*) FROM schemadrift_check((SELECT otherwise FROM kept.documents))',
	'check of a wide document' => 'SELECT count(*) FROM schemadrift_check((SELECT wide FROM kept.documents))',
	diff => 'SELECT count(*) FROM schemadrift_diff((SELECT "right" FROM kept.documents), (SELECT otherwise FROM kept.documents))',
);

# One session for all that follows: what an interrupted call leaves behind
# would show in later ones.
my $session = $node->background_psql('postgres', on_error_stop => 0);
my $pid = $session->query_safe('SELECT pg_backend_pid()');
my $settings = q{SELECT md5(string_agg(name || setting || source, ' ' ORDER BY name)) FROM pg_settings WHERE name NOT LIKE '%timeout' AND name NOT LIKE 'schemadrift.%'};
$session->query_safe(
	q{SET search_path = small, "$user"; SET DateStyle = 'German'; SET TimeZone = 'Asia/Kathmandu'; SET quote_all_identifiers = on; SET extra_float_digits = -3; SET standard_conforming_strings = off}
);
$session->query_safe('DO $$ BEGIN END $$');
my $before = $session->query_safe($settings);

# Nothing is left: settings, locks beside that of looking, memory contexts.
sub nothing_left
{
	my ($name) = @_;

	is( $session->query_safe($settings), $before, "$name: settings are back");
	is( $session->query_safe(
			q{BEGIN; SELECT string_agg(relation::regclass::text, ' ') FROM pg_locks WHERE pid = pg_backend_pid() AND locktype <> 'virtualxid' AND relation <> 'pg_locks'::regclass; COMMIT}),
		'',
		"$name: no locks");
	is( $session->query_safe(
			q{SELECT string_agg(name, ' ') FROM pg_backend_memory_contexts WHERE name LIKE 'schemadrift%'}
		),
		'',
		"$name: no memory contexts");
	return;
}

# What a statement of the session says and how long it takes.
sub timed
{
	my ($sql) = @_;
	my $start = time;
	my $out = $session->query($sql);
	my $err = $session->{stderr};

	$session->{stderr} = '';
	return ($out, $err, time - $start);
}

nothing_left('at first');

# 1. statement_timeout and pg_cancel_backend, early and late

for my $name (sort keys %long)
{
	my (undef, undef, $duration) = timed($long{$name});

	note("$name takes $duration s");
	nothing_left($name);
	for my $part (0.1, 0.5, 0.9)
	{
		my $ms = int($duration * $part * 1000) || 1;
		my (undef, $err, $took) =
		  timed("SET statement_timeout = $ms; $long{$name}; RESET statement_timeout");

		# It may just have made it.
		like($err, qr/^$|canceling statement due to statement timeout/,
			"$name: statement timeout after $ms ms");
		cmp_ok($took, '<', $ms / 1000 + $promptly, "$name: stopped promptly");
		$session->query_safe('RESET statement_timeout');
	}
	nothing_left("$name, timeout");

	$session->{stdin} .= "$long{$name};\n";
	$session->{run}->pump_nb;
	$node->poll_query_until('postgres',
		"SELECT state = 'active' OR query LIKE 'SELECT%' FROM pg_stat_activity WHERE pid = $pid")
	  or die 'the session does nothing';
	sleep($duration / 3);
	my $start = time;
	$node->safe_psql('postgres', "SELECT pg_cancel_backend($pid)");
	my (undef, $err, undef) = timed('SELECT');
	like($err, qr/^$|canceling statement due to user request/,
		"$name: cancelled");
	cmp_ok(time - $start, '<', $promptly, "$name: cancelled promptly");
	nothing_left("$name, cancelled");
}

# Most of these must have been stopped, or the test tests nothing.
my $log = slurp_file($node->logfile);
my $stopped = () = $log =~ /canceling statement due to/g;
cmp_ok($stopped, '>=', 14, "statements stopped: $stopped of 28");

# 2. while it waits for a lock

my $locker = $node->background_psql('postgres');
$locker->query_safe('BEGIN; LOCK TABLE small.t IN ACCESS EXCLUSIVE MODE');
my $waits = q{SELECT count(*) FROM schemadrift_objects('{small}')};
my ($out, $err, $took) =
  timed("SET statement_timeout = 300; $waits; RESET statement_timeout");
like(
	$err,
	qr/canceling statement due to statement timeout/,
	'statement timeout in a wait for a lock');
cmp_ok($took, '<', 0.3 + $promptly, 'prompt');
nothing_left('statement timeout in a wait');

(undef, $err, undef) = timed("SET lock_timeout = 300; $waits");
like($err, qr/canceling statement due to lock timeout/,
	'lock timeout in a wait for a lock');
$session->query_safe('RESET lock_timeout');
nothing_left('lock timeout');

$session->{stdin} .= "$waits;\n";
$session->{run}->pump_nb;
$node->poll_query_until('postgres',
	"SELECT wait_event_type = 'Lock' FROM pg_stat_activity WHERE pid = $pid")
  or die 'the session does not wait';
$node->safe_psql('postgres', "SELECT pg_cancel_backend($pid)");
(undef, $err, undef) = timed('SELECT');
like($err, qr/canceling statement due to user request/,
	'cancelled in a wait for a lock');
nothing_left('cancelled in a wait');
$locker->query_safe('COMMIT');
$locker->quit;

# 3. errors, in a transaction that goes on

for my $error (
	q{SELECT * FROM schemadrift_check('{"tables": {"t": {"columns": {"a": {"typo": 1}}}}}')},
	q{SELECT * FROM schemadrift_check(NULL)},
	q{SELECT schemadrift_snapshot('{nowhere}')},
	q{SELECT 1 / count(*) + 1 / (count(*) - count(*)) FROM schemadrift_objects('{small}')},
	q{SELECT object_name::integer FROM schemadrift_objects('{small}')})
{
	(undef, $err, undef) = timed("BEGIN; SAVEPOINT a; $error; ROLLBACK TO a");
	like($err, qr/ERROR/, "fails: $error");
	is($session->query_safe($settings), $before, 'settings are back at once');
	is( $session->query_safe(
			q{SELECT count(*) > 2 FROM schemadrift_objects('{small}')}),
		't',
		'and the transaction goes on');
	$session->query_safe('COMMIT');
	nothing_left("after $error");
}
is( $session->query_safe(
		q{DO $$ BEGIN
			FOR i IN 1 .. 200 LOOP
				BEGIN
					PERFORM * FROM schemadrift_check('{"schemas": {"small": {"tables": {"t": {"columns": {"a": {"default": " s.f( 1 )"}, "b": 1}}}}}}');
				EXCEPTION WHEN invalid_parameter_value THEN
					NULL;
				END;
			END LOOP;
		END $$}),
	'',
	'errors that are caught');
nothing_left('after errors that were caught');

# 4. a cursor that is left in the middle

is( $session->query_safe(
		q{BEGIN; DECLARE c CURSOR FOR SELECT kind FROM schemadrift_objects('{small}'); FETCH 1 FROM c}
	),
	'schema',
	'cursor');
is($session->query_safe($settings), $before, 'settings while it is open');
$session->query_safe('ROLLBACK');
nothing_left('cursor');
$session->quit;

# 5. memory

my $small = q({
	"schemas": {"small": {
		"sequences": {"t_id_seq": {}},
		"tables": {"t": {
			"columns": {
				"id": {"type": "int4", "default": "nextval( 't_id_seq' :: regclass)", "not_null": true},
				"a": {"type": "decimal", "default": "s.f( 1 )"},
				"b": {"type": "timestamptz", "default": "NOW()"}},
			"constraints": {
				"t_pkey": {"type": "primary key", "columns": ["id"]},
				"t_a_check": {"type": "check", "expression": "0 < a"}},
			"indexes": {"t_idx": {"keys": ["( a+1 )"], "where": "a>0"}}}},
		"views": {"v": {"columns": {"a": "decimal"}, "definition": "select a from t where a > 1"}}}}});
my $checks = "SELECT count(*) FROM schemadrift_check(\$json\$$small\$json\$);\n";
my $memory = 'SELECT sum(total_bytes) FROM pg_backend_memory_contexts';

$session = $node->background_psql('postgres');
is($session->query_safe($checks),
	1, 'a small check with things to canonicalise');

sub statements
{
	my ($n) = @_;

	# each is a transaction of its own
	my $result = $session->query_safe($checks x $n);
	die "unexpected: $result" if $result ne join "\n", (1) x $n;
	return;
}

sub in_one_transaction
{
	my ($n) = @_;

	$session->query_safe(
		"DO \$do\$ BEGIN FOR i IN 1 .. $n LOOP PERFORM * FROM schemadrift_check(\$json\$$small\$json\$); IF i % 10 = 0 THEN PERFORM schemadrift_fingerprint('{small}'); END IF; END LOOP; END \$do\$"
	);
	return;
}

statements(200);
in_one_transaction(200);
my $at_first = $session->query_safe($memory);
statements(2000);
my $later = $session->query_safe($memory);
cmp_ok($later, '<=', $at_first + 64 * 1024,
	"2000 checks, a transaction each: $at_first bytes before, $later after");
in_one_transaction(2000);
$later = $session->query_safe($memory);
cmp_ok($later, '<=', $at_first + 64 * 1024,
	"2000 checks in one transaction: $later bytes after");

# And while the transaction is under way, which is when it would pile up.
$session->query_safe('BEGIN');
in_one_transaction(100);
$at_first = $session->query_safe($memory);
in_one_transaction(1000);
$later = $session->query_safe($memory);
cmp_ok($later, '<=', $at_first + 64 * 1024,
	"1000 more in a transaction: $at_first bytes before, $later after");
is( $session->query_safe(
		q{SELECT string_agg(relation::regclass::text, ' ') FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'relation' AND relation NOT IN ('pg_locks'::regclass, 'pg_backend_memory_contexts'::regclass)}
	),
	'',
	'and no locks');
$session->query_safe('COMMIT');
$session->quit;

$node->stop;
done_testing();

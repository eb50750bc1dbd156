# On a hot standby everything answers as on the primary, and writes nothing.

use strict;
use warnings;

use FindBin;
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $primary = PostgreSQL::Test::Cluster->new('primary');
$primary->init(
	allows_streaming => 1,
	extra => [ '--locale=C', '--encoding=UTF8' ]);
$primary->start;
$primary->backup('base');

my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'base', has_streaming => 1);
$standby->append_conf('postgresql.conf', 'hot_standby_feedback = on');
$standby->start;

$primary->safe_psql('postgres', 'CREATE DATABASE app');
$primary->safe_psql(
	'app', q{
	CREATE EXTENSION schemadrift;
	CREATE SCHEMA extra;
	CREATE TYPE extra.mood AS ENUM ('sad', 'ok');
	CREATE FUNCTION extra.f(integer) RETURNS integer IMMUTABLE LANGUAGE sql AS 'SELECT $1';
	CREATE TABLE extra.t (
		id serial PRIMARY KEY,
		amount numeric NOT NULL DEFAULT 0 CHECK (amount > 0),
		mood extra.mood DEFAULT 'ok' CHECK (mood <> 'sad'),
		at timestamptz DEFAULT now(),
		until date,
		name varchar(20),
		doubled integer GENERATED ALWAYS AS (extra.f(3)) STORED
	);
	CREATE INDEX t_idx ON extra.t (lower(name), at DESC) WHERE amount > 0 AND mood = 'ok';
	CREATE UNLOGGED TABLE extra.u (id integer);
	CREATE VIEW extra.v AS SELECT id, amount FROM extra.t WHERE mood = 'ok';
	CREATE MATERIALIZED VIEW extra.m AS SELECT count(*) AS n FROM extra.t;
	CREATE TABLE extra.p (k date) PARTITION BY RANGE (k);
	CREATE TABLE extra.p1 PARTITION OF extra.p FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
});

# the booking fixture but for its last part, so that there is drift
{
	local %ENV = %ENV;
	$ENV{PGHOST} = $primary->host;
	$ENV{PGPORT} = $primary->port;
	$ENV{PGDATABASE} = 'app';
	system_or_bail("$FindBin::RealBin/../fixtures/booking/load.sh", '6');
}
my $booking = slurp_file("$FindBin::RealBin/../fixtures/booking/expected.json");

# What the server calls otherwise, and some of it wrong.
my $spelt = q({"schemas": {"extra": {"complete": ["table", "column", "constraint", "index", "view", "enum"],
	"enums": {"mood": ["sad", "ok"]},
	"sequences": {"t_id_seq": {}},
	"tables": {
		"t": {
			"columns": {
				"id": {"type": "int4", "default": "nextval( 't_id_seq' :: regclass )"},
				"amount": {"type": "decimal", "not_null": true, "default": " 0 "},
				"mood": {"type": "mood", "default": "'ok'"},
				"at": {"type": "timestamp with time zone", "default": "NOW()"},
				"until": "date",
				"name": "varchar( 20 )",
				"doubled": {"type": "int", "generated": "f( 3 )"}},
			"constraints": {
				"t_pkey": {"type": "primary key", "columns": ["id"]},
				"t_amount_check": {"type": "check", "expression": "0 < amount"},
				"t_mood_check": {"type": "check", "expression": "mood != 'sad'"}},
			"indexes": {"t_idx": {"keys": ["LOWER(name)", "at desc"], "where": "(amount > 0) and mood = 'ok'"}}},
		"u": {"columns": {"id": "integer"}, "unlogged": true},
		"p": {"columns": {"k": "date"}, "partition_by": "range( k )"},
		"p1": {"columns": {"k": {"type": "date", "inherited": true}}, "partition_of": "extra.p",
			"partition_bound": "for values from ( '2024-01-01' ) to ( date '2025-01-01' )"}},
	"views": {"v": {"columns": {"id": "int4", "amount": "decimal"},
		"definition": "select t.id, t.amount from t where (t.mood = 'ok')"}},
	"materialized_views": {"m": {"columns": {"n": "int8"}, "definition": "select COUNT(*) as n from extra.t"}}}}});

my @questions = (
	'SELECT schemadrift_snapshot()',
	q{SELECT schemadrift_snapshot('{extra,public}')},
	'SELECT * FROM schemadrift_objects()',
	'SELECT schemadrift_fingerprint()',
	q{SELECT schemadrift_fingerprint('{extra}')},
	'SELECT * FROM schemadrift_kinds()',
	"SELECT * FROM schemadrift_check(\$json\$$booking\$json\$)",
	"SELECT * FROM schemadrift_check(\$json\$$spelt\$json\$)",
	"SELECT * FROM schemadrift_diff(\$json\$$booking\$json\$, schemadrift_snapshot())",
	"SELECT * FROM schemadrift_diff(schemadrift_snapshot(), \$json\$$spelt\$json\$)",
);

$primary->wait_for_catchup($standby);
for my $question (@questions)
{
	my $name = length($question) < 80 ? $question : substr($question, 0, 60) . '...';
	my $answer = $primary->safe_psql('app', $question);

	isnt($answer, '', "primary: $name");
	is($standby->safe_psql('app', $question), $answer, "standby: $name");
	is( $standby->safe_psql(
			'app', "BEGIN ISOLATION LEVEL REPEATABLE READ; $question; COMMIT"),
		$answer,
		"standby, in a repeatable read: $name");
	is( $primary->safe_psql(
			'app', "SET default_transaction_read_only = on; $question"),
		$answer,
		"primary, read only: $name");
}

is( $standby->safe_psql(
		'app', "SELECT drift, identity, attribute, expected, actual FROM schemadrift_check(\$json\$$spelt\$json\$)"),
	'changed|t_amount_check on extra.t|expression|0 < amount|(amount > (0)::numeric)',
	'other spellings are no drift on the standby, other expressions are');

# No transaction id is used up.
is( $primary->safe_psql(
		'app', qq{
		BEGIN;
		SELECT count(*) FROM schemadrift_check(\$json\$$spelt\$json\$);
		SELECT count(*) > 0 FROM schemadrift_objects();
		SELECT pg_current_xact_id_if_assigned() IS NULL;
		COMMIT}),
	"1\nt\nt",
	'no transaction id is assigned');

# A database that is held to a baseline, with drift that has authors: what all
# views and functions say of it is the same on the standby.
$primary->safe_psql('postgres', 'CREATE DATABASE drifting');
my @story = (
	q{CREATE EXTENSION schemadrift; CREATE SCHEMA tenant_a; CREATE SCHEMA tenant_b;
		CREATE TYPE mood AS ENUM ('sad', 'ok');
		CREATE TABLE t (id bigint PRIMARY KEY, amount numeric NOT NULL, m mood, note text);
		CREATE TABLE tenant_a.t (id bigint PRIMARY KEY); CREATE TABLE tenant_b.t (id bigint);
		SELECT schemadrift_accept('day one'); SELECT schemadrift_arm('log')},
	q{ALTER TABLE t DROP note; ALTER TABLE t ALTER amount TYPE float8; ALTER TABLE t ALTER amount DROP NOT NULL},
	q{ALTER TYPE mood ADD VALUE 'glad'},
	q{ALTER TABLE t RENAME CONSTRAINT t_pkey TO t_key; ALTER TYPE mood RENAME VALUE 'sad' TO 'blue'},
	q{GRANT SELECT ON t TO PUBLIC; COMMENT ON TABLE t IS 'a table'; CREATE TABLE stray (a int)},
	q{ALTER TABLE stray RENAME TO strays; INSERT INTO schemadrift.ignore_rule (kind, name_pattern, reason) VALUES ('table', 'stray*', 'a test')},
	q{SELECT schemadrift_observe()},
	q{SELECT schemadrift_register('{"01.sql": "ALTER TABLE t ADD more integer", "02.sql": "SELECT 1/0", "03.sql": "SELECT 3"}')},
	q{SELECT schemadrift_apply('01', 'ALTER TABLE t ADD more integer')},
	q{SELECT schemadrift_apply('02', 'SELECT 1/0')},
	q{ALTER TABLE t ALTER more SET DEFAULT 7; SELECT schemadrift_observe()},
	q{SELECT schemadrift_arm('reject')}, q{DROP TABLE t}, q{SELECT schemadrift_disarm('end')});
$primary->psql('drifting', $_) for @story;
$primary->wait_for_catchup($standby, 'replay', $primary->lsn('insert'));

my @views = (
	(map { "SELECT v.* FROM schemadrift.$_ AS v ORDER BY v::text COLLATE \"C\"" }
		qw(drift drift_summary missing_columns type_mismatches enum_mismatches suppressed_drift untracked_ddl
		migration_status baseline baseline_change baseline_object drift_event ddl_log guard_event migrations ledger)),
	'SELECT schemadrift_baseline()',
	'SELECT schemadrift_renames()',
	'SELECT * FROM schemadrift_blame()',
	q{SELECT * FROM schemadrift_blame('public.strays')},
	q{SELECT * FROM schemadrift_last_ddl('changed', 'column', 'public', 't', 'amount', 'type', 'public.t.amount')},
	(map { "SELECT schemadrift_report('$_')" } qw(markdown text json)),
	q{SELECT * FROM schemadrift_fingerprints()},
	q{SELECT * FROM schemadrift_compare_schemas('tenant_a', 'tenant_*')},
	q{SELECT * FROM schemadrift_compare_schemas_summary('tenant_a', 'tenant_*')},
	q{SELECT * FROM schemadrift_document_objects(schemadrift_baseline())},
	q{SELECT schemadrift_merge('{"a": 1}', '{"a": 2}', '{"b": 3}')},
	q{SELECT * FROM schemadrift_metrics() WHERE name <> 'schemadrift_doctor'},
	q{SELECT * FROM schemadrift_reconcile()});

for my $view (@views)
{
	my $answer = $primary->safe_psql('drifting', $view);

	isnt($answer, '', "primary: $view");
	is($standby->safe_psql('drifting', $view), $answer, "standby: $view");
}
my %error;
for my $node ($primary, $standby)
{
	my ($rc, $out, $err) = $node->psql('drifting', 'SELECT schemadrift_assert()', on_error_stop => 1);
	is($rc, 3, 'schemadrift_assert() on the ' . $node->name);
	$error{$node->name} = $err;
}
like($error{standby}, qr/the schema has drifted: \d+ differences/, 'and says why');
is($error{standby} =~ s/^psql:\S+ //mgr, $error{primary} =~ s/^psql:\S+ //mgr, 'the same');
for my $call ('accept()', q{expect('{}')}, 'observe()', q{arm('log')}, q{unlock('x')}, q{prune('1 day')})
{
	my ($name) = $call =~ /^(\w+)/;
	my ($rc, $out, $err) = $standby->psql('drifting', "SELECT schemadrift_$call");
	like($err, qr/cannot execute schemadrift_$name\(\) (?:in a read-only transaction|during recovery)/,
		"schemadrift_$name() on the standby");
}

# The standby also holds the locks of transactions that are under way on the
# primary.  Plain tables are read all the same.
my $fingerprint = $standby->safe_psql('app',
	q{SELECT schemadrift_fingerprint('{extra}')});
my $session = $primary->background_psql('app');
$session->query_safe(
	'BEGIN; ALTER TABLE extra.u ADD more text; ALTER TABLE extra.p ADD more text');
$primary->safe_psql('app', 'CREATE TABLE extra.to_flush ()');
$primary->wait_for_catchup($standby);
is( $standby->safe_psql(
		'app', q{SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND relation IN ('extra.u'::regclass, 'extra.p'::regclass)}
	),
	'2',
	'the locks are there on the standby');
is( $standby->safe_psql(
		'app', qq{
		SET statement_timeout = '20s';
		SELECT identity FROM schemadrift_objects('{extra}') WHERE definition->'columns' ? 'more'}),
	'',
	'locked tables are read as they were');
$session->query_safe('COMMIT');
$primary->safe_psql('app', 'DROP TABLE extra.to_flush');
$primary->wait_for_catchup($standby);
is( $standby->safe_psql(
		'app', q{SELECT identity FROM schemadrift_objects('{extra}') WHERE definition->'columns' ? 'more'}),
	"extra.p\nextra.p1\nextra.u",
	'and after the commit as they are');
$session->query_safe(
	'ALTER TABLE extra.u DROP more; ALTER TABLE extra.p DROP more');
$session->quit;
$primary->wait_for_catchup($standby);
is( $standby->safe_psql('app', q{SELECT schemadrift_fingerprint('{extra}')}),
	$fingerprint, 'the fingerprint is back');

# DDL that arrives all the time
my $stop = time + 4;
my ($out, $err) = ('', '');
my $ddl = IPC::Run::start(
	[ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $primary->connstr('app') ],
	'<', \q{DO $$ BEGIN FOR i IN 1 .. 400 LOOP
		CREATE TYPE extra.e AS ENUM ('a');
		CREATE TABLE extra.x (a extra.e DEFAULT 'a', CHECK (a > 'a'));
		CREATE VIEW extra.y AS SELECT a::text, extra.f(1) FROM extra.x;
		COMMIT;
		ALTER TABLE extra.x RENAME a TO b;
		COMMIT;
		DROP TYPE extra.e CASCADE;
		DROP TABLE extra.x CASCADE;
		COMMIT;
		PERFORM pg_sleep(0.01);
		END LOOP; END $$},
	'>', \$out, '2>', \$err);
my $failed = 0;
my $rounds = 0;
do
{
	my ($rc, $stdout, $stderr) = $standby->psql('app',
		q{SELECT schemadrift_fingerprint(); SELECT count(*) FROM schemadrift_objects()}
	);
	if ($rc != 0)
	{
		diag($stderr);
		$failed++;
	}
	$rounds++;
} while (time < $stop);
is($failed, 0, "no error in $rounds rounds beside DDL");
ok($ddl->finish, 'DDL on the primary') or diag($err);

$standby->stop;
$primary->stop;
done_testing();

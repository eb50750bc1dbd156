
# The guard where nothing is preloaded, or only in sessions; in subscribers of
# logical replication; behind the back of its database; across pg_upgrade; and
# what the server's log must not have.

use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $rejected = qr/is rejected: it is not part of a migration/;

my $node = PostgreSQL::Test::Cluster->new('plain');
$node->init(allows_streaming => 'logical');
$node->append_conf('postgresql.conf',
	"max_connections = 100\nmax_worker_processes = 16\nlog_statement = none");
$node->start;
$node->safe_psql('postgres', 'CREATE DATABASE app');
$node->safe_psql('app',
	q{CREATE EXTENSION schemadrift; CREATE TABLE t (a int PRIMARY KEY); SELECT schemadrift_arm('reject')}
);

sub check
{
	my ($name, $database) = @_;
	return $node->safe_psql($database // 'app',
		qq{SELECT status || ': ' || detail FROM schemadrift_doctor() WHERE check_name = '$name'}
	);
}

sub errors_of
{
	my ($server, $database, $sql) = @_;
	my $stderr;
	$server->psql($database, $sql, stderr => \$stderr, on_error_stop => 0);
	return $stderr;
}

# Unlocks the session and runs the statements in it
sub unlocked
{
	my ($sql) = @_;
	return $node->safe_psql('app',
		"SELECT schemadrift_unlock('test');\n$sql");
}

# Nothing preloaded: event triggers, and a worker for each record
like(check('layers'), qr/^warning: Event triggers alone/, 'doctor: layers');
like(check('log_channel'), qr/^warning: Each rejected statement needs/,
	'doctor: log channel');
like(errors_of($node, 'app', 'DROP TABLE t'), $rejected, 'rejected');
is( $node->safe_psql('app',
		q{SELECT command_tag, kind, object_name, verdict, statement, outcome FROM schemadrift.ddl_log WHERE verdict = 'rejected'}
	),
	'DROP TABLE|table|t|rejected|DROP TABLE t|rejected',
	'recorded by a worker of its own');
is(errors_of($node, 'app', 'CREATE ROLE regress_before'),
	'', 'event triggers do not see a role');
like(errors_of($node, 'app', q{LOAD 'schemadrift'; CREATE ROLE regress_after}),
	$rejected, 'the hook does, once the library is there');
like(
	errors_of(
		$node, 'app', 'SELECT count(*) FROM schemadrift_kinds(); TRUNCATE t'),
	$rejected,
	'also in a session that has used it');

# 50 sessions, and workers for a few: nobody hangs, nothing is done
my $file = $node->basedir . '/rejected.sql';
append_to_file($file, "DROP TABLE t;\n" x 3);
my @sessions = map {
	IPC::Run::start(
		[ 'psql', '-X', '-q', '-d', $node->connstr('app'), '-f', $file ],
		'2>', '/dev/null')
} 1 .. 50;
$_->finish for @sessions;
is(scalar(grep { $_->result } @sessions), 0, 'all sessions were connected');
is($node->safe_psql('app', q{SELECT to_regclass('t') IS NOT NULL}),
	't', '50 sessions without a queue have done nothing');
my $log = slurp_file($node->logfile);
my $lines = () = $log =~ /LOG:  rejected DROP TABLE of t of role/g;
is($lines, 151, "each attempt is in the server's log");
my $failures = () = $log =~ /could not record the rejected statement/g;
is( $node->safe_psql('app',
		q{SELECT count(*) FROM schemadrift.ddl_log WHERE verdict = 'rejected' AND command_tag = 'DROP TABLE'}
	) + $failures,
	151,
	'and recorded, or said not to be');
note("$failures of 151 could not be recorded");

# What cannot be recorded is counted by the session, and the next row says it.
my $busy = $node->background_psql('app');
$busy->query_safe('BEGIN; LOCK TABLE schemadrift.ddl_log IN SHARE MODE');
my $session = $node->background_psql('app', on_error_stop => 0);
$session->query('DROP TABLE t');
my $unrecorded =
  q{SELECT detail FROM schemadrift_doctor() WHERE check_name = 'log_channel'};
like($session->query($unrecorded),
	qr/This session could not record 1;/, 'doctor: what is not recorded');
like(check('log_channel'),
	qr/This session could not record 0; of other sessions that is not known/,
	'and that others do not know of it');
like(
	slurp_file($node->logfile),
	qr/LOG:  could not record the rejected statement.*\n.*DETAIL:  .*lock timeout.* It is number 1 of this session/,
	"it is in the server's log");
$busy->query_safe('ROLLBACK');
$session->query('DROP TABLE t') for 1 .. 2;
is( $node->safe_psql('app',
		q{SELECT details FROM schemadrift.ddl_log WHERE verdict = 'rejected' ORDER BY logged_at DESC LIMIT 2}
	),
	"\n" . '{"unrecorded_before": 1}',
	'the next row says so, and only that');
$session->quit;
$busy->quit;

# Secrets are neither in rows nor in the server's log
for my $sql (
	q{CREATE ROLE regress_s PASSWORD 'secret1'},
	q{DO $$ BEGIN EXECUTE 'CREATE ROLE regress_s PASSWORD ''secret2'' '; END $$},
	q{SELECT 1; DROP TABLE t; CREATE ROLE regress_s PASSWORD 'secret3'},
	q{DO $$ BEGIN EXECUTE 'DROP TABLE t'; EXECUTE 'ALTER ROLE x PASSWORD ''secret4'' '; END $$},
	q{CREATE SUBSCRIPTION s CONNECTION 'host=h password=secret5' PUBLICATION p WITH (connect = false)},
	q{CREATE SERVER s FOREIGN DATA WRAPPER f OPTIONS (password 'secret6')},
	q{ALTER SYSTEM SET primary_conninfo = 'password=secret7'})
{
	my $stderr;
	IPC::Run::run(
		[
			'psql', '-X', '-q', '-d', $node->connstr('app'),
			'-c', q{LOAD 'schemadrift'}, '-c', $sql
		],
		'>',
		'/dev/null',
		'2>',
		\$stderr);
	like($stderr, qr/is rejected/, "rejected: $sql");
}
unlike(slurp_file($node->logfile),
	qr/secret\d/, "no secret in the server's log");
is( $node->safe_psql('app',
		q{SELECT count(*), count(*) FILTER (WHERE l::text ~ 'secret\d') FROM schemadrift.ddl_log l WHERE concat(statement, parent_statement) ~ 'redacted'}
	),
	'6|0',
	'and none in rows');

# A long comment does not hide an attempt
$node->psql('app', 'DROP /* ' . ('x' x 100_000) . ' */ TABLE t');
is( $node->safe_psql('app',
		q{SELECT count(*) FROM schemadrift.ddl_log WHERE statement ~ '^DROP /\* x+ \[\.\.\.\]$' AND length(statement) < 9000}
	),
	1,
	'a long statement is clipped');

# Behind the back: from another database
$node->safe_psql('postgres', 'ALTER DATABASE app SET schemadrift.guard = log');
is( check('armed'),
	'warning: schemadrift_arm() has set the mode reject, but the settings of this database have been changed to log since.',
	'doctor: a weaker mode');
$node->safe_psql('postgres', 'ALTER DATABASE app RESET schemadrift.guard');
is( check('armed'),
	'error: schemadrift_arm() has set the mode reject, but the settings of this database have been changed to off since.',
	'doctor: settings that are gone');
my $warnings =
  errors_of($node, 'app', "CREATE TABLE t2 (a int);\nCREATE TABLE t3 (a int)");
is(scalar(() = $warnings =~ /WARNING:  schemadrift does not guard this/g),
	1, 'and a warning, once in a session');
like($warnings,
	qr/DETAIL:  It was armed, but its settings have been changed since/,
	'that says why');
$node->safe_psql('app', q{SELECT schemadrift_arm('reject')});
is(check('armed'), 'ok: This database is armed: reject.', 'armed again');
is( errors_of(
		$node,
		'postgres',
		q{LOAD 'schemadrift'; ALTER DATABASE app SET schemadrift.guard = off}),
	'',
	'changed where nothing is guarded');
like(
	slurp_file($node->logfile),
	qr/LOG:  role "[^"]*" changes settings of schemadrift: ALTER DATABASE/,
	"is in the server's log");
$node->safe_psql('app', q{SELECT schemadrift_arm('reject')});

# A database made from it
$node->safe_psql('postgres', 'CREATE DATABASE copy TEMPLATE app');
like(
	errors_of($node, 'copy', 'CREATE TABLE t5 (a int)'),
	qr/WARNING:  schemadrift does not guard this database/,
	'a copy made with TEMPLATE sleeps, and says so');
like(check('armed', 'copy'),
	qr/^warning: The guard was armed in another database/, 'doctor there');
$node->safe_psql('copy', q{SELECT schemadrift_disarm('a copy')});
is(errors_of($node, 'copy', 'CREATE TABLE t6 (a int)'),
	'', 'no warning once disarmed');

# session_preload_libraries: the hook without a queue
$node->safe_psql('postgres',
	q{ALTER DATABASE app SET session_preload_libraries = 'schemadrift'});
like(check('layers'),
	qr/^ok: Event triggers, and the utility hook in sessions that preload/,
	'doctor: session_preload_libraries');
like(errors_of($node, 'app', 'CREATE ROLE regress_after'),
	$rejected, 'the hook in every session');

# The mode of a role, and of the cluster
$node->safe_psql('postgres',
	'CREATE ROLE regress_soft LOGIN SUPERUSER; ALTER ROLE regress_soft SET schemadrift.guard = log'
);
is( $node->safe_psql(
		'app',
		'CREATE TABLE soft (a int); SHOW schemadrift.guard',
		extra_params => [ '-U', 'regress_soft' ]),
	'log',
	'a role can have a mode of its own');
is( $node->safe_psql('app',
		q{SELECT verdict, mode FROM schemadrift.ddl_log WHERE identity = 'public.soft'}
	),
	'untracked|log',
	'and what it does is recorded');
is( $node->safe_psql(
		'app',
		q{SELECT detail FROM schemadrift_doctor() WHERE check_name = 'mode'},
		extra_params => [ '-U', 'regress_soft' ]),
	'The mode is log, by the role.',
	'doctor says where it comes from');
$node->safe_psql('postgres', 'CREATE DATABASE by_cluster');
$node->safe_psql('by_cluster', 'CREATE EXTENSION schemadrift');
is(errors_of($node, 'by_cluster', 'CREATE TABLE t1 (a int)'), '', 'not armed');
$node->append_conf('postgresql.conf', 'schemadrift.guard = reject');
$node->reload;
like(errors_of($node, 'by_cluster', 'CREATE TABLE t2 (a int)'),
	$rejected, 'the mode of the cluster');
is( check('mode', 'by_cluster'),
	"ok: The mode is reject, by the server's configuration.",
	'doctor there');
$node->adjust_conf('postgresql.conf', 'schemadrift.guard', undef);
$node->reload;

# A subscriber: what the apply worker does by a trigger
$node->safe_psql('postgres', 'CREATE DATABASE publisher');
$node->safe_psql('publisher',
	'CREATE TABLE t (a int PRIMARY KEY); CREATE PUBLICATION p FOR TABLE t');
$node->safe_psql('publisher',
	q{SELECT pg_create_logical_replication_slot('s', 'pgoutput')});
my $connstr = $node->connstr . ' dbname=publisher';
unlocked(q{
	CREATE FUNCTION ddl() RETURNS trigger LANGUAGE plpgsql AS
		$$ BEGIN EXECUTE 'CREATE TABLE public.applied_' || NEW.a || ' ()'; RETURN NEW; END $$;
	CREATE TRIGGER ddl AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION ddl();
	ALTER TABLE t ENABLE ALWAYS TRIGGER ddl;});
unlocked(
	"CREATE SUBSCRIPTION s CONNECTION '$connstr' PUBLICATION p WITH (create_slot = false, slot_name = 's', copy_data = false)"
);
$node->safe_psql('publisher', 'INSERT INTO t VALUES (1)');
ok( $node->poll_query_until(
		'app', q{SELECT to_regclass('applied_1') IS NOT NULL}),
	'what is applied is exempt');
is( $node->safe_psql('app',
		q{SELECT count(*) FROM schemadrift.ddl_log WHERE object_name = 'applied_1'}
	),
	'0',
	'and leaves no row');
like(errors_of($node, 'app', 'INSERT INTO t VALUES (7)'),
	$rejected, 'but not what a session does by the same trigger');
unlocked('ALTER SUBSCRIPTION s DISABLE');
$node->safe_psql('postgres',
	q{ALTER DATABASE app SET schemadrift.exempt = 'temporary'});
ok( $node->poll_query_until('app',
		q{SELECT count(*) = 0 FROM pg_stat_activity WHERE backend_type LIKE 'logical replication %worker'}
	),
	'no worker any more');
my $position = -s $node->logfile;
unlocked('ALTER SUBSCRIPTION s ENABLE');
$node->safe_psql('publisher', 'INSERT INTO t VALUES (2)');
$node->wait_for_log(qr/CREATE TABLE "public.applied_2" is rejected/,
	$position);
ok(1, 'the rule can be switched off');
unlocked('ALTER SUBSCRIPTION s DISABLE');
unlocked('ALTER SUBSCRIPTION s SET (slot_name = NONE)');
unlocked('DROP SUBSCRIPTION s');
ok( $node->poll_query_until('publisher',
		q{SELECT NOT active FROM pg_replication_slots WHERE slot_name = 's'}),
	'slot not in use');
$node->safe_psql('publisher', q{SELECT pg_drop_replication_slot('s')});

# pg_upgrade: nothing is in its way, not even the mode of the new cluster; what
# was armed in the old one sleeps
$node->safe_psql('postgres', 'ALTER DATABASE app RESET schemadrift.exempt');
$node->safe_psql('postgres',
	'ALTER DATABASE app RESET session_preload_libraries');
$node->append_conf('postgresql.conf',
	"shared_preload_libraries = 'schemadrift'");
$node->stop;
my $new = PostgreSQL::Test::Cluster->new('upgraded');
$new->init;
$new->append_conf('postgresql.conf',
	"shared_preload_libraries = 'schemadrift'\nschemadrift.guard = reject");
my $bindir = $node->config_data('--bindir');
chdir($PostgreSQL::Test::Utils::tmp_check) or die "chdir: $!";
command_ok(
	[
		'pg_upgrade', '-d', $node->data_dir, '-D',
		$new->data_dir, '-b', $bindir, '-B',
		$bindir, '-s', $new->host, '-p',
		$node->port, '-P', $new->port
	],
	'pg_upgrade');
$new->adjust_conf('postgresql.conf', 'schemadrift.guard', undef);
$new->start;
is( $new->safe_psql('app',
		q{SELECT count(*) FROM pg_event_trigger WHERE evtname LIKE 'schemadrift%' AND evtenabled = 'A'}
	),
	'4',
	'event triggers are there');
cmp_ok($new->safe_psql('app', 'SELECT count(*) FROM schemadrift.ddl_log'),
	'>', 100, 'so is the log');
like(
	errors_of($new, 'app', 'CREATE TABLE upgraded (a int)'),
	qr/WARNING:  schemadrift does not guard this database/,
	'the guard sleeps, and says so');
$new->safe_psql('app', q{SELECT schemadrift_arm('reject')});
like(errors_of($new, 'app', 'DROP TABLE t'), $rejected, 'and can be armed');
$new->stop;
done_testing();


# The guard where servers start, stop and crash, and where databases are
# copied: what is armed, what is recorded, and what must not be in the way.

use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(usleep);

my $node = PostgreSQL::Test::Cluster->new('primary');
$node->init(allows_streaming => 1);
$node->append_conf('postgresql.conf',
	"max_connections = 100\nshared_preload_libraries = 'schemadrift'\nschemadrift.queue_size = 64\nrestart_after_crash = on");
$node->start;
$node->safe_psql('postgres', 'CREATE DATABASE app');
$node->safe_psql(
	'app', q{
	CREATE EXTENSION schemadrift;
	CREATE TABLE parent (a int PRIMARY KEY);
	CREATE TABLE child (a int REFERENCES parent, b text UNIQUE);
	CREATE VIEW v AS SELECT * FROM child;
	CREATE SEQUENCE s;
	INSERT INTO parent VALUES (1);
});

# Sessions that are there notice that the database has been armed.
my $session = IPC::Run::start(
	[ 'psql', '-X', '-q', '-A', '-t', '-d', $node->connstr('app') ],
	'<', \my $in, '>', \my $out, '2>', \my $err);
sub send_session
{
	my ($sql) = @_;
	$out = $err = '';
	$in .= "$sql;\nSELECT 'done';\n";
	$session->pump until $out =~ /done/;
	return $err;
}
is(send_session('CREATE TABLE before_it (a int)'), '', 'not armed yet');
$node->safe_psql('app', q{SELECT schemadrift_arm('reject')});
like(send_session('CREATE TABLE after_it (a int)'),
	qr/is rejected/, 'armed in another session');
$node->safe_psql('app', q{SELECT schemadrift_disarm('test')});
is(send_session('CREATE TABLE after_it (a int)'),
	'', 'disarmed in another session');
$node->safe_psql('app', q{SELECT schemadrift_arm('reject')});

# They also notice what ALTER DATABASE does by hand, wherever the hook sees it;
# the mode of a role counts from the next login.
sub doctor
{
	my ($check) = @_;
	return $node->safe_psql('app',
		"SELECT status || ': ' || detail FROM schemadrift_doctor() WHERE check_name = '$check'");
}
my $alter = 'ALTER DATABASE app SET schemadrift.guard';
$node->safe_psql('postgres', "$alter = log");
is(send_session('CREATE TABLE by_hand (a int)'),
	'', 'a mode set from another database counts at once');
is( $node->safe_psql('app',
		q{SELECT verdict, mode FROM schemadrift.ddl_log WHERE object_name = 'by_hand'}),
	'untracked|log', 'and what is done then is recorded');
like(doctor('armed'),
	qr/^warning: schemadrift_arm\(\) has set the mode reject, but the settings of this database have been changed to log since/,
	'doctor says so');
$node->safe_psql('postgres', "$alter = reject");
like(send_session('DROP TABLE by_hand'), qr/is rejected/, 'a stronger one too');
$node->safe_psql('postgres', "BEGIN; $alter = log; ROLLBACK");
like(send_session('DROP TABLE by_hand'),
	qr/is rejected/, 'not what is rolled back');
my $login = $node->safe_psql('postgres', 'SELECT quote_ident(session_user)');
$node->safe_psql('postgres', "ALTER ROLE $login SET schemadrift.guard = log");
like(send_session('DROP TABLE by_hand'),
	qr/is rejected/, 'the mode of a role is not that of sessions that are there');
$node->safe_psql('app', 'DROP TABLE by_hand');
$node->safe_psql('postgres', "ALTER ROLE $login RESET schemadrift.guard");
$node->safe_psql('postgres', 'ALTER DATABASE app RESET schemadrift.guard');
like(
	send_session('CREATE TABLE by_hand (a int)'),
	qr/WARNING:  schemadrift does not guard this database/,
	'a mode that is gone, and a warning');
$node->safe_psql('app', q{SELECT schemadrift_arm('reject')});
like(send_session('DROP TABLE by_hand'), qr/is rejected/, 'armed again');
$session->finish;

# 50 sessions at once
ok( $node->poll_query_until('app',
		q{SELECT used = 0 FROM schemadrift_queue()}),
	'nothing is in the queue');
my $put = $node->safe_psql('app',
	'SELECT messages + dropped FROM schemadrift_queue()');
my $file = $node->basedir . '/rejected.sql';
append_to_file($file, "DROP TABLE child;\n" x 10);
my @sessions = map {
	IPC::Run::start(
		[ 'psql', '-X', '-q', '-d', $node->connstr('app'), '-f', $file ],
		'2>', '/dev/null')
} 1 .. 50;
$_->finish for @sessions;
is(scalar(grep { $_->result } @sessions), 0, 'all sessions were connected');
ok( $node->poll_query_until('app',
		q{SELECT used = 0 FROM schemadrift_queue()}),
	'the queue runs empty');
is( $node->safe_psql(
		'app', q{
		SELECT q.messages = q.written + q.failed, q.messages + q.dropped, q.failed, q.written = (SELECT count(*) FROM schemadrift.ddl_log WHERE verdict = 'rejected')
		FROM schemadrift_queue() q}),
	't|' . ($put + 500) . '|0|t',
	'every statement of 50 sessions is recorded or counted as dropped');
is( $node->safe_psql(
		'app', q{
		SELECT (SELECT array_agg(v) FROM schemadrift.queue v)::text = (SELECT array_agg(ROW(messages, written, dropped, last_dropped, failed, size, used, dispatched)) FROM schemadrift_queue())::text,
			(SELECT sum(value) = (SELECT written + dropped + failed FROM schemadrift.queue) FROM schemadrift_metrics() WHERE name = 'schemadrift_records_total')}),
	't|t',
	'the view and the metrics say the same');
is($node->safe_psql('app', q{SELECT to_regclass('child') IS NOT NULL}),
	't', 'and nothing has been done');

# A full queue: nobody waits, what is dropped is counted, the log has it.
my ($locker_in, $locker_out, $locker_err) = ('', '', '');
my $locker = IPC::Run::start(
	[ 'psql', '-X', '-q', '-A', '-t', '-d', $node->connstr('app') ],
	'<', \$locker_in, '>', \$locker_out, '2>', \$locker_err);
$locker_in .=
  "BEGIN; LOCK TABLE schemadrift.ddl_log IN SHARE MODE; SELECT 'locked';\n";
$locker->pump until $locker_out =~ /locked/;
my $before = $node->safe_psql('app', 'SELECT dropped FROM schemadrift_queue()');
my ($stdout, $stderr);
IPC::Run::run(
	[ 'psql', '-X', '-q', '-d', $node->connstr('app'), map { ('-f', $file) } 1 .. 20 ],
	'2>', \$stderr);
is(scalar(() = $stderr =~ /is rejected/g),
	200, 'rejected although nothing can be recorded');
cmp_ok($node->safe_psql('app', 'SELECT dropped FROM schemadrift_queue()'),
	'>', $before, 'dropped records are counted');
like( $node->safe_psql('app',
		q{SELECT status || ' ' || detail FROM schemadrift_doctor() WHERE check_name = 'log_channel'}),
	qr/^warning \d+ records of rejected statements have been dropped/,
	'and schemadrift_doctor() says so');
like(
	slurp_file($node->logfile),
	qr/LOG:  rejected DROP TABLE of child of role .*\n.*DETAIL:  Statement: DROP TABLE child/,
	"the server's log has them");
$locker_in .= "COMMIT;\n";
$locker->finish;
ok( $node->poll_query_until('app',
		q{SELECT used = 0 FROM schemadrift_queue()}),
	'it runs empty again');

# Killed while the queue is written: its writer waits for the table
$locker = IPC::Run::start(
	[ 'psql', '-X', '-q', '-A', '-t', '-d', $node->connstr('app') ],
	'<', \$locker_in, '>', \$locker_out, '2>', \$locker_err);
$locker_out = '';
$locker_in =
  "BEGIN; LOCK TABLE schemadrift.ddl_log IN SHARE MODE; SELECT 'locked';\n";
$locker->pump until $locker_out =~ /locked/;
IPC::Run::run(
	[ 'psql', '-X', '-q', '-d', $node->connstr('app'), '-f', $file ],
	'2>', \$stderr);
my $waiting =
  q{FROM pg_stat_activity WHERE backend_type = 'schemadrift writer' AND wait_event_type = 'Lock'};
ok($node->poll_query_until('app', "SELECT count(*) = 1 $waiting"),
	'a writer is at work');
my $rows_before =
  $node->safe_psql('app', 'SELECT count(*) FROM schemadrift.ddl_log');
kill 'KILL', $node->safe_psql('app', "SELECT pid $waiting");

# psql ends with the session, by an error
eval { $locker->finish };

sub is_up
{
	return $node->psql('app', 'SELECT true') == 0;
}
for (my $i = 0; $i < 600 && !is_up(); $i++)
{
	usleep(100_000);
}
is($node->safe_psql('app', 'SELECT count(*) FROM schemadrift.ddl_log'),
	$rows_before, 'what was in the queue is lost, and nothing else');
is( $node->safe_psql(
		'app', 'SELECT used, messages, dispatched FROM schemadrift_queue()'),
	'0|0|t',
	'the queue begins anew');
$node->psql('app', 'DROP TABLE child', stderr => \$stderr);
like($stderr, qr/is rejected/, 'and guards');
ok( $node->poll_query_until('app',
		q{SELECT written > 0 AND used = 0 FROM schemadrift_queue()}),
	'and records');
$node->stop('immediate');
$node->start;
$node->psql('app', 'DROP TABLE child', stderr => \$stderr);
like($stderr, qr/is rejected/, 'after an immediate stop too');

# A standby answers and records nothing
$node->backup('backup');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'backup', has_streaming => 1);
$standby->start;
$node->wait_for_catchup($standby);
is( $standby->safe_psql('app',
		q{SELECT string_agg(check_name || ' ' || status, ',') FROM schemadrift_doctor() WHERE check_name IN ('armed', 'mode', 'log_channel')}),
	'armed ok,mode ok,log_channel ok',
	'schemadrift_doctor() on a standby');
$standby->psql('app', 'DROP TABLE child', stderr => \$stderr);
like($stderr, qr/is rejected|read-only/, 'DDL on a standby');
$standby->psql('app', q{SELECT schemadrift_unlock('standby')}, stderr => \$stderr);
like(
	$stderr,
	qr/cannot execute schemadrift_unlock\(\) in a read-only transaction/,
	'no unlocking on a standby');
is( $standby->safe_psql(
		'app', q{SET schemadrift.guard = log; SHOW schemadrift.guard}),
	'log',
	'a setting can be set, though nothing can be recorded');
$standby->promote;
ok( $standby->poll_query_until('app', 'SELECT NOT pg_is_in_recovery()'),
	'promoted');
$standby->psql('app', 'DROP TABLE child', stderr => \$stderr);
like($stderr, qr/is rejected/, 'a promoted standby is guarded as well');
ok( $standby->poll_query_until('app',
		q{SELECT written > 0 FROM schemadrift_queue()}),
	'and records');
$standby->stop;

# Dump and restore, with the database's settings and without
my $dump = $node->basedir . '/dump';
$node->command_ok(
	[ 'pg_dump', '-Fc', '-f', $dump, $node->connstr('app') ], 'dump');
$node->safe_psql('postgres', 'CREATE DATABASE copy');
$node->command_checks_all(
	[ 'pg_restore', '-d', $node->connstr('copy'), '--exit-on-error', $dump ],
	0, [qr/^$/], [qr/^(WARNING.*\n|)*/], 'restore into another database');
my $other = PostgreSQL::Test::Cluster->new('other');
$other->init;
$other->append_conf('postgresql.conf',
	"shared_preload_libraries = 'schemadrift'");
$other->start;
$other->command_ok(
	[
		'pg_restore', '-C', '-d', $other->connstr('postgres'),
		'--exit-on-error', $dump
	],
	'restore with -C into another cluster');
my $rows = $node->safe_psql('app',
	'SELECT count(*), md5(string_agg(id::text, \',\' ORDER BY id)) FROM schemadrift.ddl_log');
for my $copy ([ $node, 'copy' ], [ $other, 'app' ])
{
	my ($server, $database) = @$copy;
	my $name = $server->name . " $database";
	is( $server->safe_psql($database,
			'SELECT count(*), md5(string_agg(id::text, \',\' ORDER BY id)) FROM schemadrift.ddl_log'),
		$rows, "$name: the log is the same");
	is( $server->safe_psql($database,
			q{SELECT count(*) FROM pg_constraint WHERE conrelid IN ('parent'::regclass, 'child'::regclass)}),
		$node->safe_psql('app',
			q{SELECT count(*) FROM pg_constraint WHERE conrelid IN ('parent'::regclass, 'child'::regclass)}),
		"$name: so are the constraints");
	is( $server->safe_psql($database,
			q{SELECT count(*) FROM pg_event_trigger WHERE evtname LIKE 'schemadrift%' AND evtenabled = 'A'}),
		'4', "$name: event triggers are always enabled");
	like(
		$server->safe_psql($database,
			q{SELECT status || ' ' || detail FROM schemadrift_doctor() WHERE check_name = 'armed'}),
		qr/^warning The guard was armed in another database/,
		"$name: sleeps, and says so");
	$server->psql($database,
		'CREATE TABLE x1 (a int); CREATE TABLE x2 (a int)', stderr => \$stderr);
	is(scalar(() = $stderr =~ /WARNING:  schemadrift does not guard this database/g),
		1, "$name: warns once in a session");
	$server->safe_psql($database, q{SELECT schemadrift_arm('reject')});
	$server->psql($database, 'DROP TABLE x1', stderr => \$stderr);
	like($stderr, qr/is rejected/, "$name: can be armed again");
}

# Transactions are prepared as before, and notifications are sent
$node->append_conf('postgresql.conf', 'max_prepared_transactions = 2');
$node->restart;
$node->safe_psql('app', q{SELECT schemadrift_arm('log')});
$node->safe_psql('app',
	q{BEGIN; CREATE TABLE prepared (a int); PREPARE TRANSACTION 'p'});
$node->safe_psql('app', q{COMMIT PREPARED 'p'});
is( $node->safe_psql('app',
		q{SELECT verdict, outcome FROM schemadrift.ddl_log WHERE identity = 'public.prepared'}),
	'untracked|done',
	'a prepared transaction has its row');
like(
	$node->safe_psql('app',
		q{LISTEN schemadrift; CREATE TABLE notified (a int); SELECT 1}),
	qr/Asynchronous notification "schemadrift" with payload "\{"verdict": "untracked", "command": "CREATE TABLE", "reason": "no migration", "role": "[^"]*", "schema": "public", "name": "notified"\}"/,
	'notification');

# also for what is rejected, though its transaction is rolled back
my $listener = $node->background_psql('app');
$listener->query_safe('LISTEN schemadrift');
$node->safe_psql('app', q{SELECT schemadrift_arm('reject')});
$node->psql('app', 'DROP TABLE notified');
ok( $node->poll_query_until('app',
		q{SELECT count(*) = 1 FROM schemadrift.ddl_log WHERE verdict = 'rejected' AND object_name = 'notified'}),
	'rejected, on record');
my $heard = '';
for (my $i = 0; $i < 600 && $heard !~ /notified/; $i++)
{
	usleep(100_000) if $i;
	$heard .= $listener->query('SELECT 1');
}
like(
	$heard,
	qr/with payload "\{[^}]*"verdict": "rejected"[^}]*\}"/,
	'notification of a rejected statement');
like($heard, qr/"command": "DROP TABLE"/, 'that says which');
$listener->quit;

$node->stop;
$other->stop;
done_testing();

# Nothing is lost when a session, the server or a machine dies in the middle of
# a migration, and everybody sees right away what became of it.

use strict;
use warnings;

use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('crash');
$node->init(extra => [ '--locale=C', '--encoding=UTF8' ]);
$node->append_conf('postgresql.conf', q{
fsync = on
restart_after_crash = on
});
$node->start;
my $dir = PostgreSQL::Test::Utils::tempdir;
$node->safe_psql('postgres', 'CREATE EXTENSION schemadrift');

# The name and true state of every run, in order.
sub states
{
	return $node->safe_psql('postgres',
		"SELECT string_agg(name || ' ' || state, ', ' ORDER BY started_at) FROM schemadrift.ledger"
	);
}

# What the rows themselves say.
sub recorded
{
	my ($name) = @_;
	return $node->safe_psql('postgres',
		"SELECT state FROM schemadrift.run WHERE name = '$name'");
}

# A psql that runs something and is left alone; with its process id on the
# server, once it runs a statement that sleeps.
sub start_session
{
	my ($sql) = @_;
	my %session = (out => '', err => '');
	my $file = "$dir/session.sql";

	unlink $file;
	append_to_file($file, $sql);
	$session{run} = IPC::Run::start(
		[ 'psql', '-X', '-A', '-t', '-d', $node->connstr('postgres'), '-f', $file ],
		'>', \$session{out}, '2>', \$session{err});
	$node->poll_query_until('postgres',
		q{SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'}
	) or die "the session does not sleep: $session{err}";
	$session{pid} = $node->safe_psql('postgres',
		q{SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep'});
	return \%session;
}

sub wait_for_end
{
	my ($session) = @_;
	$session->{run}->finish;
	return;
}

# Kill the postmaster, and start the server again as soon as that is possible:
# it and its children have to be gone.
sub kill_postmaster
{
	my ($session) = @_;
	my ($pid) = split /\n/, slurp_file($node->data_dir . '/postmaster.pid');

	$node->kill9;
	wait_for_end($session) if defined $session;
	foreach my $try (1 .. 600)
	{
		if (!kill 0, $pid)
		{
			return if $node->start(fail_ok => 1);
			$node->{_pid} = undef;
		}
		select undef, undef, undef, 0.1;
	}
	die 'the server does not start';
}

my $apply = q{SELECT schemadrift_apply('%s', 'CREATE TABLE %s (a integer); SELECT pg_sleep(600)')};
my $begin = q{SELECT schemadrift_begin('%s'); CREATE TABLE %s (a integer);
SELECT 1/0;
SELECT pg_sleep(600);
};

$node->safe_psql('postgres',
	q{SELECT schemadrift_apply('01', 'CREATE TABLE t01 (a integer)')});

# A client that goes away in the middle.
my $session = start_session(sprintf $begin, '02', 't02');
is(states(), '01 applied, 02 running', 'a session in the middle of begin and end');
$session->{run}->kill_kill;
$node->safe_psql('postgres', "SELECT pg_terminate_backend($session->{pid}, 60000)");
is(states(), '01 applied, 02 interrupted', 'its session is ended');
$node->poll_query_until('postgres',
	q{SELECT state = 'interrupted' FROM schemadrift.run WHERE name = '02'})
  or die 'nobody has recorded that';
is( $node->safe_psql('postgres', q{SELECT error, finished_at > started_at FROM schemadrift.run WHERE name = '02'}),
	'division by zero|t',
	'the row says so too, with the first error');
is($node->safe_psql('postgres', q{SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'}),
	'0', 'the lock is free');

$session = start_session(sprintf $apply, '03', 't03');
is(states(), '01 applied, 02 interrupted, 03 running', 'a session in apply');
$node->safe_psql('postgres', "SELECT pg_terminate_backend($session->{pid}, 60000)");
wait_for_end($session);
$node->poll_query_until('postgres',
	q{SELECT state = 'interrupted' FROM schemadrift.run WHERE name = '03'})
  or die 'nobody has recorded that';
is(states(), '01 applied, 02 interrupted, 03 interrupted', 'terminated');
is($node->safe_psql('postgres', q{SELECT to_regclass('t03') IS NULL}), 't', 'nothing of it is there');

$session = start_session(sprintf $apply, '04', 't04');
$node->safe_psql('postgres', "SELECT pg_cancel_backend($session->{pid})");
wait_for_end($session);
is( $node->safe_psql('postgres', q{SELECT state, sqlstate, statements, error FROM schemadrift.ledger WHERE name = '04'}),
	"failed|57014|1|canceling statement due to user request\nCONTEXT:  SQL statement \"SELECT pg_sleep(600)\"\nstatement 2 of migration \"04\", line 1",
	'cancelled: that is a failure, on record');

# A backend is killed: the server starts all others anew.
$session = start_session(sprintf $apply, '05', 't05');
kill 9, $session->{pid};
wait_for_end($session);
$node->poll_query_until('postgres', 'SELECT true') or die 'the server is not back';
like(states(), qr/, 05 interrupted$/, 'backend killed in apply');
is(recorded('05'), 'running', 'which nobody could record');
$session = start_session(sprintf $begin, '06', 't06');
like(states(), qr/, 05 interrupted, 06 running$/, 'begin');
is(recorded('05'), 'interrupted', 'the next run settles what was left');
kill 9, $session->{pid};
wait_for_end($session);
$node->poll_query_until('postgres', 'SELECT true') or die 'the server is not back';
like(states(), qr/, 05 interrupted, 06 interrupted$/, 'backend killed between begin and end');
is($node->safe_psql('postgres', q{SELECT to_regclass('t05') IS NULL, to_regclass('t06') IS NULL}),
	't|f', 'apply has left nothing, begin what was committed');

# The postmaster is killed, and the server started again.
foreach my $case ([ '07', 't07', $apply ], [ '08', 't08', $begin ])
{
	my ($name, $table, $sql) = @$case;
	$session = start_session(sprintf $sql, $name, $table);
	kill_postmaster($session);
	like(states(), qr/, $name interrupted$/, "postmaster killed in $name");
	is(recorded($name), 'running', 'which nobody could record');
}
is($node->safe_psql('postgres', q{SELECT to_regclass('t07') IS NULL, to_regclass('t08') IS NULL}),
	't|f', 'apply has left nothing, begin what was committed');
is( $node->safe_psql('postgres', q{SELECT name, state FROM schemadrift.migrations WHERE name IN ('07', '08') ORDER BY 1}),
	"07|interrupted\n08|interrupted",
	'the view of migrations agrees');

# A smart shutdown waits for the session, which can still end its migration.
my $last = $node->background_psql('postgres');
$last->query_safe(q{SELECT schemadrift_begin('09_smart')});
my $stop = IPC::Run::start([ 'pg_ctl', '-D', $node->data_dir, '-m', 'smart', '-w', 'stop' ], '>', \my $stop_out, '2>', \my $stop_err);
foreach my $try (1 .. 600)
{
	last if ($node->psql('postgres', 'SELECT 1'))[0] != 0;
	select undef, undef, undef, 0.1;
}
is($last->query_safe('SELECT schemadrift_end()'), 'applied', 'ended while the server shuts down');
$last->quit;
$stop->finish;
$node->{_pid} = undef;
$node->start;
like(states(), qr/, 09_smart applied$/, 'shutdown, smart');

# An immediate and a fast shutdown.
foreach my $mode (qw(immediate fast))
{
	$session = start_session(sprintf $apply, "09_$mode", 't09');
	$node->stop($mode);
	wait_for_end($session);
	$node->start;
	like(states(), qr/, 09_$mode interrupted$/, "shutdown, $mode");
}

# What was begun must be resolved, what was applied can just be run again.
my ($rc, $out, $err) = $node->psql('postgres', q{SELECT schemadrift_begin('08')});
like($err, qr/migration "08" was interrupted and is not resolved/, 'not begun again');
is($node->safe_psql('postgres', q{SELECT schemadrift_resolve('08', 'applied')}), 'applied', 'resolved');
is($node->safe_psql('postgres', q{SELECT schemadrift_apply('07', 'CREATE TABLE t07 (a integer)')}), 'applied', 'applied at last');
is( $node->safe_psql('postgres', q{SELECT string_agg(name || ' ' || state, ', ' ORDER BY started_at) FROM schemadrift.ledger WHERE name IN ('01', '07', '08')}),
	'01 applied, 07 interrupted, 08 rolled_back, 08 claimed, 07 applied',
	'nothing is lost');

# Committed means recorded: kill it right after each commit, some times.
foreach my $i (1 .. 5)
{
	is($node->safe_psql('postgres', "SELECT schemadrift_apply('10_$i', 'CREATE TABLE t10_$i (a integer)')"), 'applied', "applied, then killed $i");
	kill_postmaster();
	is($node->safe_psql('postgres', "SELECT state, to_regclass('t10_$i') IS NOT NULL FROM schemadrift.ledger WHERE name = '10_$i'"),
		'applied|t', 'still applied');
}

# The same in the middle of many: what is recorded as applied is there, what is
# not is not, and the next one can be run.
my $number = 0;
foreach my $i (1 .. 5)
{
	my $file = "$dir/many.sql";
	my $from = $number + 1;

	unlink $file;
	append_to_file($file, join '', map { "SELECT schemadrift_apply('20_$_', 'CREATE TABLE t20_$_ (a integer)');\n" } $from .. $from + 400);
	my $run = IPC::Run::start([ 'psql', '-X', '-q', '-d', $node->connstr('postgres'), '-f', $file ], '>', \my $out, '2>', \my $err);
	$node->poll_query_until('postgres', "SELECT count(*) > $i FROM schemadrift.run WHERE name LIKE '20%'");
	select undef, undef, undef, rand 0.3;
	kill_postmaster({ run => $run });
	$number = $node->safe_psql('postgres', q{SELECT max(substr(name, 4)::integer) FROM schemadrift.ledger WHERE name LIKE '20%'});
	is( $node->safe_psql('postgres', q{
		SELECT count(*) FILTER (WHERE state = 'applied' AND to_regclass('t' || name) IS NOT NULL)
			+ count(*) FILTER (WHERE state = 'interrupted' AND to_regclass('t' || name) IS NULL) - count(*)
		  FROM schemadrift.ledger WHERE name LIKE '20%'}),
		'0', "killed in the middle, $i: ledger and tables agree");
	is($node->safe_psql('postgres', q{SELECT count(*) FROM schemadrift.ledger WHERE name LIKE '20%' AND state = 'interrupted'}) <= $i,
		1, 'no more than the last one was interrupted');
}
is($node->safe_psql('postgres', "SELECT schemadrift_apply('20_$number', 'CREATE TABLE IF NOT EXISTS t20_$number (a integer)') IS NOT NULL"),
	't', 'the last one can be run again') if $node->safe_psql('postgres', "SELECT state FROM schemadrift.ledger WHERE name = '20_$number' ORDER BY started_at DESC LIMIT 1") ne 'applied';

# Who waits for a session that is killed gets the lock, and knows what became of
# the run.
$session = start_session(sprintf $begin, '30', 't30');
my ($waiter_out, $waiter_err) = ('', '');
my $waiter = IPC::Run::start([ 'psql', '-X', '-q', '-d', $node->connstr('postgres'), '-c', q{SELECT schemadrift_apply('30', 'SELECT 1')} ],
	'>', \$waiter_out, '2>', \$waiter_err);
$node->poll_query_until('postgres', q{SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND wait_event = 'advisory'})
  or die 'nobody waits';
$node->safe_psql('postgres', "SELECT pg_terminate_backend($session->{pid})");
wait_for_end($session);
$waiter->finish;
like($waiter_err, qr/ERROR:  migration "30" was interrupted and is not resolved/, 'a session that waits for one that is killed');

$node->stop;
done_testing();

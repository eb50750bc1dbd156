# The background workers that observe: when they are there, what they see, what
# they survive, and whom they are not to be in the way of.

use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init(allows_streaming => 1);
$node->append_conf('postgresql.conf',
	"shared_preload_libraries = 'schemadrift'\nmax_worker_processes = 16\nmax_connections = 20\nmax_prepared_transactions = 5");
$node->start;
$node->safe_psql('postgres', "CREATE DATABASE $_") foreach qw(plain watched other);
$node->safe_psql($_, 'CREATE EXTENSION schemadrift') foreach qw(watched other);
$node->safe_psql('watched', 'CREATE TABLE t (a integer); SELECT schemadrift_accept()');

sub set
{
	my ($on, %settings) = @_;

	$on->safe_psql('postgres', "ALTER SYSTEM SET $_ = $settings{$_}") foreach sort keys %settings;
	$on->reload;
}

sub wait_for
{
	my ($on, $database, $query, $what) = @_;

	ok($on->poll_query_until($database, $query), $what);
}

# What schemadrift_observer() tells of a database, as a condition.
sub observer
{
	my ($database, $condition) = @_;

	return "SELECT count(*) = 1 FROM schemadrift_observer() WHERE database = '$database' AND $condition";
}

# 1. Off, on, and what is seen

my $workers = q{SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'schemadrift observer'};
is($node->safe_psql('postgres', $workers), '0', 'off by default');
is($node->safe_psql('watched', q{SELECT status, detail FROM schemadrift_doctor() WHERE check_name = 'observer'}),
	'ok|No background worker observes.', 'as the doctor says');

set($node, 'schemadrift.observe_interval' => 1);
wait_for($node, 'watched', observer('watched', 'observations > 2'), 'a reload starts it');
is( $node->safe_psql('postgres', q{SELECT datname, application_name, query FROM pg_stat_activity WHERE backend_type = 'schemadrift observer' AND datname = 'watched'}),
	'watched|schemadrift observer|observing the schema',
	'pg_stat_activity shows it');
is($node->safe_psql('watched', q{SELECT whole_observations FROM schemadrift_observer() WHERE database = 'watched'}),
	'1', 'everything is looked at once');
like($node->safe_psql('watched', q{SELECT status, detail FROM schemadrift_doctor() WHERE check_name = 'observer'}),
	qr/^ok\|The background worker observed last at /, 'as the doctor says');

my $event = q{SELECT count(*) = 1 FROM schemadrift.drift_event WHERE event = '%s' AND identity = '%s'};
$node->safe_psql('watched', 'ALTER TABLE t ADD b integer');
wait_for($node, 'watched', sprintf($event, 'appeared', 'public.t.b'), 'it sees drift');
$node->safe_psql('watched', 'ALTER TABLE t DROP b');
wait_for($node, 'watched', sprintf($event, 'resolved', 'public.t.b'), 'and its end');
is($node->safe_psql('watched', q{SELECT whole_observations FROM schemadrift_observer() WHERE database = 'watched'}),
	'1', 'without looking at everything');

# one without a baseline waits for it, one without the extension is left
wait_for($node, 'other', observer('other', 'NOT has_baseline AND observed_at IS NULL AND pid IS NOT NULL'), 'without a baseline it waits');
like($node->safe_psql('other', q{SELECT status, detail FROM schemadrift_doctor() WHERE check_name = 'observer'}),
	qr/^warning\|The background worker has observed nothing yet\./, 'as the doctor says');
is($node->safe_psql('other', 'SELECT schemadrift_accept(); SELECT count(*) FROM schemadrift.drift_event'), "\n0", 'a baseline');
wait_for($node, 'other', observer('other', 'observed_at IS NOT NULL'), 'is observed');
is($node->safe_psql('postgres', q{SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'schemadrift observer' AND datname = 'plain'}),
	'0', 'without the extension there is none');

# another observer at the same time
$node->safe_psql('watched', "ALTER TABLE t ADD both$_ integer; SELECT schemadrift_observe()") foreach 1 .. 5;
wait_for($node, 'watched', observer('watched', q{looked_at = 'nothing had changed'}), 'it has seen it too');
is($node->safe_psql('watched', q{SELECT count(*), count(DISTINCT identity) FROM schemadrift.drift_event WHERE identity LIKE '%.both%'}),
	'5|5', 'two observers note nothing twice');

# 2. Errors

my $log = -s $node->logfile;
my ($in, $out) = ('', '');
my $holder = IPC::Run::start([ 'psql', '-X', '-q', '-A', '-t', '-d', $node->connstr('watched') ], '<', \$in, '>', \$out, '2>&1');
$in .= "BEGIN; LOCK TABLE schemadrift.drift_event; ALTER TABLE t ADD locked integer; SELECT 'locked';\n";
$holder->pump until $out =~ /locked/;
$node->safe_psql('watched', 'CREATE TABLE behind_the_lock (i integer)');
wait_for($node, 'watched', observer('watched', q{failed_at IS NOT NULL AND error ~ 'lock timeout'}), 'a lock that it does not get');
like(slurp_file($node->logfile, $log), qr/LOG:  could not observe database "watched": canceling statement due to lock timeout/, 'is logged');
like($node->safe_psql('watched', q{SELECT status, detail FROM schemadrift_doctor() WHERE check_name = 'observer'}),
	qr/^warning\|The background worker failed at .*lock timeout/, 'and told by the doctor');
my ($pid, $failed_at) = split /\|/, $node->safe_psql('watched', q{SELECT pid, failed_at FROM schemadrift_observer() WHERE database = 'watched'});
wait_for($node, 'watched', observer('watched', "failed_at > '$failed_at'"), 'it tries again');
$in .= "ROLLBACK;\n\\q\n";
$holder->finish;
$node->reload;
wait_for($node, 'watched', sprintf($event, 'appeared', 'public.behind_the_lock'), 'afterwards it goes on');
is($node->safe_psql('watched', q{SELECT pid FROM schemadrift_observer() WHERE database = 'watched'}), $pid, 'the same worker');
my @lines = slurp_file($node->logfile, $log) =~ /could not observe database/g;
is(scalar(@lines), 1, 'the same message is logged once');

# cancelled, and ended
$node->safe_psql('postgres', "SELECT pg_terminate_backend($pid)");
wait_for($node, 'watched', observer('watched', "pid <> $pid AND observed_at > started_at"), 'one that is ended is started again');

# 3. Commands about its database

$node->safe_psql('postgres', 'CREATE DATABASE copy TEMPLATE watched');
$node->safe_psql('postgres', 'ALTER DATABASE other RENAME TO another');
wait_for($node, 'another', observer('another', 'pid IS NOT NULL'), 'a renamed database is observed');
$node->safe_psql('postgres', 'DROP DATABASE another');
is($node->safe_psql('postgres', q{SELECT count(*) FROM pg_database WHERE datname IN ('other', 'another', 'copy')}), '1', 'databases are copied, renamed and dropped');
wait_for($node, 'watched', observer('copy', 'observed_at IS NOT NULL'), 'the copy is observed');
wait_for($node, 'watched', observer('watched', 'pid IS NOT NULL AND observed_at > started_at'), 'what was copied is observed again');
$node->safe_psql('postgres', 'DROP DATABASE copy WITH (FORCE)');
my ($rc, $stdout, $stderr) = $node->psql('postgres', 'SET ROLE pg_monitor; DROP DATABASE watched');
like($stderr, qr/must be owner of database watched/, 'who may not drop it');
$pid = $node->safe_psql('watched', q{SELECT pid FROM schemadrift_observer() WHERE database = 'watched'});
isnt($pid, '', 'ends no worker');

# 4. Settings, and the extension itself

set($node, 'schemadrift.observe_databases' => q{'plain, "Other"'});
wait_for($node, 'postgres', "SELECT NOT EXISTS ($workers HAVING count(*) > 0)", 'a database that is not named is left');
set($node, 'schemadrift.observe_databases' => q{'watched'});
wait_for($node, 'watched', observer('watched', 'observed_at > started_at'), 'one that is named is observed');
($rc, $stdout, $stderr) = $node->psql('postgres', q{ALTER SYSTEM SET schemadrift.observe_databases = 'a,,b'});
like($stderr, qr/invalid value for parameter "schemadrift\.observe_databases": "a,,b"/, 'a list must be one');

$node->safe_psql('watched', 'DROP EXTENSION schemadrift');
wait_for($node, 'postgres', "SELECT NOT EXISTS ($workers HAVING count(*) > 0)", 'without the extension the worker ends');
$node->safe_psql('watched', 'CREATE EXTENSION schemadrift; SELECT schemadrift_accept()');
$node->reload;
wait_for($node, 'watched', observer('watched', 'observed_at > started_at'), 'and comes back with it');
set($node, 'schemadrift.observe_interval' => 0);
wait_for($node, 'postgres', "SELECT NOT EXISTS ($workers HAVING count(*) > 0)", 'an interval of 0 ends it');
set($node, 'schemadrift.observe_interval' => 1);
wait_for($node, 'watched', observer('watched', 'observed_at > started_at'), 'another starts it');

# 5. A standby is idle until it is promoted.

my $standby = PostgreSQL::Test::Cluster->new('standby');
$node->backup('backup');
$standby->init_from_backup($node, 'backup', has_streaming => 1);
$standby->start;
$node->safe_psql('watched', 'ALTER TABLE t ADD seen_by_both integer');
wait_for($node, 'watched', sprintf($event, 'appeared', 'public.t.seen_by_both'), 'the primary sees drift');
$node->wait_for_catchup($standby, 'replay', $node->lsn('insert'));
is($standby->safe_psql('watched', q{SELECT count(*) FROM pg_stat_activity WHERE backend_type LIKE 'schemadrift%'}), '0', 'a standby has no workers');
is($standby->safe_psql('watched', q{SELECT detail FROM schemadrift_doctor() WHERE check_name = 'observer'}), 'A standby observes nothing.', 'as the doctor says');
is($standby->safe_psql('watched', 'SELECT count(*) FROM schemadrift_observer()'), '0', 'as the function does');
$node->stop;
$standby->promote;
$standby->safe_psql('watched', 'ALTER TABLE t ADD after_promotion integer');
wait_for($standby, 'watched', sprintf($event, 'appeared', 'public.t.after_promotion'), 'once promoted it observes');
is($standby->safe_psql('watched', q{SELECT count(*) FROM schemadrift.drift_event WHERE identity = 'public.t.seen_by_both'}), '1', 'and knows what was seen before');

$standby->stop;
unlike(slurp_file($_->logfile), qr/(?:PANIC|TRAP|terminated by signal)/, 'no crash') foreach $node, $standby;
done_testing();

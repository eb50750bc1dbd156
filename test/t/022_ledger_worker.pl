# Records that outlive the transaction need a background worker for a moment.
# When there is none to be had, nothing is done, and the message says why.

use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('worker');
$node->init(extra => [ '--locale=C', '--encoding=UTF8' ]);
$node->append_conf('postgresql.conf', q{
max_worker_processes = 0
max_logical_replication_workers = 0
});
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION schemadrift');

sub refused
{
	my ($sql, $what) = @_;
	my ($rc, $out, $err) = $node->psql('postgres', $sql);

	like($err,
		qr/ERROR:  could not write a record outside the transaction\nDETAIL:  There is no background worker to be had; max_worker_processes limits them\.\nHINT:  Nothing has been changed\./,
		$what);
	return;
}

refused(q{SELECT schemadrift_apply('01', 'CREATE TABLE t (a integer)')}, 'apply');
refused(q{SELECT schemadrift_begin('01')}, 'begin');
is($node->safe_psql('postgres', q{SELECT count(*), to_regclass('t') IS NULL FROM schemadrift.run}),
	'0|t', 'no row, no table');
is($node->safe_psql('postgres', q{SELECT outcome FROM schemadrift_adopt('02', 'SELECT 1')}),
	'adopted', 'what is in the transaction needs no worker');
refused(q{SET schemadrift.ledger_override = on; DELETE FROM schemadrift.run}, 'override');
is($node->safe_psql('postgres', 'SELECT count(*) FROM schemadrift.run'), '1', 'nothing is deleted');
# a session in which begin was refused is not in a migration, nor has it the lock
my ($rc, $out, $err) = $node->psql('postgres', q{
	SELECT schemadrift_begin('01');
	SELECT count(*) FROM pg_locks WHERE locktype = 'advisory';
	SELECT schemadrift_end();}, on_error_stop => 0);
is($out, '0', 'no lock is left');
like($err, qr/no migration has been begun in this session/, 'nothing is begun');

# One worker at a time.
$node->adjust_conf('postgresql.conf', 'max_worker_processes', '1');
$node->restart;

# The only one is busy when the failure is to be recorded: the error of the
# script is the one that counts.
my $apply = $node->background_psql('postgres', on_error_stop => 0);
$apply->query_until(qr/start/, q{
\echo start
SELECT schemadrift_apply('03', 'CREATE TABLE t (a integer); SELECT pg_sleep(600)');
});
$node->poll_query_until('postgres', q{SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'})
  or die 'no sleep';
my $locker = $node->background_psql('postgres');
$locker->query_safe('BEGIN; LOCK TABLE schemadrift.override_log');
my $override = $node->background_psql('postgres', on_error_stop => 0);
$override->query_until(qr/start/, q{
\echo start
SET schemadrift.ledger_override = on;
DELETE FROM schemadrift.approval;
});
$node->poll_query_until('postgres', q{SELECT count(*) = 1 FROM pg_stat_activity WHERE backend_type = 'schemadrift recorder' AND wait_event_type = 'Lock'})
  or die 'no worker waits';
$node->safe_psql('postgres', q{SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep'});
$node->poll_query_until('postgres', q{SELECT state = 'rolled_back' FROM schemadrift.ledger WHERE name = '03'})
  or die 'still running';
$apply->quit;
my $errors = $apply->{stderr};
like($errors, qr/WARNING:  could not record the failure of migration "03"\nDETAIL:  There is no background worker to be had/, 'a warning');
like($errors, qr/ERROR:  canceling statement due to user request\nCONTEXT:  SQL statement "SELECT pg_sleep\(600\)"\nstatement 2 of migration "03", line 1/, 'the error of the script');
is($node->safe_psql('postgres', q{SELECT to_regclass('t') IS NULL}), 't', 'rolled back');

# A worker that waits for a lock gives up, and the statement does too.
$override->quit;
like($override->{stderr}, qr/ERROR:  could not write a record outside the transaction\nDETAIL:  canceling statement due to lock timeout/, 'a lock on the table');
$locker->quit;

# A lock of our own that keeps the worker from starting: whoever waits can
# cancel it.
($rc, $out, $err) = $node->psql('postgres', q{
	BEGIN;
	LOCK TABLE pg_catalog.pg_class;
	SET LOCAL statement_timeout = '1s';
	SELECT schemadrift_apply('04', 'SELECT 1');});
like($err, qr/ERROR:  canceling statement due to statement timeout/, 'cancelled while waiting for the worker');
is($node->safe_psql('postgres', q{SELECT count(*) FROM schemadrift.ledger WHERE name = '04'}), '0', 'no row');
is($node->safe_psql('postgres', q{SELECT schemadrift_apply('04', 'SELECT 1')}), 'applied', 'afterwards all is well');

# What is on record stays when everything else is rolled back, whether the
# library is loaded by the server, by the session or by the function.  Loaded by
# the server it has two workers beside those: one that writes what others have
# queued, and one that starts those who observe.
$node->adjust_conf('postgresql.conf', 'max_worker_processes', '3');
$node->append_conf('postgresql.conf', q{
shared_preload_libraries = ''
session_preload_libraries = ''
});
foreach my $how (qw(none shared_preload_libraries session_preload_libraries))
{
	$node->adjust_conf('postgresql.conf', $_, "'" . ($how eq $_ ? 'schemadrift' : '') . "'")
	  foreach qw(shared_preload_libraries session_preload_libraries);
	$node->restart;
	$node->psql('postgres', qq{
		BEGIN;
		SELECT schemadrift_apply('10_$how', 'CREATE TABLE t10 (a integer)');
		SAVEPOINT s;
		SELECT schemadrift_apply('11_$how', 'CREATE TABLE t11 (a integer); SELECT 1/0');
		ROLLBACK TO s;
		ROLLBACK;
		SELECT schemadrift_begin('12_$how');
		BEGIN;
		CREATE TABLE t12 (a integer);
		ROLLBACK;
		SELECT schemadrift_end();
		SELECT schemadrift_begin('13_$how');
		SELECT 1/0;}, on_error_stop => 0);
	$node->poll_query_until('postgres', q{SELECT count(*) = 0 FROM schemadrift.run WHERE state = 'running'})
	  or die 'a run goes on';
	is( $node->safe_psql('postgres', qq{SELECT name, state, sqlstate, error FROM schemadrift.run WHERE name LIKE '%$how' ORDER BY name}),
		"10_$how|rolled_back||\n11_$how|failed|22012|division by zero\nCONTEXT:  SQL statement \"SELECT 1/0\"\nstatement 2 of migration \"11_$how\", line 1\n12_$how|applied||\n13_$how|interrupted||division by zero",
		"preloaded by $how: on record");
	is($node->safe_psql('postgres', q{SELECT count(*) FROM pg_class WHERE relname IN ('t10', 't11', 't12')}), '0', 'and nothing else');
}

# Settings of the database do not keep the worker from writing.
$node->safe_psql('postgres', q{
	ALTER DATABASE postgres SET search_path = '';
	ALTER DATABASE postgres SET default_transaction_isolation = 'serializable';
	ALTER DATABASE postgres SET statement_timeout = '1h';
	ALTER ROLE ALL SET session_replication_role = replica;
	ALTER DATABASE postgres SET synchronous_commit = off;});
is($node->safe_psql('postgres', q{SELECT pg_catalog.schemadrift_apply('05', 'SELECT 1')}), 'applied', 'odd settings');
$node->safe_psql('postgres', q{ALTER DATABASE postgres SET default_transaction_read_only = on});
is($node->safe_psql('postgres', q{SET default_transaction_read_only = off; SELECT pg_catalog.schemadrift_begin('06') IS NOT NULL; SELECT pg_catalog.schemadrift_end()}),
	"t\napplied", 'a database that is read only by default');
is($node->safe_psql('postgres', q{SELECT pg_catalog.string_agg(name || ' ' || state, ', ' ORDER BY name) FROM schemadrift.ledger WHERE name OPERATOR(pg_catalog.<) '10'}),
	'02 applied, 03 interrupted, 04 applied, 05 applied, 06 applied',
	'what the ledger says; why 03 has ended nobody knows any more');

$node->stop;
done_testing();

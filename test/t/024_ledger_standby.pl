# A standby shows the ledger as the primary has it and writes nothing; promoted,
# it knows that what ran on the primary does not run here.

use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $primary = PostgreSQL::Test::Cluster->new('primary');
$primary->init(allows_streaming => 1, extra => [ '--locale=C', '--encoding=UTF8' ]);
$primary->start;
$primary->backup('backup');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'backup', has_streaming => 1);
$standby->start;

foreach my $sql (
	'CREATE EXTENSION schemadrift',
	q{CREATE TABLE _prisma_migrations (id varchar(36) PRIMARY KEY, checksum varchar(64) NOT NULL, finished_at timestamptz,
		migration_name varchar(255) NOT NULL, logs text, rolled_back_at timestamptz,
		started_at timestamptz NOT NULL DEFAULT now(), applied_steps_count integer NOT NULL DEFAULT 0)},
	q{INSERT INTO _prisma_migrations SELECT 'x', encode(sha256('SELECT 1'), 'hex'), now(), '20260101000000_a', NULL, NULL, now(), 1},
	q{SELECT schemadrift_register('{"20260101000000_a/migration.sql": "SELECT 1", "01.sql": "CREATE TABLE t (a integer)",
		"02.sql": "SELECT 1/0", "03.sql": "SELECT 3", "04.sql": "SELECT 4", "05.sql": "CREATE TABLE v (a integer)"}')},
	q{SELECT schemadrift_apply('01', 'CREATE TABLE t (a integer)')},
	q{SELECT schemadrift_apply('02', 'SELECT 1/0')},
	q{SELECT schemadrift_adopt('05', 'CREATE TABLE v (a integer)', 'claim')})
{
	$primary->psql('postgres', $sql);
}
# one that goes on, one whose transaction goes on
my $begin = $primary->background_psql('postgres');
$begin->query_safe(q{SELECT schemadrift_begin('03')});
my $apply = $primary->background_psql('postgres');
# the lock must be free for the other
$begin->query_safe('SET client_min_messages = error; SELECT pg_advisory_unlock_all()');
$apply->query_safe(q{BEGIN; SELECT schemadrift_apply('04', 'SELECT 4')});

sub wait_for_standby
{
	$primary->wait_for_catchup($standby, 'replay', $primary->lsn('insert'));
	return;
}

my %query = (
	ledger => q{SELECT name, state, started_at, finished_at, error FROM schemadrift.ledger ORDER BY name},
	migrations => 'SELECT * FROM schemadrift.migrations',
	reconcile => 'SELECT * FROM schemadrift_reconcile()');

# Both show the same, and this.
sub compare
{
	my ($what, $states) = @_;

	wait_for_standby();
	foreach my $name (sort keys %query)
	{
		is( $standby->safe_psql('postgres', $query{$name}),
			$primary->safe_psql('postgres', $query{$name}),
			"$what: $name is the same");
	}
	is($standby->safe_psql('postgres', q{SELECT string_agg(name || ' ' || state, ', ' ORDER BY name) FROM schemadrift.migrations}),
		$states, "$what: states");
	return;
}
compare('while two run',
	'01 applied, 02 failed, 03 running, 04 running, 05 claimed, 20260101000000_a applied');
$apply->query_safe('ROLLBACK');
$primary->poll_query_until('postgres', q{SELECT state = 'rolled_back' FROM schemadrift.run WHERE name = '04'})
  or die 'nobody has recorded the end of the transaction';
compare('after the rollback',
	'01 applied, 02 failed, 03 running, 04 rolled_back, 05 claimed, 20260101000000_a applied');

# What would write says that it cannot.
foreach my $call (
	q{schemadrift_apply('06', 'SELECT 1')}, q{schemadrift_begin('06')},
	q{schemadrift_adopt('06', 'SELECT 1')}, q{schemadrift_adopt_all()},
	q{schemadrift_dry_run('06', 'SELECT 1')}, q{schemadrift_resolve('02', 'applied')},
	q{schemadrift_approve('06', 'SELECT 1')}, q{schemadrift_revoke('06')},
	q{schemadrift_register('{}')})
{
	my ($rc, $out, $err) = $standby->psql('postgres', "SELECT $call");
	my ($name) = $call =~ /^(\w+)/;
	like($err, qr/ERROR:  cannot execute \Q$name\E\(\) (?:in a read-only transaction|during recovery)/, "$name on a standby");
}
my ($rc, $out, $err) = $standby->psql('postgres', 'SELECT schemadrift_end()');
like($err, qr/no migration has been begun in this session/, 'schemadrift_end on a standby');

# Promoted: nothing runs here.
$standby->promote;
is($standby->safe_psql('postgres', q{SELECT string_agg(name || ' ' || state, ', ' ORDER BY name) FROM schemadrift.ledger}),
	'01 applied, 02 failed, 03 interrupted, 04 rolled_back, 05 claimed', 'promoted');
is($standby->safe_psql('postgres', q{SELECT schemadrift_apply('06', 'CREATE TABLE t06 (a integer)')}), 'applied', 'it writes now');
is($standby->safe_psql('postgres', q{SELECT state FROM schemadrift.run WHERE name = '03'}), 'interrupted', 'and has settled what was left');
is($begin->query_safe('SELECT schemadrift_end()'), 'applied', 'on the primary it has gone on meanwhile');

$begin->quit;
$apply->quit;
$standby->stop;
$primary->stop;
done_testing();

# A full ledger goes through dump and restore byte for byte, and is protected
# and right on the other side.

use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('dump');
$node->init(extra => [ '--locale=C', '--encoding=UTF8' ]);
$node->start;
my $dir = PostgreSQL::Test::Utils::tempdir;

$node->safe_psql('postgres', 'CREATE DATABASE app');
$node->safe_psql('app', 'CREATE EXTENSION schemadrift');
# a run in every state, with whatever a text can hold
foreach my $sql (
	q{SELECT schemadrift_apply('01 "odd" name', E'CREATE TABLE t (a integer); /* \\\\N \\\\. \t\r\n\\\\. tab, "quote", ''quote'' and $body$ ' || U&'\00e9\4e2d */')},
	q{SELECT schemadrift_apply('02b_failed', E'SELECT 1;\nSELECT 1/0')},
	q{BEGIN; SELECT schemadrift_apply('03', 'SELECT 1'); ROLLBACK},
	q{SELECT schemadrift_begin('04'); CREATE TABLE u (a integer); SELECT 1/0},
	q{SELECT schemadrift_adopt('05', 'CREATE TABLE IF NOT EXISTS t (a integer)')},
	q{SELECT schemadrift_adopt('06', 'CREATE TABLE v (a integer)', 'claim')},
	q{SELECT schemadrift_resolve('02b_failed', 'applied', note => E'line\nline')},
	q{SELECT schemadrift_approve('07', 'SELECT 7', allow_destructive => true); SELECT schemadrift_approve('08', 'SELECT 8'); SELECT schemadrift_revoke('08')},
	q{SELECT schemadrift_register('{"01.sql": "SELECT 1;\r\n", "20260101000000_x/migration.sql": "SELECT 2;", "README.md": "x", "empty": null, "09.sql": ""}')},
	q{SET schemadrift.ledger_override = on; UPDATE schemadrift.run SET note = 'by hand' WHERE name = '03'})
{
	$node->psql('app', $sql, on_error_stop => 0);
}
$node->poll_query_until('app', q{SELECT count(*) = 0 FROM schemadrift.run WHERE state = 'running'})
  or die 'a run goes on';
my $session = $node->background_psql('app');
$session->query_safe(q{SELECT schemadrift_begin('10', 'SELECT 1;')});

my @tables = qw(run migration_file approval override_log);

# All rows of a database, as COPY writes them.
sub contents
{
	my ($database, $server) = @_;
	return join '', map {
		"$_\n"
		  . ($server // $node)->safe_psql($database,
			"COPY (SELECT * FROM schemadrift.$_ t ORDER BY t::text) TO STDOUT") . "\n"
	} @tables;
}
my $before = contents('app');
is( $node->safe_psql('app', q{SELECT string_agg(DISTINCT state, ' ' ORDER BY state) FROM schemadrift.ledger}),
	'applied claimed interrupted rolled_back running',
	'every state but failed, which was resolved');
is($node->safe_psql('app', q{SELECT count(*) > 4 FROM schemadrift.migration_file}), 't', 'files');
is($node->safe_psql('app', q{SELECT count(*) FROM schemadrift.override_log}), '1', 'an override');

sub check_copy
{
	my ($database, $what) = @_;

	is(contents($database), $before, "$what: byte for byte");
	is($node->safe_psql($database, q{SELECT state FROM schemadrift.ledger WHERE name = '10'}),
		'interrupted', 'what runs in the original does not run in the copy');
	my ($rc, $out, $err) = $node->psql($database, 'DELETE FROM schemadrift.run');
	like($err, qr/DELETE on table "schemadrift\.run" is refused/, 'protected');
	is($node->safe_psql($database, q{SELECT schemadrift_apply('11', 'SELECT 1')}), 'applied', 'a new run');
	is($node->safe_psql($database, q{SELECT count(*) FROM schemadrift.ledger WHERE name = '10' AND state = 'interrupted'}),
		'1', 'and the old ones');
	return;
}

my @forms = (
	[ 'plain', ['-Fp'] ],
	[ 'custom', ['-Fc'] ],
	[ 'inserts', [ '-Fp', '--inserts' ] ],
	[ 'directory', ['-Fd'] ]);
foreach my $form (@forms)
{
	my ($name, $options) = @$form;
	my $file = "$dir/$name";

	$node->command_ok([ 'pg_dump', '-d', $node->connstr('app'), @$options, '-f', $file ], "pg_dump, $name");
	$node->safe_psql('postgres', "CREATE DATABASE copy_$name TEMPLATE template0");
	if ($options->[0] eq '-Fp')
	{
		$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr("copy_$name"), '-f', $file ], 'psql');
	}
	else
	{
		$node->command_ok([ 'pg_restore', '-e', '-d', $node->connstr("copy_$name"), $file ], 'pg_restore');
	}
	check_copy("copy_$name", $name);
}

# With CREATE DATABASE, into another server.
my $other = PostgreSQL::Test::Cluster->new('other');
$other->init(extra => [ '--locale=C', '--encoding=UTF8' ]);
$other->start;
foreach my $form ([ 'plain', 'Fp' ], [ 'custom', 'Fc' ])
{
	my ($name, $format) = @$form;
	my $file = "$dir/create_$name";

	$node->command_ok([ 'pg_dump', '-d', $node->connstr('app'), '-C', "-$format", '-f', $file ], "pg_dump -C, $name");
	$other->command_ok(
		$format eq 'Fp'
		? [ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $other->connstr('postgres'), '-f', $file ]
		: [ 'pg_restore', '-e', '-C', '-d', $other->connstr('postgres'), $file ],
		"restore -C, $name");
	is(contents('app', $other), $before, "-C, $name: byte for byte");
	is($other->safe_psql('app', q{SELECT string_agg(DISTINCT state, ' ' ORDER BY state) FROM schemadrift.ledger}),
		'applied claimed interrupted rolled_back', 'nothing runs in another server');
	is($other->safe_psql('app', q{SELECT schemadrift_apply('11', 'SELECT 1')}), 'applied', 'a new run');
	$other->safe_psql('postgres', 'DROP DATABASE app');
}
$other->stop;

# All of it, into databases that have the extension, also with a row of theirs.
foreach my $case ([ 'copy_present', 'SELECT 1' ], [ 'copy_rows', q{SELECT schemadrift_apply('99', 'SELECT 1')} ])
{
	my ($name, $sql) = @$case;
	$node->safe_psql('postgres', "CREATE DATABASE $name TEMPLATE template0");
	$node->safe_psql($name, "CREATE EXTENSION schemadrift; $sql");
	$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr($name), '-f', "$dir/plain" ], "psql, $name");
}
check_copy('copy_present', 'the extension is there');
is( $node->safe_psql('copy_rows', q{SELECT string_agg(name, ' ' ORDER BY name) FROM schemadrift.run WHERE name > '06'}),
	'10 99', 'rows of its own have stayed');

# Rows alone, into a database that has the extension already.
$node->command_ok([ 'pg_dump', '-d', $node->connstr('app'), '-a', '-f', "$dir/data" ], 'pg_dump, rows alone');
$node->safe_psql('postgres', 'CREATE DATABASE copy_data TEMPLATE template0');
$node->safe_psql('copy_data', 'CREATE EXTENSION schemadrift; CREATE TABLE t (a integer); CREATE TABLE u (a integer)');
$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('copy_data'), '-f', "$dir/data" ], 'psql');
check_copy('copy_data', 'rows alone');

# CREATE DATABASE ... TEMPLATE copies files; who runs is told by the database.
$session->quit;
$node->poll_query_until('app', q{SELECT state = 'interrupted' FROM schemadrift.run WHERE name = '10'})
  or die 'nobody has recorded the end of the session';
$before = contents('app');
$node->poll_query_until('postgres', q{SELECT count(*) = 0 FROM pg_stat_activity WHERE datname = 'app'})
  or die 'somebody is still there';
$node->safe_psql('postgres', 'CREATE DATABASE copy_template TEMPLATE app');
check_copy('copy_template', 'template');

$node->stop;
done_testing();

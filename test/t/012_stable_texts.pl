# The texts of expressions and queries must not change when a database is dumped
# and restored: the server stores what pg_dump writes in another form than what
# somebody typed.  test/stable has one expression or query a line, of many sorts,
# and statements that have them in other places.

use strict;
use warnings;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $data = abs_path(dirname(__FILE__) . '/../stable');
my $tempdir = abs_path(PostgreSQL::Test::Utils::tempdir);

my $node = PostgreSQL::Test::Cluster->new('stable');
$node->init(extra => [ '--locale=C', '--encoding=UTF8' ]);
$node->append_conf('postgresql.conf',
	"fsync = off\nautovacuum = off\nwal_level = logical");
$node->start;

foreach my $database ('original', 'copy')
{
	$node->safe_psql('postgres', "CREATE DATABASE $database");
	$node->safe_psql($database, 'CREATE EXTENSION schemadrift');
}

sub lines_of
{
	my ($file) = @_;

	return split /\n/, slurp_file("$data/$file");
}

# Every expression as a check and in a view, every query as a view and in the
# body of a function.
my @script = (
	slurp_file("$data/objects.sql"),
	'SET client_min_messages = error;');
my $n = 0;

foreach my $expression (lines_of('expressions.lst'))
{
	$n++;
	push @script,
	  "ALTER TABLE t ADD CONSTRAINT check$n CHECK ($expression);",
	  "CREATE VIEW condition$n AS SELECT $expression AS a FROM t"
	  . " WHERE $expression GROUP BY t.id HAVING $expression;";
}
cmp_ok($n, '>', 400, 'expressions');
$n = 0;
foreach my $query (lines_of('queries.lst'))
{
	$n++;
	push @script, "CREATE VIEW query$n AS $query;",
	  "CREATE FUNCTION query$n() RETURNS void LANGUAGE sql BEGIN ATOMIC $query; SELECT; END;";
}
cmp_ok($n, '>', 150, 'queries');
push @script, slurp_file("$data/statements.sql");

my $file = "$tempdir/original.sql";
append_to_file($file, join("\n", @script));
$node->command_ok(
	[ 'psql', '-XqAt', '-v', 'ON_ERROR_STOP=1', '-d', 'original', '-f', $file ],
	'all of it is made');
$node->command_ok(
	[ 'pg_dump', '-f', "$tempdir/dump.sql", 'original' ], 'pg_dump');
$node->command_ok(
	[
		'psql', '-XqAt', '-v', 'ON_ERROR_STOP=1', '-o', '/dev/null',
		'-d', 'copy', '-f', "$tempdir/dump.sql"
	],
	'psql reads the dump');

# What differs, one line each.
sub objects
{
	my ($database) = @_;

	return $node->safe_psql(
		$database, q{
		SELECT o.kind, o.identity, d.key, d.value
		FROM schemadrift_objects() AS o, jsonb_each_text(o.definition) AS d
		ORDER BY o.kind, o.identity, d.key});
}

is(objects('copy'), objects('original'), 'the texts are the same');
is( $node->safe_psql('copy', 'SELECT schemadrift_fingerprint()'),
	$node->safe_psql('original', 'SELECT schemadrift_fingerprint()'),
	'the fingerprint is the same');

my $document =
  $node->safe_psql('original', 'SELECT schemadrift_snapshot()');
is( $node->safe_psql(
		'copy',
		"SELECT drift, identity, attribute, expected, actual FROM schemadrift_check(\$json\$$document\$json\$)"
	),
	'',
	'the copy has no drift');

# What people write is as good as what the server makes of it.
sub meaning
{
	my ($object, $expected) = @_;

	is( $node->safe_psql(
			'copy',
			"SELECT expected, actual FROM schemadrift_check(\$json\$$object\$json\$)"
		),
		$expected,
		"written by hand: $object");
	return;
}

meaning(
	qq({"schemas": {"s": {"tables": {"t": {"constraints": {"check$_->[0]": {"expression": "$_->[1]"}}}}}}}),
	'')
  foreach (
	[ 1, q{v IN ('x', 'y')} ],
	[ 1, q{(v)::text = ANY ((ARRAY['x'::varchar, 'y'::varchar])::text[])} ],
	[ 1, q{v = ANY (ARRAY['x'::varchar::text, 'y'::varchar::text])} ]);
meaning(
	q({"schemas": {"s": {"tables": {"t": {"constraints": {"check1": {"expression": "v IN ('x', 'z')"}}}}}}}),
	q{v IN ('x', 'z')|((v)::text = ANY (ARRAY[('x'::character varying)::text, ('y'::character varying)::text]))}
);

$node->stop;
done_testing();

# Names, scripts, notes and errors in whatever encoding the database has; their
# checksums are those of the UTF-8 files, as Prisma takes them.

use strict;
use warnings;

use Digest::SHA qw(sha256_hex);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

$ENV{PGCLIENTENCODING} = 'UTF8';
my $node = PostgreSQL::Test::Cluster->new('encodings');
$node->init(extra => [ '--locale=C', '--encoding=UTF8' ]);
$node->start;

my $e = "\xc3\xa9";    # in UTF-8
my $script = qq{CREATE TABLE "$e" (a integer); -- $e};
my $other = qq{SELECT '$e' AS a;};

sub psql
{
	my ($database, $sql) = @_;
	my ($rc, $out, $err) = $node->psql($database, $sql, on_error_stop => 0);
	return ($out, $err);
}

foreach my $encoding (qw(UTF8 LATIN1 EUC_JP SQL_ASCII))
{
	my $db = lc "enc_$encoding";
	my ($out, $err);

	$node->safe_psql('postgres',
		"CREATE DATABASE $db TEMPLATE template0 ENCODING '$encoding'");
	$node->safe_psql($db, 'CREATE EXTENSION schemadrift');
	is($node->safe_psql($db, "SELECT schemadrift_apply('01_$e', '$script', note => '$e')"),
		'applied', "$encoding: apply");
	is($node->safe_psql($db, "SELECT schemadrift_apply('01_$e', '$script')"),
		'already applied', 'once');
	($out, $err) = psql($db, qq{SELECT schemadrift_apply('02', 'SELECT "$e"')});
	like($err, qr/column "$e" does not exist/, 'an error');
	($out, $err) = psql(
		$db, qq{
		SELECT schemadrift_begin('03_$e', '} . ($other =~ s/'/''/gr) . qq{');
		$other
		SELECT '$e$e' AS a;
		SELECT schemadrift_end('$e');});
	like($out, qr/\napplied\z/, 'begin and end');
	like($err, qr/WARNING:  1 deviation .*not in the script: SELECT '$e$e' AS a/s, 'a deviation');
	is($node->safe_psql($db, "SELECT outcome FROM schemadrift_adopt('04_$e', 'SELECT ''$e''')"),
		'adopted', 'adopt');
	is($node->safe_psql($db, "SELECT count(*) FROM schemadrift_register('{\"01_$e.sql\": \"" . ($script =~ s/"/\\"/gr) . "\"}')"),
		'1', 'register');
	is( $node->safe_psql($db, q{SELECT name, state, note, script, checksum, error IS NOT NULL, deviations[1] FROM schemadrift.ledger ORDER BY name}),
		join("\n",
			"01_$e|applied|$e|$script|" . sha256_hex($script) . '|f|',
			qq{02|failed||SELECT "$e"|} . sha256_hex(qq{SELECT "$e"}) . '|t|',
			"03_$e|applied|$e|$other|" . sha256_hex($other) . "|f|not in the script: SELECT '$e$e' AS a",
			"04_$e|applied||SELECT '$e'|" . sha256_hex("SELECT '$e'") . '|f|'),
		'every text is what it was');
	is($node->safe_psql($db, "SELECT state, name FROM schemadrift.migrations WHERE name = '01_$e'"),
		"applied|01_$e", 'the file is the one that was applied');
}

# Bytes that are no text in any encoding.
$ENV{PGCLIENTENCODING} = 'SQL_ASCII';
my $bytes = "SELECT '\xff\xfe' AS a";
is($node->safe_psql('enc_sql_ascii', "SELECT schemadrift_apply('10_\xff', \$a\$$bytes\$a\$)"),
	'applied', 'SQL_ASCII, any bytes');
is($node->safe_psql('enc_sql_ascii', "SELECT script, checksum FROM schemadrift.ledger WHERE name = '10_\xff'"),
	"$bytes|" . sha256_hex($bytes), 'kept, and summed as they are');

# A client of another encoding than the database.
$ENV{PGCLIENTENCODING} = 'LATIN1';
is($node->safe_psql('enc_utf8', "SELECT schemadrift_apply('01_\xe9', 'CREATE TABLE \"\xe9\" (a integer); -- \xe9')"),
	'already applied', 'the encoding of the client does not matter');

$node->stop;
done_testing();

# Who asks does not matter, nor the encoding of the connection or the database:
# a role without any rights gets the superuser's answers, in its own encoding.

use strict;
use warnings;
use utf8;

use Encode qw(decode encode);
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('roles');
$node->init(extra => [ '--locale=C', '--encoding=UTF8' ]);
$node->start;

# Run statements, given as characters, over a connection with that role and
# client encoding.  Exit status, stdout and stderr, as characters.
sub ask
{
	my ($database, $role, $encoding, $sql) = @_;
	my %codecs = (
		UTF8 => 'UTF-8',
		LATIN1 => 'ISO-8859-1',
		SJIS => 'CP932',
		EUC_JP => 'EUC-JP',
		SQL_ASCII => 'UTF-8');
	my $codec = $codecs{$encoding};
	my $input = encode($codec, $sql, Encode::FB_CROAK);
	my ($stdout, $stderr) = ('', '');

	local %ENV = %ENV;
	$ENV{PGHOST} = $node->host;
	$ENV{PGPORT} = $node->port;
	$ENV{PGCLIENTENCODING} = $encoding;
	my $ok = IPC::Run::run(
		[
			'psql', '-X', '-A', '-t', '-q', '-v', 'ON_ERROR_STOP=1', '-U',
			$role, '-d', $database
		],
		'<', \$input, '>', \$stdout, '2>', \$stderr);
	chomp $stdout;
	return (
		$ok,
		decode($codec, $stdout, Encode::FB_CROAK),
		decode($codec, $stderr));
}

sub answer
{
	my ($ok, $stdout, $stderr) = ask(@_);

	diag(encode('UTF-8', $stderr)) if !$ok || $stderr ne '';
	return $ok ? $stdout : 'error';
}

# is() for characters
sub same
{
	my ($got, $expected, $name) = @_;

	return is(encode('UTF-8', $got), encode('UTF-8', $expected), $name);
}

my $me = $node->safe_psql('postgres', 'SELECT current_user');
my $document = 'SELECT schemadrift_snapshot()';
my $objects = 'SELECT * FROM schemadrift_objects()';
my $fingerprint = 'SELECT schemadrift_fingerprint()';

sub check
{
	my ($expected) = @_;

	return "SELECT drift, identity, attribute, expected, actual FROM schemadrift_check(\$json\$$expected\$json\$)";
}

# A schema whose names have the characters given, with everything that has
# names.  PUBLIC has no rights on any of it.
sub schema
{
	my ($database, $characters) = @_;

	return (
		qq{
		REVOKE ALL ON DATABASE $database FROM PUBLIC;
		GRANT CONNECT, TEMPORARY ON DATABASE $database TO regress_nobody;
		SET client_min_messages = warning;
		CREATE EXTENSION schemadrift;
		REVOKE ALL ON SCHEMA public FROM PUBLIC;
		CREATE SCHEMA "schema %";
		CREATE TYPE "schema %"."enum %" AS ENUM ('label %', '%');
		CREATE FUNCTION "schema %"."function %"(text) RETURNS text IMMUTABLE LANGUAGE sql AS 'SELECT \$1';
		CREATE TABLE "schema %"."table %" (
			"column %" text NOT NULL DEFAULT '%' CHECK ("column %" <> 'text %'),
			"enum %" "schema %"."enum %" DEFAULT 'label %',
			"function %" text DEFAULT "schema %"."function %"('x %'),
			"%" text COLLATE "C"
		);
		CREATE INDEX "index %" ON "schema %"."table %" (("%" || '%'), "schema %"."function %"("column %")) WHERE "enum %" = '%';
		CREATE VIEW "schema %"."view %" AS SELECT "column %" AS "c %", 'literal %' AS l FROM "schema %"."table %";
		CREATE SEQUENCE "schema %"."sequence %";
		ALTER SEQUENCE "schema %"."sequence %" OWNED BY "schema %"."table %"."%";
		REVOKE ALL ON FUNCTION "schema %"."function %"(text) FROM PUBLIC;
		REVOKE ALL ON TYPE "schema %"."enum %" FROM PUBLIC;
	} =~ s/%/$characters/gr);
}

# The same in other words: what has to be resolved are names of a schema,
# function and type that the role may not use.
sub spelt
{
	my ($characters) = @_;

	return (
		q({"schemas": {"schema %": {"tables": {"table %": {
			"columns": {
				"column %": {"type": "pg_catalog.text", "default": "text '%'"},
				"enum %": {"type": "\"enum %\"", "default": "'label %'"},
				"function %": {"default": "\"function %\"( 'x %' )"}},
			"indexes": {"index %": {"keys": ["( \"%\" || '%' )", "\"function %\"( \"column %\" )"], "where": "( \"enum %\" = '%' )"}}}},
			"views": {"view %": {"definition": "select \"table %\".\"column %\" as \"c %\", text 'literal %' as l from \"table %\""}}}}})
		=~ s/%/$characters/gr);
}

$node->safe_psql('postgres', 'CREATE ROLE regress_nobody LOGIN');

# 1. connections with other encodings, and without rights

# In SJIS the second byte of the last three is a backslash, of "ポ" a bar.
my $latin = 'éßÿ';
my $kanji = '日本語ポ表ソ能';
for my $case (
	[ 'latin_names', $latin, 'LATIN1' ],
	[ 'kanji_names', $kanji, 'SJIS' ],
	[ 'kanji_names', $kanji, 'EUC_JP' ])
{
	my ($database, $characters, $encoding) = @$case;

	if ($node->safe_psql('postgres',
			"SELECT count(*) FROM pg_database WHERE datname = '$database'") == 0)
	{
		$node->safe_psql('postgres', "CREATE DATABASE $database");
		answer($database, $me, $encoding, schema($database, $characters));
	}
	my $expected = answer($database, $me, 'UTF8', $document);
	like($expected, qr/"table \Q$characters\E"/,
		"$database: names in the snapshot");
	for my $question ($document, $objects, $fingerprint)
	{
		my $right = answer($database, $me, 'UTF8', $question);

		same(answer($database, 'regress_nobody', $encoding, $question),
			$right, "$database, no rights, $encoding: $question");
		same(answer($database, 'regress_nobody', 'UTF8', $question),
			$right, "$database, no rights, UTF8: $question");
	}
	for my $role ($me, 'regress_nobody')
	{
		same(answer($database, $role, $encoding, check($expected)),
			'', "$database, $role, $encoding: no drift");
		same(
			answer(
				$database, $role, $encoding,
				check(spelt($characters))),
			'',
			"$database, $role, $encoding: no drift in other words");
		same(
			answer(
				$database, $role, $encoding,
				check(spelt($characters) =~ s/'x \Q$characters\E'/'x'/r)),
			qq{changed|"schema $characters"."table $characters"."function $characters"|default|"function $characters"( 'x' )|"schema $characters"."function $characters"('x $characters'::text)},
			"$database, $role, $encoding: drift");
	}
}

# What an encoding cannot say is the server's usual error, and the session
# goes on.
my ($ok, $stdout, $stderr) =
  ask('kanji_names', 'regress_nobody', 'LATIN1', $objects);
ok(!$ok, 'names that LATIN1 does not have');
like($stderr, qr/has no equivalent in encoding "LATIN1"/, 'the error');
is( answer(
		'kanji_names', 'regress_nobody', 'LATIN1',
		'SELECT count(*) > 5 FROM schemadrift_objects()'),
	't',
	'a count can be said');

# The role owns nothing but temporary objects; they change no answer.
my $expected = answer('latin_names', $me, 'UTF8', $document);
same(
	answer(
		'latin_names', 'regress_nobody', 'LATIN1',
		qq{CREATE TEMP TABLE pg_class (a integer);
		CREATE TEMP TABLE "table $latin" (a integer);
		CREATE DOMAIN pg_temp.text AS integer;
		CREATE FUNCTION pg_temp."function $latin"(text) RETURNS text LANGUAGE sql AS 'SELECT NULL::text';
		SET search_path = pg_temp, pg_catalog;
		SELECT count(*) FROM (} . check(spelt($latin)) . q{) AS x;
		SELECT count(*) FROM (} . check($expected) . q{) AS x}),
	"0\n0",
	'temporary objects');

# Temporary objects of others are nobody's schema.
my $session = $node->background_psql('latin_names');
$session->query_safe('CREATE TEMP TABLE somebody_s (a integer)');
same(answer('latin_names', 'regress_nobody', 'UTF8', check($expected)),
	'', 'temporary objects of others');
$session->quit;

# 2. databases with other encodings

for my $case (
	[ 'latin_database', 'LATIN1', 'latin_names', $latin ],
	[ 'kanji_database', 'EUC_JP', 'kanji_names', $kanji ],
	[ 'any_database', 'SQL_ASCII', 'kanji_names', $kanji ])
{
	my ($database, $encoding, $original, $characters) = @$case;

	$node->safe_psql('postgres',
		"CREATE DATABASE $database TEMPLATE template0 ENCODING '$encoding' LOCALE 'C'"
	);
	answer($database, $me, 'UTF8', schema($database, $characters));
	for my $role ($me, 'regress_nobody')
	{
		same(
			answer(
				$database, $role, 'UTF8',
				check(answer($original, $me, 'UTF8', $document))),
			'',
			"$encoding, $role: no drift from a document of UTF8");
		same(answer($database, $role, 'UTF8', check(spelt($characters))),
			'', "$encoding, $role: no drift in other words");
		same(
			answer($database, $role, 'UTF8', 'SELECT identity, definition FROM schemadrift_objects()'),
			answer($original, $me, 'UTF8', 'SELECT identity, definition FROM schemadrift_objects()'),
			"$encoding, $role: objects");
	}
	same(
		answer($original, $me, 'UTF8', check(answer($database, $me, 'UTF8', $document))),
		'',
		"$encoding: no drift in UTF8 from its document");
	same(
		answer($database, $me, 'UTF8', $fingerprint),
		answer($original, $me, 'UTF8', $fingerprint),
		"$encoding: the fingerprint is the one of UTF8");
}

# In SQL_ASCII names may be no characters at all.
is( $node->safe_psql(
		'any_database', qq{
		SET client_min_messages = warning;
		CREATE DATABASE bytes TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE 'C';
		\\connect bytes
		CREATE EXTENSION schemadrift;
		CREATE TYPE e AS ENUM (E'\\xc3', E'\\x80');
		CREATE TABLE u&"x" (a text DEFAULT E'\\xff', b e DEFAULT E'\\x80');
		DO \$\$ BEGIN EXECUTE E'CREATE VIEW "\\xe9" AS SELECT a AS "\\x81", text ''\\xfe'' AS c FROM x'; END \$\$;
		SELECT count(*) FROM schemadrift_check((SELECT schemadrift_snapshot()));
		SELECT encode(convert_to(identity, 'SQL_ASCII'), 'hex') FROM schemadrift_objects() WHERE kind = 'view';
		SELECT schemadrift_accept();
		DO \$\$ BEGIN EXECUTE E'ALTER TABLE x ADD "\\xf0" int'; END \$\$;
		SELECT schemadrift_apply('01', E'COMMENT ON VIEW "\\xe9" IS ''\\xfd''');
		SELECT drift || encode(convert_to(part_name, 'SQL_ASCII'), 'hex') FROM schemadrift.drift}),
	join("\n", 0, unpack('H*', qq{public."\xe9"}), '', 'applied', 'unexpectedf0'),
	'bytes that are no characters');

# 3. schemas of Prisma in these databases

for my $case (
	[ 'latin_database', $latin, $latin x 30 ],
	[ 'kanji_database', $kanji, $kanji x 10 ],
	[ 'any_database', $kanji, 'short' ])
{
	my ($database, $characters, $long) = @$case;
	my $schema =
	  qq(model T$characters {\n  id Int \@id\n  c$characters String \@default("$characters")\n  n Int \@map("$long")\n}\n);

	# The server cuts the long name, by the bytes of its own encoding.
	answer(
		$database, $me, 'UTF8', qq{
		SET client_min_messages = warning;
		CREATE SCHEMA prisma;
		CREATE TABLE prisma."T$characters" (id integer NOT NULL, "c$characters" text NOT NULL DEFAULT '$characters',
			"$long" integer NOT NULL, CONSTRAINT "T${characters}_pkey" PRIMARY KEY (id))});
	same(
		answer(
			$database, 'regress_nobody', 'UTF8',
			"SELECT * FROM schemadrift_check(schemadrift_prisma(\$p\$$schema\$p\$, 'prisma'))"),
		'',
		"$database: no drift from a Prisma schema");
	same(
		answer(
			$database, 'regress_nobody', 'UTF8',
			qq(SELECT object, line, message FROM schemadrift_prisma_lint(\$p\$$schema\$p\$, '{"models": ["x$characters"]}'))),
		qq(x$characters||there is no model "x$characters"),
		"$database: rules of a Prisma schema");
	($ok, $stdout, $stderr) =
	  ask($database, 'regress_nobody', 'UTF8',
		"SELECT schemadrift_prisma(\$p\$model A {\n  id Int \@id\n  x $characters\n}\n\$p\$)");
	ok( !$ok
		  && index($stderr, qq(line 3, column 5: type "$characters" is neither)) >= 0,
		"$database: an error in a Prisma schema");
}

$node->stop;
done_testing();

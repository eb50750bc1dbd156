# Every class of objects that the server at hand knows is seen: what its DDL
# puts into a catalog makes a row, of a kind that covers the class or of the
# probe for what no kind covers.  A class that a later server brings is in
# neither list below; it must then be one that the probe looks through.

use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

# A statement that makes an object of each class, in schema s, where there is a
# table t (a integer, r int4range) and all that is named below.
my %made = (
	pg_am => 'CREATE ACCESS METHOD regress_am TYPE INDEX HANDLER bthandler',
	pg_amop => 'ALTER OPERATOR FAMILY f USING btree ADD OPERATOR 1 < (integer, integer)',
	pg_amproc => 'ALTER OPERATOR FAMILY f USING btree ADD FUNCTION 1 (integer, integer) btint4cmp',
	pg_attrdef => 'ALTER TABLE t ALTER a SET DEFAULT 1',
	pg_authid => 'CREATE ROLE regress_x',
	pg_auth_members => 'GRANT regress_r TO regress_q',
	pg_cast => 'CREATE CAST (integer AS point) WITH INOUT',
	pg_class => 'CREATE TABLE x ()',
	pg_collation => 'CREATE COLLATION x FROM "C"',
	pg_constraint => 'ALTER TABLE t ADD CHECK (a > 0)',
	pg_conversion => q{CREATE CONVERSION x FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8},
	pg_default_acl => 'ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO regress_r',
	pg_enum => q{ALTER TYPE e ADD VALUE 'x'},
	pg_event_trigger => 'CREATE EVENT TRIGGER x ON ddl_command_end EXECUTE FUNCTION et()',
	pg_extension => 'CREATE EXTENSION regress_x',
	pg_foreign_data_wrapper => 'CREATE FOREIGN DATA WRAPPER x',
	pg_foreign_server => 'CREATE SERVER x FOREIGN DATA WRAPPER w',
	pg_language => 'CREATE LANGUAGE x HANDLER plpgsql_call_handler',
	pg_largeobject_metadata => 'SELECT lo_create(0)',
	pg_namespace => 'CREATE SCHEMA x',
	pg_opclass => 'CREATE OPERATOR CLASS x FOR TYPE integer USING btree AS OPERATOR 1 <, FUNCTION 1 btint4cmp(integer, integer)',
	pg_operator => 'CREATE OPERATOR @@@@ (FUNCTION = int4pl, LEFTARG = integer, RIGHTARG = integer)',
	pg_opfamily => 'CREATE OPERATOR FAMILY x USING btree',
	pg_parameter_acl => 'GRANT SET ON PARAMETER work_mem TO regress_r',
	pg_policy => 'CREATE POLICY x ON t',
	pg_proc => q{CREATE FUNCTION x() RETURNS integer LANGUAGE sql AS 'SELECT 1'},
	pg_publication => 'CREATE PUBLICATION x',
	pg_publication_namespace => 'ALTER PUBLICATION p ADD TABLES IN SCHEMA s',
	pg_publication_rel => 'ALTER PUBLICATION p ADD TABLE t',
	pg_rewrite => 'CREATE RULE x AS ON INSERT TO t DO NOTHING',
	pg_statistic_ext => 'CREATE STATISTICS x ON a, r FROM t',
	pg_subscription => q{CREATE SUBSCRIPTION x CONNECTION '' PUBLICATION p WITH (connect = false)},
	pg_transform => 'CREATE TRANSFORM FOR integer LANGUAGE plpgsql (FROM SQL WITH FUNCTION prsd_lextype(internal))',
	pg_trigger => 'CREATE TRIGGER x BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()',
	pg_ts_config => 'CREATE TEXT SEARCH CONFIGURATION x (COPY = simple)',
	pg_ts_dict => 'CREATE TEXT SEARCH DICTIONARY x (TEMPLATE = simple)',
	pg_ts_parser => 'CREATE TEXT SEARCH PARSER x (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype)',
	pg_ts_template => 'CREATE TEXT SEARCH TEMPLATE x (LEXIZE = dsimple_lexize)',
	pg_type => 'CREATE TYPE x AS (a integer)',
	pg_user_mapping => 'CREATE USER MAPPING FOR PUBLIC SERVER srv',
);

# Those that cannot be made within a transaction: what undoes it.
my %alone = (
	pg_database => [ 'ALTER DATABASE postgres CONNECTION LIMIT 5', 'ALTER DATABASE postgres CONNECTION LIMIT -1' ],
	pg_tablespace => [ q{CREATE TABLESPACE regress_ts LOCATION ''}, 'DROP TABLESPACE regress_ts' ],
);

my $setup = <<'SQL';
CREATE EXTENSION schemadrift;
CREATE ROLE regress_r;
CREATE ROLE regress_q;
CREATE SCHEMA s;
SET search_path = s;
CREATE TABLE t (a integer, r int4range);
CREATE OPERATOR FAMILY f USING btree;
CREATE TYPE e AS ENUM ('a');
CREATE FUNCTION et() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
CREATE FOREIGN DATA WRAPPER w;
CREATE SERVER srv FOREIGN DATA WRAPPER w;
CREATE PUBLICATION p;
SQL

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init(extra => [ '--no-locale', '--encoding=UTF8' ]);
$node->append_conf('postgresql.conf', "wal_level = logical\nallow_in_place_tablespaces = on");
$node->start;
$node->safe_psql('postgres', $setup);

# An extension that is nothing: any of those that come with the server.
my $extension = $node->safe_psql('postgres', q{
	SELECT name FROM pg_available_extensions
	WHERE installed_version IS NULL ORDER BY name LIMIT 1});
if ($extension ne '')
{
	$made{pg_extension} = qq{CREATE EXTENSION "$extension"};
}
else
{
	# PL/pgSQL always is there
	$made{pg_extension} = 'DROP EXTENSION plpgsql CASCADE; CREATE EXTENSION plpgsql SCHEMA s';
}

# How many rows a check has after a statement, against a snapshot taken before.
sub rows_after
{
	my ($statement) = @_;

	return $node->safe_psql('postgres', qq{
		SET client_min_messages = error;
		SET search_path = s;
		SELECT schemadrift_snapshot(NULL, true) AS doc \\gset
		BEGIN;
		\\o /dev/null
		$statement;
		\\o
		SELECT count(*) FROM schemadrift_check(:'doc');
		ROLLBACK;});
}

# The same, and how many rows the catalog itself has more.
sub rows_alone
{
	my ($do, $undo) = @_;

	my $document = $node->safe_psql('postgres', 'SELECT schemadrift_snapshot(NULL, true)');
	$document =~ s/'/''/g;
	$node->safe_psql('postgres', $do);
	my $rows = $node->safe_psql('postgres',
		"SELECT count(*) FROM schemadrift_check('$document')");
	$node->safe_psql('postgres', $undo);
	return $rows;
}

# All classes: catalogs with oids, and what pg_depend can point to.
my %classes;
foreach my $line (split /\n/, $node->safe_psql('postgres', q{
	SELECT c.relname, c.relisshared, coalesce(a.attnum, 0) = 1
	FROM pg_class c LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'oid'
	WHERE c.relnamespace = 'pg_catalog'::regnamespace AND c.relkind = 'r' AND c.oid < 16384 AND
		(a.attnum IS NOT NULL OR
		 EXISTS (SELECT FROM pg_depend WHERE c.oid IN (classid, refclassid)) OR
		 EXISTS (SELECT FROM pg_shdepend WHERE c.oid IN (classid, refclassid)))
	ORDER BY 1}))
{
	my ($name, $shared, $first) = split(/\|/, $line);
	$classes{$name} = { shared => $shared eq 't', oid_first => $first eq 't' };
}
cmp_ok(scalar(keys %classes), '>=', 38, 'the server has told its classes');

# Those whose rows the probe takes to be covered by kinds.
my %named;
foreach my $file (glob('src/catalog/*.c'))
{
	my $text = slurp_file($file);
	$named{$_} = 1 foreach $text =~ /^\t"(pg_\w+)",/mg;
}
cmp_ok(scalar(keys %named), '>=', 10, 'the probe has a list of what is covered');

foreach my $class (sort keys %classes)
{
	if (defined $made{$class})
	{
		cmp_ok(rows_after($made{$class}), '>', 0, "$class: a new row is seen");
	}
	elsif (defined $alone{$class})
	{
		cmp_ok(rows_alone(@{ $alone{$class} }), '>', 0, "$class: a change is seen");
	}
	else
	{
		ok( !$classes{$class}{shared}
			  && $classes{$class}{oid_first}
			  && !$named{$class},
			"$class: unknown here, so the probe must look through it");
	}
}

# What is said to be covered is a class that was tried above.
foreach my $class (sort keys %named)
{
	ok(!defined $classes{$class} || defined $made{$class}, "$class: covered, and tried");
}
is($node->safe_psql('postgres',
		'SELECT count(*) FROM schemadrift_check(schemadrift_snapshot(NULL, true))'),
	'0', 'nothing is left');

done_testing();

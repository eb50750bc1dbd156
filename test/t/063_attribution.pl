
# Whose statement made a drift, and what it changed: for each kind of DDL.

use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'schemadrift'\nwal_level = logical\nmax_connections = 10");
$node->start;
$node->safe_psql('postgres', q{
	CREATE ROLE regress_dba SUPERUSER LOGIN;
	CREATE ROLE regress_app;
	CREATE ROLE regress_other;
	CREATE EXTENSION schemadrift;
	SELECT schemadrift_arm('log')});

# Each case: its name, what there is before, the statement, the drift that it
# makes (drift, kind, identity, attribute), the object to blame it for, and what
# it changed of that.  Everything is in a schema s, which is the search_path.
#   sent      what is sent, where the statement is a part of that
#   cleanup   what undoes what is outside the schema
#   also      drift that the statement makes, but that is not its own
my @cases = (
	['CREATE TABLE', '', 'CREATE TABLE t (a integer)',
		['unexpected|table|s.t|'], 's.t', 'created'],
	['CREATE TABLE AS', '', 'CREATE TABLE t AS SELECT 1 AS a',
		['unexpected|table|s.t|'], 's.t', 'created'],
	['DROP TABLE', 'CREATE TABLE t (a integer)', 'DROP TABLE t',
		['missing|table|s.t|'], 's.t', 'dropped'],
	['DROP TABLE CASCADE', 'CREATE TABLE t (a integer PRIMARY KEY); CREATE TABLE u (t integer REFERENCES t); CREATE VIEW v AS SELECT a FROM t; CREATE VIEW w AS SELECT a FROM v',
		'DROP TABLE t CASCADE',
		['missing|constraint|u_t_fkey on s.u|', 'missing|table|s.t|', 'missing|view|s.v|', 'missing|view|s.w|'],
		's.u', 'constraint u_t_fkey: removed, was foreign key'],
	['ADD COLUMN', 'CREATE TABLE t (a integer)', 'ALTER TABLE t ADD COLUMN b text',
		['unexpected|column|s.t.b|'], 's.t', 'column b: added, text'],
	['ADD COLUMN UNIQUE', 'CREATE TABLE t (a integer)', 'ALTER TABLE t ADD COLUMN b integer UNIQUE',
		['unexpected|column|s.t.b|', 'unexpected|constraint|t_b_key on s.t|'],
		's.t', "column b: added, integer\nconstraint t_b_key: added, unique"],
	['ADD COLUMN of a serial type', 'CREATE TABLE t (a integer)', 'ALTER TABLE t ADD COLUMN b serial',
		['unexpected|column|s.t.b|', 'unexpected|sequence|s.t_b_seq|'], 's.t_b_seq', 'created'],
	['ADD COLUMN of a table with children', 'CREATE TABLE t (a integer); CREATE TABLE c () INHERITS (t)', 'ALTER TABLE t ADD COLUMN b integer',
		['unexpected|column|s.c.b|', 'unexpected|column|s.t.b|'], 's.c', 'column b: added, integer'],
	['DROP COLUMN', 'CREATE TABLE t (a integer, b text UNIQUE)', 'ALTER TABLE t DROP COLUMN b',
		['missing|column|s.t.b|', 'missing|constraint|t_b_key on s.t|'],
		's.t.b', 'removed, was text'],
	['DROP COLUMN CASCADE', 'CREATE TABLE t (a integer, b text); CREATE VIEW v AS SELECT b FROM t', 'ALTER TABLE t DROP COLUMN b CASCADE',
		['missing|column|s.t.b|', 'missing|view|s.v|'], 's.v', 'dropped'],
	['ALTER COLUMN TYPE', 'CREATE TABLE t (a integer)', 'ALTER TABLE t ALTER a TYPE bigint',
		['changed|column|s.t.a|type'], 's.t', 'column a: type integer -> bigint'],
	['ALTER COLUMN TYPE of a partitioned table', 'CREATE TABLE t (a integer, b integer) PARTITION BY RANGE (b); CREATE TABLE p PARTITION OF t FOR VALUES FROM (1) TO (2)', 'ALTER TABLE t ALTER a TYPE bigint',
		['changed|column|s.p.a|type', 'changed|column|s.t.a|type'], 's.p', 'column a: type integer -> bigint'],
	['SET NOT NULL', 'CREATE TABLE t (a integer)', 'ALTER TABLE t ALTER a SET NOT NULL',
		['changed|column|s.t.a|not_null'], 's.t.a', 'not_null false -> true'],
	['SET DEFAULT', 'CREATE TABLE t (a integer DEFAULT 1)', 'ALTER TABLE t ALTER a SET DEFAULT 2',
		['changed|column|s.t.a|default'], 's.t.a', 'default 1 -> 2'],
	['SET STATISTICS', 'CREATE TABLE t (a integer)', 'ALTER TABLE t ALTER a SET STATISTICS 500',
		['changed|column|s.t.a|statistics'], 's.t.a', qr/^statistics \S+ -> 500$/],
	['SET (storage parameter)', 'CREATE TABLE t (a integer)', 'ALTER TABLE t SET (fillfactor = 70)',
		['changed|table|s.t|options'], 's.t', 'options {} -> {"fillfactor": "70"}'],
	['several at once', 'CREATE TABLE t (a integer, b text)', 'ALTER TABLE t ALTER a SET NOT NULL, ALTER b SET DEFAULT 0, ADD c date',
		['changed|column|s.t.a|not_null', 'changed|column|s.t.b|default', 'unexpected|column|s.t.c|'],
		's.t', "column a: not_null false -> true\ncolumn b: default null -> 0\ncolumn c: added, date"],
	['ADD CHECK', 'CREATE TABLE t (a integer)', 'ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0)',
		['unexpected|constraint|c on s.t|'], 'c on s.t', 'added, check'],
	['DROP CONSTRAINT', 'CREATE TABLE t (a integer CONSTRAINT c CHECK (a > 0))', 'ALTER TABLE t DROP CONSTRAINT c',
		['missing|constraint|c on s.t|'], 'c on s.t', 'removed, was check'],
	['VALIDATE CONSTRAINT', 'CREATE TABLE t (a integer); ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID', 'ALTER TABLE t VALIDATE CONSTRAINT c',
		['changed|constraint|c on s.t|validated'], 'c on s.t', 'validated false -> true'],
	['RENAME table', 'CREATE TABLE t (a integer)', 'ALTER TABLE t RENAME TO u',
		['renamed|table|s.u|name'], 's.u', 'renamed from t to u'],
	['RENAME column', 'CREATE TABLE t (a integer PRIMARY KEY, b integer CHECK (b > 0))', 'ALTER TABLE t RENAME b TO "B b"',
		['renamed|column|s.t."B b"|name'], 's.t."B b"', 'renamed from b to B b'],
	['RENAME constraint', 'CREATE TABLE t (a integer CONSTRAINT c CHECK (a > 0))', 'ALTER TABLE t RENAME CONSTRAINT c TO d',
		['renamed|constraint|d on s.t|name'], 'd on s.t', 'renamed from c to d'],
	['RENAME index', 'CREATE TABLE t (a integer); CREATE INDEX i ON t (a)', 'ALTER INDEX i RENAME TO j',
		['renamed|index|s.j|name'], 's.j', 'renamed from i to j'],
	['RENAME view', 'CREATE VIEW v AS SELECT 1 AS a', 'ALTER VIEW v RENAME TO w',
		['renamed|view|s.w|name'], 's.w', 'renamed from v to w'],
	['RENAME sequence', 'CREATE SEQUENCE q', 'ALTER SEQUENCE q RENAME TO r',
		['renamed|sequence|s.r|name'], 's.r', 'renamed from q to r'],
	['RENAME function', 'CREATE FUNCTION f(integer) RETURNS integer LANGUAGE sql AS \'SELECT 1\'', 'ALTER FUNCTION f(integer) RENAME TO g',
		['renamed|function|s.g(integer)|name'], 's.g(integer)', 'renamed from f(integer) to g(integer)'],
	['RENAME type', "CREATE TYPE m AS ENUM ('a'); CREATE TABLE t (m m DEFAULT 'a')", 'ALTER TYPE m RENAME TO n',
		['renamed|enum|s.n|name'], 's.n', 'renamed from m to n', also => 1],
	['RENAME enum value', "CREATE TYPE m AS ENUM ('a', 'b')", "ALTER TYPE m RENAME VALUE 'b' TO 'c'",
		['renamed|enum|s.m|labels'], 's.m', 'labels ["a", "b"] -> ["a", "c"]'],
	['RENAME attribute', 'CREATE TYPE c AS (x integer)', 'ALTER TYPE c RENAME ATTRIBUTE x TO y',
		['renamed|column|s.c.y|name'], 's.c.y', 'renamed from x to y'],
	['RENAME schema', 'CREATE SCHEMA s1; CREATE TABLE s1.t (a integer)', 'ALTER SCHEMA s1 RENAME TO s2',
		['renamed|schema|s2|name'], 's2', 'renamed from s1 to s2', cleanup => 'DROP SCHEMA s2 CASCADE'],
	['SET SCHEMA', 'CREATE SCHEMA s2; CREATE TABLE t (a integer)', 'ALTER TABLE t SET SCHEMA s2',
		['renamed|table|s2.t|name'], 's2.t', 'renamed from s.t to s2.t', cleanup => 'DROP SCHEMA s2 CASCADE'],
	['OWNER', 'CREATE TABLE t (a integer)', 'ALTER TABLE t OWNER TO regress_app',
		['changed|table|s.t|owner'], 's.t', qr/^owner postgres -> regress_app$/m, also => 1],
	['REASSIGN OWNED', 'CREATE TABLE t (a integer); ALTER TABLE t OWNER TO regress_app', 'REASSIGN OWNED BY regress_app TO regress_other',
		['changed|table|s.t|owner'], 's.t', qr/^owner regress_app -> regress_other$/m, also => 1],
	['GRANT', 'CREATE TABLE t (a integer)', 'GRANT SELECT ON t TO regress_app',
		['changed|table|s.t|privileges'], 's.t', 'privileges {"postgres": "ALL"} -> {"postgres": "ALL", "regress_app": "SELECT"}'],
	['REVOKE', 'CREATE TABLE t (a integer); GRANT SELECT ON t TO regress_app', 'REVOKE ALL ON t FROM regress_app',
		['changed|table|s.t|privileges'], 's.t', 'privileges {"postgres": "ALL", "regress_app": "SELECT"} -> {"postgres": "ALL"}'],
	['GRANT on a column', 'CREATE TABLE t (a integer)', 'GRANT UPDATE (a) ON t TO regress_app',
		['changed|column|s.t.a|privileges'], 's.t.a', 'privileges {} -> {"regress_app": "UPDATE"}'],
	['GRANT on a function', 'CREATE FUNCTION f() RETURNS integer LANGUAGE sql AS \'SELECT 1\'', 'REVOKE ALL ON FUNCTION f() FROM PUBLIC',
		['changed|function|s.f()|privileges'], 's.f()', 'privileges {"postgres": "EXECUTE", "public": "EXECUTE"} -> {"postgres": "EXECUTE"}'],
	['GRANT on all tables of a schema', 'CREATE TABLE t (a integer); CREATE TABLE u (a integer)', 'GRANT SELECT ON ALL TABLES IN SCHEMA s TO regress_app',
		['changed|table|s.t|privileges', 'changed|table|s.u|privileges'], 's.u', 'privileges {"postgres": "ALL"} -> {"postgres": "ALL", "regress_app": "SELECT"}'],
	['GRANT on a schema', '', 'GRANT USAGE ON SCHEMA s TO regress_app',
		['changed|schema|s|privileges'], 's', 'privileges {"postgres": "ALL"} -> {"postgres": "ALL", "regress_app": "USAGE"}'],
	['ALTER DEFAULT PRIVILEGES', '', 'ALTER DEFAULT PRIVILEGES IN SCHEMA s GRANT SELECT ON TABLES TO regress_app',
		['unexpected|default privileges|for role regress_dba in schema s on tables|'], 'for role regress_dba in schema s on tables', 'added'],
	['COMMENT', "CREATE TABLE t (a integer); COMMENT ON TABLE t IS 'x'", "COMMENT ON TABLE t IS 'y'",
		['changed|table|s.t|comment'], 's.t', 'comment x -> y'],
	['COMMENT on a column', 'CREATE TABLE t (a integer)', "COMMENT ON COLUMN t.a IS 'y'",
		['changed|column|s.t.a|comment'], 's.t.a', 'comment null -> y'],
	['CREATE OR REPLACE FUNCTION', 'CREATE FUNCTION f() RETURNS integer LANGUAGE sql AS \'SELECT 1\'', "CREATE OR REPLACE FUNCTION f() RETURNS integer LANGUAGE sql AS 'SELECT 2'",
		['changed|function|s.f()|body'], 's.f()', 'body SELECT 1 -> SELECT 2'],
	['ALTER FUNCTION', 'CREATE FUNCTION f() RETURNS integer LANGUAGE sql AS \'SELECT 1\'', 'ALTER FUNCTION f() SECURITY DEFINER',
		['changed|function|s.f()|security_definer'], 's.f()', 'security_definer false -> true'],
	['CREATE OR REPLACE VIEW', 'CREATE VIEW v AS SELECT 1 AS a', 'CREATE OR REPLACE VIEW v AS SELECT 1 AS a, 2 AS b',
		['changed|view|s.v|definition'], 's.v', qr/^definition SELECT 1 AS a -> SELECT 1 AS a, 2 AS b$/m, also => 1],
	['CREATE MATERIALIZED VIEW', '', 'CREATE MATERIALIZED VIEW mv AS SELECT 1 AS a',
		['unexpected|materialized view|s.mv|'], 's.mv', 'created'],
	['ALTER TABLE in DO', 'CREATE TABLE t (a integer)', 'ALTER TABLE s.t ADD b integer',
		['unexpected|column|s.t.b|'], 's.t', 'column b: added, integer',
		sent => "DO \$\$ BEGIN EXECUTE 'ALTER TABLE s.t ADD b integer'; END \$\$"],
	['ALTER TABLE in a function', 'CREATE TABLE t (a integer); CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN ALTER TABLE s.t ALTER a SET NOT NULL; END $$', 'ALTER TABLE s.t ALTER a SET NOT NULL',
		['changed|column|s.t.a|not_null'], 's.t', 'column a: not_null false -> true', sent => 'SELECT f()'],
	['CREATE INDEX', 'CREATE TABLE t (a integer)', 'CREATE INDEX i ON t (a)',
		['unexpected|index|s.i|'], 's.i', 'created'],
	['CREATE INDEX CONCURRENTLY', 'CREATE TABLE t (a integer)', 'CREATE INDEX CONCURRENTLY i ON t (a)',
		['unexpected|index|s.i|'], 's.i', 'created'],
	['DROP INDEX', 'CREATE TABLE t (a integer); CREATE INDEX i ON t (a)', 'DROP INDEX i',
		['missing|index|s.i|'], 's.i', 'dropped'],
	['ALTER INDEX', 'CREATE TABLE t (a integer); CREATE INDEX i ON t (a)', 'ALTER INDEX i SET (fillfactor = 50)',
		['changed|index|s.i|options'], 's.i', 'options {} -> {"fillfactor": "50"}'],
	['ENABLE ROW LEVEL SECURITY', 'CREATE TABLE t (a integer)', 'ALTER TABLE t ENABLE ROW LEVEL SECURITY',
		['changed|table|s.t|row_security'], 's.t', 'row_security false -> true'],
	['CREATE POLICY', 'CREATE TABLE t (a integer)', 'CREATE POLICY p ON t USING (a = 1)',
		['unexpected|policy|p on s.t|'], 'p on s.t', 'created'],
	['ALTER POLICY', 'CREATE TABLE t (a integer); CREATE POLICY p ON t USING (a = 1)', 'ALTER POLICY p ON t USING (a = 2)',
		['changed|policy|p on s.t|using'], 'p on s.t', 'using (a = 1) -> (a = 2)'],
	['CREATE TRIGGER', 'CREATE TABLE t (a integer)', 'CREATE TRIGGER tr BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()',
		['unexpected|trigger|tr on s.t|'], 'tr on s.t', 'created'],
	['DISABLE TRIGGER', 'CREATE TABLE t (a integer); CREATE TRIGGER tr BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()', 'ALTER TABLE t DISABLE TRIGGER tr',
		['changed|trigger|tr on s.t|enabled'], 'tr on s.t', 'enabled origin -> disabled'],
	['DROP TRIGGER', 'CREATE TABLE t (a integer); CREATE TRIGGER tr BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()', 'DROP TRIGGER tr ON t',
		['missing|trigger|tr on s.t|'], 'tr on s.t', qr/^(dropped|removed.*)$/],
	['CREATE RULE', 'CREATE TABLE t (a integer)', 'CREATE RULE r AS ON DELETE TO t DO INSTEAD NOTHING',
		['unexpected|rule|r on s.t|'], 'r on s.t', 'created'],
	['ADD VALUE', "CREATE TYPE m AS ENUM ('a')", "ALTER TYPE m ADD VALUE 'b'",
		['changed|enum|s.m|labels'], 's.m', 'labels ["a"] -> ["a", "b"]'],
	['DROP TYPE CASCADE', "CREATE TYPE m AS ENUM ('a'); CREATE TABLE t (a integer, m m DEFAULT 'a')", 'DROP TYPE m CASCADE',
		['missing|column|s.t.m|', 'missing|enum|s.m|'], 's.t', 'column m: removed, was s.m'],
	['DROP SEQUENCE CASCADE', "CREATE SEQUENCE q; CREATE TABLE t (a integer DEFAULT nextval('q'))", 'DROP SEQUENCE q CASCADE',
		['changed|column|s.t.a|default', 'missing|sequence|s.q|'], 's.t.a', qr/^default .*-> null$/],
	['ALTER DOMAIN', 'CREATE DOMAIN d AS integer', 'ALTER DOMAIN d ADD CONSTRAINT c CHECK (VALUE > 0)',
		['unexpected|constraint|c on s.d|'], 's.d', 'constraint c: added, check'],
	['ALTER DOMAIN SET DEFAULT', 'CREATE DOMAIN d AS integer', 'ALTER DOMAIN d SET DEFAULT 3',
		['changed|domain|s.d|default'], 's.d', 'default null -> 3'],
	['ALTER SEQUENCE', 'CREATE SEQUENCE q', 'ALTER SEQUENCE q INCREMENT BY 5',
		['changed|sequence|s.q|increment'], 's.q', 'increment 1 -> 5'],
	['CREATE STATISTICS', 'CREATE TABLE t (a integer, b integer)', 'CREATE STATISTICS st ON a, b FROM t',
		['unexpected|statistics object|s.st|'], 's.st', 'created'],
	['ALTER STATISTICS', 'CREATE TABLE t (a integer, b integer); CREATE STATISTICS st ON a, b FROM t', 'ALTER STATISTICS st SET STATISTICS 77',
		['changed|statistics object|s.st|statistics_target'], 's.st', 'statistics_target null -> 77'],
	['CREATE PUBLICATION', 'CREATE TABLE t (a integer)', 'CREATE PUBLICATION pub FOR TABLE t',
		['unexpected|publication|pub|'], 'pub', 'created', cleanup => 'DROP PUBLICATION pub'],
	['ALTER PUBLICATION', 'CREATE TABLE t (a integer); CREATE PUBLICATION pub', 'ALTER PUBLICATION pub ADD TABLE t',
		['unexpected|published table|s.t in publication pub|'], 'pub', 'published table s.t: added', cleanup => 'DROP PUBLICATION pub'],
	['ATTACH PARTITION', 'CREATE TABLE t (a integer) PARTITION BY RANGE (a); CREATE TABLE p (a integer)', 'ALTER TABLE t ATTACH PARTITION p FOR VALUES FROM (1) TO (2)',
		['changed|column|s.p.a|inherited', 'changed|table|s.p|partition_bound', 'changed|table|s.p|partition_of'], 's.p', qr/^partition_of null -> s\.t$/m],
	['DETACH PARTITION', 'CREATE TABLE t (a integer) PARTITION BY RANGE (a); CREATE TABLE p PARTITION OF t FOR VALUES FROM (1) TO (2)', 'ALTER TABLE t DETACH PARTITION p',
		['changed|column|s.p.a|inherited', 'changed|table|s.p|partition_bound', 'changed|table|s.p|partition_of'], 's.p', qr/^partition_of s\.t -> null$/m],
	['CREATE EVENT TRIGGER', 'CREATE FUNCTION f() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN NULL; END $$', 'CREATE EVENT TRIGGER ev ON ddl_command_end EXECUTE FUNCTION f()',
		['unexpected|event trigger|ev|'], 'ev', 'created'],
	['ALTER EVENT TRIGGER', 'CREATE FUNCTION f() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN NULL; END $$; CREATE EVENT TRIGGER ev ON ddl_command_end EXECUTE FUNCTION f()', 'ALTER EVENT TRIGGER ev DISABLE',
		['changed|event trigger|ev|enabled'], 'ev', 'enabled origin -> disabled'],
	['ALTER SERVER', 'CREATE FOREIGN DATA WRAPPER fdw; CREATE SERVER srv FOREIGN DATA WRAPPER fdw OPTIONS (host \'a\')', "ALTER SERVER srv OPTIONS (SET host 'b')",
		['changed|server|srv|options'], 'srv', 'options {"host": "a"} -> {"host": "b"}', cleanup => 'DROP FOREIGN DATA WRAPPER fdw CASCADE'],
	['CREATE CAST', 'CREATE TYPE m AS ENUM (\'a\')', 'CREATE CAST (s.m AS integer) WITH INOUT',
		['unexpected|cast|(s.m AS integer)|'], '(s.m AS integer)', 'created'],
	['ALTER TEXT SEARCH CONFIGURATION', 'CREATE TEXT SEARCH CONFIGURATION ts (PARSER = "default")', 'ALTER TEXT SEARCH CONFIGURATION ts ADD MAPPING FOR word WITH simple',
		['changed|text search configuration|s.ts|mappings'], 's.ts', qr/^mappings \{\} -> \{"word": /],
	['ALTER TYPE, a type of rows', 'CREATE TYPE c AS (x integer)', 'ALTER TYPE c ADD ATTRIBUTE y text',
		['unexpected|column|s.c.y|'], 's.c', 'column y: added, text'],
	['CREATE SCHEMA', '', 'CREATE SCHEMA s2',
		['unexpected|schema|s2|'], 's2', 'created', cleanup => 'DROP SCHEMA s2'],
	['DROP SCHEMA CASCADE', 'CREATE SCHEMA s2; CREATE TABLE s2.t (a integer)', 'DROP SCHEMA s2 CASCADE',
		['missing|schema|s2|'], 's2', 'dropped'],
	['CREATE EXTENSION', '', 'CREATE EXTENSION pg_stat_statements',
		['unexpected|extension|pg_stat_statements|'], 'pg_stat_statements', 'created', contrib => 1],
	['ALTER EXTENSION UPDATE', "CREATE EXTENSION pg_stat_statements VERSION '1.9'", "ALTER EXTENSION pg_stat_statements UPDATE TO '1.10'",
		['changed|extension|pg_stat_statements|version'], 'pg_stat_statements', 'version 1.9 -> 1.10', contrib => 1],
	# no part of the baseline, but recorded
	['ALTER ROLE', '', 'ALTER ROLE regress_app CREATEDB', [], 'regress_app', 'createdb false -> true', cleanup => 'ALTER ROLE regress_app NOCREATEDB'],
	['ALTER ROLE SET', '', "ALTER ROLE regress_app SET work_mem = '1MB'", [], 'regress_app', 'settings {} -> {"work_mem": "1MB"}', cleanup => 'ALTER ROLE regress_app RESET ALL'],
	['GRANT of a role', '', 'GRANT regress_other TO regress_app', [], 'regress_app', 'member_of {} -> {"regress_other": "INHERIT, SET"}', cleanup => 'REVOKE regress_other FROM regress_app']);

sub run
{
	my ($role, $sql) = @_;
	local $ENV{PGOPTIONS} = '-c search_path=s,public -c client_min_messages=warning';
	my ($out, $err) = ('', '');
	IPC::Run::run([ 'psql', '-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', '-U', $role, '-d', $node->connstr('postgres'), map { ('-c', $_) } grep { $_ ne '' } @$sql ], '>', \$out, '2>', \$err);
	is($err, '', $sql->[0]) if $err ne '';
	chomp $out;
	return $out;
}

my $has_contrib = $node->safe_psql('postgres',
	q{SELECT count(*) FROM pg_available_extension_versions WHERE name = 'pg_stat_statements' AND version IN ('1.9', '1.10')}) == 2;
foreach my $case (@cases)
{
	my ($name, $setup, $statement, $drift, $object, $changed, %more) = @$case;
	if ($more{contrib} && !$has_contrib)
	{
		note("$name: left out, as pg_stat_statements is not installed");
		next;
	}
	run('postgres', ['CREATE SCHEMA s', $setup, 'SELECT schemadrift_accept()']);
	run('regress_dba', [ $more{sent} // $statement ]);
	my @rows = split /^/, run('postgres', [q{SELECT concat_ws('|', drift, kind, identity, coalesce(attribute, '')) || E'\t' || concat_ws('|', last_ddl_by, verdict, last_ddl) FROM schemadrift.drift ORDER BY 1}]);
	chomp @rows;
	my %row = map { split /\t/ } @rows;
	is_deeply([ $more{also} ? grep { my $key = $_; grep { $_ eq $key } @$drift } sort keys %row : sort keys %row ], [ sort @$drift ], "$name: drift");
	is($row{$_}, "regress_dba|untracked|$statement", "$name: whose, $_") foreach $more{also} ? @$drift : sort keys %row;
	my $told = run('postgres', [qq{SELECT what_changed FROM schemadrift_blame(\$o\$$object\$o\$) WHERE done_by = 'regress_dba' AND verdict = 'untracked' AND statement = \$s\$$statement\$s\$}]);
	ref $changed ? like($told, $changed, "$name: what") : is($told, $changed, "$name: what");
	run('postgres', ['DROP SCHEMA s CASCADE', $more{cleanup} // '']);
}

# Nothing secret is recorded as changed.

run('regress_dba', [ q{CREATE FUNCTION public.f() RETURNS text LANGUAGE sql AS $$ SELECT 'a' $$; CREATE FOREIGN DATA WRAPPER fdw; CREATE SERVER srv FOREIGN DATA WRAPPER fdw OPTIONS (password 'hidden_1')},
	q{CREATE OR REPLACE FUNCTION public.f() RETURNS text LANGUAGE sql AS $$ SELECT 'postgres://u:hidden_2@h/d' $$},
	q{COMMENT ON FUNCTION public.f() IS 'postgres://u:hidden_3@h/d'},
	q{ALTER SERVER srv OPTIONS (SET password 'hidden_4')} ]);
is(run('postgres', [q{SELECT count(*) FILTER (WHERE l::text ~ 'hidden_'), count(*) FILTER (WHERE changes::text ~ 'redacted') FROM schemadrift.ddl_log AS l}]), '0|3', 'secrets');

# Without the setting nothing is read, and the statement is found all the same.

run('postgres', ['CREATE TABLE public.t (a integer, b integer)', 'SELECT schemadrift_accept()', 'SET schemadrift.log_changes = off', 'ALTER TABLE public.t ALTER b SET NOT NULL']);
is(run('postgres', [q{SELECT d.last_ddl, l.changes IS NULL FROM schemadrift.drift AS d JOIN schemadrift.ddl_log AS l ON l.statement = d.last_ddl}]), 'ALTER TABLE public.t ALTER b SET NOT NULL|t', 'without schemadrift.log_changes');

# Names change places, also of what was renamed twice.

run('postgres', ['CREATE TABLE public.u (c integer)', 'SELECT schemadrift_accept()', 'ALTER TABLE public.t RENAME TO x', 'ALTER TABLE public.u RENAME TO t', 'ALTER TABLE public.x RENAME TO u', 'ALTER TABLE public.u RENAME a TO y', 'ALTER TABLE public.u RENAME b TO a', 'ALTER TABLE public.u RENAME y TO b']);
is(run('postgres', [q{SELECT drift, identity, expected, actual FROM schemadrift.drift ORDER BY identity}]),
	"renamed|public.t|u|t\nrenamed|public.u|t|u\nrenamed|public.u.a|b|a\nrenamed|public.u.b|a|b", 'names change places');

# A restored copy does not know; once the schema is accepted it does.

my $dump = $node->basedir . '/dump.sql';
command_ok([ 'pg_dump', '-f', $dump, '-d', $node->connstr('postgres') ], 'dumped');
$node->safe_psql('postgres', 'CREATE DATABASE restored');
command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', $dump, '-d', $node->connstr('restored') ], 'restored');
is($node->safe_psql('restored', q{SELECT count(*) FROM schemadrift.drift WHERE drift = 'renamed'}), '0', 'oids are of one database');
$node->safe_psql('restored', 'SELECT schemadrift_accept(); ALTER TABLE public.t RENAME TO z');
is($node->safe_psql('restored', q{SELECT drift, identity FROM schemadrift.drift}), 'renamed|public.z', 'and known again');

$node->stop;
done_testing();

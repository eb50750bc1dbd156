
# Ways around the guard, as an ordinary user: none gets through.  As a
# superuser some do, and each leaves a trace.

use strict;
use warnings;

use Digest::SHA qw(sha256_hex);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('bypass');
$node->init;
$node->append_conf('postgresql.conf', 'max_worker_processes = 16');
$node->start;
$node->safe_psql(
	'postgres', q{
	CREATE EXTENSION schemadrift;
	CREATE ROLE regress_user LOGIN CREATEROLE CREATEDB;
	CREATE SCHEMA own AUTHORIZATION regress_user;
	GRANT ALL ON SCHEMA public TO regress_user;
	GRANT CREATE, TEMPORARY ON DATABASE postgres TO regress_user;
	CREATE TABLE public.t (a int);
	ALTER TABLE public.t OWNER TO regress_user;
	CREATE FUNCTION public.definer(text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN EXECUTE $1; END';
	CREATE PROCEDURE public.proc(text) LANGUAGE plpgsql AS 'BEGIN COMMIT; EXECUTE $1; END';
	CREATE FUNCTION public.cursor_of(text) RETURNS refcursor LANGUAGE plpgsql AS $$DECLARE c refcursor; BEGIN OPEN c FOR EXECUTE $1; RETURN c; END$$;
	CREATE ROLE regress_exempt;
	CREATE ROLE regress_deploy LOGIN;
	GRANT regress_exempt TO regress_user;
	CREATE TABLE public._prisma_migrations (id VARCHAR(36) PRIMARY KEY NOT NULL, checksum VARCHAR(64) NOT NULL, finished_at TIMESTAMPTZ, migration_name VARCHAR(255) NOT NULL, logs TEXT, rolled_back_at TIMESTAMPTZ, started_at TIMESTAMPTZ NOT NULL DEFAULT now(), applied_steps_count INTEGER NOT NULL DEFAULT 0);
	ALTER TABLE public._prisma_migrations OWNER TO regress_deploy;
	GRANT SELECT ON public._prisma_migrations TO regress_user;
	CREATE TABLE own.log (a int);
	ALTER TABLE own.log OWNER TO regress_user;
	ALTER DATABASE postgres SET schemadrift.exempt_roles = regress_exempt;
});

# What a registered script is, and what the session of one would send
my $ddl = 'CREATE TABLE public.sneaked (a int)';
my $lock = 'SELECT pg_advisory_lock(72707369)';
my $prisma_table =
  'CREATE TABLE _prisma_migrations ( id VARCHAR(36) PRIMARY KEY NOT NULL, checksum VARCHAR(64) NOT NULL, finished_at TIMESTAMPTZ, migration_name VARCHAR(255) NOT NULL, logs TEXT, rolled_back_at TIMESTAMPTZ, started_at TIMESTAMPTZ NOT NULL DEFAULT now(), applied_steps_count INTEGER NOT NULL DEFAULT 0 );';
my $row = sprintf(
	q{INSERT INTO _prisma_migrations (id, checksum, migration_name) VALUES ('1', '%s', 'm')},
	sha256_hex($ddl));
my $large_ddl = "$ddl; SELECT 1";
$node->safe_psql('postgres', $row =~ s/'1'/'2'/r);

# Extensions that can send statements on, where the server has them
my $superuser = $node->safe_psql('postgres', 'SELECT current_user');
my $has_links = $node->safe_psql('postgres',
	q{SELECT count(*) = 2 FROM pg_available_extensions WHERE name IN ('dblink', 'postgres_fdw')});
my $address = 'host=' . $node->host . ' port=' . $node->port . ' dbname=postgres';
if ($has_links eq 't')
{
	my ($host, $port) = ($node->host, $node->port);
	$node->safe_psql(
		'postgres', qq{
		CREATE EXTENSION dblink;
		GRANT EXECUTE ON FUNCTION dblink_connect_u(text), dblink_connect_u(text, text) TO regress_user;
		CREATE EXTENSION postgres_fdw;
		CREATE SERVER loopback FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '$host', port '$port', dbname 'postgres');
		GRANT USAGE ON FOREIGN SERVER loopback TO regress_user;
		CREATE USER MAPPING FOR regress_user SERVER loopback OPTIONS (user 'regress_user', password_required 'false');
		CREATE FOREIGN TABLE public.ft (a int) SERVER loopback OPTIONS (schema_name 'public', table_name 't');
		ALTER TABLE public.ft OWNER TO regress_user;
	});
}
$node->safe_psql('postgres', q{SELECT schemadrift_arm('reject')});

# In one session as that role; standard error, and how the catalog has changed.
my $state_sql = q{
	SELECT md5(concat(
		(SELECT count(*) FROM pg_auth_members),
		(SELECT string_agg(c.oid::text || c.relname::text || c.relnatts::text, ',' ORDER BY c.oid) FROM pg_class c WHERE relpersistence <> 't' AND relnamespace NOT IN ('pg_toast'::regnamespace, 'schemadrift'::regnamespace) AND relnamespace::regnamespace::text !~ '^pg_'),
		(SELECT string_agg(p.oid::text || proname::text || coalesce(prosrc, ''), ',' ORDER BY p.oid) FROM pg_proc p WHERE pronamespace::regnamespace::text !~ '^pg_temp'),
		(SELECT string_agg(nspname, ',' ORDER BY oid) FROM pg_namespace WHERE nspname !~ '^pg_'),
		(SELECT string_agg(rolname::text || rolcreatedb::text, ',' ORDER BY oid) FROM pg_roles),
		(SELECT string_agg(datname, ',' ORDER BY oid) FROM pg_database),
		(SELECT string_agg(typname, ',' ORDER BY oid) FROM pg_type WHERE typnamespace::regnamespace::text !~ '^pg_'),
		(SELECT string_agg(evtname::text || evtenabled::text, ',' ORDER BY oid) FROM pg_event_trigger),
		(SELECT string_agg(setdatabase::text || setrole::text || setconfig::text, ',' ORDER BY setdatabase, setrole) FROM pg_db_role_setting)))};

sub run_as
{
	my ($role, $options, @messages) = @_;
	my ($stdout, $stderr);

	local $ENV{PGOPTIONS} = $options;
	IPC::Run::run(
		[
			'psql', '-X', '-q', '-A', '-t', '-U', $role, '-d',
			$node->connstr('postgres'), map { ('-c', $_) } @messages
		],
		'>', \$stdout, '2>', \$stderr);
	return $stderr;
}

# Each is a list of messages; after them, nothing may be different.
my %attempts = (
	'plain' => [$ddl],
	'set before the library is there' => [ q{SET schemadrift.guard = off}, $ddl ],
	'set local' => [ 'BEGIN', q{SET LOCAL schemadrift.guard = off}, $ddl, 'COMMIT' ],
	'set_config' =>
	  [ q{SELECT set_config('schemadrift.guard', 'off', false)}, $ddl ],
	'binding' => [ q{SET schemadrift.guard_binding = 'x'}, $ddl ],
	'exempt' =>
	  [ q{SET schemadrift.exempt = 'schema'}, q{SET schemadrift.exempt_roles = regress_user}, $ddl ],
	'reset all' => [ 'RESET ALL', 'DISCARD ALL', $ddl ],
	'role setting' => [ q{ALTER ROLE regress_user SET schemadrift.guard = off}, $ddl ],
	'after load' => [ 'CREATE TEMP TABLE x (a int)', q{SET schemadrift.guard = off}, $ddl ],
	'function settings' => [
		qq{CREATE FUNCTION pg_temp.f() RETURNS void LANGUAGE plpgsql SET schemadrift.guard = off AS 'BEGIN $ddl; END'},
		'SELECT pg_temp.f()'
	],
	'swallowed' => [
		qq{DO \$\$ BEGIN $ddl; EXCEPTION WHEN OTHERS THEN NULL; END \$\$}],
	'swallowed, then again' => [
		qq{DO \$\$ BEGIN BEGIN $ddl; EXCEPTION WHEN OTHERS THEN NULL; END; $ddl; END \$\$}
	],
	'do' => [qq{DO \$\$ BEGIN EXECUTE '$ddl'; END \$\$}],
	'definer' => [qq{SELECT public.definer('$ddl')}],
	'procedure that commits' => [qq{CALL public.proc('$ddl')}],
	'temporary function' => [
		qq{CREATE FUNCTION pg_temp.f() RETURNS void LANGUAGE plpgsql AS 'BEGIN $ddl; END'},
		'SELECT pg_temp.f()'
	],
	'sql function' => [
		qq{CREATE FUNCTION pg_temp.f() RETURNS void LANGUAGE sql AS '$ddl'},
		'SELECT pg_temp.f()'
	],
	'trigger' => [
		'CREATE TEMP TABLE x (a int)',
		qq{CREATE FUNCTION pg_temp.f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN $ddl; RETURN NEW; END'},
		'CREATE TRIGGER x BEFORE INSERT ON x FOR EACH ROW EXECUTE FUNCTION pg_temp.f()',
		'INSERT INTO x VALUES (1)'
	],
	'cursor' => [ 'BEGIN', qq{DECLARE c CURSOR WITH HOLD FOR SELECT public.definer('$ddl')}, 'FETCH c', 'COMMIT' ],
	'prepared' => [ qq{PREPARE p AS SELECT public.definer('$ddl')}, 'EXECUTE p' ],
	'schema element' => [qq{CREATE SCHEMA other CREATE TABLE sneaked (a int)}],
	'several in a message' => [qq{SELECT 1; $ddl; SELECT 2}],
	'savepoint' => [ 'BEGIN', 'SAVEPOINT s', $ddl, 'ROLLBACK TO s', 'COMMIT' ],
	'select into' => ['SELECT 1 AS a INTO public.sneaked'],
	'temporary type' => [
		'CREATE TEMP TABLE x (a int)',
		'CREATE FUNCTION public.on_temp(x) RETURNS int LANGUAGE sql AS $$SELECT 1$$'
	],
	'out of the temporary schema' => [
		'CREATE TEMP TABLE x (a int)', 'ALTER TABLE x SET SCHEMA public',
		'CREATE TYPE pg_temp.e AS ENUM ()', 'ALTER TYPE pg_temp.e SET SCHEMA public'
	],
	'shadowing by a temporary table' => [
		'CREATE TEMP TABLE t (a int)', 'ALTER TABLE public.t ADD b int',
		'DROP TABLE t, public.t'
	],
	'search_path to temporary' => [
		'CREATE TEMP TABLE x (a int)', 'SET search_path = pg_temp, public', 'SET search_path = public, pg_temp',
		'CREATE TABLE sneaked (a int)'
	],
	'search_path of its own' => [
		q{SET search_path = own, pg_temp}, $ddl, 'CREATE TABLE own.sneaked (a int)'
	],
	'functions in the way' => [
		'CREATE FUNCTION pg_temp.schemadrift_ddl_command_start() RETURNS int LANGUAGE sql AS $$SELECT 1$$',
		'SET search_path = pg_temp, pg_catalog', $ddl
	],
	'rules of the log' => [
		'ALTER TABLE schemadrift.ddl_log DISABLE TRIGGER ALL', 'TRUNCATE schemadrift.ddl_log',
		'CREATE RULE r AS ON INSERT TO schemadrift.ddl_log DO INSTEAD NOTHING', 'SET schemadrift.ledger_override = on',
		q{SELECT schemadrift_prune('0')}
	],
	'replication role' => [ 'SET session_replication_role = replica', $ddl ],
	'event trigger' => ['ALTER EVENT TRIGGER schemadrift_ddl_command_start DISABLE'],
	'drop the extension' => ['DROP EXTENSION schemadrift CASCADE'],
	'drop the schema' => [ 'DROP SCHEMA schemadrift CASCADE', 'DROP SCHEMA public CASCADE' ],
	'unlock' => [ q{SELECT schemadrift_unlock('me')}, $ddl ],
	'disarm' => [ q{SELECT schemadrift_disarm('me')}, $ddl ],
	'begin' => [ q{SELECT schemadrift_begin('x.sql')}, $ddl ],
	'apply' => [qq{SELECT schemadrift_apply('x.sql', '$ddl')}],
	'lock without a script' => [ 'SELECT pg_advisory_lock(72707369)', $ddl ],
	'a table of migrations' => [
		'SELECT pg_advisory_lock(72707369)',
		'CREATE TABLE own._prisma_migrations (checksum text, finished_at timestamptz, migration_name text)', $ddl
	],
	'prisma table of its own' =>
	  [ 'SET search_path = own', $lock, $prisma_table, $row, $ddl ],
	'forged row' => [ $lock, 'SET search_path = public', $row, $ddl ],
	'row of somebody else' => [ $lock, $ddl ],
	'row of somebody else, by a function' =>
	  [ $lock, qq{SELECT public.definer('$ddl')} ],
	'one byte' => [ $lock, "$ddl " ],
	'one byte before' => [ $lock, " $ddl" ],
	'one byte less' => [ $lock, 'CREATE TABLE public.sneake (a int)' ],
	'two statements' => [ $lock, "$ddl; $ddl", $large_ddl ],
	'comment' => [ $lock, "-- m\n$ddl" ],
	'transaction in a string' => ["BEGIN; $ddl; COMMIT"],
	'set in a string' => ["SET schemadrift.guard = off; $ddl"],
	'local in a string' => ["BEGIN; SET LOCAL schemadrift.guard = off; $ddl; COMMIT"],
	'execute' => [
		'PREPARE p AS SELECT 1 AS a', 'CREATE TABLE public.sneaked AS EXECUTE p' ],
	'execute with no data' => [
		'PREPARE p AS SELECT 1 AS a', 'CREATE TABLE own.sneaked AS EXECUTE p WITH NO DATA' ],
	'create table as' => ['CREATE TABLE public.sneaked AS SELECT 1 AS a'],
	'materialized view' => ['CREATE MATERIALIZED VIEW public.sneaked AS SELECT 1 AS a'],
	'like' => ['CREATE TABLE public.sneaked (LIKE public.t INCLUDING ALL)'],
	'refcursor' => [
		'CREATE TEMP TABLE x (a refcursor)', 'BEGIN',
		qq{INSERT INTO x SELECT public.cursor_of('SELECT public.definer(''$ddl'')')},
		'FETCH "<unnamed portal 1>"', 'FETCH "<unnamed portal 2>"', 'COMMIT'
	],
	'refcursor, fetched' => [
		qq{DO \$\$ DECLARE c refcursor; r record; BEGIN c := public.cursor_of('SELECT public.definer(''$ddl'')'); FETCH c INTO r; END \$\$} ],
	'copy out' => [qq{COPY (SELECT public.definer('$ddl')) TO STDOUT}],
	'copy in' => [
		'CREATE TEMP TABLE x (a int)',
		qq{CREATE FUNCTION pg_temp.f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN $ddl; RETURN NEW; END'},
		'CREATE TRIGGER x BEFORE INSERT ON x FOR EACH ROW EXECUTE FUNCTION pg_temp.f()',
		q{COPY x FROM PROGRAM 'echo 1'},
		'\\copy x from program \'echo 1\''
	],
	'deferred trigger' => [
		'CREATE TEMP TABLE x (a int)',
		qq{CREATE FUNCTION pg_temp.f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN $ddl; RETURN NEW; END'},
		'CREATE CONSTRAINT TRIGGER x AFTER INSERT ON x DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION pg_temp.f()',
		'INSERT INTO x VALUES (1)'
	],
	'as a default' => [
		'CREATE TEMP TABLE x (a int)',
		qq{CREATE FUNCTION pg_temp.f() RETURNS int LANGUAGE plpgsql AS 'BEGIN $ddl; RETURN 1; END'},
		'ALTER TABLE x ALTER a SET DEFAULT pg_temp.f()', 'INSERT INTO x DEFAULT VALUES'
	],
	'as an index of a temporary table' => [
		'CREATE TEMP TABLE x (a int)', 'INSERT INTO x VALUES (1)',
		qq{CREATE FUNCTION pg_temp.f(int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS 'BEGIN PERFORM public.definer(''$ddl''); RETURN 1; END'},
		'CREATE INDEX ON x (pg_temp.f(a))'
	],
	'rewrite of a temporary table' => [
		'CREATE TEMP TABLE x (a int)', 'INSERT INTO x VALUES (1)',
		qq{CREATE FUNCTION pg_temp.f(int) RETURNS int LANGUAGE plpgsql AS 'BEGIN $ddl; RETURN 1; END'},
		'ALTER TABLE x ALTER a TYPE int USING pg_temp.f(a)'
	],
	'query for xml' => [
		qq{SELECT query_to_xml('$ddl', true, true, '')},
		q{SELECT query_to_xml('SELECT 1 AS a INTO public.sneaked', true, true, '')},
		qq{SELECT query_to_xml('SELECT public.definer(''$ddl'')', true, true, '')}
	],
	'query for statistics' => [
		qq{SELECT ts_stat('$ddl')}, qq{SELECT ts_stat('SELECT public.definer(''$ddl'')::text::tsvector')} ],
	'set role' => [ 'SET ROLE regress_exempt', $ddl, 'CREATE TABLE own.sneaked (a int)' ],
	'set local role' => [
		'BEGIN', 'SET LOCAL ROLE regress_exempt', 'CREATE TABLE own.sneaked (a int)', 'COMMIT' ],
	'set session authorization' => [
		'SET SESSION AUTHORIZATION regress_exempt', 'SET SESSION AUTHORIZATION postgres', $ddl ],
	'settings of a function' => [
		q{CREATE FUNCTION pg_temp.f() RETURNS void LANGUAGE plpgsql SET schemadrift.exempt = 'schema' AS 'BEGIN NULL; END'},
		q{CREATE FUNCTION pg_temp.g() RETURNS void LANGUAGE plpgsql SET role = regress_exempt AS 'BEGIN CREATE TABLE own.sneaked (a int); END'},
		'SELECT pg_temp.f()', 'SELECT pg_temp.g()'
	],
	'event triggers off' => [ 'SET event_triggers = off', 'SET LOCAL event_triggers = off', $ddl ],
	'load' => [ q{LOAD 'schemadrift'}, q{SET local_preload_libraries = ''}, $ddl ],
	'other settings' => [
		q{SET schemadrift.prisma_roles = ''}, 'SET schemadrift.require_approval = off',
		'SET schemadrift.notify = off', 'SET schemadrift.unlock_limit = 10000',
		'SET allow_system_table_mods = on', $ddl
	],
	'trusted extension' => [
		'CREATE EXTENSION hstore SCHEMA own', 'CREATE EXTENSION plpgsql', 'DROP EXTENSION plpgsql',
		'ALTER EXTENSION schemadrift UPDATE', 'ALTER EXTENSION schemadrift ADD TABLE public.t'
	],
	'prepared transaction' => [ 'BEGIN', $ddl, q{PREPARE TRANSACTION 'x'} ],
	'schema elements' => [
		'CREATE SCHEMA AUTHORIZATION regress_user CREATE VIEW v AS SELECT 1 CREATE TABLE sneaked (a int)',
		'CREATE SCHEMA IF NOT EXISTS other'
	],
	'by temporary parents' => [
		'CREATE TEMP TABLE x (a int)', 'ALTER TABLE public.t INHERIT x',
		'CREATE TABLE public.sneaked () INHERITS (x)', 'CREATE TYPE pg_temp.c AS (a int)',
		'CREATE TABLE public.sneaked OF pg_temp.c', 'ALTER TYPE pg_temp.c ADD ATTRIBUTE b int CASCADE'
	],
	'cascade from temporary' => [
		'CREATE TEMP SEQUENCE s', q{ALTER TABLE public.t ALTER a SET DEFAULT nextval('pg_temp.s')},
		'DROP SEQUENCE s CASCADE', 'CREATE TEMP VIEW v AS SELECT * FROM public.t', 'DROP VIEW v, public.t CASCADE'
	],
	'owned by' => [
		'CREATE TEMP SEQUENCE s OWNED BY public.t.a', 'REASSIGN OWNED BY CURRENT_USER TO regress_exempt',
		'DROP OWNED BY CURRENT_USER'
	],
	'privileges' => [
		'GRANT SELECT ON public.t TO PUBLIC', 'ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC',
		q{COMMENT ON TABLE public.t IS 'x'}, 'ALTER TABLE public.t OWNER TO regress_exempt'
	],
	'write the log' => [
		'INSERT INTO schemadrift.ddl_log SELECT * FROM schemadrift.ddl_log', 'DELETE FROM schemadrift.ddl_log',
		'DELETE FROM schemadrift.guard_event', $ddl
	]);

# Another session on the way, also as a superuser that the function logs in as
if ($has_links eq 't')
{
	%attempts = (
		%attempts,
		'dblink' => [qq{SELECT dblink_exec('$address user=regress_user', '$ddl')}],
		'dblink, unchecked' => [
			qq{SELECT dblink_connect_u('c', '$address user=regress_user')}, qq{SELECT dblink_exec('c', '$ddl')},
			qq{SELECT dblink_exec('c', '$ddl; SELECT 1', false)}, qq{SELECT dblink_send_query('c', '$ddl')}
		],
		'dblink, as a superuser' => [
			sprintf(q{SELECT dblink_connect_u('c', '%s user=%s')}, $address, $superuser), qq{SELECT dblink_exec('c', '$ddl')}
		],
		'dblink, options' => [
			qq{SELECT dblink_connect_u('c', '$address user=regress_user options=-cschemadrift.guard=off')}, qq{SELECT dblink_exec('c', '$ddl')}
		],
		'dblink, lock in another session' => [
			qq{SELECT dblink_connect_u('c', '$address user=regress_user')}, $lock, qq{SELECT dblink_exec('c', '$ddl')}
		],
		'foreign data' => [
			'IMPORT FOREIGN SCHEMA own FROM SERVER loopback INTO public',
			qq{CREATE FOREIGN TABLE public.sneaked (a int) SERVER loopback},
			'CREATE USER MAPPING FOR PUBLIC SERVER loopback'
		]);
}

# Of these event triggers are not told: they need the hook.
my %for_hook = (
	'explain' => [q{EXPLAIN ANALYZE CREATE TABLE public.sneaked AS SELECT 1}],
	'role' => ['CREATE ROLE regress_sneaked'],
	'database' => ['CREATE DATABASE regress_sneaked'],
	'truncate' => ['INSERT INTO public.t VALUES (1)', 'TRUNCATE public.t'],
	'truncate in a function' => [q{SELECT public.definer('TRUNCATE public.t')}],
	'truncate over a foreign table' => ['TRUNCATE public.ft'],
	'membership' => ['GRANT regress_exempt TO regress_deploy'],
	'role to itself' => ['ALTER ROLE regress_user NOCREATEDB']);

# These give no error, or one of the server's own.
my %quiet = map { $_ => 1 } ('swallowed', 'out of the temporary schema');

sub try_all
{
	my ($how, %list) = @_;
	for my $name (sort keys %list)
	{
		my $before = $node->safe_psql('postgres', $state_sql);
		my $errors = run_as('regress_user', '', @{ $list{$name} });
		is($node->safe_psql('postgres', $state_sql),
			$before, "$how: $name") or diag($errors);
		# and not because it is no SQL
		like($errors, qr/is rejected: |permission denied|must be owner|password is required/,
			"$how: $name is refused")
		  if !$quiet{$name};
	}
	my $errors = run_as('regress_user', '-c schemadrift.guard=off', $ddl);
	is($node->safe_psql('postgres', q{SELECT to_regclass('public.sneaked')}),
		'', "$how: option of the connection");
}

# What a superuser does leaves a trace: rows, of which this is the number, or
# what else is said there.
my $rows =
  q{SELECT (SELECT count(*) FROM schemadrift.ddl_log) + (SELECT count(*) FROM schemadrift.guard_event) + (SELECT count(*) FROM schemadrift.override_log)};

my %by_superuser = (
	'SET' => [ 'SET schemadrift.guard = off', 'CREATE TABLE su1 (a int)' ],
	'SET LOCAL' => ['BEGIN; SET LOCAL schemadrift.guard = log; CREATE TABLE su2 (a int); COMMIT'],
	'set_config' => [
		q{SELECT set_config('schemadrift.guard', 'off', false)}, 'CREATE TABLE su3 (a int)' ],
	'setting of a function' => [
		q{CREATE FUNCTION pg_temp.f() RETURNS void LANGUAGE plpgsql SET schemadrift.guard = off AS 'BEGIN CREATE TABLE su4 (a int); END'},
		'SELECT pg_temp.f()'
	],
	'an exempt class' => [ 'SET schemadrift.exempt = schema', 'CREATE TABLE su5 (a int)' ],
	'an exempt class by set_config' => [
		q{SELECT set_config('schemadrift.exempt', 'schema', false)}, 'CREATE TABLE su6 (a int)' ],
	'an exempt role' => [
		"SET schemadrift.exempt_roles = $superuser", 'CREATE TABLE su7 (a int)' ],
	'an exempt role by set_config' => [
		"SELECT set_config('schemadrift.exempt_roles', '$superuser', false)", 'CREATE TABLE su8 (a int)' ],
	'disarm' => [
		q{SELECT schemadrift_disarm('trace')}, 'CREATE TABLE su9 (a int)', q{SELECT schemadrift_arm('reject')} ],
	'unlock' => [ q{SELECT schemadrift_unlock('trace')}, 'CREATE TABLE su10 (a int)' ],
	'replication role' => [ 'SET session_replication_role = replica', 'CREATE TABLE su11 (a int)' ],
	'a row of the log' => [ 'SET schemadrift.ledger_override = on', q{DELETE FROM schemadrift.ddl_log WHERE role = 'nobody'} ],
	'the log' => [ 'SET schemadrift.ledger_override = on', 'TRUNCATE schemadrift.ddl_log' ]);
my %by_superuser_for_hook = (
	'event_triggers' => [ 'SET event_triggers = off', 'CREATE TABLE su12 (a int)' ],
	'setting of a role' => ["ALTER ROLE $superuser SET schemadrift.guard = off"],
	'setting of the database' => ['ALTER DATABASE postgres RESET schemadrift.guard'],
	'setting of the cluster' => ['ALTER SYSTEM SET schemadrift.guard = off'],
	'event trigger' => ['DROP EVENT TRIGGER schemadrift_sql_drop']);
my @options = (
	'-c schemadrift.guard=off', '-c schemadrift.exempt=schema',
	"-c schemadrift.exempt_roles=$superuser");

sub trace_all
{
	my ($how, %list) = @_;
	my $number = 0;

	for my $name (sort keys %list)
	{
		my $before = $node->safe_psql('postgres', $rows);
		my $errors = run_as($superuser, '', @{ $list{$name} });
		ok($node->poll_query_until('postgres', "SELECT ($rows) <> $before"),
			"$how, superuser: $name leaves a trace") or diag($errors);
	}
	for my $option (@options)
	{
		my $before = $node->safe_psql('postgres', $rows);
		$number++;
		my $errors = run_as($superuser, $option, "CREATE TABLE suo$number (a int)");
		is($node->safe_psql('postgres', $rows),
			$before + 1, "$how, superuser: $option leaves a trace")
		  or diag($errors);
	}
	return;
}
try_all('event triggers', %attempts);
my $rejected = $node->safe_psql('postgres',
	q{SELECT count(*) > 30 FROM schemadrift.ddl_log WHERE verdict = 'rejected' AND session_role = 'regress_user'});
is($rejected, 't', 'what was tried is on record');
trace_all('event triggers', %by_superuser);

$node->append_conf('postgresql.conf',
	"shared_preload_libraries = 'schemadrift'");
$node->restart;    # without what ALTER SYSTEM may have set
run_as(
	$superuser, '',
	q{SELECT schemadrift_unlock('for the tests')},
	q{DO $$DECLARE t regclass; BEGIN FOR t IN SELECT oid FROM pg_class WHERE relname ~ '^su' AND relkind = 'r' AND relnamespace = 'public'::regnamespace LOOP EXECUTE 'DROP TABLE ' || t; END LOOP; END$$});
try_all('hook', %attempts, %for_hook);

# The extended protocol, with parameters and named statements
my ($stdout, $stderr);
my $file = $node->basedir . '/b.sql';
append_to_file($file, "$ddl;\n");
for my $protocol ('simple', 'extended', 'prepared')
{
	for my $transactions (1, 3)
	{
		IPC::Run::run(
			[
				'pgbench', '-n', '-t', $transactions, '-M', $protocol, '-U',
				'regress_user', '-f', $file, $node->connstr('postgres')
			],
			'>', \$stdout, '2>', \$stderr);
		like($stderr, qr/is rejected: it is not part of a migration/,
			"$protocol protocol is rejected");
	}
}
is($node->safe_psql('postgres', q{SELECT to_regclass('public.sneaked')}),
	'', 'extended protocol');

# A session that has been there all the time, with its plans cached
my ($in, $out) = ('', '');
my $timer = IPC::Run::timer($PostgreSQL::Test::Utils::timeout_default);
my $session = IPC::Run::start(
	[
		'psql', '-X', '-q', '-A', '-t', '-U', 'regress_user', '-d',
		$node->connstr('postgres')
	],
	'<', \$in, '>', \$out, '2>&1', $timer);

# What the long-lived session answers
sub ask
{
	$out = '';
	$in .= join(";\n", @_) . ";\n\\echo done\n";
	$session->pump until $out =~ /^done$/m;
	return $out;
}

$node->safe_psql('postgres', q{SELECT schemadrift_disarm('for a test')});
my $again = q{SELECT pg_temp.f() FROM generate_series(1, 8)};
ask(
	q{CREATE FUNCTION pg_temp.f() RETURNS void LANGUAGE plpgsql AS 'BEGIN CREATE TABLE public.sneaked (a int); DROP TABLE public.sneaked; END'},
	$again,
	'PREPARE p AS SELECT pg_temp.f()',
	q{PREPARE q AS SELECT public.definer('CREATE TABLE public.sneaked (a int)')},
	('EXECUTE p') x 8);
is( $node->safe_psql('postgres',
		q{SELECT count(*) FROM schemadrift.ddl_log WHERE verdict <> 'rejected' AND statement LIKE '%sneaked%'}),
	'0', 'a disarmed guard lets pass');
$node->safe_psql('postgres', q{SELECT schemadrift_arm('reject')});
for my $plan ($again, 'EXECUTE p', 'EXECUTE q', $ddl)
{
	like(ask($plan), qr/is rejected: it is not part of a migration/,
		"cached plan, and the guard armed meanwhile: $plan");
}
like(
	ask("BEGIN ISOLATION LEVEL REPEATABLE READ", 'SELECT 1', $ddl, 'ROLLBACK'),
	qr/is rejected/, 'an old snapshot');

# What is tried after a transaction has begun while the guard was disarmed
$node->safe_psql('postgres', q{SELECT schemadrift_disarm('for a test')});
ask('BEGIN ISOLATION LEVEL REPEATABLE READ', 'SELECT 1');
$node->safe_psql('postgres', q{SELECT schemadrift_arm('reject')});
like(ask($ddl, 'COMMIT'), qr/is rejected/,
	'a transaction that is older than the mode');
$node->safe_psql('postgres', q{SELECT schemadrift_disarm('for a test')});
ask('BEGIN ISOLATION LEVEL REPEATABLE READ', 'SELECT 1');
$node->safe_psql('postgres', q{SELECT schemadrift_arm('reject')});
like(ask('CREATE ROLE regress_sneaked', 'COMMIT'), qr/is rejected/,
	'also for what the hook alone sees');
$in .= "\\q\n";
$session->finish;
is($node->safe_psql('postgres', q{SELECT to_regclass('public.sneaked')}),
	'', 'nothing is there');

trace_all('hook', %by_superuser, %by_superuser_for_hook);
is( $node->safe_psql('postgres',
		q{SELECT string_agg(reason, ', ' ORDER BY object_name) FROM schemadrift.ddl_log WHERE act = 'create' AND object_name IN ('su1', 'su3', 'suo1') AND logged_at > (SELECT max(logged_at) FROM schemadrift.ddl_log WHERE object_name = 'su1' AND act = 'drop')}),
	join(', ', ('mode lowered in the session') x 3),
	'a lowered mode is said');

# The state says what no statement tells
sub doctor
{
	my ($check) = @_;
	return $node->safe_psql('postgres',
		"SELECT status, detail FROM schemadrift_doctor() WHERE check_name = '$check'");
}

run_as($superuser, '', q{SELECT schemadrift_unlock('trace')}, 'ALTER EVENT TRIGGER schemadrift_sql_drop DISABLE');
is(doctor('event_triggers'), 'error|1: schemadrift_sql_drop',
	'schemadrift_doctor() says that an event trigger is disabled');
run_as($superuser, '', q{SELECT schemadrift_unlock('trace')}, 'ALTER EVENT TRIGGER schemadrift_sql_drop ENABLE ALWAYS');
run_as($superuser, '', q{UPDATE pg_event_trigger SET evtenabled = 'D' WHERE evtname = 'schemadrift_sql_drop'});
is(doctor('event_triggers'), 'error|1: schemadrift_sql_drop',
	'also when it was done in the catalog');
run_as($superuser, '', q{UPDATE pg_event_trigger SET evtenabled = 'A' WHERE evtname = 'schemadrift_sql_drop'});
like(doctor('event_triggers'), qr/^ok/, 'and that all is well again');
my $settings = $node->safe_psql('postgres',
	'SELECT setconfig FROM pg_db_role_setting WHERE setrole = 0');
run_as($superuser, '', 'DELETE FROM pg_db_role_setting WHERE setrole = 0');
unlike(doctor('armed'), qr/^ok/,
	'schemadrift_doctor() says that the mode is gone from the catalog');
run_as($superuser, '', "INSERT INTO pg_db_role_setting SELECT oid, 0, '$settings' FROM pg_database WHERE datname = 'postgres'");
my $fingerprint = $node->safe_psql('postgres', 'SELECT schemadrift_fingerprint()');
run_as($superuser, '', q{UPDATE pg_attribute SET attname = 'b' WHERE attrelid = 'public.t'::regclass AND attname = 'a'});
isnt($node->safe_psql('postgres', 'SELECT schemadrift_fingerprint()'),
	$fingerprint, 'what is written into the catalogs, the fingerprint tells');

# The extension itself, with the log: what is left is the log of the server
my $log_size = -s $node->logfile;
run_as($superuser, '', q{SELECT set_config('schemadrift.guard', 'off', false)}, 'DROP EXTENSION schemadrift CASCADE');
like(
	PostgreSQL::Test::Utils::slurp_file($node->logfile, $log_size),
	qr/LOG:  .*DROP EXTENSION.* changes the guard itself/,
	'that the extension was dropped is in the log of the server');

$node->stop;
done_testing();

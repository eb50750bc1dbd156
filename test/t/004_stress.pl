# Readers beside sessions that change the schema all the time: never an error
# on either side, never a state that no transaction left, never a long wait.

use strict;
use warnings;

use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $seconds = 30;

# A reader takes milliseconds, and no writer holds a lock for longer than 0.05.
my $longest = 10;

my $node = PostgreSQL::Test::Cluster->new('stress');
$node->init(extra => [ '--locale=C', '--encoding=UTF8' ]);

# Deadlocks should be seen, not waited for.
$node->append_conf('postgresql.conf', 'deadlock_timeout = 100ms');
$node->append_conf('postgresql.conf', 'log_statement = none');
$node->start;

# Each writer has a schema of its own, so that they do not get into each
# other's way.
my %writers = (

	# One transaction makes column, constraint, index and default, another one
	# drops them; all are there or none.
	toggle => q{
		ALTER TABLE toggle.t ADD a integer DEFAULT toggle.f(1), ADD CONSTRAINT a_check CHECK (toggle.f(a) > 0);
		CREATE INDEX a_idx ON toggle.t (toggle.f(a)) WHERE a > 0;
		COMMIT;
		ALTER TABLE toggle.t DROP a;
		IF rounds % 100 = 99 THEN
			DROP TABLE toggle.t;
			CREATE TABLE toggle.t (id integer PRIMARY KEY);
		END IF;
		COMMIT;},

	# Everything that mentions a column follows its name.
	renamed => q{
		ALTER TABLE renamed.t RENAME x TO y;
		COMMIT;
		ALTER TABLE renamed.t RENAME TO t2;
		ALTER TABLE renamed.t2 RENAME y TO x;
		ALTER TABLE renamed.t2 RENAME TO t;
		COMMIT;
		ALTER FUNCTION renamed.f(integer) RENAME TO g;
		COMMIT;
		ALTER FUNCTION renamed.g(integer) RENAME TO f;
		COMMIT;},

	# Types, functions, operator classes and collations come and go with what
	# uses them.
	leaning => q{
		CREATE TYPE leaning.e AS ENUM ('one', 'two');
		CREATE DOMAIN leaning.d AS integer CHECK (VALUE > 0);
		CREATE TYPE leaning.c AS (a integer, b text);
		CREATE FUNCTION leaning.f(integer) RETURNS integer IMMUTABLE LANGUAGE sql AS 'SELECT $1';
		CREATE COLLATION leaning.co FROM "C";
		CREATE OPERATOR leaning.=== (LEFTARG = integer, RIGHTARG = integer, FUNCTION = int4eq);
		CREATE SEQUENCE leaning.s;
		CREATE TABLE leaning.t (
			e leaning.e DEFAULT 'two' CHECK (e <> 'one' AND e > 'one'),
			es leaning.e[] DEFAULT '{one}',
			d leaning.d DEFAULT 5,
			c leaning.c DEFAULT ROW(1, 'x')::leaning.c,
			i integer DEFAULT leaning.f(2) CHECK (leaning.f(i) OPERATOR(leaning.===) 3),
			n bigint DEFAULT nextval('leaning.s'),
			r regclass DEFAULT 'leaning.s'::regclass,
			o text COLLATE leaning.co,
			g integer GENERATED ALWAYS AS (leaning.f(i)) STORED
		);
		CREATE INDEX t_idx ON leaning.t (leaning.f(i), o COLLATE leaning.co) WHERE e = 'one';
		COMMIT;
		ALTER TYPE leaning.e ADD VALUE 'between' BEFORE 'two';
		COMMIT;
		ALTER TYPE leaning.e RENAME TO e2;
		ALTER TYPE leaning.e2 RENAME VALUE 'one' TO 'uno';
		COMMIT;
		DROP TABLE leaning.t;
		DROP SEQUENCE leaning.s;
		DROP OPERATOR leaning.=== (integer, integer);
		DROP COLLATION leaning.co;
		DROP FUNCTION leaning.f;
		DROP TYPE leaning.c;
		DROP DOMAIN leaning.d;
		DROP TYPE leaning.e2;
		COMMIT;},

	# A table, function and view that are always there, and always others
	replaced => q{
		DROP FUNCTION replaced.f CASCADE;
		DROP TABLE replaced.t;
		CREATE FUNCTION replaced.f(integer) RETURNS integer IMMUTABLE LANGUAGE sql AS 'SELECT $1';
		CREATE TABLE replaced.t (a integer DEFAULT replaced.f(1) CHECK (replaced.f(a) > 0));
		CREATE VIEW replaced.v AS SELECT replaced.f(a) AS a FROM replaced.t;
		COMMIT;},

	# Views, what is below them, and locks on that.
	views => q{
		CREATE OR REPLACE VIEW views.v AS SELECT a.id AS one, b.id AS two FROM views.a JOIN views.b ON a.id = b.id AND a.k = 'x';
		CREATE VIEW views.w AS SELECT v.one, v.two FROM views.v WHERE views.f(v.one) = 1;
		CREATE MATERIALIZED VIEW views.m AS SELECT w.one, w.two FROM views.w;
		CREATE INDEX m_idx ON views.m (one) WHERE one > 0;
		COMMIT;
		ALTER TABLE views.a RENAME id TO id2;
		COMMIT;
		ALTER TABLE views.b ADD more text;
		PERFORM pg_sleep(0.02);
		ALTER TABLE views.a ADD more text;
		COMMIT;
		ALTER TABLE views.a RENAME id2 TO id;
		ALTER TABLE views.a DROP more;
		PERFORM pg_sleep(0.02);
		ALTER TABLE views.b DROP more;
		COMMIT;
		DROP VIEW views.v CASCADE;
		COMMIT;
		CREATE VIEW views.v AS SELECT a.id AS one FROM views.a;
		COMMIT;
		DROP VIEW views.v;
		IF rounds % 100 = 99 THEN
			DROP TABLE views.a, views.b;
			CREATE TABLE views.a (id integer, k views.k);
			CREATE TABLE views.b (id integer, k views.k);
		END IF;
		COMMIT;},

	# Partitions, with what they get from their parents
	partitions => q{
		CREATE TABLE partitions.p1 PARTITION OF partitions.p FOR VALUES IN ('one', 'two') PARTITION BY RANGE (n);
		CREATE TABLE partitions.p11 PARTITION OF partitions.p1 FOR VALUES FROM (1) TO (10);
		COMMIT;
		ALTER TABLE partitions.p DETACH PARTITION partitions.p1;
		COMMIT;
		ALTER TABLE partitions.p ATTACH PARTITION partitions.p1 FOR VALUES IN ('two');
		ALTER TABLE partitions.p ADD more integer DEFAULT 3;
		COMMIT;
		DROP INDEX partitions.p_idx;
		CREATE INDEX p_idx ON partitions.p (abs(n));
		ALTER TABLE partitions.p DROP more;
		COMMIT;
		DROP TABLE partitions.p1;
		IF rounds % 100 = 99 THEN
			DROP TABLE partitions.p;
			CREATE TABLE partitions.p (k partitions.k DEFAULT 'one', n integer CHECK (n > 0)) PARTITION BY LIST (k);
			CREATE INDEX p_idx ON partitions.p (n);
		END IF;
		COMMIT;},

	# Whole schemas
	schemas => q{
		CREATE SCHEMA comes_and_goes;
		CREATE TYPE comes_and_goes.e AS ENUM ('a');
		CREATE FUNCTION comes_and_goes.f(comes_and_goes.e) RETURNS integer IMMUTABLE LANGUAGE sql AS 'SELECT 1';
		FOR j IN 1 .. 3 LOOP
			EXECUTE format('CREATE TABLE comes_and_goes.t%1$s (id serial PRIMARY KEY, e comes_and_goes.e DEFAULT ''a'', i integer GENERATED BY DEFAULT AS IDENTITY, CHECK (comes_and_goes.f(e) > 0), FOREIGN KEY (i) REFERENCES comes_and_goes.t%1$s ON DELETE CASCADE)', j);
			EXECUTE format('CREATE VIEW comes_and_goes.v%1$s AS SELECT * FROM comes_and_goes.t%1$s WHERE comes_and_goes.f(e) = 1', j);
		END LOOP;
		COMMIT;
		ALTER SCHEMA comes_and_goes RENAME TO goes;
		COMMIT;
		DROP SCHEMA goes CASCADE;
		COMMIT;},

	# Locks that are held for a while, and given back without a change
	locks => q{
		LOCK TABLE locks.t IN ACCESS EXCLUSIVE MODE;
		ALTER TABLE locks.t ADD more text, ALTER a SET DEFAULT locks.f(2), ADD CHECK (locks.f(b) > 0);
		PERFORM pg_sleep(0.05);
		ROLLBACK;
		ALTER TABLE locks.t ALTER b TYPE bigint;
		PERFORM pg_sleep(0.05);
		ALTER TABLE locks.t ALTER b TYPE integer;
		COMMIT;
		PERFORM pg_sleep(0.01);},
);

my $schema = q{
	CREATE EXTENSION schemadrift;
	CREATE SCHEMA toggle;
	CREATE FUNCTION toggle.f(integer) RETURNS integer IMMUTABLE LANGUAGE sql AS 'SELECT $1';
	CREATE TABLE toggle.t (id integer PRIMARY KEY);

	CREATE SCHEMA renamed;
	CREATE FUNCTION renamed.f(integer) RETURNS integer IMMUTABLE LANGUAGE sql AS 'SELECT $1';
	CREATE TABLE renamed.t (x integer, g integer GENERATED ALWAYS AS (x * 2) STORED,
		CONSTRAINT x_check CHECK (x > 0), CONSTRAINT f_check CHECK (renamed.f(x) <> 7), CONSTRAINT x_key UNIQUE (x));
	CREATE INDEX x_idx ON renamed.t (x, (x + 1)) WHERE x < 5;

	CREATE SCHEMA leaning;

	CREATE SCHEMA replaced;
	CREATE FUNCTION replaced.f(integer) RETURNS integer IMMUTABLE LANGUAGE sql AS 'SELECT $1';
	CREATE TABLE replaced.t (a integer DEFAULT replaced.f(1) CHECK (replaced.f(a) > 0));
	CREATE VIEW replaced.v AS SELECT replaced.f(a) AS a FROM replaced.t;

	CREATE SCHEMA views;
	CREATE FUNCTION views.f(integer) RETURNS integer IMMUTABLE LANGUAGE sql AS 'SELECT $1';
	CREATE TYPE views.k AS ENUM ('x', 'y');
	CREATE TABLE views.a (id integer, k views.k);
	CREATE TABLE views.b (id integer, k views.k);

	CREATE SCHEMA partitions;
	CREATE TYPE partitions.k AS ENUM ('one', 'two');
	CREATE TABLE partitions.p (k partitions.k DEFAULT 'one', n integer CHECK (n > 0)) PARTITION BY LIST (k);
	CREATE INDEX p_idx ON partitions.p (n);

	CREATE SCHEMA locks;
	CREATE FUNCTION locks.f(integer) RETURNS integer IMMUTABLE LANGUAGE sql AS 'SELECT $1';
	CREATE TABLE locks.t (b integer, a integer DEFAULT locks.f(1) CHECK (locks.f(a) > 0));
	CREATE INDEX t_idx ON locks.t (locks.f(a));
};

# What is wrong with an object, NULL if nothing is.
my $judge = q{
	CREATE SCHEMA judge;
	CREATE FUNCTION judge.fault(identity text, d jsonb) RETURNS text LANGUAGE sql IMMUTABLE AS $$
		SELECT CASE
			-- what the server's functions say of things that are not there
			WHEN d::text ~ '\?\?\?|''[0-9]+''::reg|missing|dropped|unrecognized|unknown'
				THEN 'something has gone'
			WHEN identity = 'toggle.t' AND
				((d->'columns' ? 'a') <> (COALESCE(d->'constraints' ? 'a_check', false))
				OR (d->'columns' ? 'a') <> (COALESCE(d->'indexes' ? 'a_idx', false)))
				THEN 'half of a transaction'
			WHEN identity = 'toggle.t' AND d->'columns' ? 'a' AND
				(d->'columns'->'a'->>'default', d->'constraints'->'a_check'->>'expression',
				d->'indexes'->'a_idx'->'keys'->>0, d->'indexes'->'a_idx'->>'where')
				IS DISTINCT FROM ('toggle.f(1)', '(toggle.f(a) > 0)', 'toggle.f(a)', '(a > 0)')
				THEN 'texts'
			WHEN identity = 'renamed.t' AND NOT (
				SELECT (d->'columns') ?& ARRAY[n, 'g'] AND NOT (d->'columns') ? CASE n WHEN 'x' THEN 'y' ELSE 'x' END
					AND (d->'constraints'->'x_check'->>'expression', d->'constraints'->'x_key'->'columns'->>0,
						d->'columns'->'g'->>'generated', d->'indexes'->'x_idx'->'keys'->>0,
						d->'indexes'->'x_idx'->'keys'->>1, d->'indexes'->'x_idx'->>'where')
					IS NOT DISTINCT FROM (format('(%s > 0)', n), n, format('(%s * 2)', n), n, format('((%s + 1))', n), format('(%s < 5)', n))
					AND d->'constraints'->'f_check'->>'expression'
					IN (format('(renamed.f(%s) <> 7)', n), format('(renamed.g(%s) <> 7)', n))
				FROM (SELECT CASE WHEN d->'columns' ? 'x' THEN 'x' ELSE 'y' END AS n) AS s)
				THEN 'two names of a column'
			WHEN identity = 'leaning.t' AND (
				(SELECT count(*) FROM jsonb_object_keys(d->'columns')) <> 9
				OR (SELECT count(*) FROM jsonb_object_keys(d->'constraints')) <> 2
				OR d->'columns'->'es'->>'type' <> (d->'columns'->'e'->>'type') || '[]'
				OR d->'columns'->'e'->>'type' NOT IN ('leaning.e', 'leaning.e2')
				OR d->'columns'->'n'->>'default' <> 'nextval(''leaning.s''::regclass)'
				OR d->'columns'->'r'->>'default' <> '''leaning.s''::regclass'
				OR d->'indexes'->'t_idx'->>'where' !~ '^\(e = ''(one|uno)''::leaning\.e2?\)$')
				THEN 'half of a table'
			WHEN identity = 'replaced.t' AND (d->'columns'->'a'->>'default', d->'constraints'->'t_a_check'->>'expression')
				IS DISTINCT FROM ('replaced.f(1)', '(replaced.f(a) > 0)')
				THEN 'texts'
			WHEN identity IN ('leaning.e', 'leaning.e2')
				AND d->>'labels' NOT IN ('["one", "two"]', '["one", "between", "two"]', '["uno", "between", "two"]')
				THEN 'labels'
			WHEN identity IN ('views.v', 'views.w', 'views.m') AND
				((d->>'definition') IS NULL OR (d->'columns' ? 'two') <> (d->>'definition' ~ 'two'))
				THEN 'query and columns'
			WHEN identity = 'views.m' AND d->'indexes'->'m_idx'->>'where' IS DISTINCT FROM '(one > 0)'
				THEN 'index of a materialized view'
			WHEN identity ~ '^partitions\.p1' AND (d->'partition_of' IS NULL) <> (d->'partition_bound' IS NULL)
				THEN 'half a partition'
			WHEN identity = 'partitions.p11' AND COALESCE(d->>'partition_of' <> 'partitions.p1', true)
				THEN 'whose partition'
			WHEN identity = 'partitions.p1' AND
				(SELECT count(*) > 0 FROM jsonb_each(d->'indexes') WHERE value ? 'partition_of') AND NOT d ? 'partition_of'
				THEN 'index of another partition'
			WHEN identity ~ 'goes\.t\d$' AND (d->'columns'->'i'->'identity' IS NULL
				OR d#>>'{columns,e,type}' !~ 'goes\.e$'
				OR (SELECT count(*) FROM jsonb_object_keys(d->'constraints')) <> 3)
				THEN 'half of a table'
			WHEN identity = 'locks.t' AND (d->'columns' ? 'more' OR d#>>'{columns,b,type}' <> 'integer'
				OR d#>>'{columns,a,default}' <> 'locks.f(1)')
				THEN 'not committed'
			END
	$$;

	-- Objects that are there in every state, and one time
	CREATE FUNCTION judge.steady() RETURNS text[] LANGUAGE sql IMMUTABLE AS
		$$ SELECT '{locks.t,partitions.p,renamed.t,replaced.t,replaced.v,toggle.t,views.a,views.b}'::text[] $$;

	-- States of some tables, written in other words, so that the server is asked.
	CREATE FUNCTION judge.expected() RETURNS jsonb LANGUAGE sql AS $$ SELECT '
		{"schemas": {
			"toggle": {"tables": {"t": {
				"columns": {"id": {}, "a": {"type": "int4", "default": "f( 1 )"}},
				"constraints": {"a_check": {"expression": "f( a ) > ''0''"}},
				"indexes": {"a_idx": {"keys": ["f( a )"], "where": "a > ''0''"}}}}},
			"replaced": {"tables": {"t": {
				"columns": {"a": {"type": "int4", "default": "f( 1 )"}},
				"constraints": {"t_a_check": {"expression": "f( a ) > ''0''"}}}}},
			"renamed": {"tables": {"t": {
				"columns": {"x": {"type": "int4"}, "g": {"generated": "x * ''2''"}},
				"constraints": {"x_check": {"expression": "x > ''0''"}, "x_key": {"columns": ["x"]}},
				"indexes": {"x_idx": {"keys": ["x", "( x + ''1'' )"], "where": "x < ''5''"}}}}},
			"locks": {"tables": {"t": {
				"columns": {"a": {"type": "int4"}},
				"indexes": {"t_idx": {"keys": ["f( a )"]}}}}}}}'::jsonb
	$$;

	-- The rows of a check against it that make no sense together.
	CREATE FUNCTION judge.check_faults() RETURNS SETOF text LANGUAGE sql AS $$
		WITH r AS (SELECT * FROM schemadrift_check(judge.expected())),
		rows AS (SELECT schema_name, array_agg(concat_ws(' ', drift, COALESCE(part_name, kind), attribute) ORDER BY drift, kind, part_name, attribute) AS all FROM r GROUP BY schema_name)
		SELECT rows::text FROM rows
		WHERE NOT CASE schema_name
			WHEN 'toggle' THEN rows.all = '{missing a,missing a_check,missing a_idx}'
			WHEN 'renamed' THEN rows.all = '{changed g generated,changed x_check expression,changed x_key columns,changed x_idx keys,changed x_idx where,missing x}'
			ELSE false
		END
	$$;

	CREATE UNLOGGED TABLE judge.faults (what text);
};

$node->safe_psql('postgres', $schema);
$node->safe_psql('postgres', $judge);
$node->safe_psql('postgres', 'CREATE TABLE judge.document AS SELECT schemadrift_snapshot() AS d');

# Each writer's states one by one, in peace: the judge has nothing to say.
for my $name (sort keys %writers)
{
	for my $part (split /COMMIT;/, $writers{$name})
	{
		next if $part !~ /\S/;
		$node->safe_psql('postgres',
			"SET client_min_messages = warning; DO \$do\$ DECLARE rounds integer := 0; BEGIN $part END \$do\$"
		);
		is( $node->safe_psql(
				'postgres', q{
				SELECT judge.fault(identity, definition), identity, definition
				FROM schemadrift_objects() WHERE schema_name <> 'judge' AND judge.fault(identity, definition) IS NOT NULL;
				SELECT judge.check_faults()}),
			'',
			"in peace, $name:" . $part =~ s/\s+/ /gr);
	}
}

# A loop in one session, until the time is over: errors are counted by their
# text.  Readers must survive them, to see whether there are more.
sub reader
{
	my ($isolation, @statements) = @_;
	my $body = join "\n", map {
		qq{
			started := clock_timestamp();
			BEGIN
				$_;
			EXCEPTION WHEN OTHERS THEN
				GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
				errors := errors || jsonb_build_object(SQLERRM, detail);
				n_errors := n_errors + 1;
			END;
			longest := greatest(longest, clock_timestamp() - started);
			COMMIT;
			SET TRANSACTION ISOLATION LEVEL $isolation;}
	} @statements;

	return qq{
		DO \$do\$
		DECLARE
			until timestamptz := clock_timestamp() + interval '$seconds seconds';
			started timestamptz;
			longest interval := '0';
			rounds integer := 0;
			n_errors integer := 0;
			errors jsonb := '{}';
			detail text;
		BEGIN
			COMMIT;
			SET TRANSACTION ISOLATION LEVEL $isolation;
			WHILE clock_timestamp() < until LOOP
				$body
				rounds := rounds + 1;
			END LOOP;
			RAISE NOTICE 'rounds: %, longest: % s', rounds, extract(epoch FROM longest)::numeric(10,3);
			IF n_errors > 0 THEN
				RAISE EXCEPTION '% errors: %', n_errors, jsonb_pretty(errors);
			END IF;
		END \$do\$};
}

sub writer
{
	my ($body) = @_;

	return qq{
		SET client_min_messages = warning;
		DO \$do\$
		DECLARE
			until timestamptz := clock_timestamp() + interval '$seconds seconds';
			rounds integer := 0;
		BEGIN
			WHILE clock_timestamp() < until LOOP
				$body
				rounds := rounds + 1;
			END LOOP;
			SET client_min_messages = notice;
			RAISE NOTICE 'rounds: %', rounds;
		END \$do\$};
}

my $objects = q{WITH o AS MATERIALIZED (SELECT identity, definition FROM schemadrift_objects() WHERE schema_name <> 'judge')
	INSERT INTO judge.faults
	SELECT format('%s of %s: %s', judge.fault(identity, definition), identity, definition)
	FROM o WHERE judge.fault(identity, definition) IS NOT NULL
	UNION ALL
	SELECT format('%s is there %s times', s, n) FROM unnest(judge.steady()) AS s,
		LATERAL (SELECT count(*) AS n FROM o WHERE identity = s) AS c WHERE n <> 1};
my $check = q{INSERT INTO judge.faults SELECT 'check: ' || f FROM judge.check_faults() AS f};
my @others = (
	q{PERFORM schemadrift_fingerprint()},
	q{PERFORM count(*) FROM schemadrift_check((SELECT d FROM judge.document))},
	q{INSERT INTO judge.faults
		SELECT format('snapshot, %s of %s: %s', judge.fault(identity, d), identity, d)
		FROM (SELECT schemadrift_snapshot() AS doc) AS s,
			jsonb_each(doc->'schemas') AS n (schema, node),
			jsonb_each(node->'tables') AS t (name, d),
			concat_ws('.', schema, name) AS identity
		WHERE judge.fault(identity, d) IS NOT NULL});

my %sessions = (
	(map { ("writer $_" => writer($writers{$_})) } keys %writers),
	'reader objects' => reader('read committed', $objects, $check),
	'reader repeatable' => reader('repeatable read', $objects, $check),
	'reader others' => reader('read committed', @others));

# They read files and write files, so that none waits for us.
my $dir = PostgreSQL::Test::Utils::tempdir;
my %runs;
my $timeout = IPC::Run::timeout($seconds + 120);
for my $name (sort keys %sessions)
{
	my $file = "$dir/$name";

	append_to_file("$file.in", $sessions{$name});
	$runs{$name} = IPC::Run::start(
		[
			'psql', '-X', '-A', '-t', '-q', '-v', 'ON_ERROR_STOP=1', '-d',
			$node->connstr('postgres')
		],
		'<', "$file.in", '>', "$file.out", '2>', "$file.err", $timeout);
}
for my $name (sort keys %runs)
{
	my $ok = $runs{$name}->finish;
	my $err = slurp_file("$dir/$name.err");

	ok($ok, "$name: no errors") or diag("$name: $err");
	note("$name: $err");

	# The whole is pointless if a session did nothing.
	cmp_ok($err =~ /rounds: (\d+)/ ? $1 : 0, '>=', 10, "$name: rounds");
	next unless $name =~ /^reader/;
	cmp_ok($err =~ /longest: ([\d.]+)/ ? $1 : $longest,
		'<', $longest, "$name: no long wait");
}

is( $node->safe_psql(
		'postgres', 'SELECT what, count(*) FROM (SELECT left(what, 400) AS what FROM judge.faults) AS f GROUP BY what ORDER BY 2 DESC LIMIT 10'
	),
	'',
	'only states that were committed');
is( join("\n",
		grep { /cache lookup failed|could not open|deadlock|PANIC|TRAP|terminated by signal/ }
		  split /\n/, slurp_file($node->logfile)),
	'',
	'nothing of the kind in the log');

$node->stop;
done_testing();

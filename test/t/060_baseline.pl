
# The baseline moves by what migrations change, and by nothing else.

use strict;
use warnings;

use Digest::SHA qw(sha256_hex);
use JSON::PP;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->start;
$node->safe_psql('postgres', 'CREATE ROLE regress_app LOGIN');
foreach my $database (qw(drifting migrated))
{
	$node->safe_psql('postgres', "CREATE DATABASE $database");
	$node->safe_psql(
		$database, q{
		CREATE EXTENSION schemadrift;
		GRANT CREATE ON SCHEMA public TO regress_app;
		CREATE SCHEMA prisma; GRANT USAGE ON SCHEMA prisma TO regress_app; CREATE TABLE prisma._prisma_migrations (id varchar(36) PRIMARY KEY, checksum varchar(64) NOT NULL,
			finished_at timestamptz, migration_name varchar(255) NOT NULL, logs text, rolled_back_at timestamptz,
			started_at timestamptz NOT NULL DEFAULT now(), applied_steps_count integer NOT NULL DEFAULT 0);
		GRANT ALL ON prisma._prisma_migrations TO regress_app;});
}

sub drift
{
	my ($database) = @_;
	return $node->safe_psql($database,
		q{SELECT drift, kind, identity, attribute FROM schemadrift.drift});
}

# Messages as Prisma sends them, one for each, in a session that holds its lock.
my $id = 0;

sub deploy
{
	my ($database, $script, $role) = @_;
	my $checksum = sha256_hex($script);
	my ($stdout, $stderr) = ('', '');
	$id++;
	IPC::Run::run(
		[
			'psql', '-X', '-q', '-A', '-t', '-U', $role // 'postgres', '-d',
			$node->connstr($database),
			map { ('-c', $_) } (
				'SELECT pg_advisory_lock(72707369)',
				"INSERT INTO prisma._prisma_migrations (id, checksum, migration_name) VALUES ('$id', '$checksum', 'm$id')",
				$script,
				"UPDATE prisma._prisma_migrations SET finished_at = now() WHERE id = '$id'")
		],
		'>', \$stdout, '2>', \$stderr);
	return $stderr;
}

# 1. Prisma, whose end nobody tells

$node->safe_psql('drifting', 'CREATE TABLE t (a integer, b text); SELECT schemadrift_accept()');
is(drift('drifting'), '', 'no drift at first');
$node->safe_psql('drifting',
	'ALTER TABLE t ADD stray integer; ALTER TABLE t ALTER b SET NOT NULL');
my $before = drift('drifting');
is($before, "changed|column|public.t.b|not_null\nunexpected|column|public.t.stray|", 'drift by hand');

is(deploy('drifting', 'CREATE TABLE u (a integer); ALTER TABLE t ADD c integer; ALTER TABLE t ALTER b TYPE varchar(5);'),
	'', 'a script of Prisma');
is(drift('drifting'), $before, 'moves the baseline, and leaves drift as it was');
is($node->safe_psql('drifting', q{SELECT method, migration FROM schemadrift.baseline_change ORDER BY changed_at DESC LIMIT 1}),
	'migration|m1', 'on record');
is(deploy('drifting', 'CREATE TABLE app (a integer);', 'regress_app'), '', 'a role without rights');
is(drift('drifting'), $before, 'moves it as well');
like(deploy('drifting', 'CREATE TABLE v (a integer); SELECT 1/0;'), qr/division by zero/, 'one that fails');
is(drift('drifting'), $before, 'moves nothing');
is(deploy('drifting', 'BEGIN; CREATE TABLE v (a integer); COMMIT; BEGIN; CREATE TABLE w (a integer); ROLLBACK; CREATE INDEX ON v (a);'), '',
	'one with transactions of its own');
is(drift('drifting'), $before, 'moves it in each');
is(deploy('drifting', 'SAVEPOINT a; CREATE TABLE w (a integer); ROLLBACK TO a; ALTER TABLE t DROP c; RELEASE a;'
		=~ s/^/BEGIN; /r . ' COMMIT;'), '', 'one with a savepoint');
is(drift('drifting'), $before, 'whose first part is undone');

# the same without the lock is drift
$node->safe_psql('drifting', 'CREATE TABLE w (a integer)');
is(drift('drifting'), "$before\nunexpected|table|public.w|", 'without proof it is drift');
$node->safe_psql('drifting', 'DROP TABLE w');

# a script that is not approved does not count, if it has to be
$node->safe_psql('drifting', 'ALTER DATABASE drifting SET schemadrift.require_approval = on');
is(deploy('drifting', 'CREATE TABLE w (a integer);'), '', 'one that nobody has approved');
like(drift('drifting'), qr/unexpected\|table\|public\.w\|/, 'is drift');
$node->safe_psql('drifting', 'ALTER DATABASE drifting RESET schemadrift.require_approval; DROP TABLE w');

# 2. Restored from a dump, it is what it was

my $dump = $node->basedir . '/drifting.sql';
$node->safe_psql('drifting', 'SELECT schemadrift_observe()');
command_ok([ 'pg_dump', '-f', $dump, '-d', $node->connstr('drifting') ], 'dumped');
$node->safe_psql('postgres', 'CREATE DATABASE restored');
command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', $dump, '-d', $node->connstr('restored') ], 'restored');
is(drift('restored'), $before, 'drift after a restore');
foreach my $table (qw(baseline_object baseline_change drift_event))
{
	my $rows = "SELECT count(*), md5(string_agg(t::text, ',' ORDER BY t::text)) FROM schemadrift.$table AS t";
	my $kept = $node->safe_psql('drifting', $rows);

	is($node->safe_psql('restored', $rows), $kept, "with its history: $table");
	unlike($kept, qr/^0/, 'which is not empty');
}
is( $node->safe_psql('restored', 'SELECT * FROM schemadrift_observe()'), '0|0|0', 'which goes on');

# 3. Random changes by hand in one database, the same random migrations in two.
# The baseline of the first is then the schema of the second.

my $seed = $ENV{SCHEMADRIFT_SEED} // 1;
my $rounds = $ENV{SCHEMADRIFT_ROUNDS} // 40;
note("seed $seed, $rounds rounds");
srand($seed);
my $n = 0;
my @tables = map { { name => "t$_", columns => [qw(a b)], kept => {} } } 0 .. 3;
my (@views, @functions, @lost, @enums, @domains, @checks);
foreach my $database (qw(drifting migrated))
{
	$node->safe_psql($database, 'DROP SCHEMA public CASCADE; CREATE SCHEMA public; CREATE SCHEMA other; CREATE EXTENSION IF NOT EXISTS schemadrift;'
		. join('', map { "CREATE TABLE $_->{name} (id integer PRIMARY KEY, a integer, b text, c integer, d text);" } @tables)
		. 'SELECT schemadrift_accept();');
}

# of what goes along with CASCADE
$ENV{PGOPTIONS} = '-c client_min_messages=warning';

sub one_of { return $_[ rand @_ ] }

# A new name in the schema that the object is in.
sub renamed
{
	my ($object, $new) = @_;
	my ($schema) = $object->{name} =~ /^(\w+\.)/;

	$object->{name} = ($schema // '') . $new;
	return $new;
}

# Calls of a function that a migration has made, which may be in another schema.
sub call { my ($argument, @from) = @_; my $f = one_of(@from) or return; return "$f->{name}($argument)" }

# What somebody has renamed by hand, each once: the word that is expected, and
# the one that there is.  All words with a number are of one thing each.
my %live;
my %expected;

sub live
{
	my ($text) = @_;
	my $words = join('|', keys %live) or return $text;
	return $text =~ s/\b($words)\b/$live{$1}/gr;
}

# ALTER ... RENAME, but for the new name.
sub rename_by_hand
{
	my ($word, $text) = @_;
	return '' if $live{$word};
	$text = live($text) . " TO hx$n";
	$live{$word} = "hx$n";
	$expected{"hx$n"} = $word;
	return $text;
}

sub word { my ($object) = @_; return $object->{name} =~ /(\w+)$/ ? $1 : die }

# Of what a migration makes, texts show the names that there are.
sub as_expected
{
	my ($value) = @_;
	return [ map { as_expected($_) } @$value ] if ref $value eq 'ARRAY';
	return { map { ($_ => as_expected($value->{$_})) } keys %$value } if ref $value eq 'HASH';
	return $value if ref $value || !defined $value;
	my $words = join('|', keys %expected) or return $value;
	return $value =~ s/\b($words)\b/$expected{$1}/gr;
}

my $json = JSON::PP->new->utf8->allow_bignum;

# What somebody does by hand; columns c and d are for these alone.
my @by_hand = (
	sub { my ($t) = @_; "ALTER TABLE $t->{name} ADD hand$n integer" },
	sub { my ($t) = @_; "ALTER TABLE $t->{name} ALTER a SET DEFAULT " . -$n },
	sub { my ($t) = @_; "ALTER TABLE $t->{name} ALTER c TYPE " . one_of(qw(bigint numeric integer smallint)) },
	sub { my ($t) = @_; "ALTER TABLE $t->{name} ALTER d " . one_of('SET NOT NULL', 'DROP NOT NULL', "SET DEFAULT 'hand$n'") },
	sub { my ($t) = @_; "CREATE INDEX hand$n ON $t->{name} (d)" },
	sub { my ($t) = @_; "COMMENT ON TABLE $t->{name} IS 'by hand $n'" },
	sub { my ($t) = @_; "COMMENT ON COLUMN $t->{name}.c IS 'by hand $n'" },
	sub { my ($t) = @_; "ALTER TABLE $t->{name} ADD CONSTRAINT hand$n CHECK (c > -$n)" },
	sub { my ($t) = @_; "GRANT " . one_of(qw(SELECT INSERT)) . " ON $t->{name} TO regress_app" },
	sub { my ($t) = @_; "DO \$\$ BEGIN EXECUTE (SELECT format('ALTER TABLE %s RENAME CONSTRAINT %I TO key$n', conrelid::regclass, conname) FROM pg_constraint WHERE conrelid = '$t->{name}'::regclass AND contype = 'p'); END \$\$" },
	sub { "CREATE TABLE hand$n (i integer)" },
	sub { "CREATE FUNCTION hand$n() RETURNS integer LANGUAGE sql AS 'SELECT $n'" },
	sub { my ($t) = @_; "ALTER TABLE $t->{name} " . one_of(qw(ENABLE DISABLE)) . " ROW LEVEL SECURITY" },
	sub { my $v = one_of(@views) or return ''; "COMMENT ON VIEW $v->{name} IS 'by hand $n'" },
	sub { my $v = one_of(@views) or return ''; "GRANT SELECT ON $v->{name} TO regress_app" },
	sub { my $f = one_of(@functions) or return ''; "COMMENT ON FUNCTION $f->{name}(integer) IS 'by hand $n'" },
	sub { my $f = one_of(@functions) or return ''; "ALTER FUNCTION $f->{name}(integer) COST " . ($n + 1) },
	sub { my $e = one_of(@enums) or return ''; "COMMENT ON TYPE $e->{name} IS 'by hand $n'" },
	sub { my ($t) = @_; rename_by_hand(word($t), "ALTER TABLE $t->{name} RENAME") },
	sub { my ($t) = @_; my $c = one_of(grep { /^m/ } @{ $t->{columns} }) or return ''; rename_by_hand($c, "ALTER TABLE $t->{name} RENAME $c") },
	sub { my $v = one_of(@views) or return ''; rename_by_hand(word($v), "ALTER VIEW $v->{name} RENAME") },
	sub { my $f = one_of(@functions, @lost) or return ''; rename_by_hand(word($f), "ALTER FUNCTION $f->{name}(integer) RENAME") },
	sub { my $e = one_of(@enums) or return ''; rename_by_hand(word($e), "ALTER TYPE $e->{name} RENAME") },
	sub { my $e = one_of(grep { $_->{label} ne 'x' } @enums) or return ''; rename_by_hand($e->{label}, "ALTER TYPE $e->{name} RENAME VALUE '$e->{label}'") =~ s/(hx\d+)$/'$1'/r },
	sub { my $d = one_of(@domains) or return ''; rename_by_hand(word($d), "ALTER DOMAIN $d->{name} RENAME") },
	sub { my $c = one_of(grep { !$_->{by_hand} } @checks) or return ''; rename_by_hand($c->{name}, "ALTER TABLE $c->{table}{name} RENAME CONSTRAINT $c->{name}") },
	# a text that shows names
	(sub {
		my $c = one_of(grep { !$live{ $_->{name} } } @checks) or return '';
		$c->{by_hand} = 1;
		"ALTER TABLE $c->{table}{name} DROP CONSTRAINT $c->{name}, ADD CONSTRAINT $c->{name} CHECK ($c->{function}{name}(a) <> 0 OR a = -$n)";
	}) x 3);

# What a migration does.
my @tracked = (
	sub { my ($t) = @_; push @{ $t->{columns} }, "m$n"; "ALTER TABLE $t->{name} ADD m$n text DEFAULT 'm$n'" },
	sub {
		my ($t) = @_;
		my @own = grep { /^m/ && !$t->{kept}{$_} } @{ $t->{columns} } or return '';
		my $gone = one_of(@own);
		$t->{columns} = [ grep { $_ ne $gone } @{ $t->{columns} } ];
		"ALTER TABLE $t->{name} DROP $gone";
	},
	sub {
		my ($t) = @_;
		my $column = one_of(grep { $_ ne 'a' } @{ $t->{columns} }) // return '';
		@{ $t->{columns} } = map { $_ eq $column ? "m$n" : $_ } @{ $t->{columns} };
		$t->{kept}{"m$n"} = $t->{kept}{$column};
		"ALTER TABLE $t->{name} RENAME $column TO m$n";
	},
	sub { my ($t) = @_; my $old = $t->{name}; "ALTER TABLE $old RENAME TO " . renamed($t, "r$n") },
	sub { my ($t) = @_; "ALTER TABLE $t->{name} ALTER a SET DEFAULT $n" },
	sub { my ($t) = @_; "CREATE INDEX m$n ON $t->{name} (a)" },
	sub { my ($t) = @_; "COMMENT ON COLUMN $t->{name}.a IS 'tracked $n'" },
	sub { my ($t) = @_; "COMMENT ON TABLE $t->{name} IS 'tracked $n'" },
	sub { my ($t) = @_; "ALTER TABLE $t->{name} ADD CONSTRAINT m$n CHECK (a IS NULL OR a <> $n)" },
	sub { my ($t) = @_; "GRANT UPDATE (a) ON $t->{name} TO regress_app" },
	sub { my ($t) = @_; "REVOKE ALL ON $t->{name} FROM PUBLIC" },
	sub { push @tables, { name => "m$n", columns => [qw(a b)], kept => {} }; "CREATE TABLE m$n (id integer PRIMARY KEY, a integer, b text, c integer, d text)" },
	sub { "CREATE TYPE m$n AS ENUM ('a', 'b')" },
	sub { my ($t) = @_; "CREATE POLICY m$n ON $t->{name} USING (a = $n)" },
	# names, and what shows them
	sub {
		my ($t) = @_;
		return '' if $t->{name} =~ /\./;
		my $old = $t->{name};
		$t->{name} = "other.$old";
		"ALTER TABLE $old SET SCHEMA other";
	},
	sub { my ($t) = @_; push @views, { name => "v$n" }; "CREATE VIEW v$n AS SELECT id, a FROM $t->{name}" },
	sub {
		my ($t) = @_;
		my $column = one_of(grep { $_ ne 'a' } @{ $t->{columns} }) // return '';
		$t->{kept}{$column} = 1;
		push @views, { name => "v$n" };
		my $expression = call('x.a', @functions) // 'x.a + 1';
		"CREATE VIEW v$n AS SELECT x.id, x.$column AS c, $expression AS a FROM $t->{name} x WHERE x.$column IS NOT NULL";
	},
	sub { my $v = one_of(@views) or return ''; push @views, { name => "v$n" }; "CREATE VIEW v$n AS SELECT id, a FROM $v->{name}" },
	sub { my $v = one_of(@views) or return ''; my $old = $v->{name}; "ALTER VIEW $old RENAME TO " . renamed($v, "w$n") },
	sub {
		my $v = one_of(grep { $_->{name} !~ /\./ } @views) or return '';
		my $old = $v->{name};
		$v->{name} = "other.$old";
		"ALTER VIEW $old SET SCHEMA other";
	},
	sub { push @functions, { name => "f$n" }; "CREATE FUNCTION f$n(i integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT $n'" },
	sub { push @lost, { name => "l$n" }; "CREATE FUNCTION l$n(i integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT $n'" },
	sub { my $f = one_of(@functions, @lost) or return ''; my $old = $f->{name}; "ALTER FUNCTION $old(integer) RENAME TO " . renamed($f, "g$n") },
	sub {
		my $f = one_of(grep { $_->{name} !~ /\./ } @functions, @lost) or return '';
		my $old = $f->{name};
		$f->{name} = "other.$old";
		"ALTER FUNCTION $old(integer) SET SCHEMA other";
	},
	sub {
		my $f = one_of(@lost) or return '';
		@lost = grep { $_ != $f } @lost;
		"DROP FUNCTION $f->{name}(integer) CASCADE";
	},
	sub { my ($t) = @_; my $call = call($n, @functions, @lost) // return ''; push @{ $t->{columns} }, "m$n"; "ALTER TABLE $t->{name} ADD m$n integer DEFAULT $call" },
	sub { my ($t) = @_; my $call = call('a', @functions, @lost) // return ''; "ALTER TABLE $t->{name} ADD CONSTRAINT m$n CHECK ($call <> 0 OR a = $n)" },
	(sub {
		my ($t) = @_;
		my $f = one_of(@functions) or return '';
		push @checks, { table => $t, function => $f, name => "k$n" };
		"ALTER TABLE $t->{name} ADD CONSTRAINT k$n CHECK ($f->{name}(a) <> 0 OR a = $n)";
	}) x 2,
	sub {
		my $c = one_of(@checks) or return '';
		my $old = $c->{name};
		$c->{name} = "k$n";
		"ALTER TABLE $c->{table}{name} RENAME CONSTRAINT $old TO k$n";
	},
	sub { my ($t) = @_; my $call = call('a', @functions, @lost) // return ''; "CREATE POLICY m$n ON $t->{name} USING ($call = $n)" },
	sub { my ($t) = @_; my $call = call('a', @functions) // return ''; "CREATE INDEX m$n ON $t->{name} (($call))" },
	sub { my $call = call('1', @functions) // return ''; "CREATE FUNCTION m$n(i integer DEFAULT $call) RETURNS integer LANGUAGE sql RETURN $call" },
	sub { push @enums, { name => "e$n", label => 'x' }; "CREATE TYPE e$n AS ENUM ('x', 'y')" },
	sub { my ($t) = @_; my $e = one_of(@enums) or return ''; push @{ $t->{columns} }, "m$n"; "ALTER TABLE $t->{name} ADD m$n $e->{name} DEFAULT '$e->{label}'" },
	sub { my $e = one_of(@enums) or return ''; my $old = $e->{name}; "ALTER TYPE $old RENAME TO " . renamed($e, "e$n") },
	sub {
		my $e = one_of(@enums) or return '';
		my $old = $e->{label};
		$e->{label} = "x$n";
		"ALTER TYPE $e->{name} RENAME VALUE '$old' TO 'x$n'";
	},
	sub {
		my $e = one_of(grep { $_->{name} !~ /\./ } @enums) or return '';
		my $old = $e->{name};
		$e->{name} = "other.$old";
		"ALTER TYPE $old SET SCHEMA other";
	},
	sub { push @domains, { name => "d$n" }; my $call = call('VALUE', @functions) // 'VALUE'; "CREATE DOMAIN d$n AS integer CHECK ($call <> $n)" },
	sub { my ($t) = @_; my $d = one_of(@domains) or return ''; push @{ $t->{columns} }, "m$n"; "ALTER TABLE $t->{name} ADD m$n $d->{name}" },
	sub { my $d = one_of(@domains) or return ''; my $old = $d->{name}; "ALTER DOMAIN $old RENAME TO " . renamed($d, "d$n") },
	sub { my ($t) = @_; "DO \$do\$ BEGIN ALTER TABLE $t->{name} ADD gone$n integer; RAISE 'no'; EXCEPTION WHEN raise_exception THEN COMMENT ON TABLE $t->{name} IS 'tracked $n'; END \$do\$" });

sub by_hand
{
	$n++;
	my $text = one_of(@by_hand)->(one_of(@tables));
	# what renames has the names of before
	return $text =~ / TO '?hx/ ? $text : live($text);
}

# A migration of the session's own, each statement or a few in a transaction,
# one of them undone; somebody else changes something meanwhile.
sub run_by_hand
{
	my ($database, $name, $statements, $meanwhile) = @_;
	my @script = map { "$_;" } @$statements;

	splice(@script, 1, 0, "\\! psql -X -q -d '" . $node->connstr($database) . "' -c \"$meanwhile\"")
	  if defined $meanwhile;
	splice(@script, 0, 1, 'BEGIN;', 'SAVEPOINT s;', 'CREATE TABLE gone (i integer);', 'ROLLBACK TO s;', $script[0], 'COMMIT;')
	  if @script;
	is($node->safe_psql($database, join("\n", "SELECT schemadrift_begin('$name') \\g /dev/null", @script, 'SELECT schemadrift_end()')),
		'applied', "$name: by hand") if @script;
}

# As the client, or as a script of Prisma, or as one that is run here.
sub migrate
{
	my ($database, $round, $statements, $meanwhile) = @_;
	my $script = join(";\n", @$statements) . ';';

	if ($round % 3 == 0) { run_by_hand($database, "m$round", $statements, $meanwhile) }
	elsif ($round % 3 == 1)
	{
		my $error = deploy($database, $script);
		$error eq '' or die "round $round: $script\n$error";
	}
	else { $node->safe_psql($database, "SELECT schemadrift_apply('m$round', \$script\$$script\$script\$)") }
}

my $moved = 0;
for my $round (1 .. $rounds)
{
	my @hand = grep { $_ ne '' } map { by_hand() } 1 .. 3;
	my @migration = grep { $_ ne '' } map { $n++; one_of(@tracked)->(one_of(@tables)) } 1 .. 4;
	@migration = ("COMMENT ON TABLE $tables[0]{name} IS 'tracked $n'") if !@migration;
	my $rc = $node->psql('drifting', join(';', @hand));
	$rc == 0 or BAIL_OUT("round $round: " . join(";\n", @hand));

	if ($round % 10 == 5)
	{
		my $expected = $node->safe_psql('drifting', 'SELECT schemadrift_baseline()');
		my $script = live(join(";\n", @migration, 'SELECT 1 / 0'));
		isnt($node->psql('drifting', "SELECT schemadrift_apply('f$round', \$script\$$script\$script\$)"), 0, "round $round: one that fails");
		like(deploy('drifting', $script), qr/division by zero/, 'and one of Prisma');
		is($node->safe_psql('drifting', 'SELECT schemadrift_baseline()'), $expected, 'move nothing');
	}
	migrate('drifting', $round, [ map { live($_) } @migration ], 'CREATE TABLE meanwhile' . $n . ' (i integer)');
	migrate('migrated', $round, \@migration);

	my $document = $node->safe_psql('migrated', 'SELECT schemadrift_snapshot()');
	my $expected = $json->encode(as_expected($json->decode($node->safe_psql('drifting', 'SELECT schemadrift_baseline()'))));
	# the place of a column depends on those that are there
	my $difference = $node->safe_psql('drifting', qq{
		SELECT drift, kind, identity, attribute, expected, actual
		FROM schemadrift_diff(\$d\$$document\$d\$, \$e\$$expected\$e\$)
		WHERE attribute IS DISTINCT FROM 'position'});
	last unless is($difference, '', "round $round: the baseline is what migrations alone have made")
	  or diag(join(";\n", 'by hand:', @hand, 'migration:', map { live($_) } @migration), "\nseed $seed");
	$moved++;
}
cmp_ok($node->safe_psql('drifting', 'SELECT count(*) FROM schemadrift.drift'), '>', $rounds / 2, 'drift by hand has stayed')
  if $moved == $rounds;

$node->stop;
done_testing();


# What counts as Prisma's: the lock, a committed row, and the very script.
# Messages are sent as Prisma sends them: one for each, a script as a whole.

use strict;
use warnings;

use Digest::SHA qw(sha256_hex);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('prisma');
$node->init;
$node->append_conf('postgresql.conf',
	"shared_preload_libraries = 'schemadrift'");
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION schemadrift');
$node->safe_psql('postgres',
	q{CREATE ROLE regress_app LOGIN; GRANT CREATE ON SCHEMA public TO regress_app}
);
$node->safe_psql('postgres', q{SELECT schemadrift_arm('reject')});

my $lock = 'SELECT pg_advisory_lock(72707369)';
my $table =
  'CREATE TABLE _prisma_migrations ( id VARCHAR(36) PRIMARY KEY NOT NULL, checksum VARCHAR(64) NOT NULL, finished_at TIMESTAMPTZ, migration_name VARCHAR(255) NOT NULL, logs TEXT, rolled_back_at TIMESTAMPTZ, started_at TIMESTAMPTZ NOT NULL DEFAULT now(), applied_steps_count INTEGER NOT NULL DEFAULT 0 );';
my $id = 0;

# Each message by itself, in one session; what went wrong with the last one.
sub session
{
	my ($role, @messages) = @_;
	my ($stdout, $stderr);

	IPC::Run::run(
		[
			'psql', '-X', '-q', '-A', '-t', '-U', $role, '-d',
			$node->connstr('postgres'), map { ('-c', $_) } @messages
		],
		'>',
		\$stdout,
		'2>',
		\$stderr);
	return $stderr;
}

sub row
{
	my ($script, %with) = @_;
	$id++;
	my $checksum = $with{checksum} // sha256_hex($script);
	return
	  "INSERT INTO _prisma_migrations (id, checksum, started_at, migration_name) VALUES ('$id', '$checksum', now(), 'm$id')";
}

my $rejected = qr/is rejected: it is not part of a migration/;

# What Prisma does before there is a table
like(session('postgres', 'CREATE SCHEMA app'),
	$rejected, 'CREATE SCHEMA comes without the lock');
like(session('postgres', $table), $rejected, 'its table without the lock');
like(
	session('postgres', $lock, $table =~ s/TEXT,/TEXT, more INTEGER,/r),
	$rejected, 'a table of another shape');
like(
	session(
		'postgres',
		'SELECT pg_advisory_lock(72707368)', $table), $rejected,
	'another lock');
is(session('regress_app', $lock, $table), '', 'its table under the lock');

# A script: every statement of it, also what it executes
my $script = <<'SQL';
-- CreateTable
CREATE TABLE "User" (id int PRIMARY KEY, name text);
DO $$ BEGIN ALTER TABLE "User" ADD COLUMN email text; EXECUTE 'CREATE INDEX ON "User" (email)'; END $$;
SQL
like(session('regress_app', $lock, $script),
	$rejected, 'a script that has no row');
is(session('regress_app', $lock, row($script), $script),
	'', 'a script that is registered');
is( $node->safe_psql('postgres',
		q{SELECT count(*), count(DISTINCT statement_id), string_agg(DISTINCT verdict, ','), string_agg(DISTINCT migration, ',') FROM schemadrift.ddl_log WHERE migration IS NOT NULL}
	),
	'5|3|tracked|m1',
	'rows of the script');
$node->safe_psql('postgres', 'UPDATE _prisma_migrations SET finished_at = now()');

# Forgeries
my $drop = 'DROP TABLE "User"';
my %forgeries = (
	'finished' => [ $lock, $script ],
	'one byte more' => [ $lock, row($drop), "$drop " ],
	'one byte less' => [ $lock, row("$drop;"), $drop ],
	'another checksum' => [ $lock, row($drop, checksum => '0' x 64), $drop ],
	'upper case' =>
	  [ $lock, row($drop, checksum => uc sha256_hex($drop)), $drop ],
	'no lock' => [ row($drop), $drop ],
	'lock given back' =>
	  [ $lock, row($drop), 'SELECT pg_advisory_unlock(72707369)', $drop ],
	'shared lock' =>
	  [ 'SELECT pg_advisory_lock_shared(72707369)', row($drop), $drop ],
	'two keys' => [ 'SELECT pg_advisory_lock(0, 72707369)', row($drop), $drop ],
	'row not committed' => [ $lock, 'BEGIN', row($drop), $drop ],
	'row in a subtransaction' =>
	  [ $lock, 'BEGIN', 'SAVEPOINT s', row($drop), 'RELEASE s', $drop ],
	'rolled back' => [
		$lock, row($drop),
		'UPDATE _prisma_migrations SET rolled_back_at = now() WHERE finished_at IS NULL',
		$drop
	],
	'a table of its own' => [
		'CREATE TEMP TABLE _prisma_migrations (id text, checksum text, finished_at timestamptz, started_at timestamptz, migration_name text, rolled_back_at timestamptz)',
		$lock, row($drop), $drop
	],
	'statement of a script' => [ $lock, row("$drop; SELECT 1"), $drop ],
	'script in a script' => [ $lock, row($drop), "$drop; SELECT 1" ],
	'function' => [
		$lock, row($drop), qq{DO \$\$ BEGIN EXECUTE '$drop'; END \$\$}
	]);
for my $name (sort keys %forgeries)
{
	like(session('regress_app', @{ $forgeries{$name} }),
		$rejected, "forgery: $name");
	$node->safe_psql('postgres',
		q{DELETE FROM _prisma_migrations WHERE finished_at IS NULL});
}
is( $node->safe_psql('postgres', q{SELECT count(*) FROM "User"}),
	'0', 'nothing has been done');

# The role counts for each statement: a script that changes it on the way is
# Prisma's only as long as it runs as one that may register it.
$node->safe_psql('postgres',
	q{SELECT schemadrift_unlock('a role'); CREATE ROLE regress_guest LOGIN NOINHERIT; GRANT regress_app TO regress_guest; GRANT CREATE ON SCHEMA public TO regress_guest}
);
my $gives_up = 'CREATE TABLE role_a (a int); RESET ROLE; CREATE TABLE role_b (a int);';
like(
	session(
		'regress_guest', $lock, 'SET ROLE regress_app', row($gives_up), $gives_up),
	qr/CREATE TABLE "role_b" is rejected/,
	'a script that gives its role up');
my $takes =
  'DO $$ BEGIN CREATE TABLE role_c (a int); EXCEPTION WHEN OTHERS THEN NULL; END $$; SET ROLE regress_app; CREATE TABLE role_d (a int);';
is( session(
		'regress_guest', $lock, 'SET ROLE regress_app', row($takes),
		'RESET ROLE', $takes),
	'',
	'a script that takes a role');
is( $node->safe_psql('postgres',
		q{SELECT string_agg(relname, ',') FROM pg_class WHERE relname ~ '^role_[a-d]$'}),
	'role_d', 'what was done as which role');
$node->safe_psql('postgres',
	q{DELETE FROM _prisma_migrations WHERE finished_at IS NULL});

# Who may do all that Prisma does is Prisma, unless roles or approvals say more
is(session('regress_app', $lock, row($drop), $drop), '', 'as Prisma does');
$node->safe_psql('postgres',
	q{SELECT schemadrift_unlock('settings'); ALTER DATABASE postgres SET schemadrift.prisma_roles = 'regress_deploy'}
);
my $create = 'CREATE TABLE later (a int)';
like(session('regress_app', $lock, row($create), $create),
	$rejected, 'a role that may not run Prisma');
$node->safe_psql('postgres',
	q{DELETE FROM _prisma_migrations WHERE finished_at IS NULL});
$node->safe_psql('postgres',
	q{SELECT schemadrift_unlock('settings'); ALTER DATABASE postgres RESET schemadrift.prisma_roles; ALTER DATABASE postgres SET schemadrift.require_approval = on}
);
my $register = row($create);
like(session('regress_app', $lock, $register, $create),
	qr/rejected: its migration has not been approved/, 'not approved');
my $checksum = sha256_hex($create);
$node->safe_psql('postgres',
	qq{SELECT schemadrift_approve('m$id', checksum => '$checksum')});
is(session('regress_app', $lock, $create), '', 'approved');
$node->safe_psql('postgres',
	q{SELECT schemadrift_unlock('settings'); ALTER DATABASE postgres RESET schemadrift.require_approval; ALTER DATABASE postgres SET schemadrift.protect = 'drop_table'}
);
my $drop_later = 'DROP TABLE later';
$register = row($drop_later);
like(session('regress_app', $lock, $register, $drop_later),
	qr/rejected: acts of this kind are protected/, 'protected');
$checksum = sha256_hex($drop_later);
$node->safe_psql('postgres',
	qq{SELECT schemadrift_approve('m$id', checksum => '$checksum', allow_destructive => true)}
);
is(session('regress_app', $lock, $drop_later), '',
	'protected, and approved as destructive');

# Tables that are called so and are none, in the way and not looked at
$node->safe_psql('postgres',
	q{SELECT schemadrift_unlock('tables'); CREATE SCHEMA a; CREATE SCHEMA b; CREATE VIEW a._prisma_migrations AS SELECT 1; CREATE TABLE b._prisma_migrations (checksum bytea, finished_at int)}
);
my $in_between = 'CREATE TABLE in_between (a int)';
like(session('regress_app', $lock, $in_between),
	$rejected, 'tables of another shape');
is(session('regress_app', $lock, row($in_between), $in_between),
	'', 'do not hide the right one');

# A large script, of which every statement asks for the proof
my $large = join('', map { "CREATE TABLE large_$_ (a int);\n" } 1 .. 2000)
  . '-- ' . ('x' x 60_000);
my $file = $node->basedir . '/large.sql';
append_to_file($file, $large);
my ($in, $err) = ("$lock;\n" . row($large) . ";\n", '');
$in .= "\\set script `cat $file`\n:script\n;\n";
IPC::Run::run(
	[ 'psql', '-X', '-q', '-d', $node->connstr('postgres') ],
	'<', \$in, '2>', \$err);
# psql sends it statement by statement, so the whole of it is no message
like($err, $rejected, 'a script that is sent in pieces');
is(session('postgres', $lock, $large), '', 'a large script');
is( $node->safe_psql('postgres',
		q{SELECT count(*) FROM pg_class WHERE relname LIKE 'large\_%'}),
	'2000', 'all its tables are there');

$node->stop;
done_testing();


# Beside pgaudit, whichever of the two is loaded first: both see every
# statement, and each decides and records as if it were alone.

use strict;
use warnings;

use Cwd qw(getcwd);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

# Debian's package, unpacked in a directory of ours; undef where it cannot be
# had.
sub fetch_pgaudit
{
	my ($directory) = @_;
	my $version = `$ENV{PG_CONFIG} --version`;
	my ($major) = $version =~ /(\d+)/;
	my $here = getcwd();
	my ($stdout, $stderr);

	chdir $directory or die "could not change to $directory";
	my $done =
	  IPC::Run::run(
		[
			'timeout', '100', 'apt-get', '-q', 'download',
			"postgresql-$major-pgaudit"
		],
		'>', \$stdout, '2>', \$stderr)
	  && IPC::Run::run(
		[ 'dpkg-deb', '-x', glob('*.deb'), $directory ],
		'>', \$stdout, '2>', \$stderr);
	chdir $here or die "could not change to $here";
	return unless $done;
	my $library = "$directory/usr/lib/postgresql/$major/lib/pgaudit.so";
	my ($script) =
	  glob("$directory/usr/share/postgresql/$major/extension/pgaudit--*.sql");
	return unless -e $library && defined $script;
	return ($library, $script);
}

$ENV{PG_CONFIG} //= 'pg_config';
for my $command ('timeout', 'apt-get', 'dpkg-deb')
{
	plan skip_all => "there is no $command to get pgaudit with"
	  if system("command -v $command >/dev/null 2>&1") != 0;
}
my ($library, $script) = fetch_pgaudit(PostgreSQL::Test::Utils::tempdir());
plan skip_all => 'Debian\'s package of pgaudit cannot be had'
  unless defined $library;

# The install script: what CREATE EXTENSION would run.  The directories of the
# server are not ours to install into.
my $install = PostgreSQL::Test::Utils::slurp_file($script);
$install =~ s/MODULE_PATHNAME/$library/g;
$install =~ s/^\\echo.*$//mg;

my %statements = (
	'CREATE TABLE' => 'CREATE TABLE tracked (a int PRIMARY KEY, b text)',
	'ALTER TABLE' => 'ALTER TABLE tracked ADD COLUMN c int UNIQUE, DROP COLUMN b',
	'DROP TABLE' => 'DROP TABLE tracked');
my @tracked = map { $statements{$_} } ('CREATE TABLE', 'ALTER TABLE', 'DROP TABLE');
my %rows;

# In one session; standard error
sub session
{
	my ($node, @messages) = @_;
	my ($stdout, $stderr);

	IPC::Run::run(
		[
			'psql', '-X', '-q', '-A', '-t', '-d', $node->connstr('postgres'),
			map { ('-c', $_) } @messages
		],
		'>', \$stdout, '2>', \$stderr);
	return $stderr;
}

sub new_lines
{
	my ($node, $from) = @_;
	return PostgreSQL::Test::Utils::slurp_file($node->logfile, $from);
}

for my $order ([ 'schemadrift', $library ], [ $library, 'schemadrift' ])
{
	my $first = $order->[0] eq 'schemadrift' ? 'schemadrift' : 'pgaudit';
	my $how = "$first loaded first";
	my $node = PostgreSQL::Test::Cluster->new("${first}_first");

	$node->init;
	$node->append_conf('postgresql.conf', sprintf(
			"shared_preload_libraries = '%s'\npgaudit.log = 'ddl, role, write, function'\npgaudit.log_relation = on\n",
			join(', ', @$order)));
	$node->start;
	$node->safe_psql('postgres', $install);
	$node->safe_psql('postgres', 'CREATE EXTENSION schemadrift');
	$node->safe_psql('postgres', q{SELECT schemadrift_arm('reject')});

	# rejected: on record here, and not executed
	my $size = -s $node->logfile;
	like(session($node, 'CREATE TABLE no (a int)'),
		qr/CREATE TABLE "no" is rejected/, "$how: rejected");
	like(session($node, 'CREATE ROLE regress_no'),
		qr/CREATE ROLE "regress_no" is rejected/, "$how: a role too");
	like(session($node, 'DO $$BEGIN CREATE TABLE no (a int); END$$'),
		qr/CREATE TABLE "no" is rejected/, "$how: and in a block");
	ok($node->poll_query_until('postgres',
			q{SELECT count(*) = 3 FROM schemadrift.ddl_log WHERE verdict = 'rejected'}),
		"$how: on record");
	is($node->safe_psql('postgres',
			q{SELECT to_regclass('no'), (SELECT count(*) FROM pg_roles WHERE rolname = 'regress_no')}),
		'|0', "$how: nothing is there");
	like(new_lines($node, $size), qr/rejected CREATE TABLE of no/,
		"$how: in the log of the server");

	# tracked: rows here, and lines of pgaudit
	$size = -s $node->logfile;
	is(session($node, q{SELECT schemadrift_begin('01_tracked.sql')}, @tracked,
			'SELECT schemadrift_end()'),
		'', "$how: a migration");
	my $log = new_lines($node, $size);
	like($log, qr/AUDIT: .*DDL,\Q$_\E,/, "$how: pgaudit tells of $_")
	  for sort keys %statements;
	$rows{$first} = $node->safe_psql('postgres',
		q{SELECT verdict, act, kind, identity, part, statement FROM schemadrift.ddl_log WHERE verdict = 'tracked' ORDER BY logged_at, identity COLLATE "C"});
	is($node->safe_psql('postgres',
			q{SELECT string_agg(DISTINCT verdict, ','), count(DISTINCT statement_id) FROM schemadrift.ddl_log WHERE run_id IS NOT NULL}),
		'tracked|3', "$how: each statement is counted once");

	# what pgaudit wants for itself works on
	$size = -s $node->logfile;
	is(session($node, q{SELECT schemadrift_unlock('test')}, q{ALTER ROLE CURRENT_USER PASSWORD 'geheim'}),
		'', "$how: a secret");
	unlike($node->safe_psql('postgres', 'SELECT string_agg(l::text, chr(10)) FROM schemadrift.ddl_log l'),
		qr/geheim/, "$how: is not kept");
	$size = -s $node->logfile;
	session($node, 'BEGIN', 'CREATE TEMP TABLE x (a int)', 'INSERT INTO x VALUES (1)', 'ROLLBACK');
	like(new_lines($node, $size), qr/AUDIT: .*WRITE,INSERT/,
		"$how: pgaudit tells of other statements");
	session($node, 'SELECT 1/0', 'CREATE TABLE no (a int)', 'CREATE TEMP TABLE x (a int)');
	unlike(PostgreSQL::Test::Utils::slurp_file($node->logfile),
		qr/terminated by signal|TRAP|PANIC|not owned|stack is not empty/,
		"$how: no crash, and nothing amiss");
	$node->stop;
}
is($rows{pgaudit}, $rows{schemadrift}, 'the order makes no difference');
isnt($rows{pgaudit}, '', 'and there are rows');

done_testing();

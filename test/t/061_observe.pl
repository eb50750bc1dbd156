# A session that has observed before looks only at what has changed, and must
# leave in schemadrift.drift_event what a check of everything sees: after each
# single change of test/matrix, and after each statement that turns a schema
# made at random into another.
#
# Every third case is run, and every one where OBSERVE_CASES is a pattern for
# their names.  OBSERVE_PAIRS is how many pairs of random schemas there are,
# OBSERVE_SEED the seed of the first.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use MatrixCases;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use RandomSchema;
use Test::More;

my ($node, $major) = MatrixCases::new_node();


# What the events say is there and what there is, where these are different.
my $columns = 'drift, kind, identity, attribute, expected, actual';
my $compare =
	"WITH now AS MATERIALIZED (SELECT $columns FROM schemadrift_check(schemadrift_baseline())),"
  . ' open AS MATERIALIZED (SELECT ' . $columns . ' FROM (SELECT DISTINCT ON (drift, kind, identity, attribute) *'
  . '  FROM schemadrift.drift_event ORDER BY drift, kind, identity, attribute, at DESC) e'
  . "  WHERE event <> 'resolved')"
  . " SELECT concat_ws('|', 'not noted', $columns) FROM (TABLE now EXCEPT TABLE open) a"
  . " UNION ALL SELECT concat_ws('|', 'noted', $columns) FROM (TABLE open EXCEPT TABLE now) b;";
my $observe = "SET client_min_messages = debug1;\n"
  . "DO \$\$BEGIN PERFORM schemadrift_observe(); END\$\$;\n"
  . "SET client_min_messages = warning;\n";

# Run a script in one session.  By mark, what was wrong; how often what was
# observed; messages.
sub run_session
{
	my ($script) = @_;
	my ($out, $err) = ('', '');
	my (%wrong, %how);
	my $mark = '';
	my $file = $node->basedir . '/script.sql';

	open(my $fh, '>', $file) or die "could not write $file: $!";
	print $fh "SET client_min_messages = warning;\n$script";
	close $fh;
	IPC::Run::run([ 'psql', '-X', '-q', '-A', '-t', '-d', $node->connstr('postgres'), '-f', $file ],
		'>', \$out, '2>', \$err);
	foreach my $line (split /\n/, $out)
	{
		if ($line =~ /^## (.*)/) { $mark = $1; $wrong{$mark} = [] }
		elsif ($line ne '') { push @{ $wrong{$mark} }, $line }
	}
	$how{$_}++ foreach $err =~ /DEBUG:  observed (\w+),/g;
	return (\%wrong, \%how, $err);
}

my $pattern = $ENV{OBSERVE_CASES};
my $n = 0;
my @cases = grep { defined $pattern ? $_->{name} =~ /$pattern/ : $n++ % 3 == 0 } MatrixCases::all($major);

sub check_session
{
	my ($name, $marks, $script) = @_;
	my ($wrong, $how, $err) = run_session($script);

	is(scalar(keys %$wrong), $marks, "$name: all has run");
	foreach my $mark (sort keys %$wrong)
	{
		my $what = $mark =~ /^(?:changed|undone) (\d+)$/ ? "$mark, $cases[$1]{name}" : $mark;

		is(join("\n", @{ $wrong->{$mark} }), '', $what) if @{ $wrong->{$mark} };
	}
	unlike($err, qr/(?:FATAL|PANIC|server closed|cache lookup failed)/, "$name: no failure");
	note("$name: ", join ', ', map { "$_ $how->{$_} times" } sort keys %$how);
	return $how;
}

# 1. The matrix: what a case leaves in the session is discarded.

my $script = '';
foreach my $i (0 .. $#cases)
{
	my $case = $cases[$i];
	my $baseline = $case->{global} ? 'schemadrift_expect(schemadrift_snapshot(NULL, true))' : 'schemadrift_accept()';

	$script .= "CREATE SCHEMA m;\nSET search_path = m;\n"
	  . ($case->{setup} // '')
	  . "\nRESET ROLE;\nDO \$\$BEGIN PERFORM $baseline; END\$\$;\n$observe"
	  . "$case->{change}\nRESET ROLE;\n\\echo ## changed $i\n$observe$compare\n"
	  . ($case->{undo} // '') . "\nRESET ROLE;\n\\echo ## undone $i\n$observe$compare\n"
	  . ($case->{cleanup} // '')
	  . "\nDROP SCHEMA IF EXISTS m CASCADE;\nDISCARD ALL;\nSET client_min_messages = warning;\n";
}
$script =~ s/^\\set ON_ERROR_STOP .*$//mg;
my $how = check_session('matrix', 2 * @cases, $script);
cmp_ok($how->{some} // 0, '>', @cases / 2, 'matrix: most changes lead to some objects only')
  if !defined $pattern;

# 2. Random schemas: one is the baseline, and made the other one step by step.

$node->safe_psql('postgres', 'CREATE ROLE regress_r1; CREATE ROLE regress_r2');
my $seed = $ENV{OBSERVE_SEED} // 1;
my $pairs = $ENV{OBSERVE_PAIRS} // 3;
note("seed $seed");
my $marks = 0;
$script = '';
foreach my $pair ($seed .. $seed + $pairs - 1)
{
	my $make_a = RandomSchema->new(2 * $pair)->script;
	my $make_b = RandomSchema->new(2 * $pair + 1)->script;
	my $steps;

	# the steps, each in a transaction of its own, where they can be
	$node->safe_psql('postgres', "SET client_min_messages = error;\nBEGIN;\n$make_b\nCREATE TABLE public.b AS SELECT schemadrift_snapshot(ARRAY['m']) AS b;\nDROP SCHEMA m CASCADE;\nCOMMIT;\n$make_a");
	$steps = $node->safe_psql('postgres', q{SELECT encode(convert_to(sql, 'UTF8'), 'hex') FROM schemadrift_repair((SELECT b FROM public.b), '{"destructive": true}') WHERE sql IS NOT NULL ORDER BY step});
	$node->safe_psql('postgres', 'SET client_min_messages = error; DROP SCHEMA m CASCADE; DROP TABLE public.b');
	$script .= "$make_a\nDO \$\$BEGIN PERFORM schemadrift_accept(); END\$\$;\n$observe";
	foreach my $step (split /\n/, $steps)
	{
		$marks++;
		$script .= pack('H*', $step) . ";\n\\echo ## pair $pair, step $marks\n$observe$compare\n";
	}
	$script .= "DROP SCHEMA IF EXISTS m CASCADE;\nDISCARD ALL;\nSET client_min_messages = warning;\n";
}
$how = check_session('random schemas', $marks, $script);
cmp_ok($how->{some} // 0, '>', $marks / 2, 'random schemas: most changes lead to some objects only');

# 3. Transactions that are undone, whole or in part

$node->safe_psql('postgres', 'CREATE TABLE t (a integer); SELECT schemadrift_accept()');
check_session('transactions', 6, join('', map { "$_\n" }
	$observe,
	'BEGIN; ALTER TABLE t ADD b integer;', '\echo ## in a transaction', $observe, $compare,
	'ROLLBACK;', '\echo ## after it is undone', $observe, $compare,
	'BEGIN; SAVEPOINT s; ALTER TABLE t ADD c integer;', $observe, 'ROLLBACK TO s;', '\echo ## after a part is undone', $observe, $compare,
	'SAVEPOINT s; ALTER TABLE t ADD d integer;', $observe, 'RELEASE s;', '\echo ## after a part is kept', $observe, $compare,
	'COMMIT;', '\echo ## after it is committed', $observe, $compare,
	'BEGIN; ALTER TABLE t ADD e integer;', $observe, q{PREPARE TRANSACTION 'p';},
	q{COMMIT PREPARED 'p';}, '\echo ## after it is committed as prepared', $observe, $compare));

# 4. Rules that hide drift, and that expire; a baseline that is another

check_session('baseline and rules', 5, join('', map { "$_\n" }
	$observe,
	q{INSERT INTO schemadrift.ignore_rule (name_pattern, reason, expires_at) VALUES ('t', 'test', clock_timestamp() + interval '3 seconds');},
	'\echo ## a rule hides drift', $observe, $compare,
	'DO $$BEGIN PERFORM pg_sleep(3.1); END$$;', '\echo ## it has expired', $observe, $compare,
	'ALTER TABLE t ADD f integer;', '\echo ## a change after that', $observe, $compare,
	'DO $$BEGIN PERFORM schemadrift_accept(); END$$;', '\echo ## another baseline', $observe, $compare,
	'ALTER TABLE t DROP f;', '\echo ## a change after that as well', $observe, $compare));

# 5. Several observers at a time note nothing twice.

for my $round (1 .. 5)
{
	$node->safe_psql('postgres', "ALTER TABLE t ADD both$round integer");
	my @runs = map {
		IPC::Run::start([ 'psql', '-X', '-q', '-d', $node->connstr('postgres'), '-c', 'SELECT schemadrift_observe()' ],
			'>', \my $out, '2>', \my $err)
	} 1 .. 4;
	$_->finish foreach @runs;
}
is($node->safe_psql('postgres', q{SELECT count(*), count(DISTINCT identity) FROM schemadrift.drift_event WHERE identity LIKE '%.both%'}),
	'5|5', 'each difference is noted once');

$node->stop;
done_testing();

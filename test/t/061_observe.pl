# A session that has observed before looks only at what has changed, and must
# leave in schemadrift.drift_event what a check of everything sees: after each
# single change of test/matrix, and after each statement that turns a schema
# made at random into another.
#
# OBSERVE_CASES is a pattern for the names of cases, OBSERVE_PAIRS how many
# pairs of random schemas there are, OBSERVE_SEED the seed of the first.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use MatrixCases;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use RandomSchema;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init(extra => [ '--no-locale', '--encoding=UTF8' ]);
$node->append_conf('postgresql.conf',
	"wal_level = logical\nmax_prepared_transactions = 10\nfsync = off");
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION schemadrift');
my $major = int($node->safe_psql('postgres', 'SHOW server_version_num') / 10000);

# What the events say is there, and what there is, where these are different.
my $columns = 'drift, kind, identity, attribute, expected, actual';
my $open = "SELECT $columns FROM (SELECT DISTINCT ON (drift, kind, identity, attribute) * FROM schemadrift.drift_event"
  . " ORDER BY drift, kind, identity, attribute, at DESC) e WHERE event <> 'resolved'";
my $now = "SELECT $columns FROM schemadrift_check(schemadrift_baseline())";
my $compare = "SELECT concat_ws('|', 'not noted', $columns) FROM ($now EXCEPT $open) a"
  . " UNION ALL SELECT concat_ws('|', 'noted', $columns) FROM ($open EXCEPT $now) b;";

# Marks in the output, as one session does everything.
sub observe
{
	my ($what) = @_;

	return "\\echo ## $what\nRESET ROLE;\nSET client_min_messages = debug1;\n"
	  . "DO \$\$BEGIN PERFORM schemadrift_observe(); END\$\$;\n"
	  . "SET client_min_messages = warning;\n$compare\n";
}

# Run it all in one session; by mark, what was wrong, and how it was observed.
sub run_session
{
	my ($script) = @_;
	my ($out, $err) = ('', '');
	my %wrong;
	my $mark = '';
	my %how;
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

# 1. The matrix

my $pattern = $ENV{OBSERVE_CASES} // '.';
my @cases = grep { $_->{name} =~ /$pattern/ } MatrixCases::all($major);
my $script = '';
foreach my $case (@cases)
{
	my $baseline = $case->{global} ? 'schemadrift_expect(schemadrift_snapshot(NULL, true))' : 'schemadrift_accept()';

	# what a case leaves set ends with it
	$script .= "CREATE SCHEMA m;\nSET search_path = m;\n"
	  . ($case->{setup} // '')
	  . "\nRESET ROLE;\nDO \$\$BEGIN PERFORM $baseline; END\$\$;\n"
	  . observe("$case->{name}: before")
	  . $case->{change} . "\n"
	  . observe("$case->{name}: changed")
	  . ($case->{undo} // '') . "\n"
	  . observe("$case->{name}: undone")
	  . ($case->{cleanup} // '')
	  . "\nDROP SCHEMA IF EXISTS m CASCADE;\n"
	  . observe("$case->{name}: cleaned up");
}
my ($wrong, $how, $err) = run_session($script);
is(scalar(keys %$wrong), 4 * @cases, 'all cases have run');
foreach my $mark (sort keys %$wrong)
{
	is(join("\n", @{ $wrong->{$mark} }), '', $mark) if @{ $wrong->{$mark} };
}
unlike($err, qr/(?:FATAL|PANIC|server closed|cache lookup failed)/, 'no failure');
note(join ', ', map { "$_ $how->{$_} times" } sort keys %$how);
cmp_ok($how->{some} // 0, '>', @cases, 'most changes lead to some objects only') if $pattern eq '.';

# 2. Random schemas

$node->stop;
done_testing();

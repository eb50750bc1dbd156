# Repair between schemas made at random: a database with schema A is repaired
# to B, then has no drift, and columns that are the same in both hold what they
# held; the migration that leads from A to B does the same, and changes nothing
# when it is run again.  The server's own parser must take each statement of the
# repair, and the migration.
#
# REPAIR_PAIRS sets how many pairs there are, REPAIR_SEED the seed of the first;
# doc/repair.md has the rate.
#
#   REPAIR_PAIRS=500 make installcheck REGRESS= ISOLATION= \
#       PROVE_TESTS=test/t/031_repair_random.pl

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use RandomSchema;
use StatementParser;
use Test::More;

my $pairs = $ENV{REPAIR_PAIRS} // 120;
my $seed = $ENV{REPAIR_SEED} // 1;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init(extra => [ '--no-locale', '--encoding=UTF8' ]);
$node->append_conf('postgresql.conf', "fsync = off\nautovacuum = off");
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION schemadrift');
$node->safe_psql('postgres',
	'CREATE SCHEMA driver;' . StatementParser::function_in('driver')
	  . slurp_file("$FindBin::RealBin/031_repair_random.sql"));
isnt($node->safe_psql('postgres', "SELECT driver.complaint('DROP TABLE m.t0 IF EXISTS')"),
	'', 'what is no statement is not parsed');
is($node->safe_psql('postgres', "SELECT driver.complaint('DROP TABLE m.t0; SELECT m.f()')"),
	'', 'what is one is, whatever it names');

my ($good, $steps) = (0, 0);

# What is wrong with a pair, as text; nothing if all is well.
sub trouble
{
	my ($pair) = @_;
	my ($stdout, $stderr) = ('', '');

	$node->psql('postgres', RandomSchema::pair_script($pair),
		stdout => \$stdout, stderr => \$stderr, on_error_stop => 0);

	$steps += $1 if $stdout =~ /^steps (\d+)$/m;

	my @lines = grep { !/^(?:migration|again|:trouble|steps \d+|)$/ } split /\n/, "$stderr\n$stdout";

	# What follows an error in a transaction tells nothing.
	@lines = grep { !/current transaction is aborted/ } @lines;
	return join "\n", @lines;
}

note("seed $seed");
foreach my $pair ($seed .. $seed + $pairs - 1)
{
	my $trouble = trouble($pair);

	is($trouble, '', "pair $pair");
	$good++ if $trouble eq '';
	$node->safe_psql('postgres', 'SET client_min_messages = error; DROP SCHEMA IF EXISTS m CASCADE')
	  if $trouble ne '';
}
diag("repaired: $good of $pairs pairs of schemas, with $steps statements, seed $seed");

$node->stop;
done_testing();

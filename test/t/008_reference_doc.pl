# The examples of doc/reference.md are run as they stand there, each in a
# database made as the document says: what psql prints is what is shown.

use strict;
use warnings;

use FindBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('reference');
$node->init(extra => [ '--no-locale', '--encoding=UTF8', '--username=postgres' ]);
$node->append_conf('postgresql.conf', 'fsync = off');
$node->start;
plan skip_all => 'the examples are those of PostgreSQL 15'
  if int(run_sql('postgres', "\\t\nSHOW server_version_num") / 10000) != 15;

# What psql prints, errors included, but for tags of commands
sub run_sql
{
	my ($database, $sql) = @_;
	my $output = '';

	IPC::Run::run(
		[ 'psql', '-X', '-d', $node->connstr($database) . ' user=postgres', '-f', '-' ],
		'<', \$sql, '>', \$output, '2>&1');
	$output =~ s/^psql:<stdin>:\d+: //mg;
	$output =~ s/^(CREATE|INSERT|ALTER|Tuples)\b.*\n//mg;
	return $output;
}

# Without what differs between minor versions, and blanks at the ends
sub comparable
{
	my ($text) = @_;

	$text =~ s/("server": )\d+/$1<version>/g;
	$text =~ s/[ \t]+$//mg;
	$text =~ s/\A\n+|\n+\z//g;
	return $text;
}

# The blocks of SQL, with the output behind them, if any: [sql, output, line]
my $text = slurp_file("$FindBin::RealBin/../../doc/reference.md");
my @examples;
while ($text =~ /^```sql\n(.*?)^```\n(?:\n```\n(.*?)^```\n)?/msg)
{
	push @examples, [ $1, $2, 1 + (substr($text, 0, $-[0]) =~ tr/\n//) ];
}
my $setup = shift @examples;
cmp_ok(scalar(@examples), '>=', 10, 'there are examples in the document');

run_sql('postgres', 'CREATE DATABASE original');
is(run_sql('original', $setup->[0]), '', "line $setup->[2]: the database");
foreach my $example (@examples)
{
	my ($sql, $output, $line) = @$example;

	run_sql('postgres', 'CREATE DATABASE example TEMPLATE original');
	is(comparable(run_sql('example', $sql)), comparable($output // ''), "line $line");
	run_sql('postgres', "DROP DATABASE example");
}

$node->stop;
done_testing();

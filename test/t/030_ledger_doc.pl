# doc/ledger.md is run as it stands there: every block of shell commands, one
# after the other, must print the block of output that follows it.

use strict;
use warnings;

use FindBin;
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

# The commands need a node that lists folders recursively.
if (system(
		q{node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 18 || a == 18 && b >= 17 ? 0 : 1)' >/dev/null 2>&1}
	) != 0)
{
	plan skip_all => 'needs Node.js 18.17 or later';
}

# The parts of the document: [commands, output, line].
sub blocks
{
	my ($file) = @_;
	my @blocks;
	my $part;
	my $line = 0;

	open my $fh, '<', $file or die "$file: $!";
	while (<$fh>)
	{
		$line++;
		if (/^```sh$/)
		{
			push @blocks, [ '', '', $line ];
			$part = 0;
		}
		elsif (/^```$/)
		{
			# the end of one, or the output right behind the commands
			$part = defined $part ? undef : 1;
		}
		elsif (defined $part && @blocks)
		{
			$blocks[-1][$part] .= $_;
		}
	}
	close $fh;
	return @blocks;
}

# What differs from run to run: identifiers, and blanks at the end of lines
sub comparable
{
	my ($text) = @_;

	$text =~ s/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/<uuid>/g;
	$text =~ s/[ \t]+$//mg;
	$text =~ s/\A\n+|\n+\z//g;
	return $text;
}

my $top = "$FindBin::RealBin/../..";
my @blocks = blocks("$top/doc/ledger.md");
cmp_ok(scalar(@blocks), '>=', 10, 'there are commands in the document');

my $node = PostgreSQL::Test::Cluster->new('ledger_doc');
$node->init(extra => [ '--locale=C', '--encoding=UTF8', '--username=postgres' ]);
$node->start;

# All commands are one shell, in a directory in which the checkout's test/ is.
my $dir = PostgreSQL::Test::Utils::tempdir;
symlink "$top/test", "$dir/test" or die "symlink: $!";
my $shell = "exec 2>&1\ncd '$dir' || exit\n";

# Sessions that a block leaves behind have ended before the next one begins.
my $wait = q{until [ "$(PGUSER=postgres PGDATABASE=postgres psql -X -A -t -c "}
  . q{SELECT count(*) FROM pg_stat_activity WHERE datname = 'booking' OR backend_type ~ 'schemadrift'}
  . q{")" = 0 ]; do sleep 0.1; done};
$shell .= "$_->[0]\n$wait\necho '<end of block>'\n" foreach @blocks;
append_to_file("$dir/commands.sh", $shell);

local %ENV = (
	%ENV,
	PGHOST => $node->host,
	PGPORT => $node->port,
	PGUSER => 'postgres',
	PGDATABASE => 'postgres',
	LC_ALL => 'C.UTF-8');
delete $ENV{PGOPTIONS};
my $output = '';
IPC::Run::run([ 'bash', "$dir/commands.sh" ], '>', \$output);

my @outputs = split /^<end of block>\n/m, $output;
for my $i (0 .. $#blocks)
{
	is( comparable($outputs[$i] // '<none>'),
		comparable($blocks[$i][1]),
		"commands in line $blocks[$i][2] of doc/ledger.md");
}

$node->stop;
done_testing();

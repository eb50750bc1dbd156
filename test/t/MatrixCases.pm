# The cases of test/matrix: see doc/architecture.md, "Tests".

package MatrixCases;

use strict;
use warnings;

use PostgreSQL::Test::Cluster;

# A server that can run all of them, and its major; `conf` is more of its
# configuration.
sub new_node
{
	my ($conf) = @_;
	my $node = PostgreSQL::Test::Cluster->new('main');

	$node->init(extra => [ '--no-locale', '--encoding=UTF8' ]);
	$node->append_conf('postgresql.conf',
		join("\n", 'wal_level = logical', 'max_prepared_transactions = 10', 'fsync = off', $conf // ''));
	$node->start;
	$node->safe_psql('postgres', 'CREATE EXTENSION schemadrift');
	return ($node, int($node->safe_psql('postgres', 'SHOW server_version_num') / 10000));
}

# The cases for servers of any major: name, file and sections.
sub every
{
	return map { read_file($_) } sort glob('test/matrix/*.cases');
}

# Does the case run on a server of this major?
sub is_wanted
{
	my ($case, $major) = @_;

	return ($case->{server} // 0) <= $major && $major <= ($case->{until} // $major);
}

# Those that run on a server of this major.
sub all
{
	my ($major) = @_;

	return grep { is_wanted($_, $major) } every();
}

sub read_file
{
	my ($file) = @_;
	my (@cases, $section);

	open(my $fh, '<', $file) or die "could not open $file: $!";
	while (my $line = <$fh>)
	{
		if ($line =~ /^== (.*?)\s*$/)
		{
			push @cases, { name => $1, file => $file };
			undef $section;
		}
		elsif ($line =~ /^-- (server|until|global|session): (\w+)/)
		{
			$cases[-1]{$1} = $2;
		}
		elsif ($line =~ /^-- (setup|change|drift|undo|cleanup)\s*$/)
		{
			$section = $1;
			$cases[-1]{$section} = '';
		}
		elsif (defined $section)
		{
			$cases[-1]{$section} .= $line;
		}
	}
	close $fh;
	return @cases;
}

1;

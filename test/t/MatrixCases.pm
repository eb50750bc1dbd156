# The cases of test/matrix: see doc/architecture.md, "Tests".

package MatrixCases;

use strict;
use warnings;

# All cases that run on a server of this major: name, file and sections.
sub all
{
	my ($major) = @_;

	return grep { ($_->{server} // 0) <= $major && $major <= ($_->{until} // $major) }
	  map { read_file($_) } sort glob('test/matrix/*.cases');
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
		elsif ($line =~ /^-- (server|until|global): (\w+)/)
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

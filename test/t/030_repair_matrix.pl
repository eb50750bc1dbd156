# Single-attribute changes, test/matrix/*.cases, through schemadrift_repair():
# back to what was before, and forth from there to what the change made of it.
# Repaired is what ran without an error, has no drift and dumps as its target
# does; test/matrix/unmendable has what cannot be, with the reason.

use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

# Cases of which the schema is kept, and dumped together with others.
my $batch_size = 40;
# Only cases that match are run, if it is set.
my $only = $ENV{MATRIX_CASES} // '';

# The cases of a file: name and sections.
sub read_cases
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
		elsif ($line =~ /^-- (server|until|session): (\w+)/)
		{
			$cases[-1]{$1} = $2;
		}
		elsif ($line =~ /^-- global: true/)
		{
			$cases[-1]{global} = 1;
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

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init(extra => [ '--no-locale', '--encoding=UTF8' ]);
$node->append_conf('postgresql.conf',
	"wal_level = logical\nmax_prepared_transactions = 10\nfsync = off\nautovacuum = off");
$node->start;
$node->safe_psql($_, 'CREATE EXTENSION schemadrift') foreach qw(postgres template1);
my $major = int($node->safe_psql('postgres', 'SHOW server_version_num') / 10000);
my $dir = PostgreSQL::Test::Utils::tempdir;
my $dump = "pg_dump -s -h '" . $node->host . "' -p " . $node->port;

# Behind a section of a case, which may end in an error that it wants.
my @calm = ('\set ON_ERROR_STOP 0', 'RESET ROLE;');

# The state in which a case begins, and in which it leaves the database.
sub begin_script
{
	my ($case) = @_;
	return ('CREATE SCHEMA m;', 'SET search_path = m;', $case->{setup} // '', @calm);
}

sub leave_script
{
	my ($case) = @_;
	return ('SET search_path = m;', $case->{undo} // '',
		@calm, 'SET search_path = m;', $case->{cleanup} // '',
		@calm, 'DROP SCHEMA IF EXISTS m CASCADE;');
}

# Can its schema be kept?  What stands outside it would be in others' way.
sub is_kept
{
	my ($case) = @_;
	return 0 if $case->{name} =~ /^unmodelled/ || $case->{global} || defined $case->{cleanup} || defined $case->{session};
	return join('', map { $case->{$_} // '' } qw(setup change)) !~
	  /\b(SUBSCRIPTION|PUBLICATION|LANGUAGE [a-z]+ HANDLER|EVENT TRIGGER|EXTENSION|CAST|TRANSFORM
		|ACCESS METHOD|WRAPPER|SERVER|CREATE SCHEMA|DEFAULT PRIVILEGES|ALTER SCHEMA|DROP SCHEMA|ON SCHEMA|public\.)/xi;
}

# Dump the database by itself, where the state cannot be kept.
sub dump_script
{
	my ($case, $what) = @_;
	return () if is_kept($case) || $case->{session};
	return ("\\! $dump postgres > $dir/$what 2>$dir/$what.err");
}

sub keep_script
{
	my ($case, $name) = @_;
	return is_kept($case) ? ("ALTER SCHEMA m RENAME TO ${name}_$case->{number};") : ();
}

# Repair the database to a snapshot, with marks between the results.
sub repair_script
{
	my ($case, $way, $target) = @_;
	return (
		"\\echo \@unmended $way",
		'DROP TABLE IF EXISTS pg_temp.plan;',
		"CREATE TEMP TABLE plan AS SELECT * FROM schemadrift_repair(:'$target', '{\"destructive\": true}');",
		"SELECT concat_ws('|', kind, identity, note) FROM plan WHERE sql IS NULL;",
		"\\echo \@ran $way", "\\warn \@ran $way",
		'SELECT sql FROM plan WHERE sql IS NOT NULL ORDER BY step \gexec',
		"\\warn \@done $way",
		'RESET ROLE;',
		"\\echo \@rest $way",
		"SELECT concat_ws('|', drift, kind, identity, attribute, expected, actual) FROM schemadrift_check(:'$target');",
		"\\echo \@plan $way",
		'SELECT sql FROM plan WHERE sql IS NOT NULL ORDER BY step;',
		"\\echo \@done $way",
		dump_script($case, "$way.is"));
}

# The psql script of a case.
sub script_of
{
	my ($case) = @_;
	my $snapshot = 'SELECT schemadrift_snapshot(NULL, '
	  . ($case->{global} ? 'true' : 'false') . ') AS';

	return join("\n",
		'SET client_min_messages = warning;',
		begin_script($case),
		dump_script($case, 'back.to'),
		"$snapshot before \\gset",
		$case->{change},
		@calm,
		repair_script($case, 'back', 'before'),
		keep_script($case, 'back'),
		leave_script($case),
		begin_script($case),
		$case->{change},
		@calm,
		dump_script($case, 'forth.to'),
		"$snapshot after \\gset",
		leave_script($case),
		begin_script($case),
		repair_script($case, 'forth', 'after'),
		keep_script($case, 'forth'),
		leave_script($case));
}

# The psql script that makes both targets of a case whose schema is kept.
sub target_script
{
	my ($case) = @_;
	return join("\n",
		'SET client_min_messages = warning;',
		begin_script($case), keep_script($case, 'back'),
		begin_script($case), $case->{change}, @calm,
		keep_script($case, 'forth'), leave_script($case));
}

# What stands behind a mark, up to the next.
sub behind
{
	my ($text, $mark) = @_;
	return undef unless $text =~ /^\@\Q$mark\E\n(.*?)^\@/ms;
	my $found = $1;
	$found =~ s/^\s+|\s+$//g;
	return $found;
}

# The statements of a dump in one order; those on privileges are in that of
# the list in the catalog, which no statement can bring about.
sub normal_dump
{
	my ($file) = @_;
	my $text = slurp_file($file);

	# named after the oid of their constraint
	$text =~ s/"RI_ConstraintTrigger_(\w)_\d+"/"$1"/g;
	$text =~ s/^(--.*|\\(un)?restrict .*|SET .*|SELECT pg_catalog.set_config.*)\n//mg;
	# options of storage are in the order in which they were set
	$text =~ s{WITH \(([^()]*)\)}{'WITH (' . join(', ', sort(split(/, /, $1))) . ')'}ge;
	return join("\n\n", sort map { join("\n", /^(GRANT|REVOKE|SET SESSION)/m ? sort split(/\n/) : $_) }
		  grep { /\S/ } split(/\n\n+/, $text));
}

# The lines that two texts do not share.
sub difference
{
	my ($is, $to) = @_;
	my (%is, %to);

	$is{$_}++ foreach split(/\n/, $is);
	$to{$_}++ foreach split(/\n/, $to);
	return join("\n", (map { "+ $_" } grep { !$to{$_} } sort keys %is),
		(map { "- $_" } grep { !$is{$_} } sort keys %to));
}

# Compare a batch's schemas, each with its target; the ones that differ.
sub compare_batch
{
	my (@batch) = @_;
	my %differs;

	$node->safe_psql('template1', 'CREATE DATABASE target');
	foreach my $case (@batch)
	{
		$node->psql('target', target_script($case), on_error_die => 0, on_error_stop => 0,
			stderr => \my $err);
	}
	system("$dump postgres > $dir/is") == 0 or die 'pg_dump failed';
	system("$dump target > $dir/to") == 0 or die 'pg_dump failed';
	my ($is, $to) = (normal_dump("$dir/is"), normal_dump("$dir/to"));
	if ($is ne $to)
	{
		foreach my $case (@batch)
		{
			foreach my $way (qw(back forth))
			{
				my $schema = qr/\b${way}_$case->{number}\b/;
				my ($i, $t) = map { join("\n\n", grep { /$schema/ } split(/\n\n/)) } ($is, $to);
				$differs{$way}{$case->{name}} = difference($i, $t) || 'in another order'
				  if $i ne $t;
			}
		}
	}
	$node->safe_psql('template1', 'DROP DATABASE target');
	$node->safe_psql('template1', 'DROP DATABASE postgres');
	$node->safe_psql('template1', 'CREATE DATABASE postgres');
	return \%differs;
}

# Exceptions: way, name of the case, reason.
my %unmendable;
foreach my $line (grep { !/^(#|$)/ } split(/\n/, slurp_file('test/matrix/unmendable')))
{
	my ($way, $name, $reason) = split(/\|/, $line);
	$unmendable{$_}{$name} = $reason foreach $way eq 'both' ? qw(back forth) : $way;
}

my %repaired = (back => 0, forth => 0);
my ($total, $number) = (0, 0);

# What came of one direction of a case.
sub judge
{
	my ($case, $way, $differs) = @_;
	my $result = $case->{$way};
	my $reason = delete $unmendable{$way}{$case->{name}};
	my $dump = $differs->{$way}{$case->{name}} // '';
	my $ok = defined $result->{rest} && $result->{rest} eq '' && $result->{errors} eq '' && $dump eq '';
	my $text = "$case->{file}: unmended\n$result->{unmended}\nplan\n$result->{plan}\n"
	  . "errors\n$result->{errors}\nrest\n" . ($result->{rest} // 'not reached') . "\ndump\n$dump\n";

	$repaired{$way} += $ok;
	if (defined $reason)
	{
		ok(!$ok, "$case->{name}: $way: does not work, as $reason") or diag('it does');
		isnt($result->{unmended} . $result->{errors} . $dump, '', "$case->{name}: $way: repair says so")
		  or diag($text);
	}
	else
	{
		ok($ok, "$case->{name}: $way") or diag($text);
	}
}

sub judge_batch
{
	my (@batch) = @_;
	my @kept = grep { is_kept($_) } @batch;
	my $differs = compare_batch(@kept);

	foreach my $case (@batch)
	{
		foreach my $way (qw(back forth))
		{
			$differs->{$way}{$case->{name}} = $case->{$way}{dump} if defined $case->{$way}{dump};
			judge($case, $way, $differs);
		}
	}
}

sub run_case
{
	my ($case) = @_;
	my ($out, $err) = ('', '');

	$case->{number} = ++$number;
	$node->psql('postgres', script_of($case), on_error_die => 0, on_error_stop => 0,
		stdout => \$out, stderr => \$err);
	foreach my $way (qw(back forth))
	{
		my $result = $case->{$way} = {
			unmended => behind("$out\n", "unmended $way") // '',
			plan => behind("$out\n", "plan $way") // '',
			rest => behind("$out\n", "rest $way"),
			errors => join("\n", grep { /(ERROR|FATAL):/ }
				  split(/\n/, behind("$err\n", "ran $way") // $err)) };

		if (!is_kept($case) && !$case->{session} && ($result->{rest} // '-') eq '')
		{
			my ($is, $to) = map { normal_dump("$dir/$way.$_") } qw(is to);
			$result->{dump} = $is eq $to ? '' : difference($is, $to) || 'in another order';
		}
	}
	$total++;
}

my @batch;
foreach my $case (map { read_cases($_) } sort glob('test/matrix/*.cases'))
{
	next if ($case->{server} // 0) > $major || $major > ($case->{until} // $major);
	next if $case->{name} =~ /^noise:/;
	next unless "$case->{file} $case->{name}" =~ /$only/;
	run_case($case);
	push @batch, $case;
	judge_batch(splice(@batch)) if @batch == $batch_size;
}
judge_batch(@batch);

note("$repaired{$_} of $total repaired, $_") foreach qw(back forth);
is(join("\n", sort map { keys %$_ } values %unmendable), '', 'every exception is one')
  if $only eq '';

done_testing();

# Single-attribute changes, test/matrix/*.cases, through schemadrift_repair():
# back to what was before, and forth from there to what the change made of it,
# once by a repair, and once by the migration that was planned where the change
# had been made (adopt).  Repaired is what ran without an error, has no drift and
# dumps as its target does; test/matrix/unmendable has what cannot be, with the
# reason.
#
# All statements are parsed by the server before any is run.  The way back and
# the migration are gone again, in the form that can be run again: it must do
# nothing, and raise no error.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use Cwd;
use MatrixCases;
use NormalDump qw(normal_dump difference);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use StatementParser;
use Test::More;

# Cases of which the schema is kept, and dumped together with others.
my $batch_size = 40;
my @ways = qw(back forth adopt);
# Only cases that match are run, if it is set.
my $only = $ENV{MATRIX_CASES} // '';

# Security labels are set only for providers that are loaded; that of one case
# is not.
my $provider = getcwd() . '/test/modules/label_provider/label_provider.so';
BAIL_OUT("$provider is not there: make test-modules builds it") unless -e $provider;
my ($node, $major) = MatrixCases::new_node("autovacuum = off\nshared_preload_libraries = '$provider'");
$node->safe_psql('template1', 'CREATE EXTENSION schemadrift');
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
		|ACCESS METHOD|DEFAULT\ FOR\ TYPE|WRAPPER|SERVER|CREATE SCHEMA|DEFAULT PRIVILEGES|ALTER SCHEMA|DROP SCHEMA|ON SCHEMA|public\.)/xi;
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

# Plan a repair.
sub plan_script
{
	my ($plan, $target, $options) = @_;
	return ("DROP TABLE IF EXISTS pg_temp.$plan;",
		"CREATE TEMP TABLE $plan AS SELECT * FROM schemadrift_repair(:'$target', '{\"destructive\": true$options}');");
}

# Run a plan, with marks around it.
sub run_script
{
	my ($plan, $mark) = @_;
	return ("\\warn \@$mark",
		"SELECT sql FROM $plan WHERE sql IS NOT NULL ORDER BY step \\gexec",
		"\\warn \@done $mark", 'RESET ROLE;');
}

# Schemas that have been kept since the snapshot.
my $others = '{"ignore": [{"kind": "schema", "schema": "forth_*"}]}';

# Repair the database to a snapshot by plans that have been made, with marks
# between the results.
sub repair_script
{
	my ($case, $way, $target, $plan, $again) = @_;
	return (
		"\\echo \@unmended $way",
		"SELECT concat_ws('|', kind, identity, note) FROM $plan WHERE sql IS NULL;",
		"\\echo \@unparsed $way",
		"SELECT * FROM (SELECT pg_temp.complaint(sql) AS c FROM (SELECT sql FROM $plan"
		  . ($again && $again ne $plan ? " UNION SELECT sql FROM $again" : '')
		  . ") s WHERE sql IS NOT NULL OFFSET 0) s WHERE c <> '';",
		"\\echo \@ran $way",
		run_script($plan, "ran $way"),
		$again ? run_script($again, "again $way") : (),
		"\\echo \@rest $way",
		"SELECT concat_ws('|', drift, kind, identity, attribute, expected, actual) FROM schemadrift_check(:'$target', '$others');",
		"\\echo \@plan $way",
		"SELECT sql FROM $plan WHERE sql IS NOT NULL ORDER BY step;",
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
		StatementParser::function_in('pg_temp'),
		begin_script($case),
		dump_script($case, 'back.to'),
		"$snapshot before \\gset",
		$case->{change},
		@calm,
		plan_script('plan', 'before', ''),
		plan_script('again', 'before', ', "idempotent": true'),
		plan_script('adopted', 'before', ', "idempotent": true, "adopt": true'),
		repair_script($case, 'back', 'before', 'plan', 'again'),
		keep_script($case, 'back'),
		leave_script($case),
		begin_script($case),
		$case->{change},
		@calm,
		dump_script($case, 'forth.to'),
		"$snapshot after \\gset",
		leave_script($case),
		begin_script($case),
		plan_script('plan', 'after', ''),
		repair_script($case, 'forth', 'after', 'plan', ''),
		keep_script($case, 'forth'),
		leave_script($case),
		begin_script($case),
		repair_script($case, 'adopt', 'after', 'adopted', 'adopted'),
		keep_script($case, 'adopt'),
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
		keep_script($case, 'forth'), leave_script($case),
		begin_script($case), $case->{change}, @calm,
		keep_script($case, 'adopt'), leave_script($case));
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
	my ($is, $to) = map { normal_dump(slurp_file("$dir/$_")) } qw(is to);
	if ($is ne $to)
	{
		foreach my $case (@batch)
		{
			foreach my $way (@ways)
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

# Reasons that only show when the statements are run: rows, other databases, and
# a case that ends in ROLLBACK, with which the plan is gone.
my $seen_when_run =
  qr/^(the rows are not unique|a role by that name is not there|pg_dump does not see what has not been committed)$/;

# Exceptions: way, name of the case, reason.
my %unmendable;
foreach my $line (grep { !/^(#|$)/ } split(/\n/, slurp_file('test/matrix/unmendable')))
{
	my ($way, $name, $reason) = split(/\|/, $line);
	$unmendable{$_}{$name} = $reason foreach $way eq 'both' ? @ways : $way eq 'forth' ? qw(forth adopt) : $way;
}

# doc/repair.md lists the same, by reason.
my %documented;
my ($section) = slurp_file('doc/repair.md') =~ /^## What is not mended\n(.*)/ms;
foreach my $item ($section =~ /^\* (.*?)(?=^\*|^\n|\z)/msg)
{
	$item =~ s/\s*\n\s*/ /g;
	$item =~ s/\s+$//;
	my ($reason, $names) = $item =~ /^(.*?): (.*)$/ or next;
	$documented{ lcfirst($reason) }{$_} = 1 foreach split(/; /, $names);
}
my %listed;
foreach my $way (keys %unmendable)
{
	$listed{ lcfirst($unmendable{$way}{$_}) }{$_} = 1 foreach keys %{ $unmendable{$way} };
}
is_deeply(\%documented, \%listed, 'doc/repair.md names what test/matrix/unmendable does');

my %repaired = map { $_ => 0 } @ways;
my %parsed = %repaired;
my %repeated = %repaired;
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
	$parsed{$way} += ($result->{unparsed} // '-') eq '';
	$repeated{$way} += $ok && $result->{again} eq '';
	if (defined $reason)
	{
		ok(!$ok, "$case->{name}: $way: does not work, as $reason") or diag('it does');
		isnt($result->{unmended} . $result->{errors} . $dump, '', "$case->{name}: $way: repair says so")
		  or diag($text);
		is($result->{errors}, '', "$case->{name}: $way: no statement fails") or diag($text)
		  unless $reason =~ $seen_when_run;
	}
	else
	{
		ok($ok, "$case->{name}: $way") or diag($text);
		my $once = $way eq 'back' ? delete $unmendable{again}{ $case->{name} } : undef;
		if (defined $once)
		{
			isnt($result->{again}, '', "$case->{name}: $way: not again, as $once");
		}
		elsif ($ok && $way ne 'forth')
		{
			is($result->{again}, '', "$case->{name}: $way: again") or diag($text);
		}
	}
	is($result->{unparsed}, '', "$case->{name}: $way: parsed");
}

sub judge_batch
{
	my (@batch) = @_;
	my @kept = grep { is_kept($_) } @batch;
	my $differs = compare_batch(@kept);

	foreach my $case (@batch)
	{
		foreach my $way (@ways)
		{
			$differs->{$way}{$case->{name}} = $case->{$way}{dump} if defined $case->{$way}{dump};
			judge($case, $way, $differs);
		}
	}
}

# The errors that stand behind a mark, or all if that was not reached.
sub errors_behind
{
	my ($err, $mark) = @_;
	return join("\n", grep { /(ERROR|FATAL):/ } split(/\n/, behind("$err\n", $mark) // $err));
}

sub run_case
{
	my ($case) = @_;
	my ($out, $err) = ('', '');

	$case->{number} = ++$number;
	$node->psql('postgres', script_of($case), on_error_die => 0, on_error_stop => 0,
		stdout => \$out, stderr => \$err);
	foreach my $way (@ways)
	{
		my $result = $case->{$way} = {
			unmended => behind("$out\n", "unmended $way") // '',
			unparsed => behind("$out\n", "unparsed $way"),
			plan => behind("$out\n", "plan $way") // '',
			rest => behind("$out\n", "rest $way"),
			errors => errors_behind($err, "ran $way"),
			again => errors_behind($err, "again $way") };

		if (!is_kept($case) && !$case->{session} && ($result->{rest} // '-') eq '')
		{
			my $target = $way eq 'adopt' ? 'forth' : $way;
			my ($is, $to) = map { normal_dump(slurp_file("$dir/$_")) } ("$way.is", "$target.to");
			$result->{dump} = $is eq $to ? '' : difference($is, $to) || 'in another order';
		}
	}
	$total++;
}

my @batch;
foreach my $case (MatrixCases::all($major))
{
	next if $case->{name} =~ /^noise:/;
	next unless "$case->{file} $case->{name}" =~ /(?:$only)/;
	run_case($case);
	push @batch, $case;
	judge_batch(splice(@batch)) if @batch == $batch_size;
}
judge_batch(@batch);

foreach my $way (@ways)
{
	note("$way: $repaired{$way} of $total repaired, the statements of $parsed{$way} of $total parsed"
		  . ($way eq 'forth' ? '' : ", $repeated{$way} of $repaired{$way} again without an error"));
}
is(join("\n", sort map { keys %$_ } values %unmendable), '', 'every exception is one')
  if $only eq '';

done_testing();

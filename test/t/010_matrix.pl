# Single-attribute changes, test/matrix/*.cases: each must be found, with no
# row that is not about it, and be gone when it is undone.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use MatrixCases;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $rows = q{SELECT concat_ws('|', drift, kind, identity, coalesce(attribute, ''))
	FROM schemadrift_check(:'doc')};

# The psql script that runs a case, with marks between its results.
sub script_of
{
	my ($case) = @_;

	return join("\n",
		'\set ON_ERROR_STOP 1',
		'SET client_min_messages = warning;',
		'CREATE SCHEMA m;',
		'SET search_path = m;',
		$case->{setup} // '',
		'RESET ROLE;',
		'SELECT schemadrift_snapshot(NULL, '
		  . ($case->{global} ? 'true' : 'false') . ') AS doc \gset',
		$case->{change},
		'RESET ROLE;',
		"$rows;",
		'\echo --',
		$case->{undo} // '',
		'RESET ROLE;',
		(defined $case->{undo} ? "$rows;" : ''));
}

my ($node, $major) = MatrixCases::new_node();

# Whatever schemadrift_kinds() lists and no case, of whatever major, changes;
# test/matrix/exempt has what cannot be changed.
sub not_covered
{
	my %covered;

	foreach my $line (map { split(/\n/, $_->{drift} // '') } @_)
	{
		my ($drift, $kind, $attribute) = $line =~ /^(\w+)\|([^|]+)\|.*\|([^|]*)$/ or next;
		$covered{"$kind|" . ($drift eq 'changed' ? $attribute : $drift)} = 1;
	}
	my @exempt = grep { !/^#/ } split(/\n/, slurp_file('test/matrix/exempt'));
	foreach my $line (@exempt)
	{
		my ($kind, $attribute) = split(/\|/, $line);
		ok(!$covered{"$kind|$attribute"}++, "$kind, $attribute: exempt, as no case changes it");
	}
	return grep { !$covered{$_} } split(/\n/, $node->safe_psql('postgres', q{
		SELECT kind || '|' || coalesce(attribute, 'missing') FROM schemadrift_kinds() WHERE NOT derived
		UNION
		SELECT kind || '|unexpected' FROM schemadrift_kinds() WHERE NOT derived ORDER BY 1}));
}

my @cases = MatrixCases::every();
my ($found, $quiet, $changes, $noise) = (0, 0, 0, 0);
foreach my $case (@cases)
{
	next unless MatrixCases::is_wanted($case, $major);

	my $is_noise = $case->{name} =~ /^noise:/;
	my ($out, $err) = ('', '');
	my $rc = $node->psql('postgres', script_of($case),
		stdout => \$out, stderr => \$err);
	my ($drift, $rest) = split(/^--$/m, "$out\n", 2);
	my $expected = $case->{drift} // '';

	s/^\s+|\s+$//g foreach ($drift, $rest, $expected);
	my $ok = $rc == 0 && $drift eq $expected && $rest eq '';

	ok($ok, "$case->{name}")
	  or diag("$case->{file}: expected\n$expected\ngot\n$drift\nafter undo\n$rest\n$err");
	if ($is_noise) { $noise++; $quiet += $ok }
	else { $changes++; $found += $ok }

	$node->psql('postgres',
		"SET client_min_messages = warning;\nSET search_path = m;\n"
		  . ($case->{cleanup} // '') . "\nDROP SCHEMA IF EXISTS m CASCADE;",
		stderr => \$err);
	is($err // '', '', "$case->{name}: cleaned up") if defined $err && $err ne '';
}

note("$found of $changes changes found, $quiet of $noise noise cases quiet");
# as many as there were on PostgreSQL 15 when this was last looked at
cmp_ok($changes, '>=', 921, 'enough changes');
cmp_ok($noise, '>=', 115, 'enough noise cases');
is(join("\n", not_covered(@cases)), '', 'every attribute of every kind has a case');
is($node->safe_psql('postgres',
		'SELECT count(*) FROM schemadrift_check(schemadrift_snapshot())'),
	'0', 'nothing is left');

done_testing();

# Changes as migrations: then the baseline is what schemadrift_accept() would
# make it, to the letter.  First what has a name that others show, with all that
# shows it; then cases of test/matrix, and their undoing.
#
# Of all cases, SCHEMADRIFT_EVERY says every how many are run, beginning with
# that of number SCHEMADRIFT_FIRST.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use MatrixCases;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my ($node, $major) = MatrixCases::new_node();

my $difference = q{
	SELECT coalesce(b.kind, l.kind), coalesce(b.schema_name, l.schema_name), coalesce(b.object_name, l.object_name),
		b.definition AS expected, l.definition AS actual
	FROM (SELECT * FROM schemadrift.baseline WHERE kind <> 'document') b
	FULL JOIN (SELECT * FROM schemadrift_document_objects(schemadrift_snapshot()) WHERE kind <> 'document') l
		ON l.kind = b.kind AND l.object_name = b.object_name
		AND coalesce(l.schema_name, '') = coalesce(b.schema_name, '')
	WHERE l.definition IS DISTINCT FROM b.definition;};

# 1. Names

$node->safe_psql('postgres', 'CREATE DATABASE names');
$node->safe_psql('names', 'CREATE EXTENSION schemadrift; '
	  . slurp_file('test/t/064_baseline_names.sql') . 'SELECT schemadrift_accept()');

foreach my $change (grep { !/^(?:#|$)/ } split(/\n/, slurp_file('test/t/064_baseline_names.changes')))
{
	my ($out, $err) = ('', '');
	my $rc = $node->psql('names', join("\n",
			'SET client_min_messages = error;',
			'BEGIN;',
			'SET search_path = m, public;',
			"SELECT schemadrift_apply('x', \$change\$$change\$change\$, true) \\g /dev/null",
			$difference,
			'ROLLBACK;'),
		stdout => \$out, stderr => \$err);

	is("$out$err", '', $change);
}

# 2. The matrix

# A migration between schemadrift_begin() and schemadrift_end(), every other one
# in a transaction.
my $n = 0;

sub migration
{
	my ($script) = @_;
	my $is_one = $n % 2 && $script !~ /CONCURRENTLY|TABLESPACE|SUBSCRIPTION|PREPARE|ALTER SYSTEM|DATABASE|VACUUM|\\g/i;

	$n++;
	return join("\n",
		"SELECT schemadrift_begin('m$n') \\g /dev/null",
		($is_one ? 'BEGIN;' : ()), $script, ($is_one ? 'COMMIT;' : ()),
		'RESET ROLE; RESET SESSION AUTHORIZATION;',
		'SELECT schemadrift_end() AS state \gset',
		# one that has failed moves nothing
		q{SELECT :'state' = 'applied' AS applied \gset},
		'\if :applied', $difference, '\else', 'SELECT schemadrift_accept() \g /dev/null', '\endif');
}

my $every = $ENV{SCHEMADRIFT_EVERY} // 10;
my $number = -($ENV{SCHEMADRIFT_FIRST} // 0);

foreach my $case (MatrixCases::all($major))
{
	# the baseline has nothing that is of the whole cluster
	next if defined $case->{global};
	next if $case->{change} =~ /^\s*BEGIN;(?!.*(?:COMMIT|END|ROLLBACK))/s;
	next if $number++ % $every;
	my ($out, $err) = ('', '');
	my $rc = $node->psql('postgres', join("\n",
			'\set ON_ERROR_STOP 1',
			'SET client_min_messages = error;',
			'CREATE SCHEMA m;',
			'SET search_path = m;',
			$case->{setup} // '',
			'RESET ROLE;',
			'SELECT schemadrift_accept() \g /dev/null',
			migration($case->{change}),
			defined $case->{undo} ? migration($case->{undo}) : ''),
		stdout => \$out, stderr => \$err);

	is($rc . $out, '0', $case->{name}) or diag($err);
	$node->psql('postgres',
		"SET client_min_messages = warning;\nSET search_path = m;\n"
		  . ($case->{cleanup} // '') . "\nDROP SCHEMA IF EXISTS m CASCADE;",
		stderr => \$err);
}

$node->stop;
done_testing();

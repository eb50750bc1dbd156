# The booking fixture: what the check says of a database that stopped at its
# last hand-made migration but one, and of one that has them all.
#
# Should the comparison with expected.json fail after a change to the fixture,
# or to what a snapshot says, look at the difference and make the file again:
#
#     createdb booking_expected
#     cd test/fixtures/booking
#     PGDATABASE=booking_expected ./make-expected.sh > expected.json

use strict;
use warnings;

use File::Basename qw(basename);
use FindBin;
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $fixture = "$FindBin::RealBin/../fixtures/booking";

my $node = PostgreSQL::Test::Cluster->new('booking');
$node->init(extra => [ '--locale=C', '--encoding=UTF8' ]);
$node->start;

# Run one of the fixture's scripts on a database; what it prints.
sub run_script
{
	my ($database, @command) = @_;
	my ($stdout, $stderr) = ('', '');

	local %ENV = %ENV;
	$ENV{PGHOST} = $node->host;
	$ENV{PGPORT} = $node->port;
	$ENV{PGDATABASE} = $database;
	my $ok = IPC::Run::run([@command], '>', \$stdout, '2>', \$stderr);
	ok($ok, "$database: " . join(' ', map { basename($_) } @command))
	  or diag($stderr);
	is($stderr, '', "$database: no complaints");
	return $stdout;
}

# The rows of the check against expected.json, all or those of some kinds.
sub check
{
	my ($database, @kinds) = @_;
	my $condition =
	  @kinds ? 'kind IN (' . join(', ', map { "'$_'" } @kinds) . ')' : 'true';

	return $node->safe_psql(
		$database, qq{
		SELECT concat_ws(' ', drift, kind, part_name, attribute, expected, '/', actual)
		FROM schemadrift_check((SELECT document FROM expected)) WITH ORDINALITY
		WHERE $condition
		ORDER BY ordinality});
}

# A database with the extension, and expected.json in a table of a schema that
# the document does not speak of.
sub prepare
{
	my ($database) = @_;
	my $document = slurp_file("$fixture/expected.json");

	$node->safe_psql('postgres', "CREATE DATABASE $database");
	$node->safe_psql($database, 'CREATE EXTENSION schemadrift');
	$node->safe_psql(
		$database, qq{
		CREATE SCHEMA agreed;
		CREATE TABLE agreed.expected AS SELECT \$json\$$document\$json\$::jsonb AS document;
		ALTER DATABASE $database SET search_path = public, agreed;});
	return;
}

# 1. everything but the last migration

prepare('behind');
is(run_script('behind', "$fixture/load.sh", '6'), '', 'load.sh is silent');
my $missing = q{
changed enum labels ["PENDING", "CONFIRMED", "COMPLETED", "NO_SHOW", "CANCELLED"] / ["PENDING", "CONFIRMED", "COMPLETED", "CANCELLED"]
missing enum ["DATE", "TIMESLOT"] /
missing table /
missing column bookingType public."BookingType" /
missing column cancelledAt timestamp(3) without time zone /
missing column clientTimezone text /
missing column googleEventId text /
changed column packageId not_null false / true
missing column serviceId text /
missing constraint Booking_bookingType_check check /
missing constraint Booking_serviceId_fkey foreign key /
changed constraint Booking_slot_key columns ["tenantId", "eventDate", "startTime"] / ["tenantId", "eventDate"]
missing index Booking_date_unique "tenantId", "eventDate" /
missing index Booking_serviceId_startTime_idx "serviceId", "startTime" /
missing index Booking_tenantId_googleEventId_key "tenantId", "googleEventId" /
missing index Booking_timeslot_unique "tenantId", "startTime" /
missing table /};
is("\n" . check('behind', qw(enum table column constraint index)),
	$missing, 'what the last migration brings is missing');

is( $node->safe_psql(
		'behind', q{
		SELECT drift, identity, severity
		FROM schemadrift_check((SELECT document FROM expected)) WITH ORDINALITY
		WHERE kind IN ('enum', 'table') AND drift = 'missing'
			OR part_name IN ('bookingType', 'Booking_slot_key', 'Booking_timeslot_unique')
		ORDER BY ordinality}),
	q{missing|public."BookingType"|breaking
missing|public."AvailabilityRule"|breaking
missing|public."Booking"."bookingType"|breaking
changed|"Booking_slot_key" on public."Booking"|integrity
missing|public."Booking_timeslot_unique"|integrity
missing|public."Service"|breaking},
	'names and severities of some of them');

# The last migration brings the database to where it should be, and each
# hand-made file can be run again, also out of order and in a transaction.
my @files = sort glob("$fixture/migrations/[0-9][0-9]_*.sql");
is(scalar(@files), 7, 'number of hand-made files');
my @psql = (
	'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-c',
	'SET client_min_messages = warning', '-c', 'SET search_path = public');
run_script('behind', @psql, '-f', $files[6]);
is(check('behind'), '', 'no drift after the last migration');

for my $file (@files, reverse @files)
{
	run_script('behind', @psql, '-f', $file);
	is(check('behind'), '', 'no drift after ' . basename($file) . ' again');
}
for my $file (@files)
{
	run_script('behind', @psql, '--single-transaction', '-f', $file);
}
is(check('behind'), '', 'no drift after all again, a transaction each');

# 2. everything at once

prepare('all_at_once');
run_script('all_at_once', "$fixture/load.sh");
is(check('all_at_once'), '', 'no drift when all is loaded at once');
is( $node->safe_psql(
		'all_at_once', 'SELECT schemadrift_fingerprint(\'{public}\')'),
	$node->safe_psql('behind', 'SELECT schemadrift_fingerprint(\'{public}\')'),
	'the fingerprint knows nothing of the way there');

# One statement is enough to be seen, and its undoing too.
$node->safe_psql('all_at_once',
	'ALTER TABLE "Booking" ALTER "clientTimezone" SET NOT NULL');
is( check('all_at_once'),
	'changed column clientTimezone not_null false / true',
	'drift by hand');
$node->safe_psql('all_at_once',
	'ALTER TABLE "Booking" ALTER "clientTimezone" DROP NOT NULL');
is(check('all_at_once'), '', 'undone');

# 3. expected.json is what make-expected.sh writes

$node->safe_psql('postgres', 'CREATE DATABASE booking_expected');
my $made = run_script('booking_expected', "$fixture/make-expected.sh");
my $kept = slurp_file("$fixture/expected.json");
my $major = $node->safe_psql('postgres',
	q{SELECT current_setting('server_version_num')::int / 10000});
my ($kept_server) = $kept =~ /^    "server": (\d+),$/m;

SKIP:
{
	# The deparser of another major may write expressions in another way.
	skip 'expected.json is from another major', 1
	  if $major != int($kept_server / 10000);

	# Minors differ in this one line.
	s/^    "server": \K\d+/.../m for $made, $kept;
	ok($made eq $kept, 'expected.json is up to date, see the head of this test')
	  or diag(difference($kept, $made));
}

# The first lines that differ.
sub difference
{
	my @old = split /\n/, shift;
	my @new = split /\n/, shift;
	my $n = 0;

	$n++ while $n < @old && $n < @new && $old[$n] eq $new[$n];
	return sprintf("line %d\nkept: %s\nmade: %s",
		$n + 1, $old[$n] // 'end', $new[$n] // 'end');
}

$node->stop;
done_testing();

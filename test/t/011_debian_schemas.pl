# Schemas that people run: the SQL of Debian packages, as they ship it.  Each is
# loaded, copied by pg_dump, and held against its own snapshot.  Where two
# versions of a schema and the scripts from one to the other can be had, the
# upgraded database is checked against the fresh one: what their authors forgot
# is the drift.  At last each is repaired to others: to one that was altered in
# many places, to its other version, to the schema of the next package.
#
# The packages are downloaded and unpacked, not installed.  Each entry names the
# version that it was written for; another one is skipped.

use strict;
use warnings;

use Cwd qw(abs_path);
use FindBin;
use lib $FindBin::RealBin;

use File::Glob qw(:bsd_glob);
use IO::Uncompress::Gunzip qw(gunzip $GunzipError);
use IPC::Run;
use NormalDump qw(normal_dump difference);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $tempdir = abs_path(PostgreSQL::Test::Utils::tempdir);
my $root = "$tempdir/root";

# versions: of the packages; sql: files below /usr in the order in which they are
# loaded, or a function that returns the script; tables: how many there are then.
my @schemas = (
	{
		name => 'bacula',
		versions => { 'bacula-director-pgsql' => '9.6.7-7' },
		sql => ['share/dbconfig-common/data/bacula-director-pgsql/install/pgsql'],
		tables => 26,
	},

	# views, rules, functions that return rows of a type, composite types
	{
		name => 'davical',
		versions => { 'davical' => '1.1.12-2', 'libawl-php' => '0.64-1' },
		sql => [
			(
				map { "share/awl/dba/$_.sql" }
				  qw(awl-tables schema-management)
			),
			(
				map { "share/davical/dba/$_.sql" }
				  qw(davical views/dav_principal caldav_functions rrule_functions)
			)
		],
		tables => 34,
	},
	{
		name => 'ejabberd',
		versions => { 'ejabberd' => '23.01-1' },
		sql => ['share/ejabberd/sql/pg.new.sql'],
		tables => 41,
	},

	# an enum, a rule, expression indexes, privileges
	{
		name => 'freeradius',
		versions => { 'freeradius-config' => '3.2.1+dfsg-4' },
		sql => [
			map { "../etc/freeradius/3.0/mods-config/sql/$_.sql" }
			  qw(main/postgresql/schema main/postgresql/setup
			  cui/postgresql/schema ippool/postgresql/schema
			  ippool/postgresql/procedure dhcp/postgresql/schema
			  ippool-dhcp/postgresql/schema
			  ippool-dhcp/postgresql/procedure)
		],
		tables => 15,
	},

	# 61 tables, four indexes each
	{
		name => 'icinga2',
		versions => { 'icinga2-ido-pgsql' => '2.13.6-2' },
		sql => ['share/icinga2-ido-pgsql/schema/pgsql.sql'],
		tables => 61,
	},

	# domains, enums, casts, storage of columns
	{
		name => 'icingadb',
		versions => { 'icingadb' => '1.1.0-1' },
		sql => ['share/icingadb/schema/pgsql/schema.sql'],
		tables => 61,
	},

	# enums in most tables
	{
		name => 'icinga_director',
		versions => { 'icingaweb2-module-director' => '1.10.2-1' },
		sql => ['share/icingaweb2/modules/director/schema/pgsql.sql'],
		tables => 120,
	},

	# hyphens in names
	{
		name => 'jabberd2',
		versions => { 'jabberd2' => '2.7.0-4' },
		sql => ['share/doc/jabberd2/db-setup.pgsql.gz'],
		tables => 14,
	},
	{
		name => 'kamailio',
		versions => { 'kamailio-postgres-modules' => '5.6.3-2' },
		sql => [
			map { "share/kamailio/postgres/$_-create.sql" }
			  qw(standard acc alias_db auth_db avpops carrierroute cpl dialog
			  dialplan dispatcher domain domainpolicy drouting group htable
			  imc lcr matrix mohqueue msilo mtree pdt permissions pipelimit
			  presence purple registrar rls rtpengine rtpproxy sca secfilter
			  siptrace speeddial topos uac uid_auth_db uid_avp_db uid_domain
			  uid_gflags uid_uri_db uri_db userblocklist usrloc)
		],
		tables => 71,
	},

	# a hundred functions and nearly as many triggers
	{
		name => 'kea',
		versions => { 'kea-admin' => '2.2.0-6' },
		sql => ['share/kea/scripts/pgsql/dhcpdb_create.pgsql'],
		tables => 55,
	},

	# inheritance, aggregates, composite types, views, rules, over four hundred
	# functions and two hundred comments
	{
		name => 'ledgersmb',
		versions => { 'ledgersmb' => '1.6.33+ds-2.1' },
		sql => \&ledgersmb,
		tables => 166,
	},
	{
		name => 'pdns',
		versions => { 'pdns-backend-pgsql' => '4.7.3-2' },
		sql => ['share/pdns-backend-pgsql/schema/schema.pgsql.sql'],
		tables => 7,
	},

	# check constraints with IN over varchar in nearly every table
	{
		name => 'prelude',
		versions => { 'libpreludedb7-pgsql' => '5.2.0-2' },
		sql => ['share/libpreludedb/classic/pgsql.sql'],
		tables => 37,
	},
	{
		name => 'rt5',
		versions => { 'request-tracker5' => '5.0.3+dfsg-3' },
		sql => ['share/request-tracker5/etc/schema.Pg'],
		tables => 33,
	},
	{
		name => 'roundcube',
		versions => { 'roundcube-core' => '1.6.5+dfsg-1' },
		sql => ['share/dbconfig-common/data/roundcube/install/pgsql'],
		tables => 17,
	},

	# functions of three schemas, triggers
	{
		name => 'spamassassin',
		versions => { 'spamassassin' => '4.0.1-1' },
		sql => [
			map { "share/doc/spamassassin/sql/${_}_pg.sql" }
			  qw(awl bayes decodeshorturl txrep userpref)
		],
		tables => 9,
	},
	{
		name => 'tt_rss',
		versions => { 'tt-rss' => '21~git20210204.b4cbc79+dfsg-1.2' },
		sql => ['share/tt-rss/schema/ttrss_schema_pgsql.sql'],
		tables => 32,
	},
);

# Only schemas that match are looked at, if it is set.
my $only = $ENV{DEBIAN_SCHEMAS} // '';
@schemas = grep { $_->{name} =~ /(?:$only)/ } @schemas;

# sql: a function that returns the script for the old schema and its upgrade;
# drift: from the fresh schema.
my @upgrades = (

	# The script from 6.2 to 7.0 forgets a column of dhcp6_options.  The one from
	# 3.1 to 3.2 makes two unique indexes under other names than the fresh schema
	# does; the one from 12 to 13 replaces those of the fresh schema, if they
	# exist, so that the old ones stay beside the new, and forbid more.
	{
		name => 'kea_upgraded',
		fresh => 'kea',
		sql => \&kea_upgraded,
		drift => q{
missing|column|public.dhcp6_options.modification_ts||timestamp with time zone|
unexpected|index|public.hosts_dhcp4_identifier_subnet_id|||dhcp_identifier, dhcp_identifier_type, dhcp4_subnet_id
unexpected|index|public.hosts_dhcp6_identifier_subnet_id|||dhcp_identifier, dhcp_identifier_type, dhcp6_subnet_id},
	},

	# Debian 12 has two versions of this one, and nothing was forgotten.
	{
		name => 'rt_upgraded',
		fresh => 'rt5',
		versions => { 'request-tracker4' => '4.4.6+dfsg-1.1' },
		sql => \&rt_upgraded,
		drift => '',
	},

	# What is added comes last, which is not where the fresh schema has it (of two
	# neighbours that changed places one is named).  The script leaves sr_group
	# the unique index without the new column, does not make one of sr_user, and
	# makes the primary key of vcard_search over another column.
	{
		name => 'ejabberd_upgraded',
		fresh => 'ejabberd',
		sql => \&ejabberd_upgraded,
		drift => q{
changed|column|public.archive.server_host|position|2|11
changed|column|public.archive_prefs.server_host|position|2|6
changed|column|public.last.server_host|position|2|4
changed|column|public.mix_pam.server_host|position|2|6
changed|column|public.motd.server_host|position|2|4
changed|column|public.mqtt_pub.server_host|position|2|12
changed|column|public.muc_online_room.server_host|position|3|5
changed|column|public.muc_online_users.node|position|7|6
changed|column|public.muc_registered.server_host|position|3|5
changed|column|public.muc_room.server_host|position|3|5
changed|column|public.privacy_default_list.name|position|3|2
changed|column|public.privacy_list.server_host|position|2|5
changed|column|public.private_storage.server_host|position|2|5
changed|column|public.push_session.server_host|position|2|6
changed|column|public.roster_version.version|position|3|2
changed|column|public.rostergroups.server_host|position|2|4
changed|column|public.rosterusers.server_host|position|2|11
changed|column|public.sm.server_host|position|5|8
changed|column|public.spool.server_host|position|2|5
changed|column|public.sr_group.server_host|position|2|4
unexpected|index|public.i_sr_group_name|||name
missing|index|public.i_sr_group_sh_name||server_host, name|
changed|column|public.sr_user.server_host|position|2|4
missing|index|public.i_sr_user_sh_jid_grp||server_host, jid, grp|
changed|column|public.users.server_host|position|2|7
changed|column|public.vcard.server_host|position|2|4
changed|column|public.vcard_search.server_host|position|3|25
changed|constraint|vcard_search_pkey on public.vcard_search|columns|["server_host", "lusername"]|["server_host", "username"]},
	},
);

#
# The packages
#

my %packages =
  map { %{ $_->{versions} // {} } } @schemas, @upgrades;

# Run a command in a directory: does it succeed, what does it print?
sub run_in
{
	my ($directory, @command) = @_;
	my ($stdout, $stderr) = ('', '');

	# It dies when there is no such command.
	my $ok = eval {
		IPC::Run::run(
			[@command],
			init => sub { chdir $directory or die "$directory: $!" },
			'<', \undef, '>', \$stdout, '2>', \$stderr);
	};
	return ($ok, $stdout, $@ || $stderr);
}

# Download the packages; undef, or why that is not possible.
sub download
{
	my ($directory, @options) = @_;
	my @apt = (
		'timeout', '100', 'apt-get', '-q',
		(map { ('-o', "Acquire::$_") } qw(Retries=0 http::Timeout=15 https::Timeout=15)),
		@options);

	# Lists of our own; they need not be those of every archive.
	run_in($directory, @apt, 'update') if @options;

	my ($ok, undef, $stderr) =
	  run_in($directory, @apt, 'download', sort keys %packages);
	return if $ok;
	my ($reason) = $stderr =~ /^E: (.*)/m;
	return $reason // 'it takes too long';
}

# The text of a file in a package.
sub content
{
	my ($file) = @_;
	my $path = "$root/usr/$file";
	my $text;

	return slurp_file($path) if $path !~ /\.gz$/;
	gunzip($path => \$text) or die "$path: $GunzipError";
	return $text;
}

foreach my $command ('apt-get', 'dpkg-deb', 'timeout')
{
	my ($ok) = run_in($tempdir, $command, '--version');
	plan skip_all => "$command is needed to get packages" if !$ok;
}

mkdir $_ foreach ("$tempdir/debs", $root);
my $failure = download("$tempdir/debs");
if ($failure)
{
	# The machine's lists of packages may be missing or too old, and only root
	# may renew them.
	mkdir "$tempdir/$_"
	  foreach qw(lists lists/partial cache cache/archives cache/archives/partial);
	plan skip_all => "packages cannot be downloaded: $failure"
	  if download(
		"$tempdir/debs",
		'-o', "Dir::State::lists=$tempdir/lists",
		'-o', "Dir::Cache=$tempdir/cache");
}

my %version;
foreach my $file (glob "$tempdir/debs/*.deb")
{
	my ($ok, $fields, $stderr) =
	  run_in($tempdir, 'dpkg-deb', '-f', $file, 'Package', 'Version');
	my ($package, $version) =
	  $fields =~ /^Package: (\S+)\nVersion: (?:\d+:)?(\S+)$/m;

	$version{$package} = $version;
	($ok, undef, $stderr) = run_in($tempdir, 'dpkg-deb', '-x', $file, $root);
	die $stderr if !$ok;
}

# The first package that is not in the version given; updates of a stable
# release and rebuilds do not count.
sub other_version
{
	my ($versions) = @_;

	foreach my $package (sort keys %$versions)
	{
		my $version = $version{$package} // 'none';

		return "$package is in version $version"
		  if $version !~ /^\Q$versions->{$package}\E(?:[+~]|$)/;
	}
	return;
}

my @others = grep { defined } map { other_version($_->{versions}) } @schemas;
plan skip_all => "not the packages of Debian 12: $others[0]"
  if @others > @schemas - 5 && $only eq '';

#
# The database
#

my $node = PostgreSQL::Test::Cluster->new('debian');
$node->init(extra => [ '--locale=C', '--encoding=UTF8' ]);
$node->append_conf('postgresql.conf', "fsync = off\nautovacuum = off");
$node->start;

sub create_database
{
	my ($name) = @_;

	$node->safe_psql('postgres', "CREATE DATABASE $name");
	$node->safe_psql($name, 'CREATE EXTENSION schemadrift');
	return;
}

# Load a script; the messages if there is an error.
sub load
{
	my ($database, $script) = @_;
	my $stderr;
	my $rc = $node->psql(
		$database,
		"SET client_min_messages = error;\n$script",
		stderr => \$stderr);

	return $rc == 0 ? '' : "psql: $rc\n$stderr";
}

sub snapshot
{
	my ($database) = @_;

	return $node->safe_psql($database, 'SELECT schemadrift_snapshot()');
}

sub fingerprint
{
	my ($database) = @_;

	return $node->safe_psql($database, 'SELECT schemadrift_fingerprint()');
}

# The drift of a database from a document, a line each.
sub drift
{
	my ($database, $document) = @_;

	return rows($database, "schemadrift_check(\$json\$$document\$json\$)");
}

# The rows of a function that returns drift.
sub rows
{
	my ($database, $function) = @_;
	my $columns = join ', ',
	  map { "coalesce($_, '')" } qw(drift kind identity attribute expected actual);

	return $node->safe_psql(
		$database, qq{
		SELECT concat_ws('|', $columns) FROM $function WITH ORDINALITY
		ORDER BY ordinality});
}

# What LedgerSMB itself does for a new database: the base schema, then each
# change in a transaction of its own, where those marked with ! may fail, then
# the modules.
sub ledgersmb
{
	my $directory = 'share/ledgersmb/sql';
	my $script = content("$directory/Pg-database.sql");

	foreach my $change (lines_of("$directory/changes/LOADORDER"))
	{
		my $stop = $change =~ s/^!// ? 0 : 1;

		$script .= join "\n", '',
		  "\\set ON_ERROR_STOP $stop",
		  'BEGIN;', content("$directory/changes/$change"), 'COMMIT;';
	}
	$script .= "\n\\set ON_ERROR_STOP 1\n" . join "\n",
	  map { content("$directory/modules/$_") }
	  lines_of("$directory/modules/LOADORDER");

	# From PostgreSQL 16 on, there is an oid in both.
	$script =~ s/\bselect \K\*(?= from pg_auth_members m join pg_roles a)/m.roleid, m.member, m.grantor, m.admin_option, a.*/;

	# They name other files.
	$script =~ s{^(\\(?:i|copy)\b.*?)(?=sql/modules/)}{$1$root/usr/share/ledgersmb/}gm;
	return $script;
}

# The lines of a list without comments
sub lines_of
{
	my ($file) = @_;

	return grep { $_ ne '' } map { s/\s+|#.*//gr } split /\n/, content($file);
}

# The script for the fresh schema is the history of it, with a mark where each
# version ends.  From the first of them on, there is a shell script for every
# step, with the SQL in a here-document.
sub kea_upgraded
{
	my $directory = 'share/kea/scripts/pgsql';
	my ($script) = content("$directory/dhcpdb_create.pgsql") =~
	  /\A(.*?^-- Schema 2\.0 specification ends here\.$)/ms;

	$script .= "\nCOMMIT;\n";
	foreach my $path (sort glob "$root/usr/$directory/upgrade_*.sh")
	{
		my ($document) = slurp_file($path) =~ /<<EOF\n(.*?^EOF$)/ms;
		my $sql;

		next if $path =~ m{/upgrade_001[^/]*$};
		IPC::Run::run(['sh'], '<', \"cat <<EOF\n$document\n", '>', \$sql)
		  or die "sh: $?";
		$script .= $sql;
	}
	return $script;
}

# What these versions have beside schema.Pg does not touch the schema.
sub rt_upgraded
{
	return join "\n", map { content($_) }
	  'share/request-tracker4/etc/schema.Pg',
	  map { "share/request-tracker5/etc/upgrade/$_/schema.Pg" }
	  qw(4.5.0 4.5.1 4.5.3 4.5.4 4.5.7 5.0.3);
}

# The new schema has the statements that lead to it from the old one, as
# comments at its beginning.
sub ejabberd_upgraded
{
	my ($comments) = content('share/ejabberd/sql/pg.new.sql') =~
	  /^-- To update from the old schema, .*?\n(.*?)^CREATE/ms;
	my $script = join "\n", $comments =~ /^-- (.*;)$/gm;

	# The table "route" has had the column before.
	$script =~ s/^.*\broute ADD COLUMN server_host.*\n//m;
	$script =~ s/^.*\bi_route ALTER COLUMN server_host.*\n//m;
	return content('share/ejabberd/sql/pg.sql') . $script;
}

#
# 1. Fresh schemas and their copies
#

my %snapshot;

foreach my $schema (@schemas)
{
	my ($name, $sql) = @$schema{ 'name', 'sql' };

  SKIP:
	{
		my $other = other_version($schema->{versions});
		skip $other, 1 if $other;

		create_database($name);
		my $script =
		  ref $sql eq 'CODE' ? $sql->() : join "\n", map { content($_) } @$sql;
		is(load($name, $script), '', "$name: loaded");

		my $document = snapshot($name);
		is( $node->safe_psql(
				$name, q{
				SELECT count(*) FROM schemadrift_objects()
				WHERE kind = 'table'}),
			$schema->{tables},
			"$name: tables");
		is(drift($name, $document), '', "$name: no drift from itself");

		my $file = "$tempdir/$name.sql";
		my $copy = "${name}_copy";
		$node->command_ok([ 'pg_dump', '-f', $file, $name ],
			"$name: pg_dump");
		$node->safe_psql('postgres', "CREATE DATABASE $copy");
		$node->command_ok(
			[
				'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-o',
				'/dev/null', '-d', $copy, '-f', $file
			],
			"$name: psql reads the dump");
		is(drift($copy, $document), '', "$name: the copy has no drift");
		is(drift($name, snapshot($copy)), '', "$name: nor has the original from it");
		is(fingerprint($copy), fingerprint($name), "$name: same fingerprint");
		$snapshot{$name} = $document;
	}
}

#
# 2. Upgraded schemas
#

foreach my $upgrade (@upgrades)
{
	my ($name, $fresh, $expected) = @$upgrade{ 'name', 'fresh', 'drift' };

  SKIP:
	{
		my $other = other_version($upgrade->{versions} // {});
		skip $other, 1 if $other;
		skip "$fresh is not there", 1 if !$snapshot{$fresh};

		create_database($name);
		is(load($name, $upgrade->{sql}->()), '', "$name: loaded");

		$expected =~ s/^\n//;
		is(drift($name, $snapshot{$fresh}),
			$expected, "$name: drift from the fresh schema");

		my $documents = join ', ',
		  map { "\$json\$$_\$json\$" } $snapshot{$fresh}, snapshot($name);
		is(rows($name, "schemadrift_diff($documents)"),
			$expected, "$name: the documents differ in the same way");
		is(fingerprint($name) eq fingerprint($fresh) ? 'same' : 'other',
			$expected eq '' ? 'same' : 'other',
			"$name: fingerprint");
	}
}

#
# 3. Repairs, of the schemas without rows
#

# Columns are made where they can be, which is behind the others.
my $some = '"ignore": [{"kind": "column", "attribute": "position"}]';

sub schema_dump
{
	my ($database) = @_;

	$node->command_ok([ 'pg_dump', '-s', '-f', "$tempdir/dump.sql", $database ],
		"$database: pg_dump -s");
	return slurp_file("$tempdir/dump.sql");
}

# A database with the schema of another.
sub copy_schema
{
	my ($from, $to) = @_;
	my $dump = schema_dump($from);

	$node->safe_psql('postgres', "CREATE DATABASE $to");
	return load($to, $dump);
}

# Repair a database: what went wrong.
sub repair
{
	my ($database, $document) = @_;
	my ($stdout, $stderr) = ('', '');

	$node->psql(
		$database,
		"SET client_min_messages = error;
		CREATE TEMP TABLE plan AS SELECT * FROM schemadrift_repair(\$json\$$document\$json\$, '{\"destructive\": true, $some}');
		SELECT concat_ws(' ', 'unmended:', kind, identity, note) FROM plan
		WHERE sql IS NULL AND note !~ 'only a new table has another order';
		SET check_function_bodies = off;
		SELECT sql FROM plan WHERE sql IS NOT NULL ORDER BY step \\gexec",
		on_error_stop => 0,
		stdout => \$stdout,
		stderr => \$stderr);
	return join "\n", $stdout =~ /^(unmended: .*)$/mg, $stderr =~ /^(.*(?:ERROR|FATAL): .*)$/mg;
}

my ($repaired, $pairs) = (0, 0);
my %target;

# The snapshot and the dump of a database that others are repaired to.
sub target
{
	my ($database) = @_;

	$target{$database} //= [
		snapshot($database), normal_dump(schema_dump($database), any_columns => 1) ];
	return @{ $target{$database} };
}

# Repair a copy of one database to another.
sub repair_to
{
	my ($from, $to) = @_;
	my ($document, $is_to) = target($to);

	$node->safe_psql('postgres', "CREATE DATABASE repaired TEMPLATE $from");
	my $trouble = repair('repaired', $document);
	my $drift = rows('repaired', "schemadrift_check(\$json\$$document\$json\$, '{$some}')");
	my $is = normal_dump(schema_dump('repaired'), any_columns => 1);
	my $difference = $is eq $is_to ? '' : difference($is, $is_to) || 'in another order';
	my $all = join "\n", grep { $_ ne '' } $trouble, $drift, $difference;

	$pairs++;
	$repaired++ if $all eq '';
	is($all, '', "repair of $from to $to");
	$node->safe_psql('postgres', 'DROP DATABASE repaired');
	return;
}

my @bare;
my $alterations = slurp_file("$FindBin::RealBin/011_debian_schemas.sql");
foreach my $name (grep { $snapshot{$_} } map { $_->{name} } @schemas)
{
	is(copy_schema($name, "${name}_bare"), '', "$name: copied without rows");
	$node->safe_psql('postgres', "CREATE DATABASE ${name}_altered TEMPLATE ${name}_bare");
	is(load("${name}_altered", $alterations), '', "$name: altered");
	repair_to("${name}_altered", "${name}_bare");
	repair_to("${name}_bare", "${name}_altered");
	push @bare, "${name}_bare";
}
foreach my $upgrade (@upgrades)
{
	my ($name, $fresh) = @$upgrade{ 'name', 'fresh' };

	next if !$snapshot{$fresh} || other_version($upgrade->{versions} // {});
	is(copy_schema($name, "${name}_bare"), '', "$name: copied without rows");
	repair_to("${name}_bare", "${fresh}_bare");
	repair_to("${fresh}_bare", "${name}_bare");
}
repair_to($bare[$_], $bare[ ($_ + 1) % @bare ]) foreach 0 .. $#bare;
note("repaired: $repaired of $pairs pairs of schemas");

$node->stop;
done_testing();

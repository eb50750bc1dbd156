# What pg_dump -s writes, in a form that does not depend on the order in which
# things were made.
package NormalDump;

use strict;
use warnings;

use Exporter 'import';
our @EXPORT_OK = qw(normal_dump difference);

# The statements of a dump in one order; those on privileges are in that of the
# list in the catalog, which no statement can bring about.  Columns keep theirs,
# unless any_columns is set; then it makes no difference either whether a default
# of NULL is said.
sub normal_dump
{
	my ($text, %options) = @_;

	# named after the oid of their constraint
	$text =~ s/"RI_ConstraintTrigger_(\w)_\d+"/"$1"/g;
	$text =~ s/^(--.*|\\(un)?restrict .*|SET .*|SELECT pg_catalog.set_config.*)\n//mg;
	# options are in the order in which they were set; a boolean one of a view is
	# as it was written, and false where nothing is said
	$text =~ s{\b(security_(?:barrier|invoker))='?(\w+)'?}{"$1='" . ($2 =~ /^(on|yes|true|1)$/ ? 'true' : 'false') . "'"}ge;
	$text =~ s{( ?)WITH \(([^()]*)\)}{with_options($1, grep { !/^security_\w+='false'$/ } split(/, /, $2))}ge;
	$text =~ s/ DEFAULT NULL::[a-z ]+(\(\d+\))?(?=,$| NOT NULL|$)//mg if $options{any_columns};
	$text =~ s{^(CREATE (?:\w+ )?TABLE .*? \(\n)(.*?)(\n\))}{$1 . join(",\n", sort(split(/,\n/, $2))) . $3}msge
	  if $options{any_columns};
	$text =~ s{((?:^ALTER TABLE ONLY .* ALTER COLUMN .*\n)+)}{join('', sort(split(/^/m, $1)))}mge
	  if $options{any_columns};
	return join("\n\n", sort map { join("\n", /^(GRANT|REVOKE|SET SESSION)/m ? sort split(/\n/) : $_) }
		  grep { /\S/ } split(/\n\n+/, $text));
}

sub with_options
{
	my ($blank, @options) = @_;

	return @options ? "${blank}WITH (" . join(', ', sort @options) . ')' : '';
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

1;

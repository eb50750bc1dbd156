# Schemas made at random, from few names, so that two of them have much in
# common and much that differs.  The same seed gives the same schema.

package RandomSchema;

use strict;
use warnings;

# Tables that hold rows; what is put into them can be cast to every type that
# a column may get, and keeps all constraints that there may be.
my %has_rows = map { $_ => 1 } qw(t1 t2 t3);

sub new
{
	my ($class, $seed) = @_;

	return bless { state => ($seed * 2654435761 + 12345) % 4294967296 }, $class;
}

# A number from 0 to below the limit
sub pick
{
	my ($self, $limit) = @_;

	$self->{state} = ($self->{state} * 1664525 + 1013904223) % 4294967296;
	return int($self->{state} / 65536) % $limit;
}

sub chance
{
	my ($self, $percent) = @_;

	return $self->pick(100) < $percent;
}

sub one_of
{
	my ($self, @list) = @_;

	return $list[ $self->pick(scalar @list) ];
}

# Some of a list, in its order
sub some_of
{
	my ($self, $percent, @list) = @_;

	return grep { $self->chance($percent) } @list;
}

# The statements that make a schema called m.
sub script
{
	my ($self) = @_;

	$self->{sql} = [];
	$self->{$_} = {} foreach qw(types tables views functions sequences no_key defaults);
	$self->add('CREATE SCHEMA m');
	$self->types;
	$self->sequences;
	$self->functions;
	$self->tables;
	$self->partitions;
	$self->foreign_keys;
	$self->queries;
	$self->views;
	$self->programs;
	$self->properties;
	return join '', map { "$_;\n" } @{ $self->{sql} };
}

sub add
{
	my ($self, $sql) = @_;

	push @{ $self->{sql} }, $sql;
	return;
}

sub types
{
	my ($self) = @_;

	foreach my $name ($self->some_of(80, qw(e1 e2)))
	{
		my @labels = $self->some_of(60, 'x', 'y', 'z', 'w w');

		splice @labels, $self->pick(@labels + 1), 0, 'a';
		@labels = reverse @labels if $self->chance(20);
		$self->add("CREATE TYPE m.$name AS ENUM ("
			  . join(', ', map { "'$_'" } @labels) . ')');
		$self->{types}{$name} = \@labels;
	}
	foreach my $name ($self->some_of(70, qw(d1 d2)))
	{
		my $type = $self->one_of(qw(integer bigint));

		$self->add("CREATE DOMAIN m.$name AS $type"
			  . ($self->chance(30) ? ' DEFAULT ' . $self->pick(3) : '')
			  . ($self->chance(50) ? " CONSTRAINT ${name}_check CHECK (VALUE > -" . (1 + $self->pick(2)) . ')' : ''));
		$self->{types}{$name} = $type;
	}
	if ($self->chance(60))
	{
		$self->add('CREATE TYPE m.pair AS ('
			  . join(', ', map { "$_ " . $self->one_of(qw(integer text)) }
				  'a', $self->some_of(50, qw(b c))) . ')');
		$self->{types}{pair} = 1;
	}
	return;
}

sub sequences
{
	my ($self) = @_;

	$self->add("CREATE SEQUENCE m.$_"
		  . ($self->chance(40) ? ' AS ' . $self->one_of(qw(integer bigint smallint)) : '')
		  . ($self->chance(40) ? ' INCREMENT BY ' . $self->one_of(1, 2, 10) : '')
		  . ($self->chance(30) ? ' MAXVALUE ' . $self->one_of(1000, 20000) : '')
		  . ($self->chance(30) ? ' CYCLE' : ''))
	  foreach $self->some_of(60, qw(s1 s2));
	$self->{sequences} = { map { /SEQUENCE m\.(\w+)/ ? ($1 => 1) : () } @{ $self->{sql} } };
	return;
}

sub functions
{
	my ($self) = @_;

	foreach my $name ($self->some_of(60, qw(f1 f2)))
	{
		my $cost = $self->one_of('', '', ' COST 7');
		my $kind = $self->one_of('IMMUTABLE', 'IMMUTABLE', 'IMMUTABLE STRICT', 'IMMUTABLE PARALLEL SAFE');
		my $argument = $self->one_of('i', 'i', 'n');

		$self->add("CREATE FUNCTION m.$name($argument integer) RETURNS integer LANGUAGE sql $kind$cost "
			  . $self->one_of("AS 'SELECT \$1 + 0'", "AS 'SELECT \$1'", "RETURN $argument * 1"));
		$self->{functions}{$name} = 1;
	}
	$self->add("CREATE FUNCTION m.trig() RETURNS trigger LANGUAGE plpgsql"
		  . $self->one_of('', ' SECURITY DEFINER', ' SET search_path TO pg_catalog')
		  . ' AS $$BEGIN ' . $self->one_of('', 'PERFORM 1; ') . 'RETURN new; END$$');
	$self->add('CREATE PROCEDURE m.proc(a integer) LANGUAGE sql AS ' . $self->one_of("'SELECT 1'", "'SELECT 2'"))
	  if $self->chance(30);
	return;
}

# The type of a column: c1 to c4 hold numbers, k1 and k2 labels.
sub column_type
{
	my ($self, $name) = @_;

	return $self->one_of('text', 'text', map { "m.$_" } grep { /^e/ } sort keys %{ $self->{types} })
	  if $name =~ /^k/;
	return $self->one_of(
		qw(integer integer bigint text text smallint),
		'numeric(10,2)', 'character varying(20)', 'character varying(30)',
		map { "m.$_" } grep { /^d/ } sort keys %{ $self->{types} });
}

sub column_default
{
	my ($self, $name, $type) = @_;

	return " DEFAULT '" . $self->one_of($type =~ /^m\.(\w+)/ ? @{ $self->{types}{$1} } : 'a') . q{'}
	  if $name =~ /^k/;
	return " DEFAULT m.f1(1)" if $type eq 'integer' && $self->{functions}{f1} && $self->chance(30);
	return " DEFAULT nextval('m.s1')" if $type eq 'bigint' && $self->{sequences}{s1} && $self->chance(40);
	return $type =~ /^(?:text|char)/ ? " DEFAULT '" . $self->one_of(1, 2) . q{'} : ' DEFAULT ' . $self->one_of(1, 2);
}

sub tables
{
	my ($self) = @_;

	$self->table($_) foreach qw(t1 t2), $self->some_of(70, qw(t3 t4 t5));
	return;
}

sub table
{
	my ($self, $table) = @_;
	my %columns;
	my $id = $self->one_of(
		'bigint', 'integer',
		'integer GENERATED ALWAYS AS IDENTITY',
		'integer GENERATED BY DEFAULT AS IDENTITY (INCREMENT BY 5)',
		'serial');
	my @texts = ("id $id NOT NULL");

	foreach my $name ($self->some_of(60, qw(c1 c2 c3 c4 k1 k2)))
	{
		my $type = $self->column_type($name);
		my $default = $self->chance(50) ? $self->column_default($name, $type) : '';

		$columns{$name} = $type;
		$self->{no_key}{"$table.$name"} = $default =~ /nextval/;
		$self->{defaults}{"$table.$name"} = $default =~ /^ DEFAULT ('.*')/ ? $1 : q{'a'};
		push @texts, "$name $type"
		  . ($type =~ /^(?:text|char)/ && $self->chance(20) ? ' COLLATE "C"' : '')
		  . $default
		  . ($default ne '' && $self->chance(40) ? ' NOT NULL' : '');
	}
	push @texts, $self->one_of('g integer',
		'g integer GENERATED ALWAYS AS (id::integer * ' . (1 + $self->pick(2)) . ') STORED',
		map { "g integer GENERATED ALWAYS AS ($_\::integer + 1) STORED" }
		  grep { $columns{$_} =~ /^(?:int|big|small|num|m\.d)/ } sort keys %columns)
	  if $self->chance(30);
	push @texts, 'z m.pair' if $self->{types}{pair} && !$has_rows{$table} && $self->chance(30);
	$self->{tables}{$table} = \%columns;
	$self->add('CREATE ' . ($table eq 't5' && $self->chance(40) ? 'UNLOGGED ' : '') . "TABLE m.$table (" . join(', ', @texts) . ')'
		  . ($self->chance(15) ? ' WITH (fillfactor = ' . $self->one_of(50, 70) . ')' : ''));
	$self->add("ALTER TABLE m.$table ADD CONSTRAINT "
		  . $self->one_of("${table}_pkey", "${table}_pkey", 'pk_' . $table)
		  . ' PRIMARY KEY (id)');
	$self->constraints($table);
	return;
}

sub numeric_columns
{
	my ($self, $table) = @_;
	my $columns = $self->{tables}{$table};

	return grep { $columns->{$_} =~ /^(?:int|big|small|num|m\.d)/ } sort keys %$columns;
}

sub constraints
{
	my ($self, $table) = @_;
	my $columns = $self->{tables}{$table};
	my @all = sort keys %$columns;

	foreach my $column ($self->some_of(30, $self->numeric_columns($table)))
	{
		$self->add("ALTER TABLE m.$table ADD CONSTRAINT ${table}_${column}_check CHECK ("
			  . $self->one_of("$column > -5", "$column < 1000", ($self->{functions}{f2} ? "m.f2($column\::integer) < 1000" : "$column <> 77"))
			  . ')' . $self->one_of('', '', '', ' NOT VALID'));
	}
	$self->add("ALTER TABLE m.$table ADD CONSTRAINT ${table}_${_}_check CHECK ($_ IN ('a', "
		  . $self->{defaults}{"$table.$_"} . '))')
	  foreach $self->some_of(15, grep { /^k/ } @all);
	$self->add("ALTER TABLE m.$table ADD CONSTRAINT ${table}_key UNIQUE (id, $_)"
		  . $self->one_of('', '', ' DEFERRABLE', ' INITIALLY DEFERRED'))
	  foreach grep { $self->chance(25) } @all[ 0 .. ($#all < 0 ? -1 : 0) ];
	foreach my $column ($self->some_of(35, @all))
	{
		my $unique = $self->chance(20);

		$self->add('CREATE ' . ($unique ? 'UNIQUE ' : '') . "INDEX ${table}_${column}_idx ON m.$table ("
			  . ($unique ? 'id, ' : '')
			  . $self->one_of($column, $column, "$column DESC", "($column IS NULL)")
			  . ')' . $self->one_of('', '', ' INCLUDE (id)', " WHERE $column IS NOT NULL",
				$column =~ /^k/ ? " WHERE $column = " . $self->{defaults}{"$table.$column"} : ''));
	}
	$self->add("CREATE STATISTICS m.${table}_stat ON id, $all[0] FROM m.$table")
	  if @all && $self->chance(15);
	return;
}

sub partitions
{
	my ($self) = @_;
	my $key = $self->chance(85) ? 'RANGE (id)' : 'RANGE (c)';

	return if !$self->chance(50);
	$self->add("CREATE TABLE m.p (id integer NOT NULL, c integer NOT NULL"
		  . ($self->chance(50) ? ', x text' : '') . ") PARTITION BY $key");
	$self->add('ALTER TABLE m.p ADD CONSTRAINT p_pkey PRIMARY KEY (id, c)') if $self->chance(60);
	$self->add('CREATE INDEX p_c_idx ON m.p (c)') if $self->chance(40);
	foreach my $i ($self->some_of(70, 1 .. 3))
	{
		my $from = $i * 100 + ($self->chance(20) ? 1 : 0);

		$self->add("CREATE TABLE m.p$i PARTITION OF m.p FOR VALUES FROM ($from) TO (" . ($i * 100 + 100) . ')');
	}
	$self->add('CREATE TABLE m.pd PARTITION OF m.p DEFAULT') if $self->chance(30);
	$self->{tables}{p} = {};
	return;
}

# From tables with rows only to such as always have the same.
sub foreign_keys
{
	my ($self) = @_;
	my @tables = grep { /^t/ } sort keys %{ $self->{tables} };

	foreach my $table (@tables)
	{
		foreach my $column (grep { $self->{tables}{$table}{$_} =~ /^(?:int|big)/ } sort keys %{ $self->{tables}{$table} })
		{
			my @others = $has_rows{$table} ? qw(t1 t2) : grep { $_ ne 't5' } @tables;

			next if $self->{no_key}{"$table.$column"} || !$self->chance(35);
			$self->add("ALTER TABLE m.$table ADD CONSTRAINT ${table}_${column}_fkey FOREIGN KEY ($column) REFERENCES m."
				  . $self->one_of(@others) . ' (id)'
				  . $self->one_of('', '', ' ON DELETE CASCADE', ' ON UPDATE SET NULL', ' DEFERRABLE', ' NOT VALID'));
		}
	}
	return;
}

# Functions whose bodies the server knows
sub queries
{
	my ($self) = @_;

	foreach my $name ($self->some_of(25, qw(q1 q2)))
	{
		my $table = $self->one_of(grep { /^t/ } sort keys %{ $self->{tables} });
		my @columns = sort keys %{ $self->{tables}{$table} };

		$self->add("CREATE FUNCTION m.$name() RETURNS bigint LANGUAGE sql "
			  . 'BEGIN ATOMIC SELECT count(*) FROM m.' . $table
			  . (@columns ? ' WHERE ' . $self->one_of(@columns) . ' IS NOT NULL' : '') . '; END');
		$self->{functions}{$name} = 1;
	}
	return;
}

# A query of a view, and the columns that it has beside id.
sub query
{
	my ($self, $source, @columns) = @_;
	my @chosen = $self->some_of(60, grep { $_ ne 'id' } @columns);
	my $more = join '', map { ", m.$_() AS $_" } $self->some_of(20, grep { /^q/ } sort keys %{ $self->{functions} });
	my $where = $self->chance(30) ? ' WHERE id > ' . $self->pick(2) : '';

	if ($self->chance(15))
	{
		my $i = 0;

		return ('SELECT ' . join(', ', 'x0 AS id', map { $i++; "x$i AS $_" } @chosen)
			  . " FROM (SELECT " . join(', ', 'id', @chosen) . " FROM m.$source) AS s("
			  . join(', ', map { "x$_" } 0 .. @chosen) . ')', @chosen);
	}
	return ('SELECT ' . join(', ', 'id', @chosen) . ", count(*) AS n FROM m.$source$where GROUP BY id", @chosen)
	  if $source =~ /^t/ && $self->chance(15);
	return ('SELECT ' . join(', ', 'id', map { "l.$_" } @chosen) . ", r.id AS rid$more FROM m.$source l JOIN m."
		  . $self->one_of(grep { /^t/ } sort keys %{ $self->{tables} }) . ' r USING (id)', @chosen)
	  if $self->chance(15);
	return ('SELECT ' . join(', ', 'id', @chosen)
		  . ($self->{functions}{f1} && $self->chance(20) ? ', m.f1(1) AS f' : '')
		  . "$more FROM m.$source$where", @chosen);
}

sub views
{
	my ($self) = @_;
	my @sources;

	foreach my $table (sort keys %{ $self->{tables} })
	{
		push @sources, [ $table, sort keys %{ $self->{tables}{$table} } ];
	}
	foreach my $name ($self->some_of(65, qw(v1 v2 v3 v4)), $self->some_of(30, qw(mv)))
	{
		next if !@sources;
		my ($source, @columns) = @{ $self->one_of(@sources) };
		my ($query, @chosen) = $self->query($source, @columns);
		my $is_plain = $name ne 'mv';

		$self->add(($is_plain ? 'CREATE VIEW' : 'CREATE MATERIALIZED VIEW') . " m.$name"
			  . ($is_plain ? $self->one_of('', '', ' WITH (security_barrier = true)', ' WITH (security_invoker = true)') : '')
			  . " AS $query"
			  . ($is_plain ? '' : $self->one_of('', ' WITH NO DATA')));
		$self->add('CREATE UNIQUE INDEX mv_idx ON m.mv (id)') if !$is_plain && $self->chance(50);
		push @sources, [ $name, 'id', @chosen ] if $is_plain;
		$self->{views}{$name} = 1;
	}
	return;
}

# Triggers, rules, policies
sub programs
{
	my ($self) = @_;

	foreach my $table (grep { /^t/ } sort keys %{ $self->{tables} })
	{
		my @columns = sort keys %{ $self->{tables}{$table} };

		if ($self->chance(30))
		{
			$self->add("CREATE TRIGGER ${table}_trg " . $self->one_of('BEFORE', 'AFTER') . ' '
				  . $self->one_of('INSERT', 'UPDATE', 'INSERT OR UPDATE', @columns ? "UPDATE OF $columns[0]" : 'UPDATE')
				  . " ON m.$table FOR EACH ROW "
				  . $self->one_of('', '', 'WHEN (pg_trigger_depth() = 0) ', @columns ? "WHEN (new.$columns[0] IS NOT NULL) " : '')
				  . 'EXECUTE FUNCTION m.trig()');
			$self->add("ALTER TABLE m.$table " . $self->one_of('DISABLE', 'ENABLE ALWAYS') . " TRIGGER ${table}_trg")
			  if $self->chance(20);
		}
		$self->add("CREATE CONSTRAINT TRIGGER ${table}_ctrg AFTER INSERT ON m.$table "
			  . $self->one_of('', 'DEFERRABLE INITIALLY DEFERRED ')
			  . 'FOR EACH ROW EXECUTE FUNCTION m.trig()')
		  if $self->chance(10);
		if ($self->chance(30))
		{
			my $other = $self->one_of(grep { /^t/ } sort keys %{ $self->{tables} });
			my @others = sort keys %{ $self->{tables}{$other} };
			my $condition = $self->one_of(
				'id > 0',
				(map { "$_ IS NOT NULL" } @columns[ 0 .. (@columns ? 0 : -1) ]),
				(map { "$_ = " . $self->{defaults}{"$table.$_"} } grep { /^k/ } @columns),
				(map { "id IN (SELECT o.id FROM m.$other o WHERE o.$_ IS NOT NULL)" } @others[ 0 .. (@others ? 0 : -1) ]));

			$self->add("ALTER TABLE m.$table ENABLE ROW LEVEL SECURITY") if $self->chance(70);
			$self->add("CREATE POLICY pol ON m.$table " . $self->one_of('', 'AS RESTRICTIVE ')
				  . 'FOR ' . $self->one_of('ALL', 'SELECT', 'UPDATE')
				  . ' TO ' . $self->one_of('PUBLIC', 'regress_r1', 'regress_r1, regress_r2')
				  . " USING ($condition)");
		}
		$self->add("CREATE RULE rul AS "
			  . $self->one_of("ON DELETE TO m.$table DO",
				map { "ON UPDATE TO m.$table WHERE old.$_ IS DISTINCT FROM new.$_ DO" } @columns)
			  . $self->one_of(' ALSO', ' INSTEAD') . ' NOTHING')
		  if $self->chance(10);
	}
	return;
}

# Comments, privileges, owners, what columns have
sub properties
{
	my ($self) = @_;

	foreach my $relation (sort(keys %{ $self->{tables} }, keys %{ $self->{views} }))
	{
		my @columns = sort keys %{ $self->{tables}{$relation} // {} };

		$self->add("GRANT " . $self->one_of('SELECT', 'INSERT, SELECT', 'ALL') . " ON m.$relation TO "
			  . $self->one_of('regress_r1', 'regress_r2', 'PUBLIC', 'regress_r1 WITH GRANT OPTION'))
		  if $self->chance(30);
		$self->add("GRANT SELECT ($columns[0]), UPDATE ($columns[0]) ON m.$relation TO regress_r2")
		  if @columns && $self->chance(20);
		$self->add(($relation eq 'mv' ? 'COMMENT ON MATERIALIZED VIEW' : $self->{views}{$relation} ? 'COMMENT ON VIEW' : 'COMMENT ON TABLE')
			  . " m.$relation IS '" . $self->one_of('one', "it''s two") . q{'})
		  if $self->chance(20);
		$self->add("ALTER TABLE m.$relation OWNER TO regress_r1") if $relation =~ /^[tv]/ && $self->chance(10);
		foreach my $column ($self->some_of(15, @columns))
		{
			$self->add("COMMENT ON COLUMN m.$relation.$column IS '" . $self->one_of(1, 2) . q{'});
			$self->add("ALTER TABLE m.$relation ALTER COLUMN $column SET STATISTICS " . $self->one_of(10, 20))
			  if $self->chance(30);
		}
	}
	$self->add("COMMENT ON TYPE m.$_ IS 'type'") foreach $self->some_of(20, grep { /^e/ } sort keys %{ $self->{types} });
	$self->add('GRANT EXECUTE ON FUNCTION m.trig() TO regress_r1') if $self->chance(20);
	$self->add('REVOKE ALL ON FUNCTION m.trig() FROM PUBLIC') if $self->chance(20);
	$self->add('GRANT USAGE ON SCHEMA m TO regress_r2') if $self->chance(30);
	return;
}

# Rows for the tables of the schema that script() has made last.
sub rows
{
	my ($self) = @_;
	my $sql = "SET session_replication_role = replica;\n";

	foreach my $table (grep { $has_rows{$_} } sort keys %{ $self->{tables} })
	{
		my @columns = sort keys %{ $self->{tables}{$table} };

		$sql .= "INSERT INTO m.$table (" . join(', ', 'id', @columns)
		  . ') OVERRIDING SYSTEM VALUE SELECT '
		  . join(', ', 'i', map { /^k/ ? q{'a'} : 'i' } @columns)
		  . " FROM generate_series(1, 3) i;\n";
	}
	return $sql . "SET session_replication_role = origin;\n";
}

# The psql script that repairs schema a to schema b, and writes the migration
# from the one to the other and runs it twice.  It prints what is wrong.
sub pair_script
{
	my ($seed) = @_;
	my $a = RandomSchema->new(2 * $seed);
	my $b = RandomSchema->new(2 * $seed + 1);
	my $make_a = $a->script;
	my $make_b = $b->script;
	my $rows = $a->rows;
	my $options = q('{"destructive": true, "ignore": [{"kind": "column", "attribute": "position"}]}');
	my $snapshot = q{SELECT schemadrift_snapshot(ARRAY['m'])};
	my $load_a = "BEGIN;\n$make_a$rows" . "COMMIT;\n";
	my ($begin, $end) = $seed % 2 ? ("BEGIN;\n", "COMMIT;\n") : ('', '');

	return qq{
\\set VERBOSITY terse
SET client_min_messages = error;
BEGIN;
$make_b
$snapshot AS b \\gset
ROLLBACK;
$load_a
$snapshot AS a \\gset
CREATE TEMP TABLE before AS SELECT * FROM driver.contents();
BEGIN;
SELECT trouble, steps, lost FROM driver.repair(:'b') \\gset
\\echo :trouble
\\echo steps :steps
SELECT driver.drift(:'b');
COMMIT;
SELECT concat_ws(' ', 'data:', relation, col)
FROM before JOIN driver.contents() after USING (relation, col, type)
WHERE before.hash IS DISTINCT FROM after.hash
AND NOT ('m.' || relation = ANY (string_to_array(:'lost', ' '))
	OR concat_ws('.', 'm', relation, col) = ANY (string_to_array(:'lost', ' ')));
DROP SCHEMA IF EXISTS m CASCADE;
BEGIN;
$make_b
SELECT sql AS migration FROM schemadrift_migration('forgotten', :'a', 'manual', $options) \\gset
ROLLBACK;
SELECT 'not parsed: ' || driver.complaint(:'migration');
$load_a
\\echo migration
$begin:migration
$end
SELECT driver.drift(:'b');
\\echo again
CREATE TEMP TABLE once AS SELECT * FROM driver.contents();
$begin:migration
$end
SELECT driver.drift(:'b');
SELECT concat_ws(' ', 'data lost by the second run:', relation, col)
FROM once FULL JOIN driver.contents() after USING (relation, col, type)
WHERE once.hash IS DISTINCT FROM after.hash;
DROP SCHEMA IF EXISTS m CASCADE;
};
}

1;

# What the server's own parser says of statements that we have written.

package StatementParser;

use strict;
use warnings;

# SQL that makes a function complaint(sql text) in a schema.  It returns what is
# wrong with a text of one or more statements, NULL if nothing is.  The validator
# of functions in SQL parses the body; the names in it are looked up only after
# that, and need not be there yet.
sub function_in
{
	my ($schema) = @_;

	return qq{
CREATE FUNCTION $schema.complaint(sql text) RETURNS text LANGUAGE plpgsql
SET check_function_bodies = on AS \$\$
BEGIN
	EXECUTE format('CREATE OR REPLACE FUNCTION pg_temp.parsed() RETURNS void LANGUAGE sql AS %L', sql);
	RETURN NULL;
EXCEPTION
	WHEN undefined_table OR undefined_column OR undefined_function OR undefined_object OR invalid_schema_name THEN
		RETURN NULL;
	WHEN OTHERS THEN
		RETURN concat_ws(' ', sqlstate, sqlerrm, sql);
END
\$\$;};
}

1;

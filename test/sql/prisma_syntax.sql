--
-- Errors of syntax in a Prisma schema, as the functions report them.  What is
-- an error, and where, is tested without a server: test/fuzz/syntax.cases.
--

-- every error at once, in the order of the file
SELECT schemadrift_prisma($$
datasource db {
  provider = "postgresql"
  url =
}

model User {
  id Int! @id @default(autoincrement()
  name
  größe String @default("größe) @map("x")
  path String @default("C:\dir")
}

enum Role {
  ADMIN, USER
}
}
$$);

-- one
SELECT schemadrift_prisma(E'model A {\r\n  id: Int @id\r\n}\r\n');
SELECT schemadrift_prisma(E'model A {\n  id Int @id\n');
SELECT schemadrift_prisma(E'\uFEFFmodel A {\n  id Int @id\n}\n');

-- syntax comes first: what would be wrong besides is not reported
SELECT schemadrift_prisma(E'model A {\n  id Missing @id\n  b String,\n}\n');

-- a hundred are shown
\set VERBOSITY terse
SELECT schemadrift_prisma(repeat(E'!\n', 105));
\set VERBOSITY default
DO $$
BEGIN
	PERFORM schemadrift_prisma(repeat(E'!\n', 105));
EXCEPTION WHEN invalid_parameter_value THEN
	DECLARE
		detail text;
	BEGIN
		GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
		RAISE NOTICE '% lines of detail, the last: %',
			array_length(string_to_array(detail, E'\n'), 1), substring(detail FROM '[^\n]*$');
	END;
END $$;

-- limits
SELECT schemadrift_prisma(repeat(' ', 16 * 1024 * 1024 + 1));
SELECT schemadrift_prisma(format(E'model A {\n  id Int @id @default(%s1%s)\n}\n', repeat('[', 1000), repeat(']', 1000)));
\set VERBOSITY terse
SELECT schemadrift_prisma(repeat(E'model A {\n', 10000));
\set VERBOSITY default

-- the other function reads the same
SELECT * FROM schemadrift_prisma_lint('model A {', '{}');

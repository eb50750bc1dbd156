-- A history of :n migrations of Prisma, all applied: each fifth one makes a
-- table, the others add a column to it.  With odd = 1, one in ten is recorded as
-- applied without having been run, one in fifty was edited, failed once or has no
-- file, and a tenth more was made by hand.
SET client_min_messages = warning;
CREATE SCHEMA bench;
CREATE TABLE bench.migration AS
SELECT i, to_char(timestamp '2020-01-01' + i * interval '3 hours', 'YYYYMMDDHH24MISS') || '_change_' || i AS name,
	CASE WHEN i % 5 = 0 THEN format(E'-- CreateTable\nCREATE TABLE "thing_%s" (\n    "id" SERIAL NOT NULL,\n    "name" TEXT NOT NULL,\n    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,\n\n    CONSTRAINT "thing_%1$s_pkey" PRIMARY KEY ("id")\n);\n\n-- CreateIndex\nCREATE UNIQUE INDEX "thing_%1$s_name_key" ON "thing_%1$s"("name");\n', i)
	ELSE format(E'-- AlterTable\nALTER TABLE "thing_%s" ADD COLUMN     "column_%s" INTEGER,\nADD COLUMN     "note_%2$s" TEXT NOT NULL DEFAULT '''';\n', i - i % 5, i) END AS script
  FROM generate_series(5, :n + 4) AS i;

DO $$
DECLARE
	s text;
BEGIN
	FOR s IN SELECT script FROM bench.migration ORDER BY i LOOP
		EXECUTE s;
	END LOOP;
END $$;

CREATE TABLE _prisma_migrations (
	id varchar(36) PRIMARY KEY,
	checksum varchar(64) NOT NULL,
	finished_at timestamptz,
	migration_name varchar(255) NOT NULL,
	logs text,
	rolled_back_at timestamptz,
	started_at timestamptz NOT NULL DEFAULT now(),
	applied_steps_count integer NOT NULL DEFAULT 0
);
INSERT INTO _prisma_migrations
SELECT gen_random_uuid(), encode(sha256(convert_to(script, 'UTF8')), 'hex'),
	timestamptz '2026-01-01' + i * interval '1 second', name, NULL, NULL,
	timestamptz '2026-01-01' + i * interval '1 second',
	CASE WHEN :odd = 1 AND i % 10 = 1 THEN 0 ELSE 1 END
  FROM bench.migration;
INSERT INTO _prisma_migrations
SELECT gen_random_uuid(), checksum, NULL, migration_name, E'Database error:\nno such thing', started_at, started_at - interval '1 minute', 0
  FROM _prisma_migrations WHERE :odd = 1 AND migration_name LIKE '%3_';
UPDATE bench.migration SET script = script || '-- edited' WHERE :odd = 1 AND i % 50 = 2;
DELETE FROM bench.migration WHERE :odd = 1 AND i % 50 = 4;
INSERT INTO bench.migration
SELECT i, lpad(i::text, 3, '0') || '_by_hand', format('CREATE VIEW view_%s AS SELECT 1 AS a;', i)
  FROM generate_series(1, :n / 10) AS i WHERE :odd = 1;

SELECT FROM schemadrift_register((SELECT jsonb_object_agg(
	CASE WHEN name LIKE '%hand' THEN name || '.sql' ELSE name || '/migration.sql' END, script) FROM bench.migration));
DO $$
BEGIN
	PERFORM schemadrift_adopt(name, script, 'claim') FROM bench.migration WHERE name LIKE '%hand' AND i % 2 = 0;
END $$;

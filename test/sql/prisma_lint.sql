--
-- schemadrift_prisma_lint(): rules that a team has for its schema.
--
\pset format unaligned
\pset null -
\set s 'enum Role {\n  OWNER\n  STAFF @map("x")\n}\nmodel Tenant {\n  id Int @id\n  slug String @unique\n  users User[]\n}\nmodel User {\n  id Int @id\n  tenantId Int\n  email String @unique\n  name String\n  code String\n  tenant Tenant @relation(fields: [tenantId], references: [id])\n  @@unique([tenantId, name])\n  @@unique([code, name], map: "code_key")\n}\nmodel Log {\n  id Int @id\n  tenantId Int?\n}\nmodel Job {\n  id Int @id\n}\nmodel Old {\n  x Int?\n  @@ignore\n}\nview Report {\n  id Int @unique\n}\n'
SELECT * FROM schemadrift_prisma_lint(:'s');
SELECT * FROM schemadrift_prisma_lint('');
SELECT * FROM schemadrift_prisma_lint(E'enum E {\n  A\n}\n', '{"models": ["T"], "enums": {"E": ["A"]}}');
SELECT * FROM schemadrift_prisma_lint(:'s', '{"models": ["Tenant", "Booking", "Report"]}');
SELECT * FROM schemadrift_prisma_lint(:'s', '{"enums": {"Role": ["OWNER", "ADMIN", "x"], "Plan": ["FREE"]}}');
SELECT * FROM schemadrift_prisma_lint(:'s', '{"tenant": {"field": "tenantId"}}');
SELECT * FROM schemadrift_prisma_lint(:'s', '{"tenant": {"field": "tenantId", "unique": true, "except": ["Tenant", "Job", "code_key"]}}');
SELECT * FROM schemadrift_prisma_lint(:'s', '{"tenant": {"field": "tenant", "except": ["Tenant", "Log", "Job"]}}');
-- what is wrong with the arguments
SELECT * FROM schemadrift_prisma_lint(NULL);
SELECT * FROM schemadrift_prisma_lint('', NULL);
SELECT * FROM schemadrift_prisma_lint('model', '{}');
SELECT * FROM schemadrift_prisma_lint('', '[]');
SELECT * FROM schemadrift_prisma_lint('', '{"nope": 1}');
SELECT * FROM schemadrift_prisma_lint('', '{"models": "T"}');
SELECT * FROM schemadrift_prisma_lint('', '{"models": [1]}');
SELECT * FROM schemadrift_prisma_lint('', '{"enums": ["E"]}');
SELECT * FROM schemadrift_prisma_lint('', '{"enums": {"E": "A"}}');
SELECT * FROM schemadrift_prisma_lint('', '{"tenant": {}}');
SELECT * FROM schemadrift_prisma_lint('', '{"tenant": "tenantId"}');
SELECT * FROM schemadrift_prisma_lint('', '{"tenant": {"field": "x", "unique": 1}}');
SELECT * FROM schemadrift_prisma_lint('', '{"tenant": {"field": 5}}');
SELECT * FROM schemadrift_prisma_lint('', '{"tenant": {"field": ""}}');
SELECT * FROM schemadrift_prisma_lint('', '{"tenant": {"field": "x", "except": {"A": 1}}}');
SELECT * FROM schemadrift_prisma_lint('', '{"tenant": {"field": "x", "größe": 1}}');
SELECT * FROM schemadrift_prisma_lint('', '{"größe": 1}');
SELECT * FROM schemadrift_prisma_lint('', 'null');

-- its rows, also as a role that may do nothing, and in a read-only transaction
SELECT * FROM schemadrift_prisma_lint('') \gdesc
CREATE ROLE regress_prisma_lint;
BEGIN READ ONLY;
SET LOCAL ROLE regress_prisma_lint;
SELECT rule, count(*), min(line) FROM schemadrift_prisma_lint(:'s', '{"tenant": {"field": "tenantId"}}') GROUP BY rule;
ROLLBACK;
DROP ROLE regress_prisma_lint;

-- unique keys of several sorts; the id of a tenant's row is none of them
\set s 'model A {\n  id Int @id\n  tenantId Int @map("tenant_id")\n  a Int\n  b Int\n  @@unique([tenantId, a])\n  @@unique([a, tenantId])\n  @@unique([a, b], name: "client")\n  @@index([b])\n}\nmodel Größe {\n  tenantId Int\n  n Int @unique(map: "größe_n")\n}\nmodel Only {\n  tenantId Int @id\n}\n'
SELECT * FROM schemadrift_prisma_lint(:'s', '{"tenant": {"field": "tenantId", "unique": true}}');
SELECT * FROM schemadrift_prisma_lint(:'s', '{"tenant": {"field": "tenantId", "unique": true, "except": ["größe_n", "A_a_b_key"]}}');
SELECT * FROM schemadrift_prisma_lint(:'s', '{"tenant": {"field": "tenantId", "unique": true, "except": ["Größe", "A"]}}');
-- all rules in one call come in this order
SELECT * FROM schemadrift_prisma_lint(:'s', '{"tenant": {"field": "tenant_id", "except": ["A", "Only"]}, "models": ["B"], "enums": {"E": []}}');

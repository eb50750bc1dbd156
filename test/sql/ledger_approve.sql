-- schemadrift_approve() and schemadrift_revoke().
LOAD 'schemadrift';
\pset format unaligned
\pset null <null>
CREATE VIEW pg_temp.approvals AS
SELECT name, left(checksum, 8) AS checksum, allow_destructive, note, approved_by = session_user AS by_me, approved_at <= clock_timestamp() AS at, revoked_by = session_user AS revoked_by_me, revoked_at >= approved_at AS revoked
  FROM schemadrift.approval ORDER BY approved_at;

SELECT schemadrift_approve('01.sql', 'SELECT 1') IS NOT NULL AS approved;
SELECT schemadrift_approve('02', checksum => upper(encode(sha256('SELECT 2'), 'hex')), allow_destructive => true, note => 'seen by two') IS NOT NULL AS approved;
SELECT * FROM pg_temp.approvals;
SELECT checksum = encode(sha256('SELECT 1'), 'hex') AS same FROM schemadrift.approval WHERE name = '01';
-- Again: the same one.
SELECT schemadrift_approve('01', 'SELECT 1') = (SELECT id FROM schemadrift.approval WHERE name = '01') AS same;
SELECT schemadrift_approve('01', 'SELECT 1', allow_destructive => true);
SELECT schemadrift_approve('02', 'SELECT 2');
-- Another script of that name is another approval.
SELECT schemadrift_approve('01', 'SELECT 1.1') IS NOT NULL AS approved;
SELECT schemadrift_revoke('01', encode(sha256('SELECT 1'), 'hex'));
SELECT schemadrift_approve('01', 'SELECT 1', allow_destructive => true) IS NOT NULL AS approved;
SELECT schemadrift_revoke('01');
SELECT * FROM pg_temp.approvals;
-- A run knows.
SELECT schemadrift_apply('02', 'SELECT 2');
SELECT schemadrift_apply('03', 'SELECT 3');
SELECT schemadrift_apply('04', 'SELECT 4', allow_destructive => true);
SELECT name, allow_destructive FROM schemadrift.ledger ORDER BY name;
-- It goes with its transaction.
BEGIN;
SELECT schemadrift_revoke('02');
ROLLBACK;
SELECT name FROM pg_temp.approvals WHERE revoked IS NULL;

-- Bad input.
SELECT schemadrift_approve('05');
SELECT schemadrift_approve('05', 'SELECT 1', encode(sha256('SELECT 1'), 'hex'));
SELECT schemadrift_approve('05', checksum => 'abc');
SELECT schemadrift_approve('05', checksum => repeat('g', 64));
SELECT schemadrift_approve(NULL, 'SELECT 1');
SELECT schemadrift_approve('a/b', 'SELECT 1');
SELECT schemadrift_revoke('05');
SELECT schemadrift_revoke('02', 'x');
SELECT schemadrift_revoke(NULL);

SET schemadrift.ledger_override = on;
DELETE FROM schemadrift.approval;
DELETE FROM schemadrift.run;

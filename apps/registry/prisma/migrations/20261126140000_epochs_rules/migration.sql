-- A new epoch writes a row to each ledger: what was served before, once more.
ALTER TABLE "ledger" DROP CONSTRAINT "ledger_action",
  ADD CONSTRAINT "ledger_action" CHECK ("action" IN ('promote', 'rollback', 'restore'));

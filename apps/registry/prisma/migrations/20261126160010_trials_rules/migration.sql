-- What the schema language of Prisma has no words for. Written by hand.

ALTER TABLE "ledger" DROP CONSTRAINT "ledger_action",
  ADD CONSTRAINT "ledger_action" CHECK ("action" IN ('promote', 'rollback', 'restore', 'trial', 'trial_end'));

ALTER TABLE "trial" ADD CONSTRAINT "trial_role" CHECK ("role" IN ('shadow', 'canary')),
  ADD CONSTRAINT "trial_state" CHECK ("state" IN ('running', 'passed', 'ended', 'rolled_back')),
  ADD CONSTRAINT "trial_ended" CHECK (
    ("ended_at" IS NULL) = ("state" = 'running') AND ("ended_by" IS NULL) = ("state" = 'running')
    AND ("end_reason" IS NULL) = ("state" = 'running')),
  ADD CONSTRAINT "trial_step" CHECK ("step" BETWEEN 0 AND jsonb_array_length("policy" -> 'steps') - 1);
CREATE UNIQUE INDEX "trial_running" ON "trial" ("model", "environment") WHERE "state" = 'running';

-- Its end is the database's to time, and stays as it was; a renamed model takes it along.
CREATE FUNCTION trial_ends() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD."state" <> 'running' AND to_jsonb(NEW) - 'model' IS DISTINCT FROM to_jsonb(OLD) - 'model' THEN
    RAISE EXCEPTION 'UPDATE of trial % is refused: it has ended', OLD."id" USING ERRCODE = '42501';
  END IF;
  IF NEW."state" <> OLD."state" THEN
    NEW."ended_at" := now();
  END IF;
  IF NEW."step" <> OLD."step" THEN
    NEW."step_since" := now();
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER "trial_ends" BEFORE UPDATE ON "trial" FOR EACH ROW EXECUTE FUNCTION trial_ends();

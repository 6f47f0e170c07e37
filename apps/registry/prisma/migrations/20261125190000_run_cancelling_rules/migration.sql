-- A run that is called off goes on until its workflow has let go. Written by hand.

ALTER TABLE "run" DROP CONSTRAINT "run_state",
  ADD CONSTRAINT "run_state"
    CHECK ("state" IN ('requested', 'running', 'cancelling', 'succeeded', 'failed', 'cancelled', 'skipped'));

CREATE OR REPLACE FUNCTION run_finishes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW."state" IS DISTINCT FROM OLD."state" THEN
    NEW."finished_at" :=
      CASE WHEN NEW."state" IN ('requested', 'running', 'cancelling') THEN NULL ELSE now() END;
  END IF;
  RETURN NEW;
END $$;

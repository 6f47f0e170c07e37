-- What the schema language of Prisma has no words for. Written by hand.

ALTER TABLE "dataset" ADD CONSTRAINT "dataset_paused" CHECK (("paused_at" IS NULL) = ("paused_by" IS NULL));

ALTER TABLE "run" DROP CONSTRAINT "run_state",
  ADD CONSTRAINT "run_state" CHECK ("state" IN ('requested', 'running', 'succeeded', 'failed', 'cancelled', 'skipped'));

ALTER TABLE "correction" ADD CONSTRAINT "correction_number" CHECK ("number" >= 1);
CREATE TRIGGER "correction_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "correction"
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

ALTER TABLE "ingestion" ADD CONSTRAINT "ingestion_state" CHECK ("state" IN ('running', 'succeeded', 'failed')),
  ADD CONSTRAINT "ingestion_failed" CHECK (("error" IS NOT NULL) = ("state" = 'failed')),
  ADD CONSTRAINT "ingestion_finished" CHECK (("finished_at" IS NULL) = ("state" = 'running'));

-- A run that was asked for has not finished either.
CREATE OR REPLACE FUNCTION run_finishes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW."state" IS DISTINCT FROM OLD."state" THEN
    NEW."finished_at" := CASE WHEN NEW."state" IN ('requested', 'running') THEN NULL ELSE now() END;
  END IF;
  RETURN NEW;
END $$;
CREATE FUNCTION ingestion_finishes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW."state" IS DISTINCT FROM OLD."state" THEN
    NEW."finished_at" := CASE WHEN NEW."state" = 'running' THEN NULL ELSE now() END;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER "ingestion_finishes" BEFORE UPDATE ON "ingestion" FOR EACH ROW EXECUTE FUNCTION ingestion_finishes();

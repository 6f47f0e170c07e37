-- What the schema language of Prisma has no words for. Written by hand.

ALTER TABLE "bulk_classification" ADD CONSTRAINT "bulk_classification_state"
  CHECK ("state" IN ('requested', 'running', 'succeeded', 'failed', 'cancelled')),
  ADD CONSTRAINT "bulk_classification_failed" CHECK (("error" IS NOT NULL) = ("state" = 'failed')),
  ADD CONSTRAINT "bulk_classification_counts" CHECK ("parts" >= 0 AND "unfit" >= 0 AND "unfit" <= "objects"),
  ADD CONSTRAINT "bulk_classification_finished" CHECK (("finished_at" IS NULL) = ("state" IN ('requested', 'running')));

-- Two that write to one place would mix their answers.
CREATE UNIQUE INDEX "bulk_classification_under_way" ON "bulk_classification" ("target") WHERE "state" IN ('requested', 'running');

-- Its end is the database's to time, and stays as it was; a renamed model takes it along.
CREATE FUNCTION bulk_classification_finishes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD."state" NOT IN ('requested', 'running') AND to_jsonb(NEW) - 'model' IS DISTINCT FROM to_jsonb(OLD) - 'model' THEN
    RAISE EXCEPTION 'UPDATE of bulk_classification % is refused: it has ended', OLD."id" USING ERRCODE = '42501';
  END IF;
  IF NEW."state" IS DISTINCT FROM OLD."state" AND NEW."state" NOT IN ('requested', 'running') THEN
    NEW."finished_at" := now();
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER "bulk_classification_finishes" BEFORE UPDATE ON "bulk_classification" FOR EACH ROW EXECUTE FUNCTION bulk_classification_finishes();

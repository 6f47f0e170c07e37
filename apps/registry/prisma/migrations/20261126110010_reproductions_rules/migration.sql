-- What the schema language of Prisma has no words for. Written by hand.

ALTER TABLE "reproduction" ADD CONSTRAINT "reproduction_state"
  CHECK ("state" IN ('requested', 'running', 'succeeded', 'failed')),
  ADD CONSTRAINT "reproduction_answered"
  CHECK (("report" IS NOT NULL) = ("state" = 'succeeded') AND ("outcome" IS NOT NULL) = ("state" = 'succeeded')),
  ADD CONSTRAINT "reproduction_outcome" CHECK ("outcome" IN ('identical', 'within_tolerance', 'different')),
  ADD CONSTRAINT "reproduction_failed" CHECK (("error" IS NOT NULL) = ("state" = 'failed')),
  ADD CONSTRAINT "reproduction_finished" CHECK (("finished_at" IS NULL) = ("state" IN ('requested', 'running')));

-- Whoever asks for what is under way already, joins it.
CREATE UNIQUE INDEX "reproduction_under_way" ON "reproduction" ("model", "version", coalesce("variant", ''), "fresh")
  WHERE "state" IN ('requested', 'running');

-- Its end is the database's to time, and stays as it was; a renamed model takes it along.
CREATE FUNCTION reproduction_finishes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD."state" IN ('succeeded', 'failed') AND to_jsonb(NEW) - 'model' IS DISTINCT FROM to_jsonb(OLD) - 'model' THEN
    RAISE EXCEPTION 'UPDATE of reproduction % is refused: it has ended', OLD."id" USING ERRCODE = '42501';
  END IF;
  IF NEW."state" IS DISTINCT FROM OLD."state" AND NEW."state" IN ('succeeded', 'failed') THEN
    NEW."finished_at" := now();
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER "reproduction_finishes" BEFORE UPDATE ON "reproduction" FOR EACH ROW EXECUTE FUNCTION reproduction_finishes();

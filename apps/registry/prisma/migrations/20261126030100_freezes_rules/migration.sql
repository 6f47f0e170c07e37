-- What the schema language of Prisma has no words for. Written by hand.

ALTER TABLE "freeze" ADD CONSTRAINT "freeze_ended"
  CHECK (("ended_at" IS NULL) = ("ended_by" IS NULL) AND ("ended_at" IS NULL) = ("end_reason" IS NULL));
-- One at a time for one place.
CREATE UNIQUE INDEX "freeze_holds" ON "freeze" (coalesce("model", ''), coalesce("environment", '')) WHERE "ended_at" IS NULL;
CREATE TRIGGER "freeze_kept" BEFORE DELETE OR TRUNCATE ON "freeze" FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER "freeze_immutable" BEFORE UPDATE ON "freeze"
  FOR EACH ROW EXECUTE FUNCTION refuse_other_columns('ended_at', 'ended_by', 'end_reason');

-- Whoever promotes holds this together with others who do, whoever freezes holds it alone: once a freeze is there, what was
-- under way has been committed, and nothing else will be.
CREATE FUNCTION lock_freezes(alone boolean) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF alone THEN
    PERFORM pg_advisory_xact_lock(hashtextextended('freeze', 0));
  ELSE
    PERFORM pg_advisory_xact_lock_shared(hashtextextended('freeze', 0));
  END IF;
END $$;

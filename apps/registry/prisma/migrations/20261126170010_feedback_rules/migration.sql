-- What the schema language of Prisma has no words for. Written by hand.

-- One label counts for one request.
CREATE UNIQUE INDEX "feedback_counts" ON "feedback" ("request_id") WHERE "superseded_at" IS NULL;
-- Accuracy by version and window is read from this alone.
CREATE INDEX "feedback_accuracy" ON "feedback" ("model", "environment", "version", "answered_at") INCLUDE ("predicted", "label")
  WHERE "superseded_at" IS NULL;
CREATE TRIGGER "feedback_kept" BEFORE DELETE OR TRUNCATE ON "feedback" FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER "feedback_immutable" BEFORE UPDATE ON "feedback"
  FOR EACH ROW EXECUTE FUNCTION refuse_other_columns('superseded_at');

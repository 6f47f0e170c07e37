-- What the schema language of Prisma has no words for. Written by hand.

ALTER TABLE "selection" ADD CONSTRAINT "selection_state"
  CHECK ("state" IN ('requested', 'running', 'succeeded', 'failed')),
  ADD CONSTRAINT "selection_attempt" CHECK ("attempt" >= 1),
  ADD CONSTRAINT "selection_answered" CHECK (("result" IS NOT NULL) = ("state" = 'succeeded')),
  ADD CONSTRAINT "selection_failed" CHECK (("error" IS NOT NULL) = ("state" = 'failed'));
CREATE TRIGGER "selection_touched" BEFORE UPDATE ON "selection" FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

-- What the schema language of Prisma has no words for. Written by hand.

ALTER TABLE "erasure" ADD CONSTRAINT "erasure_digest" CHECK ("digest" ~ '^[0-9a-f]{64}$'),
  ADD CONSTRAINT "erasure_reason" CHECK (btrim("reason") <> '');
CREATE TRIGGER "erasure_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "erasure"
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

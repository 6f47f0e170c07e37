-- What the schema language of Prisma has no words for. Written by hand.

-- Until now every version came as fp32 alone. When a head was swapped is not touched by saying so.
ALTER TABLE "deployment" DISABLE TRIGGER "deployment_touched";
UPDATE "deployment" SET "previous_variant" = 'fp32' WHERE "previous_version" IS NOT NULL;
ALTER TABLE "deployment" ENABLE TRIGGER "deployment_touched";
ALTER TABLE "deployment" ADD CONSTRAINT "deployment_previous"
  CHECK (("previous_version" IS NULL) = ("previous_variant" IS NULL));

-- The first embedder is the one: what is cached and trained on it stays of use.
CREATE TRIGGER "pipeline_embedder_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "pipeline_embedder"
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What the schema language of Prisma has no words for. Written by hand.

-- A version was made by a run, or adopted.
ALTER TABLE "model_version" ADD CONSTRAINT "model_version_origin"
  CHECK (("run_id" IS NULL) = ("document" #> '{lineage,adopted}' IS NOT NULL));

-- An external version is adopted once, and stays so.
DROP TRIGGER "version_entry_immutable" ON "version_entry";
CREATE TRIGGER "version_entry_immutable" BEFORE UPDATE ON "version_entry"
  FOR EACH ROW WHEN (OLD."kind" = NEW."kind")
  EXECUTE FUNCTION refuse_other_columns('description', 'stage', 'updated_at', 'hidden_at');
CREATE TRIGGER "version_entry_adopted" BEFORE UPDATE ON "version_entry"
  FOR EACH ROW WHEN (OLD."kind" = 'external' AND NEW."kind" = 'graft')
  EXECUTE FUNCTION refuse_other_columns('kind', 'source', 'location', 'updated_at');
CREATE TRIGGER "version_entry_stays_ours" BEFORE UPDATE ON "version_entry"
  FOR EACH ROW WHEN (OLD."kind" = 'graft' AND NEW."kind" <> 'graft')
  EXECUTE FUNCTION refuse_other_columns();

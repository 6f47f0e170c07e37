-- What the schema language of Prisma has no words for. Written by hand.

ALTER TABLE "version_entry" ADD CONSTRAINT "version_entry_kind" CHECK ("kind" IN ('graft', 'external'));
-- Within a transaction the head may be swapped before its row is written.
ALTER TABLE "deployment" ALTER CONSTRAINT "deployment_ledger" DEFERRABLE INITIALLY DEFERRED;

-- Columns that are named may change, and the model's name where a renamed model takes its rows along: that is done by the
-- foreign keys' own triggers, and by nobody else. A ledger row's body, which is what is hashed, keeps the name it was written under.
CREATE OR REPLACE FUNCTION refuse_other_columns() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  allowed text[] := TG_ARGV;
BEGIN
  IF pg_trigger_depth() > 1 THEN
    allowed := allowed || 'model'::text;
  END IF;
  IF coalesce(array_length(allowed, 1), 0) = 0 THEN
    RAISE EXCEPTION 'UPDATE of % is refused: its rows stay as they were written', TG_TABLE_NAME USING ERRCODE = '42501';
  END IF;
  IF to_jsonb(NEW) - allowed IS DISTINCT FROM to_jsonb(OLD) - allowed THEN
    RAISE EXCEPTION 'UPDATE of % is refused: only % may change', TG_TABLE_NAME, array_to_string(allowed, ', ') USING ERRCODE = '42501';
  END IF;
  RETURN NEW;
END $$;

DROP TRIGGER "ledger_append_only" ON "ledger";
CREATE TRIGGER "ledger_append_only" BEFORE DELETE OR TRUNCATE ON "ledger"
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER "ledger_immutable" BEFORE UPDATE ON "ledger"
  FOR EACH ROW EXECUTE FUNCTION refuse_other_columns();
DROP TRIGGER "review_decision_append_only" ON "review_decision";
CREATE TRIGGER "review_decision_append_only" BEFORE DELETE OR TRUNCATE ON "review_decision"
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER "review_decision_immutable" BEFORE UPDATE ON "review_decision"
  FOR EACH ROW EXECUTE FUNCTION refuse_other_columns();

-- Numbers that were given out stay given out; where a version comes from is as it was registered.
CREATE TRIGGER "version_entry_kept" BEFORE DELETE OR TRUNCATE ON "version_entry"
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER "version_entry_immutable" BEFORE UPDATE ON "version_entry"
  FOR EACH ROW EXECUTE FUNCTION refuse_other_columns('description', 'stage', 'updated_at', 'hidden_at');
CREATE TRIGGER "model_kept" BEFORE DELETE OR TRUNCATE ON "model"
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A rename changes nothing of what is served, nor when.
DROP TRIGGER "deployment_touched" ON "deployment";
CREATE TRIGGER "deployment_touched" BEFORE UPDATE ON "deployment"
  FOR EACH ROW WHEN (OLD."generation" <> NEW."generation") EXECUTE FUNCTION touch_at();
DROP TRIGGER "promotion_touched" ON "promotion";
CREATE TRIGGER "promotion_touched" BEFORE UPDATE ON "promotion"
  FOR EACH ROW WHEN (OLD."model" = NEW."model") EXECUTE FUNCTION touch_updated_at();

-- What the schema language of Prisma has no words for. Written by hand.

-- One row, that only goes up: a restore of the database raises it.
INSERT INTO "epoch" ("id", "value") VALUES (1, 1);
ALTER TABLE "epoch" ADD CONSTRAINT "epoch_one_row" CHECK ("id" = 1), ADD CONSTRAINT "epoch_positive" CHECK ("value" >= 1);

CREATE FUNCTION epoch_rises() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW."value" <= OLD."value" THEN
    RAISE EXCEPTION 'an epoch only rises: % is not above %', NEW."value", OLD."value" USING ERRCODE = '23514';
  END IF;
  NEW."raised_at" := now();
  RETURN NEW;
END $$;
CREATE TRIGGER "epoch_rises" BEFORE UPDATE ON "epoch" FOR EACH ROW EXECUTE FUNCTION epoch_rises();

-- The words that each column knows.
ALTER TABLE "access_token" ADD CONSTRAINT "access_token_role"
  CHECK ("role" IN ('viewer', 'trainer', 'reviewer', 'deployer', 'admin', 'service', 'serving')),
  ADD CONSTRAINT "access_token_sha256" CHECK (octet_length("hash") = 32);
ALTER TABLE "run" ADD CONSTRAINT "run_state" CHECK ("state" IN ('running', 'succeeded', 'failed', 'cancelled')),
  ADD CONSTRAINT "run_attempt" CHECK ("attempt" >= 1);
ALTER TABLE "model_version" ADD CONSTRAINT "model_version_state"
  CHECK ("state" IN ('candidate', 'approved', 'rejected', 'superseded', 'blocked', 'withdrawn'));
ALTER TABLE "review" ADD CONSTRAINT "review_generation" CHECK ("champion_generation" >= 0),
  ADD CONSTRAINT "review_approvals" CHECK ("required_approvals" BETWEEN 1 AND 2);
ALTER TABLE "review_decision" ADD CONSTRAINT "review_decision_word" CHECK ("decision" IN ('approve', 'reject'));
ALTER TABLE "promotion" ADD CONSTRAINT "promotion_state"
  CHECK ("state" IN ('requested', 'preparing', 'committed', 'swapped', 'failed')),
  ADD CONSTRAINT "promotion_committed" CHECK (("generation" IS NOT NULL) = ("state" IN ('committed', 'swapped'))),
  ADD CONSTRAINT "promotion_failed" CHECK (("error" IS NOT NULL) = ("state" = 'failed'));
ALTER TABLE "ledger" ADD CONSTRAINT "ledger_action" CHECK ("action" IN ('promote', 'rollback'));
-- Within a transaction the head may be swapped before its row is written.
ALTER TABLE "deployment" ALTER CONSTRAINT "deployment_ledger" DEFERRABLE INITIALLY DEFERRED;

-- Tables whose rows stay as they were written.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% of % is refused: its rows stay as they were written', TG_OP, TG_TABLE_NAME USING ERRCODE = '42501';
END $$;
CREATE TRIGGER "ledger_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "ledger"
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER "review_decision_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "review_decision"
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER "dataset_version_immutable" BEFORE UPDATE OR DELETE OR TRUNCATE ON "dataset_version"
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER "model_version_kept" BEFORE DELETE OR TRUNCATE ON "model_version"
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER "pipeline_version_kept" BEFORE DELETE OR TRUNCATE ON "pipeline_version"
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Of a version, its state alone may change; of a pipeline's version, whether it is enabled.
CREATE FUNCTION refuse_other_columns() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF to_jsonb(NEW) - TG_ARGV[0] IS DISTINCT FROM to_jsonb(OLD) - TG_ARGV[0] THEN
    RAISE EXCEPTION 'UPDATE of % is refused: only "%" may change', TG_TABLE_NAME, TG_ARGV[0] USING ERRCODE = '42501';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER "model_version_immutable" BEFORE UPDATE ON "model_version"
  FOR EACH ROW EXECUTE FUNCTION refuse_other_columns('state');
CREATE TRIGGER "pipeline_version_immutable" BEFORE UPDATE ON "pipeline_version"
  FOR EACH ROW EXECUTE FUNCTION refuse_other_columns('enabled');

-- The database's clock.
CREATE FUNCTION touch_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN NEW."updated_at" := now(); RETURN NEW; END $$;
CREATE TRIGGER "promotion_touched" BEFORE UPDATE ON "promotion" FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
CREATE FUNCTION run_finishes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW."state" IS DISTINCT FROM OLD."state" THEN
    NEW."finished_at" := CASE WHEN NEW."state" = 'running' THEN NULL ELSE now() END;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER "run_finishes" BEFORE UPDATE ON "run" FOR EACH ROW EXECUTE FUNCTION run_finishes();
CREATE FUNCTION touch_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN NEW."at" := now(); RETURN NEW; END $$;
CREATE TRIGGER "deployment_touched" BEFORE UPDATE ON "deployment" FOR EACH ROW EXECUTE FUNCTION touch_at();

-- Whoever is about to write the ledger of a model in an environment takes this first. Held until the transaction ends.
CREATE FUNCTION lock_ledger(model text, environment text) RETURNS void LANGUAGE sql AS $$
  SELECT pg_advisory_xact_lock(hashtextextended('ledger:' || model || ':' || environment, 0));
$$;

-- Gapless and hash-chained: hash = sha256(previous hash ‖ generation ‖ LF ‖ body). The columns repeat what the body says.
CREATE FUNCTION ledger_chain() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  last "ledger"%ROWTYPE;
  entry jsonb := NEW."body"::jsonb;
  present int;
BEGIN
  PERFORM lock_ledger(NEW."model", NEW."environment");
  SELECT * INTO last FROM "ledger" WHERE "model" = NEW."model" AND "environment" = NEW."environment"
    ORDER BY "generation" DESC LIMIT 1;
  IF NEW."generation" <> coalesce(last."generation", 0) + 1 THEN
    RAISE EXCEPTION 'generation moved: % of % is at %, % was to follow', NEW."model", NEW."environment",
      coalesce(last."generation", 0), NEW."generation" USING ERRCODE = '40001';
  END IF;
  SELECT "value" INTO present FROM "epoch" WHERE "id" = 1;
  IF NEW."epoch" <> present THEN
    RAISE EXCEPTION 'epoch moved: it is %, the row says %', present, NEW."epoch" USING ERRCODE = '40001';
  END IF;
  IF (entry ->> 'model', entry ->> 'environment', entry ->> 'generation', entry ->> 'epoch', entry ->> 'action', entry ->> 'version')
    IS DISTINCT FROM (NEW."model", NEW."environment", NEW."generation"::text, NEW."epoch"::text, NEW."action", NEW."version"::text) THEN
    RAISE EXCEPTION 'the body of a ledger row must say what its columns say' USING ERRCODE = '23514';
  END IF;
  NEW."prev" := coalesce(last."hash", '\x'::bytea);
  NEW."hash" := sha256(NEW."prev" || convert_to(NEW."generation"::text || chr(10) || NEW."body", 'UTF8'));
  RETURN NEW;
END $$;
CREATE TRIGGER "ledger_chain" BEFORE INSERT ON "ledger" FOR EACH ROW EXECUTE FUNCTION ledger_chain();

-- The outbox. A sequence alone gives ids in the order in which they are asked for, and a reader who has seen 10 would
-- then miss a 9 that commits later; so the id is drawn under a lock that is held until the commit. Events are therefore
-- the last thing that a transaction writes. The notice carries the id alone, and is delivered after the commit.
CREATE SEQUENCE "event_id" OWNED BY "event"."id";
CREATE FUNCTION event_id() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('event', 0));
  NEW."id" := nextval('event_id');
  RETURN NEW;
END $$;
CREATE TRIGGER "event_id" BEFORE INSERT ON "event" FOR EACH ROW EXECUTE FUNCTION event_id();
CREATE FUNCTION event_notice() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('graft', NEW."id"::text);
  RETURN NULL;
END $$;
CREATE TRIGGER "event_notice" AFTER INSERT ON "event" FOR EACH ROW EXECUTE FUNCTION event_notice();

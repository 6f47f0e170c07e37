-- What the schema language of Prisma has no words for. Written by hand.

ALTER TABLE "webhook" ADD CONSTRAINT "webhook_secret" CHECK (octet_length("secret") BETWEEN 24 AND 64),
  ADD CONSTRAINT "webhook_failing" CHECK (("failures" > 0) = ("failing_since" IS NOT NULL) AND ("failures" > 0) = ("last_error" IS NOT NULL)),
  ADD CONSTRAINT "webhook_disabled" CHECK (("disabled_at" IS NULL) = ("disabled_reason" IS NULL));
ALTER TABLE "webhook_delivery" ADD CONSTRAINT "webhook_delivery_state"
  CHECK ("state" IN ('waiting', 'delivered') AND ("state" = 'delivered') = ("delivered_at" IS NOT NULL));
CREATE INDEX "webhook_delivery_waiting" ON "webhook_delivery" ("webhook_id", "event") WHERE "state" = 'waiting';

-- Every event that has a notice becomes a message to each endpoint that wants its kind, in the transaction that wrote it. Events are
-- numbered in the order of commits, so messages are too; events grow stale and go, messages stay until they are delivered.
CREATE FUNCTION event_fans_out() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO "webhook_delivery" ("webhook_id", "event", "kind", "at", "data")
  SELECT w."id", NEW."id", NEW."notice" ->> 'kind', NEW."at", NEW."notice" - 'kind' FROM "webhook" w
  WHERE w."disabled_at" IS NULL AND (cardinality(w."events") = 0 OR NEW."notice" ->> 'kind' = ANY (w."events"));
  RETURN NULL;
END $$;
CREATE TRIGGER "event_fans_out" AFTER INSERT ON "event"
  FOR EACH ROW WHEN (NEW."notice" IS NOT NULL) EXECUTE FUNCTION event_fans_out();

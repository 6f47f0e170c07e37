-- What every promotion asks, each in one statement where there were two: a lock, then what it guards as it is once it is held (each
-- statement of a volatile function sees what was committed before that statement).
CREATE FUNCTION lock_promotion(promotion_id uuid) RETURNS SETOF "promotion" LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  PERFORM lock_ledger(p."model", p."environment") FROM "promotion" p WHERE p."id" = promotion_id;
  RETURN QUERY SELECT * FROM "promotion" p WHERE p."id" = promotion_id;
END $$;
CREATE FUNCTION lock_and_list_freezes(alone boolean) RETURNS SETOF "freeze" LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  PERFORM lock_freezes(alone);
  RETURN QUERY SELECT * FROM "freeze" f WHERE f."ended_at" IS NULL ORDER BY f."id" DESC LIMIT 1000;
END $$;

-- Whoever delivers messages is woken where there is one, and not by each event.
CREATE OR REPLACE FUNCTION event_fans_out() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO "webhook_delivery" ("webhook_id", "event", "kind", "at", "data")
  SELECT w."id", NEW."id", NEW."notice" ->> 'kind', NEW."at", NEW."notice" - 'kind' FROM "webhook" w
  WHERE w."disabled_at" IS NULL AND (cardinality(w."events") = 0 OR NEW."notice" ->> 'kind' = ANY (w."events"));
  IF FOUND THEN
    PERFORM pg_notify('graft_messages', '');
  END IF;
  RETURN NULL;
END $$;

-- What the schema language of Prisma has no words for. Written by hand.

ALTER TABLE "collection" ADD CONSTRAINT "collection_ended" CHECK (("finished_at" IS NULL) = ("removed" IS NULL)),
  ADD CONSTRAINT "collection_age" CHECK ("older_than_seconds" >= 0 AND ("forced" OR "older_than_seconds" >= 3600));
CREATE TRIGGER "collection_kept" BEFORE DELETE OR TRUNCATE ON "collection" FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE FUNCTION collection_ends_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD."finished_at" IS NOT NULL OR to_jsonb(NEW) - ARRAY['finished_at', 'removed'] IS DISTINCT FROM to_jsonb(OLD) - ARRAY['finished_at', 'removed'] THEN
    RAISE EXCEPTION 'UPDATE of collection is refused: how it ended is said once, and nothing else changes' USING ERRCODE = '42501';
  END IF;
  NEW."finished_at" := now();
  RETURN NEW;
END $$;
CREATE TRIGGER "collection_ends_once" BEFORE UPDATE ON "collection" FOR EACH ROW EXECUTE FUNCTION collection_ends_once();

-- Every digest that a table's rows name, in whatever column: what is said there has to stay. Hashes kept as bytes are no digests
-- of objects, and \m leaves them out, since their text begins with x.
CREATE FUNCTION digests_named(which regclass) RETURNS SETOF text LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN QUERY EXECUTE format('SELECT DISTINCT found[1] FROM %s AS r, regexp_matches(r::text, ''\m[0-9a-f]{64}\M'', ''g'') AS found', which);
END $$;

-- What the schema language of Prisma has no words for. Written by hand.

ALTER TABLE "refusal" ADD CONSTRAINT "refusal_status" CHECK ("status" IN (401, 403)),
  ADD CONSTRAINT "refusal_count" CHECK ("count" >= 1),
  ADD CONSTRAINT "refusal_times" CHECK ("first_at" <= "last_at");

-- The newest 5,000 of tokens that are known, and as many of strangers: whoever floods the registry without a token can't push
-- out what holders of one tried.
CREATE INDEX "refusal_stranger" ON "refusal" (("token" = ''), "id");
CREATE FUNCTION refusal_bounded() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  stranger boolean;
BEGIN
  FOREACH stranger IN ARRAY ARRAY[true, false] LOOP
    DELETE FROM "refusal" WHERE ("token" = '') = stranger AND "id" <= (
      SELECT "id" FROM "refusal" WHERE ("token" = '') = stranger ORDER BY "id" DESC OFFSET 5000 LIMIT 1);
  END LOOP;
  RETURN NULL;
END $$;
CREATE TRIGGER "refusal_bounded" AFTER INSERT ON "refusal" FOR EACH STATEMENT EXECUTE FUNCTION refusal_bounded();

-- What the schema language of Prisma has no words for. Written by hand.

-- Nothing revoked a token before, nor gave out any but those of the stack.
UPDATE "access_token" SET "revoked_at" = NULL;
ALTER TABLE "access_token" ADD CONSTRAINT "access_token_kind" CHECK ("kind" IN ('stack', 'issued')),
  ADD CONSTRAINT "access_token_issued" CHECK (("kind" = 'issued') = ("created_by" IS NOT NULL)),
  ADD CONSTRAINT "access_token_stack_stays" CHECK ("kind" = 'issued' OR ("revoked_at" IS NULL AND "expires_at" IS NULL)),
  ADD CONSTRAINT "access_token_revoked" CHECK (("revoked_at" IS NULL) = ("revoked_by" IS NULL)),
  ADD CONSTRAINT "access_token_expires" CHECK ("expires_at" > "created_at");
-- One at a time of a name, which the ledger shows; upper and lower case don't tell people apart.
CREATE UNIQUE INDEX "access_token_live" ON "access_token" (lower("name")) WHERE "revoked_at" IS NULL;
CREATE TRIGGER "access_token_kept" BEFORE DELETE OR TRUNCATE ON "access_token"
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER "access_token_immutable" BEFORE UPDATE ON "access_token"
  FOR EACH ROW WHEN (OLD."kind" = 'issued') EXECUTE FUNCTION refuse_other_columns('last_used_on', 'revoked_at', 'revoked_by');
CREATE TRIGGER "access_token_stays_revoked" BEFORE UPDATE ON "access_token"
  FOR EACH ROW WHEN (OLD."revoked_at" IS NOT NULL) EXECUTE FUNCTION refuse_other_columns();

-- What the schema language of Prisma has no words for. Written by hand.

-- Of people: processes keep their tokens.
ALTER TABLE "session" ADD CONSTRAINT "session_role" CHECK ("role" IN ('viewer', 'trainer', 'reviewer', 'deployer', 'admin')),
  ADD CONSTRAINT "session_sha256" CHECK (octet_length("hash") = 32),
  ADD CONSTRAINT "session_expires" CHECK ("expires_at" > "created_at" AND "expires_at" <= "created_at" + interval '7 days');
CREATE TRIGGER "session_immutable" BEFORE UPDATE ON "session" FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- What the schema language of Prisma has no words for. Written by hand.

ALTER TABLE "idempotency_key" ADD CONSTRAINT "idempotency_key_length" CHECK (length("key") BETWEEN 1 AND 255),
  ADD CONSTRAINT "idempotency_key_sha256" CHECK (octet_length("fingerprint") = 32),
  ADD CONSTRAINT "idempotency_key_status" CHECK ("status" BETWEEN 200 AND 499),
  ADD CONSTRAINT "idempotency_key_answer" CHECK ("answer" IS NULL OR ("status" IS NOT NULL AND octet_length("answer") <= 65536));

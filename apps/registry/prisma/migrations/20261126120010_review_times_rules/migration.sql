-- What the schema language of Prisma has no words for. Written by hand.

ALTER TABLE "model_version" DROP CONSTRAINT "model_version_state";
ALTER TABLE "model_version" ADD CONSTRAINT "model_version_state"
  CHECK ("state" IN ('candidate', 'approved', 'rejected', 'superseded', 'blocked', 'withdrawn', 'expired'));
ALTER TABLE "review_decision" DROP CONSTRAINT "review_decision_word";
ALTER TABLE "review_decision" ADD CONSTRAINT "review_decision_word"
  CHECK ("decision" IN ('approve', 'reject', 'expire', 'reopen'));

-- What waited before there was an expiry has its whole time from now on: an upgrade takes no candidate from anyone.
UPDATE "review" SET "opened_at" = now(), "remind_every_seconds" = 86400, "expire_after_seconds" = 2592000,
  "expires_at" = now() + interval '30 days';
ALTER TABLE "review" ADD CONSTRAINT "review_times"
  CHECK ("remind_every_seconds" >= 1 AND "expire_after_seconds" >= 1 AND "reminders" >= 0),
  ADD CONSTRAINT "review_expires" CHECK (("expires_at" IS NULL) = ("expire_after_seconds" IS NULL));

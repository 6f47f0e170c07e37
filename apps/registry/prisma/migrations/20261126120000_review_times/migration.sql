-- AlterTable
ALTER TABLE "review" ADD COLUMN     "expire_after_seconds" INTEGER,
ADD COLUMN     "expires_at" TIMESTAMPTZ(3),
ADD COLUMN     "opened_at" TIMESTAMPTZ(3) NOT NULL DEFAULT transaction_timestamp(),
ADD COLUMN     "remind_every_seconds" INTEGER,
ADD COLUMN     "reminded_at" TIMESTAMPTZ(3),
ADD COLUMN     "reminders" INTEGER NOT NULL DEFAULT 0;

-- CreateIndex
CREATE INDEX "review_expires_at_idx" ON "review"("expires_at");

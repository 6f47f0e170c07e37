-- CreateTable
CREATE TABLE "erasure" (
    "digest" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    "by" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT transaction_timestamp(),
    "forced" BOOLEAN NOT NULL,
    "referrers" JSONB NOT NULL,

    CONSTRAINT "erasure_pkey" PRIMARY KEY ("digest")
);

-- CreateIndex
CREATE INDEX "erasure_at_idx" ON "erasure"("at" DESC);

-- CreateTable
CREATE TABLE "collection" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "by" TEXT NOT NULL,
    "older_than_seconds" INTEGER NOT NULL,
    "forced" BOOLEAN NOT NULL,
    "started_at" TIMESTAMPTZ(3) NOT NULL DEFAULT transaction_timestamp(),
    "finished_at" TIMESTAMPTZ(3),
    "removed" JSONB,

    CONSTRAINT "collection_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "collection_started_at_idx" ON "collection"("started_at" DESC);

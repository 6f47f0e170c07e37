-- CreateTable
CREATE TABLE "selection" (
    "id" UUID NOT NULL,
    "digest" TEXT NOT NULL,
    "dataset_version" TEXT NOT NULL,
    "request" JSONB NOT NULL,
    "attempt" INTEGER NOT NULL DEFAULT 1,
    "state" TEXT NOT NULL DEFAULT 'requested',
    "stage" TEXT,
    "runs" JSONB NOT NULL DEFAULT '[]',
    "result" TEXT,
    "error" JSONB,
    "by" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT transaction_timestamp(),
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT transaction_timestamp(),

    CONSTRAINT "selection_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "selection_digest_key" ON "selection"("digest");

-- CreateIndex
CREATE INDEX "selection_state_idx" ON "selection"("state");

-- AddForeignKey
ALTER TABLE "selection" ADD CONSTRAINT "selection_dataset_version_fkey" FOREIGN KEY ("dataset_version") REFERENCES "dataset_version"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

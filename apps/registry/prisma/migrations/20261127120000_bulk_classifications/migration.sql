-- CreateTable
CREATE TABLE "bulk_classification" (
    "id" UUID NOT NULL,
    "model" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "variant" TEXT NOT NULL,
    "artifact_digest" TEXT NOT NULL,
    "source" TEXT NOT NULL,
    "target" TEXT NOT NULL,
    "top" INTEGER NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'requested',
    "total" INTEGER,
    "parts" INTEGER NOT NULL DEFAULT 0,
    "objects" INTEGER NOT NULL DEFAULT 0,
    "unfit" INTEGER NOT NULL DEFAULT 0,
    "error" JSONB,
    "by" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT transaction_timestamp(),
    "finished_at" TIMESTAMPTZ(3),

    CONSTRAINT "bulk_classification_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "bulk_classification_state_idx" ON "bulk_classification"("state");

-- CreateIndex
CREATE INDEX "bulk_classification_model_created_at_idx" ON "bulk_classification"("model", "created_at" DESC);

-- CreateIndex
CREATE INDEX "bulk_classification_created_at_idx" ON "bulk_classification"("created_at" DESC);

-- AddForeignKey
ALTER TABLE "bulk_classification" ADD CONSTRAINT "bulk_classification_model_version_fkey" FOREIGN KEY ("model", "version") REFERENCES "model_version"("model", "version") ON DELETE RESTRICT ON UPDATE CASCADE;

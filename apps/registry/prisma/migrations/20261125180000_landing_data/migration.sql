-- AlterTable
ALTER TABLE "dataset" ADD COLUMN     "look_asked_at" TIMESTAMPTZ(3),
ADD COLUMN     "paused_at" TIMESTAMPTZ(3),
ADD COLUMN     "paused_by" TEXT,
ADD COLUMN     "watch" JSONB;

-- AlterTable
ALTER TABLE "run" ADD COLUMN     "asked" JSONB;

-- CreateTable
CREATE TABLE "correction" (
    "dataset" TEXT NOT NULL,
    "number" INTEGER NOT NULL,
    "reason" TEXT NOT NULL,
    "actions" JSONB NOT NULL,
    "by" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT transaction_timestamp(),

    CONSTRAINT "correction_pkey" PRIMARY KEY ("dataset","number")
);

-- CreateTable
CREATE TABLE "ingestion" (
    "id" TEXT NOT NULL,
    "dataset" TEXT NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'running',
    "objects" INTEGER NOT NULL DEFAULT 0,
    "inspected" INTEGER NOT NULL DEFAULT 0,
    "corrections" INTEGER NOT NULL DEFAULT 0,
    "dataset_version" TEXT,
    "new_images" INTEGER NOT NULL DEFAULT 0,
    "duplicates" INTEGER NOT NULL DEFAULT 0,
    "quarantined" INTEGER NOT NULL DEFAULT 0,
    "error" JSONB,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT transaction_timestamp(),
    "finished_at" TIMESTAMPTZ(3),

    CONSTRAINT "ingestion_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "ingestion_dataset_created_at_idx" ON "ingestion"("dataset", "created_at" DESC);

-- AddForeignKey
ALTER TABLE "correction" ADD CONSTRAINT "correction_dataset_fkey" FOREIGN KEY ("dataset") REFERENCES "dataset"("name") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "ingestion" ADD CONSTRAINT "ingestion_dataset_fkey" FOREIGN KEY ("dataset") REFERENCES "dataset"("name") ON DELETE RESTRICT ON UPDATE RESTRICT;

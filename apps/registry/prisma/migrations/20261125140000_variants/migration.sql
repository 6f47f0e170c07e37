-- AlterTable
ALTER TABLE "deployment" ADD COLUMN     "previous_variant" TEXT,
ADD COLUMN     "variant" TEXT NOT NULL DEFAULT 'fp32';

-- AlterTable
ALTER TABLE "promotion" ADD COLUMN     "variant" TEXT NOT NULL DEFAULT 'fp32';

-- CreateTable
CREATE TABLE "pipeline_embedder" (
    "pipeline" TEXT NOT NULL,
    "identity" TEXT NOT NULL,
    "embedder" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT transaction_timestamp(),

    CONSTRAINT "pipeline_embedder_pkey" PRIMARY KEY ("pipeline","identity")
);

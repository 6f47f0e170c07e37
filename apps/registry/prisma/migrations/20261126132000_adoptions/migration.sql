-- AlterTable
ALTER TABLE "model_version" ALTER COLUMN "run_id" DROP NOT NULL;

-- AlterTable
ALTER TABLE "promotion" ADD COLUMN     "skip_stages" BOOLEAN NOT NULL DEFAULT false;

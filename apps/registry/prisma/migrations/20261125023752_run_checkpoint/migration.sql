-- AlterTable
ALTER TABLE "run" ADD COLUMN     "checkpoint" JSONB;

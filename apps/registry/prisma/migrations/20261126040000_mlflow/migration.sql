-- What MLflow's API keeps of a version beside the rest: that it has no description, and where its bytes are where its source is another version.

-- AlterTable
ALTER TABLE "version_entry" ADD COLUMN "location" TEXT,
ALTER COLUMN "description" DROP NOT NULL;

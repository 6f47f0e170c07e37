-- AlterTable
ALTER TABLE "access_token" DROP CONSTRAINT "access_token_pkey",
ADD COLUMN     "created_by" TEXT,
ADD COLUMN     "expires_at" TIMESTAMPTZ(3),
ADD COLUMN     "id" UUID NOT NULL DEFAULT gen_random_uuid(),
ADD COLUMN     "kind" TEXT NOT NULL DEFAULT 'stack',
ADD COLUMN     "last_used_on" DATE,
ADD COLUMN     "revoked_by" TEXT,
ADD CONSTRAINT "access_token_pkey" PRIMARY KEY ("id");

-- CreateTable
CREATE TABLE "trial" (
    "id" UUID NOT NULL,
    "model" TEXT NOT NULL,
    "environment" TEXT NOT NULL,
    "role" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "variant" TEXT NOT NULL,
    "artifact_digest" TEXT NOT NULL,
    "champion_version" INTEGER NOT NULL,
    "policy" JSONB NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'running',
    "step" INTEGER NOT NULL DEFAULT 0,
    "step_since" TIMESTAMPTZ(3) NOT NULL DEFAULT transaction_timestamp(),
    "step_base" JSONB NOT NULL,
    "seen" JSONB NOT NULL,
    "tests" JSONB NOT NULL,
    "promotion_id" UUID,
    "by" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT transaction_timestamp(),
    "ended_at" TIMESTAMPTZ(3),
    "ended_by" TEXT,
    "end_reason" TEXT,

    CONSTRAINT "trial_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "trial_count" (
    "trial_id" UUID NOT NULL,
    "instance" UUID NOT NULL,
    "report" JSONB NOT NULL,

    CONSTRAINT "trial_count_pkey" PRIMARY KEY ("trial_id","instance")
);

-- CreateIndex
CREATE INDEX "trial_model_created_at_idx" ON "trial"("model", "created_at" DESC);

-- AddForeignKey
ALTER TABLE "trial" ADD CONSTRAINT "trial_model_version_fkey" FOREIGN KEY ("model", "version") REFERENCES "model_version"("model", "version") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "trial_count" ADD CONSTRAINT "trial_count_trial_id_fkey" FOREIGN KEY ("trial_id") REFERENCES "trial"("id") ON DELETE CASCADE ON UPDATE RESTRICT;

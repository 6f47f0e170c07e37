-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "public";

-- CreateTable
CREATE TABLE "epoch" (
    "id" INTEGER NOT NULL DEFAULT 1,
    "value" INTEGER NOT NULL DEFAULT 1,
    "raised_at" TIMESTAMPTZ(3) NOT NULL DEFAULT transaction_timestamp(),

    CONSTRAINT "epoch_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "access_token" (
    "name" TEXT NOT NULL,
    "role" TEXT NOT NULL,
    "hash" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT transaction_timestamp(),
    "revoked_at" TIMESTAMPTZ(3),

    CONSTRAINT "access_token_pkey" PRIMARY KEY ("name")
);

-- CreateTable
CREATE TABLE "dataset" (
    "name" TEXT NOT NULL,
    "policy" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT transaction_timestamp(),

    CONSTRAINT "dataset_pkey" PRIMARY KEY ("name")
);

-- CreateTable
CREATE TABLE "dataset_version" (
    "id" TEXT NOT NULL,
    "dataset" TEXT NOT NULL,
    "number" INTEGER NOT NULL,
    "document" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT transaction_timestamp(),

    CONSTRAINT "dataset_version_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "pipeline_version" (
    "name" TEXT NOT NULL,
    "number" INTEGER NOT NULL,
    "digest" TEXT NOT NULL,
    "dataset" TEXT NOT NULL,
    "pipeline" JSONB NOT NULL,
    "yaml" TEXT NOT NULL,
    "enabled" BOOLEAN NOT NULL DEFAULT true,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT transaction_timestamp(),

    CONSTRAINT "pipeline_version_pkey" PRIMARY KEY ("name","number")
);

-- CreateTable
CREATE TABLE "run" (
    "id" UUID NOT NULL,
    "pipeline" TEXT NOT NULL,
    "pipeline_digest" TEXT NOT NULL,
    "train_digest" TEXT NOT NULL,
    "dataset_version" TEXT NOT NULL,
    "attempt" INTEGER NOT NULL,
    "workflow_id" TEXT NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'running',
    "stage" TEXT,
    "embedded" INTEGER,
    "reused" INTEGER,
    "version" INTEGER,
    "error" JSONB,
    "last_seq" INTEGER NOT NULL DEFAULT 0,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT transaction_timestamp(),
    "finished_at" TIMESTAMPTZ(3),

    CONSTRAINT "run_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "run_event" (
    "run_id" UUID NOT NULL,
    "seq" INTEGER NOT NULL,
    "body" JSONB NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT transaction_timestamp(),

    CONSTRAINT "run_event_pkey" PRIMARY KEY ("run_id","seq")
);

-- CreateTable
CREATE TABLE "model" (
    "name" TEXT NOT NULL,
    "latest_version" INTEGER NOT NULL DEFAULT 0,
    "auto_promote_suspended" BOOLEAN NOT NULL DEFAULT false,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT transaction_timestamp(),

    CONSTRAINT "model_pkey" PRIMARY KEY ("name")
);

-- CreateTable
CREATE TABLE "model_version" (
    "model" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "run_id" UUID NOT NULL,
    "state" TEXT NOT NULL,
    "report_digest" TEXT NOT NULL,
    "document" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT transaction_timestamp(),

    CONSTRAINT "model_version_pkey" PRIMARY KEY ("model","version")
);

-- CreateTable
CREATE TABLE "review" (
    "model" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "environment" TEXT NOT NULL,
    "champion_generation" INTEGER NOT NULL,
    "required_approvals" INTEGER NOT NULL,
    "round" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT transaction_timestamp(),

    CONSTRAINT "review_pkey" PRIMARY KEY ("model","version")
);

-- CreateTable
CREATE TABLE "review_decision" (
    "model" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "round" INTEGER NOT NULL,
    "by" TEXT NOT NULL,
    "decision" TEXT NOT NULL,
    "report_digest" TEXT NOT NULL,
    "champion_generation" INTEGER NOT NULL,
    "override_gate" BOOLEAN NOT NULL,
    "reason" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT transaction_timestamp(),

    CONSTRAINT "review_decision_pkey" PRIMARY KEY ("model","version","round","by","decision")
);

-- CreateTable
CREATE TABLE "promotion" (
    "id" UUID NOT NULL,
    "model" TEXT NOT NULL,
    "environment" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "expected_generation" INTEGER NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'requested',
    "generation" INTEGER,
    "automatic" BOOLEAN NOT NULL DEFAULT false,
    "by" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    "error" JSONB,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT transaction_timestamp(),
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT transaction_timestamp(),

    CONSTRAINT "promotion_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "ledger" (
    "model" TEXT NOT NULL,
    "environment" TEXT NOT NULL,
    "generation" INTEGER NOT NULL,
    "epoch" INTEGER NOT NULL,
    "action" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "body" TEXT NOT NULL,
    "hash" BYTEA NOT NULL DEFAULT decode(''::text, 'hex'::text),
    "prev" BYTEA NOT NULL DEFAULT decode(''::text, 'hex'::text),

    CONSTRAINT "ledger_pkey" PRIMARY KEY ("model","environment","generation")
);

-- CreateTable
CREATE TABLE "deployment" (
    "model" TEXT NOT NULL,
    "environment" TEXT NOT NULL,
    "epoch" INTEGER NOT NULL,
    "generation" INTEGER NOT NULL,
    "version" INTEGER NOT NULL,
    "previous_version" INTEGER,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT transaction_timestamp(),

    CONSTRAINT "deployment_pkey" PRIMARY KEY ("model","environment")
);

-- CreateTable
CREATE TABLE "replica" (
    "id" TEXT NOT NULL,
    "environment" TEXT NOT NULL,
    "report" JSONB NOT NULL,
    "renewed_at" TIMESTAMPTZ(3) NOT NULL DEFAULT transaction_timestamp(),
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "replica_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "event" (
    "id" BIGINT NOT NULL DEFAULT 0,
    "kind" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "environment" TEXT,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT transaction_timestamp(),

    CONSTRAINT "event_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "access_token_hash_key" ON "access_token"("hash");

-- CreateIndex
CREATE UNIQUE INDEX "dataset_version_dataset_number_key" ON "dataset_version"("dataset", "number");

-- CreateIndex
CREATE INDEX "pipeline_version_name_digest_idx" ON "pipeline_version"("name", "digest");

-- CreateIndex
CREATE INDEX "run_created_at_idx" ON "run"("created_at" DESC);

-- CreateIndex
CREATE UNIQUE INDEX "run_identity" ON "run"("pipeline", "dataset_version", "train_digest", "attempt");

-- CreateIndex
CREATE UNIQUE INDEX "model_version_run_id_key" ON "model_version"("run_id");

-- CreateIndex
CREATE INDEX "promotion_state_environment_idx" ON "promotion"("state", "environment");

-- CreateIndex
CREATE UNIQUE INDEX "deployment_model_environment_generation_key" ON "deployment"("model", "environment", "generation");

-- CreateIndex
CREATE INDEX "replica_environment_idx" ON "replica"("environment");

-- CreateIndex
CREATE INDEX "event_at_idx" ON "event"("at");

-- AddForeignKey
ALTER TABLE "dataset_version" ADD CONSTRAINT "dataset_version_dataset_fkey" FOREIGN KEY ("dataset") REFERENCES "dataset"("name") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "run" ADD CONSTRAINT "run_dataset_version_fkey" FOREIGN KEY ("dataset_version") REFERENCES "dataset_version"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "run_event" ADD CONSTRAINT "run_event_run_id_fkey" FOREIGN KEY ("run_id") REFERENCES "run"("id") ON DELETE CASCADE ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "model_version" ADD CONSTRAINT "model_version_model_fkey" FOREIGN KEY ("model") REFERENCES "model"("name") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "model_version" ADD CONSTRAINT "model_version_run_id_fkey" FOREIGN KEY ("run_id") REFERENCES "run"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "review" ADD CONSTRAINT "review_model_version_fkey" FOREIGN KEY ("model", "version") REFERENCES "model_version"("model", "version") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "review_decision" ADD CONSTRAINT "review_decision_model_version_fkey" FOREIGN KEY ("model", "version") REFERENCES "review"("model", "version") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "promotion" ADD CONSTRAINT "promotion_model_version_fkey" FOREIGN KEY ("model", "version") REFERENCES "model_version"("model", "version") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "ledger" ADD CONSTRAINT "ledger_version" FOREIGN KEY ("model", "version") REFERENCES "model_version"("model", "version") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "deployment" ADD CONSTRAINT "deployment_ledger" FOREIGN KEY ("model", "environment", "generation") REFERENCES "ledger"("model", "environment", "generation") ON DELETE RESTRICT ON UPDATE RESTRICT;



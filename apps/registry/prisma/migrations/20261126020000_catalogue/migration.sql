-- Models whose name can change, and what people may change of every version: descriptions, tags, aliases.

-- AlterTable
ALTER TABLE "model" ADD COLUMN "id" UUID NOT NULL DEFAULT gen_random_uuid(),
ADD COLUMN "description" TEXT NOT NULL DEFAULT '',
ADD COLUMN "hidden_at" TIMESTAMPTZ(3),
ADD COLUMN "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT transaction_timestamp();

-- CreateTable
CREATE TABLE "model_tag" (
    "model" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "value" TEXT NOT NULL,

    CONSTRAINT "model_tag_pkey" PRIMARY KEY ("model","key")
);

-- CreateTable
CREATE TABLE "version_entry" (
    "model" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "kind" TEXT NOT NULL,
    "source" TEXT NOT NULL,
    "run_id" TEXT,
    "run_link" TEXT,
    "description" TEXT NOT NULL DEFAULT '',
    "stage" TEXT NOT NULL DEFAULT 'None',
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT transaction_timestamp(),
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT transaction_timestamp(),
    "hidden_at" TIMESTAMPTZ(3),

    CONSTRAINT "version_entry_pkey" PRIMARY KEY ("model","version")
);

-- CreateTable
CREATE TABLE "version_tag" (
    "model" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "key" TEXT NOT NULL,
    "value" TEXT NOT NULL,

    CONSTRAINT "version_tag_pkey" PRIMARY KEY ("model","version","key")
);

-- CreateTable
CREATE TABLE "model_alias" (
    "model" TEXT NOT NULL,
    "alias" TEXT NOT NULL,
    "version" INTEGER NOT NULL,

    CONSTRAINT "model_alias_pkey" PRIMARY KEY ("model","alias")
);

-- What was registered before has an entry too; its source is the artifact that it prefers to serve.
INSERT INTO "version_entry" ("model", "version", "kind", "source", "run_id", "created_at", "updated_at")
  SELECT "model", "version", 'graft',
    'sha256:' || coalesce((
      SELECT "artifact" ->> 'digest' FROM jsonb_array_elements("document" -> 'artifacts') AS "artifact"
      WHERE "artifact" ->> 'kind' = 'model' AND "artifact" ->> 'variant' = coalesce("document" ->> 'variant', 'fp32')
      LIMIT 1), "report_digest"),
    "run_id"::text, "created_at", "created_at"
  FROM "model_version";

-- CreateIndex
CREATE UNIQUE INDEX "model_id_key" ON "model"("id");

-- CreateIndex
CREATE INDEX "version_entry_run_id_idx" ON "version_entry"("run_id");

-- CreateIndex
CREATE INDEX "version_entry_updated_at_model_version_idx" ON "version_entry"("updated_at" DESC, "model", "version");

-- CreateIndex
CREATE INDEX "version_tag_key_value_idx" ON "version_tag"("key", "value");

-- CreateIndex
CREATE INDEX "model_alias_model_version_idx" ON "model_alias"("model", "version");

-- AddForeignKey
ALTER TABLE "model_tag" ADD CONSTRAINT "model_tag_model_fkey" FOREIGN KEY ("model") REFERENCES "model"("name") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "version_entry" ADD CONSTRAINT "version_entry_model_fkey" FOREIGN KEY ("model") REFERENCES "model"("name") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "version_tag" ADD CONSTRAINT "version_tag_model_version_fkey" FOREIGN KEY ("model", "version") REFERENCES "version_entry"("model", "version") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "model_alias" ADD CONSTRAINT "model_alias_model_version_fkey" FOREIGN KEY ("model", "version") REFERENCES "version_entry"("model", "version") ON DELETE CASCADE ON UPDATE CASCADE;

-- A name that changes is followed by all that refers to it.
ALTER TABLE "model_version" DROP CONSTRAINT "model_version_model_fkey";
ALTER TABLE "model_version" ADD CONSTRAINT "model_version_model_version_fkey" FOREIGN KEY ("model", "version") REFERENCES "version_entry"("model", "version") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "review" DROP CONSTRAINT "review_model_version_fkey";
ALTER TABLE "review" ADD CONSTRAINT "review_model_version_fkey" FOREIGN KEY ("model", "version") REFERENCES "model_version"("model", "version") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "review_decision" DROP CONSTRAINT "review_decision_model_version_fkey";
ALTER TABLE "review_decision" ADD CONSTRAINT "review_decision_model_version_fkey" FOREIGN KEY ("model", "version") REFERENCES "review"("model", "version") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "promotion" DROP CONSTRAINT "promotion_model_version_fkey";
ALTER TABLE "promotion" ADD CONSTRAINT "promotion_model_version_fkey" FOREIGN KEY ("model", "version") REFERENCES "model_version"("model", "version") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "ledger" DROP CONSTRAINT "ledger_version";
ALTER TABLE "ledger" ADD CONSTRAINT "ledger_version" FOREIGN KEY ("model", "version") REFERENCES "model_version"("model", "version") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "deployment" DROP CONSTRAINT "deployment_ledger";
ALTER TABLE "deployment" ADD CONSTRAINT "deployment_ledger" FOREIGN KEY ("model", "environment", "generation") REFERENCES "ledger"("model", "environment", "generation") ON DELETE RESTRICT ON UPDATE CASCADE;

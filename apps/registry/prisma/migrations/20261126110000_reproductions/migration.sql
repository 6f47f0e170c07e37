-- CreateTable
CREATE TABLE "reproduction" (
    "id" UUID NOT NULL,
    "model" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "variant" TEXT,
    "fresh" BOOLEAN NOT NULL DEFAULT false,
    "state" TEXT NOT NULL DEFAULT 'requested',
    "stage" TEXT,
    "checkpoint" JSONB,
    "outcome" TEXT,
    "report" TEXT,
    "error" JSONB,
    "by" TEXT NOT NULL,
    "last_seq" INTEGER NOT NULL DEFAULT 0,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT transaction_timestamp(),
    "finished_at" TIMESTAMPTZ(3),

    CONSTRAINT "reproduction_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "reproduction_event" (
    "reproduction_id" UUID NOT NULL,
    "seq" INTEGER NOT NULL,
    "body" JSONB NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT transaction_timestamp(),

    CONSTRAINT "reproduction_event_pkey" PRIMARY KEY ("reproduction_id","seq")
);

-- CreateIndex
CREATE INDEX "reproduction_state_idx" ON "reproduction"("state");

-- CreateIndex
CREATE INDEX "reproduction_model_version_created_at_idx" ON "reproduction"("model", "version", "created_at" DESC);

-- AddForeignKey
ALTER TABLE "reproduction" ADD CONSTRAINT "reproduction_model_version_fkey" FOREIGN KEY ("model", "version") REFERENCES "model_version"("model", "version") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "reproduction_event" ADD CONSTRAINT "reproduction_event_reproduction_id_fkey" FOREIGN KEY ("reproduction_id") REFERENCES "reproduction"("id") ON DELETE CASCADE ON UPDATE RESTRICT;

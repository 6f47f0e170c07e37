-- CreateTable
CREATE TABLE "freeze" (
    "id" BIGSERIAL NOT NULL,
    "model" TEXT,
    "environment" TEXT,
    "reason" TEXT NOT NULL,
    "by" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT transaction_timestamp(),
    "ended_at" TIMESTAMPTZ(3),
    "ended_by" TEXT,
    "end_reason" TEXT,

    CONSTRAINT "freeze_pkey" PRIMARY KEY ("id")
);

-- AddForeignKey
ALTER TABLE "freeze" ADD CONSTRAINT "freeze_model_fkey" FOREIGN KEY ("model") REFERENCES "model"("name") ON DELETE RESTRICT ON UPDATE CASCADE;

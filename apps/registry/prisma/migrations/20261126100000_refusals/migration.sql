-- CreateTable
CREATE TABLE "refusal" (
    "id" BIGSERIAL NOT NULL,
    "minute" TIMESTAMPTZ(3) NOT NULL,
    "status" SMALLINT NOT NULL,
    "operation" TEXT NOT NULL,
    "token" TEXT NOT NULL DEFAULT '',
    "role" TEXT NOT NULL DEFAULT '',
    "address" TEXT NOT NULL,
    "count" INTEGER NOT NULL,
    "first_at" TIMESTAMPTZ(3) NOT NULL DEFAULT transaction_timestamp(),
    "last_at" TIMESTAMPTZ(3) NOT NULL DEFAULT transaction_timestamp(),

    CONSTRAINT "refusal_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "refusal_minute_status_operation_token_role_address_key" ON "refusal"("minute", "status", "operation", "token", "role", "address");

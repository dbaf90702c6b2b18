CREATE TABLE "runs" (
	"id" text PRIMARY KEY NOT NULL,
	"seed" integer NOT NULL,
	"settings" jsonb NOT NULL,
	"started_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "individuals" (
	"run_id" text NOT NULL,
	"id" text NOT NULL,
	"generation" integer NOT NULL,
	"genome" jsonb NOT NULL,
	"parents" text[] NOT NULL,
	"mutation" text NOT NULL,
	"weights" text,
	"score" double precision,
	CONSTRAINT "individuals_run_id_id_pk" PRIMARY KEY("run_id","id")
);
--> statement-breakpoint
CREATE TABLE "units" (
	"key" text PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"result" jsonb NOT NULL,
	"done_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "individuals" ADD CONSTRAINT "individuals_run_id_runs_id_fk" FOREIGN KEY ("run_id") REFERENCES "runs"("id");
--> statement-breakpoint
CREATE INDEX "individuals_generation" ON "individuals" USING btree ("run_id","generation");

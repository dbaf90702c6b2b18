CREATE TABLE "weights" (
	"digest" text PRIMARY KEY NOT NULL,
	"base64" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "candidates" (
	"run" text NOT NULL,
	"unit" integer NOT NULL,
	"digest" text NOT NULL,
	"score" double precision NOT NULL,
	"files" jsonb NOT NULL,
	CONSTRAINT "candidates_run_unit_pk" PRIMARY KEY("run","unit")
);

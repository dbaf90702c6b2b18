create schema drizzle;
create table drizzle.__drizzle_migrations (id serial primary key, hash text not null, created_at bigint);
CREATE TABLE "runs" (
	"id" text PRIMARY KEY NOT NULL,
	"seed" integer NOT NULL,
	"settings" jsonb NOT NULL,
	"started_at" timestamp with time zone DEFAULT now() NOT NULL
);
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
CREATE TABLE "units" (
	"key" text PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"result" jsonb NOT NULL,
	"done_at" timestamp with time zone DEFAULT now() NOT NULL
);
ALTER TABLE "individuals" ADD CONSTRAINT "individuals_run_id_runs_id_fk" FOREIGN KEY ("run_id") REFERENCES "runs"("id");
CREATE INDEX "individuals_generation" ON "individuals" USING btree ("run_id","generation");
insert into drizzle.__drizzle_migrations ("id", "hash", "created_at") values ('1', '4ba91e0c37d242819512b70bfa2cbfe258b556bd4228c33614ffeb194d78cfc6', '1795000000000');
insert into public.runs ("id", "seed", "settings", "started_at") values ('run-7', '7', '{"note": "it''s old", "population": 4, "generations": 2}', '2026-11-23 00:47:42.537+00');
insert into public.individuals ("run_id", "id", "generation", "genome", "parents", "mutation", "weights", "score") values ('run-7', 'a', '0', '{"rate": 0.003, "dModel": 32, "planner": {"edge": 1.5}}', '{}', 'founder', 'sha256:aa', '12.5');
insert into public.individuals ("run_id", "id", "generation", "genome", "parents", "mutation", "weights", "score") values ('run-7', 'b', '0', '{"rate": 0.003, "dModel": 32, "planner": {"edge": 1.5}}', '{}', 'founder', 'sha256:bb', '-0.25');
insert into public.individuals ("run_id", "id", "generation", "genome", "parents", "mutation", "weights", "score") values ('run-7', 'c', '1', '{"rate": 0.003, "dModel": 32, "planner": {"edge": 1.5}}', '{a,b}', 'crossover', NULL, NULL);
insert into public.units ("key", "kind", "result", "done_at") values ('sha256:unit-1', 'train', '{"loss": 1.25, "weights": "sha256:aa"}', '2026-11-23 00:47:42.554+00');
insert into public.units ("key", "kind", "result", "done_at") values ('sha256:unit-2', 'evaluate', '{"fills": 87, "score": 12.5}', '2026-11-23 00:47:42.556+00');
select setval('drizzle.__drizzle_migrations_id_seq', 1);

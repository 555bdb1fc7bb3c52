-- After Rails: timestamps, a join table without a key, a polymorphic reference, single table inheritance, its own tables.
CREATE TABLE "schema_migrations" ("version" varchar NOT NULL PRIMARY KEY);
CREATE TABLE "ar_internal_metadata" ("key" varchar NOT NULL PRIMARY KEY, "value" varchar, "created_at" datetime(6) NOT NULL, "updated_at" datetime(6) NOT NULL);
CREATE TABLE "users" ("id" integer PRIMARY KEY AUTOINCREMENT NOT NULL, "email" varchar DEFAULT '' NOT NULL, "encrypted_password" varchar DEFAULT '' NOT NULL,
  "type" varchar, "sign_in_count" integer DEFAULT 0 NOT NULL, "admin" boolean DEFAULT 0, "settings" json DEFAULT '{}' NOT NULL,
  "reset_password_sent_at" datetime(6), "lock_version" integer DEFAULT 0 NOT NULL, "created_at" datetime(6) NOT NULL, "updated_at" datetime(6) NOT NULL);
CREATE TABLE "projects" ("id" integer PRIMARY KEY AUTOINCREMENT NOT NULL, "name" varchar(80) NOT NULL, "owner_id" integer NOT NULL, "parent_id" integer,
  "budget" decimal(12,2), "starts_on" date, "created_at" datetime(6) NOT NULL, "updated_at" datetime(6) NOT NULL,
  CONSTRAINT "fk_rails_1" FOREIGN KEY ("owner_id") REFERENCES "users" ("id"),
  CONSTRAINT "fk_rails_2" FOREIGN KEY ("parent_id") REFERENCES "projects" ("id") ON DELETE SET NULL);
CREATE TABLE "projects_users" ("project_id" integer NOT NULL, "user_id" integer NOT NULL,
  CONSTRAINT "fk_rails_3" FOREIGN KEY ("project_id") REFERENCES "projects" ("id"), CONSTRAINT "fk_rails_4" FOREIGN KEY ("user_id") REFERENCES "users" ("id"));
CREATE TABLE "comments" ("id" varchar PRIMARY KEY NOT NULL, "commentable_type" varchar NOT NULL, "commentable_id" integer NOT NULL, "body" text, "filter" varchar,
  "created_at" datetime(6), "updated_at" datetime(6));
CREATE UNIQUE INDEX "index_users_on_email" ON "users" ("email");
CREATE INDEX "index_projects_on_owner_id" ON "projects" ("owner_id");
CREATE INDEX "index_comments_on_commentable" ON "comments" ("commentable_type", "commentable_id");
CREATE UNIQUE INDEX "index_projects_on_owner_and_name" ON "projects" ("owner_id", "name");
CREATE UNIQUE INDEX "index_projects_users" ON "projects_users" ("project_id", "user_id");

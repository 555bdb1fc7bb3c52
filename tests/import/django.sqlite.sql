-- In the manner of Django: an id in every table, many-to-many through tables of their own, decimals and JSON as text.
CREATE TABLE "django_migrations" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "app" varchar(255) NOT NULL, "name" varchar(255) NOT NULL, "applied" datetime NOT NULL);
CREATE TABLE "auth_user" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "password" varchar(128) NOT NULL, "last_login" datetime NULL, "is_superuser" bool NOT NULL, "username" varchar(150) NOT NULL UNIQUE, "date_joined" datetime NOT NULL);
CREATE TABLE "auth_group" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "name" varchar(150) NOT NULL UNIQUE);
CREATE TABLE "auth_user_groups" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "user_id" integer NOT NULL REFERENCES "auth_user" ("id") DEFERRABLE INITIALLY DEFERRED, "group_id" integer NOT NULL REFERENCES "auth_group" ("id") DEFERRABLE INITIALLY DEFERRED);
CREATE UNIQUE INDEX "auth_user_groups_user_id_group_id_94350c0c_uniq" ON "auth_user_groups" ("user_id", "group_id");
CREATE TABLE "shop_category" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "name" varchar(50) NOT NULL, "parent_id" bigint NULL REFERENCES "shop_category" ("id") DEFERRABLE INITIALLY DEFERRED, "slug" varchar(50) NOT NULL, UNIQUE ("parent_id","slug"));
CREATE TABLE "shop_product" ("id" char(32) NOT NULL PRIMARY KEY, "name" varchar(50) NOT NULL, "price" decimal NOT NULL, "weight" text, "active" bool NOT NULL, "data" text NOT NULL CHECK ((JSON_VALID("data") OR "data" IS NULL)), "stock" integer unsigned NOT NULL CHECK ("stock" >= 0), "made" date, "took" bigint, "category_id" bigint NOT NULL REFERENCES "shop_category" ("id") DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE "shop_product_related" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "from_product_id" char(32) NOT NULL REFERENCES "shop_product" ("id"), "to_product_id" char(32) NOT NULL REFERENCES "shop_product" ("id"));
INSERT INTO auth_user VALUES (1,'pbkdf2',NULL,1,'admin','2026-01-02 03:04:05.678901'),(5,'x','2026-01-02 03:04:05',0,'ann','2026-01-02 03:04:05');
INSERT INTO auth_group VALUES (1,'staff');
INSERT INTO auth_user_groups VALUES (1,5,1);
INSERT INTO shop_category VALUES (1,'Root',NULL,'root'),(2,'Tools',1,'tools');
INSERT INTO shop_product VALUES ('0123456789abcdef0123456789abcdef','Hammer',12.5,'1.250',1,'{"a": 1}',3,'2026-01-02',1000000,2),('ffffffffffffffffffffffffffffffff','Saw','9.99','0.5',0,'{}',0,NULL,NULL,2);
INSERT INTO shop_product_related VALUES (1,'0123456789abcdef0123456789abcdef','ffffffffffffffffffffffffffffffff');

-- A market as one would make it by hand, with rows: ten tables, names and types of all manners.
create type order_status as enum ('open', 'paid', 'sent');
create table "Supplier" ("SupplierID" serial primary key, "CompanyName" varchar(80) not null, "Country" char(2), "Homepage" text);
create table "Category" ("CategoryID" integer primary key, "Name" varchar(40) not null unique, "ParentID" integer references "Category");
create table "Product" ("ProductID" serial primary key, "Name" varchar(120) not null, "SupplierID" integer not null references "Supplier",
  "CategoryID" integer references "Category", "UnitPrice" numeric(10,2) not null default 0, "Weight" real, "Discontinued" boolean not null default false,
  "AddedOn" date, "Attributes" json);
create index "IX_Product_Supplier" on "Product" ("SupplierID");
create table "Tag" ("TagID" integer primary key, "Label" varchar(30) not null unique);
create table "ProductTag" ("ProductID" integer not null references "Product", "TagID" integer not null references "Tag", primary key ("ProductID", "TagID"));
create table customers (id uuid primary key, email varchar(200) not null unique, full_name varchar(100) not null, created_at timestamp not null, newsletter boolean not null default false);
create table addresses (id bigserial primary key, customer_id uuid not null references customers on delete cascade, street varchar(200) not null, city varchar(80) not null);
create table orders (id bigint generated always as identity primary key, customer_id uuid not null references customers, status order_status not null,
  placed_at timestamptz not null, total numeric, secret_note bytea, labels text[]);
create index orders_customer_id_idx on orders (customer_id);
create table order_lines (order_id bigint not null references orders, line_no integer not null, product_id integer not null references "Product",
  quantity integer not null check (quantity >= 1), primary key (order_id, line_no));
create table event_log (at timestamp, what text);
create view open_orders as select * from orders where status = 'open';
insert into "Supplier" ("CompanyName", "Country", "Homepage") values ('Acme', 'DE', null), ('Bolt & Söhne', 'AT', 'https://bolt.example'), ('Gone', null, null);
delete from "Supplier" where "SupplierID" = 3;
insert into "Category" values (1, 'Tools', null), (2, 'Hand tools', 1);
insert into "Product" ("Name", "SupplierID", "CategoryID", "UnitPrice", "Weight", "Discontinued", "AddedOn", "Attributes") values
  ('Hammer', 1, 2, 12.5, 0.75, false, '2026-01-02', '{"head":"steel"}'), ('Saw', 2, 2, 8, null, true, null, null), ('Nail', 1, null, 0.01, 0.001, false, '2026-03-04', null);
insert into "Tag" values (1, 'new'), (2, 'sale');
insert into "ProductTag" values (1, 1), (1, 2), (2, 2);
insert into customers values ('00000000-0000-4000-8000-000000000001', 'ann@example.org', 'Ann O''Neill', '2026-01-01 10:00:00', true),
  ('00000000-0000-4000-8000-000000000002', 'bo@example.org', 'Bo', '2026-02-01 12:30:00.25', false);
insert into addresses (customer_id, street, city) values ('00000000-0000-4000-8000-000000000001', 'Main street 1', 'Ulm');
insert into orders (customer_id, status, placed_at, total, secret_note, labels) values
  ('00000000-0000-4000-8000-000000000001', 'paid', '2026-02-03 04:05:06.123456+00', 25.01, '\x00ff', '{a,b}'), ('00000000-0000-4000-8000-000000000002', 'open', '2026-02-04 00:00:00+00', null, null, null);
insert into order_lines values (1, 1, 1, 2), (1, 2, 3, 1), (2, 1, 2, 1);
insert into event_log values ('2026-02-03 04:05:06', 'paid'), (null, 'nothing');

-- After Northwind on PostgreSQL: text keys, smallint ids, a composite key, defaults of every kind.
create table customers (customer_id varchar(5) primary key, company_name varchar(40) not null, phone varchar(24));
create table employees (employee_id smallint primary key, last_name varchar(20) not null, birth_date date default current_date, photo bytea, reports_to smallint references employees);
create table orders (order_id smallint primary key, customer_id varchar(5) references customers, employee_id smallint references employees on delete set null, order_date timestamptz default now(),
  freight real default 0, status varchar(12) default 'new' not null constraint orders_status check (status::text = any (array['new'::varchar, 'paid'::varchar]::text[])),
  paid boolean default false, created_at timestamptz not null, version bigint not null default 1);
create table order_details (order_id smallint not null references orders, product_id smallint not null, unit_price real not null, quantity smallint not null check (quantity > 0),
  discount double precision not null default '0'::double precision check (discount >= 0::double precision and discount <= 1), primary key (order_id, product_id));
create table us_states (state_id smallint not null primary key, state_name varchar(100), state_abbr char(2) unique);
create table "Odd Table" ("Id" uuid primary key, "Select" text, "größe" int, "user" text);
create table _prisma_migrations (id text primary key);

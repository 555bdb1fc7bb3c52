-- A market as one would make it by hand, with rows: ten tables, names and types of all manners.
create table Supplier (SupplierID integer primary key autoincrement, CompanyName varchar(80) not null, Country char(2), Homepage text);
create table Category (CategoryID integer primary key, Name varchar(40) not null unique, ParentID integer references Category (CategoryID));
create table Product (ProductID integer primary key, Name varchar(120) not null, SupplierID integer not null references Supplier (SupplierID),
  CategoryID integer references Category (CategoryID), UnitPrice numeric(10,2) not null default 0, Weight real, Discontinued tinyint(1) not null default 0,
  AddedOn date, Attributes json);
create index IX_Product_Supplier on Product (SupplierID);
create table Tag (TagID integer primary key, Label varchar(30) not null unique);
create table ProductTag (ProductID integer not null references Product (ProductID), TagID integer not null references Tag (TagID), primary key (ProductID, TagID));
create table customers (id uuid primary key, email varchar(200) not null unique, full_name varchar(100) not null, created_at datetime not null, newsletter boolean not null default false);
create table addresses (id integer primary key, customer_id uuid not null references customers (id) on delete cascade, street varchar(200) not null, city varchar(80) not null);
create table orders (id integer primary key, customer_id uuid not null references customers (id), status varchar(10) not null check (status in ('open', 'paid', 'sent')),
  placed_at datetime not null, total numeric, secret_note blob);
create table order_lines (order_id integer not null references orders (id), line_no integer not null, product_id integer not null references Product (ProductID),
  quantity integer not null check (quantity >= 1), primary key (order_id, line_no));
create table event_log (at timestamp, what text);
create view open_orders as select * from orders where status = 'open';
insert into Supplier values (1, 'Acme', 'DE', null), (2, 'Bolt & Söhne', 'AT', 'https://bolt.example'), (9, 'Gone', null, null);
delete from Supplier where SupplierID = 9;
insert into Category values (1, 'Tools', null), (2, 'Hand tools', 1);
insert into Product values (1, 'Hammer', 1, 2, 12.5, 0.75, 0, '2026-01-02', '{"head":"steel"}'), (2, 'Saw', 2, 2, 8, null, 1, null, null), (3, 'Nail', 1, null, 0.01, 0.001, 0, '2026-03-04', null);
insert into Tag values (1, 'new'), (2, 'sale');
insert into ProductTag values (1, 1), (1, 2), (2, 2);
insert into customers values ('00000000-0000-4000-8000-000000000001', 'ann@example.org', 'Ann O''Neill', '2026-01-01 10:00:00', 1), ('00000000-0000-4000-8000-000000000002', 'bo@example.org', 'Bo', '2026-02-01T12:30:00.250Z', 'false');
insert into addresses values (1, '00000000-0000-4000-8000-000000000001', 'Main street 1', 'Ulm');
insert into orders values (100, '00000000-0000-4000-8000-000000000001', 'paid', '2026-02-03 04:05:06.123456', 25.01, x'00ff'), (101, '00000000-0000-4000-8000-000000000002', 'open', 1770000000, null, null);
insert into order_lines values (100, 1, 1, 2), (100, 2, 3, 1), (101, 1, 2, 1);
insert into event_log values ('2026-02-03 04:05:06', 'paid'), (null, 'nothing');

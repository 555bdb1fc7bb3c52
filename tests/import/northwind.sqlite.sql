-- After Northwind: names with blanks, text keys, a composite key with further columns, views, a trigger.
create table Categories (CategoryID integer primary key autoincrement, CategoryName text not null, Description text, Picture blob);
create table Customers (CustomerID text primary key not null, CompanyName text collate nocase, Phone text check (length(Phone) <= 24));
create table Shippers (ShipperID integer primary key autoincrement not null, CompanyName text not null unique);
create table Orders (OrderID integer not null primary key autoincrement, CustomerID text references Customers, OrderDate datetime default current_timestamp,
  ShipVia integer references Shippers (ShipperID) on delete set null, Freight numeric default 0, "Ship Name" text,
  Status text not null default 'New' check (Status in ('New', 'Invoiced', 'Shipped', 'Closed')));
create table Products (ProductID integer not null primary key autoincrement, ProductName text not null,
  CategoryID integer references Categories (CategoryID) on delete cascade, UnitPrice numeric(10,4) default 0 check (UnitPrice >= 0),
  UnitsInStock integer default 0 check (UnitsInStock >= 0 and UnitsInStock < 10000), Discontinued text not null default '0',
  check (UnitsInStock > 0 or Discontinued = '1'));
create table "Order Details" (OrderID integer not null references Orders (OrderID), ProductID integer not null references Products (ProductID),
  UnitPrice numeric(10,2) not null default 0, Quantity integer not null default 1 check (Quantity > 0), Discount real not null default 0 check (Discount >= 0 and 1 >= Discount),
  Total numeric(10,2) generated always as (UnitPrice * Quantity) virtual, primary key (OrderID, ProductID));
create table EmployeeTerritories (EmployeeID integer, TerritoryID text);
create view "Current Product List" as select ProductID from Products where Discontinued = '0';
create trigger Orders_Shipped after update on Orders begin select 1; end;
create index Orders_Open on Orders (OrderDate) where Status <> 'Closed';
create index Customers_Lower on Customers (lower(CompanyName));

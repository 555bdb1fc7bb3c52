-- Names that are written in one way where they are declared and in another where they are used.
create table Users (Id integer primary key, Email text not null unique);
create table "order" (
    id integer primary key,
    user_id integer not null references users (ID),
    Parent integer references "ORDER",
    total numeric not null check (TOTAL >= 0),
    foreign key (PARENT) references "Order" (iD)
);
create index order_user on "ORDER" (USER_ID);
create table labels (id integer primary key, name text not null);
create table order_labels (
    order_id integer not null references "Order" (id),
    Label_Id integer not null references LABELS (id),
    primary key (ORDER_ID, label_id)
);

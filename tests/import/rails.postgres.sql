-- In the manner of Rails: times without a zone, a join table without an id, a polymorphic reference, arrays.
create table users (id bigserial primary key, email varchar not null, name varchar not null default '', role varchar(20) not null default 'member' check (role in ('member','admin')), tags text[] not null default '{}', settings jsonb not null default '{}', confirmed_at timestamp(6), created_at timestamp(6) not null, updated_at timestamp(6) not null);
create unique index index_users_on_email on users (email);
create table projects (id bigserial primary key, user_id bigint not null references users, name varchar not null, budget numeric(12,2), archived boolean not null default false, created_at timestamp(6) not null, updated_at timestamp(6) not null);
create index index_projects_on_user_id on projects (user_id);
create table projects_users (project_id bigint not null, user_id bigint not null);
create unique index index_projects_users on projects_users (project_id, user_id);
create table memberships_fk (project_id bigint not null references projects, user_id bigint not null references users);
create table comments (id bigserial primary key, commentable_type varchar not null, commentable_id bigint not null, user_id bigint references users, body text not null, created_at timestamp(6) not null, updated_at timestamp(6) not null);
create index index_comments_on_commentable on comments (commentable_type, commentable_id);
create table schema_migrations (version varchar primary key);
create table ar_internal_metadata (key varchar primary key, value varchar, created_at timestamp(6) not null, updated_at timestamp(6) not null);
insert into users (email,name,role,tags,settings,confirmed_at,created_at,updated_at) values ('Ann@Example.org','Ann','admin','{a,b}','{"x":1}','2026-01-01 10:00:00.123456','2026-01-01','2026-01-02'),('ben@example.org','Ben','member','{}','{}',null,'2026-01-01','2026-01-02');
insert into projects (user_id,name,budget,created_at,updated_at) values (1,'Alpha',12.50,'2026-01-01','2026-01-02');
insert into projects_users values (1,1),(1,2);
insert into memberships_fk values (1,1),(1,2),(1,2);
insert into comments (commentable_type,commentable_id,user_id,body,created_at,updated_at) values ('Project',1,1,'hi','2026-01-01','2026-01-01');
insert into schema_migrations values ('20260101');

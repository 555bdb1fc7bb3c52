-- svcgen:step check Every `title` of `books` is at most 60 long.
select title, count(*) from (select id, title, pages, author_id, sequel_id, version, created_at, updated_at from books) as volumes where not (length(title) <= 60) group by 1 order by 2 desc, 1 limit 5;

-- svcgen:step check No two rows of `volumes` agree in `title` and `author_id`.
select title, author_id, count(*) from (select id, title, pages, author_id, sequel_id, version, created_at, updated_at from books) as volumes where title is not null and author_id is not null group by title, author_id having count(*) > 1 order by 3 desc, 1, 2 limit 5;

-- svcgen:step transaction Lets rows of `authors` be deleted.
drop trigger authors_guard;

-- svcgen:step transaction Lets rows of `books` be deleted.
drop trigger books_guard;

-- svcgen:step transaction Renames `books` to `volumes`.
alter table books rename to volumes;

-- svcgen:step transaction Renames `books_archive` to `volumes_archive`.
alter table books_archive rename to volumes_archive;

-- svcgen:step transaction Renames `name` of `authors_archive` to `full_name`.
alter table authors_archive rename column name to full_name;

-- svcgen:step transaction Drops `books_author_id_idx`.
drop index books_author_id_idx;

-- svcgen:step transaction Drops `books_sequel_id_idx`.
drop index books_sequel_id_idx;

-- svcgen:step transaction Drops `books_archive_id_idx`.
drop index books_archive_id_idx;

-- svcgen:step transaction Drops `books_archive_archive_batch_idx`.
drop index books_archive_archive_batch_idx;

-- svcgen:step transaction Drops `books_archive_archived_at_desc_archive_id_desc_idx`.
drop index books_archive_archived_at_desc_archive_id_desc_idx;

-- svcgen:step transaction Rebuilds `authors`.
-- svcgen:carry authors
-- svcgen:keep authors
-- svcgen:keep volumes
create table svcgen_new_authors (
    id integer primary key autoincrement,
    full_name text not null constraint authors_full_name_check check (length(full_name) <= 255),
    kind text not null constraint authors_kind_check check (kind in ('writer', 'critic')),
    best_id integer constraint authors_best_id_fkey references volumes (id),
    version integer not null default 1,
    created_at integer not null,
    updated_at integer not null
) strict;
insert into svcgen_new_authors (id, full_name, kind, best_id, version, created_at, updated_at)
select id, name, case kind when 'poet' then 'writer' else kind end, best_id, version, created_at, updated_at
from authors;
delete from sqlite_sequence where name = 'svcgen_new_authors';
insert into sqlite_sequence (name, seq) select 'svcgen_new_authors', seq from sqlite_sequence where name = 'authors';
drop table authors;
alter table svcgen_new_authors rename to authors;
create index authors_best_id_idx on authors (best_id);

-- svcgen:step transaction Rebuilds `volumes`.
-- svcgen:carry volumes
-- svcgen:keep volumes
-- svcgen:keep authors
create table svcgen_stash_0002_books as select id, note from volumes;
create table svcgen_new_volumes (
    id integer primary key autoincrement,
    title text not null constraint volumes_title_check check (length(title) <= 60),
    pages integer not null,
    code text not null constraint volumes_code_check check (length(code) <= 255),
    author_id integer not null constraint volumes_author_id_fkey references authors (id),
    sequel_id integer constraint volumes_sequel_id_fkey references volumes (id),
    version integer not null default 1,
    created_at integer not null,
    updated_at integer not null
) strict;
insert into svcgen_new_volumes (id, title, pages, code, author_id, sequel_id, version, created_at, updated_at)
select id, title, coalesce(pages, 7), ('v' || title), author_id, sequel_id, version, created_at, updated_at
from (select id, title, pages, author_id, sequel_id, version, created_at, updated_at from volumes) as volumes;
delete from sqlite_sequence where name = 'svcgen_new_volumes';
insert into sqlite_sequence (name, seq) select 'svcgen_new_volumes', seq from sqlite_sequence where name = 'volumes';
drop table volumes;
alter table svcgen_new_volumes rename to volumes;
create unique index volumes_title_author_id_key on volumes (title, author_id);
create index volumes_author_id_idx on volumes (author_id);
create index volumes_sequel_id_idx on volumes (sequel_id);

-- svcgen:step transaction Rebuilds `volumes_archive`.
-- svcgen:carry volumes_archive
-- svcgen:keep volumes_archive
create table svcgen_new_volumes_archive (
    archive_id blob not null primary key,
    archive_batch blob not null,
    archived_at integer not null,
    archived_by text not null,
    archive_reason text,
    archive_request text not null,
    archive_root text not null,
    archive_root_id text,
    archive_schema integer,
    archive_purge_after integer,
    archive_hold integer not null default 0,
    archive_hash text,
    id integer,
    title text,
    pages integer,
    code text,
    author_id integer,
    sequel_id integer,
    version integer,
    created_at integer,
    updated_at integer,
    note text
) strict;
insert into svcgen_new_volumes_archive (archive_id, archive_batch, archived_at, archived_by, archive_reason, archive_request, archive_root, archive_root_id, archive_schema, archive_purge_after, archive_hold, archive_hash, id, title, pages, code, author_id, sequel_id, version, created_at, updated_at, note)
select archive_id, archive_batch, archived_at, archived_by, archive_reason, archive_request, archive_root, archive_root_id, archive_schema, archive_purge_after, archive_hold, archive_hash, id, title, pages, null, author_id, sequel_id, version, created_at, updated_at, note
from volumes_archive;
drop table volumes_archive;
alter table svcgen_new_volumes_archive rename to volumes_archive;
create index volumes_archive_id_idx on volumes_archive (id);
create index volumes_archive_archive_batch_idx on volumes_archive (archive_batch);
create index volumes_archive_archived_at_desc_archive_id_desc_idx on volumes_archive (archived_at desc, archive_id desc);

-- svcgen:step transaction Lets `authors` be searched for words.
create table authors_search_rows (record integer primary key, id integer not null unique) strict;
create virtual table authors_search using fts5 (full_name, content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 0');
insert into authors_search_rows (id) select id from authors;
insert into authors_search (rowid, full_name)
    select record, authors.full_name from authors join authors_search_rows on authors_search_rows.id = authors.id;
create trigger authors_search_insert after insert on authors
begin
    insert into authors_search_rows (id) values (new.id);
    insert or replace into authors_search (rowid, full_name)
    values ((select record from authors_search_rows where id = new.id), new.full_name);
end;
create trigger authors_search_update after update of full_name on authors
begin
    insert or replace into authors_search (rowid, full_name)
    values ((select record from authors_search_rows where id = new.id), new.full_name);
end;
create trigger authors_search_delete after delete on authors
begin
    delete from authors_search where rowid = (select record from authors_search_rows where id = old.id);
    delete from authors_search_rows where id = old.id;
end;

-- svcgen:step transaction Lets rows of `authors` leave only through the archive.
create trigger authors_guard before delete on authors
when not exists (
    select 1 from authors_archive as copy
    where copy.id is old.id
        and copy.full_name is old.full_name
        and copy.kind is old.kind
        and copy.created_at is old.created_at
        and copy.updated_at is old.updated_at
)
begin
    select raise(abort, 'rows of authors leave only through their archive');
end;

-- svcgen:step transaction Lets rows of `volumes` leave only through the archive.
create trigger volumes_guard before delete on volumes
when not exists (
    select 1 from volumes_archive as copy
    where copy.id is old.id
        and copy.title is old.title
        and copy.pages is old.pages
        and copy.code is old.code
        and copy.author_id is old.author_id
        and copy.created_at is old.created_at
        and copy.updated_at is old.updated_at
)
begin
    select raise(abort, 'rows of volumes leave only through their archive');
end;

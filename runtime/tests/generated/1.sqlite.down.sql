-- svcgen:step check Every `pages` of `volumes` can become int.
select pages, count(*) from volumes where pages not between -2147483648 and 2147483647 group by 1 order by 2 desc, 1 limit 5;

-- svcgen:step check Every `pages` of `volumes_archive` can become int.
select pages, count(*) from volumes_archive where pages not between -2147483648 and 2147483647 group by 1 order by 2 desc, 1 limit 5;

-- svcgen:step transaction Ends the search in `authors`.
drop trigger authors_search_insert;
drop trigger authors_search_update;
drop trigger authors_search_delete;
drop table authors_search;
drop table authors_search_rows;

-- svcgen:step transaction Lets rows of `authors` be deleted.
drop trigger authors_guard;

-- svcgen:step transaction Lets rows of `volumes` be deleted.
drop trigger volumes_guard;

-- svcgen:step transaction Renames `volumes` to `books`.
alter table volumes rename to books;

-- svcgen:step transaction Renames `volumes_archive` to `books_archive`.
alter table volumes_archive rename to books_archive;

-- svcgen:step transaction Renames `full_name` of `authors_archive` to `name`.
alter table authors_archive rename column full_name to name;

-- svcgen:step transaction Drops `volumes_title_author_id_key`.
drop index volumes_title_author_id_key;

-- svcgen:step transaction Drops `volumes_author_id_idx`.
drop index volumes_author_id_idx;

-- svcgen:step transaction Drops `volumes_sequel_id_idx`.
drop index volumes_sequel_id_idx;

-- svcgen:step transaction Drops `volumes_archive_id_idx`.
drop index volumes_archive_id_idx;

-- svcgen:step transaction Drops `volumes_archive_archive_batch_idx`.
drop index volumes_archive_archive_batch_idx;

-- svcgen:step transaction Drops `volumes_archive_archived_at_desc_archive_id_desc_idx`.
drop index volumes_archive_archived_at_desc_archive_id_desc_idx;

-- svcgen:step transaction Rebuilds `authors`.
-- svcgen:carry authors
-- svcgen:keep authors
-- svcgen:keep books
create table svcgen_new_authors (
    id integer primary key autoincrement,
    name text not null constraint authors_name_check check (length(name) <= 255),
    kind text not null constraint authors_kind_check check (kind in ('poet', 'critic')),
    best_id integer constraint authors_best_id_fkey references books (id),
    version integer not null default 1,
    created_at integer not null,
    updated_at integer not null
) strict;
insert into svcgen_new_authors (id, name, kind, best_id, version, created_at, updated_at)
select id, full_name, case kind when 'writer' then 'poet' else kind end, best_id, version, created_at, updated_at
from authors;
delete from sqlite_sequence where name = 'svcgen_new_authors';
insert into sqlite_sequence (name, seq) select 'svcgen_new_authors', seq from sqlite_sequence where name = 'authors';
drop table authors;
alter table svcgen_new_authors rename to authors;
create index authors_best_id_idx on authors (best_id);

-- svcgen:step transaction Rebuilds `books`.
-- svcgen:carry books
-- svcgen:keep books
-- svcgen:keep authors
create table svcgen_new_books (
    id integer primary key autoincrement,
    title text not null constraint books_title_check check (length(title) <= 80),
    pages integer,
    note text,
    author_id integer not null constraint books_author_id_fkey references authors (id),
    sequel_id integer constraint books_sequel_id_fkey references books (id),
    version integer not null default 1,
    created_at integer not null,
    updated_at integer not null
) strict;
insert into svcgen_new_books (id, title, pages, note, author_id, sequel_id, version, created_at, updated_at)
select id, title, pages, (select svcgen_stash.note from svcgen_stash_0002_books as svcgen_stash where svcgen_stash.id = books.id), author_id, sequel_id, version, created_at, updated_at
from books;
delete from sqlite_sequence where name = 'svcgen_new_books';
insert into sqlite_sequence (name, seq) select 'svcgen_new_books', seq from sqlite_sequence where name = 'books';
drop table books;
alter table svcgen_new_books rename to books;
create index books_author_id_idx on books (author_id);
create index books_sequel_id_idx on books (sequel_id);

-- svcgen:step transaction Rebuilds `books_archive`.
-- svcgen:carry books_archive
-- svcgen:keep books_archive
create table svcgen_new_books_archive (
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
    note text,
    author_id integer,
    sequel_id integer,
    version integer,
    created_at integer,
    updated_at integer
) strict;
insert into svcgen_new_books_archive (archive_id, archive_batch, archived_at, archived_by, archive_reason, archive_request, archive_root, archive_root_id, archive_schema, archive_purge_after, archive_hold, archive_hash, id, title, pages, note, author_id, sequel_id, version, created_at, updated_at)
select archive_id, archive_batch, archived_at, archived_by, archive_reason, archive_request, archive_root, archive_root_id, archive_schema, archive_purge_after, archive_hold, archive_hash, id, title, pages, note, author_id, sequel_id, version, created_at, updated_at
from books_archive;
drop table books_archive;
alter table svcgen_new_books_archive rename to books_archive;
create index books_archive_id_idx on books_archive (id);
create index books_archive_archive_batch_idx on books_archive (archive_batch);
create index books_archive_archived_at_desc_archive_id_desc_idx on books_archive (archived_at desc, archive_id desc);

-- svcgen:step transaction Lets rows of `authors` leave only through the archive.
create trigger authors_guard before delete on authors
when not exists (
    select 1 from authors_archive as copy
    where copy.id is old.id
        and copy.name is old.name
        and copy.kind is old.kind
        and copy.created_at is old.created_at
        and copy.updated_at is old.updated_at
)
begin
    select raise(abort, 'rows of authors leave only through their archive');
end;

-- svcgen:step transaction Lets rows of `books` leave only through the archive.
create trigger books_guard before delete on books
when not exists (
    select 1 from books_archive as copy
    where copy.id is old.id
        and copy.title is old.title
        and copy.pages is old.pages
        and copy.note is old.note
        and copy.author_id is old.author_id
        and copy.created_at is old.created_at
        and copy.updated_at is old.updated_at
)
begin
    select raise(abort, 'rows of books leave only through their archive');
end;

-- svcgen:step transaction Drops the copy `svcgen_stash_0002_books`, whose values are back.
drop table svcgen_stash_0002_books;

-- svcgen:step transaction Creates `authors_archive`.
create table authors_archive (
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
    name text,
    kind text,
    best_id integer,
    version integer,
    created_at integer,
    updated_at integer
) strict;
create index authors_archive_id_idx on authors_archive (id);
create index authors_archive_archive_batch_idx on authors_archive (archive_batch);
create index authors_archive_archived_at_desc_archive_id_desc_idx on authors_archive (archived_at desc, archive_id desc);

-- svcgen:step transaction Creates `books_archive`.
create table books_archive (
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
create index books_archive_id_idx on books_archive (id);
create index books_archive_archive_batch_idx on books_archive (archive_batch);
create index books_archive_archived_at_desc_archive_id_desc_idx on books_archive (archived_at desc, archive_id desc);

-- svcgen:step transaction Creates `idempotency_keys`.
create table idempotency_keys (
    id blob not null primary key,
    caller text not null,
    operation text not null,
    idempotency_key text not null,
    fingerprint blob not null,
    status integer not null,
    headers text not null,
    body blob not null,
    created_at integer not null,
    expires_at integer not null
) strict;
create index idempotency_keys_expires_at_idx on idempotency_keys (expires_at);

-- svcgen:step transaction Creates `authors`.
create table authors (
    id integer primary key autoincrement,
    name text not null constraint authors_name_check check (length(name) <= 255),
    kind text not null constraint authors_kind_check check (kind in ('poet', 'critic')),
    best_id integer constraint authors_best_id_fkey references books (id),
    version integer not null default 1,
    created_at integer not null,
    updated_at integer not null
) strict;
create index authors_best_id_idx on authors (best_id);

-- svcgen:step transaction Creates `books`.
create table books (
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
create index books_author_id_idx on books (author_id);
create index books_sequel_id_idx on books (sequel_id);

-- svcgen:step transaction Lets rows of 2 tables leave only through the archive.
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

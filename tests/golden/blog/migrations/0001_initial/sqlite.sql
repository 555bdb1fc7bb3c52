-- svcgen:step transaction Creates `authors`.
create table authors (
    id blob not null primary key,
    name text not null constraint authors_name_check check (length(name) >= 1 and length(name) <= 120),
    email text not null constraint authors_email_check check (length(email) <= 254),
    bio text,
    version integer not null default 1,
    created_at integer not null,
    updated_at integer not null
) strict;
create unique index authors_email_key on authors (email);
create index authors_name_id_idx on authors (name, id);

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
    id blob,
    name text,
    email text,
    bio text,
    version integer,
    created_at integer,
    updated_at integer
) strict;
create index authors_archive_id_idx on authors_archive (id);
create index authors_archive_archive_batch_idx on authors_archive (archive_batch);
create index authors_archive_archived_at_desc_archive_id_desc_idx on authors_archive (archived_at desc, archive_id desc);

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

-- svcgen:step transaction Creates `post_tags_archive`.
create table post_tags_archive (
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
    post_id blob,
    tag_id blob
) strict;
create index post_tags_archive_post_id_idx on post_tags_archive (post_id);
create index post_tags_archive_tag_id_idx on post_tags_archive (tag_id);
create index post_tags_archive_archive_batch_idx on post_tags_archive (archive_batch);
create index post_tags_archive_archived_at_desc_archive_id_desc_idx on post_tags_archive (archived_at desc, archive_id desc);

-- svcgen:step transaction Creates `posts`.
create table posts (
    id blob not null primary key,
    author_id blob not null constraint posts_author_id_fkey references authors (id),
    title text not null constraint posts_title_check check (length(title) >= 1 and length(title) <= 200),
    slug text not null constraint posts_slug_check check (length(slug) <= 200),
    body text not null,
    published_at integer,
    version integer not null default 1,
    created_at integer not null,
    updated_at integer not null
) strict;
create unique index posts_slug_key on posts (slug);
create index posts_title_id_idx on posts (title, id);
create index posts_published_at_desc_id_desc_idx on posts (published_at desc, id desc);
create index posts_author_id_published_at_desc_id_desc_idx on posts (author_id, published_at desc, id desc);

-- svcgen:step transaction Creates `comments`.
create table comments (
    id blob not null primary key,
    post_id blob not null constraint comments_post_id_fkey references posts (id),
    author text not null constraint comments_author_check check (length(author) >= 1 and length(author) <= 80),
    text text not null constraint comments_text_check check (length(text) >= 1 and length(text) <= 5000),
    version integer not null default 1,
    created_at integer not null,
    updated_at integer not null
) strict;
create index comments_created_at_id_idx on comments (created_at, id);
create index comments_post_id_created_at_id_idx on comments (post_id, created_at, id);

-- svcgen:step transaction Creates `posts_archive`.
create table posts_archive (
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
    id blob,
    author_id blob,
    title text,
    slug text,
    body text,
    published_at integer,
    version integer,
    created_at integer,
    updated_at integer
) strict;
create index posts_archive_id_idx on posts_archive (id);
create index posts_archive_archive_batch_idx on posts_archive (archive_batch);
create index posts_archive_archived_at_desc_archive_id_desc_idx on posts_archive (archived_at desc, archive_id desc);

-- svcgen:step transaction Creates `tags`.
create table tags (
    id blob not null primary key,
    name text not null constraint tags_name_check check (length(name) >= 1 and length(name) <= 50),
    version integer not null default 1,
    created_at integer not null,
    updated_at integer not null
) strict;
create unique index tags_name_key on tags (name);
create index tags_name_id_idx on tags (name, id);

-- svcgen:step transaction Creates `post_tags`.
create table post_tags (
    post_id blob not null constraint post_tags_post_id_fkey references posts (id),
    tag_id blob not null constraint post_tags_tag_id_fkey references tags (id),
    primary key (post_id, tag_id)
) strict;
create index post_tags_tag_id_post_id_idx on post_tags (tag_id, post_id);

-- svcgen:step transaction Lets rows of 2 tables leave only through the archive.
create trigger authors_guard before delete on authors
when not exists (
    select 1 from authors_archive as copy
    where copy.id is old.id
        and copy.name is old.name
        and copy.email is old.email
        and copy.bio is old.bio
        and copy.created_at is old.created_at
        and copy.updated_at is old.updated_at
)
begin
    select raise(abort, 'rows of authors leave only through their archive');
end;
create trigger posts_guard before delete on posts
when not exists (
    select 1 from posts_archive as copy
    where copy.id is old.id
        and copy.author_id is old.author_id
        and copy.title is old.title
        and copy.slug is old.slug
        and copy.body is old.body
        and copy.published_at is old.published_at
        and copy.created_at is old.created_at
        and copy.updated_at is old.updated_at
)
begin
    select raise(abort, 'rows of posts leave only through their archive');
end;

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

create table authors_archive (
    archive_id blob not null primary key,
    archive_batch blob not null,
    archived_at integer not null,
    archived_by text not null,
    archive_reason text,
    archive_request text not null,
    archive_root text not null,
    archive_purge_after integer,
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

create table post_tags_archive (
    archive_id blob not null primary key,
    archive_batch blob not null,
    archived_at integer not null,
    archived_by text not null,
    archive_reason text,
    archive_request text not null,
    archive_root text not null,
    archive_purge_after integer,
    post_id blob,
    tag_id blob
) strict;
create index post_tags_archive_post_id_idx on post_tags_archive (post_id);
create index post_tags_archive_archive_batch_idx on post_tags_archive (archive_batch);
create index post_tags_archive_archived_at_desc_archive_id_desc_idx on post_tags_archive (archived_at desc, archive_id desc);

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
create index posts_published_at_desc_id_desc_idx on posts (published_at desc, id desc);
create index posts_author_id_idx on posts (author_id);

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
create index comments_post_id_idx on comments (post_id);

create table posts_archive (
    archive_id blob not null primary key,
    archive_batch blob not null,
    archived_at integer not null,
    archived_by text not null,
    archive_reason text,
    archive_request text not null,
    archive_root text not null,
    archive_purge_after integer,
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

create table tags (
    id blob not null primary key,
    name text not null constraint tags_name_check check (length(name) >= 1 and length(name) <= 50),
    version integer not null default 1,
    created_at integer not null,
    updated_at integer not null
) strict;
create unique index tags_name_key on tags (name);
create index tags_name_id_idx on tags (name, id);

create table post_tags (
    post_id blob not null constraint post_tags_post_id_fkey references posts (id),
    tag_id blob not null constraint post_tags_tag_id_fkey references tags (id),
    primary key (post_id, tag_id)
) strict;
create index post_tags_tag_id_post_id_idx on post_tags (tag_id, post_id);

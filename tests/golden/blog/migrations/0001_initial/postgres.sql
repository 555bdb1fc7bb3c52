-- svcgen:step transaction Creates 9 tables.
create table authors (
    id uuid not null primary key,
    name text not null constraint authors_name_check check (char_length(name) >= 1 and char_length(name) <= 120),
    email text not null constraint authors_email_check check (char_length(email) <= 254),
    bio text,
    version bigint not null default 1,
    created_at timestamptz not null,
    updated_at timestamptz not null
);
create unique index authors_email_key on authors (email);
create index authors_name_id_idx on authors (name, id);

create table authors_archive (
    archive_id uuid not null primary key,
    archive_batch uuid not null,
    archived_at timestamptz not null,
    archived_by text not null,
    archive_reason text,
    archive_request text not null,
    archive_root text not null,
    archive_root_id text,
    archive_schema bigint,
    archive_purge_after timestamptz,
    archive_hold boolean not null default false,
    archive_hash text,
    id uuid,
    name text,
    email text,
    bio text,
    version bigint,
    created_at timestamptz,
    updated_at timestamptz
);
create index authors_archive_id_idx on authors_archive (id);
create index authors_archive_archive_batch_idx on authors_archive (archive_batch);
create index authors_archive_archived_at_desc_archive_id_desc_idx on authors_archive (archived_at desc, archive_id desc);

create table idempotency_keys (
    id bytea not null primary key,
    caller text not null,
    operation text not null,
    idempotency_key text not null,
    fingerprint bytea not null,
    status bigint not null,
    headers jsonb not null,
    body bytea not null,
    created_at timestamptz not null,
    expires_at timestamptz not null
);
create index idempotency_keys_expires_at_idx on idempotency_keys (expires_at);

create table post_tags_archive (
    archive_id uuid not null primary key,
    archive_batch uuid not null,
    archived_at timestamptz not null,
    archived_by text not null,
    archive_reason text,
    archive_request text not null,
    archive_root text not null,
    archive_root_id text,
    archive_schema bigint,
    archive_purge_after timestamptz,
    archive_hold boolean not null default false,
    archive_hash text,
    post_id uuid,
    tag_id uuid
);
create index post_tags_archive_post_id_idx on post_tags_archive (post_id);
create index post_tags_archive_tag_id_idx on post_tags_archive (tag_id);
create index post_tags_archive_archive_batch_idx on post_tags_archive (archive_batch);
create index post_tags_archive_archived_at_desc_archive_id_desc_idx on post_tags_archive (archived_at desc, archive_id desc);

create table posts (
    id uuid not null primary key,
    author_id uuid not null constraint posts_author_id_fkey references authors (id),
    title text not null constraint posts_title_check check (char_length(title) >= 1 and char_length(title) <= 200),
    slug text not null constraint posts_slug_check check (char_length(slug) <= 200),
    body text not null,
    published_at timestamptz,
    version bigint not null default 1,
    created_at timestamptz not null,
    updated_at timestamptz not null
);
create unique index posts_slug_key on posts (slug);
create index posts_title_id_idx on posts (title, id);
create index posts_published_at_desc_id_desc_idx on posts (published_at desc nulls last, id desc);
create index posts_author_id_published_at_desc_id_desc_idx on posts (author_id, published_at desc nulls last, id desc);

create table comments (
    id uuid not null primary key,
    post_id uuid not null constraint comments_post_id_fkey references posts (id),
    author text not null constraint comments_author_check check (char_length(author) >= 1 and char_length(author) <= 80),
    text text not null constraint comments_text_check check (char_length(text) >= 1 and char_length(text) <= 5000),
    version bigint not null default 1,
    created_at timestamptz not null,
    updated_at timestamptz not null
);
create index comments_created_at_id_idx on comments (created_at, id);
create index comments_post_id_created_at_id_idx on comments (post_id, created_at, id);

create table posts_archive (
    archive_id uuid not null primary key,
    archive_batch uuid not null,
    archived_at timestamptz not null,
    archived_by text not null,
    archive_reason text,
    archive_request text not null,
    archive_root text not null,
    archive_root_id text,
    archive_schema bigint,
    archive_purge_after timestamptz,
    archive_hold boolean not null default false,
    archive_hash text,
    id uuid,
    author_id uuid,
    title text,
    slug text,
    body text,
    published_at timestamptz,
    version bigint,
    created_at timestamptz,
    updated_at timestamptz
);
create index posts_archive_id_idx on posts_archive (id);
create index posts_archive_archive_batch_idx on posts_archive (archive_batch);
create index posts_archive_archived_at_desc_archive_id_desc_idx on posts_archive (archived_at desc, archive_id desc);

create table tags (
    id uuid not null primary key,
    name text not null constraint tags_name_check check (char_length(name) >= 1 and char_length(name) <= 50),
    version bigint not null default 1,
    created_at timestamptz not null,
    updated_at timestamptz not null
);
create unique index tags_name_key on tags (name);
create index tags_name_id_idx on tags (name, id);

create table post_tags (
    post_id uuid not null constraint post_tags_post_id_fkey references posts (id),
    tag_id uuid not null constraint post_tags_tag_id_fkey references tags (id),
    primary key (post_id, tag_id)
);
create index post_tags_tag_id_post_id_idx on post_tags (tag_id, post_id);

-- svcgen:step transaction Lets rows of 2 tables leave only through the archive.
create or replace function svcgen_refuse_delete() returns trigger language plpgsql as $$
begin
    raise exception 'rows of "%" leave only through their archive', tg_table_name
        using errcode = 'restrict_violation', hint = 'Remove them through the service.';
end
$$;
create trigger authors_guard after delete on authors
    for each row when (current_setting('svcgen.archiving', true) is distinct from 'on')
    execute function svcgen_refuse_delete();
create trigger authors_truncate before truncate on authors
    for each statement execute function svcgen_refuse_delete();
create trigger posts_guard after delete on posts
    for each row when (current_setting('svcgen.archiving', true) is distinct from 'on')
    execute function svcgen_refuse_delete();
create trigger posts_truncate before truncate on posts
    for each statement execute function svcgen_refuse_delete();

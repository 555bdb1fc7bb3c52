-- svcgen:step transaction Lets rows of `memos` be deleted.
drop trigger memos_guard on memos;
drop trigger memos_truncate on memos;

-- svcgen:step transaction Renames `memos` to `notes`.
alter table memos rename to notes;

-- svcgen:step transaction Renames `memos_archive` to `notes_archive`.
alter table memos_archive rename to notes_archive;

-- svcgen:step transaction Gives the parts of `notes` their new names.
alter table notes rename constraint memos_pkey to notes_pkey;
alter table notes rename constraint memos_title_check to notes_title_check;

-- svcgen:step transaction Gives the parts of `notes_archive` their new names.
alter table notes_archive rename constraint memos_archive_pkey to notes_archive_pkey;
alter index memos_archive_id_idx rename to notes_archive_id_idx;
alter index memos_archive_archive_batch_idx rename to notes_archive_archive_batch_idx;
alter index memos_archive_archived_at_desc_archive_id_desc_idx rename to notes_archive_archived_at_desc_archive_id_desc_idx;

-- svcgen:step transaction Creates `papers_archive`.
create table papers_archive (
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
    id bigint,
    title text,
    version bigint,
    created_at timestamptz,
    updated_at timestamptz
);
create index papers_archive_id_idx on papers_archive (id);
create index papers_archive_archive_batch_idx on papers_archive (archive_batch);
create index papers_archive_archived_at_desc_archive_id_desc_idx on papers_archive (archived_at desc, archive_id desc);

-- svcgen:step transaction Drops the rule `memos_kind_check`.
alter table notes drop constraint if exists memos_kind_check;

-- svcgen:step transaction Adds `tag` to `notes`.
alter table notes add column tag integer;

-- svcgen:step transaction Adds `label` to `notes`.
alter table notes add column label text;

-- svcgen:step transaction Adds `body` to `notes_archive`.
alter table notes_archive add column body text;

-- svcgen:step batches Fills `tag` of `notes`.
with svcgen_batch as (
    select id as svcgen_key from notes
    where $1::text is null or id > $1::text::bigint
    order by id
    limit 1000
), svcgen_filled as (
    update notes set tag = (select svcgen_stash.tag from svcgen_stash_0003_memos as svcgen_stash where svcgen_stash.id = notes.id)
    from svcgen_batch
    where notes.id = svcgen_key and tag is null
)
select (select svcgen_key::text from svcgen_batch order by svcgen_key desc limit 1), (select count(*) from svcgen_batch);

-- svcgen:step batches Fills `label` of `notes`.
with svcgen_batch as (
    select id as svcgen_key from notes
    where $1::text is null or id > $1::text::bigint
    order by id
    limit 1000
), svcgen_filled as (
    update notes set label = (select svcgen_stash.label from svcgen_stash_0003_memos as svcgen_stash where svcgen_stash.id = notes.id)
    from svcgen_batch
    where notes.id = svcgen_key and label is null
)
select (select svcgen_key::text from svcgen_batch order by svcgen_key desc limit 1), (select count(*) from svcgen_batch);

-- svcgen:step batches Renames values of `kind` of `notes`.
with svcgen_batch as (
    select id as svcgen_key from notes
    where $1::text is null or id > $1::text::bigint
    order by id
    limit 1000
), svcgen_filled as (
    update notes set kind = case kind when 'b' then 'a' else kind end
    from svcgen_batch
    where notes.id = svcgen_key and kind in ('b')
)
select (select svcgen_key::text from svcgen_batch order by svcgen_key desc limit 1), (select count(*) from svcgen_batch);

-- svcgen:step transaction `label` of `notes` has a value in new rows.
alter table notes add constraint notes_label_not_null check (label is not null) not valid;

-- svcgen:step batches Fills `label` of `notes` in rows that came meanwhile.
with svcgen_batch as (
    select id as svcgen_key from notes
    where $1::text is null or id > $1::text::bigint
    order by id
    limit 1000
), svcgen_filled as (
    update notes set label = (select svcgen_stash.label from svcgen_stash_0003_memos as svcgen_stash where svcgen_stash.id = notes.id)
    from svcgen_batch
    where notes.id = svcgen_key and label is null
)
select (select svcgen_key::text from svcgen_batch order by svcgen_key desc limit 1), (select count(*) from svcgen_batch);

-- svcgen:step check The backfill gives every row of `notes` a value of `label`.
select id from notes where label is null limit 5;

-- svcgen:step transaction Proves that `label` of `notes` has a value in every row.
alter table notes validate constraint notes_label_not_null;

-- svcgen:step check The constraint `notes_label_not_null` of `notes` is valid.
select 'notes_label_not_null' as constraint_name
where not exists (
    select 1 from pg_constraint
    where conrelid = 'notes'::regclass and conname = 'notes_label_not_null' and convalidated
);

-- svcgen:step transaction `label` of `notes` is not null.
alter table notes alter column label set not null;
alter table notes drop constraint notes_label_not_null;

-- svcgen:step transaction Adds the rule `notes_label_check`, for new rows.
alter table notes add constraint notes_label_check check (char_length(label) <= 255) not valid;

-- svcgen:step transaction Proves the rule `notes_label_check` for every row.
alter table notes validate constraint notes_label_check;

-- svcgen:step check The constraint `notes_label_check` of `notes` is valid.
select 'notes_label_check' as constraint_name
where not exists (
    select 1 from pg_constraint
    where conrelid = 'notes'::regclass and conname = 'notes_label_check' and convalidated
);

-- svcgen:step transaction Adds the rule `notes_kind_check`, for new rows.
alter table notes add constraint notes_kind_check check (kind in ('a', 'b', 'c')) not valid;

-- svcgen:step batches Renames values of `kind` of `notes`.
with svcgen_batch as (
    select id as svcgen_key from notes
    where $1::text is null or id > $1::text::bigint
    order by id
    limit 1000
), svcgen_filled as (
    update notes set kind = case kind when 'b' then 'a' else kind end
    from svcgen_batch
    where notes.id = svcgen_key and kind in ('b')
)
select (select svcgen_key::text from svcgen_batch order by svcgen_key desc limit 1), (select count(*) from svcgen_batch);

-- svcgen:step transaction Proves the rule `notes_kind_check` for every row.
alter table notes validate constraint notes_kind_check;

-- svcgen:step check The constraint `notes_kind_check` of `notes` is valid.
select 'notes_kind_check' as constraint_name
where not exists (
    select 1 from pg_constraint
    where conrelid = 'notes'::regclass and conname = 'notes_kind_check' and convalidated
);

-- svcgen:step transaction Lets rows of `notes` leave only through the archive.
create or replace function svcgen_refuse_delete() returns trigger language plpgsql as $$
begin
    raise exception 'rows of "%" leave only through their archive', tg_table_name
        using errcode = 'restrict_violation', hint = 'Remove them through the service.';
end
$$;
create trigger notes_guard after delete on notes
    for each row when (current_setting('svcgen.archiving', true) is distinct from 'on')
    execute function svcgen_refuse_delete();
create trigger notes_truncate before truncate on notes
    for each statement execute function svcgen_refuse_delete();

-- svcgen:step transaction Drops the copy `svcgen_stash_0003_memos`, whose values are back.
drop table svcgen_stash_0003_memos;

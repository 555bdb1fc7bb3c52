-- svcgen:step check No record of `papers_archive` is on hold, or has to be kept any longer; `stashed:` keeps them beside the schema.
select why, records from (
    select 'on hold' as why, count(*) as records from papers_archive where archive_hold
    union all
    select 'to be kept, some until ' || to_char(last at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), records from (
        select max(archive_purge_after) as last, count(*) as records from papers_archive where archive_purge_after > now()
    ) as due
) as kept where records > 0;

-- svcgen:step check No record of `notes_archive` that is on hold has a `body` to lose.
select records from (
    select count(*) as records from notes_archive where archive_hold and body is not null
) as kept where records > 0;

-- svcgen:step check No `kind` of `notes` is `b`, for the value goes while another takes its name.
select kind, count(*) from notes where kind in ('b') group by 1 order by 2 desc, 1 limit 5;

-- svcgen:step check Every `kind` of `notes` is one of b, c.
select kind, count(*) from (select id, title, case kind when 'a' then 'b' else kind end as kind, version, created_at, updated_at from notes) as memos where not (kind in ('b', 'c')) group by 1 order by 2 desc, 1 limit 5;

-- svcgen:step transaction Lets rows of `notes` be deleted.
drop trigger notes_guard on notes;
drop trigger notes_truncate on notes;

-- svcgen:step transaction Renames `notes` to `memos`.
alter table notes rename to memos;

-- svcgen:step transaction Renames `notes_archive` to `memos_archive`.
alter table notes_archive rename to memos_archive;

-- svcgen:step transaction Gives the parts of `memos` their new names.
alter table memos rename constraint notes_pkey to memos_pkey;
alter table memos rename constraint notes_title_check to memos_title_check;

-- svcgen:step transaction Gives the parts of `memos_archive` their new names.
alter table memos_archive rename constraint notes_archive_pkey to memos_archive_pkey;
alter index notes_archive_id_idx rename to memos_archive_id_idx;
alter index notes_archive_archive_batch_idx rename to memos_archive_archive_batch_idx;
alter index notes_archive_archived_at_desc_archive_id_desc_idx rename to memos_archive_archived_at_desc_archive_id_desc_idx;

-- svcgen:step check No `kind` of `memos` is `b`, for the value goes while another takes its name.
-- svcgen:lock memos
select kind, count(*) from memos where kind in ('b') group by 1 order by 2 desc, 1 limit 5;

-- svcgen:step transaction Renames values of `kind` of `memos`, one to the name of another.
-- svcgen:keep memos
alter table memos drop constraint if exists notes_kind_check;
update memos set kind = case kind when 'a' then 'b' else kind end where kind in ('a');
alter table memos add constraint memos_kind_check check (kind in ('b', 'c')) not valid;

-- svcgen:step transaction Proves the rule `memos_kind_check` for every row.
alter table memos validate constraint memos_kind_check;

-- svcgen:step check The constraint `memos_kind_check` of `memos` is valid.
select 'memos_kind_check' as constraint_name
where not exists (
    select 1 from pg_constraint
    where conrelid = 'memos'::regclass and conname = 'memos_kind_check' and convalidated
);

-- svcgen:step transaction Moves `tag`, `label` of `memos` to `svcgen_stash_0003_memos`.
lock table memos in access exclusive mode;
create table svcgen_stash_0003_memos as select id as id, tag, label from memos;
alter table memos drop column tag,
    drop column label;

-- svcgen:step check No record of `memos_archive` that is on hold has a `body` to lose.
-- svcgen:lock memos_archive
select records from (
    select count(*) as records from memos_archive where archive_hold and body is not null
) as kept where records > 0;

-- svcgen:step transaction Drops `body` of `memos_archive` with its values.
alter table memos_archive drop column body;

-- svcgen:step check No record of `papers_archive` is on hold, or has to be kept any longer; `stashed:` keeps them beside the schema.
-- svcgen:lock papers_archive
select why, records from (
    select 'on hold' as why, count(*) as records from papers_archive where archive_hold
    union all
    select 'to be kept, some until ' || to_char(last at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), records from (
        select max(archive_purge_after) as last, count(*) as records from papers_archive where archive_purge_after > now()
    ) as due
) as kept where records > 0;

-- svcgen:step transaction Drops `papers_archive` with all rows.
drop table papers_archive;

-- svcgen:step transaction Lets rows of `memos` leave only through the archive.
create or replace function svcgen_refuse_delete() returns trigger language plpgsql as $$
begin
    raise exception 'rows of "%" leave only through their archive', tg_table_name
        using errcode = 'restrict_violation', hint = 'Remove them through the service.';
end
$$;
create trigger memos_guard after delete on memos
    for each row when (current_setting('svcgen.archiving', true) is distinct from 'on')
    execute function svcgen_refuse_delete();
create trigger memos_truncate before truncate on memos
    for each statement execute function svcgen_refuse_delete();

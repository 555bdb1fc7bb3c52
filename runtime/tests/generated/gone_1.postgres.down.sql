-- svcgen:step transaction Adds `body` to `notes`.
alter table notes add column body text;

-- svcgen:step transaction Lets rows of `papers` leave only through the archive.
create or replace function svcgen_refuse_delete() returns trigger language plpgsql as $$
begin
    raise exception 'rows of "%" leave only through their archive', tg_table_name
        using errcode = 'restrict_violation', hint = 'Remove them through the service.';
end
$$;
create trigger papers_guard after delete on papers
    for each row when (current_setting('svcgen.archiving', true) is distinct from 'on')
    execute function svcgen_refuse_delete();
create trigger papers_truncate before truncate on papers
    for each statement execute function svcgen_refuse_delete();

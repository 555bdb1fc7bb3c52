-- svcgen:step check Every `pages` of `volumes` can become int.
select pages, count(*) from volumes where pages not between -2147483648 and 2147483647 group by 1 order by 2 desc, 1 limit 5;

-- svcgen:step check Nothing has been made of `pages` of `volumes` by hand, for it would go with the old column; drop it, and make it again afterwards.
select type || ' ' || array_to_string(object_names, '.'), count(*)
from pg_depend
    join pg_attribute on attrelid = refobjid and attnum = refobjsubid,
    pg_identify_object_as_address(classid, objid, objsubid)
where refclassid = 'pg_class'::regclass and refobjid = 'volumes'::regclass and attname in ('pages')
    and object_names[cardinality(object_names)] not in ('pages')
    and not exists (select 1 from pg_constraint where oid = objid and contype = 'n')
group by 1
union all
select 'the comment on or the rights to ' || attname, 1
from pg_attribute
where attrelid = 'volumes'::regclass and attname in ('pages')
    and (col_description(attrelid, attnum) is not null or attacl is not null)
order by 1 limit 5;

-- svcgen:step check Every `pages` of `volumes_archive` can become int.
select pages, count(*) from volumes_archive where pages not between -2147483648 and 2147483647 group by 1 order by 2 desc, 1 limit 5;

-- svcgen:step check Nothing has been made of `pages` of `volumes_archive` by hand, for it would go with the old column; drop it, and make it again afterwards.
select type || ' ' || array_to_string(object_names, '.'), count(*)
from pg_depend
    join pg_attribute on attrelid = refobjid and attnum = refobjsubid,
    pg_identify_object_as_address(classid, objid, objsubid)
where refclassid = 'pg_class'::regclass and refobjid = 'volumes_archive'::regclass and attname in ('pages')
    and object_names[cardinality(object_names)] not in ('pages')
    and not exists (select 1 from pg_constraint where oid = objid and contype = 'n')
group by 1
union all
select 'the comment on or the rights to ' || attname, 1
from pg_attribute
where attrelid = 'volumes_archive'::regclass and attname in ('pages')
    and (col_description(attrelid, attnum) is not null or attacl is not null)
order by 1 limit 5;

-- svcgen:step transaction Ends the search in `authors`.
drop trigger if exists authors_search_keep on authors;
drop function if exists authors_search_keep();
alter table authors drop column authors_search;

-- svcgen:step transaction Lets rows of `volumes` be deleted.
drop trigger volumes_guard on volumes;
drop trigger volumes_truncate on volumes;

-- svcgen:step transaction Renames `volumes` to `books`.
alter table volumes rename to books;

-- svcgen:step transaction Renames `volumes_archive` to `books_archive`.
alter table volumes_archive rename to books_archive;

-- svcgen:step transaction Gives the parts of `authors` their new names.
alter table authors rename column full_name to name;
alter table authors rename constraint authors_full_name_check to authors_name_check;

-- svcgen:step transaction Gives the parts of `authors_archive` their new names.
alter table authors_archive rename column full_name to name;

-- svcgen:step transaction Gives the parts of `books` their new names.
alter table books rename constraint volumes_pkey to books_pkey;
alter table books rename constraint volumes_author_id_fkey to books_author_id_fkey;
alter table books rename constraint volumes_sequel_id_fkey to books_sequel_id_fkey;
alter index volumes_author_id_idx rename to books_author_id_idx;
alter index volumes_sequel_id_idx rename to books_sequel_id_idx;

-- svcgen:step transaction Gives the parts of `books_archive` their new names.
alter table books_archive rename constraint volumes_archive_pkey to books_archive_pkey;
alter index volumes_archive_id_idx rename to books_archive_id_idx;
alter index volumes_archive_archive_batch_idx rename to books_archive_archive_batch_idx;
alter index volumes_archive_archived_at_desc_archive_id_desc_idx rename to books_archive_archived_at_desc_archive_id_desc_idx;

-- svcgen:step transaction Drops the rule `authors_kind_check`.
alter table authors drop constraint if exists authors_kind_check;

-- svcgen:step transaction `pages` of `books` may be null.
alter table books alter column pages drop not null;

-- svcgen:step autocommit Drops `volumes_title_author_id_key`.
drop index concurrently if exists volumes_title_author_id_key;

-- svcgen:step transaction Lets a second column follow `pages` of `books`.
alter table books add column svcgen_pages_new integer;
create function svcgen_books_follow() returns trigger language plpgsql as $$
begin
    if (new.pages not between -2147483648 and 2147483647) then
        raise exception using errcode = 'check_violation', message = 'this value of "pages" cannot become int';
    end if;
    new.svcgen_pages_new := new.pages::integer;
    return new;
end
$$;
create trigger svcgen_books_follow before insert or update on books
    for each row execute function svcgen_books_follow();

-- svcgen:step check Every `pages` of `books` can still become int.
select pages, count(*) from books where pages not between -2147483648 and 2147483647 group by 1 order by 2 desc, 1 limit 5;

-- svcgen:step batches Converts `pages` of `books`.
with svcgen_batch as (
    select id as svcgen_key from books
    where $1::text is null or id > $1::text::bigint
    order by id
    limit 1000
), svcgen_filled as (
    update books set svcgen_pages_new = pages::integer
    from svcgen_batch
    where books.id = svcgen_key and (svcgen_pages_new is null and pages is not null)
)
select (select svcgen_key::text from svcgen_batch order by svcgen_key desc limit 1), (select count(*) from svcgen_batch);

-- svcgen:step check Nothing has been made of `pages` of `books` by hand, for it would go with the old column; drop it, and make it again afterwards.
-- svcgen:lock books
select type || ' ' || array_to_string(object_names, '.'), count(*)
from pg_depend
    join pg_attribute on attrelid = refobjid and attnum = refobjsubid,
    pg_identify_object_as_address(classid, objid, objsubid)
where refclassid = 'pg_class'::regclass and refobjid = 'books'::regclass and attname in ('pages')
    and object_names[cardinality(object_names)] not in ('pages')
    and not exists (select 1 from pg_constraint where oid = objid and contype = 'n')
group by 1
union all
select 'the comment on or the rights to ' || attname, 1
from pg_attribute
where attrelid = 'books'::regclass and attname in ('pages')
    and (col_description(attrelid, attnum) is not null or attacl is not null)
order by 1 limit 5;

-- svcgen:step transaction The second column takes the place of `pages` of `books`.
drop trigger svcgen_books_follow on books;
drop function svcgen_books_follow();
alter table books drop column pages;
alter table books rename column svcgen_pages_new to pages;

-- svcgen:step autocommit Lets the planner know `books` as it is now.
analyze books;

-- svcgen:step transaction Adds `note` to `books`.
alter table books add column note text;

-- svcgen:step transaction Lets a second column follow `pages` of `books_archive`.
alter table books_archive add column svcgen_pages_new integer;
create function svcgen_books_archive_follow() returns trigger language plpgsql as $$
begin
    if (new.pages not between -2147483648 and 2147483647) then
        raise exception using errcode = 'check_violation', message = 'this value of "pages" cannot become int';
    end if;
    new.svcgen_pages_new := new.pages::integer;
    return new;
end
$$;
create trigger svcgen_books_archive_follow before insert or update on books_archive
    for each row execute function svcgen_books_archive_follow();

-- svcgen:step check Every `pages` of `books_archive` can still become int.
select pages, count(*) from books_archive where pages not between -2147483648 and 2147483647 group by 1 order by 2 desc, 1 limit 5;

-- svcgen:step batches Converts `pages` of `books_archive`.
with svcgen_batch as (
    select archive_id as svcgen_key from books_archive
    where $1::text is null or archive_id > $1::text::uuid
    order by archive_id
    limit 1000
), svcgen_filled as (
    update books_archive set svcgen_pages_new = pages::integer
    from svcgen_batch
    where books_archive.archive_id = svcgen_key and (svcgen_pages_new is null and pages is not null)
)
select (select svcgen_key::text from svcgen_batch order by svcgen_key desc limit 1), (select count(*) from svcgen_batch);

-- svcgen:step check Nothing has been made of `pages` of `books_archive` by hand, for it would go with the old column; drop it, and make it again afterwards.
-- svcgen:lock books_archive
select type || ' ' || array_to_string(object_names, '.'), count(*)
from pg_depend
    join pg_attribute on attrelid = refobjid and attnum = refobjsubid,
    pg_identify_object_as_address(classid, objid, objsubid)
where refclassid = 'pg_class'::regclass and refobjid = 'books_archive'::regclass and attname in ('pages')
    and object_names[cardinality(object_names)] not in ('pages')
    and not exists (select 1 from pg_constraint where oid = objid and contype = 'n')
group by 1
union all
select 'the comment on or the rights to ' || attname, 1
from pg_attribute
where attrelid = 'books_archive'::regclass and attname in ('pages')
    and (col_description(attrelid, attnum) is not null or attacl is not null)
order by 1 limit 5;

-- svcgen:step transaction The second column takes the place of `pages` of `books_archive`.
drop trigger svcgen_books_archive_follow on books_archive;
drop function svcgen_books_archive_follow();
alter table books_archive drop column pages;
alter table books_archive rename column svcgen_pages_new to pages;

-- svcgen:step autocommit Lets the planner know `books_archive` as it is now.
analyze books_archive;

-- svcgen:step batches Renames values of `kind` of `authors`.
with svcgen_batch as (
    select id as svcgen_key from authors
    where $1::text is null or id > $1::text::bigint
    order by id
    limit 1000
), svcgen_filled as (
    update authors set kind = case kind when 'writer' then 'poet' else kind end
    from svcgen_batch
    where authors.id = svcgen_key and kind in ('writer')
)
select (select svcgen_key::text from svcgen_batch order by svcgen_key desc limit 1), (select count(*) from svcgen_batch);

-- svcgen:step batches Fills `note` of `books`.
with svcgen_batch as (
    select id as svcgen_key from books
    where $1::text is null or id > $1::text::bigint
    order by id
    limit 1000
), svcgen_filled as (
    update books set note = (select svcgen_stash.note from svcgen_stash_0002_books as svcgen_stash where svcgen_stash.id = books.id)
    from svcgen_batch
    where books.id = svcgen_key and note is null
)
select (select svcgen_key::text from svcgen_batch order by svcgen_key desc limit 1), (select count(*) from svcgen_batch);

-- svcgen:step transaction Adds the rule `authors_kind_check`, for new rows.
alter table authors add constraint authors_kind_check check (kind in ('poet', 'critic')) not valid;

-- svcgen:step batches Renames values of `kind` of `authors`.
with svcgen_batch as (
    select id as svcgen_key from authors
    where $1::text is null or id > $1::text::bigint
    order by id
    limit 1000
), svcgen_filled as (
    update authors set kind = case kind when 'writer' then 'poet' else kind end
    from svcgen_batch
    where authors.id = svcgen_key and kind in ('writer')
)
select (select svcgen_key::text from svcgen_batch order by svcgen_key desc limit 1), (select count(*) from svcgen_batch);

-- svcgen:step transaction Proves the rule `authors_kind_check` for every row.
alter table authors validate constraint authors_kind_check;

-- svcgen:step check The constraint `authors_kind_check` of `authors` is valid.
select 'authors_kind_check' as constraint_name
where not exists (
    select 1 from pg_constraint
    where conrelid = 'authors'::regclass and conname = 'authors_kind_check' and convalidated
);

-- svcgen:step transaction Adds the rule `books_title_check`, for new rows.
alter table books drop constraint if exists volumes_title_check,
    add constraint books_title_check check (char_length(title) <= 80) not valid;

-- svcgen:step transaction Proves the rule `books_title_check` for every row.
alter table books validate constraint books_title_check;

-- svcgen:step check The constraint `books_title_check` of `books` is valid.
select 'books_title_check' as constraint_name
where not exists (
    select 1 from pg_constraint
    where conrelid = 'books'::regclass and conname = 'books_title_check' and convalidated
);

-- svcgen:step transaction Drops `code` of `books` with its values.
alter table books drop column code;

-- svcgen:step transaction Drops `code` of `books_archive` with its values.
alter table books_archive drop column code;

-- svcgen:step transaction Lets rows of `books` leave only through the archive.
create or replace function svcgen_refuse_delete() returns trigger language plpgsql as $$
begin
    raise exception 'rows of "%" leave only through their archive', tg_table_name
        using errcode = 'restrict_violation', hint = 'Remove them through the service.';
end
$$;
create trigger books_guard after delete on books
    for each row when (current_setting('svcgen.archiving', true) is distinct from 'on')
    execute function svcgen_refuse_delete();
create trigger books_truncate before truncate on books
    for each statement execute function svcgen_refuse_delete();

-- svcgen:step transaction Drops the copy `svcgen_stash_0002_books`, whose values are back.
drop table svcgen_stash_0002_books;

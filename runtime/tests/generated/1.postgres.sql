-- svcgen:step check Every `title` of `books` is at most 60 long.
select title, count(*) from (select id, title, pages::bigint as pages, author_id, sequel_id, version, created_at, updated_at from books) as volumes where not (char_length(title) <= 60) group by 1 order by 2 desc, 1 limit 5;

-- svcgen:step check No two rows of `volumes` agree in `title` and `author_id`.
select title, author_id, count(*) from (select id, title, pages::bigint as pages, author_id, sequel_id, version, created_at, updated_at from books) as volumes where title is not null and author_id is not null group by title, author_id having count(*) > 1 order by 3 desc, 1, 2 limit 5;

-- svcgen:step check Nothing has been made of `pages` of `books` by hand, for it would go with the old column; drop it, and make it again afterwards.
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

-- svcgen:step check Nothing has been made of `pages` of `books_archive` by hand, for it would go with the old column; drop it, and make it again afterwards.
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

-- svcgen:step transaction Lets rows of `books` be deleted.
drop trigger books_guard on books;
drop trigger books_truncate on books;

-- svcgen:step transaction Renames `books` to `volumes`.
alter table books rename to volumes;

-- svcgen:step transaction Renames `books_archive` to `volumes_archive`.
alter table books_archive rename to volumes_archive;

-- svcgen:step transaction Gives the parts of `authors` their new names.
alter table authors rename column name to full_name;
alter table authors rename constraint authors_name_check to authors_full_name_check;

-- svcgen:step transaction Gives the parts of `authors_archive` their new names.
alter table authors_archive rename column name to full_name;

-- svcgen:step transaction Gives the parts of `volumes` their new names.
alter table volumes rename constraint books_pkey to volumes_pkey;
alter table volumes rename constraint books_author_id_fkey to volumes_author_id_fkey;
alter table volumes rename constraint books_sequel_id_fkey to volumes_sequel_id_fkey;
alter index books_author_id_idx rename to volumes_author_id_idx;
alter index books_sequel_id_idx rename to volumes_sequel_id_idx;

-- svcgen:step transaction Gives the parts of `volumes_archive` their new names.
alter table volumes_archive rename constraint books_archive_pkey to volumes_archive_pkey;
alter index books_archive_id_idx rename to volumes_archive_id_idx;
alter index books_archive_archive_batch_idx rename to volumes_archive_archive_batch_idx;
alter index books_archive_archived_at_desc_archive_id_desc_idx rename to volumes_archive_archived_at_desc_archive_id_desc_idx;

-- svcgen:step transaction Drops the rule `authors_kind_check`.
alter table authors drop constraint if exists authors_kind_check;

-- svcgen:step transaction Lets a second column follow `pages` of `volumes`.
alter table volumes add column svcgen_pages_new bigint;
create function svcgen_volumes_follow() returns trigger language plpgsql as $$
begin
    new.svcgen_pages_new := new.pages::bigint;
    return new;
end
$$;
create trigger svcgen_volumes_follow before insert or update on volumes
    for each row execute function svcgen_volumes_follow();

-- svcgen:step batches Converts `pages` of `volumes`.
with svcgen_batch as (
    select id as svcgen_key from volumes
    where $1::text is null or id > $1::text::bigint
    order by id
    limit 1000
), svcgen_filled as (
    update volumes set svcgen_pages_new = pages::bigint
    from svcgen_batch
    where volumes.id = svcgen_key and (svcgen_pages_new is null and pages is not null)
)
select (select svcgen_key::text from svcgen_batch order by svcgen_key desc limit 1), (select count(*) from svcgen_batch);

-- svcgen:step check Nothing has been made of `pages` of `volumes` by hand, for it would go with the old column; drop it, and make it again afterwards.
-- svcgen:lock volumes
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

-- svcgen:step transaction The second column takes the place of `pages` of `volumes`.
drop trigger svcgen_volumes_follow on volumes;
drop function svcgen_volumes_follow();
alter table volumes drop column pages;
alter table volumes rename column svcgen_pages_new to pages;

-- svcgen:step autocommit Lets the planner know `volumes` as it is now.
analyze volumes;

-- svcgen:step transaction Adds `code` to `volumes`.
alter table volumes add column code text;

-- svcgen:step transaction Lets a second column follow `pages` of `volumes_archive`.
alter table volumes_archive add column svcgen_pages_new bigint;
create function svcgen_volumes_archive_follow() returns trigger language plpgsql as $$
begin
    new.svcgen_pages_new := new.pages::bigint;
    return new;
end
$$;
create trigger svcgen_volumes_archive_follow before insert or update on volumes_archive
    for each row execute function svcgen_volumes_archive_follow();

-- svcgen:step batches Converts `pages` of `volumes_archive`.
with svcgen_batch as (
    select archive_id as svcgen_key from volumes_archive
    where $1::text is null or archive_id > $1::text::uuid
    order by archive_id
    limit 1000
), svcgen_filled as (
    update volumes_archive set svcgen_pages_new = pages::bigint
    from svcgen_batch
    where volumes_archive.archive_id = svcgen_key and (svcgen_pages_new is null and pages is not null)
)
select (select svcgen_key::text from svcgen_batch order by svcgen_key desc limit 1), (select count(*) from svcgen_batch);

-- svcgen:step check Nothing has been made of `pages` of `volumes_archive` by hand, for it would go with the old column; drop it, and make it again afterwards.
-- svcgen:lock volumes_archive
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

-- svcgen:step transaction The second column takes the place of `pages` of `volumes_archive`.
drop trigger svcgen_volumes_archive_follow on volumes_archive;
drop function svcgen_volumes_archive_follow();
alter table volumes_archive drop column pages;
alter table volumes_archive rename column svcgen_pages_new to pages;

-- svcgen:step autocommit Lets the planner know `volumes_archive` as it is now.
analyze volumes_archive;

-- svcgen:step transaction Adds `code` to `volumes_archive`.
alter table volumes_archive add column code text;

-- svcgen:step batches Renames values of `kind` of `authors`.
with svcgen_batch as (
    select id as svcgen_key from authors
    where $1::text is null or id > $1::text::bigint
    order by id
    limit 1000
), svcgen_filled as (
    update authors set kind = case kind when 'poet' then 'writer' else kind end
    from svcgen_batch
    where authors.id = svcgen_key and kind in ('poet')
)
select (select svcgen_key::text from svcgen_batch order by svcgen_key desc limit 1), (select count(*) from svcgen_batch);

-- svcgen:step batches Fills `pages` of `volumes`.
with svcgen_batch as (
    select id as svcgen_key from volumes
    where $1::text is null or id > $1::text::bigint
    order by id
    limit 1000
), svcgen_filled as (
    update volumes set pages = 7
    from svcgen_batch
    where volumes.id = svcgen_key and pages is null
)
select (select svcgen_key::text from svcgen_batch order by svcgen_key desc limit 1), (select count(*) from svcgen_batch);

-- svcgen:step batches Fills `code` of `volumes`.
with svcgen_batch as (
    select id as svcgen_key from volumes
    where $1::text is null or id > $1::text::bigint
    order by id
    limit 1000
), svcgen_filled as (
    update volumes set code = ('v' || title)
    from svcgen_batch
    where volumes.id = svcgen_key and code is null
)
select (select svcgen_key::text from svcgen_batch order by svcgen_key desc limit 1), (select count(*) from svcgen_batch);

-- svcgen:step transaction Adds the rule `authors_kind_check`, for new rows.
alter table authors add constraint authors_kind_check check (kind in ('writer', 'critic')) not valid;

-- svcgen:step batches Renames values of `kind` of `authors`.
with svcgen_batch as (
    select id as svcgen_key from authors
    where $1::text is null or id > $1::text::bigint
    order by id
    limit 1000
), svcgen_filled as (
    update authors set kind = case kind when 'poet' then 'writer' else kind end
    from svcgen_batch
    where authors.id = svcgen_key and kind in ('poet')
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

-- svcgen:step transaction `pages` of `volumes` has a value in new rows.
alter table volumes add constraint volumes_pages_not_null check (pages is not null) not valid;

-- svcgen:step batches Fills `pages` of `volumes` in rows that came meanwhile.
with svcgen_batch as (
    select id as svcgen_key from volumes
    where $1::text is null or id > $1::text::bigint
    order by id
    limit 1000
), svcgen_filled as (
    update volumes set pages = 7
    from svcgen_batch
    where volumes.id = svcgen_key and pages is null
)
select (select svcgen_key::text from svcgen_batch order by svcgen_key desc limit 1), (select count(*) from svcgen_batch);

-- svcgen:step check The backfill gives every row of `volumes` a value of `pages`.
select id from volumes where pages is null limit 5;

-- svcgen:step transaction Proves that `pages` of `volumes` has a value in every row.
alter table volumes validate constraint volumes_pages_not_null;

-- svcgen:step check The constraint `volumes_pages_not_null` of `volumes` is valid.
select 'volumes_pages_not_null' as constraint_name
where not exists (
    select 1 from pg_constraint
    where conrelid = 'volumes'::regclass and conname = 'volumes_pages_not_null' and convalidated
);

-- svcgen:step transaction `pages` of `volumes` is not null.
alter table volumes alter column pages set not null;
alter table volumes drop constraint volumes_pages_not_null;

-- svcgen:step transaction `code` of `volumes` has a value in new rows.
alter table volumes add constraint volumes_code_not_null check (code is not null) not valid;

-- svcgen:step batches Fills `code` of `volumes` in rows that came meanwhile.
with svcgen_batch as (
    select id as svcgen_key from volumes
    where $1::text is null or id > $1::text::bigint
    order by id
    limit 1000
), svcgen_filled as (
    update volumes set code = ('v' || title)
    from svcgen_batch
    where volumes.id = svcgen_key and code is null
)
select (select svcgen_key::text from svcgen_batch order by svcgen_key desc limit 1), (select count(*) from svcgen_batch);

-- svcgen:step check The backfill gives every row of `volumes` a value of `code`.
select id from volumes where code is null limit 5;

-- svcgen:step transaction Proves that `code` of `volumes` has a value in every row.
alter table volumes validate constraint volumes_code_not_null;

-- svcgen:step check The constraint `volumes_code_not_null` of `volumes` is valid.
select 'volumes_code_not_null' as constraint_name
where not exists (
    select 1 from pg_constraint
    where conrelid = 'volumes'::regclass and conname = 'volumes_code_not_null' and convalidated
);

-- svcgen:step transaction `code` of `volumes` is not null.
alter table volumes alter column code set not null;
alter table volumes drop constraint volumes_code_not_null;

-- svcgen:step transaction Adds the rule `volumes_code_check`, for new rows.
alter table volumes add constraint volumes_code_check check (char_length(code) <= 255) not valid;

-- svcgen:step transaction Proves the rule `volumes_code_check` for every row.
alter table volumes validate constraint volumes_code_check;

-- svcgen:step check The constraint `volumes_code_check` of `volumes` is valid.
select 'volumes_code_check' as constraint_name
where not exists (
    select 1 from pg_constraint
    where conrelid = 'volumes'::regclass and conname = 'volumes_code_check' and convalidated
);

-- svcgen:step transaction Adds the rule `volumes_title_check`, for new rows.
alter table volumes drop constraint if exists books_title_check,
    add constraint volumes_title_check check (char_length(title) <= 60) not valid;

-- svcgen:step transaction Proves the rule `volumes_title_check` for every row.
alter table volumes validate constraint volumes_title_check;

-- svcgen:step check The constraint `volumes_title_check` of `volumes` is valid.
select 'volumes_title_check' as constraint_name
where not exists (
    select 1 from pg_constraint
    where conrelid = 'volumes'::regclass and conname = 'volumes_title_check' and convalidated
);

-- svcgen:step autocommit Makes `volumes_title_author_id_key`.
drop index concurrently if exists volumes_title_author_id_key;
create unique index concurrently if not exists volumes_title_author_id_key on volumes (title, author_id);

-- svcgen:step check The index `volumes_title_author_id_key` is valid.
select 'volumes_title_author_id_key' as index_name
where not exists (
    select 1 from pg_index
    where indexrelid = to_regclass('volumes_title_author_id_key') and indisvalid
);

-- svcgen:step transaction Moves `note` of `volumes` to `svcgen_stash_0002_books`.
lock table volumes in access exclusive mode;
create table svcgen_stash_0002_books as select id as id, note from volumes;
alter table volumes drop column note;

-- svcgen:step transaction Keeps the words of new rows of `authors`.
alter table authors add column authors_search tsvector;
create function authors_search_keep() returns trigger language plpgsql as $$
begin
    new.authors_search := setweight(to_tsvector('simple', translate(left(coalesce(new.full_name, ''), 60000), '!"#$%&''()*+,-./:;<=>?@[\]^_`{|}~', repeat(' ', 32))), 'A');
    return new;
end
$$;
create trigger authors_search_keep before insert or update of full_name on authors
    for each row execute function authors_search_keep();

-- svcgen:step batches Reads the words of `authors`.
with svcgen_batch as (
    select id as svcgen_key from authors
    where $1::text is null or id > $1::text::bigint
    order by id
    limit 1000
), svcgen_filled as (
    update authors set authors_search = setweight(to_tsvector('simple', translate(left(coalesce(full_name, ''), 60000), '!"#$%&''()*+,-./:;<=>?@[\]^_`{|}~', repeat(' ', 32))), 'A')
    from svcgen_batch
    where authors.id = svcgen_key and authors_search is null
)
select (select svcgen_key::text from svcgen_batch order by svcgen_key desc limit 1), (select count(*) from svcgen_batch);

-- svcgen:step autocommit Lets `authors` be searched for words.
drop index concurrently if exists authors_search_idx;
create index concurrently if not exists authors_search_idx on authors using gin (authors_search);

-- svcgen:step check The index `authors_search_idx` is valid.
select 'authors_search_idx' as index_name
where not exists (
    select 1 from pg_index
    where indexrelid = to_regclass('authors_search_idx') and indisvalid
);

-- svcgen:step transaction Lets rows of `volumes` leave only through the archive.
create or replace function svcgen_refuse_delete() returns trigger language plpgsql as $$
begin
    raise exception 'rows of "%" leave only through their archive', tg_table_name
        using errcode = 'restrict_violation', hint = 'Remove them through the service.';
end
$$;
create trigger volumes_guard after delete on volumes
    for each row when (current_setting('svcgen.archiving', true) is distinct from 'on')
    execute function svcgen_refuse_delete();
create trigger volumes_truncate before truncate on volumes
    for each statement execute function svcgen_refuse_delete();

-- svcgen:step transaction Lets rows of `papers` be deleted.
drop trigger papers_guard on papers;
drop trigger papers_truncate on papers;

-- svcgen:step transaction Drops `body` of `notes` with its values.
alter table notes drop column body;

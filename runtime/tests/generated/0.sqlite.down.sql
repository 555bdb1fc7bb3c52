-- svcgen:step transaction Lets rows of `authors` be deleted.
drop trigger authors_guard;

-- svcgen:step transaction Lets rows of `books` be deleted.
drop trigger books_guard;

-- svcgen:step transaction Drops `authors` with all its rows.
drop table authors;

-- svcgen:step transaction Drops `authors_archive` with all its rows.
drop table authors_archive;

-- svcgen:step transaction Drops `books` with all its rows.
drop table books;

-- svcgen:step transaction Drops `books_archive` with all its rows.
drop table books_archive;

-- svcgen:step transaction Drops `idempotency_keys` with all its rows.
drop table idempotency_keys;

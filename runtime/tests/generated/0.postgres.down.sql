-- svcgen:step transaction Drops `authors`, `authors_archive`, `books`, `books_archive`, `idempotency_keys` with all rows.
drop table authors, authors_archive, books, books_archive, idempotency_keys;

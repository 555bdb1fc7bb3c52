-- svcgen:step transaction Drops `idempotency_keys`, `notes`, `notes_archive`, `papers`, `papers_archive` with all rows.
drop table idempotency_keys, notes, notes_archive, papers, papers_archive;

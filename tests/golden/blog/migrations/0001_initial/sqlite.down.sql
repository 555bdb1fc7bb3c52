-- svcgen:step transaction Lets rows of `authors` be deleted.
drop trigger authors_guard;

-- svcgen:step transaction Lets rows of `posts` be deleted.
drop trigger posts_guard;

-- svcgen:step transaction Drops `authors` with all its rows.
drop table authors;

-- svcgen:step transaction Drops `authors_archive` with all its rows.
drop table authors_archive;

-- svcgen:step transaction Drops `comments` with all its rows.
drop table comments;

-- svcgen:step transaction Drops `idempotency_keys` with all its rows.
drop table idempotency_keys;

-- svcgen:step transaction Drops `post_tags` with all its rows.
drop table post_tags;

-- svcgen:step transaction Drops `post_tags_archive` with all its rows.
drop table post_tags_archive;

-- svcgen:step transaction Drops `posts` with all its rows.
drop table posts;

-- svcgen:step transaction Drops `posts_archive` with all its rows.
drop table posts_archive;

-- svcgen:step transaction Drops `tags` with all its rows.
drop table tags;

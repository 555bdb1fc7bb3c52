-- svcgen:step transaction Drops `authors`, `authors_archive`, `comments`, `idempotency_keys`, `post_tags`, `post_tags_archive`, `posts`, `posts_archive`, `tags` with all rows.
drop table authors, authors_archive, comments, idempotency_keys, post_tags, post_tags_archive, posts, posts_archive, tags;

-- After WordPress: a prefix, ID in capitals, no foreign keys, zero dates, counts and codes as text.
create table wp_users (ID integer primary key autoincrement, user_login varchar(60) not null default '', user_pass varchar(255) not null default '', user_email varchar(100) not null default '',
  user_registered datetime not null default '0000-00-00 00:00:00', user_status int(11) not null default '0', display_name varchar(250) not null default '');
create table wp_posts (ID bigint(20) primary key not null, post_author bigint(20) not null default '0', post_date datetime not null default '0000-00-00 00:00:00',
  post_content longtext not null, post_title text not null, post_status varchar(20) not null default 'publish', post_parent bigint(20) not null default '0', menu_order int(11) not null default '0', comment_count bigint(20) not null default '0');
create table wp_postmeta (meta_id integer primary key, post_id bigint(20) not null default '0', meta_key varchar(255) default null, meta_value longtext);
create table wp_term_relationships (object_id bigint(20) not null default 0, term_taxonomy_id bigint(20) not null default 0, term_order int(11) not null default 0, primary key (object_id, term_taxonomy_id));
create table wp_options (option_id integer primary key, option_name varchar(191) not null default '', option_value longtext not null, autoload varchar(20) not null default 'yes');
create unique index wp_options_name on wp_options (option_name);
create index wp_posts_type_status_date on wp_posts (post_status, post_date, ID);

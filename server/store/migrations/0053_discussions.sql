-- oldest writer: 0.1.0
-- What is said about reports, and who keeps which of them at hand. All of it goes with the report.

-- quote: the words of the report that it is about, as they were; empty: the whole of it.
create table discussion_threads (
    id integer primary key autoincrement,
    view_id integer not null references views (id) on delete cascade,
    quote text not null,
    resolved_by integer references users (id),
    resolved_at integer,
    created_at integer not null
);
create index discussion_threads_view on discussion_threads (view_id);

create table discussion_comments (
    id integer primary key autoincrement,
    thread_id integer not null references discussion_threads (id) on delete cascade,
    user_id integer not null references users (id),
    body text not null,
    created_at integer not null,
    edited_at integer
);
create index discussion_comments_thread on discussion_comments (thread_id);

-- Who is to hear of a comment. is_named: because it names them; otherwise because they wrote the report, or in the thread.
create table discussion_notices (
    user_id integer not null references users (id),
    comment_id integer not null references discussion_comments (id) on delete cascade,
    is_named integer not null,
    primary key (user_id, comment_id)
);
create index discussion_notices_comment on discussion_notices (comment_id);

create table view_stars (
    user_id integer not null references users (id),
    view_id integer not null references views (id) on delete cascade,
    created_at integer not null,
    primary key (user_id, view_id)
);
create index view_stars_view on view_stars (view_id);

-- oldest writer: 0.1.0
-- Links may show a report instead of named runs. view_id: the report, and then runs is an empty list. projects: a JSON list
-- of the ids of those whose runs it may show. salt: what the token of such a link is made from, together with the secret that
-- lies outside of the database, because whoever may write to the project is shown it again.

alter table share_links add column view_id integer;
alter table share_links add column projects text;
alter table share_links add column salt text;
create index share_links_view on share_links (view_id);

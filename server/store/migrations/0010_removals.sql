-- oldest writer: 0.1.0
-- What was deleted is hidden at once; its rows are removed in portions, which go on after a restart.
-- kind: what subject_id is the id of ('run', 'project', 'collection', 'artifact', or 'draft': an artifact's uploads).

create table removals (
    id integer primary key autoincrement,
    kind text not null,
    subject_id integer not null,
    begun_at integer not null
);

-- A draft that was told to send nothing holds the bytes itself from then on: the version that first had them.
alter table artifact_uploads add column birth_artifact_id integer;
create index artifact_uploads_by_md5 on artifact_uploads (artifact_id, md5);
create index artifacts_by_project on artifacts (project_id);

-- oldest writer: 0.1.0
-- Uploads tell which blob they hold by its number: numbers come in order, and so an index of them is written at its end, where one
-- of digests is written all over. By their own digest uploads are looked for once in a commit, and then all of a draft's at once.
alter table artifact_uploads add column blob_id integer;
update artifact_uploads set blob_id = (select id from blobs where blobs.sha256 = artifact_uploads.sha256);
create index artifact_uploads_by_blob on artifact_uploads (blob_id);
drop index artifact_uploads_by_sha256;
drop index artifact_uploads_by_md5;

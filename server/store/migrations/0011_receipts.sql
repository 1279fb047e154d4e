-- oldest writer: 0.1.0
-- Lines whose broken UTF-8 was mended, and requests that a full quota turned away.

alter table stream_receipts add column repaired_count integer not null default 0;
alter table stream_receipts add column quota_refused_count integer not null default 0;

-- oldest writer: 0.1.0
-- Versions whose files a version's manifest refers to (wandb-artifact://...), so that none is ever led back to itself.

create table artifact_references (
    artifact_id integer not null,
    target_id integer not null,
    primary key (artifact_id, target_id)
) without rowid;
create index artifact_references_by_target on artifact_references (target_id);

/* artifact.c - versions; see artifact.h. */
#include "server/store/artifacts/artifact.h"
#include "server/store/artifacts/protected_alias.h"
#include "server/store/automations/automation.h"

#include "server/store/projects/removal.h"

#define ARTIFACT_COLUMNS                                                                                                 \
    "a.id, a.collection_id, a.version_index, a.state, a.digest, a.ttl_seconds, a.history_step, a.size_bytes,"           \
    " a.file_count, a.distributed_id, a.base_id, a.run_id, a.user_id, a.created_at, a.updated_at, a.committed_at,"      \
    " p.entity_id, a.project_id"
enum { ARTIFACT_COLUMN_COUNT = 18 };
/* With its collection or its project a version is gone, whatever rows are not removed yet. */
#define ARTIFACT_SELECT                                                                                                  \
    "select " ARTIFACT_COLUMNS " from artifacts a join artifact_collections own on own.id = a.collection_id"            \
    " join projects p on p.id = a.project_id and p.deleted_at is null "

static const char *const state_names[] = { "PENDING", "COMMITTED", "DELETED" };

const char *artifact_state_name(enum artifact_state state) {
    return state_names[state];
}

static enum artifact_state parse_state(struct str name) {
    for (int state = ARTIFACT_PENDING; state < ARTIFACT_DELETED; state++)
        if (str_eq_c(name, state_names[state]))
            return (enum artifact_state)state;
    return ARTIFACT_DELETED;
}

static struct artifact *read_row(const struct db_rows *rows, struct arena *arena) {
    struct artifact *artifact = ARENA_NEW(arena, struct artifact);
    artifact->id = db_int(rows, 0);
    artifact->collection_id = db_int(rows, 1);
    artifact->version_index = db_is_null(rows, 2) ? -1 : db_int(rows, 2);
    artifact->state = parse_state(db_str(rows, 3, arena));
    artifact->digest = db_str(rows, 4, arena);
    artifact->ttl_seconds = db_int(rows, 5);
    artifact->history_step = db_int(rows, 6);
    artifact->size_bytes = db_int(rows, 7);
    artifact->file_count = db_int(rows, 8);
    artifact->distributed_id = db_str(rows, 9, arena);
    artifact->base_id = db_int(rows, 10);
    artifact->run_id = db_int(rows, 11);
    artifact->user_id = db_int(rows, 12);
    artifact->created_at = db_int(rows, 13);
    artifact->updated_at = db_int(rows, 14);
    artifact->committed_at = db_int(rows, 15);
    artifact->owner = (struct owner){ db_int(rows, 16), db_int(rows, 17) };
    return artifact;
}

static enum err_code no_such_artifact(struct err *err) {
    return err_set(err, ERR_NOT_FOUND, "there is no such artifact");
}

static enum err_code read_one(struct db_rows *rows, struct arena *arena, struct artifact **out, struct err *err) {
    *out = db_next(rows) ? read_row(rows, arena) : NULL;
    TRY(db_end(rows, err));
    return *out == NULL ? no_such_artifact(err) : OK;
}

static enum err_code read_list(struct db_rows *rows, struct arena *arena, struct list *out, struct err *err) {
    *out = (struct list){ 0 };
    while (db_next(rows))
        list_add(out, read_row(rows, arena), arena);
    return db_end(rows, err);
}

static struct db_value id_or_null(int64_t id) {
    return id == 0 ? DB_NULL : DB_INT(id);
}

enum err_code artifact_create(struct db_tx *tx, const struct collection *collection, const struct artifact *wanted,
                              int64_t now_ms, struct arena *arena, struct artifact **out, struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows,
                 DB_ARGS(DB_INT(collection->owner.project_id), DB_INT(collection->id), DB_TEXT(wanted->digest),
                         DB_TEXT(wanted->description), DB_TEXT(wanted->metadata), DB_INT(wanted->ttl_seconds),
                         DB_INT(wanted->history_step), DB_TEXT(wanted->distributed_id), id_or_null(wanted->base_id), id_or_null(wanted->run_id), id_or_null(wanted->user_id),
                         DB_TEXT(wanted->pending_aliases), DB_INT(now_ms)),
                 "insert into artifacts (project_id, collection_id, state, digest, description, metadata, ttl_seconds,"
                 " history_step, distributed_id, base_id, run_id, user_id, pending_aliases, created_at, updated_at)"
                 " values ($1, $2, 'PENDING', $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13) returning id",
                 err));
    int64_t id = db_next(rows) ? db_int(rows, 0) : 0;
    TRY(db_end(rows, err));
    return artifact_get(tx, id, arena, out, err);
}

enum err_code artifact_get(struct db_tx *tx, int64_t id, struct arena *arena, struct artifact **out, struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(id)), ARTIFACT_SELECT "where a.id = $1", err));
    return read_one(rows, arena, out, err);
}

enum err_code artifact_get_birth(struct db_tx *tx, int64_t id, struct arena *arena, struct artifact **out, struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(id)),
                 "select " ARTIFACT_COLUMNS ", own.id from artifacts a left join artifact_collections own on own.id = a.collection_id"
                 " join projects p on p.id = a.project_id and p.deleted_at is null where a.id = $1",
                 err));
    struct artifact *artifact = db_next(rows) ? read_row(rows, arena) : NULL;
    if (artifact != NULL && db_is_null(rows, ARTIFACT_COLUMN_COUNT))
        artifact->state = ARTIFACT_DELETED;
    TRY(db_end(rows, err));
    *out = artifact;
    return artifact == NULL ? no_such_artifact(err) : OK;
}

enum err_code artifact_load_texts(struct db_tx *tx, struct artifact *artifact, struct arena *arena, struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(artifact->id)), "select description, metadata, pending_aliases from artifacts where id = $1",
                 err));
    if (db_next(rows)) {
        artifact->description = db_str(rows, 0, arena);
        artifact->metadata = db_str(rows, 1, arena);
        artifact->pending_aliases = db_str(rows, 2, arena);
    }
    return db_end(rows, err);
}

enum err_code artifact_add_client_id(struct db_tx *tx, int64_t id, struct str client_id, struct err *err) {
    return db_exec(tx, DB_ARGS(DB_TEXT(client_id), DB_INT(id)),
                   "insert into artifact_client_ids (client_id, artifact_id) values ($1, $2) on conflict (client_id) do nothing", err);
}

enum err_code artifact_find_by_client_id(struct db_tx *tx, struct str client_id, struct arena *arena, struct artifact **out,
                                         struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(DB_TEXT(client_id)), ARTIFACT_SELECT "join artifact_client_ids c on c.artifact_id = a.id where c.client_id = $1", err));
    return read_one(rows, arena, out, err);
}

enum err_code artifact_find_distributed(struct db_tx *tx, int64_t collection_id, struct str distributed_id,
                                        struct arena *arena, struct artifact **out, struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(collection_id), DB_TEXT(distributed_id)),
                 ARTIFACT_SELECT "where a.collection_id = $1 and a.distributed_id = $2 and a.state <> 'DELETED'"
                                 " order by a.id desc limit 1",
                 err));
    return read_one(rows, arena, out, err);
}

enum err_code artifact_find_same(struct db_tx *tx, int64_t collection_id, struct str digest, struct arena *arena,
                                 struct artifact **out, struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(collection_id), DB_TEXT(digest)),
                 ARTIFACT_SELECT "where a.collection_id = $1 and a.digest = $2 and a.state = 'COMMITTED'"
                                 " order by a.version_index desc limit 1",
                 err));
    return read_one(rows, arena, out, err);
}

enum err_code artifact_list_members(struct db_tx *tx, int64_t collection_id, struct arena *arena, struct list *out, struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(collection_id)),
                 ARTIFACT_SELECT "join artifact_memberships m on m.artifact_id = a.id where m.collection_id = $1"
                                 " order by m.version_index desc",
                 err));
    return read_list(rows, arena, out, err);
}

enum err_code artifact_find_latest(struct db_tx *tx, int64_t collection_id, struct arena *arena, struct artifact **out,
                                   struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(collection_id)),
                 ARTIFACT_SELECT "where a.collection_id = $1 and a.state = 'COMMITTED' order by a.version_index desc limit 1",
                 err));
    return read_one(rows, arena, out, err);
}

/* The next index of a collection, never given twice, also when versions are deleted. */
static enum err_code take_index(struct db_tx *tx, int64_t collection_id, int64_t now_ms, int64_t *out, struct err *err) {
    struct db_rows *rows;
    *out = 0;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(collection_id), DB_INT(now_ms)),
                 "update artifact_collections set next_version = next_version + 1, updated_at = $2 where id = $1"
                 " returning next_version - 1",
                 err));
    if (db_next(rows))
        *out = db_int(rows, 0);
    return db_end(rows, err);
}

static enum err_code add_membership(struct db_tx *tx, int64_t collection_id, int64_t artifact_id, int64_t index, int64_t now_ms,
                                    struct err *err) {
    return db_exec(tx, DB_ARGS(DB_INT(collection_id), DB_INT(artifact_id), DB_INT(index), DB_INT(now_ms)),
                   "insert into artifact_memberships (collection_id, artifact_id, version_index, created_at)"
                   " values ($1, $2, $3, $4)",
                   err);
}

enum err_code artifact_commit(struct db_tx *tx, struct artifact *artifact, struct str digest, int64_t size_bytes,
                              int64_t file_count, int64_t now_ms, struct err *err) {
    TRY(take_index(tx, artifact->collection_id, now_ms, &artifact->version_index, err));
    TRY(db_exec(tx,
                DB_ARGS(DB_INT(artifact->id), DB_INT(artifact->version_index), DB_TEXT(digest), DB_INT(size_bytes),
                        DB_INT(file_count), DB_INT(now_ms)),
                "update artifacts set state = 'COMMITTED', version_index = $2, digest = $3, size_bytes = $4,"
                " file_count = $5, updated_at = $6, committed_at = $6, pending_aliases = null where id = $1",
                err));
    artifact->state = ARTIFACT_COMMITTED;
    artifact->digest = digest;
    artifact->size_bytes = size_bytes;
    artifact->file_count = file_count;
    artifact->committed_at = now_ms;
    TRY(automation_event_add(tx, "CREATE_ARTIFACT", artifact->collection_id, artifact->id, STR_EMPTY, err));
    return add_membership(tx, artifact->collection_id, artifact->id, artifact->version_index, now_ms, err);
}

enum err_code artifact_update(struct db_tx *tx, int64_t id, struct str description, struct str metadata, int64_t ttl_seconds,
                              int64_t now_ms, struct err *err) {
    struct db_value ttl = ttl_seconds == INT64_MIN ? DB_NULL : DB_INT(ttl_seconds);
    return db_exec(tx, DB_ARGS(DB_INT(id), DB_TEXT(description), DB_TEXT(metadata), ttl, DB_INT(now_ms)),
                   "update artifacts set description = coalesce($2, description), metadata = coalesce($3, metadata),"
                   " ttl_seconds = coalesce($4, ttl_seconds), updated_at = $5 where id = $1",
                   err);
}

enum err_code artifact_delete(struct db_tx *tx, int64_t id, int64_t now_ms, struct err *err) {
    static const char *const statements[] = {
        "delete from artifact_aliases where artifact_id = $1",
        "delete from artifact_memberships where artifact_id = $1",
        "delete from artifact_tags where artifact_id = $1",
        "delete from artifact_client_ids where artifact_id = $1",
    };
    for (size_t i = 0; i < sizeof statements / sizeof statements[0]; i++)
        TRY(db_exec(tx, DB_ARGS(DB_INT(id)), statements[i], err));
    TRY(removal_add(tx, REMOVAL_ARTIFACT, id, now_ms, err));
    return db_exec(tx, DB_ARGS(DB_INT(id), DB_INT(now_ms)),
                   "update artifacts set state = 'DELETED', updated_at = $2 where id = $1", err);
}

enum err_code artifact_tags(struct db_tx *tx, int64_t id, struct arena *arena, struct list *out, struct err *err) {
    struct db_rows *rows;
    *out = (struct list){ 0 };
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(id)), "select tag from artifact_tags where artifact_id = $1 order by tag", err));
    while (db_next(rows)) {
        struct str *tag = ARENA_NEW(arena, struct str);
        *tag = db_str(rows, 0, arena);
        list_add(out, tag, arena);
    }
    return db_end(rows, err);
}

enum err_code artifact_tag(struct db_tx *tx, int64_t id, struct str tag, bool is_added, struct err *err) {
    struct db_rows *rows;
    int64_t collection_id = 0;
    TRY(db_exec(tx, DB_ARGS(DB_INT(id), DB_TEXT(tag)),
                is_added ? "insert into artifact_tags (artifact_id, tag) values ($1, $2) on conflict do nothing"
                         : "delete from artifact_tags where artifact_id = $1 and tag = $2",
                err));
    if (db_changed(tx) == 0)
        return OK;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(id)), "select collection_id from artifacts where id = $1", err));
    while (db_next(rows))
        collection_id = db_int(rows, 0);
    TRY(db_end(rows, err));
    return automation_event_add(tx, is_added ? "ADD_ARTIFACT_TAG" : "REMOVE_ARTIFACT_TAG", collection_id, id, tag, err);
}

enum err_code artifact_list_expired(struct db_tx *tx, int64_t now_ms, size_t limit, struct arena *arena, struct list *out,
                                    struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(now_ms), DB_INT(limit)),
                 ARTIFACT_SELECT "where a.state = 'COMMITTED' and a.ttl_seconds > 0"
                                 " and a.ttl_seconds <= ($1 - a.created_at) / 1000 and not exists (select 1 from artifact_aliases l"
                                 " join artifact_collections c on c.id = l.collection_id join protected_aliases g"
                                 " on g.project_id = c.project_id and g.alias = l.alias"
                                 " join projects gp on gp.id = c.project_id and gp.deleted_at is null"
                                 " join entities guard on guard.id = gp.entity_id join entities home on home.id = p.entity_id"
                                 " where l.artifact_id = a.id and " PROTECTED_ALIAS_BINDS ")"
                                 " order by a.id limit $2",
                 err));
    return read_list(rows, arena, out, err);
}

/* ---- links: the membership's own index counts inside the portfolio ---- */

enum err_code membership_link(struct db_tx *tx, int64_t collection_id, int64_t artifact_id, int64_t now_ms, struct arena *arena,
                              struct membership **out, struct err *err) {
    int64_t index;
    enum err_code code = membership_get(tx, collection_id, artifact_id, arena, out, err);
    if (code != ERR_NOT_FOUND)
        return code;
    TRY(take_index(tx, collection_id, now_ms, &index, err));
    TRY(add_membership(tx, collection_id, artifact_id, index, now_ms, err));
    TRY(automation_event_add(tx, "LINK_MODEL", collection_id, artifact_id, STR_EMPTY, err));
    return membership_get(tx, collection_id, artifact_id, arena, out, err);
}

/* ---- lineage ---- */

enum err_code artifact_add_output(struct db_tx *tx, int64_t run_id, int64_t artifact_id, int64_t now_ms, struct err *err) {
    return db_exec(tx, DB_ARGS(DB_INT(run_id), DB_INT(artifact_id), DB_INT(now_ms)),
                   "insert into artifact_outputs (run_id, artifact_id, created_at) values ($1, $2, $3) on conflict do nothing",
                   err);
}

enum err_code artifact_add_use(struct db_tx *tx, int64_t run_id, int64_t artifact_id, struct str used_as, int64_t now_ms,
                               struct err *err) {
    return db_exec(tx, DB_ARGS(DB_INT(run_id), DB_INT(artifact_id), DB_TEXT(used_as), DB_INT(now_ms)),
                   "insert into artifact_uses (run_id, artifact_id, used_as, created_at) values ($1, $2, $3, $4)"
                   " on conflict (run_id, artifact_id) do update set used_as = coalesce(excluded.used_as, artifact_uses.used_as)",
                   err);
}

enum err_code artifact_list_outputs(struct db_tx *tx, int64_t run_id, struct arena *arena, struct list *out, struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(run_id)),
                 ARTIFACT_SELECT "join artifact_outputs o on o.artifact_id = a.id"
                                 " where o.run_id = $1 and a.state = 'COMMITTED' order by o.created_at, a.id",
                 err));
    return read_list(rows, arena, out, err);
}

enum err_code artifact_list_inputs(struct db_tx *tx, int64_t run_id, struct arena *arena, struct list *out, struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(run_id)),
                 ARTIFACT_SELECT "join artifact_uses u on u.artifact_id = a.id"
                                 " where u.run_id = $1 and a.state <> 'PENDING' order by u.created_at, a.id",
                 err));
    return read_list(rows, arena, out, err);
}

enum err_code artifact_list_users(struct db_tx *tx, int64_t artifact_id, struct arena *arena, struct list *out, struct err *err) {
    struct db_rows *rows;
    *out = (struct list){ 0 };
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(artifact_id)),
                 "select run_id from artifact_uses where artifact_id = $1 order by created_at, run_id", err));
    while (db_next(rows)) {
        int64_t *id = ARENA_NEW(arena, int64_t);
        *id = db_int(rows, 0);
        list_add(out, id, arena);
    }
    return db_end(rows, err);
}

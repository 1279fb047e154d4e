/* artifact_event.c - see artifact_event.h. */
#include "server/store/artifacts/artifact_event.h"

static struct db_value id_or_null(int64_t id) {
    return id == 0 ? DB_NULL : DB_INT(id);
}

/* Between two characters. */
static struct str cut(struct str text) {
    size_t len = text.len < ARTIFACT_EVENT_DETAIL_MAX ? text.len : ARTIFACT_EVENT_DETAIL_MAX;
    while (len > 0 && len < text.len && ((unsigned char)text.ptr[len] & 0xc0) == 0x80)
        len--;
    return str_slice(text, 0, len);
}

enum err_code artifact_event_add(struct db_tx *tx, const struct artifact_event *event, int64_t now_ms, struct err *err) {
    struct str detail = event->detail.ptr == NULL ? STR_EMPTY : cut(event->detail);
    return db_exec(tx,
                   DB_ARGS(DB_INT(event->artifact_id), DB_INT(now_ms), id_or_null(event->user_id), id_or_null(event->collection_id),
                           DB_TEXT(event->action), DB_TEXT(detail)),
                   "insert into artifact_events (artifact_id, at, user_id, collection_id, action, detail)"
                   " values ($1, $2, $3, $4, $5, $6)",
                   err);
}

static enum err_code find_holder(struct db_tx *tx, int64_t collection_id, struct str alias, int64_t *out, struct err *err) {
    return db_query_int(tx, DB_ARGS(DB_INT(collection_id), DB_TEXT(alias)),
                        "select artifact_id from artifact_aliases where collection_id = $1 and alias = $2", out, err);
}

enum err_code artifact_event_add_alias(struct db_tx *tx, int64_t user_id, int64_t collection_id, struct str alias, int64_t artifact_id,
                                       int64_t now_ms, struct err *err) {
    struct artifact_event event = { .user_id = user_id, .collection_id = collection_id, .detail = alias };
    TRY(find_holder(tx, collection_id, alias, &event.artifact_id, err));
    if (event.artifact_id == artifact_id)
        return OK;
    event.action = STR("ALIAS_REMOVED");
    if (event.artifact_id != 0)
        TRY(artifact_event_add(tx, &event, now_ms, err));
    event.artifact_id = artifact_id;
    event.action = STR("ALIAS_ADDED");
    return artifact_event_add(tx, &event, now_ms, err);
}

#define EVENTS                                                                                                           \
    " from (select e.id as id, 2 as rank, e.at as at, coalesce(e.user_id, 0) as user_id, 0 as run_id,"                   \
    " coalesce(e.collection_id, 0) as collection_id, e.action as action, e.detail as detail"                             \
    " from artifact_events e where e.artifact_id = $1"                                                                   \
    " union all select 0, 0, a.created_at, coalesce(a.user_id, 0), coalesce(a.run_id, 0), 0, 'CREATED', ''"              \
    " from artifacts a where a.id = $1"                                                                                  \
    " union all select 0, 1, a.committed_at, coalesce(a.user_id, 0), coalesce(a.run_id, 0), 0, 'COMMITTED', ''"          \
    " from artifacts a where a.id = $1 and a.committed_at is not null"                                                   \
    " union all select u.run_id, 3, u.created_at, coalesce(r.user_id, 0), u.run_id, 0, 'USED', coalesce(u.used_as, '')"  \
    " from artifact_uses u join runs r on r.id = u.run_id where u.artifact_id = $1) h"

static struct artifact_event *read_row(struct db_rows *rows, int64_t artifact_id, struct arena *arena) {
    struct artifact_event *event = ARENA_NEW(arena, struct artifact_event);
    *event = (struct artifact_event){
        .artifact_id = artifact_id,
        .id = db_int(rows, 0),
        .rank = db_int(rows, 1),
        .at = db_int(rows, 2),
        .user_id = db_int(rows, 3),
        .run_id = db_int(rows, 4),
        .collection_id = db_int(rows, 5),
        .action = db_str(rows, 6, arena),
        .detail = db_str(rows, 7, arena),
        .username = db_str(rows, 8, arena),
    };
    return event;
}

enum err_code artifact_event_list(struct db_tx *tx, int64_t artifact_id, const struct artifact_event *last, size_t limit,
                                  struct arena *arena, struct list *out, struct err *err) {
    const struct artifact_event first = { .at = INT64_MAX };
    struct db_rows *rows;
    *out = (struct list){ 0 };
    if (last == NULL)
        last = &first;
    TRY(db_query(tx, &rows,
                 DB_ARGS(DB_INT(artifact_id), DB_INT(last->at), DB_INT(last->rank), DB_INT(last->id), DB_INT((int64_t)limit)),
                 "select h.id, h.rank, h.at, h.user_id, h.run_id, h.collection_id, h.action, h.detail, n.username" EVENTS
                 " left join users n on n.id = h.user_id"
                 " where h.at < $2 or (h.at = $2 and (h.rank < $3 or (h.rank = $3 and h.id < $4)))"
                 " order by h.at desc, h.rank desc, h.id desc limit $5",
                 err));
    while (db_next(rows))
        list_add(out, read_row(rows, artifact_id, arena), arena);
    return db_end(rows, err);
}

enum err_code artifact_event_count(struct db_tx *tx, int64_t artifact_id, int64_t *out, struct err *err) {
    return db_query_int(tx, DB_ARGS(DB_INT(artifact_id)), "select count(*)" EVENTS, out, err);
}

enum err_code artifact_event_count_elsewhere(struct db_tx *tx, int64_t artifact_id, struct arena *arena, struct list *out, struct err *err) {
    struct db_rows *rows;
    *out = (struct list){ 0 };
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(artifact_id)),
                 "select u.run_id, 0, count(*) from artifact_uses u join runs r on r.id = u.run_id"
                 " join artifacts a on a.id = u.artifact_id and a.project_id <> r.project_id where u.artifact_id = $1 group by u.run_id"
                 " union all select 0, e.collection_id, count(*) from artifact_events e"
                 " where e.artifact_id = $1 and e.collection_id is not null group by e.collection_id",
                 err));
    while (db_next(rows)) {
        struct artifact_event_count *some = ARENA_NEW(arena, struct artifact_event_count);
        *some = (struct artifact_event_count){ db_int(rows, 0), db_int(rows, 1), db_int(rows, 2) };
        list_add(out, some, arena);
    }
    return db_end(rows, err);
}

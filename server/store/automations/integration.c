/* integration.c - see integration.h. */
#include "server/store/automations/integration.h"

#include "base/http_url.h"
#include "server/store/projects/names.h"

#define INTEGRATION_SELECT                                                                                               \
    "select i.id, i.entity_id, i.name, i.url, i.created_at from integrations i"                                          \
    " join entities e on e.id = i.entity_id and e.removed_at is null "

static struct integration *read_integration(const struct db_rows *rows, struct arena *arena) {
    struct integration *integration = ARENA_NEW(arena, struct integration);
    integration->id = db_int(rows, 0);
    integration->owner = (struct owner){ .entity_id = db_int(rows, 1) };
    integration->name = db_str(rows, 2, arena);
    integration->url = db_str(rows, 3, arena);
    integration->created_at = db_int(rows, 4);
    return integration;
}

enum err_code integration_find(struct db_tx *tx, int64_t id, struct arena *arena, struct integration **out, struct err *err) {
    struct db_rows *rows;
    *out = NULL;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(id)), INTEGRATION_SELECT "where i.id = $1 and i.deleted_at is null", err));
    while (db_next(rows))
        *out = read_integration(rows, arena);
    TRY(db_end(rows, err));
    return *out != NULL ? OK : err_set(err, ERR_NOT_FOUND, "there is no such integration");
}

enum err_code integration_list(struct db_tx *tx, int64_t entity_id, struct arena *arena, struct list *out, struct err *err) {
    struct db_rows *rows;
    *out = (struct list){ 0 };
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(entity_id)),
                 INTEGRATION_SELECT "where i.entity_id = $1 and i.deleted_at is null order by i.name", err));
    while (db_next(rows))
        list_add(out, read_integration(rows, arena), arena);
    return db_end(rows, err);
}

static enum err_code check(struct str name, struct str url, struct err *err) {
    struct http_url parts;
    TRY(name_check(name, "the integration's name", INTEGRATION_NAME_MAX, err));
    if (url.len > INTEGRATION_URL_MAX)
        return err_set(err, ERR_BAD_INPUT, "the address has %zu bytes, at most %d are taken", url.len, INTEGRATION_URL_MAX);
    if (http_url_parse(&parts, url, err) != OK)
        return err_add_context(err, "the webhook's address");
    if (parts.credentials.len > 0)
        return err_set(err, ERR_BAD_INPUT, "the webhook's address must not hold a user and password");
    return OK;
}

static enum err_code count(struct db_tx *tx, int64_t entity_id, struct str name, int64_t *total, int64_t *of_name, struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(entity_id), DB_TEXT(name)),
                 "select count(*), sum(case when name = $2 then 1 else 0 end) from integrations"
                 " where entity_id = $1 and deleted_at is null",
                 err));
    while (db_next(rows)) {
        *total = db_int(rows, 0);
        *of_name = db_int(rows, 1);
    }
    return db_end(rows, err);
}

enum err_code integration_create(struct db_tx *tx, int64_t entity_id, struct str name, struct str url, int64_t user_id, int64_t now_ms,
                                 int64_t *id, struct err *err) {
    int64_t total = 0, of_name = 0;
    TRY(check(name, url, err));
    TRY(count(tx, entity_id, name, &total, &of_name, err));
    if (of_name > 0)
        return err_set(err, ERR_CONFLICT, "there is an integration '%.*s' already", STR_ARG(name));
    if (total >= INTEGRATIONS_PER_ENTITY_MAX)
        return err_set(err, ERR_BAD_INPUT, "an entity has at most %d integrations", INTEGRATIONS_PER_ENTITY_MAX);
    TRY(db_exec(tx, DB_ARGS(DB_INT(entity_id), DB_TEXT(name), DB_TEXT(url), DB_INT(user_id), DB_INT(now_ms)),
                "insert into integrations (entity_id, name, url, user_id, created_at) values ($1, $2, $3, $4, $5)", err));
    return db_query_int(tx, DB_ARGS(DB_INT(entity_id)), "select max(id) from integrations where entity_id = $1", id, err);
}

enum err_code integration_delete(struct db_tx *tx, int64_t id, int64_t now_ms, struct err *err) {
    return db_exec(tx, DB_ARGS(DB_INT(id), DB_INT(now_ms)), "update integrations set deleted_at = $2 where id = $1", err);
}

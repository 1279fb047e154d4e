/* collection.c - artifact types and collections, memberships and aliases; see artifact.h. */
#include "server/store/artifacts/artifact.h"
#include "server/store/automations/automation.h"

#include "server/store/projects/removal.h"

/* ---- types ---- */

#define TYPE_SELECT                                                                                                      \
    "select t.id, t.created_at, t.name, t.description, p.entity_id, t.project_id"                                       \
    " from artifact_types t join projects p on p.id = t.project_id "

static struct artifact_type *read_type(const struct db_rows *rows, struct arena *arena) {
    struct artifact_type *type = ARENA_NEW(arena, struct artifact_type);
    type->id = db_int(rows, 0);
    type->created_at = db_int(rows, 1);
    type->name = db_str(rows, 2, arena);
    type->description = db_str(rows, 3, arena);
    type->owner = (struct owner){ db_int(rows, 4), db_int(rows, 5) };
    return type;
}

static enum err_code read_one_type(struct db_rows *rows, struct arena *arena, struct artifact_type **out, struct err *err) {
    *out = db_next(rows) ? read_type(rows, arena) : NULL;
    TRY(db_end(rows, err));
    return *out == NULL ? err_set(err, ERR_NOT_FOUND, "there is no such artifact type") : OK;
}

enum err_code artifact_type_ensure(struct db_tx *tx, int64_t project_id, struct str name, int64_t now_ms, struct arena *arena,
                                   struct artifact_type **out, struct err *err) {
    TRY(db_exec(tx, DB_ARGS(DB_INT(project_id), DB_TEXT(name), DB_INT(now_ms)),
                "insert into artifact_types (project_id, name, created_at) values ($1, $2, $3)"
                " on conflict (project_id, name) do nothing",
                err));
    return artifact_type_find(tx, project_id, name, arena, out, err);
}

enum err_code artifact_type_find(struct db_tx *tx, int64_t project_id, struct str name, struct arena *arena,
                                 struct artifact_type **out, struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(project_id), DB_TEXT(name)), TYPE_SELECT "where t.project_id = $1 and t.name = $2", err));
    return read_one_type(rows, arena, out, err);
}

enum err_code artifact_type_get(struct db_tx *tx, int64_t id, struct arena *arena, struct artifact_type **out, struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(id)), TYPE_SELECT "where t.id = $1", err));
    return read_one_type(rows, arena, out, err);
}

enum err_code artifact_type_list(struct db_tx *tx, int64_t project_id, struct arena *arena, struct list *out, struct err *err) {
    struct db_rows *rows;
    *out = (struct list){ 0 };
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(project_id)), TYPE_SELECT "where t.project_id = $1 order by t.name", err));
    while (db_next(rows))
        list_add(out, read_type(rows, arena), arena);
    return db_end(rows, err);
}

/* ---- collections ---- */

#define COLLECTION_SELECT                                                                                                \
    "select c.id, c.type_id, c.created_at, c.updated_at, c.name, t.name, c.description, c.client_id, c.is_portfolio,"   \
    " p.entity_id, c.project_id, c.next_version from artifact_collections c join artifact_types t on t.id = c.type_id"                  \
    " join projects p on p.id = c.project_id "

static struct collection *read_collection(const struct db_rows *rows, struct arena *arena) {
    struct collection *collection = ARENA_NEW(arena, struct collection);
    collection->id = db_int(rows, 0);
    collection->type_id = db_int(rows, 1);
    collection->created_at = db_int(rows, 2);
    collection->updated_at = db_int(rows, 3);
    collection->name = db_str(rows, 4, arena);
    collection->type_name = db_str(rows, 5, arena);
    collection->description = db_str(rows, 6, arena);
    collection->client_id = db_str(rows, 7, arena);
    collection->is_portfolio = db_int(rows, 8) != 0;
    collection->owner = (struct owner){ db_int(rows, 9), db_int(rows, 10) };
    collection->is_shown = collection->is_portfolio || db_int(rows, 11) > 0;
    return collection;
}

static enum err_code read_one_collection(struct db_rows *rows, struct arena *arena, struct collection **out, struct err *err) {
    *out = db_next(rows) ? read_collection(rows, arena) : NULL;
    TRY(db_end(rows, err));
    return *out == NULL ? err_set(err, ERR_NOT_FOUND, "there is no such artifact collection") : OK;
}

enum err_code collection_ensure(struct db_tx *tx, int64_t project_id, int64_t type_id, struct str name, bool is_portfolio,
                                struct str client_id, int64_t now_ms, struct arena *arena, struct collection **out,
                                struct err *err) {
    TRY(db_exec(tx,
                DB_ARGS(DB_INT(project_id), DB_INT(type_id), DB_TEXT(name), DB_INT(is_portfolio), DB_TEXT(client_id), DB_INT(now_ms)),
                "insert into artifact_collections (project_id, type_id, name, is_portfolio, client_id, created_at, updated_at)"
                " values ($1, $2, $3, $4, $5, $6, $6) on conflict (project_id, name) do nothing",
                err));
    TRY(collection_find(tx, project_id, name, arena, out, err));
    if ((*out)->is_portfolio != is_portfolio)
        return err_set(err, ERR_CONFLICT, "the name '%.*s' belongs to a %s in this project", STR_ARG(name),
                       (*out)->is_portfolio ? "portfolio" : "sequence of versions");
    if ((*out)->type_id != type_id)
        return err_set(err, ERR_CONFLICT, "the artifact '%.*s' already exists with type '%.*s'", STR_ARG(name),
                       STR_ARG((*out)->type_name));
    return OK;
}

enum err_code collection_find(struct db_tx *tx, int64_t project_id, struct str name, struct arena *arena, struct collection **out,
                              struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(project_id), DB_TEXT(name)), COLLECTION_SELECT "where c.project_id = $1 and c.name = $2",
                 err));
    return read_one_collection(rows, arena, out, err);
}

enum err_code collection_find_shown(struct db_tx *tx, int64_t project_id, struct str name, struct arena *arena, struct collection **out,
                                    struct err *err) {
    TRY(collection_find(tx, project_id, name, arena, out, err));
    return (*out)->is_shown ? OK : err_set(err, ERR_NOT_FOUND, "there is no such artifact collection");
}

enum err_code collection_get(struct db_tx *tx, int64_t id, struct arena *arena, struct collection **out, struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(id)), COLLECTION_SELECT "where c.id = $1", err));
    return read_one_collection(rows, arena, out, err);
}

enum err_code collection_list(struct db_tx *tx, int64_t project_id, int64_t type_id, struct arena *arena, struct list *out,
                              struct err *err) {
    struct db_rows *rows;
    *out = (struct list){ 0 };
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(project_id), DB_INT(type_id)),
                 COLLECTION_SELECT "where c.project_id = $1 and ($2 = 0 or c.type_id = $2) order by c.name", err));
    while (db_next(rows)) {
        struct collection *collection = read_collection(rows, arena);
        if (collection->is_shown)
            list_add(out, collection, arena);
    }
    return db_end(rows, err);
}

static enum err_code check_name_is_free(struct db_tx *tx, int64_t id, struct str name, struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(id), DB_TEXT(name)),
                 "select 1 from artifact_collections c join artifact_collections other on other.project_id = c.project_id"
                 " where c.id = $1 and other.id <> $1 and other.name = $2",
                 err));
    bool is_taken = db_next(rows);
    TRY(db_end(rows, err));
    return is_taken ? err_set(err, ERR_CONFLICT, "the name '%.*s' is taken in this project", STR_ARG(name)) : OK;
}

enum err_code collection_update(struct db_tx *tx, int64_t id, struct str name, struct str description, int64_t now_ms,
                                struct err *err) {
    if (name.ptr != NULL)
        TRY(check_name_is_free(tx, id, name, err));
    return db_exec(tx, DB_ARGS(DB_INT(id), DB_TEXT(name), DB_TEXT(description), DB_INT(now_ms)),
                   "update artifact_collections set name = coalesce($2, name), description = coalesce($3, description),"
                   " updated_at = $4 where id = $1",
                   err);
}

enum err_code collection_move(struct db_tx *tx, int64_t id, int64_t type_id, int64_t now_ms, struct err *err) {
    return db_exec(tx, DB_ARGS(DB_INT(id), DB_INT(type_id), DB_INT(now_ms)),
                   "update artifact_collections set type_id = $2, updated_at = $3 where id = $1", err);
}

enum err_code collection_delete(struct db_tx *tx, int64_t id, int64_t now_ms, struct err *err) {
    TRY(removal_add(tx, REMOVAL_COLLECTION, id, now_ms, err));
    return db_exec(tx, DB_ARGS(DB_INT(id)), "delete from artifact_collections where id = $1", err);
}

enum err_code collection_tags(struct db_tx *tx, int64_t id, struct arena *arena, struct list *out, struct err *err) {
    struct db_rows *rows;
    *out = (struct list){ 0 };
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(id)), "select tag from collection_tags where collection_id = $1 order by tag", err));
    while (db_next(rows)) {
        struct str *tag = ARENA_NEW(arena, struct str);
        *tag = db_str(rows, 0, arena);
        list_add(out, tag, arena);
    }
    return db_end(rows, err);
}

enum err_code collection_tag(struct db_tx *tx, int64_t id, struct str tag, bool is_added, struct err *err) {
    TRY(db_exec(tx, DB_ARGS(DB_INT(id), DB_TEXT(tag)),
                is_added ? "insert into collection_tags (collection_id, tag) values ($1, $2) on conflict do nothing"
                         : "delete from collection_tags where collection_id = $1 and tag = $2",
                err));
    if (db_changed(tx) == 0)
        return OK;
    return automation_event_add(tx, is_added ? "ADD_COLLECTION_TAG" : "REMOVE_COLLECTION_TAG", id, 0, tag, err);
}

/* ---- memberships ---- */

#define MEMBERSHIP_SELECT                                                                                                \
    "select m.id, m.collection_id, m.artifact_id, m.version_index, m.created_at, p.entity_id, c.project_id"             \
    " from artifact_memberships m join artifact_collections c on c.id = m.collection_id"                                \
    " join projects p on p.id = c.project_id and p.deleted_at is null"                                                   \
    " join artifacts a on a.id = m.artifact_id join artifact_collections own on own.id = a.collection_id"               \
    " join projects home on home.id = a.project_id and home.deleted_at is null "

static struct membership *read_membership(const struct db_rows *rows, struct arena *arena) {
    struct membership *membership = ARENA_NEW(arena, struct membership);
    membership->id = db_int(rows, 0);
    membership->collection_id = db_int(rows, 1);
    membership->artifact_id = db_int(rows, 2);
    membership->version_index = db_int(rows, 3);
    membership->created_at = db_int(rows, 4);
    membership->owner = (struct owner){ db_int(rows, 5), db_int(rows, 6) };
    return membership;
}

static enum err_code read_one_membership(struct db_rows *rows, struct arena *arena, struct membership **out, struct err *err) {
    *out = db_next(rows) ? read_membership(rows, arena) : NULL;
    TRY(db_end(rows, err));
    return *out == NULL ? err_set(err, ERR_NOT_FOUND, "there is no such artifact version") : OK;
}

static enum err_code find_by_alias(struct db_tx *tx, int64_t collection_id, struct str alias, struct arena *arena,
                                   struct membership **out, struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(collection_id), DB_TEXT(alias)),
                 MEMBERSHIP_SELECT "join artifact_aliases l on l.collection_id = m.collection_id and l.artifact_id = m.artifact_id"
                                   " where m.collection_id = $1 and l.alias = $2",
                 err));
    return read_one_membership(rows, arena, out, err);
}

static enum err_code find_by_index(struct db_tx *tx, int64_t collection_id, int64_t index, struct arena *arena,
                                   struct membership **out, struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(collection_id), DB_INT(index)),
                 MEMBERSHIP_SELECT "where m.collection_id = $1 and m.version_index = $2", err));
    return read_one_membership(rows, arena, out, err);
}

static enum err_code find_by_digest(struct db_tx *tx, int64_t collection_id, struct str digest, struct arena *arena,
                                    struct membership **out, struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(collection_id), DB_TEXT(digest)),
                 MEMBERSHIP_SELECT " where m.collection_id = $1 and a.digest = $2 order by m.version_index desc limit 1",
                 err));
    return read_one_membership(rows, arena, out, err);
}

enum err_code membership_find(struct db_tx *tx, int64_t collection_id, struct str name, struct arena *arena,
                              struct membership **out, struct err *err) {
    uint64_t index;
    if (name.len > 1 && name.ptr[0] == 'v' && str_to_u64(str_from(name, 1), &index))
        return find_by_index(tx, collection_id, (int64_t)index, arena, out, err);
    enum err_code code = find_by_alias(tx, collection_id, name.len == 0 ? STR("latest") : name, arena, out, err);
    if (code != ERR_NOT_FOUND || name.len == 0)
        return code;
    return find_by_digest(tx, collection_id, name, arena, out, err);
}

enum err_code membership_get(struct db_tx *tx, int64_t collection_id, int64_t artifact_id, struct arena *arena,
                             struct membership **out, struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(collection_id), DB_INT(artifact_id)),
                 MEMBERSHIP_SELECT "where m.collection_id = $1 and m.artifact_id = $2", err));
    return read_one_membership(rows, arena, out, err);
}

static enum err_code read_memberships(struct db_rows *rows, struct arena *arena, struct list *out, struct err *err) {
    *out = (struct list){ 0 };
    while (db_next(rows))
        list_add(out, read_membership(rows, arena), arena);
    return db_end(rows, err);
}

enum err_code membership_list(struct db_tx *tx, int64_t collection_id, struct arena *arena, struct list *out, struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(collection_id)),
                 MEMBERSHIP_SELECT "where m.collection_id = $1 order by m.version_index desc", err));
    return read_memberships(rows, arena, out, err);
}

enum err_code membership_list_of_artifact(struct db_tx *tx, int64_t artifact_id, struct arena *arena, struct list *out,
                                          struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(artifact_id)), MEMBERSHIP_SELECT "where m.artifact_id = $1 order by m.id", err));
    return read_memberships(rows, arena, out, err);
}

enum err_code membership_unlink(struct db_tx *tx, int64_t collection_id, int64_t artifact_id, struct err *err) {
    TRY(db_exec(tx, DB_ARGS(DB_INT(collection_id), DB_INT(artifact_id)),
                "delete from artifact_aliases where collection_id = $1 and artifact_id = $2", err));
    TRY(db_exec(tx, DB_ARGS(DB_INT(collection_id), DB_INT(artifact_id)),
                "delete from artifact_memberships where collection_id = $1 and artifact_id = $2", err));
    return db_changed(tx) == 0 ? OK : automation_event_add(tx, "UNLINK_ARTIFACT", collection_id, artifact_id, STR_EMPTY, err);
}

/* ---- aliases ---- */

static enum err_code alias_has(struct db_tx *tx, int64_t collection_id, struct str alias, int64_t artifact_id, bool *out, struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(collection_id), DB_TEXT(alias), DB_INT(artifact_id)),
                 "select 1 from artifact_aliases where collection_id = $1 and alias = $2 and artifact_id = $3", err));
    *out = db_next(rows);
    return db_end(rows, err);
}

enum err_code alias_set(struct db_tx *tx, int64_t collection_id, struct str alias, int64_t artifact_id, struct err *err) {
    bool has;
    TRY(alias_has(tx, collection_id, alias, artifact_id, &has, err));
    if (has)
        return OK;
    TRY(automation_event_add(tx, "ADD_ARTIFACT_ALIAS", collection_id, artifact_id, alias, err));
    return db_exec(tx, DB_ARGS(DB_INT(collection_id), DB_TEXT(alias), DB_INT(artifact_id)),
                   "insert into artifact_aliases (collection_id, alias, artifact_id) values ($1, $2, $3)"
                   " on conflict (collection_id, alias) do update set artifact_id = excluded.artifact_id",
                   err);
}

enum err_code alias_remove(struct db_tx *tx, int64_t collection_id, struct str alias, int64_t artifact_id, struct err *err) {
    return db_exec(tx, DB_ARGS(DB_INT(collection_id), DB_TEXT(alias), DB_INT(artifact_id)),
                   "delete from artifact_aliases where collection_id = $1 and alias = $2 and artifact_id = $3", err);
}

enum err_code alias_list(struct db_tx *tx, int64_t collection_id, int64_t artifact_id, struct arena *arena, struct list *out,
                         struct err *err) {
    struct db_rows *rows;
    *out = (struct list){ 0 };
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(collection_id), DB_INT(artifact_id)),
                 "select l.id, l.collection_id, l.artifact_id, l.alias, p.entity_id, c.project_id from artifact_aliases l"
                 " join artifact_collections c on c.id = l.collection_id join projects p on p.id = c.project_id"
                 " where ($1 = 0 or l.collection_id = $1) and ($2 = 0 or l.artifact_id = $2) order by l.id",
                 err));
    while (db_next(rows)) {
        struct artifact_alias *alias = ARENA_NEW(arena, struct artifact_alias);
        alias->id = db_int(rows, 0);
        alias->collection_id = db_int(rows, 1);
        alias->artifact_id = db_int(rows, 2);
        alias->alias = db_str(rows, 3, arena);
        alias->owner = (struct owner){ db_int(rows, 4), db_int(rows, 5) };
        list_add(out, alias, arena);
    }
    return db_end(rows, err);
}

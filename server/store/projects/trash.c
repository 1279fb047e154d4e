/* trash.c - see trash.h. */
#include "server/store/projects/trash.h"

#include "server/store/accounts/setting.h"
#include "server/store/projects/view.h"

static const char *const kind_names[TRASH_KIND_COUNT] = {
    [TRASH_RUN] = "run", [TRASH_PROJECT] = "project", [TRASH_ARTIFACT] = "artifact", [TRASH_VIEW] = "report", [TRASH_COLLECTION] = "collection",
};

const char *trash_kind_name(enum trash_kind kind) {
    return kind_names[kind];
}

/* ---- how long ---- */

#define KEEP_SETTING STR("trash.keep_ms")

enum err_code trash_set_keep(struct db_tx *tx, int64_t keep_ms, struct err *err) {
    char text[32];
    (void)snprintf(text, sizeof text, "%lld", (long long)keep_ms);
    return setting_set(tx, KEEP_SETTING, str_from_c(text), err);
}

static enum err_code keep_ms(struct db_tx *tx, int64_t *out, struct err *err) {
    struct arena *arena = arena_create();
    struct str text;
    enum err_code code = setting_get(tx, KEEP_SETTING, arena, &text, err);
    *out = 0;
    if (code == OK && text.len > 0 && !str_to_i64(text, out))
        *out = 0;
    arena_destroy(arena);
    return code;
}

/* ---- throwing away ---- */

enum err_code trash_keep(struct db_tx *tx, enum trash_kind kind, int64_t id, int64_t now_ms, struct err *err) {
    int64_t keep;
    TRY(keep_ms(tx, &keep, err));
    if (keep == 0)
        return OK;
    return db_exec(tx, DB_ARGS(DB_TEXT(str_from_c(kind_names[kind])), DB_INT(id), DB_INT(now_ms + keep)),
                   "update removals set due_at = $3 where kind = $1 and subject_id = $2", err);
}

/* What of a version's names is kept, and given back. In a collection that lies in the trash they wait for it. */
#define ANY_COLLECTION "(select id from artifact_collections union all select id from trashed_collections)"
static const char *const saves[] = {
    "insert into trashed_memberships (artifact_id, collection_id, version_index, created_at)"
    " select artifact_id, collection_id, version_index, created_at from artifact_memberships where artifact_id = $1",
    "insert into trashed_aliases (artifact_id, collection_id, alias)"
    " select artifact_id, collection_id, alias from artifact_aliases where artifact_id = $1",
    "insert into trashed_tags (artifact_id, tag) select artifact_id, tag from artifact_tags where artifact_id = $1",
    "insert into trashed_client_ids (artifact_id, client_id) select artifact_id, client_id from artifact_client_ids where artifact_id = $1",
};
static const char *const gives_back[] = {
    "insert into artifact_memberships (artifact_id, collection_id, version_index, created_at)"
    " select t.artifact_id, t.collection_id, t.version_index, t.created_at from trashed_memberships t"
    " join " ANY_COLLECTION " c on c.id = t.collection_id where t.artifact_id = $1 on conflict do nothing",
    /* An alias that went to another version meanwhile stays there. */
    "insert into artifact_aliases (artifact_id, collection_id, alias)"
    " select t.artifact_id, t.collection_id, t.alias from trashed_aliases t"
    " join " ANY_COLLECTION " c on c.id = t.collection_id where t.artifact_id = $1 on conflict do nothing",
    "insert into artifact_tags (artifact_id, tag) select artifact_id, tag from trashed_tags where artifact_id = $1 on conflict do nothing",
    "insert into artifact_client_ids (artifact_id, client_id)"
    " select artifact_id, client_id from trashed_client_ids where artifact_id = $1 on conflict do nothing",
};
static const char *const forgets[] = {
    "delete from trashed_memberships where artifact_id = $1",
    "delete from trashed_aliases where artifact_id = $1",
    "delete from trashed_tags where artifact_id = $1",
    "delete from trashed_client_ids where artifact_id = $1",
};

static enum err_code exec_each(struct db_tx *tx, const char *const *statements, size_t count, int64_t id, struct err *err) {
    for (size_t i = 0; i < count; i++)
        TRY(db_exec(tx, DB_ARGS(DB_INT(id)), statements[i], err));
    return OK;
}
#define EXEC_EACH(tx, statements, id, err) exec_each(tx, statements, sizeof(statements) / sizeof((statements)[0]), id, err)

enum err_code trash_save_artifact(struct db_tx *tx, int64_t id, struct err *err) {
    TRY(EXEC_EACH(tx, forgets, id, err));
    return EXEC_EACH(tx, saves, id, err);
}

#define COLLECTION_COLUMNS "id, project_id, type_id, name, is_portfolio, description, client_id, next_version, created_at, updated_at"

enum err_code trash_save_collection(struct db_tx *tx, int64_t id, struct err *err) {
    return db_exec(tx, DB_ARGS(DB_INT(id)),
                   "insert into trashed_collections (" COLLECTION_COLUMNS ") select " COLLECTION_COLUMNS " from artifact_collections"
                   " where id = $1",
                   err);
}

/* ---- looking ---- */

/* kind, id, name, entity, project, deleted, due, whose alone it is (0: nobody's), the names of subject and project. $1 now, $2 how
 * long reports are kept. */
#define TRASH_SELECT                                                                                                     \
    "select t.*, e.name as entity_name from ("                                                                           \
    "select 0 as kind, r.id as id, coalesce(r.display_name, r.name) as name, p.entity_id as entity_id,"                  \
    " p.id as project_id, x.begun_at as deleted_at, x.due_at as due_at, 0 as person_id, r.name as subject_name,"         \
    " p.name as project_name from removals x"                                                                            \
    " join runs r on r.id = x.subject_id join projects p on p.id = r.project_id and p.deleted_at is null"                \
    " where x.kind = 'run' and x.due_at > $1"                                                                            \
    " union all select 1, p.id, p.name, p.entity_id, 0, x.begun_at, x.due_at, 0, p.name, p.name from removals x"         \
    " join projects p on p.id = x.subject_id where x.kind = 'project' and x.due_at > $1"                                 \
    " union all select 2, a.id, c.name, p.entity_id, p.id, x.begun_at, x.due_at, 0, c.name, p.name from removals x"      \
    " join artifacts a on a.id = x.subject_id join artifact_collections c on c.id = a.collection_id"                     \
    " join projects p on p.id = a.project_id and p.deleted_at is null where x.kind = 'artifact' and x.due_at > $1"       \
    " union all select 3, v.id, case when v.display_name = '' then v.name else v.display_name end, p.entity_id, p.id,"   \
    " v.deleted_at, v.deleted_at + $2, case when v.type = '" VIEW_TYPE_DRAFT "' or v.is_private = 1 then"                  \
    " coalesce(v.user_id, -1) else 0 end,"                                                                               \
    " v.name, p.name from views v join projects p on p.id = v.project_id and p.deleted_at is null"                       \
    " where v.deleted_at is not null and v.deleted_at + $2 > $1"                                                         \
    " union all select 4, c.id, c.name, p.entity_id, p.id, x.begun_at, x.due_at, 0, c.name, p.name from removals x"      \
    " join trashed_collections c on c.id = x.subject_id join projects p on p.id = c.project_id and p.deleted_at is null" \
    " where x.kind = 'collection' and x.due_at > $1) t join entities e on e.id = t.entity_id "

static struct trash_item *read_item(const struct db_rows *rows, struct arena *arena) {
    struct trash_item *item = ARENA_NEW(arena, struct trash_item);
    item->kind = (enum trash_kind)db_int(rows, 0);
    item->id = db_int(rows, 1);
    item->name = db_str(rows, 2, arena);
    item->owner = (struct owner){ db_int(rows, 3), db_int(rows, 4) };
    item->deleted_at = db_int(rows, 5);
    item->due_at = db_int(rows, 6);
    item->person_id = db_int(rows, 7);
    item->subject_name = db_str(rows, 8, arena);
    item->project_name = db_str(rows, 9, arena);
    item->entity_name = db_str(rows, 10, arena);
    return item;
}

enum err_code trash_list(struct db_tx *tx, int64_t entity_id, int64_t project_id, int64_t now_ms, struct arena *arena, struct list *out,
                         struct err *err) {
    struct db_rows *rows;
    int64_t keep;
    *out = (struct list){ 0 };
    TRY(keep_ms(tx, &keep, err));
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(now_ms), DB_INT(keep), DB_INT(entity_id), DB_INT(project_id)),
                 TRASH_SELECT "where t.entity_id = $3 and ($4 = 0 or t.project_id = $4) order by t.deleted_at desc, t.id desc limit 10000", err));
    while (db_next(rows))
        list_add(out, read_item(rows, arena), arena);
    return db_end(rows, err);
}

enum err_code trash_find(struct db_tx *tx, enum trash_kind kind, int64_t id, int64_t now_ms, struct arena *arena, struct trash_item **out,
                         struct err *err) {
    struct db_rows *rows;
    int64_t keep;
    *out = NULL;
    TRY(keep_ms(tx, &keep, err));
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(now_ms), DB_INT(keep), DB_INT(kind), DB_INT(id)),
                 TRASH_SELECT "where t.kind = $3 and t.id = $4", err));
    while (db_next(rows))
        *out = read_item(rows, arena);
    TRY(db_end(rows, err));
    return *out != NULL ? OK : err_set(err, ERR_NOT_FOUND, "there is no such thing in the trash");
}

/* ---- bringing back ---- */

/* One statement that does so unless something is in the way. */
static const char *const restores[] = {
    [TRASH_RUN] = "update runs set deleted_at = null, version = (select run_version from projects where id = runs.project_id) where id = $1"
                  " and deleted_at is not null and not exists (select 1 from runs o where o.project_id = runs.project_id"
                  " and o.name = runs.name and o.deleted_at is null)",
    [TRASH_PROJECT] = "update projects set deleted_at = null, run_version = run_version + 1 where id = $1 and deleted_at is not null"
                      " and not exists (select 1 from projects o where o.entity_id = projects.entity_id and o.name = projects.name"
                      " and o.deleted_at is null)",
    [TRASH_ARTIFACT] = "update artifacts set state = case when version_index is null then 'PENDING' else 'COMMITTED' end where id = $1"
                       " and state = 'DELETED' and exists (select 1 from artifact_collections c where c.id = artifacts.collection_id)",
    [TRASH_VIEW] = "update views set deleted_at = null where id = $1 and deleted_at is not null and (type <> 'project-view' or not exists"
                   " (select 1 from views o where o.project_id = views.project_id and o.name = views.name and o.type = views.type"
                   " and o.deleted_at is null))",
    [TRASH_COLLECTION] = "insert into artifact_collections (" COLLECTION_COLUMNS ") select " COLLECTION_COLUMNS " from trashed_collections t"
                         " where id = $1 and not exists (select 1 from artifact_collections o where o.project_id = t.project_id"
                         " and o.name = t.name)",
};

enum err_code trash_restore(struct db_tx *tx, const struct trash_item *item, struct err *err) {
    if (item->kind == TRASH_RUN)
        TRY(db_exec(tx, DB_ARGS(DB_INT(item->owner.project_id)), "update projects set run_version = run_version + 1 where id = $1", err));
    TRY(db_exec(tx, DB_ARGS(DB_INT(item->id)), restores[item->kind], err));
    if (db_changed(tx) != 1)
        return err_set(err, ERR_CONFLICT, "'%.*s' cannot be brought back: its name was taken meanwhile, or what it stood in is gone",
                       STR_ARG(str_slice(item->name, 0, 200)));
    if (item->kind == TRASH_COLLECTION)
        TRY(db_exec(tx, DB_ARGS(DB_INT(item->id)), "delete from trashed_collections where id = $1", err));
    if (item->kind == TRASH_ARTIFACT) {
        TRY(EXEC_EACH(tx, gives_back, item->id, err));
        TRY(EXEC_EACH(tx, forgets, item->id, err));
    }
    return db_exec(tx, DB_ARGS(DB_TEXT(str_from_c(kind_names[item->kind])), DB_INT(item->id)),
                   "delete from removals where kind = $1 and subject_id = $2", err);
}

/* ---- all of it ---- */

static enum err_code count_bytes(struct db_tx *tx, int64_t now_ms, int64_t *out, struct err *err) {
    return db_query_int(tx, DB_ARGS(DB_INT(now_ms)),
                        "select coalesce((select sum(f.size_bytes) from removals x join runs r on (x.kind = 'run' and r.id = x.subject_id)"
                        " or (x.kind = 'project' and r.project_id = x.subject_id) join run_files f on f.run_id = r.id where x.due_at > $1), 0)"
                        " + coalesce((select sum(a.size_bytes) from removals x join artifacts a on (x.kind = 'artifact' and a.id = x.subject_id)"
                        " or (x.kind = 'collection' and a.collection_id = x.subject_id) or (x.kind = 'project' and a.project_id = x.subject_id)"
                        " where x.due_at > $1), 0)", out, err);
}

enum err_code trash_count(struct db_tx *tx, int64_t now_ms, struct trash_counts *out, struct err *err) {
    struct db_rows *rows;
    int64_t keep;
    *out = (struct trash_counts){ 0 };
    TRY(keep_ms(tx, &keep, err));
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(now_ms), DB_INT(keep)), "select kind, count(*) from (" TRASH_SELECT ") u group by kind", err));
    while (db_next(rows))
        out->of_kind[db_int(rows, 0) % TRASH_KIND_COUNT] = db_int(rows, 1);
    TRY(db_end(rows, err));
    return count_bytes(tx, now_ms, &out->file_bytes, err);
}

enum err_code trash_empty(struct db_tx *tx, int64_t now_ms, struct err *err) {
    TRY(db_exec(tx, DB_ARGS(DB_INT(now_ms)), "update removals set due_at = $1 where due_at > $1", err));
    return db_exec(tx, DB_NO_ARGS, "delete from views where deleted_at is not null", err);
}

enum err_code trash_purge_views(struct db_tx *tx, int64_t now_ms, struct err *err) {
    int64_t keep;
    TRY(keep_ms(tx, &keep, err));
    return db_exec(tx, DB_ARGS(DB_INT(now_ms - keep)), "delete from views where deleted_at is not null and deleted_at <= $1", err);
}

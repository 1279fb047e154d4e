/* protected_alias.c - see protected_alias.h. */
#include "server/store/artifacts/protected_alias.h"

enum err_code protected_alias_list(struct db_tx *tx, int64_t project_id, struct arena *arena, struct list *out, struct err *err) {
    struct db_rows *rows;
    *out = (struct list){ 0 };
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(project_id)), "select alias from protected_aliases where project_id = $1 order by alias", err));
    while (db_next(rows)) {
        struct str *alias = ARENA_NEW(arena, struct str);
        *alias = db_str(rows, 0, arena);
        list_add(out, alias, arena);
    }
    return db_end(rows, err);
}

enum err_code protected_alias_set(struct db_tx *tx, int64_t project_id, struct str alias, bool is_protected, struct err *err) {
    int64_t count;
    if (!is_protected)
        return db_exec(tx, DB_ARGS(DB_INT(project_id), DB_TEXT(alias)), "delete from protected_aliases where project_id = $1 and alias = $2", err);
    TRY(db_query_int(tx, DB_ARGS(DB_INT(project_id), DB_TEXT(alias)),
                     "select count(*) from protected_aliases where project_id = $1 and alias <> $2", &count, err));
    if (count >= PROTECTED_ALIASES_MAX)
        return err_set(err, ERR_BAD_INPUT, "at most %d aliases of a project are protected", PROTECTED_ALIASES_MAX);
    return db_exec(tx, DB_ARGS(DB_INT(project_id), DB_TEXT(alias)),
                   "insert into protected_aliases (project_id, alias) values ($1, $2) on conflict do nothing", err);
}

enum err_code protected_alias_is_changed(struct db_tx *tx, const struct artifact_alias *alias, bool is_added, bool *out, struct err *err) {
    struct db_rows *rows;
    *out = false;
    TRY(db_query(tx, &rows,
                 DB_ARGS(DB_INT(alias->owner.project_id), DB_TEXT(alias->alias), DB_INT(alias->collection_id), DB_INT(alias->artifact_id)),
                 "select case when l.artifact_id = $4 then 1 else 0 end from protected_aliases g"
                 " left join artifact_aliases l on l.collection_id = $3 and l.alias = g.alias where g.project_id = $1 and g.alias = $2",
                 err));
    while (db_next(rows))
        *out = (db_int(rows, 0) != 0) != is_added;
    return db_end(rows, err);
}

/* Each begins where an index leads to few aliases: of collection_id, alias and artifact_id. */
#define HELD_IN(collections, aliases, condition)                                                                         \
    "select p.entity_id, p.id, min(l.alias), guard.name, p.name from " aliases " l"                                       \
    " join " collections " c on c.id = l.collection_id"                                                                  \
    " join protected_aliases g on g.project_id = c.project_id and g.alias = l.alias"                                     \
    " join projects p on p.id = c.project_id and p.deleted_at is null join entities guard on guard.id = p.entity_id"     \
    " join artifacts a on a.id = l.artifact_id join projects hp on hp.id = a.project_id"                                 \
    " join entities home on home.id = hp.entity_id"                                                                      \
    " where " condition " group by p.entity_id, p.id, guard.name, p.name order by p.id"
#define HELD(aliases, condition) HELD_IN("artifact_collections", aliases, condition)
#define ITS "l.collection_id, l.alias, l.artifact_id"
#define OF_COLLECTION                                                                                                    \
    "(select " ITS " from artifact_aliases l where l.collection_id = $1 union select " ITS " from artifacts o"           \
    " join artifact_aliases l on l.artifact_id = o.id where o.collection_id = $1)"

static const char *const held[] = {
    [ALIASES_OF_ARTIFACT] = HELD("artifact_aliases", "l.artifact_id = $1 and " PROTECTED_ALIAS_BINDS),
    [ALIASES_OF_TRASHED_ARTIFACT] = HELD("trashed_aliases", "l.artifact_id = $1 and " PROTECTED_ALIAS_BINDS),
    [ALIASES_IN_COLLECTION] = HELD("artifact_aliases", "l.collection_id = $1"),
    [ALIASES_OF_COLLECTION] = HELD(OF_COLLECTION, "(c.id = $1 or " PROTECTED_ALIAS_BINDS ")"),
    [ALIASES_OF_TRASHED_COLLECTION] =
        HELD_IN("(select id, project_id from artifact_collections union all select id, project_id from trashed_collections)", OF_COLLECTION,
                "(c.id = $1 or " PROTECTED_ALIAS_BINDS ")"),
    [ALIASES_OF_PROJECT] = HELD("(select " ITS " from artifacts o join artifact_aliases l on l.artifact_id = o.id"
                                " where o.project_id = $1 union select " ITS " from artifact_collections o"
                                " join artifact_aliases l on l.collection_id = o.id where o.project_id = $1)",
                                "(p.id = $1 or " PROTECTED_ALIAS_BINDS ")"),
    [ALIASES_OF_LINK] = HELD("(select " ITS " from artifact_memberships m join artifact_aliases l"
                             " on l.collection_id = m.collection_id and l.artifact_id = m.artifact_id where m.id = $1)",
                             "1 = 1"),
};

enum err_code protected_alias_list_held(struct db_tx *tx, enum alias_scope scope, int64_t id, struct arena *arena, struct list *out,
                                        struct err *err) {
    struct db_rows *rows;
    *out = (struct list){ 0 };
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(id)), held[scope], err));
    while (db_next(rows)) {
        struct protected_alias *alias = ARENA_NEW(arena, struct protected_alias);
        *alias = (struct protected_alias){
            .owner = { db_int(rows, 0), db_int(rows, 1) },
            .alias = db_str(rows, 2, arena),
            .entity_name = db_str(rows, 3, arena),
            .project_name = db_str(rows, 4, arena),
        };
        list_add(out, alias, arena);
    }
    return db_end(rows, err);
}

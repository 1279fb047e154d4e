/* artifact_reference.c - see artifact_reference.h. */
#include "server/store/artifacts/artifact_reference.h"

#include "base/list.h"
#include "base/map.h"

struct walk {
    struct db_tx *tx;
    struct arena *arena;
    int64_t sought;
    struct list reached; /* of int64_t, in the order of their finding */
    struct map *seen;    /* the same */
    size_t step_count;   /* references that were looked at, also those to what was reached already */
};

static enum err_code reach(struct walk *walk, int64_t id, struct err *err) {
    struct str key = { (const char *)&id, sizeof id };
    if (id == walk->sought)
        return err_set(err, ERR_BAD_INPUT, "the artifact's references lead back to itself: that would be a circle");
    if (walk->step_count++ == ARTIFACT_CIRCLE_STEPS_MAX)
        return err_set(err, ERR_BAD_INPUT, "the artifact's references lead through more than %d others", ARTIFACT_CIRCLE_STEPS_MAX);
    if (map_find(walk->seen, key) != NULL)
        return OK;
    if (walk->reached.count == ARTIFACT_CIRCLE_MAX)
        return err_set(err, ERR_BAD_INPUT, "the artifact's references lead through more than %d versions", ARTIFACT_CIRCLE_MAX);
    int64_t *copy = ARENA_NEW(walk->arena, int64_t);
    *copy = id;
    list_add(&walk->reached, copy, walk->arena);
    map_put(walk->seen, (struct str){ (const char *)copy, sizeof *copy }, copy);
    return OK;
}

static enum err_code reach_targets(struct walk *walk, int64_t id, struct err *err) {
    struct db_rows *rows;
    enum err_code code = OK;
    TRY(db_query(walk->tx, &rows, DB_ARGS(DB_INT(id)), "select target_id from artifact_references where artifact_id = $1", err));
    while (code == OK && db_next(rows))
        code = reach(walk, db_int(rows, 0), err);
    if (code != OK)
        return code;
    return db_end(rows, err);
}

static enum err_code check(struct walk *walk, const int64_t *targets, size_t count, struct err *err) {
    for (size_t i = 0; i < count; i++)
        TRY(reach(walk, targets[i], err));
    for (size_t i = 0; i < walk->reached.count; i++)
        TRY(reach_targets(walk, *(const int64_t *)walk->reached.items[i], err));
    return OK;
}

/* Nothing can lead to what nothing refers to, and of nearly every draft nobody knows yet. */
static enum err_code is_referred_to(struct db_tx *tx, int64_t artifact_id, bool *out, struct err *err) {
    struct db_rows *rows;
    TRY(db_query(tx, &rows, DB_ARGS(DB_INT(artifact_id)), "select 1 from artifact_references where target_id = $1 limit 1", err));
    *out = db_next(rows);
    return db_end(rows, err);
}

enum err_code artifact_reference_add_all(struct db_tx *tx, int64_t artifact_id, const int64_t *targets, size_t count,
                                         struct err *err) {
    bool has_referrer;
    if (count > ARTIFACT_REFERENCES_MAX)
        return err_set(err, ERR_BAD_INPUT, "an artifact refers to at most %d others, got %zu", ARTIFACT_REFERENCES_MAX, count);
    for (size_t i = 0; i < count; i++)
        if (targets[i] == artifact_id)
            return err_set(err, ERR_BAD_INPUT, "the artifact refers to itself: that would be a circle");
    TRY(is_referred_to(tx, artifact_id, &has_referrer, err));
    if (count > 0 && has_referrer) {
        struct walk walk = { .tx = tx, .arena = arena_create(), .sought = artifact_id, .seen = map_create(NULL) };
        enum err_code code = check(&walk, targets, count, err);
        map_destroy(walk.seen);
        arena_destroy(walk.arena);
        TRY(code);
    }
    for (size_t i = 0; i < count; i++)
        TRY(db_exec(tx, DB_ARGS(DB_INT(artifact_id), DB_INT(targets[i])),
                    "insert into artifact_references (artifact_id, target_id) values ($1, $2) on conflict do nothing", err));
    return OK;
}

/* artifact_alias.c - see artifact_alias.h. */
#include "server/api/artifacts/artifact_alias.h"

#include "base/clock.h"
#include "server/api/artifacts/alias_guard.h"
#include "server/store/artifacts/artifact_event.h"
#include "server/store/projects/names.h"

enum { ALIAS_MAX = 128, ALIASES_MAX = 1000 };

/* "v7" */
static bool read_version(struct str alias, uint64_t *index) {
    return alias.len > 1 && alias.ptr[0] == 'v' && str_to_u64(str_from(alias, 1), index);
}

static enum err_code check_text(struct str alias, struct err *err) {
    TRY(name_check_text(alias, "the alias", ALIAS_MAX, err));
    if (alias.len == 0)
        return err_set(err, ERR_BAD_INPUT, "an alias is empty");
    if (memchr(alias.ptr, '/', alias.len) != NULL || memchr(alias.ptr, ':', alias.len) != NULL)
        return err_set(err, ERR_BAD_INPUT, "the alias '%.*s' holds a slash or a colon", STR_ARG(alias));
    return OK;
}

static enum err_code refuse_version(struct str alias, struct err *err) {
    return err_set(err, ERR_BAD_INPUT, "the alias '%.*s' cannot be given: versions are called so by their number", STR_ARG(alias));
}

enum err_code artifact_alias_check(struct str alias, struct err *err) {
    uint64_t index;
    TRY(check_text(alias, err));
    return read_version(alias, &index) ? refuse_version(alias, err) : OK;
}

enum err_code artifact_alias_check_all(const struct json_value *aliases, struct err *err) {
    if (aliases == NULL || aliases->type != JSON_TYPE_ARRAY)
        return OK;
    if (aliases->array.count > ALIASES_MAX)
        return err_set(err, ERR_BAD_INPUT, "at most %d aliases are taken at once, got %zu", ALIASES_MAX, aliases->array.count);
    for (size_t i = 0; i < aliases->array.count; i++)
        TRY(artifact_alias_check(json_get_str(&aliases->array.items[i], STR("alias")), err));
    return OK;
}

enum err_code artifact_alias_check_right(struct db_tx *tx, struct identity *identity, const struct collection *collection,
                                         const struct json_value *aliases, struct err *err) {
    size_t count = aliases == NULL || aliases->type != JSON_TYPE_ARRAY ? 0 : aliases->array.count;
    for (size_t i = 0; i < count; i++) {
        const struct artifact_alias wanted = { .owner = collection->owner, .collection_id = collection->id,
                                               .alias = json_get_str(&aliases->array.items[i], STR("alias")) };
        TRY(alias_guard_check(tx, identity, &wanted, true, err));
    }
    return OK;
}

static enum err_code set(struct db_tx *tx, const struct identity *identity, int64_t collection_id, struct str alias, int64_t artifact_id,
                         struct err *err) {
    TRY(artifact_event_add_alias(tx, identity->user_id, collection_id, alias, artifact_id, clock_wall_ms(), err));
    return alias_set(tx, collection_id, alias, artifact_id, err);
}

enum err_code artifact_alias_set_latest(struct db_tx *tx, const struct identity *identity, int64_t collection_id, int64_t artifact_id,
                                        struct err *err) {
    return set(tx, identity, collection_id, STR("latest"), artifact_id, err);
}

enum err_code artifact_alias_set(struct db_tx *tx, struct identity *identity, const struct membership *membership, struct str alias,
                                 struct err *err) {
    const struct artifact_alias wanted = { .owner = membership->owner, .collection_id = membership->collection_id,
                                           .artifact_id = membership->artifact_id, .alias = alias };
    struct list named;
    uint64_t index;
    TRY(check_text(alias, err));
    if (!read_version(alias, &index)) {
        TRY(alias_guard_check(tx, identity, &wanted, true, err));
        return set(tx, identity, membership->collection_id, alias, membership->artifact_id, err);
    }
    TRY(membership_list_of_artifact(tx, membership->artifact_id, identity->arena, &named, err));
    for (size_t i = 0; i < named.count; i++)
        if (index == (uint64_t)((const struct membership *)named.items[i])->version_index)
            return OK;
    return refuse_version(alias, err);
}

static enum err_code apply_one(struct db_tx *tx, struct identity *identity, const struct artifact *artifact,
                               const struct json_value *item, struct err *err) {
    struct arena *arena = identity->arena;
    struct str name = json_get_str(item, STR("artifactCollectionName"));
    struct collection *collection;
    struct membership *membership;
    TRY(collection_get(tx, artifact->collection_id, arena, &collection, err));
    if (name.ptr != NULL && !str_eq(name, collection->name))
        TRY(collection_find(tx, artifact->owner.project_id, name, arena, &collection, err));
    TRY(membership_get(tx, collection->id, artifact->id, arena, &membership, err));
    return artifact_alias_set(tx, identity, membership, json_get_str(item, STR("alias")), err);
}

enum err_code artifact_alias_apply(struct db_tx *tx, struct identity *identity, const struct artifact *artifact,
                                   const struct json_value *aliases, struct err *err) {
    if (aliases == NULL || aliases->type != JSON_TYPE_ARRAY)
        return OK;
    if (aliases->array.count > ALIASES_MAX)
        return err_set(err, ERR_BAD_INPUT, "at most %d aliases are taken at once, got %zu", ALIASES_MAX, aliases->array.count);
    for (size_t i = 0; i < aliases->array.count; i++)
        TRY(apply_one(tx, identity, artifact, &aliases->array.items[i], err));
    return OK;
}

/* place.c - see place.h. */
#include "server/api/place.h"

#include "server/store/accounts/entity.h"

static enum err_code project_not_found(struct str name, struct err *err) {
    return err_set(err, ERR_NOT_FOUND, "project '%.*s' not found", STR_ARG(str_slice(name, 0, PROJECT_NAME_MAX)));
}

/* Whoever may not read hears nothing of what is there, or was. */
static enum err_code check(struct db_tx *tx, struct identity *identity, const struct owner *owner, enum who who, struct str project_name,
                           struct err *err) {
    enum err_code code = access_check_in(tx, identity, owner, who, err);
    return code == ERR_NOT_FOUND ? project_not_found(project_name, err) : code;
}

/* Logs of offline runs name no entity; it is then the asker's own. */
static struct str named_or_own(struct str entity_name, const struct identity *identity) {
    return entity_name.len > 0 ? entity_name : identity->username;
}

/* What is deleted says so to those who may read what the entity has. */
static enum err_code explain_missing(struct db_tx *tx, struct identity *identity, struct str entity_name, struct str project_name,
                                     struct err *err) {
    struct entity *entity;
    struct project *project;
    enum err_code code = entity_find(tx, named_or_own(entity_name, identity), identity->arena, &entity, err);
    if (code == OK)
        code = project_find(tx, entity->owner.entity_id, project_name, identity->arena, &project, err);
    if (code == ERR_GONE) {
        TRY(check(tx, identity, &entity->owner, CAN_READ, project_name, err));
        return err_set(err, ERR_GONE, "project '%.*s' was deleted", STR_ARG(project_name));
    }
    return code == OK || code == ERR_NOT_FOUND ? project_not_found(project_name, err) : code;
}

enum err_code place_find_project(struct db_tx *tx, struct identity *identity, struct str entity_name, struct str project_name,
                                 enum who who, struct project **out, struct err *err) {
    const struct project_place place = { named_or_own(entity_name, identity), project_name, identity->user_id, identity->is_admin };
    enum right right = RIGHT_NONE;
    TRY(project_find_place(tx, &place, identity->arena, out, &right, err));
    if (*out == NULL)
        return explain_missing(tx, identity, entity_name, project_name, err);
    access_note(identity, &(*out)->owner, right);
    return check(tx, identity, &(*out)->owner, who, project_name, err);
}

/* Most often the entity is misspelt. One that the asker may not see answers the same. */
static enum err_code nowhere_to_make(struct str entity_name, struct str project_name, struct err *err) {
    return err_set(err, ERR_NOT_FOUND, "entity '%.*s' not found: there is nowhere to make the project '%.*s'",
                   STR_ARG(str_slice(entity_name, 0, PROJECT_NAME_MAX)), STR_ARG(str_slice(project_name, 0, PROJECT_NAME_MAX)));
}

/* A project that does not exist, or must not be seen: the right to write to the entity tells them apart. */
static enum err_code make(struct db_tx *tx, struct identity *identity, struct str entity_name, struct str project_name, int64_t now_ms,
                          struct project **out, struct err *err) {
    struct str name = named_or_own(entity_name, identity);
    struct entity *entity;
    bool is_inserted;
    enum err_code code = entity_find(tx, name, identity->arena, &entity, err);
    if (code == OK)
        code = access_check_in(tx, identity, &entity->owner, CAN_WRITE, err);
    if (code != OK)
        return code == ERR_NOT_FOUND ? nowhere_to_make(name, project_name, err) : code;
    return project_ensure(tx, entity->owner.entity_id, project_name, identity->user_id, now_ms, identity->arena, out, &is_inserted, err);
}

enum err_code place_ensure_project(struct db_tx *tx, struct identity *identity, struct str entity_name, struct str project_name,
                                   int64_t now_ms, struct project **out, struct err *err) {
    enum err_code code = place_find_project(tx, identity, entity_name, project_name, CAN_WRITE, out, err);
    return code == ERR_NOT_FOUND ? make(tx, identity, entity_name, project_name, now_ms, out, err) : code;
}

enum err_code place_make_project(struct db_tx *tx, struct identity *identity, struct str entity_name, struct str project_name,
                                 int64_t now_ms, struct project **out, struct err *err) {
    enum err_code code = place_ensure_project(tx, identity, entity_name, project_name, now_ms, out, err);
    return code == ERR_GONE ? make(tx, identity, entity_name, project_name, now_ms, out, err) : code;
}

enum err_code place_find_run(struct db_tx *tx, struct identity *identity, struct str entity_name, struct str project_name,
                             struct str run_name, unsigned parts, enum who who, struct run **out, struct err *err) {
    struct project *project;
    TRY(place_find_project(tx, identity, entity_name, project_name, CAN_READ, &project, err));
    TRY(run_find(tx, project->id, run_name, parts, true, identity->arena, out, err));
    /* A run that was moved is authorised where it is now. */
    enum err_code code = access_check_in(tx, identity, &(*out)->owner, who, err);
    if (code == ERR_NOT_FOUND)
        return err_set(err, ERR_NOT_FOUND, "run '%.*s' not found", STR_ARG(run_name));
    return code;
}

enum err_code place_find_stream(struct db_tx *tx, struct identity *identity, struct str entity_name, struct str project_name,
                                struct str run_name, struct run **out, struct err *err) {
    const struct run_place place = { named_or_own(entity_name, identity), project_name, run_name, identity->user_id,
                                     identity->is_admin };
    enum right right = RIGHT_NONE;
    TRY(run_find_place(tx, &place, identity->arena, out, &right, err));
    if (right < RIGHT_WRITE)
        *out = NULL;
    return OK;
}

/* artifact_mutations.c - see artifact_mutations.h: versions are changed, deleted, used and linked. */
#include "server/api/artifacts/artifact_mutations.h"

#include "server/api/artifacts/alias_guard.h"
#include "server/api/artifacts/artifact_access.h"
#include "server/api/artifacts/artifact_alias.h"
#include "server/api/artifacts/artifact_history.h"
#include "server/api/artifacts/artifact_input.h"
#include "server/api/identity.h"
#include "server/api/node_id.h"
#include "server/api/place.h"
#include "server/store/artifacts/registry.h"
#include "server/store/projects/names.h"
#include "server/store/projects/trash.h"

MUTATION_ANSWERS;

/* ---- who changed what ---- */

static enum err_code note(struct db_tx *tx, struct gql_call *call, const char *action, const struct artifact *artifact, struct err *err) {
    struct actor actor = identity_actor(gql_identity(call));
    struct collection *collection;
    TRY(collection_get(tx, artifact->collection_id, call->arena, &collection, err));
    return audit_add(tx, &actor, action, artifact->owner.entity_id,
                     arena_printf(call->arena, "%.*s:v%lld", STR_ARG(collection->name), (long long)artifact->version_index), err);
}

/* What stands where others look for it: in a portfolio, under an alias. */
static enum err_code note_place(struct db_tx *tx, struct gql_call *call, const char *action, const struct collection *collection,
                                struct str what, struct err *err) {
    struct actor actor = identity_actor(gql_identity(call));
    return audit_add(tx, &actor, action, collection->owner.entity_id,
                     arena_printf(call->arena, "%.*s:%.*s", STR_ARG(collection->name), STR_ARG(str_slice(what, 0, ARTIFACT_NAME_MAX))), err);
}

MUTATION(update) {
    struct str description = gql_input_str(call, "description"), metadata = gql_input_str(call, "metadata");
    struct artifact_texts before;
    struct artifact *artifact;
    TRY(artifact_input_find(tx, call, gql_input_str(call, "artifactID"), CAN_WRITE, &artifact, err));
    TRY(name_check_text(description, "the description", ARTIFACT_TEXT_MAX, err));
    TRY(name_check_text(metadata, "the metadata", ARTIFACT_METADATA_MAX, err));
    TRY(artifact_input_check_list(call, "tagsToAdd", ARTIFACT_TAGS_MAX, err));
    TRY(artifact_input_check_list(call, "tagsToDelete", ARTIFACT_TAGS_MAX, err));
    TRY(artifact_history_read(tx, artifact->id, call->arena, &before, err));
    TRY(artifact_update(tx, artifact->id, description, metadata, artifact_input_int(call, "ttlDurationSeconds", INT64_MIN), clock_wall_ms(), err));
    TRY(artifact_input_apply_tags(tx, call, "tagsToAdd", artifact->id, true, err));
    TRY(artifact_input_apply_tags(tx, call, "tagsToDelete", artifact->id, false, err));
    TRY(artifact_history_note_update(tx, gql_identity(call), &before, call->arena, err));
    TRY(artifact_alias_apply(tx, gql_identity(call), artifact, gql_input(call, "aliases"), err));
    payload->owner = artifact->owner;
    return artifact_get(tx, artifact->id, call->arena, &payload->artifact, err);
}

/* Of the version: *out is NULL when it has none that the asker sees. What strangers call it is not theirs to be told. */
static enum err_code find_seen_alias(struct db_tx *tx, struct gql_call *call, const struct artifact *artifact, const struct artifact_alias **out,
                                     struct err *err) {
    struct list aliases;
    *out = NULL;
    TRY(alias_list(tx, 0, artifact->id, call->arena, &aliases, err));
    for (size_t i = 0; *out == NULL && i < aliases.count; i++) {
        const struct artifact_alias *alias = aliases.items[i];
        enum err_code code = access_check_in(tx, gql_identity(call), &alias->owner, CAN_READ, err);
        if (code == OK)
            *out = alias;
        else if (code != ERR_NOT_FOUND)
            return code;
    }
    return OK;
}

MUTATION(delete) {
    const struct json_value *also_aliases = gql_input(call, "deleteAliases");
    bool deletes_aliases = also_aliases != NULL && also_aliases->type == JSON_TYPE_BOOL && also_aliases->boolean;
    const struct artifact_alias *alias;
    struct artifact *artifact;
    TRY(artifact_input_find(tx, call, gql_input_str(call, "artifactID"), CAN_WRITE, &artifact, err));
    TRY(find_seen_alias(tx, call, artifact, &alias, err));
    if (alias != NULL && !deletes_aliases)
        return err_set(err, ERR_BAD_INPUT, "the artifact has the alias '%.*s' among others; delete its aliases too, or remove them first",
                       STR_ARG(alias->alias));
    TRY(alias_guard_check_all(tx, gql_identity(call), ALIASES_OF_ARTIFACT, artifact->id, err));
    TRY(note(tx, call, "artifact.delete", artifact, err));
    TRY(artifact_history_note(tx, gql_identity(call), artifact->id, "DELETED", 0, STR_EMPTY, err));
    int64_t now_ms = clock_wall_ms();
    TRY(trash_save_artifact(tx, artifact->id, err));
    TRY(artifact_delete(tx, artifact->id, now_ms, err));
    TRY(trash_keep(tx, TRASH_ARTIFACT, artifact->id, now_ms, err));
    payload->owner = artifact->owner;
    return artifact_get(tx, artifact->id, call->arena, &payload->artifact, err);
}

/* One alias of the list: its collection stands in the project it names, or in the artifact's own. */
static enum err_code find_alias_collection(struct db_tx *tx, struct gql_call *call, const struct artifact *artifact,
                                           const struct json_value *item, struct collection **out, struct err *err) {
    struct str entity = json_get_str(item, STR("entityName")), project_name = json_get_str(item, STR("projectName"));
    int64_t project_id = artifact->owner.project_id;
    struct project *project;
    if (entity.len > 0 && project_name.len > 0) {
        TRY(place_find_project(tx, gql_identity(call), entity, project_name, CAN_WRITE, &project, err));
        project_id = project->id;
    }
    TRY(collection_find(tx, project_id, json_get_str(item, STR("artifactCollectionName")), call->arena, out, err));
    return access_check_in(tx, gql_identity(call), &(*out)->owner, CAN_WRITE, err);
}

static enum err_code remove_alias(struct db_tx *tx, struct gql_call *call, const struct membership *membership, struct str alias,
                                  struct err *err) {
    const struct artifact_alias removed = { .owner = membership->owner, .collection_id = membership->collection_id,
                                            .artifact_id = membership->artifact_id, .alias = alias };
    TRY(alias_guard_check(tx, gql_identity(call), &removed, false, err));
    TRY(alias_remove(tx, membership->collection_id, alias, membership->artifact_id, err));
    if (db_changed(tx) == 0)
        return OK;
    return artifact_history_note(tx, gql_identity(call), membership->artifact_id, "ALIAS_REMOVED", membership->collection_id, alias, err);
}

static enum err_code change_aliases(struct db_tx *tx, struct gql_call *call, bool is_added, struct payload *payload, struct err *err) {
    const struct json_value *aliases = gql_input(call, "aliases");
    struct artifact *artifact;
    TRY(artifact_input_find(tx, call, gql_input_str(call, "artifactID"), CAN_READ, &artifact, err));
    TRY(artifact_input_check_list(call, "aliases", ARTIFACT_ALIASES_MAX, err));
    for (size_t i = 0; i < aliases->array.count; i++) {
        const struct json_value *item = &aliases->array.items[i];
        struct str alias = json_get_str(item, STR("alias"));
        struct collection *collection;
        struct membership *membership;
        TRY(find_alias_collection(tx, call, artifact, item, &collection, err));
        TRY(membership_get(tx, collection->id, artifact->id, call->arena, &membership, err));
        TRY(note_place(tx, call, is_added ? "alias.add" : "alias.delete", collection, alias, err));
        if (is_added)
            TRY(artifact_alias_set(tx, gql_identity(call), membership, alias, err));
        else
            TRY(remove_alias(tx, call, membership, alias, err));
    }
    payload->owner = artifact->owner;
    payload->artifact = artifact;
    return OK;
}

MUTATION(add_aliases) {
    return change_aliases(tx, call, true, payload, err);
}

MUTATION(delete_aliases) {
    return change_aliases(tx, call, false, payload, err);
}

/* ---- use ---- */

MUTATION(use) {
    struct str used_as = gql_input_str(call, "usedAs");
    struct artifact *artifact;
    struct run *run;
    TRY(artifact_input_find(tx, call, gql_input_str(call, "artifactID"), CAN_READ, &artifact, err));
    TRY(name_check_text(used_as, "usedAs", ARTIFACT_NAME_MAX, err));
    TRY(place_find_run(tx, gql_identity(call), gql_input_str(call, "entityName"), gql_input_str(call, "projectName"),
                       gql_input_str(call, "runName"), 0, CAN_WRITE, &run, err));
    TRY(artifact_add_use(tx, run->id, artifact->id, used_as, clock_wall_ms(), err));
    payload->owner = artifact->owner;
    payload->artifact = artifact;
    return OK;
}

/* ---- links ---- */

static enum err_code find_linked(struct db_tx *tx, struct gql_call *call, struct artifact **out, struct err *err) {
    struct str client_id = gql_input_str(call, "clientID");
    if (gql_input_str(call, "artifactID").len > 0)
        return artifact_input_find(tx, call, gql_input_str(call, "artifactID"), CAN_READ, out, err);
    if (client_id.len == 0)
        return err_set(err, ERR_BAD_INPUT, "a link needs an artifactID or a clientID");
    TRY(artifact_find_by_client_id(tx, client_id, call->arena, out, err));
    return artifact_input_find(tx, call, node_id_make("Artifact", (*out)->id, call->arena), CAN_READ, out, err);
}

static enum err_code find_portfolio(struct db_tx *tx, struct gql_call *call, const struct artifact *artifact, int64_t now_ms,
                                    struct collection **out, struct err *err) {
    struct str name = gql_input_str(call, "artifactPortfolioName");
    struct collection *source;
    struct artifact_type *source_type, *type;
    struct project *project;
    TRY(artifact_input_check_name(name, "the portfolio", err));
    if (registry_is_name(gql_input_str(call, "projectName"))) /* a registry is made on purpose only */
        TRY(place_find_project(tx, gql_identity(call), gql_input_str(call, "entityName"), gql_input_str(call, "projectName"), CAN_WRITE,
                               &project, err));
    else
        TRY(place_ensure_project(tx, gql_identity(call), gql_input_str(call, "entityName"), gql_input_str(call, "projectName"), now_ms,
                                 &project, err));
    TRY(collection_get(tx, artifact->collection_id, call->arena, &source, err));
    TRY(artifact_type_get(tx, source->type_id, call->arena, &source_type, err));
    TRY(registry_check_type(tx, project->id, source_type->name, err));
    TRY(artifact_type_ensure(tx, project->id, source_type->name, now_ms, call->arena, &type, err));
    return collection_ensure(tx, project->id, type->id, name, true, (struct str){ 0 }, now_ms, call->arena, out, err);
}

MUTATION(link) {
    const struct json_value *aliases = gql_input(call, "aliases");
    int64_t now_ms = clock_wall_ms();
    struct artifact *artifact;
    struct collection *portfolio;
    TRY(find_linked(tx, call, &artifact, err));
    if (artifact->state != ARTIFACT_COMMITTED)
        return err_set(err, ERR_BAD_INPUT, "the artifact is not committed yet");
    TRY(artifact_input_check_list(call, "aliases", ARTIFACT_ALIASES_MAX, err));
    TRY(find_portfolio(tx, call, artifact, now_ms, &portfolio, err));
    TRY(artifact_access_check_place(tx, artifact, &portfolio->owner, call->arena, err));
    payload->owner = portfolio->owner;
    TRY(note_place(tx, call, "artifact.link", portfolio, node_id_make("Artifact", artifact->id, call->arena), err));
    TRY(artifact_history_note(tx, gql_identity(call), artifact->id, "LINKED", portfolio->id, STR_EMPTY, err));
    TRY(membership_link(tx, portfolio->id, artifact->id, now_ms, call->arena, &payload->membership, err));
    for (size_t i = 0; aliases != NULL && aliases->type == JSON_TYPE_ARRAY && i < aliases->array.count; i++)
        TRY(artifact_alias_set(tx, gql_identity(call), payload->membership, json_get_str(&aliases->array.items[i], STR("alias")), err));
    return artifact_alias_set_latest(tx, gql_identity(call), portfolio->id, artifact->id, err);
}

static enum err_code check_link(struct db_tx *tx, struct gql_call *call, int64_t collection_id, int64_t artifact_id, struct err *err) {
    struct membership *membership;
    enum err_code code = membership_get(tx, collection_id, artifact_id, call->arena, &membership, err);
    if (code != OK)
        return code == ERR_NOT_FOUND ? OK : code;
    return alias_guard_check_all(tx, gql_identity(call), ALIASES_OF_LINK, membership->id, err);
}

MUTATION(unlink) {
    struct artifact *artifact;
    struct collection *portfolio;
    int64_t id;
    TRY(artifact_input_find(tx, call, gql_input_str(call, "artifactID"), CAN_READ, &artifact, err));
    if (!node_id_parse(gql_input_str(call, "artifactPortfolioID"), "ArtifactCollection", &id, call->arena))
        return err_set(err, ERR_NOT_FOUND, "there is no such artifact collection");
    TRY(collection_get(tx, id, call->arena, &portfolio, err));
    if (access_check_in(tx, gql_identity(call), &portfolio->owner, CAN_WRITE, err) != OK)
        return err->code == ERR_NOT_FOUND ? err_set(err, ERR_NOT_FOUND, "there is no such artifact collection") : err->code;
    if (!portfolio->is_portfolio)
        return err_set(err, ERR_BAD_INPUT, "'%.*s' is no portfolio: its versions cannot be unlinked", STR_ARG(portfolio->name));
    TRY(check_link(tx, call, portfolio->id, artifact->id, err));
    TRY(note_place(tx, call, "artifact.unlink", portfolio, node_id_make("Artifact", artifact->id, call->arena), err));
    TRY(artifact_history_note(tx, gql_identity(call), artifact->id, "UNLINKED", portfolio->id, STR_EMPTY, err));
    TRY(membership_unlink(tx, portfolio->id, artifact->id, err));
    payload->owner = portfolio->owner;
    payload->artifact = artifact;
    return OK;
}

/* collection_mutations.c - changing artifact collections and types; see artifact_mutations.h. */
#include "server/api/artifacts/alias_guard.h"
#include "server/api/artifacts/artifact_mutations.h"
#include "server/api/artifacts/artifact_type.h"
#include "server/api/identity.h"
#include "server/api/node_id.h"
#include "server/api/place.h"
#include "server/api/resolver.h"
#include "server/store/projects/names.h"
#include "server/store/projects/trash.h"

enum { COLLECTION_NAME_MAX = 128, COLLECTION_TEXT_MAX = 1 << 20, COLLECTION_TAGS_MAX = 1000 };

struct payload {
    struct owner owner;
    struct collection *collection;
    struct artifact_type *type;
};

#define THE_PAYLOAD ((const struct payload *)call->parent)

static enum err_code answer_artifact_type(struct gql_call *call, struct err *err) {
    (void)err;
    gql_object(call, THE_PAYLOAD->type);
    return OK;
}

static enum err_code answer_client_mutation_id(struct gql_call *call, struct err *err) {
    (void)err;
    json_null(call->out);
    return OK;
}

static enum err_code answer_collection(struct gql_call *call, struct err *err) {
    (void)err;
    gql_object_of(call, artifact_collection_type_name(THE_PAYLOAD->collection), THE_PAYLOAD->collection);
    return OK;
}

static enum err_code answer_success(struct gql_call *call, struct err *err) {
    (void)err;
    json_bool(call->out, true);
    return OK;
}

READING_RESOLVER(answer_tags) {
    struct list names;
    TRY(collection_tags(tx, THE_PAYLOAD->collection->id, call->arena, &names, err));
    gql_list_begin(call);
    for (size_t i = 0; i < names.count; i++) {
        struct tag_node *tag = ARENA_NEW(call->arena, struct tag_node);
        *tag = (struct tag_node){ THE_PAYLOAD->owner, *(const struct str *)names.items[i] };
        gql_list_add(call, tag);
    }
    return OK;
}

#define PAYLOAD(variable, type_name, ...)                                                                                \
    static const struct gql_field variable##_fields[] = { __VA_ARGS__ };                                                 \
    const struct gql_type variable##_payload_type = GQL_TYPE(type_name, variable##_fields)
#define ROW_COLLECTION { "artifactCollection", "", "ArtifactCollection", CAN_READ, answer_collection, NULL }
#define ROW_MUTATION_ID { "clientMutationId", "", "String", CAN_READ, answer_client_mutation_id, NULL }

PAYLOAD(collection_delete_tags, "DeleteArtifactCollectionTagAssignmentsPayload", ROW_MUTATION_ID,
        { "success", "", "Boolean!", CAN_READ, answer_success, NULL });
PAYLOAD(collection_tags, "CreateArtifactCollectionTagAssignmentsPayload", ROW_MUTATION_ID,
        { "tags", "", "[Tag!]!", CAN_READ, answer_tags, NULL });
PAYLOAD(create_artifact_type, "CreateArtifactTypePayload", { "artifactType", "", "ArtifactType", CAN_READ, answer_artifact_type, NULL },
        ROW_MUTATION_ID);
PAYLOAD(delete_artifact_portfolio, "DeleteArtifactPortfolioPayload", ROW_COLLECTION, ROW_MUTATION_ID);
PAYLOAD(delete_artifact_sequence, "DeleteArtifactSequencePayload", ROW_COLLECTION, ROW_MUTATION_ID);
PAYLOAD(move_artifact_sequence, "MoveArtifactSequencePayload", ROW_COLLECTION, ROW_MUTATION_ID);
PAYLOAD(update_artifact_portfolio, "UpdateArtifactPortfolioPayload", ROW_COLLECTION, ROW_MUTATION_ID);
PAYLOAD(update_artifact_sequence, "UpdateArtifactSequencePayload", ROW_COLLECTION, ROW_MUTATION_ID);

MUTATION_ANSWERS;

static enum err_code no_such_collection(struct err *err) {
    return err_set(err, ERR_NOT_FOUND, "there is no such artifact collection");
}

static enum err_code check_right(struct db_tx *tx, struct gql_call *call, struct payload *payload, struct err *err) {
    payload->owner = payload->collection->owner;
    enum err_code code = access_check_in(tx, gql_identity(call), &payload->owner, CAN_WRITE, err);
    return code == ERR_NOT_FOUND ? no_such_collection(err) : code;
}

/* The id stands under either name: the client has one mutation for each kind. */
static enum err_code find_by_id(struct db_tx *tx, struct gql_call *call, struct payload *payload, struct err *err) {
    struct str id_text = gql_input_str(call, "artifactSequenceID");
    int64_t id;
    if (id_text.ptr == NULL)
        id_text = gql_input_str(call, "artifactPortfolioID");
    if (!node_id_parse(id_text, "ArtifactCollection", &id, call->arena))
        return no_such_collection(err);
    TRY(collection_get(tx, id, call->arena, &payload->collection, err));
    return check_right(tx, call, payload, err);
}

static enum err_code find_by_name(struct db_tx *tx, struct gql_call *call, struct payload *payload, struct err *err) {
    struct project *project;
    TRY(place_find_project(tx, gql_identity(call), gql_input_str(call, "entityName"), gql_input_str(call, "projectName"), CAN_WRITE,
                           &project, err));
    TRY(collection_find(tx, project->id, gql_input_str(call, "artifactCollectionName"), call->arena, &payload->collection, err));
    return check_right(tx, call, payload, err);
}

static enum err_code note(struct db_tx *tx, struct gql_call *call, const char *action, const struct payload *payload, struct err *err) {
    struct actor actor = identity_actor(gql_identity(call));
    return audit_add(tx, &actor, action, payload->owner.entity_id, payload->collection->name, err);
}

static enum err_code update(struct db_tx *tx, struct gql_call *call, struct payload *payload, struct err *err) {
    struct str name = gql_input_str(call, "name"), description = gql_input_str(call, "description");
    TRY(find_by_id(tx, call, payload, err));
    if (name.ptr != NULL)
        TRY(name_check(name, "the collection's name", COLLECTION_NAME_MAX, err));
    /* "net:production" must not come to mean a version of what was another collection. */
    if (name.ptr != NULL && !str_eq(name, payload->collection->name))
        TRY(alias_guard_check_all(tx, gql_identity(call), ALIASES_IN_COLLECTION, payload->collection->id, err));
    TRY(name_check_text(description, "the description", COLLECTION_TEXT_MAX, err));
    TRY(note(tx, call, "collection.change", payload, err));
    TRY(collection_update(tx, payload->collection->id, name, description, clock_wall_ms(), err));
    return collection_get(tx, payload->collection->id, call->arena, &payload->collection, err);
}

static enum err_code move(struct db_tx *tx, struct gql_call *call, struct payload *payload, struct err *err) {
    struct str name = gql_input_str(call, "destinationArtifactTypeName");
    int64_t now_ms = clock_wall_ms();
    struct artifact_type *type;
    TRY(find_by_id(tx, call, payload, err));
    TRY(name_check(name, "the artifact type", COLLECTION_NAME_MAX, err));
    TRY(artifact_type_ensure(tx, payload->owner.project_id, name, now_ms, call->arena, &type, err));
    TRY(note(tx, call, "collection.move", payload, err));
    TRY(collection_move(tx, payload->collection->id, type->id, now_ms, err));
    return collection_get(tx, payload->collection->id, call->arena, &payload->collection, err);
}

static enum err_code delete(struct db_tx *tx, struct gql_call *call, struct payload *payload, struct err *err) {
    int64_t now_ms = clock_wall_ms();
    TRY(find_by_id(tx, call, payload, err));
    TRY(alias_guard_check_all(tx, gql_identity(call), ALIASES_OF_COLLECTION, payload->collection->id, err));
    TRY(note(tx, call, "collection.delete", payload, err));
    TRY(trash_save_collection(tx, payload->collection->id, err));
    TRY(collection_delete(tx, payload->collection->id, now_ms, err));
    return trash_keep(tx, TRASH_COLLECTION, payload->collection->id, now_ms, err);
}

static enum err_code change_tags(struct db_tx *tx, struct gql_call *call, struct payload *payload, bool is_added, struct err *err) {
    const struct json_value *tags = gql_input(call, "tags");
    TRY(find_by_name(tx, call, payload, err));
    TRY(note(tx, call, "collection.tag", payload, err));
    if (tags->array.count > COLLECTION_TAGS_MAX)
        return err_set(err, ERR_BAD_INPUT, "at most %d tags are taken at once, got %zu", COLLECTION_TAGS_MAX, tags->array.count);
    for (size_t i = 0; i < tags->array.count; i++) {
        struct str tag = json_get_str(&tags->array.items[i], STR("tagName"));
        TRY(name_check_text(tag, "the tag", COLLECTION_NAME_MAX, err));
        TRY(collection_tag(tx, payload->collection->id, tag, is_added, err));
    }
    return OK;
}

static enum err_code add_tags(struct db_tx *tx, struct gql_call *call, struct payload *payload, struct err *err) {
    return change_tags(tx, call, payload, true, err);
}

static enum err_code delete_tags(struct db_tx *tx, struct gql_call *call, struct payload *payload, struct err *err) {
    return change_tags(tx, call, payload, false, err);
}

static enum err_code create_type(struct db_tx *tx, struct gql_call *call, struct payload *payload, struct err *err) {
    struct str name = gql_input_str(call, "name");
    int64_t now_ms = clock_wall_ms();
    struct project *project;
    TRY(name_check(name, "the artifact type", COLLECTION_NAME_MAX, err));
    TRY(place_ensure_project(tx, gql_identity(call), gql_input_str(call, "entityName"), gql_input_str(call, "projectName"), now_ms,
                             &project, err));
    payload->owner = project->owner;
    return artifact_type_ensure(tx, project->id, name, now_ms, call->arena, &payload->type, err);
}

enum err_code collection_answer_update(struct gql_call *call, struct err *err) {
    return answer(call, update, err);
}

enum err_code collection_answer_move(struct gql_call *call, struct err *err) {
    return answer(call, move, err);
}

enum err_code collection_answer_delete(struct gql_call *call, struct err *err) {
    return answer(call, delete, err);
}

enum err_code collection_answer_add_tags(struct gql_call *call, struct err *err) {
    return answer(call, add_tags, err);
}

enum err_code collection_answer_delete_tags(struct gql_call *call, struct err *err) {
    return answer(call, delete_tags, err);
}

enum err_code collection_answer_create_type(struct gql_call *call, struct err *err) {
    return answer(call, create_type, err);
}

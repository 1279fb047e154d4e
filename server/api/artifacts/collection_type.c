/* collection_type.c - artifact collections (sequences and portfolios), their members, and artifact types; see
 * artifact_type.h. */
#include "server/api/artifacts/artifact_access.h"
#include "server/api/artifacts/artifact_type.h"
#include "server/api/node_id.h"
#include "server/api/resolver.h"
#include "server/api/runs/file_type.h"
#include "server/store/projects/project.h"

#define THE_COLLECTION ((const struct collection *)call->parent)

const char *artifact_collection_type_name(const void *collection) {
    return ((const struct collection *)collection)->is_portfolio ? "ArtifactPortfolio" : "ArtifactSequence";
}

/* What a name leads nowhere: null, not an error. */
static enum err_code null_when_missing(enum err_code code) {
    return code == ERR_NOT_FOUND ? OK : code;
}

static enum err_code give_project(struct db_tx *tx, struct gql_call *call, int64_t project_id, struct err *err) {
    struct project *project;
    TRY(project_find_by_id(tx, project_id, call->arena, &project, err));
    gql_object(call, project);
    return OK;
}

/* ---- collections ---- */

READING_RESOLVER(answer_aliases) {
    struct list aliases;
    TRY(alias_list(tx, THE_COLLECTION->id, 0, call->arena, &aliases, err));
    gql_object(call, connection_of_list(THE_COLLECTION->owner, &aliases, NULL, gql_arg_str(call, "after"), connection_first(call, 1000, 10000), call->arena));
    return OK;
}

READING_RESOLVER(answer_membership) {
    struct membership *membership;
    enum err_code code = membership_find(tx, THE_COLLECTION->id, gql_arg_str(call, "aliasName"), call->arena, &membership, err);
    if (code == OK)
        gql_object(call, membership);
    return null_when_missing(code);
}

READING_RESOLVER(answer_memberships) {
    struct list memberships;
    TRY(membership_list(tx, THE_COLLECTION->id, call->arena, &memberships, err));
    gql_object(call, connection_of_list(THE_COLLECTION->owner, &memberships, NULL, gql_arg_str(call, "after"), connection_first(call, 50, 10000), call->arena));
    return OK;
}

/* Newest first unless asked otherwise. */
READING_RESOLVER(answer_artifacts) {
    struct list memberships, artifacts = { 0 };
    struct connection *connection;
    TRY(membership_list(tx, THE_COLLECTION->id, call->arena, &memberships, err));
    for (size_t i = 0; i < memberships.count; i++) {
        const struct membership *membership = memberships.items[i];
        struct artifact *artifact;
        TRY(artifact_get(tx, membership->artifact_id, call->arena, &artifact, err));
        /* In a portfolio a version counts by its place there, and is seen with the portfolio's rights. */
        artifact->version_index = membership->version_index;
        artifact->owner = THE_COLLECTION->owner;
        list_add(&artifacts, artifact, call->arena);
    }
    TRY(artifact_list_page(call, THE_COLLECTION->owner, &artifacts, "-version_index", &connection, err));
    gql_object(call, connection);
    return OK;
}

static enum err_code answer_created_at(struct gql_call *call, struct err *err) {
    (void)err;
    resolver_write_time(call, THE_COLLECTION->created_at);
    return OK;
}

READING_RESOLVER(answer_type) {
    struct artifact_type *type;
    TRY(artifact_type_get(tx, THE_COLLECTION->type_id, call->arena, &type, err));
    gql_object(call, type);
    return OK;
}

static enum err_code answer_description(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, THE_COLLECTION->description);
    return OK;
}

static enum err_code answer_id(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, node_id_make("ArtifactCollection", THE_COLLECTION->id, call->arena));
    return OK;
}

static enum err_code answer_name(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, THE_COLLECTION->name);
    return OK;
}

READING_RESOLVER(answer_project) {
    if (THE_COLLECTION->id == ARTIFACT_HIDDEN_SEQUENCE)
        return OK;
    return give_project(tx, call, THE_COLLECTION->owner.project_id, err);
}

static enum err_code answer_state(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, STR("READY"));
    return OK;
}

READING_RESOLVER(answer_tags) {
    struct list names, tags = { 0 };
    TRY(collection_tags(tx, THE_COLLECTION->id, call->arena, &names, err));
    for (size_t i = 0; i < names.count; i++) {
        struct tag_node *tag = ARENA_NEW(call->arena, struct tag_node);
        *tag = (struct tag_node){ THE_COLLECTION->owner, *(const struct str *)names.items[i] };
        list_add(&tags, tag, call->arena);
    }
    gql_object(call, connection_of_list(THE_COLLECTION->owner, &tags, NULL, STR_EMPTY, -1, call->arena));
    return OK;
}

static enum err_code answer_updated_at(struct gql_call *call, struct err *err) {
    (void)err;
    resolver_write_time(call, THE_COLLECTION->updated_at);
    return OK;
}

READING_RESOLVER(answer_latest) {
    struct artifact *artifact;
    enum err_code code = artifact_find_latest(tx, THE_COLLECTION->id, call->arena, &artifact, err);
    if (code == OK)
        gql_object(call, artifact);
    return null_when_missing(code);
}

static enum err_code answer_digest_algorithm(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, STR("MANIFEST_MD5"));
    return OK;
}

/* Sequences and portfolios have these in common. */
#define COLLECTION_ROWS_A_TO_D                                                                                           \
    { "aliases", "after: String, first: Int = 1000", "ArtifactAliasConnection!", CAN_READ, answer_aliases, NULL },       \
    { "artifactMembership", "aliasName: String!", "ArtifactCollectionMembership", CAN_READ, answer_membership, NULL },   \
    { "artifactMemberships", "after: String, first: Int = 50", "ArtifactCollectionMembershipConnection!", CAN_READ,      \
      answer_memberships, NULL },                                                                                        \
    { "artifacts", "after: String, filters: JSONString, first: Int = 50, order: String", "VersionedArtifactConnection!", \
      CAN_READ, answer_artifacts, NULL },                                                                                \
    { "createdAt", "", "DateTime!", CAN_READ, answer_created_at, NULL },                                                 \
    { "defaultArtifactType", "", "ArtifactType!", CAN_READ, answer_type, NULL },                                         \
    { "description", "", "String", CAN_READ, answer_description, NULL }
#define COLLECTION_ROW_ID { "id", "", "ID!", CAN_READ, answer_id, NULL }
#define COLLECTION_ROWS_N_TO_U                                                                                           \
    { "name", "", "String!", CAN_READ, answer_name, NULL },                                                              \
    { "project", "", "Project", CAN_READ, answer_project, NULL },                                                        \
    { "state", "", "ArtifactCollectionState!", CAN_READ, answer_state, NULL },                                           \
    { "tags", "", "TagConnection!", CAN_READ, answer_tags, NULL },                                                       \
    { "updatedAt", "", "DateTime", CAN_READ, answer_updated_at, NULL }

static const struct gql_field collection_fields[] = { COLLECTION_ROWS_A_TO_D, COLLECTION_ROW_ID, COLLECTION_ROWS_N_TO_U };
const struct gql_type artifact_collection_type = GQL_INTERFACE_TYPE("ArtifactCollection", collection_fields);

static const struct gql_field portfolio_fields[] = { COLLECTION_ROWS_A_TO_D, COLLECTION_ROW_ID, COLLECTION_ROWS_N_TO_U };
const struct gql_type artifact_portfolio_type = GQL_TYPE_IMPLEMENTS("ArtifactPortfolio", portfolio_fields, "ArtifactCollection");

static const struct gql_field sequence_fields[] = {
    COLLECTION_ROWS_A_TO_D,
    { "digestAlgorithm", "", "ArtifactDigestAlgorithm", CAN_READ, answer_digest_algorithm, NULL },
    COLLECTION_ROW_ID,
    { "latestArtifact", "", "Artifact", CAN_READ, answer_latest, NULL },
    COLLECTION_ROWS_N_TO_U,
};
const struct gql_type artifact_sequence_type = GQL_TYPE_IMPLEMENTS("ArtifactSequence", sequence_fields, "ArtifactCollection");

CONNECTION_TYPES(artifact_collection, "ArtifactCollection", CAN_READ);

/* ---- memberships ---- */

#define THE_MEMBERSHIP ((const struct membership *)call->parent)

READING_RESOLVER(answer_member_aliases) {
    struct list aliases;
    TRY(alias_list(tx, THE_MEMBERSHIP->collection_id, THE_MEMBERSHIP->artifact_id, call->arena, &aliases, err));
    gql_list_begin(call);
    for (size_t i = 0; i < aliases.count; i++)
        gql_list_add(call, aliases.items[i]);
    return OK;
}

/* Whoever may see the portfolio may see what is linked into it. */
static enum err_code find_member(struct db_tx *tx, struct gql_call *call, struct artifact **out, struct err *err) {
    TRY(artifact_get(tx, THE_MEMBERSHIP->artifact_id, call->arena, out, err));
    return artifact_access_place(tx, gql_identity(call), *out, THE_MEMBERSHIP, err);
}

READING_RESOLVER(answer_member_artifact) {
    struct artifact *artifact;
    TRY(find_member(tx, call, &artifact, err));
    gql_object(call, artifact);
    return OK;
}

READING_RESOLVER(answer_member_collection) {
    struct collection *collection;
    TRY(collection_get(tx, THE_MEMBERSHIP->collection_id, call->arena, &collection, err));
    gql_object_of(call, artifact_collection_type_name(collection), collection);
    return OK;
}

static enum err_code answer_member_created_at(struct gql_call *call, struct err *err) {
    (void)err;
    resolver_write_time(call, THE_MEMBERSHIP->created_at);
    return OK;
}

READING_RESOLVER(answer_member_files) {
    struct connection *connection;
    struct artifact *artifact;
    TRY(find_member(tx, call, &artifact, err));
    TRY(file_type_artifact_page(call, tx, artifact, &connection, err));
    gql_object(call, connection);
    return OK;
}

static enum err_code answer_member_id(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, node_id_make("ArtifactCollectionMembership", THE_MEMBERSHIP->id, call->arena));
    return OK;
}

static enum err_code answer_member_index(struct gql_call *call, struct err *err) {
    (void)err;
    json_int(call->out, THE_MEMBERSHIP->version_index);
    return OK;
}

static const struct gql_field membership_fields[] = {
    { "aliases", "", "[ArtifactAlias!]!", CAN_READ, answer_member_aliases, NULL },
    { "artifact", "", "Artifact", CAN_READ, answer_member_artifact, NULL },
    { "artifactCollection", "", "ArtifactCollection", CAN_READ, answer_member_collection, NULL },
    { "createdAt", "", "DateTime!", CAN_READ, answer_member_created_at, NULL },
    { "files", "after: String, first: Int = 50, names: [String]", "FileConnection!", CAN_READ, answer_member_files, NULL },
    { "id", "", "ID!", CAN_READ, answer_member_id, NULL },
    { "versionIndex", "", "Int", CAN_READ, answer_member_index, NULL },
};
const struct gql_type artifact_membership_type = GQL_TYPE("ArtifactCollectionMembership", membership_fields);
CONNECTION_TYPES(artifact_membership, "ArtifactCollectionMembership", CAN_READ);

/* ---- types ---- */

#define THE_TYPE ((const struct artifact_type *)call->parent)

READING_RESOLVER(answer_type_collections) {
    struct connection *connection;
    struct list collections;
    TRY(collection_list(tx, THE_TYPE->owner.project_id, THE_TYPE->id, call->arena, &collections, err));
    TRY(collection_list_page(call, THE_TYPE->owner, &collections, &connection, err));
    gql_object(call, connection);
    return OK;
}

static enum err_code find_of_type(struct db_tx *tx, struct gql_call *call, struct collection **out, struct err *err) {
    TRY(collection_find_shown(tx, THE_TYPE->owner.project_id, gql_arg_str(call, "name"), call->arena, out, err));
    return (*out)->type_id == THE_TYPE->id ? OK : err_set(err, ERR_NOT_FOUND, "there is no such artifact collection");
}

READING_RESOLVER(answer_type_collection) {
    struct collection *collection;
    enum err_code code = find_of_type(tx, call, &collection, err);
    if (code == OK)
        gql_object_of(call, artifact_collection_type_name(collection), collection);
    return null_when_missing(code);
}

READING_RESOLVER(answer_type_sequence) {
    struct collection *collection;
    enum err_code code = find_of_type(tx, call, &collection, err);
    if (code == OK && !collection->is_portfolio)
        gql_object(call, collection);
    return null_when_missing(code);
}

READING_RESOLVER(answer_type_sequences) {
    struct list collections, sequences = { 0 };
    TRY(collection_list(tx, THE_TYPE->owner.project_id, THE_TYPE->id, call->arena, &collections, err));
    for (size_t i = 0; i < collections.count; i++)
        if (!((const struct collection *)collections.items[i])->is_portfolio)
            list_add(&sequences, collections.items[i], call->arena);
    gql_object(call, connection_of_list(THE_TYPE->owner, &sequences, artifact_collection_type_name, gql_arg_str(call, "after"), connection_first(call, 50, 10000), call->arena));
    return OK;
}

static enum err_code answer_type_created_at(struct gql_call *call, struct err *err) {
    (void)err;
    resolver_write_time(call, THE_TYPE->created_at);
    return OK;
}

static enum err_code answer_type_description(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, THE_TYPE->description);
    return OK;
}

static enum err_code answer_type_id(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, node_id_make("ArtifactType", THE_TYPE->id, call->arena));
    return OK;
}

static enum err_code answer_type_name(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, THE_TYPE->name);
    return OK;
}

/* "coll:alias" of this project: the version, or null. */
static enum err_code find_version(struct db_tx *tx, int64_t project_id, struct str name, struct arena *arena, struct membership **out,
                                  struct err *err) {
    struct collection *collection;
    struct str collection_name, version;
    (void)str_cut(name, ':', &collection_name, &version);
    TRY(collection_find(tx, project_id, collection_name, arena, &collection, err));
    return membership_find(tx, collection->id, version, arena, out, err);
}

static enum err_code give_version(struct db_tx *tx, struct gql_call *call, int64_t project_id, struct err *err) {
    struct membership *membership;
    struct artifact *artifact;
    enum err_code code = find_version(tx, project_id, gql_arg_str(call, "name"), call->arena, &membership, err);
    if (code != OK)
        return null_when_missing(code);
    TRY(artifact_get(tx, membership->artifact_id, call->arena, &artifact, err));
    TRY(artifact_access_place(tx, gql_identity(call), artifact, membership, err));
    gql_object(call, artifact);
    return OK;
}

READING_RESOLVER(answer_type_artifact) {
    return give_version(tx, call, THE_TYPE->owner.project_id, err);
}

static const struct gql_field type_fields[] = {
    { "artifact", "name: String!", "Artifact", CAN_READ, answer_type_artifact, NULL },
    { "artifactCollection", "name: String!", "ArtifactCollection", CAN_READ, answer_type_collection, NULL },
    { "artifactCollections", "after: String, filters: JSONString, first: Int = 50, order: String", "ArtifactCollectionConnection!",
      CAN_READ, answer_type_collections, NULL },
    { "artifactSequence", "name: String!", "ArtifactSequence", CAN_READ, answer_type_sequence, NULL },
    { "artifactSequences", "after: String, first: Int = 50", "ArtifactCollectionConnection!", CAN_READ, answer_type_sequences, NULL },
    { "createdAt", "", "DateTime!", CAN_READ, answer_type_created_at, NULL },
    { "description", "", "String", CAN_READ, answer_type_description, NULL },
    { "id", "", "ID!", CAN_READ, answer_type_id, NULL },
    { "name", "", "String!", CAN_READ, answer_type_name, NULL },
};
const struct gql_type artifact_type_type = GQL_TYPE("ArtifactType", type_fields);
CONNECTION_TYPES(artifact_type, "ArtifactType", CAN_READ);

/* ---- of Project ---- */

#define THE_PROJECT ((const struct project *)call->parent)

READING_RESOLVER(project_artifact) {
    return give_version(tx, call, THE_PROJECT->id, err);
}

enum err_code artifact_answer_project_artifact(struct gql_call *call, struct err *err) {
    return project_artifact(call, err);
}

READING_RESOLVER(project_membership) {
    struct membership *membership;
    enum err_code code = find_version(tx, THE_PROJECT->id, gql_arg_str(call, "name"), call->arena, &membership, err);
    if (code == OK)
        gql_object(call, membership);
    return null_when_missing(code);
}

enum err_code artifact_answer_project_membership(struct gql_call *call, struct err *err) {
    return project_membership(call, err);
}

READING_RESOLVER(project_type) {
    struct artifact_type *type;
    enum err_code code = artifact_type_find(tx, THE_PROJECT->id, gql_arg_str(call, "name"), call->arena, &type, err);
    if (code == OK)
        gql_object(call, type);
    return null_when_missing(code);
}

enum err_code artifact_answer_project_type(struct gql_call *call, struct err *err) {
    return project_type(call, err);
}

READING_RESOLVER(project_types) {
    struct list types;
    TRY(artifact_type_list(tx, THE_PROJECT->id, call->arena, &types, err));
    gql_object(call, connection_of_list(THE_PROJECT->owner, &types, NULL, gql_arg_str(call, "after"), connection_first(call, 50, 10000), call->arena));
    return OK;
}

enum err_code artifact_answer_project_types(struct gql_call *call, struct err *err) {
    return project_types(call, err);
}

READING_RESOLVER(project_collection) {
    struct collection *collection;
    enum err_code code = collection_find_shown(tx, THE_PROJECT->id, gql_arg_str(call, "name"), call->arena, &collection, err);
    if (code == OK)
        gql_object_of(call, artifact_collection_type_name(collection), collection);
    return null_when_missing(code);
}

enum err_code artifact_answer_project_collection(struct gql_call *call, struct err *err) {
    return project_collection(call, err);
}

READING_RESOLVER(project_collections) {
    struct connection *connection;
    struct list collections;
    TRY(collection_list(tx, THE_PROJECT->id, 0, call->arena, &collections, err));
    TRY(collection_list_page(call, THE_PROJECT->owner, &collections, &connection, err));
    gql_object(call, connection);
    return OK;
}

enum err_code artifact_answer_project_collections(struct gql_call *call, struct err *err) {
    return project_collections(call, err);
}

/* ---- of Query ---- */

READING_RESOLVER(collection_by_id) {
    struct collection *collection;
    int64_t id;
    if (!node_id_parse(gql_arg_str(call, "id"), "ArtifactCollection", &id, call->arena))
        return OK;
    enum err_code code = collection_get(tx, id, call->arena, &collection, err);
    if (code == OK)
        code = access_check_in(tx, gql_identity(call), &collection->owner, CAN_READ, err);
    if (code == OK)
        gql_object_of(call, artifact_collection_type_name(collection), collection);
    return null_when_missing(code);
}

enum err_code artifact_answer_collection_by_id(struct gql_call *call, struct err *err) {
    return collection_by_id(call, err);
}

/* ---- ids that a client made up before the server gave one ---- */

READING_RESOLVER(client_id_mapping) {
    struct artifact *artifact;
    enum err_code code = artifact_find_by_client_id(tx, gql_arg_str(call, "clientID"), call->arena, &artifact, err);
    if (code == OK)
        code = artifact_access_check(tx, gql_identity(call), artifact, CAN_READ, err);
    if (code == OK)
        gql_object(call, artifact);
    return null_when_missing(code);
}

enum err_code artifact_answer_client_id(struct gql_call *call, struct err *err) {
    return client_id_mapping(call, err);
}

static enum err_code answer_server_id(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, node_id_make("Artifact", ((const struct artifact *)call->parent)->id, call->arena));
    return OK;
}

static const struct gql_field client_id_mapping_fields[] = {
    { "serverID", "", "ID", CAN_READ, answer_server_id, NULL },
};
const struct gql_type client_id_mapping_type = GQL_TYPE("ClientIDMapping", client_id_mapping_fields);

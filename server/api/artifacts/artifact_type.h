/* artifact_type.h - artifacts as GraphQL shows them: versions, collections, types, memberships, aliases, tags. */
#ifndef SERVER_API_ARTIFACT_TYPE_H
#define SERVER_API_ARTIFACT_TYPE_H

#include "server/api/connection.h"
#include "server/store/artifacts/artifact.h"

extern const struct gql_type artifact_type, artifact_edge_type, artifact_connection_type, artifact_alias_type, artifact_alias_edge_type,
    artifact_alias_connection_type, artifact_manifest_type, tag_type, tag_edge_type, tag_connection_type,
    versioned_artifact_connection_type;
extern const struct gql_type artifact_collection_type, artifact_sequence_type, artifact_portfolio_type, artifact_collection_edge_type,
    artifact_collection_connection_type, artifact_membership_type, artifact_membership_edge_type, artifact_membership_connection_type;
extern const struct gql_type artifact_type_type, artifact_type_edge_type, artifact_type_connection_type;

/* "ArtifactPortfolio" or "ArtifactSequence". */
const char *artifact_collection_type_name(const void *collection);

struct artifact_manifest;
/* The manifest of a version, or one that a draft is still to get. */
struct manifest_node {
    struct owner owner;
    const struct artifact *version; /* one of the two */
    const struct artifact_manifest *draft;
};

struct tag_node {
    struct owner owner;
    struct str name;
};

struct run;
/* *out is NULL when there is none, or the asker may not see it. */
MUST_CHECK enum err_code artifact_find_readable_run(struct db_tx *tx, struct gql_call *call, int64_t id, struct run **out, struct err *err);

/* ---- fields of Query ---- */
enum err_code artifact_answer_by_id(struct gql_call *call, struct err *err);            /* id: ID! -> Artifact */
enum err_code artifact_answer_collection_by_id(struct gql_call *call, struct err *err); /* id: ID! -> ArtifactCollection */
enum err_code artifact_answer_client_id(struct gql_call *call, struct err *err);        /* clientID: ID! -> ClientIDMapping */
extern const struct gql_type client_id_mapping_type;

/* ---- fields of Project; the parent is a struct project ---- */
enum err_code artifact_answer_project_artifact(struct gql_call *call, struct err *err);   /* name: String! -> Artifact */
enum err_code artifact_answer_project_type(struct gql_call *call, struct err *err);       /* name: String! -> ArtifactType */
enum err_code artifact_answer_project_types(struct gql_call *call, struct err *err);      /* -> ArtifactTypeConnection */
enum err_code artifact_answer_project_collection(struct gql_call *call, struct err *err); /* name: String! -> ArtifactCollection */
enum err_code artifact_answer_project_collections(struct gql_call *call, struct err *err);
enum err_code artifact_answer_project_membership(struct gql_call *call, struct err *err); /* name: String! -> ...Membership */

/* ---- fields of Run; the parent is a struct run ---- */
enum err_code artifact_answer_run_outputs(struct gql_call *call, struct err *err); /* -> ArtifactConnection */
enum err_code artifact_answer_run_inputs(struct gql_call *call, struct err *err);

/* A page of a list of artifacts or collections, filtered and ordered as the arguments `filters` and `order` say. */
MUST_CHECK enum err_code artifact_list_page(struct gql_call *call, struct owner owner, struct list *versions,
                                            const char *default_order, struct connection **out, struct err *err);
MUST_CHECK enum err_code collection_list_page(struct gql_call *call, struct owner owner, struct list *collections,
                                              struct connection **out, struct err *err);

/* A version in a collection, for lists over many collections; as a node it is a struct membership. */
struct linked_version {
    struct membership membership;
    struct artifact *artifact;
};
/* The same of struct linked_version, newest link first. */
MUST_CHECK enum err_code artifact_list_linked_page(struct gql_call *call, struct owner owner, struct list *versions,
                                                   struct connection **out, struct err *err);
/* Leaves those collections, and those of struct project, for which the filter holds. */
MUST_CHECK enum err_code collection_list_select(struct gql_call *call, struct str filters, struct list *collections,
                                                struct err *err);
MUST_CHECK enum err_code registry_list_select(struct gql_call *call, struct str filters, struct str order, struct list *projects,
                                              struct err *err);

#endif

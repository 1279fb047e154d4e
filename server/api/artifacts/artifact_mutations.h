/* artifact_mutations.h - everything that changes artifacts through GraphQL. */
#ifndef SERVER_API_ARTIFACT_MUTATIONS_H
#define SERVER_API_ARTIFACT_MUTATIONS_H

#include "server/graphql/graphql.h"

/* Inputs and enums of these. */
extern const char artifact_sdl[];

extern const struct gql_type add_aliases_payload_type, commit_artifact_payload_type,
    create_artifact_files_payload_type, create_artifact_manifest_payload_type, create_artifact_payload_type, delete_aliases_payload_type,
    delete_artifact_payload_type, link_artifact_payload_type, unlink_artifact_payload_type, update_artifact_manifest_payload_type,
    update_artifact_payload_type, use_artifact_payload_type;

/* Each takes input: <Name>Input! and answers <Name>Payload. */
enum err_code artifact_answer_commit(struct gql_call *call, struct err *err);
enum err_code artifact_answer_create(struct gql_call *call, struct err *err);
enum err_code artifact_answer_create_files(struct gql_call *call, struct err *err);
enum err_code artifact_answer_create_manifest(struct gql_call *call, struct err *err);
enum err_code artifact_answer_delete(struct gql_call *call, struct err *err);
enum err_code artifact_answer_link(struct gql_call *call, struct err *err);
enum err_code artifact_answer_unlink(struct gql_call *call, struct err *err);
enum err_code artifact_answer_update(struct gql_call *call, struct err *err);
enum err_code artifact_answer_update_manifest(struct gql_call *call, struct err *err);
enum err_code artifact_answer_use(struct gql_call *call, struct err *err);
enum err_code artifact_answer_add_aliases(struct gql_call *call, struct err *err);
enum err_code artifact_answer_delete_aliases(struct gql_call *call, struct err *err);

/* collection_mutations.c */
extern const struct gql_type collection_tags_payload_type,
    collection_delete_tags_payload_type, create_artifact_type_payload_type, move_artifact_sequence_payload_type,
    delete_artifact_portfolio_payload_type, delete_artifact_sequence_payload_type, update_artifact_portfolio_payload_type,
    update_artifact_sequence_payload_type;
enum err_code collection_answer_update(struct gql_call *call, struct err *err);
enum err_code collection_answer_move(struct gql_call *call, struct err *err);
enum err_code collection_answer_delete(struct gql_call *call, struct err *err);
enum err_code collection_answer_add_tags(struct gql_call *call, struct err *err);
enum err_code collection_answer_delete_tags(struct gql_call *call, struct err *err);
enum err_code collection_answer_create_type(struct gql_call *call, struct err *err);

#endif

/* artifact_folder_type.h - GraphQL's ArtifactFolder: what lies in one folder of a version, in pages. */
#ifndef SERVER_API_ARTIFACT_FOLDER_TYPE_H
#define SERVER_API_ARTIFACT_FOLDER_TYPE_H

#include "server/graphql/graphql.h"

extern const struct gql_type artifact_folder_type, artifact_subfolder_type;

/* Artifact.folder */
#define ARTIFACT_FOLDER_ARGS "after: String, first: Int = 500, path: String, search: String"
enum err_code artifact_folder_answer(struct gql_call *call, struct err *err);

#endif

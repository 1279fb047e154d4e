/* file_mutations.h - announcing and deleting files of runs through GraphQL. */
#ifndef SERVER_API_FILE_MUTATIONS_H
#define SERVER_API_FILE_MUTATIONS_H

#include "server/graphql/graphql.h"

extern const char file_sdl[];
extern const struct gql_type create_run_files_payload_type, delete_files_payload_type,
    mark_run_files_uploaded_payload_type;

enum err_code file_answer_create(struct gql_call *call, struct err *err);
enum err_code file_answer_delete(struct gql_call *call, struct err *err);
enum err_code file_answer_mark_uploaded(struct gql_call *call, struct err *err);

#endif

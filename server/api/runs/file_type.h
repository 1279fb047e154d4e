/* file_type.h - GraphQL's File: a file of a run or of an artifact version, with the addresses of its bytes. */
#ifndef SERVER_API_FILE_TYPE_H
#define SERVER_API_FILE_TYPE_H

#include "server/api/connection.h"
#include "server/store/artifacts/artifact_file.h"
#include "server/store/runs/run.h"
#include "server/store/runs/run_file.h"

struct multipart_upload;

struct file_node {
    struct owner owner;
    struct str id, name;
    struct str url;        /* for those who have credentials */
    struct str direct_url; /* carries its own right */
    struct str upload_url; /* ptr NULL: nothing can be put there */
    bool is_direct;        /* that is in the bucket */
    struct str storage_path;
    struct str md5, digest; /* base64; ptr NULL: not known */
    int64_t size_bytes, updated_at;
    int64_t artifact_id; /* the version that first held these bytes; 0: not said */
    const struct artifact *artifact; /* that version, where it is at hand */
    int64_t draft_id; /* of a draft's file: its addresses for reading are made when they are asked for, which they seldom are */
    const struct multipart_upload *parts; /* where parts are to be put; NULL: it goes in one piece */
};

extern const struct gql_type file_type, file_connection_type, file_edge_type;

struct file_node *file_node_of_run(const struct identity *identity, const struct run *run, const struct run_file *file,
                                   bool wants_upload, struct arena *arena);
/* collection: whose name stands in the address. */
struct file_node *file_node_of_artifact(const struct identity *identity, const struct artifact *artifact,
                                        const struct artifact_file *file, struct arena *arena);

/* Run.files and Run.fileCount; the parent is a struct run. */
enum err_code file_type_answer_run_files(struct gql_call *call, struct err *err);
enum err_code file_type_answer_run_file_count(struct gql_call *call, struct err *err);

/* "names: [String]" and the like: nulls left out. */
void file_type_read_names(const struct json_value *value, struct str **names, size_t *count, struct arena *arena);

/* A page of an artifact version's files, from the arguments names, after and first. */
MUST_CHECK enum err_code file_type_artifact_page(struct gql_call *call, struct db_tx *tx, const struct artifact *artifact,
                                                 struct connection **out, struct err *err);

#endif

/* artifact_folder_type.c - see artifact_folder_type.h. */
#include "server/api/artifacts/artifact_folder_type.h"

#include "server/api/connection.h"
#include "server/api/resolver.h"
#include "server/api/runs/file_type.h"
#include "server/store/artifacts/artifact_folder.h"

enum { PAGE_DEFAULT = 500, PAGE_MAX = 5000 };

struct folder_node {
    struct owner owner;
    struct artifact_folder folder;
    struct connection *files;
};

#define THE_NODE ((const struct folder_node *)call->parent)
#define THE_SUBFOLDER ((const struct artifact_subfolder *)call->parent)

static struct connection *make_page(struct gql_call *call, const struct artifact *artifact, const struct artifact_folder *folder) {
    struct connection *connection = connection_create(artifact->owner, call->arena);
    for (size_t i = 0; i < folder->files.count; i++) {
        const struct artifact_file *file = folder->files.items[i];
        connection_add(connection, file_node_of_artifact(gql_identity(call), artifact, file, call->arena), NULL, file->path, call->arena);
    }
    connection->page_info.has_next = folder->has_more;
    connection->total_count = artifact->file_count;
    return connection;
}

READING_RESOLVER(give_folder) {
    const struct artifact *artifact = call->parent;
    struct folder_node *node = ARENA_NEW(call->arena, struct folder_node);
    struct str search = gql_arg_str(call, "search"), after = gql_arg_str(call, "after");
    size_t first = (size_t)connection_first(call, PAGE_DEFAULT, PAGE_MAX);

    TRY(resolver_check_wide_read(call, err));
    if (search.len > 0)
        TRY(artifact_folder_search(tx, artifact->id, search, after, first, call->arena, &node->folder, err));
    else
        TRY(artifact_folder_list(tx, artifact->id, gql_arg_str(call, "path"), after, first, call->arena, &node->folder, err));
    node->owner = artifact->owner;
    node->files = make_page(call, artifact, &node->folder);
    for (size_t i = 0; i < node->folder.subfolders.count; i++)
        ((struct artifact_subfolder *)node->folder.subfolders.items[i])->owner = artifact->owner;
    gql_object(call, node);
    return OK;
}

enum err_code artifact_folder_answer(struct gql_call *call, struct err *err) {
    return give_folder(call, err);
}

static enum err_code answer_file_count(struct gql_call *call, struct err *err) {
    (void)err;
    json_int(call->out, THE_NODE->folder.file_count);
    return OK;
}

static enum err_code answer_files(struct gql_call *call, struct err *err) {
    (void)err;
    gql_object(call, THE_NODE->files);
    return OK;
}

static enum err_code answer_folder_count(struct gql_call *call, struct err *err) {
    (void)err;
    json_int(call->out, THE_NODE->folder.subfolder_count);
    return OK;
}

static enum err_code answer_folders(struct gql_call *call, struct err *err) {
    (void)err;
    gql_list_begin(call);
    for (size_t i = 0; i < THE_NODE->folder.subfolders.count; i++)
        gql_list_add(call, THE_NODE->folder.subfolders.items[i]);
    return OK;
}

static enum err_code answer_size_bytes(struct gql_call *call, struct err *err) {
    (void)err;
    json_int(call->out, THE_NODE->folder.size_bytes);
    return OK;
}

static const struct gql_field folder_fields[] = {
    { "fileCount", "", "Int!", CAN_READ, answer_file_count, "However deep. Counted, like the subfolders, on the first page of a folder; a search counts nothing." },
    { "files", "", "FileConnection!", CAN_READ, answer_files, "Directly in it; or all that were found." },
    { "folderCount", "", "Int!", CAN_READ, answer_folder_count, NULL },
    { "folders", "", "[ArtifactSubfolder!]!", CAN_READ, answer_folders, "Directly in it, 10,000 at most." },
    { "sizeBytes", "", "Int64!", CAN_READ, answer_size_bytes, NULL },
};
const struct gql_type artifact_folder_type = GQL_TYPE("ArtifactFolder", folder_fields);

static enum err_code answer_subfolder_count(struct gql_call *call, struct err *err) {
    (void)err;
    json_int(call->out, THE_SUBFOLDER->file_count);
    return OK;
}

static enum err_code answer_subfolder_name(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, THE_SUBFOLDER->name);
    return OK;
}

static enum err_code answer_subfolder_size(struct gql_call *call, struct err *err) {
    (void)err;
    json_int(call->out, THE_SUBFOLDER->size_bytes);
    return OK;
}

static const struct gql_field subfolder_fields[] = {
    { "fileCount", "", "Int!", CAN_READ, answer_subfolder_count, "However deep." },
    { "name", "", "String!", CAN_READ, answer_subfolder_name, NULL },
    { "sizeBytes", "", "Int64!", CAN_READ, answer_subfolder_size, NULL },
};
const struct gql_type artifact_subfolder_type = GQL_TYPE("ArtifactSubfolder", subfolder_fields);

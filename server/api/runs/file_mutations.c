/* file_mutations.c - see file_mutations.h. */
#include "server/api/runs/file_mutations.h"

#include "base/file.h"
#include "server/api/identity.h"
#include "server/api/node_id.h"
#include "server/api/place.h"
#include "server/api/resolver.h"
#include "server/api/runs/file_type.h"
#include "server/api/runs/run_files.h"

enum { FILES_MAX = 10000 };

const char file_sdl[] =
    "input CreateRunFilesInput { clientMutationId: String, entityName: String, files: [String!]!, projectName: String, runName: "
    "String! }\n"
    "input DeleteFilesInput { clientMutationId: String, files: [ID!]!, projectId: Int }\n"
    "input MarkRunFilesUploadedInput { clientMutationId: String, entityName: String, files: [String!]!, projectName: String, "
    "runName: String! }\n";

struct payload {
    struct owner owner;
    struct run *run;
    struct list files; /* of struct file_node */
};

#define THE_PAYLOAD ((const struct payload *)call->parent)

static enum err_code answer_client_mutation_id(struct gql_call *call, struct err *err) {
    (void)err;
    json_null(call->out);
    return OK;
}

static enum err_code answer_files(struct gql_call *call, struct err *err) {
    (void)err;
    gql_list_begin(call);
    for (size_t i = 0; i < THE_PAYLOAD->files.count; i++)
        gql_list_add(call, THE_PAYLOAD->files.items[i]);
    return OK;
}

static enum err_code answer_run_id(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, run_storage_id(THE_PAYLOAD->run, call->arena));
    return OK;
}

static enum err_code answer_success(struct gql_call *call, struct err *err) {
    (void)err;
    json_bool(call->out, true);
    return OK;
}

/* The links carry their own right: nothing else is to be sent. */
static enum err_code answer_upload_headers(struct gql_call *call, struct err *err) {
    (void)err;
    json_array_begin(call->out);
    json_array_end(call->out);
    return OK;
}

static const struct gql_field create_run_files_fields[] = {
    { "clientMutationId", "", "String", CAN_WRITE, answer_client_mutation_id, NULL },
    { "files", "", "[File!]!", CAN_WRITE, answer_files, "One for each name, in the order they were asked for." },
    { "runID", "", "ID!", CAN_WRITE, answer_run_id, NULL },
    { "uploadHeaders", "", "[String!]!", CAN_WRITE, answer_upload_headers, NULL },
};
const struct gql_type create_run_files_payload_type = GQL_TYPE("CreateRunFilesPayload", create_run_files_fields);

static const struct gql_field delete_files_fields[] = {
    { "clientMutationId", "", "String", WHO_USER, answer_client_mutation_id, NULL },
    { "success", "", "Boolean!", WHO_USER, answer_success, NULL },
};
const struct gql_type delete_files_payload_type = GQL_TYPE("DeleteFilesPayload", delete_files_fields);

static const struct gql_field mark_run_files_uploaded_fields[] = {
    { "clientMutationId", "", "String", WHO_USER, answer_client_mutation_id, NULL },
    { "success", "", "Boolean!", WHO_USER, answer_success, NULL },
};
const struct gql_type mark_run_files_uploaded_payload_type = GQL_TYPE("MarkRunFilesUploadedPayload", mark_run_files_uploaded_fields);

MUTATION_ANSWERS;

static enum err_code find_run(struct db_tx *tx, struct gql_call *call, struct payload *payload, struct err *err) {
    struct identity *identity = gql_identity(call);
    struct str entity = gql_input_str(call, "entityName"), project = gql_input_str(call, "projectName");
    TRY(place_find_run(tx, identity, entity.len > 0 ? entity : identity->username, project.len > 0 ? project : STR("uncategorized"),
                       gql_input_str(call, "runName"), 0, CAN_WRITE, &payload->run, err));
    payload->owner = payload->run->owner;
    return OK;
}

static enum err_code read_names(struct gql_call *call, struct str **names, size_t *count, struct err *err) {
    file_type_read_names(gql_input(call, "files"), names, count, call->arena);
    if (*count > FILES_MAX)
        return err_set(err, ERR_BAD_INPUT, "at most %d files can be announced at once, got %zu", FILES_MAX, *count);
    for (size_t i = 0; i < *count; i++)
        if (!file_is_safe_path((*names)[i]))
            return err_set(err, ERR_BAD_INPUT, "the file name '%.*s' is not a plain relative path" FILE_PATH_RULE, STR_ARG(str_slice((*names)[i], 0, 200)));
    return OK;
}

static enum err_code create(struct db_tx *tx, struct gql_call *call, struct payload *payload, struct err *err) {
    int64_t now_ms = clock_wall_ms();
    struct str *names;
    size_t count;
    TRY(find_run(tx, call, payload, err));
    TRY(read_names(call, &names, &count, err));
    for (size_t i = 0; i < count; i++) {
        struct run_file file = { .path = names[i], .announced_at = now_ms };
        TRY(run_file_announce(tx, payload->run->id, names[i], now_ms, err));
        list_add(&payload->files, file_node_of_run(gql_identity(call), payload->run, &file, true, call->arena), call->arena);
    }
    return OK;
}

enum err_code file_answer_create(struct gql_call *call, struct err *err) {
    return answer(call, create, err);
}

/* What arrived the server knows by itself; this only checks that it has. */
static enum err_code mark_uploaded(struct db_tx *tx, struct gql_call *call, struct payload *payload, struct err *err) {
    struct str *names;
    size_t count;
    TRY(find_run(tx, call, payload, err));
    TRY(read_names(call, &names, &count, err));
    for (size_t i = 0; i < count; i++) {
        struct run_file *file;
        if (run_file_find(tx, payload->run->id, names[i], call->arena, &file, err) != OK)
            return err->code != ERR_NOT_FOUND ? err->code : err_set(err, ERR_NOT_FOUND, "file '%.*s' has not arrived", STR_ARG(names[i]));
    }
    return OK;
}

enum err_code file_answer_mark_uploaded(struct gql_call *call, struct err *err) {
    return answer(call, mark_uploaded, err);
}

/* Each file is authorised through its own run: projectId is only what the client believes. */
static enum err_code delete_one(struct db_tx *tx, struct gql_call *call, struct str global_id, struct err *err) {
    struct run_file *file;
    struct run *run;
    int64_t id;
    if (!node_id_parse(global_id, "RunFile", &id, call->arena))
        return err_set(err, ERR_NOT_FOUND, "there is no such file");
    TRY(run_file_find_by_id(tx, id, call->arena, &file, err));
    TRY(run_find_by_id(tx, file->run_id, 0, call->arena, &run, err));
    enum err_code code = access_check_in(tx, gql_identity(call), &run->owner, CAN_WRITE, err);
    if (code != OK)
        return code == ERR_NOT_FOUND ? err_set(err, ERR_NOT_FOUND, "there is no such file") : code;
    struct actor actor = identity_actor(gql_identity(call));
    struct str subject = arena_printf(call->arena, "%.*s/%.*s/%.*s", STR_ARG(run->project_name), STR_ARG(run->name), STR_ARG(file->path));
    TRY(audit_add(tx, &actor, "file.delete", run->owner.entity_id, subject, err));
    TRY(run_file_remove(tx, file->id, err));
    return run_touch(tx, run->id, clock_wall_ms(), err);
}

static enum err_code delete(struct db_tx *tx, struct gql_call *call, struct payload *payload, struct err *err) {
    struct str *ids;
    size_t count;
    (void)payload;
    file_type_read_names(gql_input(call, "files"), &ids, &count, call->arena);
    if (count > FILES_MAX)
        return err_set(err, ERR_BAD_INPUT, "at most %d files can be deleted at once, got %zu", FILES_MAX, count);
    for (size_t i = 0; i < count; i++)
        TRY(delete_one(tx, call, ids[i], err));
    return OK;
}

enum err_code file_answer_delete(struct gql_call *call, struct err *err) {
    return answer(call, delete, err);
}

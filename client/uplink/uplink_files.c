/* uplink_files.c - the run's files: announced, then put where the server says. */
#include "client/uplink/uplink_parts.h"

#include "base/file.h"
#include "client/uplink/answer.h"
#include "client/uplink/uploads.h"

enum { FILES_A_BATCH = 100 };

static const char files_document[] =
    "mutation CreateRunFiles($entity: String!, $project: String!, $run: String!, $files: [String!]!) { "
    "createRunFiles(input: {entityName: $entity, projectName: $project, runName: $run, files: $files}) "
    "{ runID uploadHeaders files { name uploadUrl } } }";

static void note_uploaded(struct buf *uploaded, struct str name) {
    struct json_writer writer;
    json_writer_init(&writer, uploaded, JSON_STRICT);
    if (uploaded->len > 0)
        buf_append_char(uploaded, ',');
    json_string(&writer, name);
}

static enum uplink_result announce(struct uplink *uplink, const struct upload *list, size_t count,
                                   struct http_response *response, struct str *data) {
    struct json_writer writer;
    uplink_begin_graphql(uplink, &writer, "CreateRunFiles", files_document);
    uplink_put_variable(&writer, "entity", buf_str(&uplink->entity));
    uplink_put_variable(&writer, "project", buf_str(&uplink->project));
    uplink_put_variable(&writer, "run", buf_str(&uplink->run_id));
    json_key(&writer, STR("files"));
    json_array_begin(&writer);
    for (size_t i = 0; i < count; i++)
        json_string(&writer, list[i].name);
    json_array_end(&writer);
    uplink_end_graphql(&writer);
    return uplink_post_graphql(uplink, response, data);
}

static enum uplink_result send_batch(struct uplink *uplink, struct upload *list, size_t count, struct buf *uploaded,
                                     struct upload_counters *counters) {
    struct http_response response = { 0 };
    struct str data, files, file, headers = STR_EMPTY;
    enum uplink_result result = announce(uplink, list, count, &response, &data);
    if (result == UPLINK_SENT && !answer_find(data, &files, "createRunFiles", "files", NULL))
        result = UPLINK_REFUSED;
    if (result != UPLINK_SENT)
        goto done;
    (void)!answer_find(data, &headers, "createRunFiles", "uploadHeaders", NULL);
    for (size_t i = 0; i < count; i++) {
        list[i].headers_json = headers;
        if (!answer_element(files, i, &file) || !answer_find(file, &list[i].url_json, "uploadUrl", NULL))
            list[i].url_json = STR("");
    }
    uploads_send(uplink->uploads, list, count, counters);
    for (size_t i = 0; i < count; i++) {
        if (list[i].result == UPLINK_SENT)
            note_uploaded(uploaded, list[i].name);
        else if (list[i].result == UPLINK_LATER)
            result = UPLINK_LATER;
    }
done:
    http_response_finish(&response);
    return result;
}

static bool has_uploads(struct uplink *uplink) {
    if (uplink->uploads == NULL)
        uplink->uploads = uploads_create(buf_str(&uplink->base_url));
    return uplink->uploads != NULL;
}

enum uplink_result uplink_send_files(struct uplink *uplink, const char *const *names, size_t count, struct buf *uploaded,
                                     struct upload_counters *counters) {
    struct upload list[FILES_A_BATCH];
    char *paths[FILES_A_BATCH];
    enum uplink_result result = UPLINK_SENT;
    size_t used = 0;
    if (!has_uploads(uplink))
        return UPLINK_LATER;
    for (size_t i = 0; i < count && used < FILES_A_BATCH; i++) {
        struct str name = str_from_c(names[i]);
        if (!file_is_safe_path(name) || asprintf(&paths[used], "%.*s/%s", STR_ARG(buf_str(&uplink->files_dir)), names[i]) < 0)
            continue;
        list[used] = (struct upload){ .name = name, .path = paths[used], .follows_links = uplink->follows_links, .owner = uplink->owner };
        used++;
    }
    if (used > 0)
        result = send_batch(uplink, list, used, uploaded, counters);
    for (size_t i = 0; i < used; i++)
        free(paths[i]);
    return result;
}

enum uplink_result uplink_send_standard_files(struct uplink *uplink, struct run_state *state) {
    struct buf config = BUF_INIT(UPLINK_BODY_MAX_BYTES), summary = BUF_INIT(UPLINK_BODY_MAX_BYTES),
               metadata = BUF_INIT(UPLINK_BODY_MAX_BYTES);
    struct upload_counters counters = { 0 };
    struct upload list[4];
    size_t count = 0;
    if (!has_uploads(uplink))
        return UPLINK_LATER;
    run_state_write_config_yaml(state, &config);
    tree_write(&state->summary, state->summary.root, &summary);
    run_state_write_metadata(state, &metadata);
    list[count++] = (struct upload){ .name = STR_INIT("config.yaml"), .content = buf_str(&config) };
    list[count++] = (struct upload){ .name = STR_INIT("wandb-summary.json"), .content = buf_str(&summary) };
    list[count++] = (struct upload){ .name = STR_INIT("wandb-metadata.json"), .content = buf_str(&metadata) };
    if (state->console_text.len > 0)
        list[count++] = (struct upload){ .name = STR_INIT("output.log"), .content = buf_str(&state->console_text) };
    enum uplink_result result = send_batch(uplink, list, count, &uplink->uploaded, &counters);
    buf_finish(&config);
    buf_finish(&summary);
    buf_finish(&metadata);
    return result;
}

/* uplink_parts.h - what the uplink's files share: its state, and how a request is made.
 *
 * Threads: one at a time. Memory: uplink_destroy.
 */
#ifndef CLIENT_UPLINK_PARTS_H
#define CLIENT_UPLINK_PARTS_H

#include "base/http_client.h"
#include "base/json.h"
#include "client/uplink/uplink.h"

enum {
    UPLINK_BODY_MAX_BYTES = 400 << 20,
    UPLINK_FACT_MAX_BYTES = 4096,
    UPLINK_UPLOADED_MAX_BYTES = 16 << 20,
};

struct uplink {
    struct http_client *client;
    struct uploads *uploads; /* made when it is first needed */
    struct artifact_draft *draft;  /* of the artifact that is not done yet */
    struct large_file *large_file; /* the one that last went in parts */
    uint64_t large_from_bytes;
    struct buf entity, project, run_id, run_name, storage_id, base_url, files_dir;
    struct buf wanted_entity, wanted_project, client_id;
    struct buf uploaded; /* JSON strings, comma separated, for the next file_stream */
    struct buf body, url;
    bool follows_links, is_secondary, was_stopped, had_tags, knows_lines;
    int64_t line_count, wait_ms, owner;
    int answer_ms; /* how long an answer may take; 0: as usual */
    char problem[ERR_MESSAGE_MAX];
};

/* ---- requests ---- */

enum uplink_result uplink_send_request(struct uplink *uplink, const struct http_request *request,
                                       struct http_response *response);
/* Posts uplink->body as JSON. */
enum uplink_result uplink_post(struct uplink *uplink, struct str url, struct http_response *response);
/* Errors inside a 200 are refusals, unless the data came all the same. */
enum uplink_result uplink_post_graphql(struct uplink *uplink, struct http_response *response, struct str *data);

/* Into uplink->body; between them the variables. */
void uplink_begin_graphql(struct uplink *uplink, struct json_writer *writer, const char *name, const char *document);
void uplink_end_graphql(struct json_writer *writer);
/* Empty: not there, which leaves what the server has. */
void uplink_put_variable(struct json_writer *writer, const char *name, struct str text);

void uplink_append_path_part(struct buf *out, struct str part);
void uplink_append_base64(struct buf *out, struct str bytes);

#endif

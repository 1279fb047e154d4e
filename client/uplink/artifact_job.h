/* artifact_job.h - one artifact as it is worked on, and the steps of its way to the server.
 *
 * Each step may be done again. What broke off goes on with its draft and the files that are missing; see artifact_draft.h.
 *
 * Threads: the uplink's owner. Memory: artifact_job_finish.
 */
#ifndef CLIENT_ARTIFACT_JOB_H
#define CLIENT_ARTIFACT_JOB_H

#include "client/uplink/artifact_draft.h"
#include "client/uplink/artifact_record.h"
#include "client/uplink/large_file.h"
#include "client/uplink/uplink_parts.h"
#include "client/uplink/uploads.h"

struct artifact_job {
    struct uplink *uplink;
    struct artifact_record record;
    struct upload_counters *counters;
    struct buf id, base_id, manifest_id, manifest, upload_url, upload_headers;
    bool is_there;   /* the server has this content already */
    bool is_resumed; /* an attempt before made the draft */
    char **owned;  /* texts that entries borrow */
    size_t owned_count;
};

void artifact_job_init(struct artifact_job *job, struct uplink *uplink, struct upload_counters *counters);
void artifact_job_finish(struct artifact_job *job);

/* A copy that lives as long as the job; empty when there is no memory. */
struct str artifact_job_keep(struct artifact_job *job, struct str text);
/* Says why; always UPLINK_REFUSED. */
enum uplink_result artifact_job_refuse(struct artifact_job *job, const char *why);
/* What a JSON string says, instead of what was there. */
void artifact_job_adopt(struct buf *to, struct str raw);

/* Where the artifact lies: as the record says, else where the run is. */
struct str artifact_job_entity(const struct artifact_job *job);
struct str artifact_job_project(const struct artifact_job *job);

/* ---- the steps ---- */

/* artifact_manifest.c: a place for the manifest; with a digest the answer says where it is put. */
enum uplink_result artifact_place_manifest(struct artifact_job *job, struct str digest);
/* References to artifacts that only have a client's id get the server's. */
enum uplink_result artifact_map_references(struct artifact_job *job);
enum uplink_result artifact_send_manifest(struct artifact_job *job);

/* artifact_files.c */
enum uplink_result artifact_send_files(struct artifact_job *job);

/* ---- one batch of files ---- */

/* Its parts, when large is not NULL, are told with its one entry. */
enum uplink_result artifact_announce_files(struct artifact_job *job, struct artifact_entry *const *entries, size_t count,
                                           const struct large_file *large, struct http_response *response, struct str *edges);
/* How the server answered for one file; the upload borrows its texts from the answer and the job. */
void artifact_take_place(struct artifact_job *job, struct artifact_entry *entry, struct str edge, struct upload *upload);
/* What became of all of them; says which file it was. */
enum uplink_result artifact_judge_uploads(struct artifact_job *job, const struct upload *list, size_t count);
/* artifact_large.c: a file in parts, those first that are missing. A server that wants it whole gets it whole. */
enum uplink_result artifact_send_large_file(struct artifact_job *job, struct artifact_entry *entry);

#endif

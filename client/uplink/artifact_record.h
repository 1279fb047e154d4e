/* artifact_record.h - an artifact as the log describes it: its names, and its manifest's entries with the files behind
 * them.
 *
 * Threads: none of its own. Memory: texts borrow the record's bytes, but for a manifest that lies in a file of its own:
 * artifact_record_finish gives that back.
 */
#ifndef CLIENT_ARTIFACT_RECORD_H
#define CLIENT_ARTIFACT_RECORD_H

#include "base/buf.h"

enum { ARTIFACT_NAMES_MAX = 256, ARTIFACT_ENTRIES_MAX = 4 << 20, ARTIFACT_EXTRAS_MAX = 64 };

struct artifact_entry {
    struct str path, digest, ref, local_path, birth_id, extra_json; /* extra_json: an object, or empty */
    int64_t size;
    bool is_escaped; /* texts are as JSON wrote them */
};

struct artifact_record {
    struct str entity, project, type, name, digest, description, metadata, distributed_id, client_id, sequence_client_id,
        base_id, digest_algorithm;
    struct str aliases[ARTIFACT_NAMES_MAX], tags[ARTIFACT_NAMES_MAX];
    size_t alias_count, tag_count;
    int64_t ttl_s;
    bool is_finalized, is_incremental, is_used_after, is_user_created; /* the last: by no run */
    struct str storage_policy;
    struct buf policy_config; /* members of a JSON object */
    struct artifact_entry *entries;
    size_t entry_count;
    struct buf texts; /* what had to be put together */
};

MUST_CHECK enum err_code artifact_record_parse(struct artifact_record *out, struct str body, struct err *err);
void artifact_record_finish(struct artifact_record *record); /* a cleared one is fine */

#endif

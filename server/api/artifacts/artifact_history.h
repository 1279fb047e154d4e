/* artifact_history.h - what was done to a version, when and by whom: written with each change, read as Artifact.history. */
#ifndef SERVER_API_ARTIFACT_HISTORY_H
#define SERVER_API_ARTIFACT_HISTORY_H

#include "server/api/connection.h"
#include "server/store/artifacts/artifact.h"

extern const struct gql_type artifact_event_type, artifact_event_connection_type, artifact_event_edge_type;

/* action: "DELETED", "LINKED", ...; in which collection (0: none); detail: what was added, removed, or is new. */
MUST_CHECK enum err_code artifact_history_note(struct db_tx *tx, const struct identity *identity, int64_t artifact_id, const char *action,
                                               int64_t collection_id, struct str detail, struct err *err);

/* What an update changes: before it, and after it. */
struct artifact_texts {
    const struct artifact *artifact; /* with its texts */
    struct list tags;
};
MUST_CHECK enum err_code artifact_history_read(struct db_tx *tx, int64_t artifact_id, struct arena *arena, struct artifact_texts *out,
                                               struct err *err);
MUST_CHECK enum err_code artifact_history_note_update(struct db_tx *tx, const struct identity *identity, const struct artifact_texts *before,
                                                      struct arena *arena, struct err *err);

#define ARTIFACT_HISTORY_ARGS "after: String, first: Int = 50"
/* Artifact.history; the parent is a struct artifact. Runs and collections that the asker may not see are left out. */
enum err_code artifact_history_answer(struct gql_call *call, struct err *err);

#endif

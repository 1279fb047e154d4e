/* run.h - runs: what they are called, what state they are in, their config and summary.
 *
 * Changing a run raises its version: a number that is unique and ascending among all runs of a project, so
 * that whoever knows the highest one it has seen can ask for the rest (run_table does).
 *
 * A deleted run stays as a tombstone without content. Its name may be used again: that is a new run, which
 * knows that it is not the first of its name (is_reused: clients may have cached the other's history for
 * ever). A run that was moved leaves a tombstone that points to it, so that whoever still sends to the old
 * place is heard.
 *
 * Threads: the functions are parts of a transaction. Memory: results live in the arena; texts whose ptr is
 * NULL are not set.
 */
#ifndef SERVER_STORE_RUN_H
#define SERVER_STORE_RUN_H

#include "server/store/accounts/owner.h"
#include "server/store/accounts/right.h"
#include "server/store/db/db.h"
#include "server/store/runs/run_state.h"

enum {
    RUN_NAME_MAX = 128,
    RUN_TEXT_MAX = 1 << 20,      /* display name, notes, description, program, ... */
    RUN_DOCUMENT_MAX = 64 << 20, /* config, summary */
    RUN_DOCUMENTS_MAX = 512 << 20, /* of many runs at once */
    RUN_TAGS_MAX = 1000,
    RUN_TAG_BYTES_MAX = 256,
};

/* Which of a run's large texts are wanted. */
enum run_part { RUN_CONFIG = 1, RUN_SUMMARY = 2 };

struct run {
    struct owner owner;
    int64_t id;
    struct str name, display_name, description, notes, group, job_type, sweep, host, program, repo, commit;
    struct str tags;            /* a JSON list of strings */
    struct str config, summary; /* JSON as it was given; ptr NULL also when not asked for */
    struct str project_name, entity_name;
    struct str username; /* whose it is; ptr NULL when that user is unknown */
    enum run_state state;
    int64_t user_id;                              /* 0: unknown */
    int64_t created_at, updated_at, heartbeat_at; /* Unix milliseconds */
    int64_t ended_at;                             /* 0: not yet */
    bool has_exit_code, is_stop_requested, is_reused, is_debug;
    int32_t exit_code;
    int64_t version;
    int64_t fork_run_id, fork_step; /* 0: not a fork */
};

/* ---- finding ---- */

/* ERR_NOT_FOUND "run 'x' not found"; ERR_GONE when it was deleted. Follows a moved run when follow_moved: for
 * what still arrives under the old name; authorise the run that is found. parts: enum run_part, or-ed. */
MUST_CHECK enum err_code run_find(struct db_tx *tx, int64_t project_id, struct str name, unsigned parts,
                                  bool follow_moved, struct arena *arena, struct run **out, struct err *err);
MUST_CHECK enum err_code run_find_by_id(struct db_tx *tx, int64_t id, unsigned parts, struct arena *arena,
                                        struct run **out, struct err *err);
/* For what comes all the time: the run of these names and the user's right to it, in one question; it is locked. *out is
 * NULL unless it is plainly there: neither new nor moved nor deleted. Only what is listed is filled in. */
struct run_place {
    struct str entity_name, project_name, run_name;
    int64_t user_id;
    bool is_server_admin;
};
/* id, owner, state, is_stop_requested. */
MUST_CHECK enum err_code run_find_place(struct db_tx *tx, const struct run_place *place, struct arena *arena, struct run **out,
                                        enum right *right, struct err *err);
/* Storage ids, as users keep them: base64 of "Run:v1:<run>:<project>:<entity>". */
struct str run_storage_id(const struct run *run, struct arena *arena);
MUST_CHECK enum err_code run_find_by_storage_id(struct db_tx *tx, struct str storage_id, unsigned parts,
                                                struct arena *arena, struct run **out, struct err *err);
/* In the order of ids; deleted ones are left out. ERR_TOO_LARGE when their documents are more than RUN_DOCUMENTS_MAX. */
MUST_CHECK enum err_code run_find_many(struct db_tx *tx, const int64_t *ids, size_t id_count, unsigned parts,
                                       struct arena *arena, struct run ***out, size_t *count,
                                       struct err *err);

/* ---- making and changing ---- */

/* ERR_BAD_INPUT unless it is 1 to RUN_NAME_MAX bytes of UTF-8 without control characters and / \ # ? % : */
MUST_CHECK enum err_code run_check_name(struct str name, struct err *err);

/* The run of that name, running, made when there is none. ERR_GONE when it was deleted (a stream that still
 * sends does not bring a deleted run back; run_upsert does). Follows a moved run. */
MUST_CHECK enum err_code run_ensure(struct db_tx *tx, int64_t project_id, struct str name, int64_t user_id,
                                    int64_t now_ms, struct arena *arena, struct run **out, bool *is_inserted,
                                    struct err *err);

/* ptr NULL leaves as it is; an empty text sets. */
struct run_change {
    struct str display_name, description, notes, group, job_type, sweep, host, program, repo, commit;
    struct str config, summary; /* replaced whole; a JSON object each */
    struct str tags;            /* a JSON list of strings, replaced whole */
    struct str state;           /* a state's name; ptr NULL: see is_from_client */
    bool is_from_client;        /* the run itself speaks (it is alive), not somebody who edits it */
    bool is_from_helper;        /* one of several writers, and not the one whose end is the run's: ends stay ends */
    bool is_debug;
};

/* Makes the run when there is none of that name, then changes it. ERR_BAD_INPUT for what the change may not
 * hold. */
MUST_CHECK enum err_code run_upsert(struct db_tx *tx, int64_t project_id, struct str name, int64_t user_id,
                                    const struct run_change *change, int64_t now_ms, struct arena *arena,
                                    struct run **out, bool *is_inserted, struct err *err);
MUST_CHECK enum err_code run_update(struct db_tx *tx, int64_t id, const struct run_change *change,
                                    int64_t now_ms, struct err *err);

/* What one request of a run's own stream says of the run itself; the heartbeat always. */
struct run_stream_change {
    struct str summary; /* ptr NULL: none in this request */
    bool is_preempting, is_complete;
    int32_t exit_code; /* when is_complete */
};
struct run_stream_result {
    enum run_state state;
    bool is_stop_requested;
    bool is_terminal_now; /* this request ended the run */
};
/* run: as it is in this transaction. */
MUST_CHECK enum err_code run_apply_stream(struct db_tx *tx, const struct run *run,
                                          const struct run_stream_change *change, int64_t now_ms,
                                          struct run_stream_result *out, struct err *err);
/* Something that is kept elsewhere changed (files, history was rewound): raises the version. */
MUST_CHECK enum err_code run_touch(struct db_tx *tx, int64_t id, int64_t now_ms, struct err *err);

MUST_CHECK enum err_code run_set_state(struct db_tx *tx, int64_t id, enum run_state state, int64_t now_ms,
                                       struct err *err);
MUST_CHECK enum err_code run_request_stop(struct db_tx *tx, int64_t id, int64_t now_ms, struct err *err);
MUST_CHECK enum err_code run_set_fork(struct db_tx *tx, int64_t id, int64_t parent_id, int64_t step,
                                      struct err *err);

/* Runs that have been silent since before silent_since become crashed (preempted, when they had announced
 * it). */
MUST_CHECK enum err_code run_crash_silent(struct db_tx *tx, int64_t silent_since, int64_t now_ms,
                                          size_t limit, size_t *count, struct err *err);

/* ---- moving and deleting ---- */

/* ERR_CONFLICT when the other project has a run of that name. */
MUST_CHECK enum err_code run_move(struct db_tx *tx, int64_t id, int64_t project_id, int64_t now_ms,
                                  struct err *err);

/* Leaves a tombstone. What the run owns in other tables is removed later. */
MUST_CHECK enum err_code run_delete(struct db_tx *tx, int64_t id, int64_t now_ms, struct err *err);

/* Of a project, not deleted, ids above after_id, ascending. */
MUST_CHECK enum err_code run_list_ids(struct db_tx *tx, int64_t project_id, int64_t after_id, size_t limit,
                                      struct arena *arena, int64_t **out, size_t *count, struct err *err);

#endif

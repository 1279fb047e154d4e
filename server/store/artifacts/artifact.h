/* artifact.h - artifacts: types, collections, versions, aliases, tags, and who made and used them.
 *
 * A version is PENDING until it is committed; only then it has an index, and its aliases move to it. One alias of a
 * collection names one version. A portfolio's members are versions of sequences; their index counts inside it.
 *
 * Memory: results live in the arena. Functions that find answer ERR_NOT_FOUND with a sentence.
 */
#ifndef SERVER_STORE_ARTIFACT_H
#define SERVER_STORE_ARTIFACT_H

#include "base/hash.h"
#include "base/list.h"
#include "server/store/accounts/owner.h"
#include "server/store/db/db.h"

struct artifact_type {
    struct owner owner;
    int64_t id, created_at;
    struct str name, description;
};

struct collection {
    struct owner owner;
    int64_t id, type_id, created_at, updated_at;
    struct str name, type_name, description, client_id;
    bool is_portfolio;
    bool is_shown; /* false: a sequence whose first version is still being uploaded, or never came */
};

enum artifact_state { ARTIFACT_PENDING, ARTIFACT_COMMITTED, ARTIFACT_DELETED };

struct artifact {
    struct owner owner;
    int64_t id, collection_id;
    int64_t version_index; /* -1 until committed */
    enum artifact_state state;
    bool stands_for_link; /* found by itself, and only a link of it may be seen: its owner and index are the link's */
    struct str digest, distributed_id;
    struct str description, metadata, pending_aliases; /* most of the bytes: only after artifact_load_texts */
    int64_t ttl_seconds, history_step, size_bytes, file_count, base_id, run_id, user_id;
    int64_t created_at, updated_at, committed_at;
};

struct membership {
    struct owner owner; /* the collection's */
    int64_t id, collection_id, artifact_id, version_index, created_at;
};

struct artifact_alias {
    struct owner owner; /* the collection's */
    int64_t id, collection_id, artifact_id;
    struct str alias;
};

const char *artifact_state_name(enum artifact_state state);

/* ---- types ---- */

MUST_CHECK enum err_code artifact_type_ensure(struct db_tx *tx, int64_t project_id, struct str name, int64_t now_ms,
                                              struct arena *arena, struct artifact_type **out, struct err *err);
MUST_CHECK enum err_code artifact_type_find(struct db_tx *tx, int64_t project_id, struct str name, struct arena *arena,
                                            struct artifact_type **out, struct err *err);
MUST_CHECK enum err_code artifact_type_get(struct db_tx *tx, int64_t id, struct arena *arena, struct artifact_type **out,
                                           struct err *err);
/* Of struct artifact_type, by name. */
MUST_CHECK enum err_code artifact_type_list(struct db_tx *tx, int64_t project_id, struct arena *arena, struct list *out,
                                            struct err *err);

/* ---- collections ---- */

/* ERR_CONFLICT when the name is taken by a collection of another type or kind. */
MUST_CHECK enum err_code collection_ensure(struct db_tx *tx, int64_t project_id, int64_t type_id, struct str name,
                                           bool is_portfolio, struct str client_id, int64_t now_ms, struct arena *arena,
                                           struct collection **out, struct err *err);
MUST_CHECK enum err_code collection_find(struct db_tx *tx, int64_t project_id, struct str name, struct arena *arena,
                                         struct collection **out, struct err *err);
MUST_CHECK enum err_code collection_get(struct db_tx *tx, int64_t id, struct arena *arena, struct collection **out, struct err *err);
/* Only what readers may see. */
MUST_CHECK enum err_code collection_find_shown(struct db_tx *tx, int64_t project_id, struct str name, struct arena *arena,
                                               struct collection **out, struct err *err);
/* Of struct collection, those that are shown, by name; of one type unless type_id is 0. */
MUST_CHECK enum err_code collection_list(struct db_tx *tx, int64_t project_id, int64_t type_id, struct arena *arena,
                                         struct list *out, struct err *err);
/* name and description stay when their ptr is NULL. ERR_CONFLICT when the name is taken. */
MUST_CHECK enum err_code collection_update(struct db_tx *tx, int64_t id, struct str name, struct str description, int64_t now_ms,
                                           struct err *err);
MUST_CHECK enum err_code collection_move(struct db_tx *tx, int64_t id, int64_t type_id, int64_t now_ms, struct err *err);
/* With its versions (a sequence's) or links (a portfolio's): they are hidden at once and removed later. */
MUST_CHECK enum err_code collection_delete(struct db_tx *tx, int64_t id, int64_t now_ms, struct err *err);
/* Of struct str. */
MUST_CHECK enum err_code collection_tags(struct db_tx *tx, int64_t id, struct arena *arena, struct list *out, struct err *err);
MUST_CHECK enum err_code collection_tag(struct db_tx *tx, int64_t id, struct str tag, bool is_added, struct err *err);

/* ---- versions ---- */

/* What of it is set: digest, description, metadata, distributed_id, ttl_seconds, history_step, base_id,
 * run_id, user_id, pending_aliases (a JSON list). *out is the draft. */
MUST_CHECK enum err_code artifact_create(struct db_tx *tx, const struct collection *collection, const struct artifact *wanted,
                                         int64_t now_ms, struct arena *arena, struct artifact **out, struct err *err);
MUST_CHECK enum err_code artifact_get(struct db_tx *tx, int64_t id, struct arena *arena, struct artifact **out, struct err *err);
/* The version that first held some bytes, also when its whole collection was deleted: then it is ARTIFACT_DELETED, like one that was
 * deleted by itself. */
MUST_CHECK enum err_code artifact_get_birth(struct db_tx *tx, int64_t id, struct arena *arena, struct artifact **out, struct err *err);
MUST_CHECK enum err_code artifact_load_texts(struct db_tx *tx, struct artifact *artifact, struct arena *arena, struct err *err);
/* The id that a client made up for what it logs. */
MUST_CHECK enum err_code artifact_add_client_id(struct db_tx *tx, int64_t id, struct str client_id, struct err *err);
MUST_CHECK enum err_code artifact_find_by_client_id(struct db_tx *tx, struct str client_id, struct arena *arena,
                                                    struct artifact **out, struct err *err);
/* The draft that writers with this distributed id share. */
MUST_CHECK enum err_code artifact_find_distributed(struct db_tx *tx, int64_t collection_id, struct str distributed_id,
                                                   struct arena *arena, struct artifact **out, struct err *err);
/* The versions of the collection's memberships, as membership_list has them: newest first. */
MUST_CHECK enum err_code artifact_list_members(struct db_tx *tx, int64_t collection_id, struct arena *arena, struct list *out,
                                               struct err *err);
/* A committed version of the same content. */
MUST_CHECK enum err_code artifact_find_same(struct db_tx *tx, int64_t collection_id, struct str digest, struct arena *arena,
                                            struct artifact **out, struct err *err);
/* The newest committed version of a sequence. */
MUST_CHECK enum err_code artifact_find_latest(struct db_tx *tx, int64_t collection_id, struct arena *arena, struct artifact **out,
                                              struct err *err);
/* Gives the draft its index and its place in the sequence, with what its manifest told. */
MUST_CHECK enum err_code artifact_commit(struct db_tx *tx, struct artifact *artifact, struct str digest, int64_t size_bytes,
                                         int64_t file_count, int64_t now_ms, struct err *err);
/* A ptr of NULL leaves description or metadata; ttl_seconds stays when it is INT64_MIN. */
MUST_CHECK enum err_code artifact_update(struct db_tx *tx, int64_t id, struct str description, struct str metadata,
                                         int64_t ttl_seconds, int64_t now_ms, struct err *err);
/* Its aliases and memberships go at once, its files are removed later; the row stays as DELETED, for lineage. */
MUST_CHECK enum err_code artifact_delete(struct db_tx *tx, int64_t id, int64_t now_ms, struct err *err);
/* Of struct str, sorted. */
MUST_CHECK enum err_code artifact_tags(struct db_tx *tx, int64_t id, struct arena *arena, struct list *out, struct err *err);
MUST_CHECK enum err_code artifact_tag(struct db_tx *tx, int64_t id, struct str tag, bool is_added, struct err *err);
/* The versions whose time to live is over, at most limit of them; inherited ones never end by themselves, nor do those that a
 * protected alias stands at. */
MUST_CHECK enum err_code artifact_list_expired(struct db_tx *tx, int64_t now_ms, size_t limit, struct arena *arena,
                                               struct list *out, struct err *err);

/* ---- memberships and aliases ---- */

/* name: "v3", an alias, a digest, or empty for "latest". */
MUST_CHECK enum err_code membership_find(struct db_tx *tx, int64_t collection_id, struct str name, struct arena *arena,
                                         struct membership **out, struct err *err);
MUST_CHECK enum err_code membership_get(struct db_tx *tx, int64_t collection_id, int64_t artifact_id, struct arena *arena,
                                        struct membership **out, struct err *err);
/* Of struct membership: of a collection, newest first; or all that an artifact has. */
MUST_CHECK enum err_code membership_list(struct db_tx *tx, int64_t collection_id, struct arena *arena, struct list *out,
                                         struct err *err);
MUST_CHECK enum err_code membership_list_of_artifact(struct db_tx *tx, int64_t artifact_id, struct arena *arena, struct list *out,
                                                     struct err *err);
/* Links the version into a portfolio; a link that is there stays as it is. */
MUST_CHECK enum err_code membership_link(struct db_tx *tx, int64_t collection_id, int64_t artifact_id, int64_t now_ms,
                                         struct arena *arena, struct membership **out, struct err *err);
MUST_CHECK enum err_code membership_unlink(struct db_tx *tx, int64_t collection_id, int64_t artifact_id, struct err *err);

/* The alias moves here from whichever version of the collection had it. */
MUST_CHECK enum err_code alias_set(struct db_tx *tx, int64_t collection_id, struct str alias, int64_t artifact_id, struct err *err);
MUST_CHECK enum err_code alias_remove(struct db_tx *tx, int64_t collection_id, struct str alias, int64_t artifact_id,
                                      struct err *err);
/* Of struct artifact_alias. collection_id or artifact_id may be 0 for any, not both. */
MUST_CHECK enum err_code alias_list(struct db_tx *tx, int64_t collection_id, int64_t artifact_id, struct arena *arena,
                                    struct list *out, struct err *err);

/* ---- lineage ---- */

MUST_CHECK enum err_code artifact_add_output(struct db_tx *tx, int64_t run_id, int64_t artifact_id, int64_t now_ms, struct err *err);
MUST_CHECK enum err_code artifact_add_use(struct db_tx *tx, int64_t run_id, int64_t artifact_id, struct str used_as, int64_t now_ms,
                                          struct err *err);
/* Of struct artifact, in the order they were added. */
MUST_CHECK enum err_code artifact_list_outputs(struct db_tx *tx, int64_t run_id, struct arena *arena, struct list *out, struct err *err);
MUST_CHECK enum err_code artifact_list_inputs(struct db_tx *tx, int64_t run_id, struct arena *arena, struct list *out, struct err *err);
/* Ids of runs (int64_t *), in the order they came. */
MUST_CHECK enum err_code artifact_list_users(struct db_tx *tx, int64_t artifact_id, struct arena *arena, struct list *out, struct err *err);

#endif

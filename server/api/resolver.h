/* resolver.h - resolvers that read or change the store: the body runs inside a transaction.
 *
 *     READING_RESOLVER(answer_tags) {
 *         TRY(artifact_tags(tx, ..., err));
 *         return OK;
 *     }
 *
 * has `tx`, `call` and `err` in hand. A CHANGING_RESOLVER's body may run twice (its transaction is repeated), so it
 * leaves its answer in the call only at the end.
 */
#ifndef SERVER_API_RESOLVER_H
#define SERVER_API_RESOLVER_H

#include "base/clock.h"
#include "server/api/access.h"

struct resolver_start {
    struct gql_call *call;
    size_t len;
    bool needs_comma;
};

/* A work that runs again answers again. */
static inline struct gql_call *resolver_begin(const struct resolver_start *start) {
    start->call->out->out->len = start->len;
    start->call->out->needs_comma = start->needs_comma;
    return start->call;
}

#define RESOLVER_IN(name, begin)                                                                                         \
    static enum err_code name##_in(struct db_tx *tx, struct gql_call *call, struct err *err);                            \
    static enum err_code name##_work(struct db_tx *tx, void *context, struct err *err) {                                 \
        return name##_in(tx, resolver_begin(context), err);                                                                              \
    }                                                                                                                    \
    static enum err_code name(struct gql_call *call, struct err *err) {                                                  \
        struct resolver_start start = { call, call->out->out->len, call->out->needs_comma };                             \
        return begin(gql_identity(call)->app->db, name##_work, &start, err);                                             \
    }                                                                                                                    \
    static enum err_code name##_in(struct db_tx *tx, struct gql_call *call, struct err *err)

#define READING_RESOLVER(name) RESOLVER_IN(name, db_read)
#define CHANGING_RESOLVER(name) RESOLVER_IN(name, db_write)

/* For fields that may read very many rows: aliases and lists ask for them as often as they like. */
enum { WIDE_READS_MAX = 4 };
static inline enum err_code resolver_check_wide_read(struct gql_call *call, struct err *err) {
    if (++gql_identity(call)->wide_read_count <= WIDE_READS_MAX)
        return OK;
    return err_set(err, ERR_BAD_INPUT, "'%s' and fields like it can be asked for at most %d times at once", call->field->name, WIDE_READS_MAX);
}

/* A file of mutations has a struct payload of its own. MUTATION_ANSWERS gives it `change`, the type of a body, and
 * answer(call, body, err): the body runs in the writer's transaction, each time on a cleared payload, and the payload
 * is answered after the commit, on the asker's thread. */
#define MUTATION_ANSWERS                                                                                                 \
    typedef enum err_code change(struct db_tx *tx, struct gql_call *call, struct payload *payload, struct err *err);     \
    struct mutation {                                                                                                    \
        struct gql_call *call;                                                                                           \
        change *body;                                                                                                    \
        struct payload *payload;                                                                                         \
    };                                                                                                                   \
    static enum err_code run_body(struct db_tx *tx, void *context, struct err *err) {                                    \
        struct mutation *mutation = context;                                                                             \
        *mutation->payload = (struct payload){ 0 };                                                                      \
        return mutation->body(tx, mutation->call, mutation->payload, err);                                               \
    }                                                                                                                    \
    static enum err_code answer(struct gql_call *call, change *body, struct err *err) {                                  \
        struct mutation mutation = { call, body, ARENA_NEW(call->arena, struct payload) };                               \
        TRY(db_write(gql_identity(call)->app->db, run_body, &mutation, err));                                            \
        gql_object(call, mutation.payload);                                                                              \
        return OK;                                                                                                       \
    }                                                                                                                    \
    struct mutation

/* A time stamp as the clients read it, 2026-11-21T01:52:54.733Z; null for 0. */
static inline void resolver_write_time(struct gql_call *call, int64_t wall_ms) {
    char text[CLOCK_ISO_MAX];
    if (wall_ms == 0) {
        json_null(call->out);
        return;
    }
    clock_format_iso(text, wall_ms);
    json_string(call->out, str_from_c(text));
}

#endif

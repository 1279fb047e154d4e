/* artifact_history.c - see artifact_history.h. */
#include "server/api/artifacts/artifact_history.h"

#include "server/api/artifacts/artifact_type.h"
#include "server/api/resolver.h"
#include "server/store/artifacts/artifact_event.h"
#include "server/store/runs/run.h"

enum { PAGE_DEFAULT = 50, PAGE_MAX = 1000 };

/* ---- writing ---- */

enum err_code artifact_history_note(struct db_tx *tx, const struct identity *identity, int64_t artifact_id, const char *action,
                                    int64_t collection_id, struct str detail, struct err *err) {
    const struct artifact_event event = { .artifact_id = artifact_id, .user_id = identity->user_id, .collection_id = collection_id,
                                          .action = str_from_c(action), .detail = detail };
    return artifact_event_add(tx, &event, clock_wall_ms(), err);
}

enum err_code artifact_history_read(struct db_tx *tx, int64_t artifact_id, struct arena *arena, struct artifact_texts *out,
                                    struct err *err) {
    struct artifact *artifact;
    TRY(artifact_get(tx, artifact_id, arena, &artifact, err));
    TRY(artifact_load_texts(tx, artifact, arena, err));
    out->artifact = artifact;
    return artifact_tags(tx, artifact_id, arena, &out->tags, err);
}

static bool has_tag(const struct list *tags, struct str tag) {
    for (size_t i = 0; i < tags->count; i++)
        if (str_eq(*(const struct str *)tags->items[i], tag))
            return true;
    return false;
}

static enum err_code note_tags(struct db_tx *tx, const struct identity *identity, int64_t artifact_id, const struct list *some,
                               const struct list *others, const char *action, struct err *err) {
    for (size_t i = 0; i < some->count; i++) {
        struct str tag = *(const struct str *)some->items[i];
        if (!has_tag(others, tag))
            TRY(artifact_history_note(tx, identity, artifact_id, action, 0, tag, err));
    }
    return OK;
}

enum err_code artifact_history_note_update(struct db_tx *tx, const struct identity *identity, const struct artifact_texts *before,
                                           struct arena *arena, struct err *err) {
    const struct artifact *old = before->artifact;
    struct artifact_texts after;
    TRY(artifact_history_read(tx, old->id, arena, &after, err));
    const struct artifact *new = after.artifact;
    if (!str_eq(old->description, new->description))
        TRY(artifact_history_note(tx, identity, old->id, "DESCRIPTION_CHANGED", 0, new->description, err));
    if (!str_eq(old->metadata, new->metadata))
        TRY(artifact_history_note(tx, identity, old->id, "METADATA_CHANGED", 0, STR_EMPTY, err));
    if (old->ttl_seconds != new->ttl_seconds)
        TRY(artifact_history_note(tx, identity, old->id, "TTL_CHANGED", 0, arena_printf(arena, "%lld", (long long)new->ttl_seconds), err));
    TRY(note_tags(tx, identity, old->id, &after.tags, &before->tags, "TAG_ADDED", err));
    return note_tags(tx, identity, old->id, &before->tags, &after.tags, "TAG_REMOVED", err);
}

/* ---- reading ---- */

struct event_node {
    struct owner owner;
    const struct artifact_event *event;
    struct run *run;               /* NULL: none, or one that may not be seen */
    struct collection *collection; /* as above */
};

static struct str write_cursor(const struct artifact_event *event, struct arena *arena) {
    return arena_printf(arena, "%lld:%lld:%lld", (long long)event->at, (long long)event->rank, (long long)event->id);
}

static bool read_cursor(struct str cursor, struct artifact_event *out) {
    struct str at, rest, rank, id;
    return str_cut(cursor, ':', &at, &rest) && str_cut(rest, ':', &rank, &id) && str_to_i64(at, &out->at) &&
           str_to_i64(rank, &out->rank) && str_to_i64(id, &out->id);
}

static enum err_code find_readable_collection(struct db_tx *tx, struct gql_call *call, int64_t id, struct collection **out, struct err *err) {
    *out = NULL;
    enum err_code code = collection_get(tx, id, call->arena, out, err);
    if (code == OK)
        code = access_check_in(tx, gql_identity(call), &(*out)->owner, CAN_READ, err);
    if (code == OK)
        return OK;
    *out = NULL;
    return code == ERR_NOT_FOUND ? OK : code;
}

/* *out is NULL when there is nothing in it for who asks. */
static enum err_code make_node(struct db_tx *tx, struct gql_call *call, const struct artifact_event *event, struct event_node **out,
                               struct err *err) {
    struct event_node *node = ARENA_NEW(call->arena, struct event_node);
    *node = (struct event_node){ .owner = ((const struct artifact *)call->parent)->owner, .event = event };
    if (event->run_id != 0)
        TRY(artifact_find_readable_run(tx, call, event->run_id, &node->run, err));
    if (event->collection_id != 0)
        TRY(find_readable_collection(tx, call, event->collection_id, &node->collection, err));
    bool is_hidden = (event->collection_id != 0 && node->collection == NULL) ||
                     (event->run_id != 0 && node->run == NULL && str_eq(event->action, STR("USED")));
    *out = is_hidden ? NULL : node;
    return OK;
}

/* Cursors are those of what is shown: a cursor of something else would tell of it. */
static enum err_code add_page(struct db_tx *tx, struct gql_call *call, struct connection *connection, const struct artifact_event *last,
                              size_t first, struct err *err) {
    const struct artifact *artifact = call->parent;
    size_t added = 0, limit = first + 1;
    struct list events;
    do {
        TRY(artifact_event_list(tx, artifact->id, last, limit, call->arena, &events, err));
        for (size_t i = 0; i < events.count && !connection->page_info.has_next; i++) {
            struct event_node *node;
            last = events.items[i];
            TRY(make_node(tx, call, last, &node, err));
            connection->page_info.has_next = node != NULL && added == first;
            if (node == NULL || connection->page_info.has_next)
                continue;
            connection->page_info.end_cursor = write_cursor(last, call->arena);
            connection_add(connection, node, NULL, connection->page_info.end_cursor, call->arena);
            added++;
        }
    } while (events.count == limit && !connection->page_info.has_next);
    return OK;
}

static enum err_code count_visible(struct db_tx *tx, struct gql_call *call, int64_t *out, struct err *err) {
    const struct artifact *artifact = call->parent;
    struct list elsewhere;
    TRY(artifact_event_count(tx, artifact->id, out, err));
    TRY(artifact_event_count_elsewhere(tx, artifact->id, call->arena, &elsewhere, err));
    for (size_t i = 0; i < elsewhere.count; i++) {
        const struct artifact_event_count *some = elsewhere.items[i];
        const struct artifact_event event = { .run_id = some->run_id, .collection_id = some->collection_id, .action = STR("USED") };
        struct event_node *node;
        TRY(make_node(tx, call, &event, &node, err));
        *out -= node == NULL ? some->count : 0;
    }
    return OK;
}

READING_RESOLVER(history) {
    const struct artifact *artifact = call->parent;
    struct connection *connection = connection_create(artifact->owner, call->arena);
    struct str after = gql_arg_str(call, "after");
    struct artifact_event last = { 0 };

    if (after.len > 0 && !read_cursor(after, &last))
        return err_set(err, ERR_BAD_INPUT, "'%.*s' is not a cursor of this list", STR_ARG(str_slice(after, 0, 100)));
    TRY(add_page(tx, call, connection, after.len > 0 ? &last : NULL, (size_t)connection_first(call, PAGE_DEFAULT, PAGE_MAX), err));
    TRY(count_visible(tx, call, &connection->total_count, err));
    gql_object(call, connection);
    return OK;
}

enum err_code artifact_history_answer(struct gql_call *call, struct err *err) {
    return history(call, err);
}

#define THE_NODE ((const struct event_node *)call->parent)

static enum err_code answer_action(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, THE_NODE->event->action);
    return OK;
}

static enum err_code answer_at(struct gql_call *call, struct err *err) {
    (void)err;
    resolver_write_time(call, THE_NODE->event->at);
    return OK;
}

static enum err_code answer_collection(struct gql_call *call, struct err *err) {
    (void)err;
    if (THE_NODE->collection != NULL)
        gql_object_of(call, artifact_collection_type_name(THE_NODE->collection), THE_NODE->collection);
    return OK;
}

static enum err_code answer_detail(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, THE_NODE->event->detail);
    return OK;
}

static enum err_code answer_run(struct gql_call *call, struct err *err) {
    (void)err;
    if (THE_NODE->run != NULL)
        gql_object(call, THE_NODE->run);
    return OK;
}

static enum err_code answer_username(struct gql_call *call, struct err *err) {
    (void)err;
    gql_str(call, THE_NODE->event->username);
    return OK;
}

static const struct gql_field artifact_event_fields[] = {
    { "action", "", "String!", CAN_READ, answer_action,
      "CREATED, COMMITTED, USED, ALIAS_ADDED, ALIAS_REMOVED, TAG_ADDED, TAG_REMOVED, DESCRIPTION_CHANGED, METADATA_CHANGED, TTL_CHANGED, LINKED, "
      "UNLINKED, DELETED or RESTORED." },
    { "artifactCollection", "", "ArtifactCollection", CAN_READ, answer_collection, "Where the alias or the link stands." },
    { "createdAt", "", "DateTime!", CAN_READ, answer_at, NULL },
    { "detail", "", "String!", CAN_READ, answer_detail, "The alias, the tag, the new description or seconds, what it was used as." },
    { "run", "", "Run", CAN_READ, answer_run, "That made or used the version." },
    { "username", "", "String", CAN_READ, answer_username, "Null: the server itself, as when a version's time is over." },
};
const struct gql_type artifact_event_type = GQL_TYPE("ArtifactEvent", artifact_event_fields);
CONNECTION_TYPES(artifact_event, "ArtifactEvent", CAN_READ);

/* artifact_list.c - lists of versions and of collections, filtered and ordered; see artifact_type.h.
 *
 * A collection holds few versions beside what a project holds runs: they are read whole, and paged in memory.
 */
#include "server/api/artifact_type.h"
#include "server/store/filter.h"

#define FILTER_MEMORY_MAX ((size_t)512 << 20)

/* ---- words ---- */

enum version_word {
    VERSION_CREATED_AT,
    VERSION_DESCRIPTION,
    VERSION_DIGEST,
    VERSION_ID,
    VERSION_INDEX,
    VERSION_METADATA,
    VERSION_SIZE,
    VERSION_STATE,
    VERSION_UPDATED_AT,
};

/* Sorted by name. */
static const struct filter_word version_word_rows[] = {
    { "createdAt", FILTER_KIND_TIME, VERSION_CREATED_AT, false },
    { "created_at", FILTER_KIND_TIME, VERSION_CREATED_AT, false },
    { "description", FILTER_KIND_ANY, VERSION_DESCRIPTION, false },
    { "digest", FILTER_KIND_ANY, VERSION_DIGEST, false },
    { "id", FILTER_KIND_ANY, VERSION_ID, false },
    { "metadata.", FILTER_KIND_ANY, VERSION_METADATA, true },
    { "size", FILTER_KIND_ANY, VERSION_SIZE, false },
    { "state", FILTER_KIND_ANY, VERSION_STATE, false },
    { "updatedAt", FILTER_KIND_TIME, VERSION_UPDATED_AT, false },
    { "updated_at", FILTER_KIND_TIME, VERSION_UPDATED_AT, false },
    { "version", FILTER_KIND_ANY, VERSION_INDEX, false },
    { "versionIndex", FILTER_KIND_ANY, VERSION_INDEX, false },
    { "version_index", FILTER_KIND_ANY, VERSION_INDEX, false },
};
static const struct filter_words version_words = { "artifact versions", version_word_rows,
                                                   sizeof version_word_rows / sizeof version_word_rows[0] };

enum collection_word { COLLECTION_CREATED_AT, COLLECTION_DESCRIPTION, COLLECTION_ID, COLLECTION_NAME, COLLECTION_TYPE, COLLECTION_UPDATED_AT };

/* Sorted by name. */
static const struct filter_word collection_word_rows[] = {
    { "artifact_collection_id", FILTER_KIND_ANY, COLLECTION_ID, false },
    { "createdAt", FILTER_KIND_TIME, COLLECTION_CREATED_AT, false },
    { "created_at", FILTER_KIND_TIME, COLLECTION_CREATED_AT, false },
    { "description", FILTER_KIND_ANY, COLLECTION_DESCRIPTION, false },
    { "id", FILTER_KIND_ANY, COLLECTION_ID, false },
    { "name", FILTER_KIND_ANY, COLLECTION_NAME, false },
    { "type", FILTER_KIND_ANY, COLLECTION_TYPE, false },
    { "updatedAt", FILTER_KIND_TIME, COLLECTION_UPDATED_AT, false },
    { "updated_at", FILTER_KIND_TIME, COLLECTION_UPDATED_AT, false },
};
static const struct filter_words collection_words = { "artifact collections", collection_word_rows,
                                                      sizeof collection_word_rows / sizeof collection_word_rows[0] };

/* ---- values ---- */

struct rows {
    const struct list *items;
    const struct filter_keys *keys;
    struct arena *arena;
};

/* A key of the metadata may itself hold dots: the longest one that is there is followed first. */
static const struct json_value *descend(const struct json_value *value, struct str path) {
    const struct json_value *whole = json_get(value, path);
    for (size_t len = path.len; whole == NULL && len > 0; len--) {
        if (path.ptr[len - 1] != '.')
            continue;
        const struct json_value *inner = json_get(value, str_slice(path, 0, len - 1));
        whole = inner == NULL ? NULL : descend(inner, str_from(path, len));
    }
    return whole;
}

static struct filter_value metadata_value(const struct artifact *artifact, struct str path, struct arena *arena) {
    struct filter_value missing = { FILTER_MISSING, 0, { 0 } };
    struct json_value *metadata;
    struct err err;
    if (artifact->metadata.ptr == NULL || json_parse(&metadata, artifact->metadata, JSON_EXTENDED, arena, &err) != OK)
        return missing;
    const struct json_value *value = descend(metadata, path);
    return value == NULL ? missing : filter_value_from_json(value, arena);
}

static struct filter_value read_version(const void *context, size_t row, size_t key) {
    const struct rows *rows = context;
    const struct artifact *artifact = rows->items->items[row];
    const struct filter_key *wanted = &rows->keys->items[key];
    switch ((enum version_word)wanted->word) {
    case VERSION_CREATED_AT:
        return filter_int(artifact->created_at);
    case VERSION_DESCRIPTION:
        return filter_text(artifact->description);
    case VERSION_DIGEST:
        return filter_text(artifact->digest);
    case VERSION_ID:
        return filter_int(artifact->id);
    case VERSION_INDEX:
        return filter_int(artifact->version_index);
    case VERSION_METADATA:
        return metadata_value(artifact, wanted->rest, rows->arena);
    case VERSION_SIZE:
        return filter_int(artifact->size_bytes);
    case VERSION_STATE:
        return filter_text(str_from_c(artifact_state_name(artifact->state)));
    case VERSION_UPDATED_AT:
        return filter_int(artifact->updated_at);
    }
    return filter_int(0);
}

static struct filter_value read_collection(const void *context, size_t row, size_t key) {
    const struct rows *rows = context;
    const struct collection *collection = rows->items->items[row];
    switch ((enum collection_word)rows->keys->items[key].word) {
    case COLLECTION_CREATED_AT:
        return filter_int(collection->created_at);
    case COLLECTION_DESCRIPTION:
        return filter_text(collection->description);
    case COLLECTION_ID:
        return filter_int(collection->id);
    case COLLECTION_NAME:
        return filter_text(collection->name);
    case COLLECTION_TYPE:
        return filter_text(collection->type_name);
    case COLLECTION_UPDATED_AT:
        return filter_int(collection->updated_at);
    }
    return filter_int(0);
}

/* ---- filtering and ordering ---- */

struct noun {
    const struct filter_words *words;
    filter_read *read;
    int64_t (*id_of)(const void *item);
};

static int64_t version_id(const void *item) {
    return ((const struct artifact *)item)->id;
}

static int64_t collection_id(const void *item) {
    return ((const struct collection *)item)->id;
}

static const struct noun versions = { &version_words, read_version, version_id };
static const struct noun collections = { &collection_words, read_collection, collection_id };

struct placed {
    struct filter_place place;
    void *item;
};

static int by_place(const void *a, const void *b, void *order) {
    return filter_place_compare(order, &((const struct placed *)a)->place, &((const struct placed *)b)->place);
}

/* Metadata is parsed anew for each look at it. */
static enum err_code check_memory(const struct arena *arena, size_t before, struct err *err) {
    if (arena_used_bytes(arena) - before <= FILTER_MEMORY_MAX)
        return OK;
    return err_set(err, ERR_TOO_LARGE, "the filter or the order looks at more metadata than %zu bytes of memory hold", FILTER_MEMORY_MAX);
}

static enum err_code sort(struct list *items, const struct rows *rows, const struct noun *noun, struct filter_order *order,
                          struct arena *arena, struct err *err) {
    size_t before = arena_used_bytes(arena);
    struct placed *placed = ARENA_ARRAY(arena, struct placed, items->count);
    for (size_t i = 0; i < items->count; i++) {
        placed[i].item = items->items[i];
        placed[i].place.id = noun->id_of(items->items[i]);
        for (size_t key = 0; key < order->count; key++)
            placed[i].place.values[key] = noun->read(rows, i, order->keys[key]);
        TRY(check_memory(arena, before, err));
    }
    qsort_r(placed, items->count, sizeof *placed, by_place, order);
    for (size_t i = 0; i < items->count; i++)
        items->items[i] = placed[i].item;
    return OK;
}

struct text_loading {
    struct gql_call *call;
    struct list *items;
};

static enum err_code load_texts_in(struct db_tx *tx, void *context, struct err *err) {
    const struct text_loading *loading = context;
    struct arena *arena = loading->call->arena;
    size_t before = arena_used_bytes(arena);
    for (size_t i = 0; i < loading->items->count; i++) {
        TRY(artifact_load_texts(tx, loading->items->items[i], arena, err));
        TRY(check_memory(arena, before, err));
    }
    return OK;
}

/* The descriptions and metadata of versions, where the filter or the order looks at them. */
static enum err_code load_texts(struct gql_call *call, const struct noun *noun, struct list *items, const struct filter_keys *keys,
                                struct err *err) {
    struct text_loading loading = { call, items };
    bool is_needed = false;
    for (size_t i = 0; noun == &versions && i < keys->count; i++)
        is_needed = is_needed || keys->items[i].word == VERSION_DESCRIPTION || keys->items[i].word == VERSION_METADATA;
    return is_needed ? db_read(gql_identity(call)->app->db, load_texts_in, &loading, err) : OK;
}

static enum err_code select_items(struct gql_call *call, const struct noun *noun, const char *default_order, struct list *items,
                                  struct err *err) {
    struct filter_keys *keys = ARENA_NEW(call->arena, struct filter_keys);
    struct rows rows = { items, keys, call->arena };
    struct filter_order order;
    struct filter *filter;
    size_t kept = 0, before = arena_used_bytes(call->arena);

    TRY(filter_parse(&filter, gql_arg_str(call, "filters"), noun->words, keys, call->arena, err));
    TRY(filter_order_parse(&order, gql_arg_str(call, "order"), default_order, noun->words, keys, call->arena, err));
    TRY(load_texts(call, noun, items, keys, err));
    for (size_t i = 0; i < items->count; i++) {
        if (filter_matches(filter, noun->read, &rows, i))
            items->items[kept++] = items->items[i];
        TRY(check_memory(call->arena, before, err));
    }
    TRY(filter_check_work(filter, err));
    items->count = kept;
    return kept > 1 ? sort(items, &rows, noun, &order, call->arena, err) : OK;
}

enum { PAGE_DEFAULT = 50, PAGE_MAX = 10000 };

enum err_code artifact_list_page(struct gql_call *call, struct owner owner, struct list *items, const char *default_order,
                                 struct connection **out, struct err *err) {
    TRY(select_items(call, &versions, default_order, items, err));
    *out = connection_of_list(owner, items, NULL, gql_arg_str(call, "after"), connection_first(call, PAGE_DEFAULT, PAGE_MAX), call->arena);
    return OK;
}

enum err_code collection_list_page(struct gql_call *call, struct owner owner, struct list *items, struct connection **out,
                                   struct err *err) {
    TRY(select_items(call, &collections, "+name", items, err));
    *out = connection_of_list(owner, items, artifact_collection_type_name, gql_arg_str(call, "after"),
                              connection_first(call, PAGE_DEFAULT, PAGE_MAX), call->arena);
    return OK;
}

/* artifact_list.c - lists of versions and of collections, filtered and ordered; see artifact_type.h.
 *
 * A collection holds few versions beside what a project holds runs: they are read whole, and paged in memory.
 */
#include "server/api/artifacts/artifact_type.h"
#include "server/store/projects/project.h"
#include "server/store/runs/filter.h"

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
    VERSION_TAGS,
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
    { "tag", FILTER_KIND_LIST, VERSION_TAGS, false },
    { "tags", FILTER_KIND_LIST, VERSION_TAGS, false },
    { "updatedAt", FILTER_KIND_TIME, VERSION_UPDATED_AT, false },
    { "updated_at", FILTER_KIND_TIME, VERSION_UPDATED_AT, false },
    { "version", FILTER_KIND_ANY, VERSION_INDEX, false },
    { "versionIndex", FILTER_KIND_ANY, VERSION_INDEX, false },
    { "version_index", FILTER_KIND_ANY, VERSION_INDEX, false },
};
static const struct filter_words version_words = { "artifact versions", version_word_rows,
                                                   sizeof version_word_rows / sizeof version_word_rows[0] };

enum collection_word { COLLECTION_CREATED_AT, COLLECTION_DESCRIPTION, COLLECTION_ID, COLLECTION_NAME, COLLECTION_TAGS, COLLECTION_TYPE, COLLECTION_UPDATED_AT };

/* Sorted by name. */
static const struct filter_word collection_word_rows[] = {
    { "artifact_collection_id", FILTER_KIND_ANY, COLLECTION_ID, false },
    { "artifact_collection_name", FILTER_KIND_ANY, COLLECTION_NAME, false },
    { "createdAt", FILTER_KIND_TIME, COLLECTION_CREATED_AT, false },
    { "created_at", FILTER_KIND_TIME, COLLECTION_CREATED_AT, false },
    { "description", FILTER_KIND_ANY, COLLECTION_DESCRIPTION, false },
    { "id", FILTER_KIND_ANY, COLLECTION_ID, false },
    { "name", FILTER_KIND_ANY, COLLECTION_NAME, false },
    { "tag", FILTER_KIND_LIST, COLLECTION_TAGS, false },
    { "tags", FILTER_KIND_LIST, COLLECTION_TAGS, false },
    { "type", FILTER_KIND_ANY, COLLECTION_TYPE, false },
    { "updatedAt", FILTER_KIND_TIME, COLLECTION_UPDATED_AT, false },
    { "updated_at", FILTER_KIND_TIME, COLLECTION_UPDATED_AT, false },
};
static const struct filter_words collection_words = { "artifact collections", collection_word_rows,
                                                      sizeof collection_word_rows / sizeof collection_word_rows[0] };

enum membership_word {
    MEMBER_ALIASES,
    MEMBER_CREATED_AT,
    MEMBER_ID,
    MEMBER_LINKED_AT,
    MEMBER_METADATA,
    MEMBER_SIZE,
    MEMBER_TAGS,
    MEMBER_UPDATED_AT,
    MEMBER_VERSION,
};

/* Sorted by name: the words of versions in collections, as the official client searches its registries with. */
static const struct filter_word membership_word_rows[] = {
    { "acm_created_at", FILTER_KIND_TIME, MEMBER_LINKED_AT, false },
    { "alias", FILTER_KIND_LIST, MEMBER_ALIASES, false },
    { "aliases", FILTER_KIND_LIST, MEMBER_ALIASES, false },
    { "artifact_created_at", FILTER_KIND_TIME, MEMBER_CREATED_AT, false },
    { "artifact_id", FILTER_KIND_ANY, MEMBER_ID, false },
    { "artifact_size", FILTER_KIND_ANY, MEMBER_SIZE, false },
    { "created_at", FILTER_KIND_TIME, MEMBER_CREATED_AT, false },
    { "id", FILTER_KIND_ANY, MEMBER_ID, false },
    { "linked_at", FILTER_KIND_TIME, MEMBER_LINKED_AT, false },
    { "metadata.", FILTER_KIND_ANY, MEMBER_METADATA, true },
    { "tag", FILTER_KIND_LIST, MEMBER_TAGS, false },
    { "tags", FILTER_KIND_LIST, MEMBER_TAGS, false },
    { "updated_at", FILTER_KIND_TIME, MEMBER_UPDATED_AT, false },
    { "version", FILTER_KIND_LIST, MEMBER_VERSION, false },
    { "version_index", FILTER_KIND_ANY, MEMBER_VERSION, false },
};
static const struct filter_words membership_words = { "artifact versions", membership_word_rows,
                                                      sizeof membership_word_rows / sizeof membership_word_rows[0] };

enum registry_word { REGISTRY_CREATED_AT, REGISTRY_DESCRIPTION, REGISTRY_ENTITY_ID, REGISTRY_ID, REGISTRY_NAME, REGISTRY_UPDATED_AT };

/* Sorted by name. */
static const struct filter_word registry_word_rows[] = {
    { "created_at", FILTER_KIND_TIME, REGISTRY_CREATED_AT, false },
    { "description", FILTER_KIND_ANY, REGISTRY_DESCRIPTION, false },
    { "entity_id", FILTER_KIND_ANY, REGISTRY_ENTITY_ID, false },
    { "id", FILTER_KIND_ANY, REGISTRY_ID, false },
    { "name", FILTER_KIND_ANY, REGISTRY_NAME, false },
    { "project_id", FILTER_KIND_ANY, REGISTRY_ID, false },
    { "updated_at", FILTER_KIND_TIME, REGISTRY_UPDATED_AT, false },
};
static const struct filter_words registry_words = { "registries", registry_word_rows,
                                                    sizeof registry_word_rows / sizeof registry_word_rows[0] };

/* ---- values ---- */

struct rows {
    const struct list *items;
    const struct filter_keys *keys;
    struct arena *arena;
    struct db *db;
    struct err *err; /* of what had to be read from the store; its code is OK while nothing failed */
};

/* ---- lists of words that belong to an item ---- */

enum words_of { TAGS_OF_VERSION, TAGS_OF_COLLECTION, ALIASES_OF_MEMBERSHIP };

struct words_question {
    enum words_of kind;
    int64_t id, collection_id;
    struct arena *arena;
    struct list words; /* of struct str */
};

static enum err_code read_words_in(struct db_tx *tx, void *context, struct err *err) {
    struct words_question *question = context;
    struct list aliases;
    if (question->kind == TAGS_OF_VERSION)
        return artifact_tags(tx, question->id, question->arena, &question->words, err);
    if (question->kind == TAGS_OF_COLLECTION)
        return collection_tags(tx, question->id, question->arena, &question->words, err);
    TRY(alias_list(tx, question->collection_id, question->id, question->arena, &aliases, err));
    for (size_t i = 0; i < aliases.count; i++)
        list_add(&question->words, &((struct artifact_alias *)aliases.items[i])->alias, question->arena);
    return OK;
}

static struct filter_value words_value(const struct rows *rows, enum words_of kind, int64_t id, int64_t collection_id) {
    struct words_question question = { .kind = kind, .id = id, .collection_id = collection_id, .arena = rows->arena };
    struct filter_value missing = { FILTER_MISSING, 0, { 0 } };
    if (rows->err->code != OK || db_read(rows->db, read_words_in, &question, rows->err) != OK)
        return missing;
    struct filter_value *items = ARENA_ARRAY(rows->arena, struct filter_value, question.words.count + 1);
    for (size_t i = 0; i < question.words.count; i++)
        items[i] = filter_text(*(const struct str *)question.words.items[i]);
    return (struct filter_value){ .type = FILTER_LIST, .len = (uint32_t)question.words.count, .items = items };
}

/* 3 and "v3" are the same version. */
static struct filter_value version_value(const struct rows *rows, int64_t index, bool is_text_too) {
    struct filter_value *items;
    if (!is_text_too)
        return filter_int(index);
    items = ARENA_ARRAY(rows->arena, struct filter_value, 2);
    items[0] = filter_int(index);
    items[1] = filter_text(arena_printf(rows->arena, "v%lld", (long long)index));
    return (struct filter_value){ .type = FILTER_LIST, .len = 2, .items = items };
}

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
    case VERSION_TAGS:
        return words_value(rows, TAGS_OF_VERSION, artifact->id, 0);
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
    case COLLECTION_TAGS:
        return words_value(rows, TAGS_OF_COLLECTION, collection->id, 0);
    case COLLECTION_TYPE:
        return filter_text(collection->type_name);
    case COLLECTION_UPDATED_AT:
        return filter_int(collection->updated_at);
    }
    return filter_int(0);
}

static struct filter_value read_membership(const void *context, size_t row, size_t key) {
    const struct rows *rows = context;
    const struct linked_version *version = rows->items->items[row];
    const struct filter_key *wanted = &rows->keys->items[key];
    switch ((enum membership_word)wanted->word) {
    case MEMBER_ALIASES:
        return words_value(rows, ALIASES_OF_MEMBERSHIP, version->membership.artifact_id, version->membership.collection_id);
    case MEMBER_CREATED_AT:
        return filter_int(version->artifact->created_at);
    case MEMBER_ID:
        return filter_int(version->artifact->id);
    case MEMBER_LINKED_AT:
        return filter_int(version->membership.created_at);
    case MEMBER_METADATA:
        return metadata_value(version->artifact, wanted->rest, rows->arena);
    case MEMBER_SIZE:
        return filter_int(version->artifact->size_bytes);
    case MEMBER_TAGS:
        return words_value(rows, TAGS_OF_VERSION, version->artifact->id, 0);
    case MEMBER_UPDATED_AT:
        return filter_int(version->artifact->updated_at);
    case MEMBER_VERSION:
        return version_value(rows, version->membership.version_index, wanted->kind == FILTER_KIND_LIST);
    }
    return filter_int(0);
}

static struct filter_value read_registry(const void *context, size_t row, size_t key) {
    const struct rows *rows = context;
    const struct project *project = rows->items->items[row];
    switch ((enum registry_word)rows->keys->items[key].word) {
    case REGISTRY_CREATED_AT:
        return filter_int(project->created_at);
    case REGISTRY_DESCRIPTION:
        return filter_text(project->description);
    case REGISTRY_ENTITY_ID:
        return filter_int(project->owner.entity_id);
    case REGISTRY_ID:
        return filter_int(project->id);
    case REGISTRY_NAME:
        return filter_text(project->name);
    case REGISTRY_UPDATED_AT:
        return filter_int(project->updated_at);
    }
    return filter_int(0);
}

/* ---- filtering and ordering ---- */

struct noun {
    const struct filter_words *words;
    filter_read *read;
    int64_t (*id_of)(const void *item);
    struct artifact *(*artifact_of)(void *item); /* whose texts the words look at; NULL: no word does */
};

static int64_t version_id(const void *item) {
    return ((const struct artifact *)item)->id;
}

static int64_t collection_id(const void *item) {
    return ((const struct collection *)item)->id;
}

static int64_t membership_id(const void *item) {
    return ((const struct linked_version *)item)->membership.id;
}

static int64_t registry_id(const void *item) {
    return ((const struct project *)item)->id;
}

static struct artifact *artifact_of_version(void *item) {
    return item;
}

static struct artifact *artifact_of_membership(void *item) {
    return ((struct linked_version *)item)->artifact;
}

static const struct noun versions = { &version_words, read_version, version_id, artifact_of_version };
static const struct noun collections = { &collection_words, read_collection, collection_id, NULL };
static const struct noun memberships = { &membership_words, read_membership, membership_id, artifact_of_membership };
static const struct noun registries = { &registry_words, read_registry, registry_id, NULL };

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
    const struct noun *noun;
    struct list *items;
};

static enum err_code load_texts_in(struct db_tx *tx, void *context, struct err *err) {
    const struct text_loading *loading = context;
    struct arena *arena = loading->call->arena;
    size_t before = arena_used_bytes(arena);
    for (size_t i = 0; i < loading->items->count; i++) {
        TRY(artifact_load_texts(tx, loading->noun->artifact_of(loading->items->items[i]), arena, err));
        TRY(check_memory(arena, before, err));
    }
    return OK;
}

static bool is_of_texts(const struct noun *noun, int word) {
    if (noun == &memberships)
        return word == MEMBER_METADATA;
    return noun == &versions && (word == VERSION_DESCRIPTION || word == VERSION_METADATA);
}

/* The descriptions and metadata of versions, where the filter or the order looks at them. */
static enum err_code load_texts(struct gql_call *call, const struct noun *noun, struct list *items, const struct filter_keys *keys,
                                struct err *err) {
    struct text_loading loading = { call, noun, items };
    bool is_needed = false;
    for (size_t i = 0; i < keys->count; i++)
        is_needed = is_needed || is_of_texts(noun, keys->items[i].word);
    return is_needed ? db_read(gql_identity(call)->app->db, load_texts_in, &loading, err) : OK;
}

/* What to keep of a list, and in which order. */
struct selecting {
    const struct noun *noun;
    struct str filters, order;
    const char *default_order;
};

static enum err_code select_items(struct gql_call *call, const struct selecting *selecting, struct list *items, struct err *err) {
    const struct noun *noun = selecting->noun;
    struct filter_keys *keys = ARENA_NEW(call->arena, struct filter_keys);
    struct err reading = { 0 };
    struct rows rows = { items, keys, call->arena, gql_identity(call)->app->db, &reading };
    struct filter_order order;
    struct filter *filter;
    size_t kept = 0, before = arena_used_bytes(call->arena);

    TRY(filter_parse(&filter, selecting->filters, noun->words, keys, call->arena, err));
    TRY(filter_order_parse(&order, selecting->order, selecting->default_order, noun->words, keys, call->arena, err));
    TRY(load_texts(call, noun, items, keys, err));
    for (size_t i = 0; i < items->count; i++) {
        if (filter_matches(filter, noun->read, &rows, i))
            items->items[kept++] = items->items[i];
        TRY(check_memory(call->arena, before, err));
    }
    TRY(filter_check_work(filter, err));
    items->count = kept;
    if (kept > 1)
        TRY(sort(items, &rows, noun, &order, call->arena, err));
    if (reading.code != OK)
        *err = reading;
    return reading.code;
}

enum { PAGE_DEFAULT = 50, PAGE_MAX = 10000 };

enum err_code artifact_list_page(struct gql_call *call, struct owner owner, struct list *items, const char *default_order,
                                 struct connection **out, struct err *err) {
    struct selecting selecting = { &versions, gql_arg_str(call, "filters"), gql_arg_str(call, "order"), default_order };
    TRY(select_items(call, &selecting, items, err));
    *out = connection_of_list(owner, items, NULL, gql_arg_str(call, "after"), connection_first(call, PAGE_DEFAULT, PAGE_MAX), call->arena);
    return OK;
}

enum err_code collection_list_page(struct gql_call *call, struct owner owner, struct list *items, struct connection **out,
                                   struct err *err) {
    struct selecting selecting = { &collections, gql_arg_str(call, "filters"), gql_arg_str(call, "order"), "+name" };
    TRY(select_items(call, &selecting, items, err));
    *out = connection_of_list(owner, items, artifact_collection_type_name, gql_arg_str(call, "after"),
                              connection_first(call, PAGE_DEFAULT, PAGE_MAX), call->arena);
    return OK;
}

enum err_code artifact_list_linked_page(struct gql_call *call, struct owner owner, struct list *items, struct connection **out,
                                        struct err *err) {
    struct selecting selecting = { &memberships, gql_arg_str(call, "filters"), gql_arg_str(call, "order"), "-linked_at" };
    TRY(select_items(call, &selecting, items, err));
    *out = connection_of_list(owner, items, NULL, gql_arg_str(call, "after"), connection_first(call, PAGE_DEFAULT, PAGE_MAX), call->arena);
    return OK;
}

enum err_code collection_list_select(struct gql_call *call, struct str filters, struct list *items, struct err *err) {
    struct selecting selecting = { &collections, filters, STR_EMPTY, "+name" };
    return select_items(call, &selecting, items, err);
}

enum err_code registry_list_select(struct gql_call *call, struct str filters, struct str order, struct list *items, struct err *err) {
    struct selecting selecting = { &registries, filters, order, "+name" };
    return select_items(call, &selecting, items, err);
}

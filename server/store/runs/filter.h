/* filter.h - the Mongo-style filters and the orders of lists: parsed once, then asked of row after row.
 *
 * A filter knows nothing of the nouns it filters: their words (which keys there are, of what kind) come from
 * struct filter_words, the values of a row from a function. So a filter has one meaning, whether rows come
 * from a table in memory or from SQL.
 *
 * The language: {"key": value} and {"key": {"$op": operand, ...}}, all of which must hold; $and $or $nor
 * $not; $eq $ne $gt $gte $lt $lte $in $nin $exists $regex ($options) $contains $all $size. On a list a
 * comparison holds when it holds for one item, as Mongo has it. Whatever cannot be understood is
 * ERR_BAD_INPUT with its path, "filters.$and[0].state.$foo: ...", never a filter that matches nothing.
 *
 * Threads: a filter belongs to one thread (its regular expressions remember). Memory: the arena of the parse.
 */
#ifndef SERVER_STORE_FILTER_H
#define SERVER_STORE_FILTER_H

#include "server/store/runs/filter_value.h"

enum {
    FILTER_BYTES_MAX = 1 << 20,
    FILTER_NODES_MAX = 1000,
    FILTER_DEPTH_MAX = 50,
    FILTER_KEYS_MAX = 64,
    FILTER_REGEXES_MAX = 16,
    FILTER_ORDER_KEYS_MAX = 8,
    FILTER_CURSOR_BYTES_MAX = 8192,
};

enum filter_kind {
    FILTER_KIND_ANY,  /* whatever the row holds */
    FILTER_KIND_TIME, /* Unix milliseconds; operands are ISO 8601 */
    FILTER_KIND_LIST, /* null means empty */
};

struct filter_key {
    struct str path; /* as it is written in the filter */
    enum filter_kind kind;
    int word;        /* the noun's own number for it */
    struct str rest; /* what follows a prefix such as "config." */
};

/* A key, or (is_prefix) all keys that begin with it. */
struct filter_word {
    const char *name;
    enum filter_kind kind;
    int word;
    bool is_prefix;
};

struct filter_words {
    const char *noun; /* for messages: "runs" */
    const struct filter_word *items;
    size_t count;
};

/* The keys that a filter and an order ask for, each once. */
struct filter_keys {
    struct filter_key items[FILTER_KEYS_MAX];
    size_t count;
};

/* A row's value of keys.items[key]. */
typedef struct filter_value filter_read(const void *rows, size_t row, size_t key);

struct filter;

/* An empty text, "null" and "{}" give a filter that holds for every row. New keys are added to *keys. */
MUST_CHECK enum err_code filter_parse(struct filter **out, struct str json, const struct filter_words *words,
                                      struct filter_keys *keys, struct arena *arena, struct err *err);
bool filter_is_empty(const struct filter *filter);
bool filter_matches(struct filter *filter, filter_read *read, const void *rows, size_t row);
/* ERR_BAD_INPUT when the regular expressions have taken more time than one question may. Ask now and then. */
MUST_CHECK enum err_code filter_check_work(const struct filter *filter, struct err *err);

/* ---- orders ---- */

struct filter_order {
    size_t keys[FILTER_ORDER_KEYS_MAX]; /* into struct filter_keys */
    bool is_descending[FILTER_ORDER_KEYS_MAX];
    size_t count;
};

/* "-summary_metrics.loss,+created_at". An empty text gives `otherwise`. */
MUST_CHECK enum err_code filter_order_parse(struct filter_order *out, struct str text, const char *otherwise,
                                            const struct filter_words *words, struct filter_keys *keys,
                                            struct arena *arena, struct err *err);

/* Where a row stands: its values of the order's keys, then its id (in the direction of the first key). */
struct filter_place {
    struct filter_value values[FILTER_ORDER_KEYS_MAX];
    int64_t id;
};
int filter_place_compare(const struct filter_order *order, const struct filter_place *a,
                         const struct filter_place *b);

/* A place as opaque text, and back. ERR_BAD_INPUT when it is no cursor of an order with as many keys. */
struct str filter_cursor_write(const struct filter_order *order, const struct filter_place *place,
                               struct arena *arena);
MUST_CHECK enum err_code filter_cursor_read(struct filter_place *out, const struct filter_order *order,
                                            struct str cursor, struct arena *arena, struct err *err);

/* For parsers of both: the key's place in *keys. ERR_BAD_INPUT when the noun has no such word. */
MUST_CHECK enum err_code filter_key_find(size_t *out, struct str path, const struct filter_words *words,
                                         struct filter_keys *keys, struct arena *arena, struct err *err);

#endif

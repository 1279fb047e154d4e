/* run_table.c - questions to the tables of projects. */
#include "server/store/runs/run_table.h"
#include "base/log.h"
#include "server/store/runs/run_columns.h"

#include <pthread.h>

/* So often what was brought near may be dropped again before it is read. */
enum { BRING_NEAR_TRIES = 8 };
#define TABLES_BYTES_DEFAULT ((size_t)256 << 20)

struct table {
    int64_t project_id;
    struct run_columns columns; /* guarded by lock, below: who looks for a table must not look in here */
    pthread_mutex_t lock;
    bool is_shared;
    size_t users; /* who hold or wait for the lock; guarded by run_tables.lock, as the rest */
    size_t bytes; /* when it was given back last */
    uint64_t used_at;
    struct table *next;
};

struct run_tables {
    struct db *db;
    size_t max_bytes;
    run_extremes_read *read_extremes;
    run_extremes_bring_near *bring_near;
    void *extremes_context;
    pthread_mutex_t lock;
    struct table *tables;
    uint64_t clock; /* counts questions */
};

/* ---- which tables there are ---- */

struct run_tables *run_tables_create(struct db *db, size_t max_bytes) {
    struct run_tables *tables = calloc(1, sizeof(*tables));
    if (tables == NULL)
        log_fatal("out of memory for the tables of runs");
    tables->db = db;
    tables->max_bytes = max_bytes > 0 ? max_bytes : TABLES_BYTES_DEFAULT;
    (void)pthread_mutex_init(&tables->lock, NULL);
    return tables;
}

void run_tables_set_extremes(struct run_tables *tables, run_extremes_read *read, run_extremes_bring_near *bring_near, void *context) {
    tables->read_extremes = read;
    tables->bring_near = bring_near;
    tables->extremes_context = context;
}

static void table_destroy(struct table *table) {
    run_columns_finish(&table->columns);
    (void)pthread_mutex_destroy(&table->lock);
    free(table);
}

void run_tables_destroy(struct run_tables *tables) {
    if (tables == NULL)
        return;
    for (struct table *table = tables->tables, *next; table != NULL; table = next) {
        next = table->next;
        table_destroy(table);
    }
    (void)pthread_mutex_destroy(&tables->lock);
    free(tables);
}

static size_t sum_bytes(const struct run_tables *tables) {
    size_t bytes = 0;
    for (const struct table *table = tables->tables; table != NULL; table = table->next)
        bytes += table->bytes;
    return bytes;
}

size_t run_tables_bytes(struct run_tables *tables) {
    size_t bytes;
    (void)pthread_mutex_lock(&tables->lock);
    bytes = sum_bytes(tables);
    (void)pthread_mutex_unlock(&tables->lock);
    return bytes;
}

static struct table *table_create(const struct run_tables *tables, int64_t project_id) {
    struct table *table = calloc(1, sizeof(*table));
    if (table == NULL)
        return NULL;
    table->project_id = project_id;
    run_columns_init(&table->columns, project_id);
    table->columns.read_extremes = tables->read_extremes;
    table->columns.extremes_context = tables->extremes_context;
    (void)pthread_mutex_init(&table->lock, NULL);
    table->users = 1;
    return table;
}

/* What a transaction reads that may yet be undone must not stay: it gets a table of its own. */
static struct table *take_table(struct run_tables *tables, int64_t project_id, struct err *err) {
    struct table *table = NULL;

    if (db_is_writing(tables->db)) {
        table = table_create(tables, project_id);
    } else {
        (void)pthread_mutex_lock(&tables->lock);
        for (table = tables->tables; table != NULL && table->project_id != project_id;)
            table = table->next;
        if (table != NULL) {
            table->users++;
        } else if ((table = table_create(tables, project_id)) != NULL) {
            table->next = tables->tables;
            table->is_shared = true;
            tables->tables = table;
        }
        if (table != NULL)
            table->used_at = ++tables->clock;
        (void)pthread_mutex_unlock(&tables->lock);
    }
    if (table == NULL)
        (void)err_set(err, ERR_BUSY, "no memory for a table of runs");
    return table;
}

/* The link to the table that was asked longest ago and that nobody asks now. */
static struct table **find_idle(struct run_tables *tables) {
    struct table **oldest = NULL;
    for (struct table **link = &tables->tables; *link != NULL; link = &(*link)->next)
        if ((*link)->users == 0 && (oldest == NULL || (*link)->used_at < (*oldest)->used_at))
            oldest = link;
    return oldest;
}

static void give_back(struct run_tables *tables, struct table *table, size_t bytes) {
    struct table **idle;

    if (!table->is_shared) {
        table_destroy(table);
        return;
    }
    (void)pthread_mutex_lock(&tables->lock);
    table->users--;
    table->bytes = bytes;
    while (sum_bytes(tables) > tables->max_bytes && (idle = find_idle(tables)) != NULL) {
        struct table *dropped = *idle;
        *idle = dropped->next;
        table_destroy(dropped);
    }
    (void)pthread_mutex_unlock(&tables->lock);
}

/* ---- one question ---- */

/* Runs whose extremes of a key lie in a bucket. */
struct far_runs {
    int64_t *ids;
    size_t count;
};

struct question {
    const struct run_query *query;
    struct run_tables *tables;
    struct table *table;
    struct filter_keys keys;
    struct filter *filter;
    struct filter_order order;
    bool has_after;
    struct filter_place after;
    struct run_column *columns[FILTER_KEYS_MAX];
    struct arena *arena;
    struct far_runs far[FILTER_KEYS_MAX]; /* of each key */

    bool has_far_runs;

    size_t first, bytes;
    struct run_page *out;
    struct filter_place *places; /* the best so far: a heap whose first is the last of them */
    size_t place_count, place_max;
    size_t match_count;
};

static struct filter_value read_cell(const void *rows, size_t row, size_t key) {
    return ((const struct question *)rows)->columns[key]->cells[row];
}

static bool comes_before(const struct question *q, const struct filter_place *a,
                         const struct filter_place *b) {
    return filter_place_compare(&q->order, a, b) < 0;
}

static void swap_places(struct filter_place *a, struct filter_place *b) {
    struct filter_place kept = *a;
    *a = *b;
    *b = kept;
}

static void sift_down(struct question *q, size_t at, size_t count) {
    for (size_t child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && comes_before(q, &q->places[child], &q->places[child + 1]))
            child++;
        if (!comes_before(q, &q->places[at], &q->places[child]))
            return;
        swap_places(&q->places[at], &q->places[child]);
    }
}

static void sift_up(struct question *q, size_t at) {
    for (size_t parent; at > 0 && comes_before(q, &q->places[parent = (at - 1) / 2], &q->places[at]);
         at = parent)
        swap_places(&q->places[at], &q->places[parent]);
}

static void offer(struct question *q, const struct filter_place *place) {
    if (q->place_max == 0)
        return;
    if (q->place_count < q->place_max) {
        q->places[q->place_count] = *place;
        sift_up(q, q->place_count++);
    } else if (comes_before(q, place, &q->places[0])) {
        q->places[0] = *place;
        sift_down(q, 0, q->place_count);
    }
}

static void sort_places(struct question *q) {
    for (size_t end = q->place_count; end > 1; end--) {
        swap_places(&q->places[0], &q->places[end - 1]);
        sift_down(q, 0, end - 1);
    }
}

static enum err_code look_at_rows(struct question *q, struct err *err) {
    const struct run_columns *columns = &q->table->columns;
    struct filter_place place;

    for (size_t i = 0; i < columns->row_count; i++) {
        /* Newer runs have later rows: begun at the better end, most rows that follow are not even offered. */
        size_t row = q->order.is_descending[0] ? columns->row_count - 1 - i : i;
        if (i % 1024 == 0)
            TRY(filter_check_work(q->filter, err));
        if (columns->is_gone[row] || !filter_matches(q->filter, read_cell, q, row))
            continue;
        q->match_count++;
        place.id = columns->ids[row];
        for (size_t key = 0; key < q->order.count; key++)
            place.values[key] = read_cell(q, row, q->order.keys[key]);
        if (!q->has_after || comes_before(q, &q->after, &place))
            offer(q, &place);
    }
    return OK;
}

/* Texts of the table live as long as its lock is held: the page is written before that ends. */
static void write_page(struct question *q, size_t first, struct run_page *out) {
    sort_places(q);
    out->match_count = q->match_count;
    out->has_more = q->place_count > first;
    out->count = out->has_more ? first : q->place_count;
    out->ids = ARENA_ARRAY(q->arena, int64_t, out->count);
    out->cursors = ARENA_ARRAY(q->arena, struct str, out->count);
    for (size_t i = 0; i < out->count; i++) {
        out->ids[i] = q->places[i].id;
        out->cursors[i] = filter_cursor_write(&q->order, &q->places[i], q->arena);
    }
}

/* With any of them left out the answer would be wrong. */
static bool find_far_runs(struct question *q) {
    const struct run_columns *columns = &q->table->columns;
    bool has_any = false;

    for (size_t i = 0; i < q->keys.count; i++) {
        struct far_runs *far = &q->far[i];
        *far = (struct far_runs){ 0 };
        if (q->columns[i]->word != RUN_WORD_MIN && q->columns[i]->word != RUN_WORD_MAX)
            continue;
        far->ids = ARENA_ARRAY(q->arena, int64_t, columns->row_count);
        far->count = run_columns_find_unknown(columns, q->columns[i], far->ids);
        has_any = has_any || far->count > 0;
    }
    return has_any;
}

/* The connection is taken before the table's lock, always: whoever has the lock waits for nobody. */
static enum err_code answer(struct db_tx *tx, void *context, struct err *err) {
    struct question *q = context;
    struct run_columns *columns = &q->table->columns;
    enum err_code code;

    (void)pthread_mutex_lock(&q->table->lock);
    code = run_columns_refresh(columns, tx, &q->keys, q->tables->max_bytes, q->columns, err);
    q->has_far_runs = code == OK && find_far_runs(q);
    if (code == OK && !q->has_far_runs)
        code = look_at_rows(q, err);
    if (code == OK && !q->has_far_runs)
        write_page(q, q->first, q->out);
    q->bytes = run_columns_bytes(columns);
    (void)pthread_mutex_unlock(&q->table->lock);
    return code;
}

static enum err_code check_words(const struct question *q, struct err *err) {
    for (size_t i = 0; q->query->is_of_link && i < q->keys.count; i++)
        if (!run_word_is_for_links((enum run_word)q->keys.items[i].word, q->keys.items[i].rest))
            return err_set(err, ERR_BAD_INPUT, "runs that a link shows cannot be chosen by '%.*s'",
                           STR_ARG(str_slice(q->keys.items[i].path, 0, 100)));
    return OK;
}

static enum err_code parse_question(struct question *q, struct err *err) {
    const struct run_query *query = q->query;

    TRY(filter_parse(&q->filter, query->filters, &run_words, &q->keys, q->arena, err));
    TRY(filter_order_parse(&q->order, query->order, RUN_ORDER_DEFAULT, &run_words, &q->keys, q->arena, err));
    TRY(check_words(q, err));
    q->has_after = query->after.len > 0;
    return q->has_after ? filter_cursor_read(&q->after, &q->order, query->after, q->arena, err) : OK;
}

static enum err_code ask_once(struct question *q, struct err *err) {
    q->table = take_table(q->tables, q->query->project_id, err);
    if (q->table == NULL)
        return ERR_BUSY;
    enum err_code code = db_read(q->tables->db, answer, q, err);
    give_back(q->tables, q->table, q->bytes);
    return code;
}

/* A bucket may hang: nothing of the table is held meanwhile. */
static enum err_code bring_near(const struct question *q, struct err *err) {
    for (size_t i = 0; i < q->keys.count; i++)
        for (size_t run = 0; run < q->far[i].count; run++)
            TRY(q->tables->bring_near(q->tables->extremes_context, q->far[i].ids[run], q->keys.items[i].rest, err));
    return OK;
}

enum err_code run_tables_query(struct run_tables *tables, const struct run_query *query, struct arena *arena,
                               struct run_page *out, struct err *err) {
    struct question *q = ARENA_NEW(arena, struct question);
    enum err_code code;

    *out = (struct run_page){ 0 };
    q->tables = tables;
    q->query = query;
    q->arena = arena;
    q->out = out;
    q->first = query->first < RUN_PAGE_MAX ? query->first : RUN_PAGE_MAX;
    TRY(parse_question(q, err));
    q->place_max = q->first > 0 ? q->first + 1 : 0;
    q->places = ARENA_ARRAY(arena, struct filter_place, q->place_max);
    code = ask_once(q, err);
    for (int tries = 0; code == OK && q->has_far_runs && tries < BRING_NEAR_TRIES; tries++) {
        TRY(bring_near(q, err));
        code = ask_once(q, err);
    }
    if (code == OK && q->has_far_runs)
        code = err_set(err, ERR_BUSY, "values of runs lie in the bucket and are dropped sooner than they are read; try again");
    return code;
}

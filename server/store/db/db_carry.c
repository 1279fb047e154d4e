/* db_carry.c - see db_carry.h. */
#include "server/store/db/db_carry.h"

#include "server/store/db/db_driver.h"
#include "server/store/db/db_postgres.h"

#include <endian.h>
#include <math.h>
#include <string.h>

enum {
    FIRST_ROWS = 64,
    ROWS_MAX = 4096,
    PORTION_BYTES = 4 << 20, /* aimed at: rows of some tables have megabytes each */
    BYTES_MAX = 4 * PORTION_BYTES,
    SQL_MAX_BYTES = 1 << 20,
    KEY_COLUMNS_MAX = 8,
};

/* What is said about one table; written once, so that statements stay prepared. */
struct plan {
    const struct table_shape *table;
    struct str first, after; /* the selects */
    const char *insert, *delete_one, *delete_all;
    size_t column_count, key_count;
    size_t key[KEY_COLUMNS_MAX]; /* columns, in the key's order */
};

/* Rows of one side; values[row * columns + column]. */
struct portion {
    struct db_value *values;
    size_t count, room, limit, bytes;
    bool is_full; /* there may be more behind */
    int64_t mended;
};

struct carrying {
    struct plan plan;
    struct db *source_db, *target_db;
    struct portion source, target, *reading;
    struct db_value after[KEY_COLUMNS_MAX];
    bool has_after;
    struct arena *arena, *keys;
    struct list added, removed; /* rows: of the source, of the target */
    struct hash_stream *source_hash, *target_hash;
    struct carry_facts *facts;
    bool only_compares;
};

/* ---- the statements ---- */

static void append_names(struct buf *sql, const struct table_shape *table) {
    for (size_t i = 0; i < table->columns.count; i++) {
        const struct table_column *column = table->columns.items[i];
        buf_printf(sql, "%s\"%.*s\"", i > 0 ? ", " : "", STR_ARG(column->name));
    }
}

static void append_key(struct buf *sql, const struct plan *plan) {
    for (size_t i = 0; i < plan->key_count; i++) {
        const struct table_column *column = plan->table->columns.items[plan->key[i]];
        buf_printf(sql, "%s\"%.*s\"", i > 0 ? ", " : "", STR_ARG(column->name));
    }
}

static void append_arguments(struct buf *sql, size_t count) {
    for (size_t i = 0; i < count; i++)
        buf_printf(sql, "%s$%zu", i > 0 ? ", " : "", i + 1);
}

static struct str take_sql(struct buf *sql, struct arena *arena) {
    struct str text = arena_copy(arena, buf_str(sql));
    buf_reset(sql);
    return text;
}

static struct str make_select(struct buf *sql, const struct plan *plan, bool has_after, struct arena *arena) {
    buf_printf(sql, "select ");
    append_names(sql, plan->table);
    buf_printf(sql, " from %.*s", STR_ARG(plan->table->name));
    if (has_after) {
        buf_printf(sql, " where (");
        append_key(sql, plan);
        buf_printf(sql, ") > (");
        append_arguments(sql, plan->key_count);
        buf_printf(sql, ")");
    }
    buf_printf(sql, " order by ");
    append_key(sql, plan);
    buf_printf(sql, " limit $%zu", has_after ? plan->key_count + 1 : 1);
    return take_sql(sql, arena);
}

static enum err_code find_key(struct plan *plan, struct err *err) {
    for (size_t i = 0; i < plan->column_count; i++) {
        const struct table_column *column = plan->table->columns.items[i];
        if (column->key_place < 1 || column->key_place > KEY_COLUMNS_MAX)
            continue;
        plan->key[column->key_place - 1] = i;
        plan->key_count++;
    }
    if (plan->key_count > 0)
        return OK;
    return err_set(err, ERR_NOT_OFFERED, "the table '%.*s' has no primary key to walk it by", STR_ARG(plan->table->name));
}

static enum err_code make_plan(struct plan *plan, const struct table_shape *table, struct arena *arena, struct err *err) {
    struct buf sql = BUF_INIT(SQL_MAX_BYTES);

    *plan = (struct plan){ .table = table, .column_count = table->columns.count };
    TRY(find_key(plan, err));
    plan->first = make_select(&sql, plan, false, arena);
    plan->after = make_select(&sql, plan, true, arena);
    buf_printf(&sql, "insert into %.*s (", STR_ARG(table->name));
    append_names(&sql, table);
    buf_printf(&sql, ") values (");
    append_arguments(&sql, plan->column_count);
    buf_printf(&sql, ")");
    plan->insert = take_sql(&sql, arena).ptr;
    buf_printf(&sql, "delete from %.*s", STR_ARG(table->name));
    plan->delete_all = arena_copy(arena, buf_str(&sql)).ptr;
    buf_printf(&sql, " where (");
    append_key(&sql, plan);
    buf_printf(&sql, ") = (");
    append_arguments(&sql, plan->key_count);
    buf_printf(&sql, ")");
    plan->delete_one = take_sql(&sql, arena).ptr;
    buf_finish(&sql);
    return OK;
}

/* ---- reading ---- */

/* As either engine would store it: SQLite has no NaN, PostgreSQL no NUL. */
static struct db_value take_value(struct portion *portion, struct db_value value, struct arena *arena) {
    if (value.type == DB_TYPE_REAL && isnan(value.real))
        return DB_NULL;
    if (value.type == DB_TYPE_TEXT) {
        struct str mended = postgres_make_acceptable(value.text, arena);
        portion->mended += mended.ptr != value.text.ptr;
        value.text = mended.ptr != value.text.ptr ? mended : arena_copy(arena, mended);
        portion->bytes += value.text.len;
    } else if (value.type == DB_TYPE_BLOB) {
        value.text = arena_copy(arena, value.text);
        portion->bytes += value.text.len;
    }
    return value;
}

static enum err_code read_portion(struct db_tx *tx, void *context, struct err *err) {
    struct carrying *carrying = context;
    struct portion *portion = carrying->reading;
    const struct plan *plan = &carrying->plan;
    struct db_value args[KEY_COLUMNS_MAX + 1];
    size_t arg_count = carrying->has_after ? plan->key_count : 0;
    struct db_rows *rows;

    memcpy(args, carrying->after, arg_count * sizeof *args);
    args[arg_count++] = DB_INT(portion->limit);
    *portion = (struct portion){ .limit = portion->limit };
    portion->values = arena_calloc(carrying->arena, portion->limit * plan->column_count, sizeof *portion->values);
    TRY(db_query_text(tx, &rows, args, arg_count, carrying->has_after ? plan->after : plan->first, err));
    while (portion->count < portion->limit && portion->bytes < BYTES_MAX && db_next(rows)) {
        struct db_value *row = &portion->values[portion->count++ * plan->column_count];
        for (size_t i = 0; i < plan->column_count; i++)
            row[i] = take_value(portion, rows->driver->value(rows, (int)i), carrying->arena);
        portion->bytes += plan->column_count * sizeof *row;
    }
    portion->is_full = portion->count == portion->limit || portion->bytes >= BYTES_MAX;
    return db_end(rows, err);
}

static void adapt_limit(struct portion *portion) {
    if (portion->bytes > PORTION_BYTES)
        portion->limit = portion->limit > 1 ? portion->limit / 2 : 1;
    else if (portion->bytes < PORTION_BYTES / 4 && portion->limit < ROWS_MAX)
        portion->limit *= 2;
}

/* ---- comparing ---- */

static const struct db_value *row_of(const struct carrying *carrying, const struct portion *portion, size_t row) {
    return &portion->values[row * carrying->plan.column_count];
}

static int compare_values(const struct db_value *a, const struct db_value *b) {
    if (a->type != b->type)
        return a->type < b->type ? -1 : 1;
    switch (a->type) {
    case DB_TYPE_NULL:
        return 0;
    case DB_TYPE_INT:
        return a->integer < b->integer ? -1 : a->integer > b->integer;
    case DB_TYPE_REAL:
        return a->real < b->real ? -1 : a->real > b->real;
    default:
        return str_compare(a->text, b->text);
    }
}

static int compare_keys(const struct carrying *carrying, const struct db_value *a, const struct db_value *b) {
    for (size_t i = 0; i < carrying->plan.key_count; i++) {
        size_t column = carrying->plan.key[i];
        int order = compare_values(&a[column], &b[column]);
        if (order != 0)
            return order;
    }
    return 0;
}

static bool is_same_row(const struct carrying *carrying, const struct db_value *a, const struct db_value *b) {
    for (size_t i = 0; i < carrying->plan.column_count; i++)
        if (compare_values(&a[i], &b[i]) != 0)
            return false;
    return true;
}

/* Type, length and bytes of each value: two rows never look alike by accident. */
static void add_to_hash(const struct carrying *carrying, struct hash_stream *hash, const struct db_value *row) {
    for (size_t i = 0; i < carrying->plan.column_count; i++) {
        bool is_text = row[i].type == DB_TYPE_TEXT || row[i].type == DB_TYPE_BLOB;
        uint64_t head[2] = { htole64((uint64_t)row[i].type), 0 };
        if (is_text)
            head[1] = htole64(row[i].text.len);
        else if (row[i].type != DB_TYPE_NULL)
            memcpy(&head[1], &row[i].integer, sizeof head[1]); /* a double's bits lie there too */
        hash_stream_add(hash, (struct str){ (const char *)head, sizeof head });
        if (is_text)
            hash_stream_add(hash, row[i].text);
    }
}

/* How many rows of a side can be judged: those up to the last key that both sides have been read to. */
static size_t count_up_to(const struct carrying *carrying, const struct portion *portion, const struct db_value *bound) {
    size_t count = portion->count;
    while (bound != NULL && count > 0 && compare_keys(carrying, row_of(carrying, portion, count - 1), bound) > 0)
        count--;
    return count;
}

static const struct db_value *find_bound(const struct carrying *carrying) {
    const struct portion *source = &carrying->source, *target = &carrying->target;
    const struct db_value *a = source->is_full ? row_of(carrying, source, source->count - 1) : NULL;
    const struct db_value *b = target->is_full ? row_of(carrying, target, target->count - 1) : NULL;
    if (a == NULL || b == NULL)
        return a != NULL ? a : b;
    return compare_keys(carrying, a, b) <= 0 ? a : b;
}

static void compare_portions(struct carrying *carrying, const struct db_value *bound) {
    size_t source_count = count_up_to(carrying, &carrying->source, bound), target_count = count_up_to(carrying, &carrying->target, bound);
    size_t i = 0, j = 0;

    carrying->added = carrying->removed = (struct list){ 0 };
    while (i < source_count || j < target_count) {
        struct db_value *ours = (struct db_value *)row_of(carrying, &carrying->source, i);
        struct db_value *theirs = (struct db_value *)row_of(carrying, &carrying->target, j);
        int order = i == source_count ? 1 : j == target_count ? -1 : compare_keys(carrying, ours, theirs);
        bool is_same = order == 0 && is_same_row(carrying, ours, theirs);
        if (order <= 0) {
            add_to_hash(carrying, carrying->source_hash, ours);
            if (!is_same)
                list_add(&carrying->added, ours, carrying->arena);
            i++;
        }
        if (order >= 0) {
            add_to_hash(carrying, carrying->target_hash, theirs);
            if (!is_same)
                list_add(&carrying->removed, theirs, carrying->arena);
            j++;
        }
    }
    carrying->facts->row_count += (int64_t)source_count;
}

/* ---- writing ---- */

static enum err_code write_portion(struct db_tx *tx, void *context, struct err *err) {
    const struct carrying *carrying = context;
    const struct plan *plan = &carrying->plan;
    struct db_value key[KEY_COLUMNS_MAX];

    for (size_t i = 0; i < carrying->removed.count; i++) {
        const struct db_value *row = carrying->removed.items[i];
        for (size_t k = 0; k < plan->key_count; k++)
            key[k] = row[plan->key[k]];
        TRY(db_exec(tx, key, plan->key_count, plan->delete_one, err));
    }
    for (size_t i = 0; i < carrying->added.count; i++)
        TRY(db_exec(tx, carrying->added.items[i], plan->column_count, plan->insert, err));
    return OK;
}

static enum err_code empty_table(struct db_tx *tx, void *context, struct err *err) {
    return db_exec(tx, DB_NO_ARGS, ((const struct carrying *)context)->plan.delete_all, err);
}

/* ---- the walk ---- */

static void keep_bound(struct carrying *carrying, const struct db_value *bound) {
    arena_reset(carrying->keys);
    for (size_t i = 0; i < carrying->plan.key_count; i++) {
        struct db_value value = bound[carrying->plan.key[i]];
        if (value.type == DB_TYPE_TEXT || value.type == DB_TYPE_BLOB)
            value.text = arena_copy(carrying->keys, value.text);
        carrying->after[i] = value;
    }
    carrying->has_after = true;
}

static enum err_code read_both(struct carrying *carrying, struct err *err) {
    arena_reset(carrying->arena);
    carrying->reading = &carrying->source;
    TRY(db_read(carrying->source_db, read_portion, carrying, err));
    carrying->reading = &carrying->target;
    return db_read(carrying->target_db, read_portion, carrying, err);
}

static enum err_code walk(struct carrying *carrying, struct err *err) {
    const struct db_value *bound;

    *carrying->facts = (struct carry_facts){ 0 };
    carrying->has_after = false;
    carrying->source.limit = carrying->target.limit = FIRST_ROWS;
    carrying->source_hash = hash_stream_create();
    carrying->target_hash = hash_stream_create();
    do {
        TRY(read_both(carrying, err));
        bound = find_bound(carrying);
        compare_portions(carrying, bound);
        size_t changed = carrying->added.count + carrying->removed.count;
        carrying->facts->mended_count += carrying->source.mended;
        if (carrying->only_compares)
            carrying->facts->wrong_count += (int64_t)changed;
        else if (changed > 0)
            TRY(db_write(carrying->target_db, write_portion, carrying, err));
        carrying->facts->written_count += carrying->only_compares ? 0 : (int64_t)changed;
        adapt_limit(&carrying->source);
        adapt_limit(&carrying->target);
        if (bound != NULL)
            keep_bound(carrying, bound);
    } while (bound != NULL);
    return OK;
}

static enum err_code walk_once(struct carrying *carrying, struct err *err) {
    unsigned char md5[MD5_BYTES];
    enum err_code code = walk(carrying, err);
    hash_stream_end(carrying->source_hash, carrying->facts->source_sha256, md5);
    hash_stream_end(carrying->target_hash, carrying->facts->target_sha256, md5);
    hash_stream_destroy(carrying->source_hash);
    hash_stream_destroy(carrying->target_hash);
    return code;
}

enum err_code db_carry_table(struct db *source, struct db *target, const struct table_shape *table, bool only_compares,
                             struct carry_facts *facts, struct arena *statements, struct err *err) {
    struct carrying carrying = { .source_db = source, .target_db = target, .facts = facts, .only_compares = only_compares };
    carrying.arena = arena_create();
    carrying.keys = arena_create();
    enum err_code code = make_plan(&carrying.plan, table, statements, err);
    if (code == OK)
        code = walk_once(&carrying, err);
    /* A name that went from one row to another is in the way of itself: the table is written anew. */
    if (code == ERR_CONFLICT && !only_compares) {
        code = db_write(target, empty_table, &carrying, err);
        if (code == OK)
            code = walk_once(&carrying, err);
    }
    if (code != OK)
        (void)err_add_context(err, "the table '%.*s'", STR_ARG(table->name));
    arena_destroy(carrying.keys);
    arena_destroy(carrying.arena);
    return code;
}

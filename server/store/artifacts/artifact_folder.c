/* artifact_folder.c - see artifact_folder.h. */
#include "server/store/artifacts/artifact_folder.h"

#include "base/buf.h"

enum { ROWS_AT_ONCE = 5000, WORDS_MAX_BYTES = 500, PATH_MAX_BYTES = 1 << 20 };

struct walk {
    struct db_tx *tx;
    int64_t artifact_id;
    struct str start; /* what all paths begin with: "" or "a/b/" */
    size_t limit;
    bool is_further; /* a later page: sums and subfolders are known */
    struct buf from; /* the next path that may come */
    struct artifact_subfolder *last, unlisted; /* unlisted: counted, and its name forgotten with the next one */
    struct buf unlisted_name;
    struct list paths; /* of struct str: the page's, and one more if there are more */
    struct arena *arena;
    struct artifact_folder *out;
};

/* A version may have a million of them. */
static struct artifact_subfolder *begin_unlisted(struct walk *walk, struct str name) {
    buf_reset(&walk->unlisted_name);
    buf_append_str(&walk->unlisted_name, name);
    walk->unlisted = (struct artifact_subfolder){ .name = buf_str(&walk->unlisted_name) };
    return &walk->unlisted;
}

static struct artifact_subfolder *begin_subfolder(struct walk *walk, struct str name) {
    struct artifact_folder *out = walk->out;
    if (out->subfolder_count++ >= ARTIFACT_SUBFOLDERS_MAX)
        return begin_unlisted(walk, name);
    struct artifact_subfolder *folder = ARENA_NEW(walk->arena, struct artifact_subfolder);
    folder->name = arena_copy(walk->arena, name);
    list_add(&out->subfolders, folder, walk->arena);
    return folder;
}

static void take_nested(struct walk *walk, struct str name, int64_t size_bytes) {
    if (walk->last == NULL || !str_eq(walk->last->name, name))
        walk->last = begin_subfolder(walk, name);
    walk->last->file_count++;
    walk->last->size_bytes += size_bytes;
}

static void take_file(struct walk *walk, struct str path) {
    if (walk->paths.count > walk->limit)
        return;
    struct str *kept = ARENA_NEW(walk->arena, struct str);
    *kept = arena_copy(walk->arena, path);
    list_add(&walk->paths, kept, walk->arena);
}

static void take_row(struct walk *walk, struct str path, int64_t size_bytes) {
    struct str name, rest;
    bool is_nested = str_cut(str_from(path, walk->start.len), '/', &name, &rest);
    if (!is_nested)
        take_file(walk, path);
    if (walk->is_further)
        return;
    walk->out->file_count++;
    walk->out->size_bytes += size_bytes;
    if (is_nested)
        take_nested(walk, name, size_bytes);
}

/* A later page ends where it is full, the first where the folder ends: its sums are of all. */
static bool is_full(const struct walk *walk) {
    return walk->is_further && walk->paths.count > walk->limit;
}

static enum err_code walk_some(struct walk *walk, struct arena *scratch, bool *is_over, struct err *err) {
    struct str path = STR_EMPTY;
    struct db_rows *rows;
    size_t count = 0;
    bool is_inside = true;
    TRY(db_query(walk->tx, &rows, DB_ARGS(DB_INT(walk->artifact_id), DB_TEXT(buf_str(&walk->from)), DB_INT(ROWS_AT_ONCE)),
                 "select path, size_bytes from artifact_files where artifact_id = $1 and path >= $2 order by path limit $3", err));
    while (is_inside && !is_full(walk) && db_next(rows)) {
        path = db_str(rows, 0, scratch);
        count++;
        is_inside = str_starts_with(path, walk->start);
        if (is_inside)
            take_row(walk, path, db_int(rows, 1));
    }
    TRY(db_end(rows, err));
    *is_over = !is_inside || is_full(walk) || count < ROWS_AT_ONCE;
    buf_reset(&walk->from);
    buf_printf(&walk->from, "%.*s\x01", STR_ARG(path)); /* nothing stands between */
    return buf_check(&walk->from, "a file's path", err);
}

/* The page's files, whole, in the order of the paths. */
static enum err_code load_files(struct walk *walk, struct err *err) {
    struct artifact_folder *out = walk->out;
    size_t count = walk->paths.count < walk->limit ? walk->paths.count : walk->limit;
    out->has_more = walk->paths.count > walk->limit;
    struct str *names = ARENA_ARRAY(walk->arena, struct str, count);
    for (size_t i = 0; i < count; i++)
        names[i] = *(const struct str *)walk->paths.items[i];
    return count == 0 ? OK : artifact_file_list(walk->tx, walk->artifact_id, STR_EMPTY, count, names, count, walk->arena, &out->files, err);
}

enum err_code artifact_folder_list(struct db_tx *tx, int64_t artifact_id, struct str path, struct str after, size_t limit,
                                   struct arena *arena, struct artifact_folder *out, struct err *err) {
    struct walk walk = { .tx = tx, .artifact_id = artifact_id, .limit = limit, .is_further = after.len > 0,
                         .from = BUF_INIT(PATH_MAX_BYTES), .unlisted_name = BUF_INIT(PATH_MAX_BYTES), .arena = arena, .out = out };
    struct arena *scratch = arena_create();
    enum err_code code = OK;
    bool is_over = false;

    *out = (struct artifact_folder){ 0 };
    walk.start = path.len == 0 ? STR_EMPTY : arena_printf(arena, "%.*s/", STR_ARG(path));
    buf_append_str(&walk.from, walk.is_further ? arena_printf(arena, "%.*s\x01", STR_ARG(after)) : walk.start);
    while (code == OK && !is_over) {
        code = walk_some(&walk, scratch, &is_over, err);
        arena_reset(scratch);
    }
    buf_finish(&walk.from);
    buf_finish(&walk.unlisted_name);
    arena_destroy(scratch);
    return code == OK ? load_files(&walk, err) : code;
}

/* "a_b" -> "%a!_b%", in small letters. */
static enum err_code write_pattern(struct str words, struct buf *pattern, struct err *err) {
    if (words.len > WORDS_MAX_BYTES)
        return err_set(err, ERR_BAD_INPUT, "at most %d bytes are searched for, got %zu", WORDS_MAX_BYTES, words.len);
    buf_append_str(pattern, STR("%"));
    for (size_t i = 0; i < words.len; i++) {
        char c = words.ptr[i] >= 'A' && words.ptr[i] <= 'Z' ? (char)(words.ptr[i] - 'A' + 'a') : words.ptr[i];
        buf_printf(pattern, "%s%c", c == '%' || c == '_' || c == '!' ? "!" : "", c);
    }
    buf_append_str(pattern, STR("%"));
    return OK;
}

static enum err_code find_paths(struct walk *walk, struct str pattern, struct str after, struct err *err) {
    struct db_rows *rows;
    TRY(db_query(walk->tx, &rows, DB_ARGS(DB_INT(walk->artifact_id), DB_TEXT(after.ptr == NULL ? STR_EMPTY : after), DB_TEXT(pattern), DB_INT(walk->limit + 1)),
                 "select path from artifact_files where artifact_id = $1 and path > $2 and lower(path) like $3 escape '!'"
                 " order by path limit $4",
                 err));
    while (db_next(rows))
        take_file(walk, db_str(rows, 0, walk->arena));
    return db_end(rows, err);
}

enum err_code artifact_folder_search(struct db_tx *tx, int64_t artifact_id, struct str words, struct str after, size_t limit,
                                     struct arena *arena, struct artifact_folder *out, struct err *err) {
    struct walk walk = { .tx = tx, .artifact_id = artifact_id, .limit = limit, .arena = arena, .out = out };
    struct buf pattern = BUF_INIT(2 * WORDS_MAX_BYTES + 16);

    *out = (struct artifact_folder){ 0 };
    enum err_code code = write_pattern(words, &pattern, err);
    if (code == OK)
        code = find_paths(&walk, buf_str(&pattern), after, err);
    buf_finish(&pattern);
    return code == OK ? load_files(&walk, err) : code;
}

/* filter_order.c - orders of lists, and cursors into them. */
#include "base/hash.h"
#include "server/store/runs/filter.h"

enum err_code filter_order_parse(struct filter_order *out, struct str text, const char *otherwise,
                                 const struct filter_words *words, struct filter_keys *keys,
                                 struct arena *arena, struct err *err) {
    struct str rest = str_trim(text).len > 0 ? text : str_from_c(otherwise), item;
    bool has_more = true;

    *out = (struct filter_order){ 0 };
    while (has_more) {
        has_more = str_cut(rest, ',', &item, &rest);
        item = str_trim(item);
        if (out->count == FILTER_ORDER_KEYS_MAX)
            return err_set(err, ERR_BAD_INPUT, "order has more than %d keys", FILTER_ORDER_KEYS_MAX);
        out->is_descending[out->count] = str_starts_with(item, STR("-"));
        if (str_starts_with(item, STR("-")) || str_starts_with(item, STR("+")))
            item = str_from(item, 1);
        if (filter_key_find(&out->keys[out->count], item, words, keys, arena, err) != OK)
            return err_add_context(err, "order");
        out->count++;
    }
    return OK;
}

int filter_place_compare(const struct filter_order *order, const struct filter_place *a,
                         const struct filter_place *b) {
    for (size_t i = 0; i < order->count; i++) {
        int result = filter_value_sort(a->values[i], b->values[i], order->is_descending[i]);
        if (result != 0)
            return result;
    }
    if (a->id == b->id)
        return 0;
    return (a->id < b->id) == !order->is_descending[0] ? -1 : 1;
}

/* ---- cursors: base64 of [id, value, ...] ---- */

static void write_value(struct json_writer *writer, struct filter_value value) {
    switch (value.type) {
    case FILTER_BOOL:
        json_bool(writer, value.boolean);
        break;
    case FILTER_INT:
        json_int(writer, value.integer);
        break;
    case FILTER_DOUBLE:
        json_double(writer, value.number);
        break;
    case FILTER_TEXT: {
        /* Cut bytes may end inside a character, which JSON cannot hold: hexadecimal, and an object to tell.
         */
        struct arena *arena = arena_create();
        struct str text = str_slice(filter_value_str(value), 0, FILTER_SORTED_BYTES);
        json_array_begin(writer);
        json_string(writer, hash_hex(text.ptr, text.len, arena));
        json_array_end(writer);
        arena_destroy(arena);
        break;
    }
    default:
        json_null(writer);
        break;
    }
}

struct str filter_cursor_write(const struct filter_order *order, const struct filter_place *place,
                               struct arena *arena) {
    struct buf text = BUF_INIT(FILTER_CURSOR_BYTES_MAX);
    struct json_writer writer;
    struct str cursor;

    json_writer_init(&writer, &text, JSON_EXTENDED);
    json_array_begin(&writer);
    json_int(&writer, place->id);
    for (size_t i = 0; i < order->count; i++)
        write_value(&writer, place->values[i]);
    json_array_end(&writer);
    cursor = hash_base64_url(buf_str(&text), arena);
    buf_finish(&text);
    return cursor;
}

static bool read_value(const struct json_value *json, struct filter_value *out, struct arena *arena) {
    const struct json_value *hex;
    char *bytes;

    if (json->type != JSON_TYPE_ARRAY) {
        *out = filter_value_from_json(json, arena);
        return out->type <= FILTER_DOUBLE;
    }
    if (json->array.count != 1 || json->array.items[0].type != JSON_TYPE_STRING)
        return false;
    hex = &json->array.items[0];
    bytes = arena_alloc(arena, hex->string.len / 2 + 1);
    *out = filter_text((struct str){ bytes, hex->string.len / 2 });
    return hash_from_hex(hex->string, bytes, hex->string.len / 2);
}

enum err_code filter_cursor_read(struct filter_place *out, const struct filter_order *order,
                                 struct str cursor, struct arena *arena, struct err *err) {
    struct json_value *json;
    struct str text;

    if (cursor.len > FILTER_CURSOR_BYTES_MAX * 2 || !hash_from_base64(cursor, &text, arena) ||
        json_parse(&json, text, JSON_EXTENDED, arena, err) != OK || json->type != JSON_TYPE_ARRAY ||
        json->array.count != order->count + 1 || json->array.items[0].type != JSON_TYPE_INT)
        return err_set(err, ERR_BAD_INPUT, "the cursor is not one that this list gave");
    out->id = json->array.items[0].integer;
    for (size_t i = 0; i < order->count; i++)
        if (!read_value(&json->array.items[i + 1], &out->values[i], arena))
            return err_set(err, ERR_BAD_INPUT, "the cursor is not one that this list gave");
    return OK;
}

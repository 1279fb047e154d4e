/* json_tree.c - the tree of json.h. */
#include "base/hash.h"
#include "base/json.h"
#include "base/log.h"
#include "base/map.h"
#include "base/number.h"

#include <assert.h>
#include <math.h>

/* Above this many members, looking each up among all the others would cost more than a table does. */
enum { FEW_MEMBERS = 16, FIRST_STACK_COUNT = 32 };

/* Values whose container is not complete. An open container's own entry lies below its children, and its count
 * is meanwhile the place of the container around it; entry 0 stands for the document. */
struct builder {
    struct json_reader reader;
    struct arena *arena;
    struct json_member *stack;
    struct json_member first_stack[FIRST_STACK_COUNT];
    size_t count, cap;
    size_t value_count; /* of the whole document so far */
    size_t open;     /* the innermost open container */
    struct str key;  /* of the member whose value comes next */
};

static struct json_member *push(struct builder *b, enum json_type type) {
    if (b->count == b->cap) {
        struct json_member *bigger = malloc(2 * b->cap * sizeof *bigger);
        if (bigger == NULL)
            log_fatal("out of memory: cannot allocate %zu values", 2 * b->cap);
        memcpy(bigger, b->stack, b->count * sizeof *bigger);
        if (b->stack != b->first_stack)
            free(b->stack);
        b->stack = bigger;
        b->cap *= 2;
    }
    struct json_member *member = &b->stack[b->count++];
    b->value_count++;
    *member = (struct json_member){ .key = b->key, .value = { .type = type, .raw = b->reader.text } };
    b->key = STR_EMPTY;
    return member;
}

static struct str take_text(struct builder *b) {
    return json_unescape_copy(b->reader.text, b->reader.has_escapes, b->arena);
}

static void push_number(struct builder *b) {
    struct str text = b->reader.text;
    struct json_value *value = &push(b, JSON_TYPE_INT)->value;
    if (str_to_i64(text, &value->integer))
        return;
    value->type = JSON_TYPE_DOUBLE;
    value->number = number_to_double(text.ptr, text.len);
}

static void push_string(struct builder *b) {
    struct json_value *value = &push(b, JSON_TYPE_STRING)->value;
    value->string = take_text(b);
    value->raw = (struct str){ value->raw.ptr - 1, value->raw.len + 2 };
}

static void open_container(struct builder *b, enum json_type type) {
    struct json_value *value = &push(b, type)->value;
    if (type == JSON_TYPE_ARRAY)
        value->array.count = b->open;
    else
        value->object.count = b->open;
    b->open = b->count - 1;
}

static size_t end_container(struct builder *b, struct json_value *value, size_t around) {
    size_t child_count = b->count - b->open - 1;
    const struct str *end = &b->reader.text;
    value->raw.len = (size_t)(end->ptr + end->len - value->raw.ptr);
    b->count = b->open + 1;
    b->open = around;
    return child_count;
}

static void end_array(struct builder *b) {
    struct json_value *value = &b->stack[b->open].value;
    const struct json_member *children = &b->stack[b->open + 1];
    size_t count = end_container(b, value, value->array.count);
    struct json_value *items = ARENA_ARRAY(b->arena, struct json_value, count);
    for (size_t i = 0; i < count; i++)
        items[i] = children[i].value;
    value->array.items = items;
    value->array.count = count;
}

static struct json_member *find_member(struct json_member *members, size_t count, struct str key) {
    for (size_t i = 0; i < count; i++)
        if (str_eq(members[i].key, key))
            return &members[i];
    return NULL;
}

/* Copies the members, a repeated key into the place of its first use; returns how many were kept. */
static size_t copy_members(struct json_member *out, const struct json_member *members, size_t count) {
    struct map *seen = count > FEW_MEMBERS ? map_create(NULL) : NULL;
    size_t kept = 0;

    for (size_t i = 0; i < count; i++) {
        struct json_member *same =
            seen != NULL ? map_find(seen, members[i].key) : find_member(out, kept, members[i].key);
        if (same != NULL) {
            same->value = members[i].value;
            continue;
        }
        out[kept] = members[i];
        if (seen != NULL)
            map_put(seen, out[kept].key, &out[kept]);
        kept++;
    }
    map_destroy(seen);
    return kept;
}

static void end_object(struct builder *b) {
    struct json_value *value = &b->stack[b->open].value;
    const struct json_member *children = &b->stack[b->open + 1];
    size_t count = end_container(b, value, value->object.count);
    struct json_member *members = ARENA_ARRAY(b->arena, struct json_member, count);
    value->object.count = copy_members(members, children, count);
    value->object.members = members;
}

static void take_token(struct builder *b, enum json_token token) {
    switch (token) {
    case JSON_NULL:
        (void)push(b, JSON_TYPE_NULL);
        break;
    case JSON_FALSE:
    case JSON_TRUE:
        push(b, JSON_TYPE_BOOL)->value.boolean = token == JSON_TRUE;
        break;
    case JSON_NUMBER:
        push_number(b);
        break;
    case JSON_STRING:
        push_string(b);
        break;
    case JSON_KEY:
        b->key = take_text(b);
        break;
    case JSON_ARRAY_BEGIN:
        open_container(b, JSON_TYPE_ARRAY);
        break;
    case JSON_OBJECT_BEGIN:
        open_container(b, JSON_TYPE_OBJECT);
        break;
    case JSON_ARRAY_END:
        end_array(b);
        break;
    case JSON_OBJECT_END:
        end_object(b);
        break;
    case JSON_ERROR:
    case JSON_END:
        break;
    }
}

enum err_code json_parse(struct json_value **out, struct str text, enum json_flags flags, struct arena *arena,
                         struct err *err) {
    struct builder b;
    enum json_token token = JSON_ERROR;
    enum err_code code = OK;

    json_reader_init(&b.reader, text, flags);
    b.arena = arena;
    b.stack = b.first_stack;
    b.count = 0;
    b.cap = FIRST_STACK_COUNT;
    b.open = 0;
    b.key = STR_EMPTY;
    b.value_count = 0;
    while (b.value_count <= JSON_TREE_VALUES_MAX && (token = json_next(&b.reader)) != JSON_ERROR && token != JSON_END)
        take_token(&b, token);
    if (b.value_count > JSON_TREE_VALUES_MAX) {
        code = err_set(err, ERR_TOO_LARGE, "the JSON holds more than %d values", JSON_TREE_VALUES_MAX);
    } else if (token == JSON_ERROR) {
        code = err_set(err, ERR_BAD_INPUT, "at byte %zu: %s", b.reader.offset, b.reader.message);
    } else {
        assert(b.count == 1);
        *out = ARENA_NEW(arena, struct json_value);
        **out = b.stack[0].value;
    }
    if (b.stack != b.first_stack)
        free(b.stack);
    return code;
}

const struct json_value *json_get(const struct json_value *value, struct str key) {
    if (value == NULL || value->type != JSON_TYPE_OBJECT)
        return NULL;
    const struct json_member *member = find_member(value->object.members, value->object.count, key);
    return member == NULL ? NULL : &member->value;
}

struct str json_get_str(const struct json_value *value, struct str key) {
    const struct json_value *found = json_get(value, key);
    return found == NULL || found->type != JSON_TYPE_STRING ? (struct str){ NULL, 0 } : found->string;
}

bool json_get_bool(const struct json_value *value, struct str key, bool otherwise) {
    const struct json_value *found = json_get(value, key);
    return found == NULL || found->type != JSON_TYPE_BOOL ? otherwise : found->boolean;
}

/* True when the double is an integer that an int64_t holds. */
static bool is_integral(double number) {
    return number >= -0x1p63 && number < 0x1p63 && number == trunc(number);
}

int64_t json_get_int(const struct json_value *value, struct str key, int64_t otherwise) {
    const struct json_value *found = json_get(value, key);
    if (found != NULL && found->type == JSON_TYPE_INT)
        return found->integer;
    /* The official client's Go part writes large integers with an exponent. */
    if (found != NULL && found->type == JSON_TYPE_DOUBLE && is_integral(found->number))
        return (int64_t)found->number;
    return otherwise;
}

bool json_to_double(const struct json_value *value, double *out) {
    if (value == NULL || (value->type != JSON_TYPE_INT && value->type != JSON_TYPE_DOUBLE))
        return false;
    *out = value->type == JSON_TYPE_INT ? (double)value->integer : value->number;
    return true;
}

static bool is_int_equal_to_double(int64_t integer, double number) {
    return is_integral(number) && (int64_t)number == integer;
}

static bool are_numbers_equal(const struct json_value *a, const struct json_value *b) {
    if (a->type == JSON_TYPE_INT && b->type == JSON_TYPE_INT)
        return a->integer == b->integer;
    if (a->type == JSON_TYPE_INT && b->type == JSON_TYPE_DOUBLE)
        return is_int_equal_to_double(a->integer, b->number);
    if (a->type == JSON_TYPE_DOUBLE && b->type == JSON_TYPE_INT)
        return is_int_equal_to_double(b->integer, a->number);
    if (a->type != JSON_TYPE_DOUBLE || b->type != JSON_TYPE_DOUBLE)
        return false;
    /* Documents are compared here, not quantities: NaN is the same text as NaN. */
    return a->number == b->number || (isnan(a->number) && isnan(b->number));
}

static bool are_arrays_equal(const struct json_value *a, const struct json_value *b) {
    if (a->array.count != b->array.count)
        return false;
    for (size_t i = 0; i < a->array.count; i++)
        if (!json_equal(&a->array.items[i], &b->array.items[i]))
            return false;
    return true;
}

/* No key is there twice, so as many members and each of a's in b is enough. */
static bool are_objects_equal(const struct json_value *a, const struct json_value *b) {
    size_t count = a->object.count;
    bool is_equal = count == b->object.count;
    struct map *members = is_equal && count > FEW_MEMBERS ? map_create(NULL) : NULL;

    for (size_t i = 0; members != NULL && i < count; i++)
        map_put(members, b->object.members[i].key, &b->object.members[i].value);
    for (size_t i = 0; is_equal && i < count; i++) {
        const struct json_member *member = &a->object.members[i];
        const struct json_value *other = members != NULL ? map_find(members, member->key) : json_get(b, member->key);
        is_equal = other != NULL && json_equal(&member->value, other);
    }
    map_destroy(members);
    return is_equal;
}

bool json_equal(const struct json_value *a, const struct json_value *b) {
    if (a->type != b->type)
        return are_numbers_equal(a, b);
    switch (a->type) {
    case JSON_TYPE_NULL:
        return true;
    case JSON_TYPE_BOOL:
        return a->boolean == b->boolean;
    case JSON_TYPE_INT:
    case JSON_TYPE_DOUBLE:
        return are_numbers_equal(a, b);
    case JSON_TYPE_STRING:
        return str_eq(a->string, b->string);
    case JSON_TYPE_ARRAY:
        return are_arrays_equal(a, b);
    case JSON_TYPE_OBJECT:
        return are_objects_equal(a, b);
    }
    return false;
}

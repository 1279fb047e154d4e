/* db_postgres_values.c - values as they travel: the binary formats, big endian. */
#include "server/store/db/db_postgres.h"

#include <endian.h>
#include <math.h>
#include <string.h>

/* Of the types that our tables and statements have; pg_type.h of the server lists them. */
enum {
    TYPE_BOOL = 16,
    TYPE_BYTEA = 17,
    TYPE_INT8 = 20,
    TYPE_INT2 = 21,
    TYPE_INT4 = 23,
    TYPE_FLOAT4 = 700,
    TYPE_FLOAT8 = 701,
    TYPE_NUMERIC = 1700,
};

Oid postgres_type_of(const struct db_value *value) {
    switch (value->type) {
    case DB_TYPE_INT:
        return TYPE_INT8;
    case DB_TYPE_REAL:
        return TYPE_FLOAT8;
    case DB_TYPE_BLOB:
        return TYPE_BYTEA;
    default:
        return 0;
    }
}

/* ---- to the server ---- */

struct str postgres_make_acceptable(struct str text, struct arena *arena) {
    static const char replacement[] = "\xEF\xBF\xBD";
    if (memchr(text.ptr, '\0', text.len) == NULL && str_is_utf8(text))
        return text;
    char *out = arena_alloc(arena, text.len * 3);
    size_t used = 0;
    while (text.len > 0) {
        size_t len = text.ptr[0] == '\0' ? 0 : str_utf8_len(text);
        memcpy(out + used, len > 0 ? text.ptr : replacement, len > 0 ? len : 3);
        used += len > 0 ? len : 3;
        text = str_from(text, len > 0 ? len : 1);
    }
    return (struct str){ out, used };
}

static void put(struct postgres_args *out, size_t i, struct str bytes, bool is_text) {
    out->values[i] = bytes.ptr;
    out->lengths[i] = (int)bytes.len;
    out->formats[i] = is_text ? 0 : 1;
    out->bytes += bytes.len;
}

static void put_bits(struct postgres_args *out, size_t i, uint64_t bits, struct arena *arena) {
    uint64_t *place = arena_alloc(arena, sizeof *place);
    *place = htobe64(bits);
    put(out, i, (struct str){ (const char *)place, sizeof *place }, false);
}

static void put_number(struct postgres_args *out, size_t i, const struct db_value *value, Oid type, struct arena *arena) {
    bool is_real = value->type == DB_TYPE_REAL;
    double real = is_real ? value->real : (double)value->integer;
    uint64_t bits;

    switch (type) {
    case TYPE_FLOAT8:
        memcpy(&bits, &real, sizeof bits);
        put_bits(out, i, bits, arena);
        return;
    case TYPE_INT8:
        if (!is_real) {
            put_bits(out, i, (uint64_t)value->integer, arena);
            return;
        }
        break;
    case TYPE_BOOL:
        put(out, i, value->integer != 0 ? STR("t") : STR("f"), true);
        return;
    default:
        break;
    }
    /* Any other type reads its numbers from text. */
    put(out, i, is_real ? arena_printf(arena, "%.17g", real) : arena_printf(arena, "%lld", (long long)value->integer), true);
}

enum err_code postgres_encode(struct postgres_args *out, const struct db_value *args, size_t count, const Oid *types,
                              struct arena *arena, struct err *err) {
    out->values = arena_calloc(arena, count + 1, sizeof *out->values);
    out->lengths = arena_calloc(arena, count + 1, sizeof *out->lengths);
    out->formats = arena_calloc(arena, count + 1, sizeof *out->formats);
    out->bytes = 0;
    for (size_t i = 0; i < count; i++) {
        switch (args[i].type) {
        case DB_TYPE_NULL:
            break;
        case DB_TYPE_INT:
        case DB_TYPE_REAL:
            put_number(out, i, &args[i], types[i], arena);
            break;
        default:
            if (args[i].text.len > INT32_MAX / 4)
                return err_set(err, ERR_TOO_LARGE, "a value is too large for the database");
            /* Binary text needs no terminator. */
            put(out, i, args[i].type == DB_TYPE_TEXT ? postgres_make_acceptable(args[i].text, arena) : args[i].text, false);
            if (out->values[i] == NULL)
                out->values[i] = "";
        }
    }
    return OK;
}

/* ---- from the server ---- */

static uint64_t read_bits(const char *bytes, int length) {
    uint64_t bits = 0;
    for (int i = 0; i < length; i++)
        bits = bits << 8 | (unsigned char)bytes[i];
    return bits;
}

/* Sums of whole numbers come as numeric: digits of base 10,000. */
static struct db_value read_numeric(const char *bytes, int length) {
    enum { HEADER = 8, NEGATIVE = 0x4000 };
    if (length < HEADER)
        return DB_NULL;
    int digits = (int)read_bits(bytes, 2), weight = (int16_t)read_bits(bytes + 2, 2), sign = (int)read_bits(bytes + 4, 2);
    double real = 0;
    __int128 whole = 0;
    bool is_whole = weight < 5 && digits <= weight + 1;
    for (int i = 0; i < digits && HEADER + 2 * i + 2 <= length; i++) {
        uint64_t digit = read_bits(bytes + HEADER + 2 * i, 2);
        real += (double)digit * pow(10000, weight - i);
        whole = whole * 10000 + (__int128)digit;
    }
    for (int i = digits; is_whole && i <= weight; i++)
        whole *= 10000;
    if (sign == NEGATIVE) {
        real = -real;
        whole = -whole;
    }
    return is_whole && whole >= INT64_MIN && whole <= INT64_MAX ? DB_INT(whole) : DB_REAL(real);
}

struct db_value postgres_decode(Oid type, const char *bytes, int length) {
    uint64_t bits;
    uint32_t short_bits;
    float short_real;
    double real;

    switch (type) {
    case TYPE_BOOL:
        return DB_INT(length > 0 && bytes[0] != 0);
    case TYPE_INT2:
        return DB_INT((int16_t)read_bits(bytes, length));
    case TYPE_INT4:
        return DB_INT((int32_t)read_bits(bytes, length));
    case TYPE_INT8:
        return DB_INT((int64_t)read_bits(bytes, length));
    case TYPE_FLOAT4:
        short_bits = (uint32_t)read_bits(bytes, length);
        memcpy(&short_real, &short_bits, sizeof short_real);
        return DB_REAL((double)short_real);
    case TYPE_FLOAT8:
        bits = read_bits(bytes, length);
        memcpy(&real, &bits, sizeof real);
        return DB_REAL(real);
    case TYPE_NUMERIC:
        return read_numeric(bytes, length);
    default: {
        struct str text = { bytes, (size_t)length };
        return (struct db_value){ .type = type == TYPE_BYTEA ? DB_TYPE_BLOB : DB_TYPE_TEXT, .text = text };
    }
    }
}

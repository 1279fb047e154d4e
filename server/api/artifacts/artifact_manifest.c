/* artifact_manifest.c - see artifact_manifest.h. */
#include "server/api/artifacts/artifact_manifest.h"

#include "base/file.h"
#include "base/json.h"
#include "base/number.h"
#include "server/api/node_id.h"

#include <math.h>

enum { TEXT_MAX_BYTES = 8192, EXTRA_MAX_BYTES = 1 << 20, TARGET_MAX = 64 };

/* Read token by token: as a tree, a million entries would take a gigabyte. */

/* An integer, also one that was written with an exponent. */
static bool read_size(struct str text, int64_t *out) {
    double number;
    if (str_to_i64(text, out))
        return true;
    number = number_to_double(text.ptr, text.len);
    *out = number >= -0x1p63 && number < 0x1p63 ? (int64_t)number : -1;
    return number == trunc(number);
}

/* One member of an entry; what is not known is skipped. */
static enum err_code parse_member(struct json_reader *reader, struct artifact_file *file, struct arena *arena, struct err *err) {
    struct str key = reader->text, text = { NULL, 0 }, raw;
    enum json_token token = json_next(reader);
    if (token == JSON_STRING)
        text = json_unescape_copy(reader->text, reader->has_escapes, arena);
    if (!json_skip_value(reader, token, &raw))
        return OK; /* the reader keeps saying what is wrong */
    if (str_eq_c(key, "digest"))
        file->digest = text;
    else if (str_eq_c(key, "ref"))
        file->ref = text;
    else if (str_eq_c(key, "birthArtifactID") && text.ptr != NULL)
        (void)node_id_parse(text, "Artifact", &file->birth_artifact_id, arena);
    else if (str_eq_c(key, "extra") && token == JSON_OBJECT_BEGIN && raw.len > 2)
        file->extra = raw;
    else if (str_eq_c(key, "size") && token == JSON_NUMBER && !read_size(raw, &file->size_bytes))
        return err_set(err, ERR_BAD_INPUT, "the size of the manifest's entry '%.*s' is no whole number", STR_ARG(str_slice(file->path, 0, 200)));
    return OK;
}

static enum err_code check_entry(const struct artifact_file *file, struct err *err) {
    struct str shown = str_slice(file->path, 0, 200);
    if (!file_is_safe_path(file->path))
        return err_set(err, ERR_BAD_INPUT, "the manifest holds the path '%.*s', which is not a plain relative path" FILE_PATH_RULE, STR_ARG(shown));
    if (file->digest.ptr == NULL)
        return err_set(err, ERR_BAD_INPUT, "the manifest's entry '%.*s' has no digest", STR_ARG(shown));
    if (file->digest.len > TEXT_MAX_BYTES || file->ref.len > TEXT_MAX_BYTES || file->extra.len > EXTRA_MAX_BYTES)
        return err_set(err, ERR_BAD_INPUT, "the digest, the reference or the extra part of the manifest's entry '%.*s' is too long", STR_ARG(shown));
    if (file->size_bytes < 0)
        return err_set(err, ERR_BAD_INPUT, "the manifest's entry '%.*s' has a negative size", STR_ARG(shown));
    return OK;
}

static enum err_code parse_entry(struct json_reader *reader, struct str path, struct artifact_file **out, struct arena *arena,
                                 struct err *err) {
    struct artifact_file *file = ARENA_NEW(arena, struct artifact_file);
    enum json_token token = json_next(reader);
    struct str raw;

    *out = file;
    file->path = path;
    if (token != JSON_OBJECT_BEGIN) {
        (void)json_skip_value(reader, token, &raw);
        return token == JSON_ERROR ? OK : check_entry(file, err);
    }
    while ((token = json_next(reader)) == JSON_KEY)
        TRY(parse_member(reader, file, arena, err));
    return token == JSON_ERROR ? OK : check_entry(file, err);
}

static enum err_code parse_contents(struct json_reader *reader, struct list *entries, struct arena *arena, struct err *err) {
    enum json_token token;
    while ((token = json_next(reader)) == JSON_KEY) {
        struct str path = json_unescape_copy(reader->text, reader->has_escapes, arena);
        struct artifact_file *file;
        if (entries->count >= MANIFEST_MAX_ENTRIES)
            return err_set(err, ERR_TOO_LARGE, "the manifest lists more than %d files", MANIFEST_MAX_ENTRIES);
        TRY(parse_entry(reader, path, &file, arena, err));
        list_add(entries, file, arena);
    }
    return OK;
}

struct found {
    bool version, contents;
};

static enum err_code parse_part(struct json_reader *reader, struct found *found, struct list *entries, struct arena *arena,
                                struct err *err) {
    struct str key = reader->text, raw;
    enum json_token begin = json_next(reader);
    if (str_eq_c(key, "contents") && begin == JSON_OBJECT_BEGIN) {
        found->contents = true;
        return parse_contents(reader, entries, arena, err);
    }
    if (json_skip_value(reader, begin, &raw) && str_eq_c(key, "version"))
        found->version = str_eq_c(raw, "1");
    return OK;
}

enum err_code artifact_manifest_parse(struct str json, struct list *entries, struct arena *arena, struct err *err) {
    struct found found = { false, false };
    struct json_reader reader;
    enum json_token token;

    json_reader_init(&reader, json, JSON_STRICT);
    token = json_next(&reader);
    if (token == JSON_OBJECT_BEGIN) {
        while ((token = json_next(&reader)) == JSON_KEY)
            TRY(parse_part(&reader, &found, entries, arena, err));
        token = json_next(&reader); /* nothing follows */
    }
    if (token == JSON_ERROR)
        return err_set(err, ERR_BAD_INPUT, "the manifest is not JSON: at byte %zu: %s", reader.offset, reader.message);
    if (!found.version)
        return err_set(err, ERR_BAD_INPUT, "the manifest is not of version 1");
    return found.contents ? OK : err_set(err, ERR_BAD_INPUT, "the manifest has no 'contents'");
}

struct numbered {
    struct artifact_file *file;
    size_t number;
};

static int by_path_then_number(const void *a, const void *b) {
    const struct numbered *left = a, *right = b;
    int order = str_compare(left->file->path, right->file->path);
    return order != 0 ? order : (left->number > right->number) - (left->number < right->number);
}

void artifact_manifest_merge(struct list *entries, struct arena *arena) {
    struct numbered *sorted = ARENA_ARRAY(arena, struct numbered, entries->count);
    size_t kept = 0;

    for (size_t i = 0; i < entries->count; i++)
        sorted[i] = (struct numbered){ entries->items[i], i };
    if (entries->count > 0)
        qsort(sorted, entries->count, sizeof *sorted, by_path_then_number);
    for (size_t i = 0; i < entries->count; i++) {
        bool is_replaced = i + 1 < entries->count && str_eq(sorted[i].file->path, sorted[i + 1].file->path);
        if (!is_replaced)
            entries->items[kept++] = sorted[i].file;
    }
    entries->count = kept;
}

struct str artifact_manifest_digest(const struct list *entries, struct arena *arena) {
    unsigned char digest[MD5_BYTES];
    struct buf text = BUF_INIT(MANIFEST_MAX_BYTES);
    buf_append_str(&text, STR("wandb-artifact-manifest-v1\n"));
    for (size_t i = 0; i < entries->count; i++) {
        const struct artifact_file *file = entries->items[i];
        buf_append_str(&text, file->path);
        buf_append_char(&text, ':');
        buf_append_str(&text, file->digest);
        buf_append_char(&text, '\n');
    }
    hash_md5(digest, buf_str(&text));
    buf_finish(&text);
    return hash_hex(digest, sizeof digest, arena);
}

/* "wandb-artifact://HEX/path", where HEX spells "Artifact:117". */
static bool read_target(struct str ref, int64_t *id, struct arena *arena) {
    static const struct str scheme = STR_INIT("wandb-artifact://");
    char text[TARGET_MAX];
    struct str hex, path;
    if (!str_starts_with(ref, scheme))
        return false;
    if (!str_cut(str_from(ref, scheme.len), '/', &hex, &path))
        hex = str_from(ref, scheme.len);
    size_t len = hex.len / 2;
    return len <= TARGET_MAX && hash_from_hex(hex, text, len) && node_id_parse(hash_base64((struct str){ text, len }, arena), "Artifact", id, arena);
}

static int by_number(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

const int64_t *artifact_manifest_targets(const struct list *entries, size_t *count, struct arena *arena) {
    int64_t *ids = ARENA_ARRAY(arena, int64_t, entries->count);
    size_t found = 0;
    *count = 0;
    for (size_t i = 0; i < entries->count; i++) {
        const struct artifact_file *file = entries->items[i];
        if (file->ref.ptr != NULL && read_target(file->ref, &ids[found], arena))
            found++;
    }
    if (found > 0)
        qsort(ids, found, sizeof *ids, by_number);
    for (size_t i = 0; i < found; i++)
        if (i == 0 || ids[i] != ids[i - 1])
            ids[(*count)++] = ids[i];
    return ids;
}

static void write_entry(struct json_writer *writer, const struct artifact_file *file, struct arena *arena) {
    json_key(writer, file->path);
    json_object_begin(writer);
    json_key(writer, STR("digest"));
    json_string(writer, file->digest);
    json_key(writer, STR("size"));
    json_int(writer, file->size_bytes);
    if (file->birth_artifact_id != 0) {
        json_key(writer, STR("birthArtifactID"));
        json_string(writer, node_id_make("Artifact", file->birth_artifact_id, arena));
    }
    if (file->ref.ptr != NULL) {
        json_key(writer, STR("ref"));
        json_string(writer, file->ref);
    }
    if (file->extra.ptr != NULL) {
        json_key(writer, STR("extra"));
        json_raw(writer, file->extra);
    }
    json_object_end(writer);
}

enum err_code artifact_manifest_write(const struct list *entries, struct buf *out, struct err *err) {
    struct arena *arena = arena_create();
    struct json_writer writer;

    json_writer_init(&writer, out, JSON_STRICT);
    json_object_begin(&writer);
    json_key(&writer, STR("version"));
    json_int(&writer, 1);
    json_key(&writer, STR("storagePolicy"));
    json_string(&writer, STR("wandb-storage-policy-v1"));
    json_key(&writer, STR("storagePolicyConfig"));
    json_raw(&writer, STR("{\"storageLayout\":\"V2\"}"));
    json_key(&writer, STR("contents"));
    json_object_begin(&writer);
    for (size_t i = 0; i < entries->count; i++)
        write_entry(&writer, entries->items[i], arena);
    json_object_end(&writer);
    json_object_end(&writer);
    arena_destroy(arena);
    return buf_check(out, "the manifest", err);
}

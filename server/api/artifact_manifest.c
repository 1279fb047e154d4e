/* artifact_manifest.c - see artifact_manifest.h. */
#include "server/api/artifact_manifest.h"

#include "base/file.h"
#include "base/json.h"
#include "server/api/node_id.h"

static enum err_code parse_entry(const struct json_member *member, struct artifact_file **out, struct arena *arena, struct err *err) {
    const struct json_value *value = &member->value, *extra = json_get(value, STR("extra"));
    struct artifact_file *file = ARENA_NEW(arena, struct artifact_file);
    struct str birth = json_get_str(value, STR("birthArtifactID"));

    if (!file_is_safe_path(member->key))
        return err_set(err, ERR_BAD_INPUT, "the manifest holds the path '%.*s', which is not a plain relative path",
                       STR_ARG(str_slice(member->key, 0, 200)));
    file->path = member->key;
    file->digest = json_get_str(value, STR("digest"));
    file->ref = json_get_str(value, STR("ref"));
    file->size_bytes = json_get_int(value, STR("size"), 0);
    if (file->digest.ptr == NULL)
        return err_set(err, ERR_BAD_INPUT, "the manifest's entry '%.*s' has no digest", STR_ARG(str_slice(file->path, 0, 200)));
    if (file->size_bytes < 0)
        return err_set(err, ERR_BAD_INPUT, "the manifest's entry '%.*s' has a negative size", STR_ARG(str_slice(file->path, 0, 200)));
    if (extra != NULL && extra->type == JSON_TYPE_OBJECT && extra->object.count > 0)
        file->extra = extra->raw;
    if (birth.ptr != NULL)
        (void)node_id_parse(birth, "Artifact", &file->birth_artifact_id, arena);
    *out = file;
    return OK;
}

enum err_code artifact_manifest_parse(struct str json, struct list *entries, struct arena *arena, struct err *err) {
    struct json_value *document;
    enum err_code code = json_parse(&document, json, JSON_STRICT, arena, err);
    if (code != OK)
        return err_add_context(err, "the manifest is not JSON");
    const struct json_value *contents = json_get(document, STR("contents"));
    if (json_get_int(document, STR("version"), 0) != 1)
        return err_set(err, ERR_BAD_INPUT, "the manifest is not of version 1");
    if (contents == NULL || contents->type != JSON_TYPE_OBJECT)
        return err_set(err, ERR_BAD_INPUT, "the manifest has no 'contents'");
    if (contents->object.count > MANIFEST_MAX_ENTRIES)
        return err_set(err, ERR_TOO_LARGE, "the manifest lists %zu files, at most %d are taken", contents->object.count, MANIFEST_MAX_ENTRIES);
    for (size_t i = 0; i < contents->object.count; i++) {
        struct artifact_file *file;
        TRY(parse_entry(&contents->object.members[i], &file, arena, err));
        list_add(entries, file, arena);
    }
    return OK;
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

/* artifact_record.c - see artifact_record.h. The numbers are those of the official client's wandb_internal.proto. */
#include "client/uplink/artifact_record.h"

#include "base/gzip.h"
#include "base/json.h"
#include "base/protobuf.h"
#include "client/uplink/answer.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MAX_BYTES = 256 << 20, TEXTS_MAX_BYTES = 512 << 20, CONFIG_MAX_BYTES = 64 << 10, EXTRA_MAX_BYTES = 64 << 10 };

void artifact_record_finish(struct artifact_record *record) {
    free(record->entries);
    buf_finish(&record->policy_config);
    buf_finish(&record->texts);
    record->entries = NULL;
    record->entry_count = 0;
}

static struct artifact_entry *add_entry(struct artifact_record *record, size_t *capacity, struct err *err) {
    if (record->entry_count == ARTIFACT_ENTRIES_MAX) {
        err_set_message(err, ERR_TOO_LARGE, "an artifact has at most %d entries", ARTIFACT_ENTRIES_MAX);
        return NULL;
    }
    if (record->entry_count == *capacity) {
        size_t wanted = *capacity == 0 ? 64 : *capacity * 2;
        struct artifact_entry *entries = realloc(record->entries, wanted * sizeof *entries);
        if (entries == NULL) {
            err_set_message(err, ERR_FULL, "out of memory");
            return NULL;
        }
        record->entries = entries;
        *capacity = wanted;
    }
    record->entries[record->entry_count] = (struct artifact_entry){ 0 };
    return &record->entries[record->entry_count++];
}

/* ---- entries inside the record ---- */

/* "key":value, behind what is there. */
static void put_member(struct buf *out, struct str item) {
    struct protobuf_reader reader;
    struct protobuf_field field;
    struct json_writer writer;
    struct str key = STR_EMPTY, value = STR("null");
    protobuf_reader_init(&reader, item);
    while (protobuf_next(&reader, &field)) {
        if (field.number == 1)
            key = protobuf_bytes(&field);
        else if (field.number == 2)
            value = protobuf_bytes(&field);
    }
    json_writer_init(&writer, out, JSON_EXTENDED);
    writer.needs_comma = out->len > 0 && out->ptr[out->len - 1] != '{';
    json_key(&writer, key);
    json_raw(&writer, value);
}

static enum err_code parse_entry(struct artifact_record *record, struct artifact_entry *entry, struct str bytes, struct err *err) {
    struct protobuf_reader reader;
    struct protobuf_field field;
    struct buf extra = BUF_INIT(EXTRA_MAX_BYTES);
    protobuf_reader_init(&reader, bytes);
    while (protobuf_next(&reader, &field))
        switch (field.number) {
        case 1: entry->path = protobuf_bytes(&field); break;
        case 2: entry->digest = protobuf_bytes(&field); break;
        case 3: entry->ref = protobuf_bytes(&field); break;
        case 4: entry->size = protobuf_i64(&field); break;
        case 6: entry->local_path = protobuf_bytes(&field); break;
        case 7: entry->birth_id = protobuf_bytes(&field); break;
        case 16: put_member(&extra, protobuf_bytes(&field)); break;
        default: break;
        }
    enum err_code code = protobuf_check(&reader, "manifest entry", err);
    if (code == OK && extra.len > 0 && !extra.failed) {
        /* Offsets for now: texts may move while it grows. */
        entry->extra_json.len = extra.len;
        entry->extra_json.ptr = NULL;
        buf_append_str(&record->texts, buf_str(&extra));
    }
    buf_finish(&extra);
    return code;
}

/* ---- entries in a file: JSON lines, gzipped ---- */

static struct str text_in(struct str line, const char *key, struct buf *texts) {
    struct str raw;
    size_t begin = texts->len;
    if (!answer_find(line, &raw, key, NULL) || !answer_text(raw, texts))
        return STR_EMPTY;
    /* An offset for now, see settle_texts. */
    return (struct str){ (const char *)(uintptr_t)(begin + 1), texts->len - begin };
}

static void take_line(struct artifact_record *record, struct artifact_entry *entry, struct str line) {
    struct str raw;
    entry->is_escaped = true;
    entry->path = text_in(line, "path", &record->texts);
    entry->digest = text_in(line, "digest", &record->texts);
    entry->ref = text_in(line, "ref", &record->texts);
    entry->local_path = text_in(line, "local_path", &record->texts);
    entry->birth_id = text_in(line, "birthArtifactID", &record->texts);
    if (answer_find(line, &raw, "size", NULL))
        (void)!answer_int(raw, &entry->size);
    if (answer_find(line, &raw, "extra", NULL) && raw.len > 2) {
        size_t begin = record->texts.len;
        buf_append_str(&record->texts, str_slice(raw, 1, raw.len - 2));
        entry->extra_json = (struct str){ (const char *)(uintptr_t)(begin + 1), raw.len - 2 };
    }
}

static enum err_code read_file(struct buf *out, struct str path, struct err *err) {
    char name[4096];
    struct stat stat;
    if (path.len >= sizeof name)
        return err_set(err, ERR_BAD_INPUT, "a manifest's path is too long");
    memcpy(name, path.ptr, path.len);
    name[path.len] = '\0';
    int fd = open(name, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_set_errno(err, errno, "cannot open the manifest '%s'", name);
    bool is_fit = fstat(fd, &stat) == 0 && S_ISREG(stat.st_mode) && stat.st_size <= FILE_MAX_BYTES;
    char *room = is_fit ? buf_reserve(out, (size_t)stat.st_size + 1) : NULL;
    ssize_t len = 1;
    while (room != NULL && len > 0 && out->len < (size_t)stat.st_size) {
        len = pread(fd, out->ptr + out->len, (size_t)stat.st_size - out->len, (off_t)out->len);
        if (len > 0)
            buf_commit(out, (size_t)len);
    }
    close(fd);
    return room != NULL && len > 0 ? OK : err_set(err, ERR_IO, "cannot read the manifest '%s'", name);
}

static enum err_code take_file(struct artifact_record *record, struct str path, size_t *capacity, struct err *err) {
    struct buf packed = BUF_INIT(FILE_MAX_BYTES + 1), lines = BUF_INIT(TEXTS_MAX_BYTES);
    struct str line, rest;
    enum err_code code = read_file(&packed, path, err);
    if (code == OK)
        code = gzip_inflate(&lines, buf_str(&packed), err);
    rest = buf_str(&lines);
    while (code == OK && rest.len > 0) {
        struct str all = rest;
        if (!str_cut(all, '\n', &line, &rest))
            rest = STR_EMPTY;
        if (line.len == 0)
            continue;
        struct artifact_entry *entry = add_entry(record, capacity, err);
        if (entry == NULL)
            code = err->code;
        else
            take_line(record, entry, line);
    }
    buf_finish(&packed);
    buf_finish(&lines);
    return code;
}

/* Offsets become addresses, now that the texts stay where they are. */
static void settle(const struct artifact_record *record, struct str *text) {
    uintptr_t offset = (uintptr_t)text->ptr;
    if (text->len > 0 && offset > 0 && offset <= record->texts.len)
        text->ptr = record->texts.ptr + offset - 1;
}

static void settle_texts(struct artifact_record *record) {
    size_t at = 0;
    for (size_t i = 0; i < record->entry_count; i++) {
        struct artifact_entry *entry = &record->entries[i];
        if (entry->is_escaped) {
            struct str *const texts[] = { &entry->path, &entry->digest, &entry->ref, &entry->local_path, &entry->birth_id,
                                          &entry->extra_json };
            for (size_t k = 0; k < sizeof texts / sizeof texts[0]; k++)
                settle(record, texts[k]);
        } else if (entry->extra_json.len > 0) {
            entry->extra_json.ptr = record->texts.ptr + at;
            at += entry->extra_json.len;
        }
    }
}

static enum err_code parse_manifest(struct artifact_record *record, struct str bytes, struct err *err) {
    struct protobuf_reader reader;
    struct protobuf_field field;
    struct artifact_entry *entry;
    size_t capacity = 0;
    protobuf_reader_init(&reader, bytes);
    while (protobuf_next(&reader, &field))
        switch (field.number) {
        case 2: record->storage_policy = protobuf_bytes(&field); break;
        case 3: put_member(&record->policy_config, protobuf_bytes(&field)); break;
        case 4:
            entry = add_entry(record, &capacity, err);
            if (entry == NULL)
                return err->code;
            TRY(parse_entry(record, entry, protobuf_bytes(&field), err));
            break;
        case 5: TRY(take_file(record, protobuf_bytes(&field), &capacity, err)); break;
        default: break;
        }
    settle_texts(record);
    if (record->texts.failed)
        return err_set(err, ERR_TOO_LARGE, "a manifest takes at most %d bytes", TEXTS_MAX_BYTES);
    return protobuf_check(&reader, "manifest", err);
}

/* ---- the record ---- */

static struct str *text_of(struct artifact_record *record, uint32_t number) {
    switch (number) {
    case 2: return &record->project;
    case 3: return &record->entity;
    case 4: return &record->type;
    case 5: return &record->name;
    case 6: return &record->digest;
    case 7: return &record->description;
    case 8: return &record->metadata;
    case 13: return &record->distributed_id;
    case 15: return &record->client_id;
    case 16: return &record->sequence_client_id;
    case 17: return &record->base_id;
    case 20: return &record->digest_algorithm;
    default: return NULL;
    }
}

static void take_flag(struct artifact_record *record, const struct protobuf_field *field) {
    switch (field->number) {
    case 9: record->is_user_created = protobuf_bool(field); break;
    case 10: record->is_used_after = protobuf_bool(field); break;
    case 14: record->is_finalized = protobuf_bool(field); break;
    case 18: record->ttl_s = protobuf_i64(field); break;
    case 100: record->is_incremental = protobuf_bool(field); break;
    default: break;
    }
}

enum err_code artifact_record_parse(struct artifact_record *out, struct str body, struct err *err) {
    struct protobuf_reader reader;
    struct protobuf_field field;
    enum err_code code = OK;
    *out = (struct artifact_record){ .storage_policy = STR_INIT("wandb-storage-policy-v1") };
    buf_init(&out->policy_config, CONFIG_MAX_BYTES);
    buf_init(&out->texts, TEXTS_MAX_BYTES);
    protobuf_reader_init(&reader, body);
    while (code == OK && protobuf_next(&reader, &field)) {
        struct str *text = text_of(out, field.number);
        if (text != NULL)
            *text = protobuf_bytes(&field);
        else if (field.number == 11 && out->alias_count < ARTIFACT_NAMES_MAX)
            out->aliases[out->alias_count++] = protobuf_bytes(&field);
        else if (field.number == 19 && out->tag_count < ARTIFACT_NAMES_MAX)
            out->tags[out->tag_count++] = protobuf_bytes(&field);
        else if (field.number == 12)
            code = parse_manifest(out, protobuf_bytes(&field), err);
        else
            take_flag(out, &field);
    }
    if (code == OK)
        code = protobuf_check(&reader, "artifact record", err);
    if (code == OK && (out->type.len == 0 || out->name.len == 0))
        code = err_set(err, ERR_BAD_INPUT, "an artifact has a name and a type");
    if (code != OK)
        artifact_record_finish(out);
    return code;
}

/* run_config.c - fields of a run that are read out of its config: {"key": {"value": ...}, "_wandb": {"value":
 * {...}}}. */
#include "server/api/resolver.h"
#include "server/api/runs/run_type.h"

enum { WANDB_CONFIG_BYTES_MAX = 64 << 20 };

static enum err_code find_config(struct db_tx *tx, struct gql_call *call, struct str *out, struct err *err) {
    const struct run *run = call->parent;
    struct run *found;
    *out = run->config;
    if (out->ptr == NULL) {
        TRY(run_find_by_id(tx, run->id, RUN_CONFIG, call->arena, &found, err));
        *out = found->config;
    }
    if (out->ptr == NULL)
        *out = STR("{}");
    return OK;
}

/* Only the client's own part is parsed: the rest may be large. NULL when there is none. */
static const struct json_value *wandb_part(struct str config, struct arena *arena) {
    struct json_reader reader;
    struct json_value *part;
    struct err err;
    struct str raw;

    json_reader_init(&reader, config, JSON_EXTENDED);
    if (json_next(&reader) != JSON_OBJECT_BEGIN)
        return NULL;
    while (json_next(&reader) == JSON_KEY) {
        bool is_it = !reader.has_escapes && str_eq_c(reader.text, "_wandb");
        if (!json_skip_value(&reader, json_next(&reader), &raw))
            return NULL;
        if (is_it)
            return json_parse(&part, raw, JSON_EXTENDED, arena, &err) == OK ? json_get(part, STR("value"))
                                                                            : NULL;
    }
    return NULL;
}

struct run_branch_point run_config_branch_point(struct str config, struct arena *arena) {
    const struct json_value *point =
        config.ptr == NULL ? NULL : json_get(wandb_part(config, arena), STR("branch_point"));
    struct run_branch_point out = { json_get_str(point, STR("run_id")), 0 };
    double step = 0;

    if (json_to_double(json_get(point, STR("step")), &step) && step > -0x1p53 && step < 0x1p53)
        out.step = (int64_t)step;
    return out;
}

bool run_config_describes_writer(struct str config, struct str writer, struct arena *arena) {
    const struct json_value *part = config.ptr == NULL ? NULL : wandb_part(config, arena);
    return json_get(json_get(part, STR("e")), writer) != NULL;
}

/* What a page draws by. */
static const char *const parts_of_link[] = { "bounding_box/class_labels", "cli_version", "m", "mask/class_labels", "visualize" };

static void write_parts_of_link(struct json_writer *json, const struct json_value *part) {
    json_object_begin(json);
    json_key(json, STR("value"));
    json_object_begin(json);
    for (size_t i = 0; i < sizeof parts_of_link / sizeof parts_of_link[0]; i++) {
        const struct json_value *value = json_get(part, str_from_c(parts_of_link[i]));
        if (value == NULL)
            continue;
        json_key(json, str_from_c(parts_of_link[i]));
        json_raw(json, value->raw);
    }
    json_object_end(json);
    json_object_end(json);
}

struct str run_config_of_link(struct str config, struct arena *arena) {
    struct buf text = BUF_INIT(WANDB_CONFIG_BYTES_MAX);
    struct json_reader reader;
    struct json_writer json;
    struct str raw;

    json_reader_init(&reader, config, JSON_EXTENDED);
    if (config.ptr == NULL || json_next(&reader) != JSON_OBJECT_BEGIN)
        return (struct str){ NULL, 0 };
    json_writer_init(&json, &text, JSON_EXTENDED);
    json_object_begin(&json);
    while (json_next(&reader) == JSON_KEY) {
        struct str key = json_unescape_copy(reader.text, reader.has_escapes, arena);
        if (!json_skip_value(&reader, json_next(&reader), &raw))
            break;
        json_key(&json, key);
        if (str_eq_c(key, "_wandb"))
            write_parts_of_link(&json, wandb_part(config, arena));
        else
            json_raw(&json, raw);
    }
    json_object_end(&json);
    struct str out = text.failed ? STR("{}") : arena_copy(arena, buf_str(&text));
    buf_finish(&text);
    return out;
}

READING_RESOLVER(answer_config) {
    struct str config;
    TRY(find_config(tx, call, &config, err));
    json_string(call->out, config);
    return OK;
}

enum err_code run_config_answer(struct gql_call *call, struct err *err) {
    return answer_config(call, err);
}

static bool is_asked(const struct json_value *keys, struct str key) {
    if (keys == NULL || keys->type != JSON_TYPE_ARRAY)
        return true;
    for (size_t i = 0; i < keys->array.count; i++)
        if (keys->array.items[i].type == JSON_TYPE_STRING && str_eq(keys->array.items[i].string, key))
            return true;
    return false;
}

static void write_part(struct gql_call *call, const struct json_value *part) {
    const struct json_value *keys = gql_arg(call, "keys");
    struct buf text = BUF_INIT(WANDB_CONFIG_BYTES_MAX);
    struct json_writer writer;

    json_writer_init(&writer, &text, JSON_EXTENDED);
    json_object_begin(&writer);
    for (size_t i = 0; part != NULL && part->type == JSON_TYPE_OBJECT && i < part->object.count; i++) {
        const struct json_member *member = &part->object.members[i];
        if (!is_asked(keys, member->key))
            continue;
        json_key(&writer, member->key);
        json_raw(&writer, member->value.raw);
    }
    json_object_end(&writer);
    json_string(call->out, buf_str(&text));
    buf_finish(&text);
}

READING_RESOLVER(answer_wandb_config) {
    struct str config;
    TRY(find_config(tx, call, &config, err));
    write_part(call, wandb_part(config, call->arena));
    return OK;
}

enum err_code run_config_answer_wandb(struct gql_call *call, struct err *err) {
    return answer_wandb_config(call, err);
}

/* ---- RunInfo: the environment of the first writer ---- */

struct run_info {
    struct owner owner;
    const struct run *run;
    const struct json_value *environment; /* may be NULL */
};

READING_RESOLVER(answer_run_info) {
    struct run_info *info = ARENA_NEW(call->arena, struct run_info);
    const struct json_value *writers;
    struct str config;

    TRY(find_config(tx, call, &config, err));
    writers = json_get(wandb_part(config, call->arena), STR("e"));
    info->run = call->parent;
    info->owner = info->run->owner;
    if (writers != NULL && writers->type == JSON_TYPE_OBJECT && writers->object.count > 0)
        info->environment = &writers->object.members[0].value;
    gql_object(call, info);
    return OK;
}

enum err_code run_config_answer_info(struct gql_call *call, struct err *err) {
    return answer_run_info(call, err);
}

/* The environment's word, or else what the run itself was told. */
static void write_word(struct gql_call *call, const char *key, struct str otherwise) {
    const struct run_info *info = call->parent;
    struct str word = json_get_str(info->environment, str_from_c(key));
    gql_str(call, word.ptr != NULL ? word : otherwise);
}

#define WORD_RESOLVER(name, key, otherwise)                                                                  \
    static enum err_code name(struct gql_call *call, struct err *err) {                                      \
        (void)err;                                                                                           \
        write_word(call, (key), (otherwise));                                                                \
        return OK;                                                                                           \
    }

static const struct run *run_of(const struct gql_call *call) {
    return ((const struct run_info *)call->parent)->run;
}

WORD_RESOLVER(answer_colab, "colab", (struct str){ 0 })
WORD_RESOLVER(answer_executable, "executable", (struct str){ 0 })
WORD_RESOLVER(answer_gpu, "gpu", (struct str){ 0 })
WORD_RESOLVER(answer_os, "os", (struct str){ 0 })
WORD_RESOLVER(answer_program, "program", run_of(call)->program)
WORD_RESOLVER(answer_python, "python", (struct str){ 0 })

static enum err_code write_count(struct gql_call *call, const char *key) {
    const struct run_info *info = call->parent;
    const struct json_value *count = json_get(info->environment, str_from_c(key));
    if (count != NULL && count->type == JSON_TYPE_INT && count->integer >= 0 && count->integer <= INT32_MAX)
        json_int(call->out, count->integer);
    return OK;
}

static enum err_code answer_cpu_count(struct gql_call *call, struct err *err) {
    (void)err;
    return write_count(call, "cpu_count");
}

static enum err_code answer_gpu_count(struct gql_call *call, struct err *err) {
    (void)err;
    return write_count(call, "gpu_count");
}

static enum err_code answer_code_saved(struct gql_call *call, struct err *err) {
    const struct run_info *info = call->parent;
    (void)err;
    json_bool(call->out, json_get_str(info->environment, STR("codePath")).len > 0);
    return OK;
}

static enum err_code answer_args(struct gql_call *call, struct err *err) {
    const struct run_info *info = call->parent;
    const struct json_value *args = json_get(info->environment, STR("args"));
    (void)err;
    json_array_begin(call->out);
    for (size_t i = 0; args != NULL && args->type == JSON_TYPE_ARRAY && i < args->array.count; i++)
        if (args->array.items[i].type == JSON_TYPE_STRING)
            json_string(call->out, args->array.items[i].string);
    json_array_end(call->out);
    return OK;
}

static enum err_code answer_git(struct gql_call *call, struct err *err) {
    (void)err;
    gql_object(call, call->parent);
    return OK;
}

static enum err_code write_git(struct gql_call *call, const char *key, struct str otherwise) {
    const struct run_info *info = call->parent;
    struct str word = json_get_str(json_get(info->environment, STR("git")), str_from_c(key));
    gql_str(call, word.ptr != NULL ? word : otherwise);
    return OK;
}

static enum err_code answer_git_commit(struct gql_call *call, struct err *err) {
    (void)err;
    return write_git(call, "commit", run_of(call)->commit);
}

static enum err_code answer_git_remote(struct gql_call *call, struct err *err) {
    (void)err;
    return write_git(call, "remote", run_of(call)->repo);
}

/* Sorted by name. */
static const struct gql_field git_info_fields[] = {
    { "commit", "", "String", CAN_READ, answer_git_commit, NULL },
    { "remote", "", "String", CAN_READ, answer_git_remote, NULL },
};
const struct gql_type git_info_type = GQL_TYPE("GitInfo", git_info_fields);

/* Sorted by name. */
static const struct gql_field run_info_fields[] = {
    { "args", "", "[String!]!", CAN_READ, answer_args, NULL },
    { "codeSaved", "", "Boolean!", CAN_READ, answer_code_saved, NULL },
    { "colab", "", "String", CAN_READ, answer_colab, NULL },
    { "cpuCount", "", "Int", CAN_READ, answer_cpu_count, NULL },
    { "executable", "", "String", CAN_READ, answer_executable, NULL },
    { "git", "", "GitInfo", CAN_READ, answer_git, NULL },
    { "gpu", "", "String", CAN_READ, answer_gpu, NULL },
    { "gpuCount", "", "Int", CAN_READ, answer_gpu_count, NULL },
    { "os", "", "String", CAN_READ, answer_os, NULL },
    { "program", "", "String", CAN_READ, answer_program, NULL },
    { "python", "", "String", CAN_READ, answer_python, NULL },
};
const struct gql_type run_info_type = GQL_TYPE("RunInfo", run_info_fields);

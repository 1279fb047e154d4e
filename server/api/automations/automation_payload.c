/* automation_payload.c - see automation_payload.h. */
#include "server/api/automations/automation_payload.h"

#include "base/clock.h"
#include "base/json.h"
#include "server/store/accounts/user.h"
#include "server/store/artifacts/artifact.h"
#include "server/store/automations/delivery.h"
#include "server/store/automations/integration.h"
#include "server/store/projects/project.h"
#include "server/store/runs/run.h"

enum { WORDS_MAX = 32 };

/* ${name} stands for its text. */
struct word {
    const char *name;
    struct str text;
};

struct words {
    struct word items[WORDS_MAX];
    size_t count;
    const struct json_value *metadata; /* ${artifact_metadata.KEY}; NULL: none */
};

static void add_word(struct words *words, const char *name, struct str text) {
    if (words->count < WORDS_MAX)
        words->items[words->count++] = (struct word){ name, text.ptr == NULL ? STR_EMPTY : text };
}

/* ---- filling in ---- */

static bool find_word(const struct words *words, struct str name, struct str *out, struct arena *arena) {
    static const struct str metadata = STR_INIT("artifact_metadata.");
    for (size_t i = 0; i < words->count; i++)
        if (str_eq_c(name, words->items[i].name)) {
            *out = words->items[i].text;
            return true;
        }
    const struct json_value *value = str_starts_with(name, metadata) ? json_get(words->metadata, str_from(name, metadata.len)) : NULL;
    struct buf text = BUF_INIT(DELIVERY_BODY_MAX);
    struct json_writer writer;
    if (value == NULL)
        return false;
    json_writer_init(&writer, &text, JSON_STRICT);
    json_value_write(&writer, value);
    *out = value->type == JSON_TYPE_STRING ? value->string : arena_copy(arena, buf_str(&text));
    buf_finish(&text);
    return true;
}

/* What is no word stays as it is. Once there is too much, nothing more is put together: a word may be short and its text long. */
static struct str fill_in(struct str text, const struct words *words, struct arena *arena) {
    struct buf out = BUF_INIT(DELIVERY_BODY_MAX);
    for (size_t i = 0; i < text.len && !out.failed;) {
        struct str rest = str_from(text, i), name, after, value;
        bool is_word = str_starts_with(rest, STR("${")) && str_cut(str_from(rest, 2), '}', &name, &after) && find_word(words, name, &value, arena);
        if (is_word)
            buf_append_str(&out, value);
        else
            buf_append_char(&out, text.ptr[i]);
        i += is_word ? name.len + 3 : 1;
    }
    struct str result = out.failed ? text : arena_copy(arena, buf_str(&out));
    buf_finish(&out);
    return result;
}

/* Words are filled into texts, never into JSON: what they say cannot become structure. */
static void write_filled(struct json_writer *writer, const struct json_value *value, const struct words *words, struct arena *arena) {
    if (writer->out->failed)
        return;
    switch (value->type) {
    case JSON_TYPE_STRING:
        json_string(writer, fill_in(value->string, words, arena));
        return;
    case JSON_TYPE_ARRAY:
        json_array_begin(writer);
        for (size_t i = 0; i < value->array.count; i++)
            write_filled(writer, &value->array.items[i], words, arena);
        json_array_end(writer);
        return;
    case JSON_TYPE_OBJECT:
        json_object_begin(writer);
        for (size_t i = 0; i < value->object.count; i++) {
            json_key(writer, value->object.members[i].key);
            write_filled(writer, &value->object.members[i].value, words, arena);
        }
        json_object_end(writer);
        return;
    default:
        json_value_write(writer, value);
    }
}

static void write_words(struct json_writer *writer, const struct words *words) {
    json_object_begin(writer);
    for (size_t i = 0; i < words->count; i++) {
        json_key(writer, str_from_c(words->items[i].name));
        json_string(writer, words->items[i].text);
    }
    json_object_end(writer);
}

static void write_notification(struct json_writer *writer, const struct json_value *config, const struct words *words, struct arena *arena) {
    static const char *const members[] = { "title", "message", "severity" };
    json_object_begin(writer);
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        json_key(writer, str_from_c(members[i]));
        json_string(writer, fill_in(json_get_str(config, str_from_c(members[i])), words, arena));
    }
    json_key(writer, STR("event"));
    write_words(writer, words);
    json_object_end(writer);
}

static enum err_code write_body(const struct automation *automation, const struct words *words, struct str *out, struct arena *arena,
                                struct err *err) {
    struct buf body = BUF_INIT(DELIVERY_BODY_MAX);
    struct json_value *config, *template = NULL;
    struct json_writer writer;
    TRY(json_parse(&config, automation->action_config, JSON_STRICT, arena, err));
    struct str payload = json_get_str(config, STR("requestPayload"));
    if (payload.len > 0)
        TRY(json_parse(&template, payload, JSON_STRICT, arena, err));
    json_writer_init(&writer, &body, JSON_STRICT);
    if (str_eq_c(automation->action_type, "NOTIFICATION"))
        write_notification(&writer, config, words, arena);
    else if (template != NULL)
        write_filled(&writer, template, words, arena);
    else
        write_words(&writer, words);
    *out = arena_copy(arena, buf_str(&body));
    enum err_code code = buf_check(&body, "the automation's payload", err);
    buf_finish(&body);
    return code;
}

static enum err_code queue(struct db_tx *tx, const struct automation *automation, const struct words *words, struct delivery *delivery,
                           struct arena *arena, struct err *err) {
    struct integration *integration;
    if (automation->integration_id == 0)
        return OK;
    enum err_code code = integration_find(tx, automation->integration_id, arena, &integration, err);
    if (code == ERR_NOT_FOUND)
        return OK;
    TRY(code);
    code = write_body(automation, words, &delivery->body, arena, err);
    if (code == ERR_BAD_INPUT || code == ERR_TOO_LARGE) /* its own fault; others go on */
        return OK;
    TRY(code);
    delivery->kind = STR("automation");
    delivery->automation_id = automation->id;
    delivery->integration_id = integration->id;
    delivery->target = integration->url;
    return delivery_add(tx, delivery, clock_wall_ms(), err);
}

/* ---- the words ---- */

static enum err_code add_common(struct db_tx *tx, struct words *words, const struct automation *automation, int64_t author_id, struct arena *arena,
                                struct err *err) {
    struct user *user;
    add_word(words, "event_type", automation->event_type);
    add_word(words, "automation_name", automation->name);
    enum err_code code = author_id == 0 ? ERR_NOT_FOUND : user_find_by_id(tx, author_id, arena, &user, err);
    add_word(words, "event_author", code == OK ? user->username : STR_EMPTY);
    return code == ERR_NOT_FOUND ? OK : code;
}

static enum err_code add_artifact(struct db_tx *tx, struct words *words, const struct automation_event *event, struct arena *arena,
                                  struct err *err) {
    struct collection *collection;
    struct membership *membership;
    struct artifact *artifact;
    struct json_value *metadata;
    struct err ignored;
    TRY(collection_get(tx, event->collection_id, arena, &collection, err));
    add_word(words, "artifact_collection_name", collection->name);
    add_word(words, "artifact_type", collection->type_name);
    if (event->artifact_id == 0)
        return OK;
    TRY(artifact_get(tx, event->artifact_id, arena, &artifact, err));
    TRY(artifact_load_texts(tx, artifact, arena, err));
    if (artifact->metadata.len > 0 && json_parse(&metadata, artifact->metadata, JSON_STRICT, arena, &ignored) == OK)
        words->metadata = metadata;
    enum err_code code = membership_get(tx, collection->id, artifact->id, arena, &membership, err);
    int64_t index = code == OK ? membership->version_index : artifact->version_index;
    struct str version = arena_printf(arena, "v%lld", (long long)index);
    add_word(words, "artifact_version_index", arena_printf(arena, "%lld", (long long)index));
    add_word(words, "artifact_version", arena_printf(arena, "%.*s:%.*s", STR_ARG(collection->name), STR_ARG(version)));
    add_word(words, "artifact_digest", artifact->digest);
    return code == ERR_NOT_FOUND ? OK : code;
}

enum err_code automation_queue_artifact(struct db_tx *tx, const struct automation *automation, const struct automation_event *event,
                                        struct arena *arena, struct err *err) {
    struct delivery delivery = { .owner = event->owner };
    struct words *words = ARENA_NEW(arena, struct words);
    struct project *project;
    enum err_code code = project_find_by_id(tx, event->owner.project_id, arena, &project, err);
    if (code == OK)
        code = add_common(tx, words, automation, automation->user_id, arena, err);
    if (code == OK)
        code = add_artifact(tx, words, event, arena, err);
    if (code != OK)
        return code == ERR_NOT_FOUND ? OK : code; /* gone since */
    add_word(words, "entity_name", project->entity_name);
    add_word(words, "project_name", project->name);
    struct str version = STR_EMPTY, path;
    (void)(find_word(words, STR("artifact_version"), &version, arena) || find_word(words, STR("artifact_collection_name"), &version, arena));
    path = arena_printf(arena, "%.*s/%.*s/%.*s", STR_ARG(project->entity_name), STR_ARG(project->name), STR_ARG(version));
    add_word(words, "artifact_version_string", path);
    bool is_alias = str_eq_c(event->type, "ADD_ARTIFACT_ALIAS") || str_eq_c(event->type, "UPDATE_ARTIFACT_ALIAS");
    add_word(words, is_alias ? "alias" : "tag", event->word);
    delivery.subject = arena_printf(arena, "%.*s: %.*s", STR_ARG(event->type), STR_ARG(version));
    return queue(tx, automation, words, &delivery, arena, err);
}

enum err_code automation_queue_run(struct db_tx *tx, const struct automation *automation, int64_t run_id, struct arena *arena, struct err *err) {
    struct delivery delivery = { .run_id = run_id };
    struct words *words = ARENA_NEW(arena, struct words);
    struct run *run;
    enum err_code code = run_find_by_id(tx, run_id, 0, arena, &run, err);
    if (code != OK)
        return code == ERR_NOT_FOUND || code == ERR_GONE ? OK : code;
    TRY(add_common(tx, words, automation, run->user_id, arena, err));
    add_word(words, "entity_name", run->entity_name);
    add_word(words, "project_name", run->project_name);
    add_word(words, "run_id", run->name);
    add_word(words, "run_name", run->display_name);
    add_word(words, "run_state", str_from_c(run_state_name(run->state)));
    delivery.owner = run->owner;
    delivery.subject = arena_printf(arena, "%.*s: %.*s", STR_ARG(automation->event_type), STR_ARG(run->name));
    return queue(tx, automation, words, &delivery, arena, err);
}

/* sweep_config.c - see sweep_config.h. */
#include "server/sweep/sweep_config.h"

#include "server/sweep/yaml.h"

#include <math.h>

enum { WARNINGS_MAX = 100, METRIC_BYTES_MAX = 1024, TEXT_BYTES_MAX = 1 << 16 };

struct parsing {
    struct sweep_config *config;
    const struct json_value *root;
    struct arena *arena;
};

static void add_warning(void *context, struct str sentence) {
    struct parsing *p = context;
    if (p->config->warnings.count == WARNINGS_MAX)
        return;
    struct str *kept = ARENA_NEW(p->arena, struct str);
    *kept = sentence;
    list_add(&p->config->warnings, kept, p->arena);
}

/* ---- words ---- */

static const char *const methods[] = { [SWEEP_GRID] = "grid", [SWEEP_RANDOM] = "random", [SWEEP_BAYES] = "bayes", [SWEEP_CUSTOM] = "custom" };

const char *sweep_method_name(enum sweep_method method) {
    return methods[method];
}

static bool is_among(struct str word, const char *const *words, size_t count, size_t *place) {
    for (*place = 0; *place < count; (*place)++)
        if (str_eq_c(word, words[*place]))
            return true;
    return false;
}

/* Every part that is an object says which keys it knows. */
static void warn_of_others(struct parsing *p, const struct json_value *object, const char *prefix, const char *const *known, size_t count) {
    size_t place;
    for (size_t i = 0; object != NULL && object->type == JSON_TYPE_OBJECT && i < object->object.count; i++) {
        struct str key = object->object.members[i].key;
        if (!is_among(key, known, count, &place))
            add_warning(p, arena_printf(p->arena, "%s%.*s is not used", prefix, STR_ARG(str_slice(key, 0, 100))));
    }
}
#define WARN_OF_OTHERS(p, object, prefix, known) warn_of_others((p), (object), (prefix), (known), sizeof(known) / sizeof((known)[0]))

/* A text, ptr NULL when it is not there. Numbers and such are not texts. */
static enum err_code read_text(const struct json_value *object, const char *path, const char *key, struct str *out, struct err *err) {
    const struct json_value *value = json_get(object, str_from_c(key));
    *out = (struct str){ 0 };
    if (value == NULL || value->type == JSON_TYPE_NULL)
        return OK;
    if (value->type != JSON_TYPE_STRING || value->string.len > TEXT_BYTES_MAX)
        return err_set(err, ERR_BAD_INPUT, "%s%s: must be a text of at most %d bytes", path, key, TEXT_BYTES_MAX);
    *out = value->string;
    return OK;
}

/* ---- parts ---- */

static enum err_code read_method(struct parsing *p, struct err *err) {
    struct str word;
    size_t place;

    TRY(read_text(p->root, "", "method", &word, err));
    if (word.ptr == NULL && p->config->is_scheduled)
        word = STR("random"); /* a word that nobody reads: its engine says how */
    if (word.ptr == NULL)
        return err_set(err, ERR_BAD_INPUT, "method: is missing: grid, random or bayes");
    if (!is_among(word, methods, sizeof methods / sizeof methods[0], &place))
        return err_set(err, ERR_BAD_INPUT, "method: must be grid, random or bayes, got '%.*s'", STR_ARG(str_slice(word, 0, 100)));
    p->config->method = (enum sweep_method)place;
    return OK;
}

static enum err_code read_controller(struct parsing *p, struct err *err) {
    const struct json_value *controller = json_get(p->root, STR("controller"));
    struct str type;

    if (controller == NULL || controller->type == JSON_TYPE_NULL)
        return OK;
    TRY(read_text(controller, "controller.", "type", &type, err));
    if (!str_eq_c(type, "local") && !str_eq_c(type, "cloud"))
        return err_set(err, ERR_BAD_INPUT, "controller.type: must be local or cloud");
    p->config->is_local = str_eq_c(type, "local");
    return OK;
}

static enum err_code read_scheduler(struct parsing *p, struct err *err) {
    const struct json_value *scheduler = json_get(p->root, STR("scheduler"));
    struct str engine;

    if (scheduler == NULL || scheduler->type == JSON_TYPE_NULL)
        return OK;
    TRY(read_text(scheduler, "scheduler.", "engine", &engine, err));
    p->config->is_scheduled = engine.ptr != NULL;
    if (!p->config->is_scheduled)
        add_warning(p, STR("scheduler is not used without scheduler.engine"));
    return OK;
}

static enum err_code read_impute(const struct json_value *metric, const char *key, enum sweep_impute otherwise, enum sweep_impute *out,
                                 struct err *err) {
    static const char *const words[] = { "false", "worst", "best", "latest" };
    const struct json_value *value = json_get(metric, str_from_c(key));
    size_t place;

    *out = otherwise;
    if (value == NULL || (value->type == JSON_TYPE_BOOL && !value->boolean))
        return OK;
    if (value->type != JSON_TYPE_STRING || !is_among(value->string, words, 4, &place))
        return err_set(err, ERR_BAD_INPUT, "metric.%s: must be worst, best or latest", key);
    *out = (enum sweep_impute)place;
    return OK;
}

static enum err_code read_metric(struct parsing *p, struct err *err) {
    static const char *const known[] = { "name", "goal", "target", "impute", "impute_while_running" };
    struct sweep_config *config = p->config;
    const struct json_value *metric = json_get(p->root, STR("metric")), *target = json_get(metric, STR("target"));
    struct str goal;

    if (metric == NULL || metric->type == JSON_TYPE_NULL)
        return OK;
    TRY(read_text(metric, "metric.", "name", &config->metric, err));
    TRY(read_text(metric, "metric.", "goal", &goal, err));
    if (config->metric.len == 0 || config->metric.len > METRIC_BYTES_MAX)
        return err_set(err, ERR_BAD_INPUT, "metric.name: must be 1 to %d bytes of text", METRIC_BYTES_MAX);
    if (goal.ptr != NULL && !str_eq_c(goal, "minimize") && !str_eq_c(goal, "maximize"))
        return err_set(err, ERR_BAD_INPUT, "metric.goal: must be minimize or maximize, got '%.*s'", STR_ARG(str_slice(goal, 0, 100)));
    config->is_maximize = str_eq_c(goal, "maximize");
    config->has_target = target != NULL;
    if (target != NULL && (!json_to_double(target, &config->target) || !isfinite(config->target)))
        return err_set(err, ERR_BAD_INPUT, "metric.target: must be a finite number");
    TRY(read_impute(metric, "impute", IMPUTE_WORST, &config->impute, err));
    TRY(read_impute(metric, "impute_while_running", IMPUTE_NOTHING, &config->impute_while_running, err));
    WARN_OF_OTHERS(p, metric, "metric.", known);
    return OK;
}

static enum err_code read_whole(const struct parsing *p, const char *key, int64_t lowest, int64_t *out, bool *is_there, struct err *err) {
    const struct json_value *value = json_get(p->root, str_from_c(key));
    *is_there = value != NULL && value->type != JSON_TYPE_NULL;
    *out = 0;
    if (*is_there && (value->type != JSON_TYPE_INT || value->integer < lowest))
        return err_set(err, ERR_BAD_INPUT, "%s: must be a whole number of at least %lld", key, (long long)lowest);
    if (*is_there)
        *out = value->integer;
    return OK;
}

static enum err_code read_early_terminate(struct parsing *p, struct err *err) {
    static const char *const known[] = { "type", "min_iter", "max_iter", "s", "eta", "strict" };
    const struct json_value *early = json_get(p->root, STR("early_terminate"));

    if (early == NULL || early->type == JSON_TYPE_NULL)
        return OK;
    if (p->config->is_local && !str_eq_c(json_get_str(early, STR("type")), "hyperband"))
        return OK; /* the client's controller may have words of its own */
    TRY(hyperband_parse(&p->config->early_terminate, early, err));
    if (p->config->metric.ptr == NULL)
        return err_set(err, ERR_BAD_INPUT, "early_terminate: needs a metric to compare");
    p->config->has_early_terminate = true;
    WARN_OF_OTHERS(p, early, "early_terminate.", known);
    return OK;
}

static enum err_code read_parameters(struct parsing *p, struct err *err) {
    const struct json_value *parameters = json_get(p->root, STR("parameters"));
    struct space_warnings warnings = { add_warning, p };
    struct sweep_config *config = p->config;

    if (parameters == NULL && config->is_scheduled)
        return OK; /* its engine may have them in a program */
    if (parameters == NULL)
        return err_set(err, ERR_BAD_INPUT, "parameters: is missing");
    TRY(space_parse(&config->space, parameters, &warnings, p->arena, err));
    if (config->method == SWEEP_GRID)
        TRY(space_grid_count(&config->space, &config->grid_count, err));
    return OK;
}

static enum err_code check_whole(struct parsing *p, struct err *err) {
    const struct sweep_config *config = p->config;
    if (config->method == SWEEP_BAYES && config->metric.ptr == NULL)
        return err_set(err, ERR_BAD_INPUT, "metric: bayes needs one to improve");
    if (config->method == SWEEP_CUSTOM && !config->is_local && !config->is_scheduled)
        return err_set(err, ERR_BAD_INPUT, "method: custom needs a local controller (controller: {type: local})");
    if (config->has_target && config->metric.ptr != NULL && config->is_local)
        add_warning(p, STR("metric.target is not used with a local controller"));
    return OK;
}

enum err_code sweep_config_parse(struct sweep_config **out, struct str text, struct arena *arena, struct err *err) {
    static const char *const known[] = { "apiVersion", "kind", "method", "metric", "parameters", "program", "name", "description", "command",
                                         "early_terminate", "run_cap", "controller", "scheduler", "entity", "project", "seed" };
    struct sweep_config *config = ARENA_NEW(arena, struct sweep_config);
    struct parsing p = { .config = config, .arena = arena };
    struct json_value *root;
    int64_t seed;
    bool has_cap;

    if (yaml_parse(&root, text, arena, err) != OK)
        return err_add_context(err, "the sweep's configuration");
    if (root->type != JSON_TYPE_OBJECT)
        return err_set(err, ERR_BAD_INPUT, "the sweep's configuration must be an object with method and parameters");
    p.root = root;
    TRY(read_text(root, "", "name", &config->name, err));
    TRY(read_text(root, "", "description", &config->description, err));
    TRY(read_text(root, "", "program", &config->program, err));
    TRY(read_scheduler(&p, err));
    TRY(read_method(&p, err));
    TRY(read_controller(&p, err));
    TRY(read_metric(&p, err));
    TRY(read_whole(&p, "run_cap", 1, &config->run_cap, &has_cap, err));
    TRY(read_whole(&p, "seed", 0, &seed, &config->has_seed, err));
    config->seed = (uint64_t)seed;
    TRY(read_early_terminate(&p, err));
    TRY(read_parameters(&p, err));
    TRY(check_whole(&p, err));
    WARN_OF_OTHERS(&p, root, "", known);
    *out = config;
    return OK;
}

/* automation_filter.c - what an automation waits for: events, and conditions on metrics and states; see automation_type.h. */
#include "server/api/automations/automation_type.h"

#include <math.h>

/* Sorted by name. */
static const struct automation_event_type event_types[] = {
    { "ADD_ARTIFACT_ALIAS", ON_ARTIFACT },   { "ADD_ARTIFACT_TAG", ON_ARTIFACT },    { "ADD_COLLECTION_TAG", ON_ARTIFACT },
    { "CREATE_ARTIFACT", ON_ARTIFACT },      { "LINK_MODEL", ON_ARTIFACT },          { "REMOVE_ARTIFACT_TAG", ON_ARTIFACT },
    { "REMOVE_COLLECTION_TAG", ON_ARTIFACT }, { "RUN_METRIC", ON_RUN_METRIC },       { "RUN_METRIC_CHANGE", ON_RUN_METRIC },
    { "RUN_METRIC_ZSCORE", ON_RUN_METRIC },  { "RUN_STATE", ON_RUN_STATE },          { "UNLINK_ARTIFACT", ON_ARTIFACT },
    { "UPDATE_ARTIFACT_ALIAS", ON_ARTIFACT },
};

const struct automation_event_type *automation_event_type_find(struct str name) {
    for (size_t i = 0; i < sizeof event_types / sizeof event_types[0]; i++)
        if (str_eq_c(name, event_types[i].name))
            return &event_types[i];
    return NULL;
}

/* ---- parsing ---- */

static enum err_code missing(const char *what, struct err *err) {
    return err_set(err, ERR_BAD_INPUT, "the event's filter: %s", what);
}

static enum err_code read_window(const struct json_value *json, const char *key, int64_t otherwise, int64_t *out, struct err *err) {
    *out = json_get_int(json, str_from_c(key), otherwise);
    return *out >= 1 && *out <= METRIC_WINDOW_MAX
               ? OK
               : err_set(err, ERR_BAD_INPUT, "the event's filter: %s must be from 1 to %d", key, METRIC_WINDOW_MAX);
}

static enum err_code read_number(const struct json_value *json, const char *key, double *out, struct err *err) {
    if (json_to_double(json_get(json, str_from_c(key)), out))
        return OK;
    return err_set(err, ERR_BAD_INPUT, "the event's filter: %s must be a number", key);
}

static enum metric_aggregate aggregate_of(struct str word) {
    return str_eq_c(word, "AVERAGE") ? METRIC_AVERAGE : str_eq_c(word, "MIN") ? METRIC_MIN : str_eq_c(word, "MAX") ? METRIC_MAX : METRIC_LAST;
}

static int direction_of(struct str word) {
    return str_eq_c(word, "INCREASE") ? 1 : str_eq_c(word, "DECREASE") ? -1 : 0;
}

static enum err_code read_threshold(struct metric_condition *out, const struct json_value *json, struct err *err) {
    static const char *const comparisons[] = { "$gt", "$gte", "$lt", "$lte" };
    out->kind = METRIC_THRESHOLD;
    out->comparison = json_get_str(json, STR("cmp_op"));
    TRY(read_window(json, "window_size", 1, &out->window, err));
    for (size_t i = 0; i < sizeof comparisons / sizeof comparisons[0]; i++)
        if (str_eq_c(out->comparison, comparisons[i]))
            return read_number(json, "threshold", &out->threshold, err);
    return missing("cmp_op must be $gt, $gte, $lt or $lte", err);
}

static enum err_code read_change(struct metric_condition *out, const struct json_value *json, struct err *err) {
    out->kind = METRIC_CHANGE;
    out->is_relative = str_eq_c(json_get_str(json, STR("change_type")), "RELATIVE");
    out->direction = direction_of(json_get_str(json, STR("change_dir")));
    TRY(read_window(json, "current_window_size", 1, &out->window, err));
    TRY(read_window(json, "prior_window_size", out->window, &out->prior, err));
    return read_number(json, "change_amount", &out->threshold, err);
}

static enum err_code read_zscore(struct metric_condition *out, const struct json_value *json, struct err *err) {
    out->kind = METRIC_ZSCORE;
    out->direction = direction_of(json_get_str(json, STR("change_dir")));
    TRY(read_window(json, "window_size", 30, &out->window, err));
    return read_number(json, "threshold", &out->threshold, err);
}

/* Clients before 0.22 name the filters that they do not set, as null. */
static const struct json_value *given(const struct json_value *json, struct str name) {
    const struct json_value *value = json_get(json, name);
    return value != NULL && value->type != JSON_TYPE_NULL ? value : NULL;
}

static enum err_code read_metric(struct metric_condition *out, const struct json_value *json, struct err *err) {
    const struct json_value *threshold = given(json, STR("threshold_filter")), *change = given(json, STR("change_filter")),
                            *zscore = given(json, STR("zscore_filter"));
    const struct json_value *chosen = threshold != NULL ? threshold : change != NULL ? change : zscore;
    if (chosen == NULL)
        return missing("run_metric_filter wants a threshold_filter, a change_filter or a zscore_filter", err);
    out->name = json_get_str(chosen, STR("name"));
    out->aggregate = aggregate_of(json_get_str(chosen, STR("agg_op")));
    if (out->name.len == 0)
        return missing("the metric has no name", err);
    if (chosen == threshold)
        return read_threshold(out, chosen, err);
    return chosen == change ? read_change(out, chosen, err) : read_zscore(out, chosen, err);
}

static enum err_code read_states(struct event_filter *out, const struct json_value *json, struct err *err) {
    const struct json_value *states = json_get(json, STR("states"));
    if (states == NULL || states->type != JSON_TYPE_ARRAY || states->array.count == 0)
        return missing("run_state_filter wants a list of states", err);
    for (size_t i = 0; i < states->array.count; i++) {
        struct str state = states->array.items[i].type == JSON_TYPE_STRING ? states->array.items[i].string : STR_EMPTY;
        bool *wanted = str_eq_ignore_case(state, STR("running"))    ? &out->on_running
                       : str_eq_ignore_case(state, STR("finished")) ? &out->on_finished
                       : str_eq_ignore_case(state, STR("failed")) || str_eq_ignore_case(state, STR("crashed")) ? &out->on_failed
                                                                                                               : NULL;
        if (wanted == NULL)
            return missing("a state is RUNNING, FINISHED or FAILED", err);
        *wanted = true;
    }
    return OK;
}

enum err_code event_filter_parse(struct event_filter *out, const struct automation_event_type *type, struct str json, struct arena *arena,
                                 struct err *err) {
    struct json_value *value;
    *out = (struct event_filter){ .filter = json };
    if (json_parse(&value, json, JSON_STRICT, arena, err) != OK)
        return err_add_context(err, "the event's filter");
    if (type->kind == ON_ARTIFACT)
        return OK;
    /* A filter inside the filter, as text. */
    out->filter = json_get_str(value, STR("run_filter"));
    if (out->filter.ptr == NULL)
        out->filter = STR_EMPTY;
    if (type->kind == ON_RUN_STATE)
        return read_states(out, json_get(value, STR("run_state_filter")), err);
    return read_metric(&out->metric, json_get(value, STR("run_metric_filter")), err);
}

/* ---- conditions on metrics ---- */

static double aggregate(enum metric_aggregate how, const double *values, size_t count) {
    double result = values[count - 1];
    for (size_t i = 0; i + 1 < count && how != METRIC_LAST; i++) {
        if (how == METRIC_AVERAGE)
            result += values[i];
        else if (how == METRIC_MIN ? values[i] < result : values[i] > result)
            result = values[i];
    }
    return how == METRIC_AVERAGE ? result / (double)count : result;
}

static bool compare(struct str comparison, double a, double b) {
    bool is_equal_enough = comparison.len == 4 && a == b;
    return is_equal_enough || (comparison.ptr[1] == 'g' ? a > b : a < b);
}

static bool is_far_enough(double difference, double threshold, int direction) {
    return direction > 0 ? difference >= threshold : direction < 0 ? -difference >= threshold : fabs(difference) >= threshold;
}

static bool change_holds(const struct metric_condition *condition, const double *values, size_t count) {
    size_t window = (size_t)condition->window, prior = (size_t)condition->prior;
    double now = aggregate(condition->aggregate, values + count - window, window);
    double before = aggregate(condition->aggregate, values + count - window - prior, prior);
    double difference = now - before;
    if (condition->is_relative)
        difference = before == 0 ? (difference == 0 ? 0 : difference * (double)INFINITY) : difference / fabs(before);
    return is_far_enough(difference, condition->threshold, condition->direction);
}

/* How far the newest value is from the mean of the window before it, in standard deviations. */
static bool zscore_holds(const struct metric_condition *condition, const double *values, size_t count) {
    size_t window = (size_t)condition->window;
    const double *before = values + count - 1 - window;
    double mean = aggregate(METRIC_AVERAGE, before, window), sum = 0;
    for (size_t i = 0; i < window; i++)
        sum += (before[i] - mean) * (before[i] - mean);
    double deviation = sqrt(sum / (double)window);
    return deviation > 0 && is_far_enough((values[count - 1] - mean) / deviation, condition->threshold, condition->direction);
}

bool metric_condition_holds(const struct metric_condition *condition, const double *values, size_t count) {
    size_t window = (size_t)condition->window;
    switch (condition->kind) {
    case METRIC_THRESHOLD:
        return count >= window && compare(condition->comparison, aggregate(condition->aggregate, values + count - window, window), condition->threshold);
    case METRIC_CHANGE:
        return count >= window + (size_t)condition->prior && change_holds(condition, values, count);
    case METRIC_ZSCORE:
        return count >= window + 1 && zscore_holds(condition, values, count);
    }
    return false;
}

/* summary.c - see summary.h. */
#include "client/log/summary.h"

#include "base/json.h"
#include "base/number.h"

#include <math.h>

struct metric_rule {
    char *name; /* a prefix when is_glob */
    size_t name_len;
    bool is_glob;
    unsigned modes;
    enum metric_goal goal;
    char *step_metric; /* its value goes into rows that lack it; NULL: none */
};

struct step_metric {
    char *name;
    char *last; /* JSON; NULL: not logged yet */
};

/* What is known of one key; hangs on its node. */
struct metric_state {
    uint32_t rules_version;
    unsigned modes;
    enum metric_goal goal;
    bool is_integral; /* only integers came so far: its minimum is written as one */
    uint64_t count;
    double sum, min, max;
};

enum { ROW_MAX_BYTES = 17 << 20 };

bool summary_init(struct summary *summary) {
    *summary = (struct summary){ .rules_version = 1 };
    buf_init(&summary->last_row, ROW_MAX_BYTES);
    return tree_init(&summary->values);
}

static void rule_finish(struct metric_rule *rule) {
    free(rule->name);
    free(rule->step_metric);
}

void summary_finish(struct summary *summary) {
    tree_finish(&summary->values);
    for (size_t i = 0; i < summary->rule_count; i++)
        rule_finish(&summary->rules[i]);
    free(summary->rules);
    for (size_t i = 0; i < summary->step_count; i++) {
        free(summary->steps[i].name);
        free(summary->steps[i].last);
    }
    free(summary->steps);
    buf_finish(&summary->last_row);
    *summary = (struct summary){ 0 };
}

static struct step_metric *find_step(const struct summary *summary, struct str name) {
    for (size_t i = 0; i < summary->step_count; i++)
        if (str_eq_c(name, summary->steps[i].name))
            return &summary->steps[i];
    return NULL;
}

static bool add_step(struct summary *summary, struct str name) {
    if (find_step(summary, name) != NULL)
        return true;
    struct step_metric *steps = realloc(summary->steps, (summary->step_count + 1) * sizeof *steps);
    if (steps == NULL)
        return false;
    summary->steps = steps;
    char *copy = strndup(name.ptr, name.len);
    if (copy == NULL)
        return false;
    steps[summary->step_count++] = (struct step_metric){ .name = copy };
    return true;
}

static struct metric_rule *same_rule(struct summary *summary, struct str name, bool is_glob) {
    for (size_t i = 0; i < summary->rule_count; i++) {
        struct metric_rule *rule = &summary->rules[i];
        if (rule->is_glob == is_glob && str_eq((struct str){ rule->name, rule->name_len }, name))
            return rule;
    }
    return NULL;
}

static struct metric_rule *new_rule(struct summary *summary, struct str name, bool is_glob) {
    struct metric_rule *rules = realloc(summary->rules, (summary->rule_count + 1) * sizeof *rules);
    if (rules == NULL)
        return NULL;
    summary->rules = rules;
    char *copy = malloc(name.len + 1);
    if (copy == NULL)
        return NULL;
    memcpy(copy, name.ptr, name.len);
    rules[summary->rule_count] = (struct metric_rule){ .name = copy, .name_len = name.len, .is_glob = is_glob };
    return &rules[summary->rule_count++];
}

/* What a later definition leaves open stays, unless it overwrites. */
static bool set_rule(struct metric_rule *rule, const struct record_metric *metric) {
    if (metric->overwrites || metric->modes != 0)
        rule->modes = metric->modes;
    if (metric->overwrites || metric->goal != METRIC_NO_GOAL)
        rule->goal = metric->goal;
    if (!metric->overwrites && metric->step_metric.len == 0)
        return true;
    free(rule->step_metric);
    rule->step_metric = NULL;
    if (metric->step_metric.len == 0 || !metric->step_sync)
        return true;
    rule->step_metric = strndup(metric->step_metric.ptr, metric->step_metric.len);
    return rule->step_metric != NULL;
}

static void take_last_row(struct summary *summary);

bool summary_define(struct summary *summary, const struct record_metric *metric) {
    take_last_row(summary);
    bool is_glob = metric->name.len == 0;
    struct str name = is_glob ? metric->glob_name : metric->name;
    if (is_glob && str_ends_with(name, STR("*")))
        name.len--;
    struct metric_rule *rule = same_rule(summary, name, is_glob);
    if (rule == NULL)
        rule = new_rule(summary, name, is_glob);
    if (rule == NULL || !set_rule(rule, metric))
        return false;
    summary->rules_version++;
    return rule->step_metric == NULL || add_step(summary, metric->step_metric);
}

/* A node's key as it was defined: nested keys are joined by dots. */
static bool rule_fits(const struct metric_rule *rule, struct str key) {
    struct str name = { rule->name, rule->name_len };
    return rule->is_glob ? str_starts_with(key, name) : str_eq(key, name);
}

/* An exact name wins over a glob, a later rule over an earlier one. */
static const struct metric_rule *rule_for(const struct summary *summary, struct str key) {
    const struct metric_rule *found = NULL;
    for (size_t i = 0; i < summary->rule_count; i++) {
        const struct metric_rule *rule = &summary->rules[i];
        if (rule_fits(rule, key) && (found == NULL || found->is_glob || !rule->is_glob))
            found = rule;
    }
    return found;
}

static const struct metric_rule *rule_for_item(const struct summary *summary, const struct record_item *item) {
    struct buf key = BUF_INIT(64 << 10);
    if (summary->rule_count == 0)
        return NULL;
    if (item->path_len == 1)
        return rule_for(summary, item->path[0]);
    for (size_t i = 0; i < item->path_len; i++) {
        if (i > 0)
            buf_append_char(&key, '.');
        buf_append_str(&key, item->path[i]);
    }
    const struct metric_rule *rule = key.failed ? NULL : rule_for(summary, buf_str(&key));
    buf_finish(&key);
    return rule;
}

static struct metric_state *state_of(struct summary *summary, struct tree_node *node, const struct record_item *item) {
    struct metric_state *state = node->extra;
    if (state == NULL) {
        state = calloc(1, sizeof *state);
        if (state == NULL)
            return NULL;
        state->is_integral = true;
        node->extra = state;
    }
    if (state->rules_version != summary->rules_version) {
        const struct metric_rule *rule = rule_for_item(summary, item);
        state->rules_version = summary->rules_version;
        state->modes = rule == NULL ? 0 : rule->modes;
        state->goal = rule == NULL ? METRIC_NO_GOAL : rule->goal;
    }
    return state;
}

static bool is_number(struct str json) {
    return json.len > 0 && (json.ptr[0] == '-' || (json.ptr[0] >= '0' && json.ptr[0] <= '9'));
}

static bool is_integer(struct str json) {
    for (size_t i = 0; i < json.len; i++)
        if (json.ptr[i] == '.' || json.ptr[i] == 'e' || json.ptr[i] == 'E' || json.ptr[i] == 'I')
            return false;
    return json.len <= 15;
}

static void set_part(struct summary *summary, struct tree_node *node, struct str name, double value, bool is_integral) {
    struct tree_node *part = tree_child(&summary->values, node, name);
    char text[NUMBER_TEXT_MAX];
    if (part == NULL)
        return;
    if (is_integral)
        (void)tree_set_json(&summary->values, part, (struct str){ text, number_from_i64(text, (int64_t)value) });
    else
        tree_set_number(&summary->values, part, value);
}

/* NaN and the infinities are not ranked: one of them would hold for good. */
static void observe_ranked(struct summary *summary, struct tree_node *node, struct metric_state *state, struct str json) {
    double value = number_to_double(json.ptr, json.len);
    if (!isfinite(value))
        return;
    state->min = state->count == 0 || value < state->min ? value : state->min;
    state->max = state->count == 0 || value > state->max ? value : state->max;
    state->sum += value;
    state->count++;
    state->is_integral = state->is_integral && is_integer(json);
    if (state->modes & METRIC_MIN)
        set_part(summary, node, STR("min"), state->min, state->is_integral);
    if (state->modes & METRIC_MAX)
        set_part(summary, node, STR("max"), state->max, state->is_integral);
    if (state->modes & METRIC_MEAN)
        set_part(summary, node, STR("mean"), state->sum / (double)state->count, false);
    if (state->modes & METRIC_BEST)
        set_part(summary, node, STR("best"), state->goal == METRIC_MAXIMIZE ? state->max : state->min,
                 state->is_integral);
}

static void note_step(struct summary *summary, const struct record_item *item) {
    struct step_metric *step = item->path_len == 1 ? find_step(summary, item->path[0]) : NULL;
    char *last = step == NULL ? NULL : strndup(item->value_json.ptr, item->value_json.len);
    if (last == NULL)
        return;
    free(step->last);
    step->last = last;
}

static bool has_item(struct str items, struct str name) {
    const struct record body = { .kind = RECORD_SUMMARY, .body = items };
    struct record_items reader;
    struct record_item item;
    struct err err;
    bool is_end = false, found = false;
    record_items_init(&reader, &body);
    while (!found && record_items_next(&reader, &item, &is_end, &err) == OK && !is_end)
        found = item.path_len == 1 && str_eq(item.path[0], name);
    record_items_finish(&reader);
    return found;
}

void summary_put_step_metrics(const struct summary *summary, struct str items, struct buf *out) {
    const struct record body = { .kind = RECORD_SUMMARY, .body = items };
    struct record_items reader;
    struct record_item item;
    struct err err;
    bool is_end = false;
    record_items_init(&reader, &body);
    while (record_items_next(&reader, &item, &is_end, &err) == OK && !is_end) {
        const struct metric_rule *rule = rule_for_item(summary, &item);
        if (rule == NULL || rule->step_metric == NULL)
            continue;
        struct str name = str_from_c(rule->step_metric);
        const struct step_metric *step = find_step(summary, name);
        if (step != NULL && step->last != NULL && !has_item(items, name) && !has_item(buf_str(out), name))
            record_put_item(out, 1, &name, 1, str_from_c(step->last));
    }
    record_items_finish(&reader);
}

static void observe(struct summary *summary, const struct record_item *item) {
    if (summary->step_count > 0)
        note_step(summary, item);
    struct tree_node *node = tree_at(&summary->values, item->path, item->path_len);
    struct metric_state *state = node == NULL ? NULL : state_of(summary, node, item);
    if (state == NULL || state->modes & METRIC_NONE)
        return;
    summary->has_changes = true;
    if (state->modes == 0) {
        (void)tree_set_json(&summary->values, node, item->value_json);
        return;
    }
    if (is_number(item->value_json))
        observe_ranked(summary, node, state, item->value_json);
    if (state->modes & METRIC_LAST) {
        struct tree_node *last = tree_child(&summary->values, node, STR("last"));
        if (last != NULL)
            (void)tree_set_json(&summary->values, last, item->value_json);
    }
}

static void each_item(struct summary *summary, struct str items,
                      void (*use)(struct summary *, const struct record_item *)) {
    const struct record body = { .kind = RECORD_SUMMARY, .body = items };
    struct record_items reader;
    struct record_item item;
    struct err err;
    bool is_end = false;
    record_items_init(&reader, &body);
    while (record_items_next(&reader, &item, &is_end, &err) == OK && !is_end)
        use(summary, &item);
    record_items_finish(&reader);
}

static void take_last_row(struct summary *summary) {
    each_item(summary, buf_str(&summary->last_row), observe);
    buf_reset(&summary->last_row);
}

/* Where no rule asks for more than the last value, a row replaces the one before it, and the tree is left alone: to find
 * each key there cost a third of a log(). */
void summary_observe(struct summary *summary, struct str items) {
    if (summary->last_row.len > 0 && !record_items_alike(buf_str(&summary->last_row), items))
        take_last_row(summary);
    buf_reset(&summary->last_row);
    if (summary->rule_count == 0)
        buf_append_str(&summary->last_row, items);
    if (summary->rule_count > 0 || summary->last_row.failed)
        each_item(summary, items, observe);
    summary->has_changes = summary->has_changes || summary->last_row.len > 0;
}

static void set(struct summary *summary, const struct record_item *item) {
    struct tree_node *node = tree_at(&summary->values, item->path, item->path_len);
    if (node != NULL && tree_set_json(&summary->values, node, item->value_json))
        summary->has_changes = true;
}

void summary_set(struct summary *summary, struct str items) {
    take_last_row(summary);
    each_item(summary, items, set);
}

void summary_remove(struct summary *summary, const struct str *path, size_t path_len) {
    take_last_row(summary);
    struct tree_node *node = tree_find(&summary->values, path, path_len);
    if (node != NULL)
        tree_remove(node);
}

static void forget_changes(struct tree_node *node) {
    for (struct tree_node *child = node->first; child != NULL; child = child->next) {
        child->is_changed = false;
        forget_changes(child);
    }
}

void summary_keep(struct summary *summary, struct str json) {
    take_last_row(summary);
    (void)tree_keep(&summary->values, json);
    forget_changes(summary->values.root);
}

/* path: the names above node. */
static void take_changes(struct summary *summary, struct tree_node *node, struct str *path, size_t path_len,
                         struct buf *value, struct buf *out) {
    for (struct tree_node *child = node->first; child != NULL; child = child->next) {
        if (!tree_is_there(&summary->values, child) || path_len == TREE_DEPTH_MAX)
            continue;
        path[path_len] = (struct str){ child->name, child->name_len };
        if (child->is_changed && (child->json != NULL || child->is_number)) {
            buf_reset(value);
            tree_write(&summary->values, child, value);
            record_put_item(out, 1, path, path_len + 1, buf_str(value));
            child->is_changed = false;
        }
        take_changes(summary, child, path, path_len + 1, value, out);
    }
}

void summary_take_changes(struct summary *summary, struct buf *out) {
    struct str path[TREE_DEPTH_MAX];
    struct buf value = BUF_INIT(RECORD_MAX_BYTES);
    if (!summary->has_changes)
        return;
    take_last_row(summary);
    take_changes(summary, summary->values.root, path, 0, &value, out);
    buf_finish(&value);
    summary->has_changes = out->failed;
}

void summary_write(struct summary *summary, struct buf *out) {
    take_last_row(summary);
    tree_write(&summary->values, summary->values.root, out);
}

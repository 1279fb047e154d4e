/* summary.c - see summary.h. */
#include "client/summary.h"

#include "base/json.h"
#include "base/number.h"

#include <math.h>

struct metric_rule {
    char *name; /* a prefix when is_glob */
    size_t name_len;
    bool is_glob;
    unsigned modes;
    enum metric_goal goal;
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

bool summary_init(struct summary *summary) {
    *summary = (struct summary){ .rules_version = 1 };
    return tree_init(&summary->values);
}

void summary_finish(struct summary *summary) {
    tree_finish(&summary->values);
    for (size_t i = 0; i < summary->rule_count; i++)
        free(summary->rules[i].name);
    free(summary->rules);
    *summary = (struct summary){ 0 };
}

bool summary_define(struct summary *summary, const struct record_metric *metric) {
    bool is_glob = metric->name.len == 0;
    struct str name = is_glob ? metric->glob_name : metric->name;
    if (is_glob && str_ends_with(name, STR("*")))
        name.len--;
    struct metric_rule *rules = realloc(summary->rules, (summary->rule_count + 1) * sizeof *rules);
    if (rules == NULL)
        return false;
    summary->rules = rules;
    char *copy = malloc(name.len + 1);
    if (copy == NULL)
        return false;
    memcpy(copy, name.ptr, name.len);
    rules[summary->rule_count++] = (struct metric_rule){ copy, name.len, is_glob, metric->modes, metric->goal };
    summary->rules_version++;
    return true;
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

void summary_observe(struct summary *summary, const struct record_item *item) {
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

void summary_set(struct summary *summary, const struct record_item *item) {
    struct tree_node *node = tree_at(&summary->values, item->path, item->path_len);
    if (node != NULL && tree_set_json(&summary->values, node, item->value_json))
        summary->has_changes = true;
}

void summary_remove(struct summary *summary, const struct str *path, size_t path_len) {
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
    take_changes(summary, summary->values.root, path, 0, &value, out);
    buf_finish(&value);
    summary->has_changes = out->failed;
}

void summary_write(const struct summary *summary, struct buf *out) {
    tree_write(&summary->values, summary->values.root, out);
}

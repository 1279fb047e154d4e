/* plan.c - which fields an object of a given type is asked for: fragments expanded, @skip and @include
 * applied, selections of one response key merged. */
#include "server/graphql/execution.h"

/* From so many fields on, a table finds a response key faster than a walk. */
enum { WALK_MAX = 16 };

struct planner {
    struct gql_execution *execution;
    struct gql_plan *plan;
    struct gql_selected **tail;
    size_t count;
    struct map *by_key; /* NULL while few */
};

static struct gql_selected *find_key(const struct planner *planner, struct str key) {
    if (planner->by_key != NULL)
        return map_find(planner->by_key, key);
    for (struct gql_selected *field = planner->plan->fields; field != NULL; field = field->next)
        if (str_eq(field->key, key))
            return field;
    return NULL;
}

static void index_keys(struct planner *planner) {
    planner->by_key = map_create(NULL);
    for (struct gql_selected *field = planner->plan->fields; field != NULL; field = field->next)
        map_put(planner->by_key, field->key, field);
}

static void add_field(struct planner *planner, const struct gql_selection *selection) {
    const struct gql_named *type = planner->plan->type;
    struct gql_selected *field = ARENA_NEW(planner->execution->arena, struct gql_selected);

    field->key = selection->key;
    field->def = selection->parent == type
                     ? selection->def
                     : gql_type_field(planner->execution->schema, type, selection->name);
    field->first.selection = selection;
    field->last = &field->first;
    *planner->tail = field;
    planner->tail = &field->next;
    if (planner->by_key != NULL)
        map_put(planner->by_key, field->key, field);
    else if (++planner->count == WALK_MAX)
        index_keys(planner);
}

static void merge_field(struct planner *planner, const struct gql_selection *selection) {
    struct gql_selected *field = find_key(planner, selection->key);

    if (field == NULL) {
        add_field(planner, selection);
        return;
    }
    struct gql_selection_link *link = ARENA_NEW(planner->execution->arena, struct gql_selection_link);
    link->selection = selection;
    field->last->next = link;
    field->last = link;
}

static void add_selections(struct planner *planner, const struct gql_selection *selection) {
    for (; selection != NULL; selection = selection->next) {
        if (!gql_is_selected(selection->directives, &planner->execution->variables))
            continue;
        if (selection->kind == GQL_SELECT_FIELD)
            merge_field(planner, selection);
        else if (selection->kind == GQL_SELECT_INLINE &&
                 gql_type_includes(selection->parent, planner->plan->type))
            add_selections(planner, selection->selections);
        else if (selection->kind == GQL_SELECT_SPREAD &&
                 gql_type_includes(selection->fragment->type, planner->plan->type))
            add_selections(planner, selection->fragment->selections);
    }
}

static struct planner begin(struct gql_execution *execution, const struct gql_named *type) {
    struct gql_plan *plan = ARENA_NEW(execution->arena, struct gql_plan);

    plan->type = type;
    return (struct planner){ .execution = execution, .plan = plan, .tail = &plan->fields };
}

const struct gql_plan *gql_plan_root(struct gql_execution *execution, const struct gql_operation *operation) {
    struct planner planner = begin(execution, operation->root);

    add_selections(&planner, operation->selections);
    map_destroy(planner.by_key);
    return planner.plan;
}

const struct gql_plan *gql_plan_below(struct gql_execution *execution, struct gql_selected *selected,
                                      const struct gql_named *type) {
    for (const struct gql_plan *plan = selected->plans; plan != NULL; plan = plan->next)
        if (plan->type == type)
            return plan;
    struct planner planner = begin(execution, type);
    for (const struct gql_selection_link *link = &selected->first; link != NULL; link = link->next)
        add_selections(&planner, link->selection->selections);
    map_destroy(planner.by_key);
    planner.plan->next = selected->plans;
    selected->plans = planner.plan;
    return planner.plan;
}

/* merge.c - selections that share a response key must agree; see validation.h.
 *
 * Two fields of one key must have the same shape of answer; unless they belong to different object types,
 * they must also be the same field with the same arguments. Each set of fields is grouped by key and compared
 * with the group's first. Fragments on several types can make the sets multiply, so the work has a budget,
 * and a document that exceeds it is refused.
 */
#include "server/graphql/validation.h"

enum { BUDGET_PER_FIELD = 4, UNORDERED_MEMBERS_MAX = 64, SHOWN_NAME_MAX = 200 };

/* What is still to be shown about a set. */
enum demand { SAME_SHAPE = 1, SAME_FIELD = 2, BOTH = 3 };

struct merging {
    struct gql_validation *validation;
    size_t budget;
    uint32_t set_number;
    bool is_over;
};

struct field_set {
    const struct gql_selection **fields;
    size_t count, room;
    uint32_t number; /* marks the fragments that are in it already */
};

static bool spend(struct merging *merging, uint32_t offset) {
    if (merging->is_over)
        return false;
    if (merging->budget == 0) {
        gql_complain(merging->validation, offset, ERR_TOO_LARGE,
                     "the document's fields overlap in too many ways");
        merging->is_over = true;
        return false;
    }
    merging->budget--;
    return true;
}

/* ---- sets ---- */

static void add_field(struct merging *merging, struct field_set *set, const struct gql_selection *field) {
    if (set->count == set->room) {
        size_t room = set->room == 0 ? 8 : set->room * 2;
        set->fields =
            arena_grow(merging->validation->arena, set->fields, set->count, room, sizeof *set->fields);
        set->room = room;
    }
    set->fields[set->count++] = field;
}

static void add_selections(struct merging *merging, struct field_set *set,
                           const struct gql_selection *selection) {
    for (; selection != NULL; selection = selection->next) {
        if (!spend(merging, selection->offset))
            return;
        if (selection->kind == GQL_SELECT_FIELD) {
            add_field(merging, set, selection);
        } else if (selection->kind == GQL_SELECT_INLINE) {
            add_selections(merging, set, selection->selections);
        } else if (selection->fragment->last_set != set->number) {
            selection->fragment->last_set = set->number;
            add_selections(merging, set, selection->fragment->selections);
        }
    }
}

static int compare_fields(const void *a, const void *b) {
    const struct gql_selection *left = *(const struct gql_selection *const *)a;
    const struct gql_selection *right = *(const struct gql_selection *const *)b;
    int order = str_compare(left->key, right->key);
    if (order != 0)
        return order;
    return left->offset < right->offset ? -1 : left->offset > right->offset;
}

/* ---- comparisons ---- */

static bool values_equal(struct merging *merging, const struct gql_value *a, const struct gql_value *b);

static bool lists_equal(struct merging *merging, const struct gql_value *a, const struct gql_value *b) {
    for (; a != NULL && b != NULL; a = a->next, b = b->next)
        if (!values_equal(merging, a, b))
            return false;
    return a == NULL && b == NULL;
}

static const struct gql_argument *find_argument(const struct gql_argument *arguments, struct str name) {
    while (arguments != NULL && !str_eq(arguments->name, name))
        arguments = arguments->next;
    return arguments;
}

static size_t count_arguments(const struct gql_argument *arguments) {
    size_t count = 0;
    for (; arguments != NULL; arguments = arguments->next)
        count++;
    return count;
}

/* In any order when they are few; names are known to be unique. */
static bool arguments_equal(struct merging *merging, const struct gql_argument *a,
                            const struct gql_argument *b) {
    size_t count = count_arguments(a);

    if (count != count_arguments(b))
        return false;
    for (; a != NULL; a = a->next) {
        const struct gql_argument *other = count <= UNORDERED_MEMBERS_MAX ? find_argument(b, a->name) : b;
        if (other == NULL || !str_eq(a->name, other->name) ||
            !values_equal(merging, &a->value, &other->value))
            return false;
        if (count > UNORDERED_MEMBERS_MAX)
            b = b->next;
    }
    return true;
}

static bool values_equal(struct merging *merging, const struct gql_value *a, const struct gql_value *b) {
    if (!spend(merging, a->offset) || a->kind != b->kind)
        return false;
    if (a->kind == GQL_VALUE_LIST)
        return lists_equal(merging, a->items, b->items);
    if (a->kind == GQL_VALUE_OBJECT)
        return arguments_equal(merging, a->members, b->members);
    return str_eq(a->text, b->text);
}

static bool same_shape(const struct gql_type_ref *a, const struct gql_type_ref *b) {
    for (;; a = a->item, b = b->item) {
        if (a->is_list != b->is_list || a->is_non_null != b->is_non_null)
            return false;
        if (!a->is_list)
            return a->named == b->named ||
                   (gql_type_is_composite(a->named) && gql_type_is_composite(b->named));
    }
}

static void complain(struct merging *merging, const struct gql_selection *field, const char *why) {
    if (!merging->is_over)
        gql_complain(merging->validation, field->offset, ERR_BAD_INPUT,
                     "fields \"%.*s\" conflict: %s; give one of them an alias",
                     STR_ARG(str_slice(field->key, 0, SHOWN_NAME_MAX)), why);
    merging->is_over = true; /* one conflict is enough; the rest may follow from it */
}

static bool check_shapes(struct merging *merging, const struct gql_selection **fields, size_t count) {
    for (size_t i = 1; i < count; i++)
        if (!same_shape(fields[0]->def->type, fields[i]->def->type)) {
            complain(merging, fields[i], "their types differ");
            return false;
        }
    return true;
}

static bool check_fields(struct merging *merging, const struct gql_selection **fields, size_t count) {
    for (size_t i = 1; i < count; i++) {
        if (fields[i] == fields[0])
            continue;
        if (!str_eq(fields[i]->name, fields[0]->name))
            complain(merging, fields[i], "they are different fields");
        else if (!arguments_equal(merging, fields[i]->arguments, fields[0]->arguments))
            complain(merging, fields[i], "their arguments differ");
        if (merging->is_over)
            return false;
    }
    return true;
}

/* ---- groups ---- */

static void check_set(struct merging *merging, struct field_set *set, enum demand demand);

static void check_below(struct merging *merging, const struct gql_selection **fields, size_t count,
                        enum demand demand) {
    struct field_set below = { .number = ++merging->set_number };

    for (size_t i = 0; i < count; i++)
        add_selections(merging, &below, fields[i]->selections);
    if (below.count > 0)
        check_set(merging, &below, demand);
}

/* Whether no object can have both fields: they are declared for two different object types. */
static bool are_apart(const struct gql_selection *a, const struct gql_selection *b) {
    return a->parent != b->parent && a->parent->kind == GQL_NAMED_OBJECT &&
           b->parent->kind == GQL_NAMED_OBJECT;
}

static bool have_apart(const struct gql_selection **fields, size_t count) {
    const struct gql_selection *first_of_object = NULL;
    for (size_t i = 0; i < count; i++) {
        if (fields[i]->parent->kind != GQL_NAMED_OBJECT)
            continue;
        if (first_of_object != NULL && are_apart(first_of_object, fields[i]))
            return true;
        first_of_object = fields[i];
    }
    return false;
}

static int compare_parents(const void *a, const void *b) {
    const struct gql_selection *left = *(const struct gql_selection *const *)a;
    const struct gql_selection *right = *(const struct gql_selection *const *)b;
    bool left_is_object = left->parent->kind == GQL_NAMED_OBJECT,
         right_is_object = right->parent->kind == GQL_NAMED_OBJECT;
    if (left_is_object != right_is_object)
        return left_is_object ? 1 : -1;
    return left_is_object ? str_compare(left->parent->name, right->parent->name) : 0;
}

/* Fields that one object may have all of; they are compared as fields first, because that tells more. */
static void check_together(struct merging *merging, const struct gql_selection **fields, size_t count,
                           enum demand demand) {
    if ((demand & SAME_FIELD) && !check_fields(merging, fields, count))
        return;
    if ((demand & SAME_SHAPE) && !check_shapes(merging, fields, count))
        return;
    check_below(merging, fields, count, demand);
}

/* The fields of each object type together with those of interfaces and unions, which may be of any type. */
static void check_each_object(struct merging *merging, const struct gql_selection **fields, size_t count) {
    size_t shared = 0;

    qsort(fields, count, sizeof *fields, compare_parents);
    while (fields[shared]->parent->kind != GQL_NAMED_OBJECT)
        shared++;
    for (size_t first = shared, end; first < count; first = end) {
        struct field_set together = { 0 };
        for (end = first; end < count && fields[end]->parent == fields[first]->parent; end++)
            continue;
        for (size_t i = 0; i < end; i++)
            if ((i < shared || i >= first) && spend(merging, fields[i]->offset))
                add_field(merging, &together, fields[i]);
        if (merging->is_over)
            return;
        check_together(merging, together.fields, together.count, SAME_FIELD);
    }
}

static void check_group(struct merging *merging, const struct gql_selection **fields, size_t count,
                        enum demand demand) {
    if (!(demand & SAME_FIELD) || !have_apart(fields, count)) {
        check_together(merging, fields, count, demand);
        return;
    }
    if (demand & SAME_SHAPE)
        check_together(merging, fields, count, SAME_SHAPE);
    if (!merging->is_over)
        check_each_object(merging, fields, count);
}

static void check_set(struct merging *merging, struct field_set *set, enum demand demand) {
    qsort(set->fields, set->count, sizeof *set->fields, compare_fields);
    for (size_t first = 0, end; first < set->count && !merging->is_over; first = end) {
        for (end = first + 1; end < set->count && str_eq(set->fields[end]->key, set->fields[first]->key);)
            end++;
        check_group(merging, set->fields + first, end - first, demand);
    }
}

void gql_check_merging(struct gql_validation *validation) {
    struct merging merging = { .validation = validation,
                               .budget = BUDGET_PER_FIELD * validation->limits->field_count };
    for (const struct gql_operation *operation = validation->document->operations; operation != NULL;
         operation = operation->next) {
        struct field_set set = { .number = ++merging.set_number };
        add_selections(&merging, &set, operation->selections);
        check_set(&merging, &set, BOTH);
    }
    for (const struct gql_fragment *fragment = validation->document->fragments; fragment != NULL;
         fragment = fragment->next) {
        struct field_set set = { .number = ++merging.set_number };
        if (fragment->last_set != 0)
            continue; /* seen where it is used */
        add_selections(&merging, &set, fragment->selections);
        check_set(&merging, &set, BOTH);
    }
}

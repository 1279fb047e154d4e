/* measure.c - how deep and how large a document is with its fragments expanded, without expanding them; see
 * validation.h. Each fragment is measured once. */
#include "server/graphql/validation.h"

struct size {
    uint32_t height;    /* selection sets on the longest way down; a fragment's is one, too */
    size_t field_count; /* stops at SIZE_MAX */
};

static bool measure_selections(struct gql_validation *validation, const struct gql_selection *selection,
                               uint32_t depth, struct size *out);

static size_t add_counts(size_t a, size_t b) {
    size_t sum;
    return __builtin_add_overflow(a, b, &sum) ? SIZE_MAX : sum;
}

static bool measure_fragment(struct gql_validation *validation, struct gql_fragment *fragment, uint32_t depth,
                             uint32_t offset, struct size *out) {
    if (fragment->visit == GQL_ENTERED) {
        gql_complain(validation, offset, ERR_BAD_INPUT, "fragment \"%.*s\" contains itself",
                     STR_ARG(str_slice(fragment->name, 0, 200)));
        return false;
    }
    if (fragment->visit == GQL_UNSEEN) {
        struct size size;
        fragment->visit = GQL_ENTERED;
        if (!measure_selections(validation, fragment->selections, depth, &size))
            return false;
        fragment->visit = GQL_SEEN;
        fragment->height = size.height;
        fragment->field_count = size.field_count;
    }
    *out = (struct size){ fragment->height, fragment->field_count };
    return true;
}

static bool measure_below(struct gql_validation *validation, const struct gql_selection *selection,
                          uint32_t depth, struct size *out) {
    *out = (struct size){ 0 };
    if (selection->kind == GQL_SELECT_SPREAD)
        return measure_fragment(validation, selection->fragment, depth + 1, selection->offset, out);
    if (selection->selections != NULL)
        return measure_selections(validation, selection->selections, depth + 1, out);
    return true;
}

/* The depth on the way here stops a chain of fragments before it is followed too far down the C stack. */
static bool measure_selections(struct gql_validation *validation, const struct gql_selection *selection,
                               uint32_t depth, struct size *out) {
    struct size below, whole = { 0 };

    for (; selection != NULL; selection = selection->next) {
        if (depth > validation->limits->depth || !measure_below(validation, selection, depth, &below)) {
            if (depth > validation->limits->depth)
                gql_complain(validation, selection->offset, ERR_TOO_LARGE,
                             "the document is nested deeper than %u levels", validation->limits->depth);
            return false;
        }
        if (below.height > whole.height)
            whole.height = below.height;
        whole.field_count = add_counts(whole.field_count, below.field_count);
        if (selection->kind == GQL_SELECT_FIELD)
            whole.field_count = add_counts(whole.field_count, 1);
    }
    whole.height++;
    *out = whole;
    return true;
}

/* False when the fragments cannot be measured, which has been noted then. */
static bool check_size(struct gql_validation *validation, const struct gql_selection *selections,
                       uint32_t offset) {
    struct size size;

    if (!measure_selections(validation, selections, 1, &size))
        return false;
    if (size.height > validation->limits->depth)
        gql_complain(validation, offset, ERR_TOO_LARGE, "the document is nested deeper than %u levels",
                     validation->limits->depth);
    if (size.field_count > validation->limits->field_count)
        gql_complain(validation, offset, ERR_TOO_LARGE, "the document selects more than %zu fields",
                     validation->limits->field_count);
    return true;
}

void gql_measure(struct gql_validation *validation) {
    const struct gql_document *document = validation->document;
    struct size size;

    for (struct gql_fragment *fragment = document->fragments; fragment != NULL; fragment = fragment->next)
        if (!measure_fragment(validation, fragment, 1, fragment->offset, &size) ||
            !check_size(validation, fragment->selections, fragment->offset))
            return;
    for (const struct gql_operation *operation = document->operations; operation != NULL;
         operation = operation->next)
        if (!check_size(validation, operation->selections, operation->offset))
            return;
}

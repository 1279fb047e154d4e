/* execute.c - runs an operation: asks each field, puts null where one failed, carries null up where it must
 * not stand, and stops at the limits. */
#include "server/graphql/execution.h"

#include "base/clock.h"
#include "server/graphql/parser.h"
#include "server/graphql/validate.h"

#include <assert.h>

const struct gql_limits gql_default_limits = {
    .depth = 64,
    .document_bytes = 256 << 10,
    .field_count = 20000,
    .cost = 500000,
    .response_bytes = 256 << 20,
    .memory_bytes = 1 << 30,
    .time_ms = 120 * 1000,
};

void gql_drop_output(struct gql_execution *execution, size_t len, bool needs_comma) {
    struct buf *out = execution->writer.out;
    if (len < out->len)
        out->len = len;
    execution->writer.needs_comma = needs_comma;
}

/* ---- errors ---- */

static void write_path(const struct gql_frame *frame, struct json_writer *writer) {
    if (frame == NULL)
        return;
    write_path(frame->outer, writer);
    json_string(writer, frame->selected->key);
    if (frame->is_in_item)
        json_uint(writer, frame->item_count);
}

enum { PATH_BYTES_MAX = 1 << 20 };

static struct str path_of(const struct gql_frame *frame, struct arena *arena) {
    struct buf text = BUF_INIT(PATH_BYTES_MAX);
    struct json_writer writer;

    json_writer_init(&writer, &text, JSON_STRICT);
    json_array_begin(&writer);
    write_path(frame, &writer);
    json_array_end(&writer);
    struct str path = text.failed ? STR("[]") : arena_copy(arena, buf_str(&text));
    buf_finish(&text);
    return path;
}

void gql_fail_field(struct gql_execution *execution, const struct err *err) {
    const struct gql_frame *frame = execution->top;
    gql_failures_add(execution->failures, err, frame->selected->first.selection->offset,
                     path_of(frame, execution->arena));
}

static void stop(struct gql_execution *execution, const struct err *err) {
    execution->is_stopped = true;
    execution->stop = *err;
    execution->stopped_at = execution->top->selected->first.selection->offset;
}

static void check_limits(struct gql_execution *execution) {
    struct err err = { 0 };

    if (++execution->answered > execution->limits->cost)
        (void)err_set(&err, ERR_TOO_LARGE, "the query asks for more than %zu values",
                      execution->limits->cost);
    else if (execution->writer.out->failed)
        (void)err_set(&err, ERR_TOO_LARGE, "the response is larger than %zu bytes",
                      execution->limits->response_bytes);
    else if (arena_used_bytes(execution->arena) > execution->limits->memory_bytes)
        (void)err_set(&err, ERR_TOO_LARGE, "the query takes more than %zu bytes of memory; ask for less at a time",
                      execution->limits->memory_bytes);
    else if (clock_mono_ms() > execution->ends_at)
        (void)err_set(&err, ERR_BUSY, "the query took longer than %lld ms", (long long)execution->limits->time_ms);
    else
        return;
    stop(execution, &err);
}

/* ---- fields ---- */

static enum err_code coerce_arguments(struct gql_execution *execution, struct gql_selected *selected,
                                      struct err *err) {
    const struct gql_selection *selection = selected->first.selection;
    struct gql_coerced **first = &execution->coerced[selection->index];
    struct gql_coerced *coerced = *first;

    while (coerced != NULL && coerced->def != selected->def)
        coerced = coerced->next;
    if (coerced == NULL) {
        coerced = ARENA_NEW(execution->arena, struct gql_coerced);
        TRY(gql_coerce_arguments(&coerced->args, &selected->def->args, selection->arguments,
                                 &execution->variables, execution->arena, err));
        coerced->def = selected->def;
        coerced->next = *first;
        *first = coerced;
    }
    selected->args = coerced->args;
    return OK;
}

static enum err_code ask(struct gql_execution *execution, struct gql_frame *frame,
                         const struct gql_named *parent_type, struct err *err) {
    struct gql_selected *selected = frame->selected;

    if (selected->args == NULL)
        TRY(coerce_arguments(execution, selected, err));
    if (!selected->def->owner->is_ours && selected->def != &execution->schema->meta_schema &&
        selected->def != &execution->schema->meta_type)
        TRY(execution->schema->may_ask(&frame->call, selected->def->row->who, parent_type->table, err));
    return selected->def->row->answer(&frame->call, err);
}

static bool wrote_null(const struct gql_execution *execution, const struct gql_frame *frame) {
    const struct buf *out = execution->writer.out;
    return out->len == frame->start || str_eq(str_from(buf_str(out), frame->start), STR("null"));
}

/* False when the value is null and must not be; its error has been noted then. */
static bool settle(struct gql_execution *execution, struct gql_frame *frame, enum err_code code,
                   struct err *err) {
    bool has_failed = code != OK || frame->is_null;
    bool is_non_null = frame->selected->def->type->is_non_null;

    if (frame->is_list && !has_failed)
        json_array_end(&execution->writer);
    if (code != OK) {
        gql_failures_drop(execution->failures, frame->failure_count, frame->failure_tail);
        err->code = code;
        gql_fail_field(execution, err);
    }
    if (!has_failed && !wrote_null(execution, frame)) {
        /* Objects that are written as JSON would escape the query's selection. */
        assert(frame->has_objects == gql_type_is_composite(frame->type));
        return true;
    }
    if (!has_failed && is_non_null) {
        (void)err_set(err, ERR_INTERNAL, "field \"%.*s\" of type \"%.*s\" is null and must not be",
                      STR_ARG(frame->selected->def->name), STR_ARG(frame->selected->def->owner->name));
        gql_fail_field(execution, err);
    }
    gql_drop_output(execution, frame->start, false);
    json_null(&execution->writer);
    return !is_non_null;
}

static bool answer_field(struct gql_execution *execution, struct gql_selected *selected,
                         const struct gql_named *parent_type, const void *parent) {
    struct err err = { 0 };

    json_key(&execution->writer, selected->key);
    if (selected->def == &execution->schema->meta_typename) {
        json_string(&execution->writer, parent_type->name);
        return true;
    }
    struct gql_frame frame = {
        .call = { .arena = execution->arena,
                  .app = execution->app,
                  .parent = parent,
                  .out = &execution->writer,
                  .field = selected->def->row,
                  .execution = execution,
                  .selected = selected },
        .outer = execution->top,
        .selected = selected,
        .type = gql_innermost(selected->def->type),
        .start = execution->writer.out->len,
        .failure_count = execution->failures->count,
        .failure_tail = execution->failures->tail,
    };
    execution->top = &frame;
    check_limits(execution);
    bool may_stay = false;
    if (!execution->is_stopped) {
        enum err_code code = ask(execution, &frame, parent_type, &err);
        may_stay = settle(execution, &frame, code, &err);
    }
    execution->top = frame.outer;
    return may_stay;
}

bool gql_write_object(struct gql_execution *execution, const struct gql_plan *plan, const void *object) {
    json_object_begin(&execution->writer);
    for (struct gql_selected *field = plan->fields; field != NULL; field = field->next)
        if (!answer_field(execution, field, plan->type, object) || execution->is_stopped)
            return false;
    json_object_end(&execution->writer);
    return true;
}

/* ---- requests ---- */

static enum err_code pick_operation(const struct gql_operation **out, const struct gql_document *document,
                                    struct str name, struct err *err) {
    *out = document->operations;
    if (name.len == 0) {
        if (document->operation_count == 1)
            return OK;
        return err_set(err, ERR_BAD_INPUT,
                       document->operation_count == 0
                           ? "the document holds no operation"
                           : "the document holds several operations and operationName is missing");
    }
    while (*out != NULL && !str_eq((*out)->name, name))
        *out = (*out)->next;
    if (*out != NULL)
        return OK;
    struct str shown = str_slice(name, 0, 100);
    return err_set(err, ERR_BAD_INPUT, "the document holds no operation \"%.*s\"", STR_ARG(shown));
}

static enum err_code check_text(struct str text, const struct gql_limits *limits, struct err *err) {
    if (text.len > limits->document_bytes)
        return err_set(err, ERR_TOO_LARGE, "the document is larger than %zu bytes", limits->document_bytes);
    if (!str_is_utf8(text))
        return err_set(err, ERR_BAD_INPUT, "the document is not UTF-8");
    return OK;
}

/* Text to a document that may be run; failures hold the reason when it may not. */
static const struct gql_document *prepare(const struct gql_schema *schema, struct str text,
                                          const struct gql_limits *limits, struct gql_failures *failures) {
    struct gql_document *document;
    struct err err = { 0 };
    uint32_t failed_at = 0;
    enum err_code code = check_text(text, limits, &err);

    if (code == OK)
        code = gql_parse(&document, text, limits, failures->arena, &failed_at, &err);
    if (code != OK) {
        gql_failures_add(failures, &err, failed_at, (struct str){ NULL, 0 });
        return NULL;
    }
    return gql_validate(document, schema, limits, failures) ? document : NULL;
}

static int refuse(const struct gql_failures *failures, struct str document, struct buf *out) {
    struct json_writer writer;

    json_writer_init(&writer, out, JSON_STRICT);
    json_object_begin(&writer);
    json_key(&writer, STR("errors"));
    gql_failures_write(failures, document, &writer);
    json_key(&writer, STR("data"));
    json_null(&writer);
    json_object_end(&writer);
    return 400;
}

/* Writes {"data": ...} up to the errors. False when a limit stopped it. */
static bool write_data(struct gql_execution *execution, const struct gql_operation *operation) {
    struct json_writer *writer = &execution->writer;

    json_object_begin(writer);
    json_key(writer, STR("data"));
    size_t start = writer->out->len;
    if (!gql_write_object(execution, gql_plan_root(execution, operation), NULL) && !execution->is_stopped) {
        gql_drop_output(execution, start, false);
        json_null(writer);
    }
    return !execution->is_stopped && !writer->out->failed;
}

/* The response's ceiling for the time of the execution: the buf itself refuses what is past it. */
static size_t lower_ceiling(struct buf *out, size_t response_bytes) {
    size_t max = out->max;
    if (response_bytes < max - out->len)
        out->max = out->len + response_bytes;
    return max;
}

static int run(struct gql_execution *execution, const struct gql_document *document,
               const struct gql_operation *operation, struct buf *out) {
    size_t start = out->len;
    size_t max = lower_ceiling(out, execution->limits->response_bytes);
    bool is_done = write_data(execution, operation);

    out->max = max;
    if (!is_done) {
        if (!execution->is_stopped)
            (void)err_set(&execution->stop, ERR_TOO_LARGE, "the response is larger than %zu bytes",
                          execution->limits->response_bytes);
        out->len = start;
        out->failed = false;
        gql_failures_init(execution->failures, execution->arena);
        gql_failures_add(execution->failures, &execution->stop, execution->stopped_at,
                         (struct str){ NULL, 0 });
        int status = refuse(execution->failures, document->text, out);
        return execution->stop.code == ERR_BUSY ? err_http_status(ERR_BUSY) : status;
    }
    if (execution->failures->count > 0) {
        json_key(&execution->writer, STR("errors"));
        gql_failures_write(execution->failures, document->text, &execution->writer);
    }
    json_object_end(&execution->writer);
    return err_http_status(execution->failures->retry);
}

static int execute_document(const struct gql_document *document, const struct gql_request *request,
                            struct gql_execution *execution, struct buf *out) {
    const struct gql_operation *operation;
    struct err err = { 0 };
    uint32_t failed_at = 0;

    execution->coerced = ARENA_ARRAY(execution->arena, struct gql_coerced *, document->field_count);
    enum err_code code = pick_operation(&operation, document, request->operation_name, &err);
    if (code == OK)
        code = gql_coerce_variables(&execution->variables, operation, request->variables, execution->arena,
                                    &failed_at, &err);
    if (code != OK) {
        gql_failures_add(execution->failures, &err, failed_at, (struct str){ NULL, 0 });
        return refuse(execution->failures, document->text, out);
    }
    return run(execution, document, operation, out);
}

int gql_execute(const struct gql_schema *schema, const struct gql_request *request,
                const struct gql_limits *limits, struct arena *arena, struct buf *out) {
    struct gql_failures failures;
    struct gql_execution execution = {
        .schema = schema, .limits = limits, .arena = arena, .app = request->app, .ends_at = clock_mono_ms() + limits->time_ms
    };

    gql_failures_init(&failures, arena);
    const struct gql_document *document = prepare(schema, request->query, limits, &failures);
    if (document == NULL)
        return refuse(&failures, request->query, out);
    execution.failures = &failures;
    json_writer_init(&execution.writer, out, JSON_STRICT);
    return execute_document(document, request, &execution, out);
}

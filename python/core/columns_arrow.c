/* columns_arrow.c - a table handed on through Arrow's C interface, which the first three structs are.
 *
 * What is handed on points into the bytes that the table lies in and keeps the object alive; nothing is copied.
 */
#include "columns.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct ArrowSchema {
    const char *format, *name, *metadata;
    int64_t flags, n_children;
    struct ArrowSchema **children, *dictionary;
    void (*release)(struct ArrowSchema *);
    void *private_data;
};

struct ArrowArray {
    int64_t length, null_count, offset, n_buffers, n_children;
    const void **buffers;
    struct ArrowArray **children, *dictionary;
    void (*release)(struct ArrowArray *);
    void *private_data;
};

struct ArrowArrayStream {
    int (*get_schema)(struct ArrowArrayStream *, struct ArrowSchema *);
    int (*get_next)(struct ArrowArrayStream *, struct ArrowArray *);
    const char *(*get_last_error)(struct ArrowArrayStream *);
    void (*release)(struct ArrowArrayStream *);
    void *private_data;
};

enum { ARROW_FLAG_NULLABLE = 2, OUT_OF_MEMORY = ENOMEM };

/* ---- the schema ---- */

static void release_schema(struct ArrowSchema *schema) {
    for (int64_t i = 0; i < schema->n_children; i++) {
        if (schema->children[i] != NULL && schema->children[i]->release != NULL)
            schema->children[i]->release(schema->children[i]);
        free(schema->children[i]);
    }
    free(schema->children);
    free((void *)(uintptr_t)schema->name);
    free((void *)(uintptr_t)schema->metadata);
    schema->release = NULL;
}

static char *terminated(struct str text) {
    char *copy = malloc(text.len + 1);
    if (copy != NULL) {
        memcpy(copy, text.ptr, text.len);
        copy[text.len] = '\0';
    }
    return copy;
}

static void append_text(struct buf *out, struct str text) {
    buf_append_u32(out, (uint32_t)text.len);
    buf_append_str(out, text);
}

/* Count, then length and characters of each key and value. */
static char *field_metadata(const struct arrow_field *field) {
    struct buf out = BUF_INIT(1 << 24);
    buf_append_u32(&out, (uint32_t)((field->is_json ? 1 : 0) + (field->path.len > 0 ? 1 : 0)));
    if (field->is_json) {
        append_text(&out, STR("barograph.json"));
        append_text(&out, STR("true"));
    }
    if (field->path.len > 0) {
        append_text(&out, STR("barograph.path"));
        append_text(&out, field->path);
    }
    char *metadata = out.failed ? NULL : terminated(buf_str(&out));
    buf_finish(&out);
    return metadata;
}

static int fill_field(struct ArrowSchema *out, const struct arrow_field *field) {
    static const char *const formats[] = { [ARROW_INT64] = "l", [ARROW_DOUBLE] = "g", [ARROW_BOOL] = "b", [ARROW_TEXT] = "U" };
    bool has_metadata = field->is_json || field->path.len > 0;
    *out = (struct ArrowSchema){ .format = formats[field->type], .flags = ARROW_FLAG_NULLABLE, .release = release_schema };
    out->name = terminated(field->name);
    out->metadata = has_metadata ? field_metadata(field) : NULL;
    return out->name == NULL || (has_metadata && out->metadata == NULL) ? OUT_OF_MEMORY : 0;
}

static int fill_schema(struct ArrowSchema *out, const struct arrow_table *table) {
    *out = (struct ArrowSchema){ .format = "+s", .release = release_schema };
    out->name = terminated(STR_EMPTY);
    out->children = calloc(table->field_count + 1, sizeof *out->children);
    if (out->name == NULL || out->children == NULL)
        return OUT_OF_MEMORY;
    for (; (size_t)out->n_children < table->field_count; out->n_children++) {
        struct ArrowSchema *child = calloc(1, sizeof *child);
        out->children[out->n_children] = child;
        if (child == NULL || fill_field(child, &table->fields[out->n_children]) != 0) {
            out->n_children++;
            return OUT_OF_MEMORY;
        }
    }
    return 0;
}

/* ---- the arrays ---- */

/* What an array needs while somebody holds it; each column by itself, because it may be taken out of its batch. */
struct holding {
    PyObject *owner;
    const void *buffers[3];
};

static void release_array(struct ArrowArray *array) {
    struct holding *holding = array->private_data;
    for (int64_t i = 0; i < array->n_children; i++) {
        if (array->children[i] != NULL && array->children[i]->release != NULL)
            array->children[i]->release(array->children[i]);
        free(array->children[i]);
    }
    free(array->children);
    if (holding != NULL && Py_IsInitialized()) {
        PyGILState_STATE state = PyGILState_Ensure(); /* whoever releases may be in any thread */
        Py_DECREF(holding->owner);
        PyGILState_Release(state);
    }
    free(holding);
    array->release = NULL;
}

static int hold(struct ArrowArray *out, PyObject *owner, size_t rows) {
    struct holding *holding = calloc(1, sizeof *holding);
    *out = (struct ArrowArray){ .length = (int64_t)rows, .n_buffers = 1, .release = release_array };
    if (holding == NULL)
        return OUT_OF_MEMORY;
    PyGILState_STATE state = PyGILState_Ensure();
    Py_INCREF(owner);
    PyGILState_Release(state);
    holding->owner = owner;
    out->private_data = holding;
    out->buffers = holding->buffers;
    return 0;
}

static int fill_column(struct ArrowArray *out, PyObject *owner, enum arrow_type type, const struct arrow_column *column, size_t rows) {
    if (hold(out, owner, rows) != 0)
        return OUT_OF_MEMORY;
    out->null_count = (int64_t)column->null_count;
    out->buffers[0] = column->valid;
    out->n_buffers = type == ARROW_TEXT ? 3 : 2;
    out->buffers[1] = type == ARROW_TEXT ? (const void *)column->offsets : column->values;
    out->buffers[2] = column->values;
    return 0;
}

static int fill_batch(struct ArrowArray *out, ColumnsObject *self, const struct arrow_batch *batch) {
    if (hold(out, (PyObject *)self, batch->row_count) != 0)
        return OUT_OF_MEMORY;
    out->children = calloc(self->table.field_count + 1, sizeof *out->children);
    if (out->children == NULL)
        return OUT_OF_MEMORY;
    for (; (size_t)out->n_children < self->table.field_count; out->n_children++) {
        size_t at = (size_t)out->n_children;
        struct ArrowArray *child = calloc(1, sizeof *child);
        out->children[at] = child;
        if (child == NULL || fill_column(child, (PyObject *)self, self->table.fields[at].type, &batch->columns[at], batch->row_count) != 0) {
            out->n_children++;
            return OUT_OF_MEMORY;
        }
    }
    return 0;
}

/* ---- the stream ---- */

struct stream_state {
    ColumnsObject *owner;
    size_t next;
};

static int stream_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out) {
    struct stream_state *state = stream->private_data;
    int failure = fill_schema(out, &state->owner->table);
    if (failure != 0)
        release_schema(out);
    return failure;
}

static int stream_next(struct ArrowArrayStream *stream, struct ArrowArray *out) {
    struct stream_state *state = stream->private_data;
    const struct arrow_table *table = &state->owner->table;
    if (state->next == table->batch_count) {
        *out = (struct ArrowArray){ 0 }; /* released: the end */
        return 0;
    }
    int failure = fill_batch(out, state->owner, &table->batches[state->next]);
    if (failure != 0)
        release_array(out);
    else
        state->next++;
    return failure;
}

static const char *stream_error(struct ArrowArrayStream *stream) {
    (void)stream;
    return "out of memory";
}

static void stream_release(struct ArrowArrayStream *stream) {
    struct stream_state *state = stream->private_data;
    if (Py_IsInitialized()) {
        PyGILState_STATE gil = PyGILState_Ensure();
        Py_DECREF((PyObject *)state->owner);
        PyGILState_Release(gil);
    }
    free(state);
    stream->release = NULL;
}

static void capsule_end(PyObject *capsule) {
    struct ArrowArrayStream *stream = PyCapsule_GetPointer(capsule, "arrow_array_stream");
    if (stream != NULL && stream->release != NULL)
        stream->release(stream);
    free(stream);
}

PyObject *columns_arrow_stream(PyObject *object, PyObject *unused) {
    struct ArrowArrayStream *stream = calloc(1, sizeof *stream);
    struct stream_state *state = calloc(1, sizeof *state);
    (void)unused;
    if (stream == NULL || state == NULL) {
        free(stream);
        free(state);
        return PyErr_NoMemory();
    }
    Py_INCREF(object);
    state->owner = (ColumnsObject *)object;
    *stream = (struct ArrowArrayStream){ stream_schema, stream_next, stream_error, stream_release, state };
    PyObject *capsule = PyCapsule_New(stream, "arrow_array_stream", capsule_end);
    if (capsule == NULL) {
        stream->release(stream);
        free(stream);
    }
    return capsule;
}

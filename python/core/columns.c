/* columns.c - the type _core.Columns: a table in Arrow's stream format, handed on as arrays, as rows, or as it is. */
#include "columns.h"

#include <string.h>

/* ---- making ---- */

static PyObject *decode(struct str text) {
    return PyUnicode_DecodeUTF8(text.ptr, (Py_ssize_t)text.len, "replace");
}

static PyObject *load_json(const ColumnsObject *self, struct str json) {
    PyObject *text = decode(json);
    PyObject *value = text == NULL ? NULL : PyObject_CallFunctionObjArgs(self->loads, text, NULL);
    Py_XDECREF(text);
    return value;
}

static PyObject *path_of(const ColumnsObject *self, const struct arrow_field *field) {
    PyObject *parts = field->path.len > 0 ? load_json(self, field->path) : NULL;
    if (field->path.len > 0) {
        PyObject *path = parts == NULL ? NULL : PySequence_Tuple(parts);
        Py_XDECREF(parts);
        return path;
    }
    PyObject *name = decode(field->name);
    PyObject *path = name == NULL ? NULL : PyTuple_Pack(1, name);
    Py_XDECREF(name);
    return path;
}

static int find_paths(ColumnsObject *self) {
    PyObject *json = PyImport_ImportModule("json");
    self->loads = json == NULL ? NULL : PyObject_GetAttrString(json, "loads");
    Py_XDECREF(json);
    if (self->loads == NULL)
        return -1;
    /* Not PyMem_Calloc: the headers of Python 3.9 keep it from extensions that use the stable part only. */
    size_t size = (self->table.field_count + 1) * sizeof(PyObject *);
    self->paths = PyMem_Malloc(size);
    if (self->paths == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    memset(self->paths, 0, size);
    for (size_t i = 0; i < self->table.field_count; i++) {
        self->paths[i] = path_of(self, &self->table.fields[i]);
        if (self->paths[i] == NULL)
            return -1;
    }
    return 0;
}

static int columns_init(PyObject *object, PyObject *args, PyObject *kwargs) {
    ColumnsObject *self = (ColumnsObject *)object;
    struct core_state *state = PyType_GetModuleState(Py_TYPE(object));
    struct err err = { 0 };
    PyObject *bytes;
    char *ptr;
    Py_ssize_t len;

    if (kwargs != NULL || self->bytes != NULL) {
        PyErr_SetString(PyExc_TypeError, "Columns(bytes) is called once");
        return -1;
    }
    if (!PyArg_ParseTuple(args, "S", &bytes) || PyBytes_AsStringAndSize(bytes, &ptr, &len) != 0)
        return -1;
    Py_INCREF(bytes);
    self->bytes = bytes;
    if (arrow_table_read(&self->table, (struct str){ ptr, (size_t)len }, &err) != OK) {
        PyErr_SetString(state->error, err.message);
        return -1;
    }
    return find_paths(self);
}

static void columns_dealloc(PyObject *object) {
    ColumnsObject *self = (ColumnsObject *)object;
    PyTypeObject *type = Py_TYPE(object);
    for (size_t i = 0; self->paths != NULL && i < self->table.field_count; i++)
        Py_XDECREF(self->paths[i]);
    PyMem_Free(self->paths);
    arrow_table_finish(&self->table);
    Py_XDECREF(self->bytes);
    Py_XDECREF(self->loads);
    freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);
    release(object);
    Py_DECREF(type);
}

/* ---- what it is ---- */

static PyObject *columns_names(PyObject *object, PyObject *unused) {
    const ColumnsObject *self = (ColumnsObject *)object;
    PyObject *names = PyList_New((Py_ssize_t)self->table.field_count);
    (void)unused;
    for (size_t i = 0; names != NULL && i < self->table.field_count; i++) {
        PyObject *name = decode(self->table.fields[i].name);
        if (name == NULL || PyList_SetItem(names, (Py_ssize_t)i, name) != 0)
            Py_CLEAR(names);
    }
    return names;
}

static PyObject *columns_row_count(PyObject *object, PyObject *unused) {
    (void)unused;
    return PyLong_FromSize_t(((ColumnsObject *)object)->table.row_count);
}

static PyObject *columns_metadata(PyObject *object, PyObject *unused) {
    const ColumnsObject *self = (ColumnsObject *)object;
    PyObject *metadata = PyDict_New();
    (void)unused;
    for (size_t i = 0; metadata != NULL && i < self->table.metadata_count; i++) {
        PyObject *key = decode(self->table.metadata[i].key), *value = decode(self->table.metadata[i].value);
        if (key == NULL || value == NULL || PyDict_SetItem(metadata, key, value) != 0)
            Py_CLEAR(metadata);
        Py_XDECREF(key);
        Py_XDECREF(value);
    }
    return metadata;
}

/* nested() -> {column: the first part of its key}, for those that are nested */
static PyObject *columns_nested(PyObject *object, PyObject *unused) {
    const ColumnsObject *self = (ColumnsObject *)object;
    PyObject *nested = PyDict_New();
    (void)unused;
    for (size_t i = 0; nested != NULL && i < self->table.field_count; i++) {
        if (PyTuple_Size(self->paths[i]) < 2)
            continue;
        PyObject *at = PyLong_FromSize_t(i);
        if (at == NULL || PyDict_SetItem(nested, at, PyTuple_GetItem(self->paths[i], 0)) != 0)
            Py_CLEAR(nested);
        Py_XDECREF(at);
    }
    return nested;
}

/* ---- arrays ---- */

static bool is_there(const struct arrow_column *column, size_t row) {
    return column->valid == NULL || arrow_bit(column->valid, row);
}

static struct str text_at(const struct arrow_column *column, size_t row) {
    return (struct str){ (const char *)column->values + column->offsets[row], (size_t)(column->offsets[row + 1] - column->offsets[row]) };
}

static PyObject *value_at(const ColumnsObject *self, const struct arrow_field *field, const struct arrow_column *column, size_t row) {
    switch (field->type) {
    case ARROW_INT64:
        return PyLong_FromLongLong(((const int64_t *)column->values)[row]);
    case ARROW_DOUBLE:
        return PyFloat_FromDouble(((const double *)column->values)[row]);
    case ARROW_BOOL:
        return PyBool_FromLong(arrow_bit(column->values, row));
    default:
        return field->is_json ? load_json(self, text_at(column, row)) : decode(text_at(column, row));
    }
}

static bool has_gaps(const struct arrow_table *table, size_t at) {
    for (size_t i = 0; i < table->batch_count; i++)
        if (table->batches[i].columns[at].null_count > 0)
            return true;
    return false;
}

/* Texts often repeat from row to row, as a run's id does: those are one object. */
static PyObject *text_like(const ColumnsObject *self, const struct arrow_field *field, const struct arrow_column *column, size_t row,
                           PyObject *previous) {
    bool repeats = previous != NULL && row > 0 && field->type == ARROW_TEXT && !field->is_json && is_there(column, row - 1) &&
                   str_eq(text_at(column, row), text_at(column, row - 1));
    if (!repeats)
        return value_at(self, field, column, row);
    Py_INCREF(previous);
    return previous;
}

static PyObject *as_list(const ColumnsObject *self, size_t at, PyObject *missing) {
    const struct arrow_table *table = &self->table;
    PyObject *list = PyList_New((Py_ssize_t)table->row_count), *previous = NULL; /* the list's */
    Py_ssize_t next = 0;
    for (size_t b = 0; list != NULL && b < table->batch_count; b++) {
        const struct arrow_column *column = &table->batches[b].columns[at];
        for (size_t row = 0; list != NULL && row < table->batches[b].row_count; row++) {
            PyObject *value = missing;
            if (is_there(column, row))
                value = text_like(self, &table->fields[at], column, row, previous);
            else
                Py_INCREF(missing);
            previous = value;
            if (value == NULL || PyList_SetItem(list, next++, value) != 0)
                Py_CLEAR(list);
        }
    }
    return list;
}

/* Integers stay integers where there are no gaps; otherwise numbers are doubles, NaN in the gaps. */
static void copy_numbers(const struct arrow_batch *batch, size_t at, bool as_doubles, bool are_doubles, char *out) {
    const struct arrow_column *column = &batch->columns[at];
    if (as_doubles == are_doubles) {
        memcpy(out, column->values, batch->row_count * 8);
    } else {
        for (size_t row = 0; row < batch->row_count; row++)
            ((double *)(void *)out)[row] = (double)((const int64_t *)column->values)[row];
    }
    for (size_t row = 0; column->null_count > 0 && row < batch->row_count; row++)
        if (!is_there(column, row))
            ((double *)(void *)out)[row] = __builtin_nan("");
}

static PyObject *as_bytes(const struct arrow_table *table, size_t at, bool as_doubles) {
    enum arrow_type type = table->fields[at].type;
    size_t item = type == ARROW_BOOL ? 1 : 8;
    PyObject *bytes = PyByteArray_FromStringAndSize(NULL, (Py_ssize_t)(table->row_count * item));
    char *out = bytes == NULL ? NULL : PyByteArray_AsString(bytes);
    for (size_t b = 0; out != NULL && b < table->batch_count; b++) {
        const struct arrow_batch *batch = &table->batches[b];
        if (type == ARROW_BOOL)
            for (size_t row = 0; row < batch->row_count; row++)
                out[row] = arrow_bit(batch->columns[at].values, row);
        else
            copy_numbers(batch, at, as_doubles, type == ARROW_DOUBLE, out);
        out += batch->row_count * item;
    }
    return bytes;
}

/* values(column, missing) -> ("q", "d" or "?", bytes) of numbers, or ("O", list) of anything else */
static PyObject *columns_values(PyObject *object, PyObject *args) {
    const ColumnsObject *self = (ColumnsObject *)object;
    Py_ssize_t at;
    PyObject *missing;
    if (!PyArg_ParseTuple(args, "nO", &at, &missing))
        return NULL;
    if (at < 0 || (size_t)at >= self->table.field_count) {
        PyErr_SetString(PyExc_IndexError, "there is no such column");
        return NULL;
    }
    enum arrow_type type = self->table.fields[at].type;
    bool gaps = has_gaps(&self->table, (size_t)at);
    if (type == ARROW_TEXT || (type == ARROW_BOOL && gaps))
        return Py_BuildValue("sN", "O", as_list(self, (size_t)at, missing));
    bool as_doubles = type == ARROW_DOUBLE || (type == ARROW_INT64 && gaps);
    return Py_BuildValue("sN", type == ARROW_BOOL ? "?" : as_doubles ? "d" : "q", as_bytes(&self->table, (size_t)at, as_doubles));
}

/* ---- rows ---- */

/* Puts a value where its path leads, through dictionaries that are made on the way. */
static int put(PyObject *row, PyObject *path, PyObject *value) {
    Py_ssize_t last = PyTuple_Size(path) - 1;
    for (Py_ssize_t i = 0; i < last; i++) {
        PyObject *inner = PyDict_GetItemWithError(row, PyTuple_GetItem(path, i));
        if (inner == NULL) {
            inner = PyErr_Occurred() ? NULL : PyDict_New();
            if (inner == NULL || PyDict_SetItem(row, PyTuple_GetItem(path, i), inner) != 0) {
                Py_XDECREF(inner);
                return -1;
            }
            Py_DECREF(inner); /* the row's now */
        }
        if (!PyDict_Check(inner)) /* a key and a nested key of the same name: the value stays */
            return 0;
        row = inner;
    }
    return PyDict_SetItem(row, PyTuple_GetItem(path, last), value);
}

static PyObject *row_at(const ColumnsObject *self, const struct arrow_batch *batch, size_t row, const size_t *wanted, size_t count) {
    PyObject *dict = PyDict_New();
    for (size_t i = 0; dict != NULL && i < count; i++) {
        const struct arrow_column *column = &batch->columns[wanted[i]];
        if (!is_there(column, row))
            continue;
        PyObject *value = value_at(self, &self->table.fields[wanted[i]], column, row);
        if (value == NULL || put(dict, self->paths[wanted[i]], value) != 0)
            Py_CLEAR(dict);
        Py_XDECREF(value);
    }
    return dict;
}

/* The columns that are wanted: those of the list, or all. Freed by the caller; NULL with an exception set. */
static size_t *read_wanted(const ColumnsObject *self, PyObject *list, size_t *count) {
    size_t total = list == NULL || list == Py_None ? self->table.field_count : (size_t)PyList_Size(list);
    size_t *wanted = PyErr_Occurred() ? NULL : PyMem_Malloc((total + 1) * sizeof *wanted);
    for (size_t i = 0; wanted != NULL && i < total; i++) {
        wanted[i] = list == NULL || list == Py_None ? i : PyLong_AsSize_t(PyList_GetItem(list, (Py_ssize_t)i));
        if (PyErr_Occurred() || wanted[i] >= self->table.field_count) {
            if (!PyErr_Occurred())
                PyErr_SetString(PyExc_IndexError, "there is no such column");
            PyMem_Free(wanted);
            return NULL;
        }
    }
    *count = total;
    return wanted;
}

static PyObject *rows_of(const ColumnsObject *self, size_t first, size_t end, const size_t *wanted, size_t wanted_count) {
    PyObject *rows = PyList_New((Py_ssize_t)(end - first));
    size_t batch_first = 0;
    for (size_t b = 0; rows != NULL && b < self->table.batch_count && batch_first < end; b++) {
        const struct arrow_batch *batch = &self->table.batches[b];
        size_t from = first > batch_first ? first - batch_first : 0;
        size_t to = end - batch_first < batch->row_count ? end - batch_first : batch->row_count;
        for (size_t row = from; rows != NULL && row < to; row++) {
            PyObject *dict = row_at(self, batch, row, wanted, wanted_count);
            if (dict == NULL || PyList_SetItem(rows, (Py_ssize_t)(batch_first + row - first), dict) != 0)
                Py_CLEAR(rows);
        }
        batch_first += batch->row_count;
    }
    return rows;
}

/* rows(first, count, columns=None) -> list of dictionaries, without the keys that a row lacks */
static PyObject *columns_rows(PyObject *object, PyObject *args) {
    const ColumnsObject *self = (ColumnsObject *)object;
    Py_ssize_t first, count;
    PyObject *list = NULL;
    size_t wanted_count;

    if (!PyArg_ParseTuple(args, "nn|O", &first, &count, &list))
        return NULL;
    size_t total = self->table.row_count;
    size_t from = first < 0 || (size_t)first > total ? total : (size_t)first;
    size_t end = count < 0 || (size_t)count > total - from ? total : from + (size_t)count;
    size_t *wanted = read_wanted(self, list, &wanted_count);
    PyObject *rows = wanted == NULL ? NULL : rows_of(self, from, end, wanted, wanted_count);
    PyMem_Free(wanted);
    return rows;
}

static PyMethodDef methods[] = {
    { "arrow_stream", columns_arrow_stream, METH_NOARGS, NULL },
    { "metadata", columns_metadata, METH_NOARGS, NULL },
    { "names", columns_names, METH_NOARGS, NULL },
    { "nested", columns_nested, METH_NOARGS, NULL },
    { "row_count", columns_row_count, METH_NOARGS, NULL },
    { "rows", columns_rows, METH_VARARGS, NULL },
    { "values", columns_values, METH_VARARGS, NULL },
    { NULL, NULL, 0, NULL },
};

static PyType_Slot slots[] = {
    { Py_tp_init, (void *)columns_init },
    { Py_tp_dealloc, (void *)columns_dealloc },
    { Py_tp_methods, methods },
    { 0, NULL },
};

PyType_Spec columns_spec = {
    .name = "barograph._core.Columns",
    .basicsize = sizeof(ColumnsObject),
    .flags = Py_TPFLAGS_DEFAULT,
    .slots = slots,
};

/* value.c - Python values into rows: numbers, texts, dictionaries, sequences, and what numpy's scalars answer. */
#include "core.h"

#include "base/buf.h"
#include "base/json.h"

#include <stdbool.h>

enum { JSON_VALUE_MAX = 16 << 20, DEPTH_MAX = 64 };

/* Where we are: what the caller's encoder is told. */
struct value_place {
    const struct value_options *options;
    PyObject *key;
};

static bool write_json(struct json_writer *writer, PyObject *value, const struct value_place *place, int depth);

static bool refuse(PyObject *value) {
    PyObject *type = PyObject_Type(value);
    PyObject *name = type == NULL ? NULL : PyObject_GetAttrString(type, "__name__");
    if (name != NULL)
        PyErr_Format(PyExc_TypeError, "a value of type '%U' cannot be logged", name);
    Py_XDECREF(name);
    Py_XDECREF(type);
    return false;
}

/* numpy's and other libraries' scalars: without dimensions they are plain numbers. */
static bool is_scalar(PyObject *value) {
    if (!PyObject_HasAttrString(value, "item") || !PyObject_HasAttrString(value, "shape"))
        return false;
    PyObject *shape = PyObject_GetAttrString(value, "shape");
    Py_ssize_t dimensions = shape == NULL ? -1 : PySequence_Size(shape);
    Py_XDECREF(shape);
    if (dimensions < 0)
        PyErr_Clear();
    return dimensions == 0;
}

/* What is neither Python's own nor a container. A scalar whose item() is no plain value is the encoder's. */
static PyObject *as_plain(PyObject *value, const struct value_place *place) {
    const struct value_options *options = place->options;
    if (is_scalar(value)) {
        PyObject *plain = PyObject_CallMethod(value, "item", NULL);
        if (plain == NULL || PyFloat_Check(plain) || PyLong_Check(plain) || PyUnicode_Check(plain))
            return plain;
        Py_DECREF(plain);
    }
    if (options->encode != NULL)
        return PyObject_CallFunctionObjArgs(options->encode, place->key, value, NULL);
    (void)refuse(value);
    return NULL;
}

static bool write_text(struct json_writer *writer, PyObject *value, bool is_key) {
    Py_ssize_t len;
    const char *text = PyUnicode_AsUTF8AndSize(value, &len);
    if (text == NULL)
        return false;
    if (is_key)
        json_key(writer, (struct str){ text, (size_t)len });
    else
        json_string(writer, (struct str){ text, (size_t)len });
    return true;
}

/* Beyond 64 bits the digits go out as they are: JSON has no limit. */
static bool write_integer(struct json_writer *writer, PyObject *value) {
    int overflow;
    long long number = PyLong_AsLongLongAndOverflow(value, &overflow);
    if (overflow == 0) {
        if (number == -1 && PyErr_Occurred())
            return false;
        json_int(writer, number);
        return true;
    }
    Py_ssize_t len;
    PyObject *digits = PyNumber_ToBase(value, 10);
    const char *text = digits == NULL ? NULL : PyUnicode_AsUTF8AndSize(digits, &len);
    if (text != NULL)
        json_raw(writer, (struct str){ text, (size_t)len });
    Py_XDECREF(digits);
    return text != NULL;
}

static bool write_sequence(struct json_writer *writer, PyObject *value, const struct value_place *place, int depth) {
    bool is_written = true;
    PyObject *list = PySequence_List(value);
    if (list == NULL)
        return false;
    json_array_begin(writer);
    for (Py_ssize_t i = 0; is_written && i < PyList_Size(list); i++)
        is_written = write_json(writer, PyList_GetItem(list, i), place, depth + 1);
    json_array_end(writer);
    Py_DECREF(list);
    return is_written;
}

static bool write_dict(struct json_writer *writer, PyObject *value, const struct value_place *place, int depth) {
    PyObject *key, *item;
    Py_ssize_t at = 0;
    json_object_begin(writer);
    while (PyDict_Next(value, &at, &key, &item)) {
        /* JSON has text keys only; numbers and the like become what str() says, as json.dumps has it. */
        PyObject *text = PyObject_Str(key);
        bool is_written = text != NULL && write_text(writer, text, true) && write_json(writer, item, place, depth + 1);
        Py_XDECREF(text);
        if (!is_written)
            return false;
    }
    json_object_end(writer);
    return true;
}

static bool is_plain(PyObject *value) {
    return value == Py_None || PyLong_Check(value) || PyFloat_Check(value) || PyUnicode_Check(value) ||
           PyDict_Check(value) || PyList_Check(value) || PyTuple_Check(value);
}

/* Lists of images and the like are one value: the encoder gets them whole. */
static bool is_for_encoder(PyObject *sequence, const struct value_place *place) {
    if (place->options->encode == NULL || PyAnySet_Check(sequence) || PySequence_Size(sequence) < 1)
        return false;
    PyObject *first = PySequence_GetItem(sequence, 0);
    bool is_unknown = first != NULL && !is_plain(first) && !is_scalar(first);
    Py_XDECREF(first);
    return is_unknown;
}

/* What the encoder answers is plain, or refused: it is not asked twice about the same value. */
static bool write_encoded(struct json_writer *writer, PyObject *value, const struct value_place *place, int depth) {
    const struct value_options nothing = { .nested = place->options->nested };
    const struct value_place inner = { &nothing, place->key };
    PyObject *plain = as_plain(value, place);
    bool is_written = plain != NULL && write_json(writer, plain, &inner, depth + 1);
    Py_XDECREF(plain);
    return is_written;
}

static bool write_json(struct json_writer *writer, PyObject *value, const struct value_place *place, int depth) {
    if (depth > DEPTH_MAX) {
        PyErr_SetString(PyExc_ValueError, "a value is nested deeper than 64 levels");
        return false;
    }
    if (value == Py_None)
        json_null(writer);
    else if (PyBool_Check(value))
        json_bool(writer, value == Py_True);
    else if (PyLong_Check(value))
        return write_integer(writer, value);
    else if (PyFloat_Check(value))
        json_double(writer, PyFloat_AsDouble(value));
    else if (PyUnicode_Check(value))
        return write_text(writer, value, false);
    else if (PyDict_Check(value))
        return write_dict(writer, value, place, depth);
    else if (PyList_Check(value) || PyTuple_Check(value) || PyAnySet_Check(value))
        return is_for_encoder(value, place) ? write_encoded(writer, value, place, depth)
                                            : write_sequence(writer, value, place, depth);
    else
        return write_encoded(writer, value, place, depth);
    return true;
}

static bool add_json(struct baro_row *row, struct str key, PyObject *value, const struct value_place *place) {
    struct buf json = BUF_INIT(JSON_VALUE_MAX);
    struct json_writer writer;
    json_writer_init(&writer, &json, JSON_EXTENDED);
    bool is_written = write_json(&writer, value, place, 0);
    if (is_written && json.failed) {
        PyErr_SetString(PyExc_ValueError, "a value takes more than 16 MiB");
        is_written = false;
    }
    if (is_written)
        baro_row_json_n(row, key.ptr, key.len, json.ptr, json.len);
    buf_finish(&json);
    return is_written;
}

static bool add_nested(struct baro_row *row, struct str key, PyObject *value, const struct value_options *options) {
    baro_row_enter_n(row, key.ptr, key.len);
    bool is_added = add_values(row, value, options);
    baro_row_leave(row);
    return is_added;
}

static bool add_integer(struct baro_row *row, struct str key, PyObject *value, const struct value_place *place) {
    int overflow;
    long long number = PyLong_AsLongLongAndOverflow(value, &overflow);
    if (overflow != 0)
        return add_json(row, key, value, place);
    baro_row_integer_n(row, key.ptr, key.len, number);
    return true;
}

static bool add_value(struct baro_row *row, struct str key, PyObject *value, const struct value_place *place) {
    if (PyFloat_Check(value)) {
        baro_row_number_n(row, key.ptr, key.len, PyFloat_AsDouble(value));
        return true;
    }
    if (PyLong_Check(value) && !PyBool_Check(value))
        return add_integer(row, key, value, place);
    if (PyDict_Check(value) && place->options->nested && PyDict_Size(value) > 0)
        return add_nested(row, key, value, place->options);
    return add_json(row, key, value, place);
}

/* "TypeError: key 'x': a value of type 'object' cannot be logged" */
static void name_the_key(PyObject *key) {
    PyObject *type, *value, *traceback;
    if (!PyErr_ExceptionMatches(PyExc_TypeError) && !PyErr_ExceptionMatches(PyExc_ValueError))
        return;
    PyErr_Fetch(&type, &value, &traceback);
    PyErr_NormalizeException(&type, &value, &traceback);
    PyErr_Format(type, "key '%S': %S", key, value);
    Py_XDECREF(type);
    Py_XDECREF(value);
    Py_XDECREF(traceback);
}

int add_values(struct baro_row *row, PyObject *values, const struct value_options *options) {
    PyObject *key, *value;
    Py_ssize_t at = 0, len;
    while (PyDict_Next(values, &at, &key, &value)) {
        if (!PyUnicode_Check(key)) {
            PyErr_Format(PyExc_TypeError, "keys are texts, got %R", key);
            return 0;
        }
        const struct value_place place = { options, key };
        const char *name = PyUnicode_AsUTF8AndSize(key, &len);
        if (name == NULL)
            return 0;
        if (!add_value(row, (struct str){ name, (size_t)len }, value, &place)) {
            name_the_key(key);
            return 0;
        }
    }
    return 1;
}

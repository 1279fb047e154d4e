/* value.c - Python values into rows: numbers, texts, dictionaries, sequences, and what numpy's scalars answer. */
#include "core.h"

#include "base/buf.h"
#include "base/json.h"

#include <stdbool.h>

enum { JSON_VALUE_MAX = 16 << 20, DEPTH_MAX = 64 };

static bool write_json(struct json_writer *writer, PyObject *value, int depth);

static bool refuse(PyObject *value) {
    PyObject *type = PyObject_Type(value);
    PyObject *name = type == NULL ? NULL : PyObject_GetAttrString(type, "__name__");
    if (name != NULL)
        PyErr_Format(PyExc_TypeError, "a value of type '%U' cannot be logged", name);
    Py_XDECREF(name);
    Py_XDECREF(type);
    return false;
}

/* What is neither Python's own nor a container: numpy's scalars and arrays, tensors. */
static PyObject *as_plain(PyObject *value) {
    PyObject *plain = NULL;
    if (PyObject_HasAttrString(value, "tolist"))
        plain = PyObject_CallMethod(value, "tolist", NULL);
    else if (PyObject_HasAttrString(value, "item"))
        plain = PyObject_CallMethod(value, "item", NULL);
    else
        (void)refuse(value);
    return plain;
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

static bool write_sequence(struct json_writer *writer, PyObject *value, int depth) {
    bool is_written = true;
    PyObject *list = PySequence_List(value);
    if (list == NULL)
        return false;
    json_array_begin(writer);
    for (Py_ssize_t i = 0; is_written && i < PyList_Size(list); i++)
        is_written = write_json(writer, PyList_GetItem(list, i), depth + 1);
    json_array_end(writer);
    Py_DECREF(list);
    return is_written;
}

static bool write_dict(struct json_writer *writer, PyObject *value, int depth) {
    PyObject *key, *item;
    Py_ssize_t at = 0;
    json_object_begin(writer);
    while (PyDict_Next(value, &at, &key, &item)) {
        /* JSON has text keys only; numbers and the like become what str() says, as json.dumps has it. */
        PyObject *text = PyObject_Str(key);
        bool is_written = text != NULL && write_text(writer, text, true) && write_json(writer, item, depth + 1);
        Py_XDECREF(text);
        if (!is_written)
            return false;
    }
    json_object_end(writer);
    return true;
}

static bool write_json(struct json_writer *writer, PyObject *value, int depth) {
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
        return write_dict(writer, value, depth);
    else if (PyList_Check(value) || PyTuple_Check(value) || PyAnySet_Check(value))
        return write_sequence(writer, value, depth);
    else {
        PyObject *plain = as_plain(value);
        bool is_written = plain != NULL && write_json(writer, plain, depth + 1);
        Py_XDECREF(plain);
        return is_written;
    }
    return true;
}

static bool add_json(struct baro_row *row, struct str key, PyObject *value) {
    struct buf json = BUF_INIT(JSON_VALUE_MAX);
    struct json_writer writer;
    json_writer_init(&writer, &json, JSON_EXTENDED);
    bool is_written = write_json(&writer, value, 0);
    if (is_written && json.failed) {
        PyErr_SetString(PyExc_ValueError, "a value takes more than 16 MiB");
        is_written = false;
    }
    if (is_written)
        baro_row_json_n(row, key.ptr, key.len, json.ptr, json.len);
    buf_finish(&json);
    return is_written;
}

static bool add_nested(struct baro_row *row, struct str key, PyObject *value) {
    baro_row_enter_n(row, key.ptr, key.len);
    bool is_added = add_values(row, value, 1);
    baro_row_leave(row);
    return is_added;
}

static bool add_value(struct baro_row *row, struct str key, PyObject *value, int nested) {
    if (PyFloat_Check(value)) {
        baro_row_number_n(row, key.ptr, key.len, PyFloat_AsDouble(value));
        return true;
    }
    if (PyDict_Check(value) && nested && PyDict_Size(value) > 0)
        return add_nested(row, key, value);
    return add_json(row, key, value);
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

int add_values(struct baro_row *row, PyObject *values, int nested) {
    PyObject *key, *value;
    Py_ssize_t at = 0, len;
    while (PyDict_Next(values, &at, &key, &value)) {
        if (!PyUnicode_Check(key)) {
            PyErr_Format(PyExc_TypeError, "keys are texts, got %R", key);
            return 0;
        }
        const char *name = PyUnicode_AsUTF8AndSize(key, &len);
        if (name == NULL)
            return 0;
        if (!add_value(row, (struct str){ name, (size_t)len }, value, nested)) {
            name_the_key(key);
            return 0;
        }
    }
    return 1;
}

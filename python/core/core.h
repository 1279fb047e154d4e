/* core.h - the extension's parts: it converts and calls, it decides nothing. */
#ifndef PYTHON_CORE_H
#define PYTHON_CORE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

/* Every Python from 3.3 on has it; the limited API declares it from 3.10 on. */
#if Py_LIMITED_API < 0x030A0000
#define METH_FASTCALL 0x0080 /* the same holds for it */
PyAPI_FUNC(const char *) PyUnicode_AsUTF8AndSize(PyObject *text, Py_ssize_t *len);
#endif

#include "client/barograph.h"

struct core_state {
    PyObject *error; /* barograph.errors.Error's base: carries the code */
    PyObject *run_type;
};

/* Sets Error(message, code); answers NULL. */
PyObject *raise_error(struct core_state *state, const struct baro_error *error);

extern PyType_Spec columns_spec, run_spec;

/* How values become JSON. */
struct value_options {
    PyObject *encode; /* called with (key, value) for what C does not know; borrowed, NULL: refuse */
    int nested;       /* dictionaries become objects of the row, otherwise one JSON value each */
};

/* Adds a dictionary's values. False with an exception set: TypeError names the key. */
int add_values(struct baro_row *row, PyObject *values, const struct value_options *options);

#endif

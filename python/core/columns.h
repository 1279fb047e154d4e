/* columns.h - what a table of columns is, for columns.c and for columns_arrow.c that hands it on. */
#ifndef PYTHON_COLUMNS_H
#define PYTHON_COLUMNS_H

#include "core.h"

#include "base/arrow.h"

typedef struct {
    PyObject_HEAD
    PyObject *bytes; /* what the table lies in */
    PyObject *loads; /* json.loads */
    PyObject **paths; /* for each field: a tuple of the parts of its key */
    struct arrow_table table;
} ColumnsObject;

/* The method arrow_stream(): a capsule of Arrow's C stream interface. */
PyObject *columns_arrow_stream(PyObject *object, PyObject *unused);

#endif

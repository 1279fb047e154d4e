/* module.c - the extension barograph._core: its type, its error, its constants. */
#include "core.h"

#include "base/err.h"

PyObject *raise_error(struct core_state *state, const struct baro_error *error) {
    PyObject *exception = PyObject_CallFunction(state->error, "s", error->message);
    PyObject *code = exception == NULL ? NULL : PyLong_FromLong(error->code);
    if (code != NULL && PyObject_SetAttrString(exception, "code", code) == 0)
        PyErr_SetObject(state->error, exception);
    Py_XDECREF(code);
    Py_XDECREF(exception);
    return NULL;
}

/* Steps backwards are told from other failures by the caller: a warning, not the end of a training. */
static int add_constants(PyObject *module) {
    static const struct {
        const char *name;
        long value;
    } constants[] = {
        { "BEST", BARO_BEST },       { "DIR", BARO_DIR },         { "ENTITY", BARO_ENTITY },
        { "LAST", BARO_LAST },       { "LOG_PATH", BARO_LOG_PATH }, { "MAX", BARO_MAX },
        { "MAXIMIZE", BARO_MAXIMIZE }, { "MEAN", BARO_MEAN },     { "MIN", BARO_MIN },
        { "MINIMIZE", BARO_MINIMIZE }, { "NAME", BARO_NAME },     { "NOTES", BARO_NOTES },
        { "NO_GOAL", BARO_NO_GOAL }, { "NO_SUMMARY", BARO_NO_SUMMARY }, { "PROBLEM", BARO_PROBLEM },
        { "PROJECT", BARO_PROJECT }, { "RUN_ID", BARO_RUN_ID }, { "FULL", ERR_FULL },
        { "REFUSED", ERR_FORBIDDEN },
        { "TIMED_OUT", ERR_TIMEOUT },
    };
    for (size_t i = 0; i < sizeof constants / sizeof constants[0]; i++)
        if (PyModule_AddIntConstant(module, constants[i].name, constants[i].value) != 0)
            return -1;
    return 0;
}

static int core_exec(PyObject *module) {
    struct core_state *state = PyModule_GetState(module);
    state->error = PyErr_NewException("barograph._core.Error", PyExc_Exception, NULL);
    state->run_type = PyType_FromModuleAndSpec(module, &run_spec, NULL);
    if (state->error == NULL || state->run_type == NULL)
        return -1;
    Py_INCREF(state->error);
    if (PyModule_AddObject(module, "Error", state->error) != 0)
        return -1;
    Py_INCREF(state->run_type);
    if (PyModule_AddObject(module, "Run", state->run_type) != 0)
        return -1;
    PyObject *columns_type = PyType_FromModuleAndSpec(module, &columns_spec, NULL);
    if (columns_type == NULL || PyModule_AddObject(module, "Columns", columns_type) != 0)
        return -1;
    return add_constants(module);
}

static int core_traverse(PyObject *module, visitproc visit, void *arg) {
    struct core_state *state = PyModule_GetState(module);
    Py_VISIT(state->error);
    Py_VISIT(state->run_type);
    return 0;
}

static int core_clear(PyObject *module) {
    struct core_state *state = PyModule_GetState(module);
    Py_CLEAR(state->error);
    Py_CLEAR(state->run_type);
    return 0;
}

static PyModuleDef_Slot slots[] = { { Py_mod_exec, (void *)core_exec }, { 0, NULL } };

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_core",
    .m_size = sizeof(struct core_state),
    .m_slots = slots,
    .m_traverse = core_traverse,
    .m_clear = core_clear,
};

PyMODINIT_FUNC PyInit__core(void);

PyMODINIT_FUNC PyInit__core(void) {
    return PyModuleDef_Init(&definition);
}

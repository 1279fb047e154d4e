/* run.c - the type _core.Run: a struct baro_run and the calls on it. */
#include "core.h"

#include <string.h>
#include <unistd.h>

typedef struct {
    PyObject_HEAD
    struct baro_run *run; /* NULL once finished */
    int users;            /* threads that wait for the sender without the GIL */
    PyObject *encode;     /* see value_options; NULL: none */
} RunObject;

static struct core_state *state_of(PyObject *self) {
    return PyType_GetModuleState(Py_TYPE(self));
}

static struct baro_run *open_run(PyObject *self) {
    struct baro_run *run = ((RunObject *)self)->run;
    const struct baro_error error = { .code = 0, .message = "the run is finished" };
    if (run == NULL)
        raise_error(state_of(self), &error);
    return run;
}

/* ---- opening ---- */

static const char *text_of(PyObject *settings, const char *name) {
    PyObject *value = PyDict_GetItemString(settings, name);
    return value == NULL || value == Py_None ? NULL : PyUnicode_AsUTF8AndSize(value, NULL);
}

static double number_of(PyObject *settings, const char *name) {
    PyObject *value = PyDict_GetItemString(settings, name);
    return value == NULL || value == Py_None ? 0 : PyFloat_AsDouble(value);
}

/* The texts of a list; freed by the caller, the texts are the list's. NULL with an exception set. */
static const char **texts_of(PyObject *list, size_t *count) {
    Py_ssize_t len = PyList_Size(list);
    const char **texts = len < 0 ? NULL : PyMem_Malloc(((size_t)len + 1) * sizeof *texts);
    if (texts == NULL)
        return NULL;
    for (Py_ssize_t i = 0; i < len; i++) {
        texts[i] = PyUnicode_AsUTF8AndSize(PyList_GetItem(list, i), NULL);
        if (texts[i] == NULL) {
            PyMem_Free(texts);
            return NULL;
        }
    }
    *count = (size_t)len;
    return texts;
}

static struct baro_settings read_settings(PyObject *given) {
    return (struct baro_settings){
        .dir = text_of(given, "dir"),
        .base_url = text_of(given, "base_url"),
        .api_key = text_of(given, "api_key"),
        .entity = text_of(given, "entity"),
        .project = text_of(given, "project"),
        .run_id = text_of(given, "run_id"),
        .name = text_of(given, "name"),
        .notes = text_of(given, "notes"),
        .group = text_of(given, "group"),
        .job_type = text_of(given, "job_type"),
        .mode = text_of(given, "is_offline") == NULL ? BARO_ONLINE : BARO_OFFLINE,
        .init_timeout_ms = (int)(number_of(given, "init_timeout") * 1000),
        .finish_timeout_ms = (int)(number_of(given, "finish_timeout") * 1000),
        .sweep_id = text_of(given, "sweep_id"),
        .config_json = text_of(given, "config"),
        .git_remote = text_of(given, "git_remote"),
        .git_commit = text_of(given, "git_commit"),
        .resume = (enum baro_resume)(int)number_of(given, "resume"),
        .rewind_step = number_of(given, "rewind_step"),
        .fork_run = text_of(given, "fork_run"),
        .fork_step = number_of(given, "fork_step"),
        .client_id = text_of(given, "client_id"),
        .label = text_of(given, "label"),
        .wants_git = PyDict_GetItemString(given, "wants_git") == Py_True,
        .wants_history = PyDict_GetItemString(given, "wants_history") == Py_True,
        .stops_by_signal = PyDict_GetItemString(given, "stops_by_signal") == Py_True,
        .package_folders = text_of(given, "package_folders"),
        .is_secondary = text_of(given, "is_secondary") != NULL,
        .stats_interval_s = number_of(given, "stats_interval"),
        .python_version = text_of(given, "python_version"),
    };
}

static int run_init(PyObject *self, PyObject *args, PyObject *named) {
    PyObject *given, *tags;
    struct baro_error error;
    struct baro_run *run = NULL;
    (void)named;
    if (!PyArg_ParseTuple(args, "O!O!", &PyDict_Type, &given, &PyList_Type, &tags))
        return -1;
    struct baro_settings settings = read_settings(given);
    const char **texts = PyErr_Occurred() ? NULL : texts_of(tags, &settings.tag_count);
    if (texts == NULL)
        return -1;
    settings.tags = texts;
    const char *attached = text_of(given, "attach");
    int code;
    Py_BEGIN_ALLOW_THREADS
    code = attached != NULL ? baro_attach(&run, attached, &error) : baro_open(&run, &settings, &error);
    Py_END_ALLOW_THREADS
    PyMem_Free(texts);
    if (code != BARO_OK) {
        raise_error(state_of(self), &error);
        return -1;
    }
    ((RunObject *)self)->run = run;
    return 0;
}

static void run_dealloc(PyObject *self) {
    PyTypeObject *type = Py_TYPE(self);
    baro_abandon(((RunObject *)self)->run);
    Py_XDECREF(((RunObject *)self)->encode);
    freefunc free_object = (freefunc)PyType_GetSlot(type, Py_tp_free);
    free_object(self);
    Py_DECREF(type);
}

/* ---- rows ---- */

/* Keeps the GIL: nothing here waits. */
static PyObject *commit_values(PyObject *self, PyObject *values, enum baro_row_kind kind,
                               const struct baro_log_options *options) {
    struct baro_error error;
    struct baro_run *run = open_run(self);
    if (run == NULL)
        return NULL;
    const struct value_options how = { ((RunObject *)self)->encode, kind != BARO_CONFIG };
    struct baro_row *row = baro_row_begin(run, kind);
    if (!add_values(row, values, &how)) {
        baro_row_drop(row);
        return NULL;
    }
    if (baro_row_commit(row, options, &error) != BARO_OK)
        return raise_error(state_of(self), &error);
    Py_RETURN_NONE;
}

/* log(row, step or None, commit) */
static PyObject *run_log(PyObject *self, PyObject *const *args, Py_ssize_t count) {
    struct baro_log_options options = { 0 };
    if (count != 3 || !PyDict_Check(args[0])) {
        PyErr_SetString(PyExc_TypeError, "log() takes a dictionary, a step or None, and whether it is committed");
        return NULL;
    }
    if (args[1] != Py_None) {
        options.step = PyLong_AsLongLong(args[1]);
        options.has_step = 1;
        if (options.step == -1 && PyErr_Occurred())
            return NULL;
    }
    int commits = PyObject_IsTrue(args[2]);
    if (commits < 0)
        return NULL;
    options.is_open = !commits;
    return commit_values(self, args[0], BARO_HISTORY, &options);
}

static PyObject *run_update_config(PyObject *self, PyObject *values) {
    return commit_values(self, values, BARO_CONFIG, NULL);
}

static PyObject *run_update_summary(PyObject *self, PyObject *values) {
    return commit_values(self, values, BARO_SUMMARY, NULL);
}

/* remove_summary([key, key inside it, ...]) */
static PyObject *run_remove_summary(PyObject *self, PyObject *path) {
    size_t len;
    struct baro_error error;
    struct baro_run *run = open_run(self);
    const char **texts = run == NULL ? NULL : texts_of(path, &len);
    if (texts == NULL)
        return NULL;
    int code = baro_summary_remove(run, texts, len, &error);
    PyMem_Free(texts);
    if (code != BARO_OK)
        return raise_error(state_of(self), &error);
    Py_RETURN_NONE;
}

static PyObject *run_summary(PyObject *self, PyObject *unused) {
    size_t len;
    struct baro_run *run = open_run(self);
    (void)unused;
    char *json = run == NULL ? NULL : baro_summary_json(run, &len);
    if (json == NULL)
        return run == NULL ? NULL : PyErr_NoMemory();
    PyObject *text = PyUnicode_DecodeUTF8(json, (Py_ssize_t)len, "replace");
    baro_free(json);
    return text;
}

/* ---- the rest ---- */

static PyObject *run_define_metric(PyObject *self, PyObject *args) {
    struct baro_metric metric = { 0 };
    struct baro_error error;
    int goal;
    struct baro_run *run = open_run(self);
    if (run == NULL || !PyArg_ParseTuple(args, "szppIip", &metric.name, &metric.step_metric, &metric.step_sync,
                                         &metric.is_hidden, &metric.summary, &goal, &metric.overwrites))
        return NULL;
    metric.goal = (enum baro_goal)goal;
    if (baro_define_metric(run, &metric, &error) != BARO_OK)
        return raise_error(state_of(self), &error);
    Py_RETURN_NONE;
}

/* describe(name or None, notes or None, tags or None) */
static PyObject *run_describe(PyObject *self, PyObject *args) {
    struct baro_description description = { 0 };
    struct baro_error error;
    PyObject *tags;
    const char **texts = NULL;
    struct baro_run *run = open_run(self);
    if (run == NULL || !PyArg_ParseTuple(args, "zzO", &description.name, &description.notes, &tags))
        return NULL;
    if (tags != Py_None) {
        texts = texts_of(tags, &description.tag_count);
        if (texts == NULL)
            return NULL;
        description.tags = texts;
        description.has_tags = 1;
    }
    int code = baro_describe(run, &description, &error);
    PyMem_Free(texts);
    if (code != BARO_OK)
        return raise_error(state_of(self), &error);
    Py_RETURN_NONE;
}

/* append_record(bytes): a record that is encoded but for its number. */
static PyObject *run_append_record(PyObject *self, PyObject *record) {
    char *bytes;
    Py_ssize_t len;
    struct baro_error error;
    struct baro_run *run = open_run(self);
    if (run == NULL || PyBytes_AsStringAndSize(record, &bytes, &len) != 0)
        return NULL;
    if (baro_append_record(run, bytes, (size_t)len, &error) != BARO_OK)
        return raise_error(state_of(self), &error);
    Py_RETURN_NONE;
}

/* save(path below the files folder, policy) */
static PyObject *run_save(PyObject *self, PyObject *args) {
    const char *path;
    int policy;
    struct baro_error error;
    struct baro_run *run = open_run(self);
    if (run == NULL || !PyArg_ParseTuple(args, "si", &path, &policy))
        return NULL;
    if (baro_save(run, path, (enum baro_policy)policy, &error) != BARO_OK)
        return raise_error(state_of(self), &error);
    Py_RETURN_NONE;
}

/* output(is_stderr, text) */
static PyObject *run_output(PyObject *self, PyObject *args) {
    const char *text;
    Py_ssize_t len;
    int is_stderr;
    struct baro_error error;
    struct baro_run *run = open_run(self);
    if (run == NULL || !PyArg_ParseTuple(args, "ps#", &is_stderr, &text, &len))
        return NULL;
    if (baro_output(run, is_stderr, text, (size_t)len, &error) != BARO_OK)
        return raise_error(state_of(self), &error);
    Py_RETURN_NONE;
}

/* ask(kind, payload as JSON, milliseconds or 0) -> the answer's JSON */
static PyObject *run_ask(PyObject *self, PyObject *args) {
    const char *kind, *payload;
    char *answer = NULL;
    int timeout_ms, code;
    struct baro_error error;
    struct baro_run *run = open_run(self);
    if (run == NULL || !PyArg_ParseTuple(args, "ssi", &kind, &payload, &timeout_ms))
        return NULL;
    ((RunObject *)self)->users++;
    Py_BEGIN_ALLOW_THREADS
    code = baro_ask(run, kind, payload, timeout_ms, &answer, &error);
    Py_END_ALLOW_THREADS
    ((RunObject *)self)->users--;
    if (code != BARO_OK)
        return raise_error(state_of(self), &error);
    PyObject *text = PyUnicode_DecodeUTF8(answer, (Py_ssize_t)strlen(answer), "replace");
    baro_free(answer);
    return text;
}

/* set_encoder(callable): what becomes of values that are neither numbers, texts nor containers of them. */
static PyObject *run_set_encoder(PyObject *self, PyObject *encode) {
    RunObject *object = (RunObject *)self;
    PyObject *before = object->encode;
    object->encode = encode == Py_None ? NULL : encode;
    Py_XINCREF(object->encode);
    Py_XDECREF(before);
    Py_RETURN_NONE;
}

static PyObject *run_get(PyObject *self, PyObject *args) {
    int fact;
    struct baro_run *run = open_run(self);
    if (run == NULL || !PyArg_ParseTuple(args, "i", &fact))
        return NULL;
    return PyUnicode_FromString(baro_get(run, (enum baro_fact)fact));
}

static PyObject *run_start_time(PyObject *self, PyObject *unused) {
    struct baro_run *run = open_run(self);
    (void)unused;
    return run == NULL ? NULL : PyFloat_FromDouble(baro_start_time(run));
}

static PyObject *run_next_step(PyObject *self, PyObject *unused) {
    struct baro_run *run = open_run(self);
    (void)unused;
    return run == NULL ? NULL : PyLong_FromLongLong(baro_next_step(run));
}

/* end(exit code): nothing is logged any more; wait() says how far the sender is. */
static PyObject *run_end(PyObject *self, PyObject *args) {
    struct baro_error error;
    int exit_code, code;
    struct baro_run *run = open_run(self);
    if (run == NULL || !PyArg_ParseTuple(args, "i", &exit_code))
        return NULL;
    ((RunObject *)self)->users++;
    Py_BEGIN_ALLOW_THREADS
    code = baro_end(run, exit_code, &error);
    Py_END_ALLOW_THREADS
    ((RunObject *)self)->users--;
    if (code != BARO_OK)
        return raise_error(state_of(self), &error);
    Py_RETURN_NONE;
}

/* wait(milliseconds) -> (is done, is gone, sent bytes, total bytes, unsent bytes of the log, problem or None) */
static PyObject *run_wait(PyObject *self, PyObject *args) {
    struct baro_progress progress = { 0 };
    int timeout_ms;
    struct baro_run *run = open_run(self);
    if (run == NULL || !PyArg_ParseTuple(args, "i", &timeout_ms))
        return NULL;
    ((RunObject *)self)->users++;
    Py_BEGIN_ALLOW_THREADS
    baro_wait(run, timeout_ms, &progress);
    Py_END_ALLOW_THREADS
    ((RunObject *)self)->users--;
    return Py_BuildValue("(NNKKKz)", PyBool_FromLong(progress.is_done), PyBool_FromLong(progress.is_gone),
                         (unsigned long long)progress.sent_bytes, (unsigned long long)progress.total_bytes,
                         (unsigned long long)progress.unsent_bytes, progress.problem);
}

/* close(): the run's memory is given back, once no other thread waits for its sender. */
static PyObject *run_close(PyObject *self, PyObject *unused) {
    RunObject *object = (RunObject *)self;
    struct baro_run *run = object->run;
    (void)unused;
    object->run = NULL;
    while (object->users > 0) {
        Py_BEGIN_ALLOW_THREADS
        (void)usleep(1000);
        Py_END_ALLOW_THREADS
    }
    baro_abandon(run);
    Py_RETURN_NONE;
}

static PyObject *run_is_resumed(PyObject *self, PyObject *unused) {
    struct baro_run *run = open_run(self);
    (void)unused;
    return run == NULL ? NULL : PyBool_FromLong(baro_is_resumed(run));
}

static PyObject *text_or_none(char *json) {
    if (json == NULL)
        Py_RETURN_NONE;
    PyObject *text = PyUnicode_DecodeUTF8(json, (Py_ssize_t)strlen(json), "replace");
    baro_free(json);
    return text;
}

/* history() -> JSON of the metrics' course, after the end, or None */
static PyObject *run_history(PyObject *self, PyObject *unused) {
    struct baro_run *run = open_run(self);
    (void)unused;
    return run == NULL ? NULL : text_or_none(baro_history_json(run));
}

/* past() -> JSON of what there was of a run that is gone on with, or None */
static PyObject *run_past(PyObject *self, PyObject *unused) {
    struct baro_run *run = open_run(self);
    (void)unused;
    return run == NULL ? NULL : text_or_none(baro_past_json(run));
}

static PyObject *run_dropped_rows(PyObject *self, PyObject *unused) {
    struct baro_run *run = open_run(self);
    (void)unused;
    return run == NULL ? NULL : PyLong_FromUnsignedLongLong(baro_dropped_rows(run));
}

static PyMethodDef methods[] = {
    { "append_record", run_append_record, METH_O, NULL },
    { "ask", run_ask, METH_VARARGS, NULL },
    { "close", run_close, METH_NOARGS, NULL },
    { "define_metric", run_define_metric, METH_VARARGS, NULL },
    { "describe", run_describe, METH_VARARGS, NULL },
    { "dropped_rows", run_dropped_rows, METH_NOARGS, NULL },
    { "end", run_end, METH_VARARGS, NULL },
    { "get", run_get, METH_VARARGS, NULL },
    { "history", run_history, METH_NOARGS, NULL },
    { "is_resumed", run_is_resumed, METH_NOARGS, NULL },
    { "log", (PyCFunction)(void (*)(void))run_log, METH_FASTCALL, NULL },
    { "next_step", run_next_step, METH_NOARGS, NULL },
    { "output", run_output, METH_VARARGS, NULL },
    { "past", run_past, METH_NOARGS, NULL },
    { "remove_summary", run_remove_summary, METH_O, NULL },
    { "save", run_save, METH_VARARGS, NULL },
    { "set_encoder", run_set_encoder, METH_O, NULL },
    { "start_time", run_start_time, METH_NOARGS, NULL },
    { "summary", run_summary, METH_NOARGS, NULL },
    { "update_config", run_update_config, METH_O, NULL },
    { "update_summary", run_update_summary, METH_O, NULL },
    { "wait", run_wait, METH_VARARGS, NULL },
    { NULL, NULL, 0, NULL },
};

static PyType_Slot slots[] = {
    { Py_tp_init, (void *)run_init },
    { Py_tp_dealloc, (void *)run_dealloc },
    { Py_tp_methods, methods },
    { 0, NULL },
};

PyType_Spec run_spec = {
    .name = "barograph._core.Run",
    .basicsize = sizeof(RunObject),
    .flags = Py_TPFLAGS_DEFAULT,
    .slots = slots,
};

/* hyperband.c - see hyperband.h. */
#include "server/sweep/hyperband.h"

#include <math.h>
#include <stdlib.h>

/* ---- the configuration ---- */

static void brackets_from(struct hyperband *h, double min_iter) {
    for (double at = min_iter; h->bracket_count < HYPERBAND_BRACKETS_MAX && at < 0x1p53; at *= h->eta) {
        int64_t bracket = (int64_t)at;
        if (h->bracket_count == 0 || bracket > h->brackets[h->bracket_count - 1])
            h->brackets[h->bracket_count++] = bracket;
    }
}

/* max_iter / eta, and further down, s of them. */
static void brackets_below(struct hyperband *h, double max_iter, int64_t s) {
    double at = max_iter;
    for (; s > 0 && h->bracket_count < HYPERBAND_BRACKETS_MAX && (at /= h->eta) >= 1; s--) {
        int64_t bracket = (int64_t)at;
        if (h->bracket_count == 0 || bracket < h->brackets[h->bracket_count - 1])
            h->brackets[h->bracket_count++] = bracket;
    }
    for (size_t i = 0; i < h->bracket_count / 2; i++) {
        int64_t low = h->brackets[h->bracket_count - 1 - i];
        h->brackets[h->bracket_count - 1 - i] = h->brackets[i];
        h->brackets[i] = low;
    }
}

static enum err_code read_count(const struct json_value *spec, const char *key, int64_t *out, struct err *err) {
    const struct json_value *value = json_get(spec, str_from_c(key));
    double number;
    *out = 0;
    if (value == NULL)
        return OK;
    if (!json_to_double(value, &number) || !(number >= 1 && number < 0x1p53) || number != floor(number))
        return err_set(err, ERR_BAD_INPUT, "early_terminate.%s: must be a whole number, 1 or more", key);
    *out = (int64_t)number;
    return OK;
}

enum err_code hyperband_parse(struct hyperband *out, const struct json_value *spec, struct err *err) {
    struct str type = json_get_str(spec, STR("type"));
    const struct json_value *eta = json_get(spec, STR("eta"));
    int64_t min_iter, max_iter, s;

    *out = (struct hyperband){ .eta = 3, .is_strict = json_get_bool(spec, STR("strict"), false) };
    if (!str_eq_c(type, "hyperband"))
        return err_set(err, ERR_BAD_INPUT, "early_terminate.type: must be hyperband, got '%.*s'", STR_ARG(str_slice(type, 0, 100)));
    if (eta != NULL && (!json_to_double(eta, &out->eta) || !(out->eta > 1 && out->eta <= 1e6)))
        return err_set(err, ERR_BAD_INPUT, "early_terminate.eta: must be a number above 1");
    TRY(read_count(spec, "min_iter", &min_iter, err));
    TRY(read_count(spec, "max_iter", &max_iter, err));
    TRY(read_count(spec, "s", &s, err));
    if (max_iter > 0 && s == 0)
        return err_set(err, ERR_BAD_INPUT, "early_terminate: max_iter needs s, the number of brackets");
    if (max_iter == 0 && min_iter == 0)
        return err_set(err, ERR_BAD_INPUT, "early_terminate: needs min_iter, or max_iter and s");
    if (max_iter > 0)
        brackets_below(out, (double)max_iter, s);
    else
        brackets_from(out, (double)min_iter);
    if (out->bracket_count == 0)
        return err_set(err, ERR_BAD_INPUT, "early_terminate: max_iter is %lld, but must be at least eta (%g)", (long long)max_iter, out->eta);
    return OK;
}

/* ---- runs ---- */

void hyperband_measure(struct hyperband_run *out, const struct hyperband *h, const double *values, size_t count, bool is_maximize) {
    double sign = is_maximize ? -1 : 1;

    *out = (struct hyperband_run){ .best = INFINITY };
    for (size_t i = 0; i < count; i++) {
        double value = sign * values[i];
        out->best = fmin(out->best, value);
        if (out->reached < h->bracket_count && (int64_t)i + 1 == h->brackets[out->reached])
            out->at[out->reached++] = value;
    }
}

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The worst value at a bracket that is still good enough. */
static double threshold_at(const struct hyperband *h, const struct hyperband_run *runs, size_t count, size_t bracket, struct arena *arena) {
    double *there = ARENA_ARRAY(arena, double, count);
    size_t n = 0, place;

    for (size_t i = 0; i < count; i++)
        if (runs[i].reached > bracket)
            there[n++] = runs[i].at[bracket];
    if (n == 0)
        return INFINITY;
    qsort(there, n, sizeof *there, compare);
    place = (size_t)((double)n / h->eta);
    return there[place < n ? place : n - 1];
}

bool hyperband_should_stop(const struct hyperband *h, const struct hyperband_run *runs, size_t count, const struct hyperband_run *run,
                           struct arena *arena) {
    if (run->reached == 0)
        return false;
    double value = h->is_strict ? run->at[run->reached - 1] : run->best;
    return value > threshold_at(h, runs, count, run->reached - 1, arena);
}

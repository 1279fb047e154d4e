/* distribution.c - see distribution.h. */
#include "server/sweep/distribution.h"

#include "base/number.h"
#include "server/sweep/special.h"

#include <math.h>
#include <stdio.h>

#define EXACT_MAX 0x1p53 /* whole numbers up to here are exact */
#define EXPONENT_MAX 700.0

/* ---- names ---- */

enum wants { WANTS_VALUE, WANTS_VALUES, WANTS_SHARES, WANTS_RANGE, WANTS_POSITIVE_RANGE, WANTS_MOMENTS, WANTS_SHAPES };

struct kind {
    const char *name;
    enum distribution_family family;
    enum wants wants;
    bool has_q;
    bool is_inverse; /* the logarithm of 1/X is what lies between min and max */
};

/* Sorted by name. */
static const struct kind kinds[] = {
    { "beta", FAMILY_BETA, WANTS_SHAPES, false, false },
    { "categorical", FAMILY_VALUES, WANTS_VALUES, false, false },
    { "categorical_w_probabilities", FAMILY_VALUES, WANTS_SHARES, false, false },
    { "constant", FAMILY_CONSTANT, WANTS_VALUE, false, false },
    { "int_uniform", FAMILY_INTEGER, WANTS_RANGE, false, false },
    { "inv_log_uniform", FAMILY_LOG, WANTS_RANGE, false, true },
    { "inv_log_uniform_values", FAMILY_LOG, WANTS_POSITIVE_RANGE, false, false },
    { "log_normal", FAMILY_LOG_NORMAL, WANTS_MOMENTS, false, false },
    { "log_uniform", FAMILY_LOG, WANTS_RANGE, false, false },
    { "log_uniform_values", FAMILY_LOG, WANTS_POSITIVE_RANGE, false, false },
    { "normal", FAMILY_NORMAL, WANTS_MOMENTS, false, false },
    { "q_beta", FAMILY_BETA, WANTS_SHAPES, true, false },
    { "q_log_normal", FAMILY_LOG_NORMAL, WANTS_MOMENTS, true, false },
    { "q_log_uniform", FAMILY_LOG, WANTS_RANGE, true, false },
    { "q_log_uniform_values", FAMILY_LOG, WANTS_POSITIVE_RANGE, true, false },
    { "q_normal", FAMILY_NORMAL, WANTS_MOMENTS, true, false },
    { "q_uniform", FAMILY_UNIFORM, WANTS_RANGE, true, false },
    { "uniform", FAMILY_UNIFORM, WANTS_RANGE, false, false },
};

static const struct kind *kind_named(struct str name) {
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (str_eq_c(name, kinds[i].name))
            return &kinds[i];
    return NULL;
}

static bool is_whole_number(const struct json_value *value) {
    return value != NULL && value->type == JSON_TYPE_INT;
}

/* What the client means when it names none. */
static const struct kind *kind_inferred(const struct json_value *spec) {
    const struct json_value *min = json_get(spec, STR("min")), *max = json_get(spec, STR("max"));
    if (json_get(spec, STR("value")) != NULL)
        return kind_named(STR("constant"));
    if (json_get(spec, STR("values")) != NULL)
        return kind_named(json_get(spec, STR("probabilities")) != NULL ? STR("categorical_w_probabilities") : STR("categorical"));
    if (min != NULL && max != NULL)
        return kind_named(is_whole_number(min) && is_whole_number(max) ? STR("int_uniform") : STR("uniform"));
    if (json_get(spec, STR("mu")) != NULL || json_get(spec, STR("sigma")) != NULL)
        return kind_named(STR("normal"));
    return NULL;
}

/* ---- parsing ---- */

static enum err_code read_number(const struct json_value *spec, const char *key, double otherwise, double *out, struct err *err) {
    const struct json_value *value = json_get(spec, str_from_c(key));
    *out = otherwise;
    if (value == NULL && !isnan(otherwise))
        return OK;
    if (value == NULL)
        return err_set(err, ERR_BAD_INPUT, "%s is missing", key);
    if (!json_to_double(value, out) || !isfinite(*out))
        return err_set(err, ERR_BAD_INPUT, "%s must be a finite number", key);
    return OK;
}

static enum err_code read_range(struct distribution *d, const struct kind *kind, const struct json_value *spec, struct err *err) {
    double min, max;

    TRY(read_number(spec, "min", NAN, &min, err));
    TRY(read_number(spec, "max", NAN, &max, err));
    if (min > max)
        return err_set(err, ERR_BAD_INPUT, "min is %g and max is %g: min must not be above max", min, max);
    if (kind->wants == WANTS_POSITIVE_RANGE && min <= 0)
        return err_set(err, ERR_BAD_INPUT, "min is %g, but %s needs one above 0", min, kind->name);
    if (kind->family == FAMILY_INTEGER && (min != floor(min) || max != floor(max) || fabs(min) > EXACT_MAX || fabs(max) > EXACT_MAX))
        return err_set(err, ERR_BAD_INPUT, "min and max of %s must be whole numbers within 2^53", kind->name);
    if (kind->family == FAMILY_UNIFORM && !isfinite(max - min))
        return err_set(err, ERR_BAD_INPUT, "max - min is too large");
    if (kind->family == FAMILY_LOG && kind->wants == WANTS_RANGE && (fabs(min) > EXPONENT_MAX || fabs(max) > EXPONENT_MAX))
        return err_set(err, ERR_BAD_INPUT,
                       "min and max of %s are exponents of e and must lie between -%g and %g: log_uniform_values takes the values themselves",
                       kind->name, EXPONENT_MAX, EXPONENT_MAX);
    d->a = min;
    d->b = max;
    if (kind->family == FAMILY_LOG) {
        d->a = kind->wants == WANTS_POSITIVE_RANGE ? log(min) : kind->is_inverse ? -max : min;
        d->b = kind->wants == WANTS_POSITIVE_RANGE ? log(max) : kind->is_inverse ? -min : max;
    }
    return OK;
}

static enum err_code read_moments(struct distribution *d, const struct json_value *spec, struct err *err) {
    TRY(read_number(spec, "mu", 0, &d->a, err));
    TRY(read_number(spec, "sigma", 1, &d->b, err));
    if (d->b < 0)
        return err_set(err, ERR_BAD_INPUT, "sigma is %g, but must not be negative", d->b);
    return OK;
}

static enum err_code read_shapes(struct distribution *d, const struct json_value *spec, struct err *err) {
    TRY(read_number(spec, "a", 1, &d->a, err));
    TRY(read_number(spec, "b", 1, &d->b, err));
    if (!(d->a > 0) || !(d->b > 0) || d->a > 1e6 || d->b > 1e6)
        return err_set(err, ERR_BAD_INPUT, "a and b must be above 0 and at most 1e6, got %g and %g", d->a, d->b);
    return OK;
}

/* Nothing but numbers, each above the one before. */
static bool are_ascending(const struct json_value *values, size_t count) {
    double before = -INFINITY, number;
    for (size_t i = 0; i < count; i++, before = number)
        if (!json_to_double(&values[i], &number) || !(number > before) || !isfinite(number))
            return false;
    return count > 2;
}

static enum err_code read_values(struct distribution *d, const struct json_value *spec, struct err *err) {
    const struct json_value *values = json_get(spec, STR("values"));

    if (values == NULL || values->type != JSON_TYPE_ARRAY || values->array.count == 0)
        return err_set(err, ERR_BAD_INPUT, "values must be a list with at least one value");
    if (values->array.count > DISTRIBUTION_VALUES_MAX)
        return err_set(err, ERR_BAD_INPUT, "values may hold at most %d, got %zu", DISTRIBUTION_VALUES_MAX, values->array.count);
    d->values = values->array.items;
    d->value_count = values->array.count;
    d->is_ascending = are_ascending(d->values, d->value_count);
    return OK;
}

static enum err_code read_shares(struct distribution *d, const struct json_value *spec, struct arena *arena, struct err *err) {
    const struct json_value *shares = json_get(spec, STR("probabilities"));
    double sum = 0, share;

    if (shares == NULL || shares->type != JSON_TYPE_ARRAY || shares->array.count != d->value_count)
        return err_set(err, ERR_BAD_INPUT, "probabilities must be a list of as many numbers as there are values (%zu)", d->value_count);
    d->shares = ARENA_ARRAY(arena, double, d->value_count);
    for (size_t i = 0; i < d->value_count; i++) {
        if (!json_to_double(&shares->array.items[i], &share) || !(share >= 0) || !isfinite(share))
            return err_set(err, ERR_BAD_INPUT, "probabilities[%zu] must be a number of 0 or more", i);
        d->shares[i] = sum += share;
    }
    if (!(fabs(sum - 1) < 1e-4))
        return err_set(err, ERR_BAD_INPUT, "probabilities must add up to 1, got %g", sum);
    for (size_t i = 0; i < d->value_count; i++)
        d->shares[i] /= sum;
    return OK;
}

static enum err_code read_q(struct distribution *d, const struct json_value *spec, struct err *err) {
    const struct json_value *q = json_get(spec, STR("q"));
    TRY(read_number(spec, "q", 1, &d->q, err));
    if (!(d->q > 0))
        return err_set(err, ERR_BAD_INPUT, "q is %g, but must be above 0", d->q);
    d->is_whole = q == NULL || is_whole_number(q);
    return OK;
}

static enum err_code read_wants(struct distribution *d, const struct kind *kind, const struct json_value *spec, struct arena *arena,
                                struct err *err) {
    switch (kind->wants) {
    case WANTS_VALUE:
        d->values = json_get(spec, STR("value"));
        d->value_count = 1;
        return d->values != NULL ? OK : err_set(err, ERR_BAD_INPUT, "value is missing");
    case WANTS_VALUES:
        return read_values(d, spec, err);
    case WANTS_SHARES:
        TRY(read_values(d, spec, err));
        return read_shares(d, spec, arena, err);
    case WANTS_RANGE:
    case WANTS_POSITIVE_RANGE:
        return read_range(d, kind, spec, err);
    case WANTS_MOMENTS:
        return read_moments(d, spec, err);
    case WANTS_SHAPES:
        return read_shapes(d, spec, err);
    }
    return err_set(err, ERR_INTERNAL, "a distribution that wants nothing");
}

static bool is_read(const struct kind *kind, struct str key) {
    static const char *const keys[][3] = {
        [WANTS_VALUE] = { "value" }, [WANTS_VALUES] = { "values" },         [WANTS_SHARES] = { "values", "probabilities" },
        [WANTS_RANGE] = { "min", "max" }, [WANTS_POSITIVE_RANGE] = { "min", "max" }, [WANTS_MOMENTS] = { "mu", "sigma" },
        [WANTS_SHAPES] = { "a", "b" },
    };
    for (size_t i = 0; i < 3 && keys[kind->wants][i] != NULL; i++)
        if (str_eq_c(key, keys[kind->wants][i]))
            return true;
    return str_eq_c(key, "distribution") || (kind->has_q && str_eq_c(key, "q"));
}

enum err_code distribution_parse(struct distribution *out, const struct json_value *spec,
                                 void (*unknown)(void *context, struct str key), void *context, struct arena *arena, struct err *err) {
    const struct json_value *name = json_get(spec, STR("distribution"));
    const struct kind *kind;

    if (spec->type != JSON_TYPE_OBJECT)
        return err_set(err, ERR_BAD_INPUT, "must be an object with value, values, min and max, or a distribution");
    if (name != NULL && name->type != JSON_TYPE_STRING)
        return err_set(err, ERR_BAD_INPUT, "distribution must be a name");
    kind = name != NULL ? kind_named(name->string) : kind_inferred(spec);
    if (kind == NULL && name != NULL)
        return err_set(err, ERR_BAD_INPUT, "there is no distribution '%.*s'", STR_ARG(str_slice(name->string, 0, 100)));
    if (kind == NULL)
        return err_set(err, ERR_BAD_INPUT, "needs value, values, min and max, or a distribution");
    *out = (struct distribution){ .name = kind->name, .family = kind->family, .is_whole = kind->family == FAMILY_INTEGER };
    TRY(read_wants(out, kind, spec, arena, err));
    if (kind->has_q)
        TRY(read_q(out, spec, err));
    for (size_t i = 0; unknown != NULL && i < spec->object.count; i++)
        if (!is_read(kind, spec->object.members[i].key))
            unknown(context, spec->object.members[i].key);
    return OK;
}

/* ---- values and probabilities ---- */

/* A multiple of q, without the digits that binary fractions add: 3 * 0.1 is 0.3. */
static double snap(double value, double q) {
    char text[NUMBER_TEXT_MAX];
    double steps = round(value / q), out = steps * q;
    if (q == floor(q) || !isfinite(out))
        return out;
    int len = snprintf(text, sizeof text, "%.14g", out);
    return number_to_double(text, (size_t)len);
}

static double clamp(double x, double low, double high) {
    return x < low ? low : x > high ? high : x;
}

/* The first value whose share reaches the probability. */
static double pick(const struct distribution *d, double probability) {
    size_t low = 0, high = d->value_count - 1;
    if (d->shares == NULL)
        return fmin(floor(probability * (double)d->value_count), (double)high);
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (d->shares[middle] > probability)
            high = middle;
        else
            low = middle + 1;
    }
    return (double)low;
}

static double quantile_without_q(const struct distribution *d, double p) {
    const double edge = 0x1p-53; /* so that an endless range ends somewhere */
    switch (d->family) {
    case FAMILY_CONSTANT:
        return 0;
    case FAMILY_VALUES:
        return pick(d, p);
    case FAMILY_INTEGER:
        return clamp(d->a + floor(p * (d->b - d->a + 1)), d->a, d->b);
    case FAMILY_UNIFORM:
        return clamp(d->a + p * (d->b - d->a), d->a, d->b);
    case FAMILY_LOG:
        return exp(d->a + p * (d->b - d->a));
    case FAMILY_NORMAL:
        return d->a + d->b * special_normal_quantile(clamp(p, edge, 1 - edge));
    case FAMILY_LOG_NORMAL:
        return fmin(exp(d->a + d->b * special_normal_quantile(clamp(p, edge, 1 - edge))), 1e300);
    case FAMILY_BETA:
        return special_beta_quantile(p, d->a, d->b);
    }
    return 0;
}

double distribution_quantile(const struct distribution *d, double probability) {
    double value = quantile_without_q(d, clamp(probability, 0, 1));
    return d->q > 0 ? snap(value, d->q) : value;
}

static double share_middle(const struct distribution *d, double value) {
    size_t i = (size_t)clamp(value, 0, (double)(d->value_count - 1));
    if (d->shares == NULL)
        return ((double)i + 0.5) / (double)d->value_count;
    return 0.5 * ((i > 0 ? d->shares[i - 1] : 0) + d->shares[i]);
}

static double part_of(double x, double a, double b) {
    return b > a ? clamp((x - a) / (b - a), 0, 1) : 0.5;
}

double distribution_cdf(const struct distribution *d, double value) {
    switch (d->family) {
    case FAMILY_CONSTANT:
        return 0.5;
    case FAMILY_VALUES:
        return share_middle(d, value);
    case FAMILY_INTEGER:
        return clamp((value - d->a + 0.5) / (d->b - d->a + 1), 0, 1);
    case FAMILY_UNIFORM:
        return part_of(value, d->a, d->b);
    case FAMILY_LOG:
        return value > 0 ? part_of(log(value), d->a, d->b) : 0;
    case FAMILY_NORMAL:
        return d->b > 0 ? special_normal_cdf((value - d->a) / d->b) : 0.5;
    case FAMILY_LOG_NORMAL:
        return !(value > 0) ? 0 : d->b > 0 ? special_normal_cdf((log(value) - d->a) / d->b) : 0.5;
    case FAMILY_BETA:
        return special_beta_cdf(value, d->a, d->b);
    }
    return 0.5;
}

/* ---- counting ---- */

double distribution_count(const struct distribution *d) {
    double low, high;
    if (d->family == FAMILY_CONSTANT || d->family == FAMILY_VALUES)
        return (double)d->value_count;
    if (d->family == FAMILY_INTEGER)
        return d->b - d->a + 1;
    if (d->q == 0 && d->a != d->b)
        return 0;
    if (d->family == FAMILY_NORMAL || d->family == FAMILY_LOG_NORMAL)
        return 0;
    low = d->family == FAMILY_BETA ? 0 : distribution_quantile(d, 0);
    high = d->family == FAMILY_BETA ? 1 : distribution_quantile(d, 1);
    return d->q > 0 ? round(high / d->q) - round(low / d->q) + 1 : d->family == FAMILY_BETA ? 0 : 1;
}

bool distribution_is_listable(const struct distribution *d) {
    return d->family == FAMILY_CONSTANT || d->family == FAMILY_VALUES || d->family == FAMILY_INTEGER ||
           (d->family == FAMILY_UNIFORM && d->q > 0);
}

double distribution_nth(const struct distribution *d, uint64_t index) {
    if (d->family == FAMILY_INTEGER)
        return d->a + (double)index;
    if (d->family == FAMILY_UNIFORM)
        return snap((round(d->a / d->q) + (double)index) * d->q, d->q);
    return (double)index;
}

/* ---- JSON ---- */

void distribution_write(const struct distribution *d, double value, struct json_writer *writer) {
    if (d->family == FAMILY_CONSTANT || d->family == FAMILY_VALUES)
        json_value_write(writer, &d->values[d->family == FAMILY_CONSTANT ? 0 : (size_t)value]);
    else if (d->is_whole && fabs(value) < 0x1p63)
        json_int(writer, (int64_t)value);
    else
        json_double(writer, value);
}

bool distribution_read(const struct distribution *d, const struct json_value *json, double *out) {
    if (json == NULL)
        return false;
    *out = 0;
    if (d->family == FAMILY_CONSTANT)
        return true; /* whatever it was then: it does not vary */
    if (d->family != FAMILY_VALUES)
        return json_to_double(json, out) && isfinite(*out);
    for (size_t i = 0; i < d->value_count; i++)
        if (json_equal(&d->values[i], json)) {
            *out = (double)i;
            return true;
        }
    return false;
}

/* options.c - see options.h. */
#include "base/options.h"

enum { ENV_NAME_MAX = 64, HELP_COLUMN = 34 };

static const struct option *find(const struct options *options, struct str name) {
    for (size_t i = 0; i < options->count; i++)
        if (str_eq_c(name, options->rows[i].name))
            return &options->rows[i];
    return NULL;
}

static const char *from_environment(const char *prefix, const char *name) {
    char variable[ENV_NAME_MAX];
    size_t len = (size_t)snprintf(variable, sizeof variable, "%s", prefix);
    for (; *name != '\0' && len + 1 < sizeof variable; name++)
        variable[len++] = *name == '-' ? '_' : (char)(*name >= 'a' && *name <= 'z' ? *name - 'a' + 'A' : *name);
    variable[len] = '\0';
    const char *value = getenv(variable);
    return value == NULL || *value == '\0' ? NULL : value;
}

static bool is_yes(struct str value) {
    return str_eq_c(value, "1") || str_eq_ignore_case(value, STR("true")) || str_eq_ignore_case(value, STR("yes"));
}

static enum err_code set(const struct option *row, void *target, struct str value, struct err *err) {
    void *member = (char *)target + row->offset;
    uint64_t count;
    switch (row->type) {
    case OPTION_TEXT:
        memcpy(member, &value, sizeof value);
        return OK;
    case OPTION_FLAG:
        *(bool *)member = is_yes(value);
        return OK;
    case OPTION_COUNT:
        if (!str_to_u64(value, &count) || count > INT64_MAX)
            return err_set(err, ERR_BAD_INPUT, "--%s wants a whole number, got '%.*s'", row->name, STR_ARG(value));
        *(int64_t *)member = (int64_t)count;
        return OK;
    }
    return OK;
}

static enum err_code set_defaults(const struct options *options, void *target, struct err *err) {
    for (size_t i = 0; i < options->count; i++) {
        const struct option *row = &options->rows[i];
        const char *value = from_environment("BAROGRAPH_", row->name);
        if (value == NULL && row->has_wandb_twin)
            value = from_environment("WANDB_", row->name);
        if (value == NULL)
            value = row->otherwise;
        if (value != NULL)
            TRY(set(row, target, str_from_c(value), err));
    }
    return OK;
}

/* The row whose name shares the longest beginning with what was typed, if that is at least three letters. */
static const char *closest(const struct options *options, struct str name) {
    const char *best = NULL;
    size_t best_len = 2;
    for (size_t i = 0; i < options->count; i++) {
        size_t len = 0;
        while (len < name.len && options->rows[i].name[len] == name.ptr[len])
            len++;
        if (len > best_len) {
            best_len = len;
            best = options->rows[i].name;
        }
    }
    return best;
}

static enum err_code unknown(const struct options *options, struct str name, struct err *err) {
    const char *meant = closest(options, name);
    if (meant == NULL)
        return err_set(err, ERR_BAD_INPUT, "unknown option '--%.*s'", STR_ARG(name));
    return err_set(err, ERR_BAD_INPUT, "unknown option '--%.*s'; did you mean '--%s'?", STR_ARG(name), meant);
}

enum err_code options_parse(const struct options *options, void *target, int argc, char **argv, int *rest_count,
                            struct err *err) {
    bool only_rest = false;

    *rest_count = 0;
    TRY(set_defaults(options, target, err));
    for (int i = 0; i < argc; i++) {
        struct str argument = str_from_c(argv[i]), name, value;
        if (only_rest || !str_starts_with(argument, STR("--"))) {
            argv[(*rest_count)++] = argv[i];
            continue;
        }
        if (argument.len == 2) {
            only_rest = true;
            continue;
        }
        bool has_value = str_cut(str_from(argument, 2), '=', &name, &value);
        const struct option *row = find(options, name);
        if (row == NULL)
            return unknown(options, name, err);
        if (row->type == OPTION_FLAG && !has_value) {
            value = STR("1");
        } else if (!has_value) {
            if (i + 1 >= argc)
                return err_set(err, ERR_BAD_INPUT, "--%s wants a value: --%s %s", row->name, row->name, row->value);
            value = str_from_c(argv[++i]);
        }
        TRY(set(row, target, value, err));
    }
    return OK;
}

void options_help(const struct options *options, struct buf *out) {
    for (size_t i = 0; i < options->count; i++) {
        const struct option *row = &options->rows[i];
        size_t start = out->len;
        buf_printf(out, "  --%s%s%s", row->name, row->value == NULL ? "" : " ", row->value == NULL ? "" : row->value);
        while (!out->failed && out->len - start < HELP_COLUMN)
            buf_append_char(out, ' ');
        buf_printf(out, " %s", row->doc);
        if (row->otherwise != NULL)
            buf_printf(out, " (default %s)", row->otherwise);
        buf_append_char(out, '\n');
    }
}

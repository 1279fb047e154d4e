/* options.h - a program's options as one table: parsing, the environment, defaults and the help text come from it.
 *
 * An option is taken from the command line ("--name value", "--name=value"), else from BAROGRAPH_NAME, else, when
 * the row says so, from WANDB_NAME, else from the row's default.
 *
 * Memory: values borrow argv, the environment and the table. Threads: parse before threads start.
 */
#ifndef BASE_OPTIONS_H
#define BASE_OPTIONS_H

#include "base/buf.h"

enum option_type {
    OPTION_TEXT,  /* struct str */
    OPTION_COUNT, /* int64_t, not negative */
    OPTION_FLAG,  /* bool; takes no value on the command line, 1/true/yes in the environment */
};

struct option {
    const char *name;  /* without the dashes */
    const char *value; /* what help calls it: "DIR"; NULL for flags */
    enum option_type type;
    bool has_wandb_twin;
    size_t offset;         /* of the member in the struct that is filled */
    const char *otherwise; /* default, or NULL: zero */
    const char *doc;
};

struct options {
    const struct option *rows; /* sorted by name */
    size_t count;
};

/* Fills target; what is not an option is moved to the front of argv and counted in *rest_count. ERR_BAD_INPUT names
 * the option and, when one is close, says which was probably meant. */
MUST_CHECK enum err_code options_parse(const struct options *options, void *target, int argc, char **argv,
                                       int *rest_count, struct err *err);
/* One aligned line for each row. */
void options_help(const struct options *options, struct buf *out);

#endif

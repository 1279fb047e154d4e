/* administration.h - where a command that administers accounts sends its requests: to the running server with an
 * administrator's key, or, with --data DIR, to the data folder of a server that is stopped.
 *
 * Memory: answers live in the arena that is passed; everything is borrowed until administration_close.
 */
#ifndef CLI_ADMINISTRATION_H
#define CLI_ADMINISTRATION_H

#include "base/json.h"
#include "cli/command.h"
#include "server/http/http.h"

/* What all of these commands can be told; the first member of each command's own options. */
struct administration_options {
    struct str api_key;
    struct str base_url;
    struct str data;
    struct str database;
    bool is_json;
    bool force;
};

/* The header that the key is sent in. */
struct str administration_authorization(const struct administration_options *options, struct arena *arena);

struct administration;

/* ERR_BAD_INPUT when neither a key nor a folder is given. */
MUST_CHECK enum err_code administration_open(struct administration **out, const struct administration_options *options,
                                             struct arena *arena, struct err *err);
void administration_close(struct administration *administration); /* NULL is fine */

/* See server/api/accounts/admin.h; body empty for none. */
MUST_CHECK enum err_code administration_ask(struct administration *administration, enum http_method method,
                                            struct str path, struct str body, struct json_value **answer,
                                            struct err *err);

/* A GET whose answer is a list. */
MUST_CHECK enum err_code administration_ask_list(struct administration *administration, struct str path,
                                                 struct json_value **answer, struct err *err);

/* ---- one command of several forms: "barograph user add NAME" ---- */

struct subcommand_call {
    struct administration *administration;
    const void *options; /* begins with struct administration_options */
    char **arguments;    /* behind the form's name */
    int argument_count;
    struct arena *arena;
    struct err *err;
};

/* Sorted by name. */
struct subcommand {
    const char *name;
    int least_arguments, most_arguments;
    enum err_code (*run)(struct subcommand_call *call);
};

/* options: a cleared struct that begins with struct administration_options. */
int subcommand_run(const struct command *command, const struct subcommand *rows, size_t row_count,
                   struct administration_options *options, int argc, char **argv);

/* ---- for their bodies ---- */

/* A JSON object of the members that are not empty; ends with a NULL name: "name", value, ..., NULL. */
struct str administration_object(struct arena *arena, ...) __attribute__((sentinel));
/* The text of a file ("-": standard input), its first line without the end. */
MUST_CHECK enum err_code administration_read_line(struct str path, const char *prompt, struct arena *arena,
                                                  struct str *out, struct err *err);
/* The answer as JSON on standard output. */
void administration_print_json(const struct json_value *answer);
/* Text of others for a terminal: control bytes become '?'. */
void administration_print_text(struct str text, int width);

/* The options that all have, for the commands' sorted tables. */
#define OPTION_API_KEY                                                                                       \
    { "api-key", "KEY", OPTION_TEXT, true, offsetof(struct administration_options, api_key), NULL,           \
      "an administrator's key; better given as BAROGRAPH_API_KEY" }
#define OPTION_BASE_URL                                                                                      \
    { "base-url", "URL", OPTION_TEXT, true, offsetof(struct administration_options, base_url),               \
      "http://127.0.0.1:8080", "where the server is" }
#define OPTION_DATA                                                                                          \
    { "data", "DIR", OPTION_TEXT, false, offsetof(struct administration_options, data), NULL,                \
      "the data folder of a server that is stopped, instead of a running server" }
#define OPTION_DATABASE                                                                                      \
    { "database", "URL", OPTION_TEXT, false, offsetof(struct administration_options, database), NULL,        \
      "with --data: SQLite inside the folder by default" }
#define OPTION_FORCE                                                                                         \
    { "force", NULL, OPTION_FLAG, false, offsetof(struct administration_options, force), NULL,               \
      "accept a data folder on a network file system" }
#define OPTION_JSON                                                                                          \
    { "json", NULL, OPTION_FLAG, false, offsetof(struct administration_options, is_json), NULL,              \
      "print the answer as JSON" }

#endif

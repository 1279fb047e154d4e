/* regex.h - regular expressions of RE2's kind: searched in time linear in the text, whatever the pattern
 * says.
 *
 * A pattern becomes a small program; matching walks sets of its instructions, and remembers the sets it has
 * met (a table of at most REGEX_STATES_MAX, forgotten as a whole when full). There is no backtracking, hence
 * no pattern whose time explodes; what a search costs at worst is text bytes times instructions, and
 * regex_work tells how much was spent, so that a caller can stop.
 *
 * The language is RE2's, without what only matters to captures: literals, ., [classes], [:posix:], \d \w \s
 * \b \A \z, \x{1F600}, \Q..\E, groups (named ones too), | * + ? {n,m}, lazy forms, and the flags i m s.
 * Letters ignore case in ASCII only. Look-around, back-references and \p{..} are refused by name.
 *
 * Threads: a regex belongs to one thread, also while it only matches. Memory: the arena given to
 * regex_compile.
 */
#ifndef SERVER_STORE_REGEX_H
#define SERVER_STORE_REGEX_H

#include "base/arena.h"

enum {
    REGEX_PATTERN_MAX_BYTES = 4096,
    REGEX_INSTRUCTIONS_MAX = 8000,
    REGEX_REPEAT_MAX = 1000,
    REGEX_DEPTH_MAX = 100,
    REGEX_STATES_MAX = 250,
};

enum regex_flags { REGEX_IGNORE_CASE = 1, REGEX_MULTILINE = 2, REGEX_DOT_ALL = 4 };

struct regex;

/* ERR_BAD_INPUT "regular expression, byte N: what is wrong". flags: enum regex_flags, or-ed. */
MUST_CHECK enum err_code regex_compile(struct regex **out, struct str pattern, unsigned flags,
                                       struct arena *arena, struct err *err);

/* Whether the pattern is found anywhere in the text, which is UTF-8. */
bool regex_matches(struct regex *regex, struct str text);

/* Steps taken since the pattern was compiled: about half a nanosecond each. */
uint64_t regex_work(const struct regex *regex);

#endif

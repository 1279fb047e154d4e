/* yaml.h - reads the YAML that sweep configurations are written in, into the tree that JSON uses.
 *
 * The block and flow styles, all kinds of scalars, comments, anchors and aliases; JSON is read too. Scalars mean
 * what they mean to PyYAML, which wrote most of them ("yes" is true, "017" is 15), except that "1e-3" is the
 * number that people mean by it. Tags are read over. Not read: complex keys ("? "), several documents, and
 * dates, which stay text. A key that stands twice is an error.
 *
 * Threads: none. Memory: the tree lives in the arena; text that needed no change is borrowed.
 */
#ifndef SERVER_SWEEP_YAML_H
#define SERVER_SWEEP_YAML_H

#include "base/json.h"

enum { YAML_BYTES_MAX = 4 << 20, YAML_DEPTH_MAX = 64, YAML_VALUES_MAX = 1 << 18 };

/* ERR_BAD_INPUT "line 3: what is wrong"; ERR_TOO_LARGE beyond the limits. */
MUST_CHECK enum err_code yaml_parse(struct json_value **out, struct str text, struct arena *arena, struct err *err);

/* What a scalar without quotes means. */
void yaml_resolve_plain(struct json_value *out, struct str text, struct arena *arena);
/* The text between double quotes, with its escapes and folded lines undone. False on a wrong escape. */
bool yaml_unescape(struct str *out, struct str text, struct arena *arena);
/* Lines of a scalar that runs over several: one break becomes a space, more become one less. */
struct str yaml_fold(struct str text, struct arena *arena);

#endif

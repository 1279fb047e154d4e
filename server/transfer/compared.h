/* compared.h - which files were compared already, in a file of one line each: files never change under their name, so what was the
 * same on both sides once need not be read again when the old server is stopped and people wait.
 *
 * Threads: safe from all. Memory: compared_close.
 */
#ifndef SERVER_TRANSFER_COMPARED_H
#define SERVER_TRANSFER_COMPARED_H

#include "server/transfer/place.h"

struct compared;

/* Goes on with the file at path, or begins it: also when it is of another target, or its end was cut off. NULL: there is no place
 * for a file, and what was compared is forgotten at the end. */
MUST_CHECK enum err_code compared_open(struct compared **out, const char *path, struct str target, struct err *err);
void compared_close(struct compared *compared); /* NULL is fine */

/* NULL remembers nothing. */
bool compared_has(struct compared *compared, const struct place_file *file);
MUST_CHECK enum err_code compared_add(struct compared *compared, const struct place_file *file, struct err *err);

#endif

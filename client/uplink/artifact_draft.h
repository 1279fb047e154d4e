/* artifact_draft.h - what an attempt to send an artifact came to: its draft on the server, and the files that are there.
 *
 * The next attempt goes on with it. A draft that the server does not know any more is forgotten, and begun anew.
 *
 * Threads: one owner. Memory: artifact_draft_destroy.
 */
#ifndef CLIENT_ARTIFACT_DRAFT_H
#define CLIENT_ARTIFACT_DRAFT_H

#include "base/str.h"

struct artifact_draft {
    char *client_id, *id, *base_id, *manifest_id;
    char **births; /* of each entry: the artifact that first had its bytes; NULL: not sent yet */
    size_t entry_count;
};

/* NULL when out of memory. */
struct artifact_draft *artifact_draft_create(struct str client_id, struct str id, struct str base_id, struct str manifest_id,
                                             size_t entry_count);
void artifact_draft_destroy(struct artifact_draft *draft); /* NULL is fine */

/* False for NULL, and for another artifact's. */
bool artifact_draft_is_of(const struct artifact_draft *draft, struct str client_id, size_t entry_count);
/* Without memory it is not noted, and sent again. NULL is fine. */
void artifact_draft_note_sent(struct artifact_draft *draft, size_t entry, struct str birth_id);
/* NULL: not sent yet. */
const char *artifact_draft_birth(const struct artifact_draft *draft, size_t entry);

#endif

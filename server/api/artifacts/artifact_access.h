/* artifact_access.h - who may see a version: whoever may see its project, or a registry or portfolio that it is linked into.
 *
 * A link shows the version and its bytes, and nothing else of the project that it comes from: not the project's name, nor the
 * sequence it belongs to, nor the other versions there.
 */
#ifndef SERVER_API_ARTIFACT_ACCESS_H
#define SERVER_API_ARTIFACT_ACCESS_H

#include "server/api/access.h"
#include "server/store/artifacts/artifact.h"

/* As access_check_in. Where only a link lets it be read, artifact->owner becomes the link's and its version the one it has there, so that
 * all which is answered of it is authorised there. Changing it takes the right to its own project. */
MUST_CHECK enum err_code artifact_access_check(struct db_tx *tx, struct identity *identity, struct artifact *artifact, enum who who,
                                               struct err *err);
/* Before it is linked into a project. Where only a link lets it be read it is linked again where it is linked already, and nowhere else:
 * who sees it is decided by those that it comes from, and ends when they say. */
MUST_CHECK enum err_code artifact_access_check_place(struct db_tx *tx, const struct artifact *artifact, const struct owner *place,
                                                     struct arena *arena, struct err *err);
/* The version as it stands in that collection, which the asker may read: seen with its rights, and where nothing else lets it be read also
 * with the number it has there. */
MUST_CHECK enum err_code artifact_access_place(struct db_tx *tx, struct identity *identity, struct artifact *artifact,
                                               const struct membership *membership, struct err *err);
/* The sequence of a version that may be read. Where only a link lets it be read: in the link's collection a stand-in of its name and type
 * that is of no project (ARTIFACT_HIDDEN_SEQUENCE), by which the official client knows a link; elsewhere, as among a run's inputs, the
 * link's collection itself, because there clients make the version's path of it. */
MUST_CHECK enum err_code artifact_access_find_sequence(struct db_tx *tx, struct identity *identity, const struct artifact *artifact,
                                                       struct collection **out, struct err *err);
enum { ARTIFACT_HIDDEN_SEQUENCE = -1 };

#endif

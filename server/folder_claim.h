/* folder_claim.h - the files of a database that is not in the data folder lie in one folder.
 *
 * Servers that share a database see each other's rows; without a bucket they would not see each other's files. The folder's id, in
 * 'files.id' in it, stands in the database too: it goes with the folder wherever that is moved or restored, and a server that was
 * killed starts again at once.
 */
#ifndef SERVER_FOLDER_CLAIM_H
#define SERVER_FOLDER_CLAIM_H

#include "server/store/db/data_folder.h"
#include "server/store/db/db.h"

#define FOLDER_CLAIM_FILE "files.id"

/* Takes a folder for a database that has none. ERR_CONFLICT when its files lie in another. */
MUST_CHECK enum err_code folder_claim(const struct data_folder *folder, struct db *db, struct err *err);
/* The database's files do not lie in a folder of their own: the next one that is asked for may be any. */
MUST_CHECK enum err_code folder_claim_end(struct db *db, struct err *err);

#endif

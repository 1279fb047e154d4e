/* data_folder.h - the folder that one server owns: made, checked, locked.
 *
 * The lock covers commands that open the folder themselves (--data) too, and goes with the process, however it
 * ends. Locks and write-ahead logs are not reliable on network file systems: those are refused unless forced.
 */
#ifndef SERVER_STORE_DATA_FOLDER_H
#define SERVER_STORE_DATA_FOLDER_H

#include "base/arena.h"

struct data_folder;

/* ERR_CONFLICT when another process has it, naming the process; ERR_PRECONDITION on a network file system. */
MUST_CHECK enum err_code data_folder_open(struct data_folder **out, struct str path, bool is_forced, struct err *err);
void data_folder_close(struct data_folder *folder); /* NULL is fine */

/* "PATH/name", valid as long as the arena. */
const char *data_folder_file(const struct data_folder *folder, const char *name, struct arena *arena);

#endif

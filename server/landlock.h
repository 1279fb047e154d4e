/* landlock.h - takes away from the process what it does not need: all files but its own, where the kernel can.
 *
 * Called when the data folder is open and before other threads are started: those that exist already are not confined.
 * What may still be opened is the data folder (for writing), the folders of the certificate and its key (they are read
 * again when they change), and what the system's libraries read while they work. A kernel without Landlock is no error.
 */
#ifndef SERVER_LANDLOCK_H
#define SERVER_LANDLOCK_H

#include "base/str.h"

/* Paths that are empty or missing are left out. False when the kernel offers nothing. */
bool landlock_confine(const struct str *writable, size_t writable_count, const struct str *readable, size_t readable_count);

#endif

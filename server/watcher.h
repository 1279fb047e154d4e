/* watcher.h - what happens by itself while the server runs: silent runs become crashed, what was deleted is
 * removed, versions whose time is over are deleted, blobs that nobody has are collected,
 * what is stored is counted, the disk is watched.
 *
 * Threads: it owns one.
 */
#ifndef SERVER_WATCHER_H
#define SERVER_WATCHER_H

#include "server/api/app.h"
#include "base/err.h"

struct watcher;

/* crash_after_s: how long a run may be silent; 0: for ever. clean_every_s: how often it cleans up. folder: the data folder,
 * ballast: the file in it that takes room (see ballast.h); both are borrowed. */
struct watcher *watcher_start(struct app *app, int64_t crash_after_s, int64_t clean_every_s, const char *folder, const char *ballast);
void watcher_stop(struct watcher *watcher); /* waits for what it is doing; NULL is fine */

#endif

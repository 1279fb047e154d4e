/* orphans.h - runs of the same folder whose process and sender are both gone: the rest of each is sent, and its end.
 *
 * Only those that were being sent to the same server: nobody's run goes where it was not meant to.
 */
#ifndef CLIENT_ORPHANS_H
#define CLIENT_ORPHANS_H

#include "client/sender/sender.h"

/* In a process of its own, forked from this one, which has no threads yet. It keeps none of the descriptors. */
void orphans_finish(const struct sender_options *options);

#endif

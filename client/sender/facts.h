/* facts.h - what the sender finds out so that init need not: the state of the git repository, the installed packages.
 *
 * Threads: none of its own. Memory: appends to bufs.
 */
#ifndef CLIENT_FACTS_H
#define CLIENT_FACTS_H

#include "base/buf.h"

enum { FACTS_DIFF_MAX_BYTES = 16 << 20, FACTS_TEXT_MAX_BYTES = 4096 };

struct git_facts {
    struct buf commit, remote; /* the remote without a password; empty: not known */
    struct buf diff;           /* of what was changed since the commit; empty: nothing, or too much */
};

void git_facts_init(struct git_facts *facts);
void git_facts_finish(struct git_facts *facts);
/* Of the repository that the working folder lies in; false when there is none. */
bool git_facts_gather(struct git_facts *facts);

/* "name==version" lines, sorted, of the Python packages in these folders (':' between them). */
void facts_list_packages(struct str folders, struct buf *out);

#endif

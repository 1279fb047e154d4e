/* shared.h - what is seen by whoever follows a link: named runs, or a report and the runs of its projects. See docs/web-api.md.
 *
 * Who follows one needs no account and sees charts, configs and summaries of these runs, and nothing else: no files, no logs, no
 * names of other runs. It stands on routes of its own, all of which read: a link is good for nothing in GraphQL.
 *
 * A link is one that somebody made (share.h), or a brief one to a single run, which is nowhere kept: it is signed, ends within the
 * hour, and ends before when the login it was made for does or that person may not read the run any more.
 */
#ifndef SERVER_API_SHARED_H
#define SERVER_API_SHARED_H

#include "server/api/access.h"
#include "server/store/projects/project.h"
#include "server/store/projects/share.h"
#include "server/store/runs/run.h"

enum { SHARED_REQUEST_MAX_BYTES = 64 << 10, SHARED_PAGE_MAX = 500 };

/* What the token shows, now; ERR_NOT_FOUND in the same words whatever is wrong with it. */
MUST_CHECK enum err_code shared_find(struct db_tx *tx, struct http_call *call, struct str token, struct share **out, struct err *err);
/* The project of these names if the link shows runs of it; of a link that names runs, their own whatever is asked for. */
MUST_CHECK enum err_code shared_find_project(struct db_tx *tx, const struct share *share, struct str entity_name, struct str project_name,
                                             struct arena *arena, struct project **out, struct err *err);
bool shared_shows(const struct share *share, const struct run *run);
/* A brief link's token for a run that the identity may read. */
struct str shared_sign(const struct identity *identity, const struct run *run);

/* GET /api/shared/{token} */
enum err_code shared_answer(struct http_call *call, struct err *err);
/* POST /api/shared/{token}/runs: of one project of a report. Reports choose runs by tags, sweeps and people, too: who follows a
 * link can find out these by asking, but not the words that run_filter.h keeps from links. */
enum err_code shared_answer_runs(struct http_call *call, struct err *err);
/* A report's page with "accessToken=" is asked for, as the official package writes it: sends to the link's own page and sets
 * *is_sent. Leaves the call alone when the token is good for nothing. */
MUST_CHECK enum err_code shared_answer_page(struct http_call *call, bool *is_sent, struct err *err);

#endif

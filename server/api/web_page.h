/* web_page.h - serves the web page: its files, and its one HTML document for every address that is a page. */
#ifndef SERVER_API_WEB_PAGE_H
#define SERVER_API_WEB_PAGE_H

#include "server/http/http.h"

/* For paths that no route has. A path that looks like a file is that file or 404; every other GET is the document. */
enum err_code web_page_answer(struct http_call *call, struct err *err);

#endif

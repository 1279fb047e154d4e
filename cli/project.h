/* project.h - what projects hold, as administrators are told. */
#ifndef CLI_PROJECT_H
#define CLI_PROJECT_H

#include "base/json.h"

/* The server's list of what each project holds, by entity, a line each; and what each entity has together. */
void project_print_storage(const struct json_value *storage);

#endif

/* gpu.h - what the machine's GPUs tell: NVIDIA's through their library, loaded when it is there, AMD's through sysfs.
 *
 * Threads: one owner. Memory: gpus_destroy.
 */
#ifndef CLIENT_GPU_H
#define CLIENT_GPU_H

#include "base/buf.h"

struct gpus;

#define GPUS_DRM_FOLDER "/sys/class/drm" /* where Linux shows graphics cards */

/* NULL when there is none, or no memory. The folder's name is borrowed for as long as they live. */
struct gpus *gpus_create(const char *drm_folder);
void gpus_destroy(struct gpus *gpus); /* NULL is fine */

/* Appends items of a stats record: gpu.N.gpu, gpu.N.memoryAllocated, ... */
void gpus_sample(const struct gpus *gpus, struct buf *out);
/* Appends fields of an environment record: which they are, and how many. */
void gpus_describe(const struct gpus *gpus, struct buf *out);

#endif

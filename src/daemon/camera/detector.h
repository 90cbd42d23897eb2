/*
 * detector.h - one detector: its process, the cameras that it serves, and what their trackers hear of it
 *
 * A detector is known while a camera's configuration names it, and runs while such a camera is wanted or still has
 * workers. It is a worker like the others, with the same automaton: ready when its model is loaded, started again after
 * a failure, and stalled when a request has waited for its answer_timeout without any answer. Trackers are told when
 * it is down, so that what it had taken is theirs again (contract 1 in camd/shm.h), and when it is up.
 */
#ifndef CAMD_DAEMON_CAMERA_DETECTOR_H
#define CAMD_DAEMON_CAMERA_DETECTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/camera/explanation.h"
#include "daemon/supervise/worker_process.h"

struct camera;
struct config_detector;
struct detector;

const struct config_detector *detector_config(const struct detector *detector);
const struct worker_process *detector_worker(const struct detector *detector);
/* worker_memory_kb of it; a look at it is remembered. */
int64_t detector_memory_kb(struct detector *detector);
/* As trackers were told. */
bool detector_is_up(const struct detector *detector);
/* Why it is not up, or was not before this try, and what can be done, in words for people; empty when it is up. */
void detector_explain(const struct detector *detector, struct explanation *explanation);
/* The mean of its last inferences, 0: none yet. */
uint32_t detector_inference_ns(const struct detector *detector);
/* The cameras that name it, without those that are leaving; NULL after the last one. */
struct camera *detector_first_camera(const struct detector *detector);
struct camera *detector_next_camera(const struct camera *camera);

/* When it is wanted. */
void detector_restart(struct detector *detector);
void detector_kick(struct detector *detector);

#endif

#include "daemon/verbs/saving.h"

#include <errno.h>
#include <stdlib.h>

#include "daemon/camera/camera.h"

struct saving {
    unsigned int references; /* the request's, and one a job */
    unsigned int open;
    struct camera *cameras[SAVING_JOBS]; /* that the open jobs hold */
    int errors[SAVING_JOBS];
    saving_ended *ended; /* NULL: nobody listens */
    void *context;
};

struct saving *saving_new(void)
{
    struct saving *saving = calloc(1, sizeof(*saving));
    if (saving)
        saving->references = 1;
    return saving;
}

void saving_release(struct saving *saving)
{
    if (saving && --saving->references == 0)
        free(saving);
}

void saving_note(struct saving *saving, struct camera *camera, enum saving_job job, int begun)
{
    saving->errors[job] = begun > 0 ? -EINPROGRESS : begun;
    if (begun <= 0)
        return;
    saving->references++;
    saving->open++;
    saving->cameras[job] = camera;
    if (camera)
        camera_hold(camera);
}

static void end(struct saving *saving, enum saving_job job, int error)
{
    saving->errors[job] = error;
    saving->open--;
    if (saving->cameras[job])
        camera_release(saving->cameras[job]);
    if (saving->open == 0 && saving->ended)
        saving->ended(saving->context);
    saving_release(saving);
}

void saving_file_done(void *saving, int error)
{
    end(saving, SAVING_FILE, error);
}

void saving_wish_done(void *saving, int error)
{
    end(saving, SAVING_WISH, error);
}

void saving_grid_done(void *saving, int error)
{
    end(saving, SAVING_GRID, error);
}

void saving_listen(struct saving *saving, saving_ended *ended, void *context)
{
    saving->ended = ended;
    saving->context = context;
}

bool saving_is_done(const struct saving *saving)
{
    return saving->open == 0;
}

int saving_error(const struct saving *saving, enum saving_job job)
{
    return saving->errors[job];
}

bool saving_has_failed(const struct saving *saving)
{
    for (int job = 0; job < SAVING_JOBS; job++)
        if (saving->errors[job] < 0 && saving->errors[job] != -EINPROGRESS)
            return true;
    return false;
}

#include "capture/scaler.h"

#include <libavutil/cpu.h>
#include <libavutil/error.h>
#include <libavutil/opt.h>
#include <libavutil/pixfmt.h>
#include <libswscale/swscale.h>
#include <stddef.h>
#include <time.h>

#include "base/clock.h"

enum { AS_IT_COMES, WITHOUT_GATHERING };
/* Of each way. The first one pays for its making, and for memory that is touched for the first time: it is not measured. */
enum { TRIALS = 4 };

/* ---- making ---- */

/* Made by its options, since the range counts only before the initialisation: set later, libswscale just copies. */
static struct SwsContext *context_make(const struct scaling *scaling)
{
    const struct {
        const char *name;
        int value;
    } options[] = {
        {"srcw", scaling->source_width},
        {"srch", scaling->source_height},
        {"src_format", scaling->source_format},
        {"dstw", scaling->width},
        {"dsth", scaling->height},
        {"dst_format", AV_PIX_FMT_YUV420P},
        {"src_range", scaling->from_full_range},
        {"dst_range", 0},
        {"sws_flags", SWS_BICUBIC},
    };
    struct SwsContext *context = sws_alloc_context();
    int result = context ? 0 : -1;

    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]) && result >= 0; i++)
        result = av_opt_set_int(context, options[i].name, options[i].value, 0);
    if (result >= 0)
        result = sws_init_context(context, NULL, NULL);
    if (result >= 0)
        return context;
    sws_freeContext(context);
    return NULL;
}

/*
 * libswscale looks at what the processor has when a context is made, and then only. The flags are the whole
 * process's: no other thread asks for them meanwhile, since libav makes none here (decode.h).
 */
static struct SwsContext *way_make(const struct scaling *scaling, unsigned int way)
{
    const int flags = av_get_cpu_flags();
    if (way == WITHOUT_GATHERING)
        av_force_cpu_flags(flags | AV_CPU_FLAG_SLOW_GATHER);
    struct SwsContext *context = context_make(scaling);
    if (way == WITHOUT_GATHERING)
        av_force_cpu_flags(flags);
    return context;
}

static bool gathers(void)
{
    const int flags = av_get_cpu_flags();
    return (flags & AV_CPU_FLAG_AVX2) && !(flags & AV_CPU_FLAG_SLOW_GATHER);
}

static bool scalings_equal(const struct scaling *a, const struct scaling *b)
{
    return a->source_width == b->source_width && a->source_height == b->source_height &&
           a->source_format == b->source_format && a->width == b->width && a->height == b->height &&
           a->from_full_range == b->from_full_range;
}

int scaler_prepare(struct scaler *scaler, const struct scaling *scaling)
{
    if (scaler->is_made && scalings_equal(&scaler->scaling, scaling))
        return 0;
    scaler_free(scaler);
    scaler->ways[AS_IT_COMES] = way_make(scaling, AS_IT_COMES);
    if (!scaler->ways[AS_IT_COMES])
        return AVERROR(EINVAL);
    scaler->scaling = *scaling;
    scaler->is_made = true;
    scaler->is_decided = !gathers();
    return 0;
}

void scaler_free(struct scaler *scaler)
{
    for (unsigned int way = 0; way < SCALER_WAYS; way++)
        sws_freeContext(scaler->ways[way]);
    *scaler = (struct scaler){0};
}

/* ---- which way ---- */

static void decide(struct scaler *scaler, unsigned int way)
{
    scaler->is_decided = true;
    scaler->way = way;
    sws_freeContext(scaler->ways[!way]);
    scaler->ways[!way] = NULL;
}

unsigned int scaler_turn(const struct scaler *scaler)
{
    return scaler->is_decided ? scaler->way : scaler->pictures % SCALER_WAYS;
}

void scaler_note(struct scaler *scaler, int64_t used_ns)
{
    int64_t *least_ns = &scaler->least_ns[scaler_turn(scaler)];
    if (scaler->is_decided)
        return;
    if (scaler->pictures >= SCALER_WAYS && (*least_ns == 0 || used_ns < *least_ns))
        *least_ns = used_ns;
    if (++scaler->pictures == SCALER_WAYS * TRIALS)
        decide(scaler, scaler->least_ns[WITHOUT_GATHERING] < scaler->least_ns[AS_IT_COMES] ? WITHOUT_GATHERING
                                                                                           : AS_IT_COMES);
}

/* The context whose turn it is; the second one is made when it is needed, and without memory for it the first one stays. */
static struct SwsContext *context_of_turn(struct scaler *scaler)
{
    unsigned int way = scaler_turn(scaler);
    if (!scaler->ways[way])
        scaler->ways[way] = way_make(&scaler->scaling, way);
    if (!scaler->ways[way])
        decide(scaler, AS_IT_COMES);
    return scaler->ways[scaler_turn(scaler)];
}

/* Of this thread: what others do meanwhile does not count. */
static int64_t used_time_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * CLOCK_NS_PER_S + now.tv_nsec;
}

int scaler_run(struct scaler *scaler, const uint8_t *const from[], const int from_strides[],
               uint8_t *const to[], const int to_strides[])
{
    struct SwsContext *context = context_of_turn(scaler);
    const int height = scaler->scaling.source_height;
    if (scaler->is_decided)
        return sws_scale(context, from, from_strides, 0, height, to, to_strides);
    const int64_t begun_ns = used_time_ns();
    const int rows = sws_scale(context, from, from_strides, 0, height, to, to_strides);
    scaler_note(scaler, used_time_ns() - begun_ns);
    return rows;
}

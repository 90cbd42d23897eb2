#include "tracker/trouble.h"

enum trouble_news trouble_step(struct trouble *trouble, int error, int64_t now_ns)
{
    if (error < 0) {
        bool begins = !trouble->told;
        trouble->told = true;
        trouble->last_ns = now_ns;
        return begins ? TROUBLE_BEGAN : TROUBLE_NO_NEWS;
    }
    if (!trouble->told || now_ns - trouble->last_ns < TROUBLE_QUIET_NS)
        return TROUBLE_NO_NEWS;
    trouble->told = false;
    return TROUBLE_OVER;
}

/*
 * fence_hook.h - included before the code under test, whose fences then call the test: it does in them what another
 * process could do at that very moment.
 */
#ifndef FENCE_HOOK_H
#define FENCE_HOOK_H

void fence_hook(int order);

#define __atomic_thread_fence(order) fence_hook(order)

#endif

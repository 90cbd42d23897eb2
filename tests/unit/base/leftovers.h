/* leftovers.h - counting what a failure left behind */
#ifndef LEFTOVERS_H
#define LEFTOVERS_H

/* Open descriptors of this process (and one that counting takes). */
unsigned int count_descriptors(void);
/* Files in a directory whose names don't begin with a dot. */
unsigned int count_files(const char *directory);

#endif

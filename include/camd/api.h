/* camd/api.h - marks what the shared library exports; everything else in it is hidden. */
#ifndef CAMD_API_H
#define CAMD_API_H

#define CAMD_API __attribute__((visibility("default")))

#endif

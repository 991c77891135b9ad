/* version.h - what this build calls itself; set by CMake. */

#ifndef AGENT_VERSION_H
#define AGENT_VERSION_H

#ifndef ACCORD_VERSION
#define ACCORD_VERSION "unknown"
#endif

#endif

/* banned.h - functions nobody may call.
 *
 * Included before every file of this project by the build. Each of these is
 * either unbounded, stateful behind the caller's back, or fails silently;
 * beside it stands what to use. The headers that declare them come first,
 * because a poisoned name may not even be declared afterwards. */

#ifndef BASE_BANNED_H
#define BASE_BANNED_H

#include <alloca.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Fortified C libraries define some of them as macros. */
#undef alloca
#undef stpcpy
#undef stpncpy
#undef sprintf
#undef strcat
#undef strcpy
#undef strncat
#undef strncpy
#undef strtok
#undef vsprintf

#pragma GCC poison strcpy strcat strncpy strncat  /* buffer.h, snprintf   */
#pragma GCC poison stpcpy stpncpy                 /* the same             */
#pragma GCC poison sprintf vsprintf               /* snprintf             */
#pragma GCC poison gets                           /* file.h               */
#pragma GCC poison strtok                         /* memchr, strchr       */
#pragma GCC poison gmtime localtime ctime asctime /* the _r ones         */
#pragma GCC poison atoi atol atoll atof           /* strtoll with checks  */
#pragma GCC poison alloca                         /* a named maximum      */
#pragma GCC poison tmpnam mktemp tempnam          /* mkostemp             */

#endif

/* api.h - what both sides must compute alike. Never opens, sends or decides.
 */

#ifndef API_API_H
#define API_API_H

#include "api/id.h"

#endif

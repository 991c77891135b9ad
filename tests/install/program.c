/* A program as somebody else would write it: only what was installed. */
#include <accord.h>
#include <string.h>

int main(void)
{
    struct accord_options options = ACCORD_OPTIONS_INIT;
    struct accord_session *session = NULL;
    /* No configuration: refused, with words, before anything is contacted. */
    enum accord_result result = accord_session_open(&options, &session);
    int well = result == ACCORD_USAGE &&
               strstr(accord_error(session), "configuration") != NULL;
    accord_session_free(session);
    return well ? 0 : 1;
}

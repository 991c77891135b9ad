/* command.h - the verbs of accord-agent that make simulated platforms and what
 * they hand out. For accord-agent only. */

#ifndef AGENT_COMMAND_H
#define AGENT_COMMAND_H

#include "base/status.h"

extern const char command_simulator_usage[];

/* Runs `argv[1]` if it is one of them: "init-simulator", "simulate" or
 * "simulate-collateral". STATUS_NOT_FOUND when it is none; STATUS_INVALID with
 * a reason for wrong options. */
STATUS command_simulator(int argc, char **argv, struct reason *why);

#endif

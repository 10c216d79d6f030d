/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The rules of the agent's and of the spawner's filter, apart from what loads them, so that a test
 * can ask a filter about every call there is without making it.
 */
#pragma once

#include <seccomp.h>
#include <sys/types.h>

/* For what no rule names. */
#define JAIL_AGENT_ELSE SCMP_ACT_TRAP
#define JAIL_SPAWNER_ELSE SCMP_ACT_ALLOW

/* Calls after this one did not exist when the rules were made: to those who try them they do not
 * exist (ENOSYS), so that a newer library finds another way. */
#define JAIL_LAST_KNOWN 450 /* set_mempolicy_home_node, the same on every architecture */
#define JAIL_LAST_UNKNOWN 600

/* SELF: the agent. Not 0: a rule could not be added. */
int jail_agent_rules(scmp_filter_ctx f, pid_t self);
int jail_spawner_rules(scmp_filter_ctx f, int first, int count);

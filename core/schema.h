/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The schema, one SQL text a version: schema_steps[v] leads from version v to v + 1. Steps are
 * never edited once released; a new one is added. core/schema.sql is step 0, embedded at build
 * time.
 */
#pragma once

#define SCHEMA_VERSION 3

extern const char *const schema_steps[SCHEMA_VERSION];

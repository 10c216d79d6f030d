/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Between the actors of a scene and its relay: requests, answers and streams as happenings on the
 * virtual clock.
 */
#pragma once

#include "tests/scenarios/scene.h"

uint64_t scene_random(struct scene *s);
bool scene_chance(struct scene *s, unsigned percent);

/* What a relay without or with another certificate shows. */
struct spki_pin network_pin(bool other);

/* The actor's transport. */
void network_start(void *self, const struct transport_request *r);
void network_cancel(void *self, uint64_t id);

/* The service's side. */
struct service_host network_host(struct scene *s);

/* Every connection of A, of all: requests under way end as unreachable, streams end. */
void network_cut(struct actor *a);
void network_cut_all(struct scene *s);
void network_free(struct scene *s);

/* Remove a database and what lies beside it. */
void network_unlink(const char *path);

/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Between the actors of a scene and its relays: requests, answers and streams as happenings on the
 * virtual clock.
 */
#pragma once

#include "tests/scenarios/scene.h"

uint64_t scene_random(struct scene *s);
bool scene_chance(struct scene *s, unsigned percent);

/* What R shows, with the certificate it began with or another. */
struct spki_pin network_pin(const struct scene_relay *r, bool other);

/* The actor's transport. */
void network_start(void *self, const struct transport_request *r);
void network_cancel(void *self, uint64_t id);
/* What it has done beside its engine. */
void network_work(void *self, struct work *w);

/* The stream that A has open, 0: none; and that A's request ID ends, later, without an answer. */
uint64_t network_stream(const struct actor *a);
void network_lose(struct actor *a, uint64_t id, int64_t after_ms);

/* The service's side. */
struct service_host network_host(struct scene_relay *r);

/* BODY, a request of FROM's to /v1/deliver, arrives at R at the time AT_MS; nobody hears the
 * answer. */
void network_deliver(struct actor *from, struct scene_relay *r, struct span body, int64_t at_ms);

/* Every connection of A, or with R: requests under way end as unreachable, streams end. */
void network_cut(struct actor *a);
void network_cut_relay(struct scene_relay *r);
void network_free(struct scene *s);

void network_unlink_files(const char *folder);
/* Remove a database and what lies beside it. */
void network_unlink(const char *path);

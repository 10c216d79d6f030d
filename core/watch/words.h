/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What snug-watch and the agent say to each other, a byte a word. There is nothing in it to be
 * parsed wrongly: a helper that lies can lock the profile, or leave it open.
 */
#pragma once

/* To the agent. */
enum watch_word {
    WATCH_SCREEN = 'l', /* the screen was locked */
    WATCH_SLEEPS = 's', /* the machine is about to sleep */
    WATCH_WOKE = 'w',
    WATCH_SENSES = '0', /* and up to 3 above it: what would be noticed now */
};
#define WATCH_SENSES_SLEEP 1
#define WATCH_SENSES_SCREEN 2

/* To the helper. */
enum watch_order {
    WATCH_HOLD = 'H',    /* let sleep wait, when it comes */
    WATCH_RELEASE = 'R', /* it may come */
};

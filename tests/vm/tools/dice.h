/* SPDX-License-Identifier: GPL-2.0 */
/* Dice that fall the same way again for the same seed. */
#ifndef DICE_H
#define DICE_H

#include <stdint.h>

struct dice {
	uint64_t state;
};

/* Of one seed, the dice of each @player fall differently. */
static inline struct dice dice_of(uint64_t seed, uint64_t player)
{
	return (struct dice){ (seed + 1) * 0x9e3779b97f4a7c15 ^ (player + 1) * 0xbf58476d1ce4e5b9 };
}

/* splitmix64 */
static inline uint64_t roll(struct dice *dice)
{
	uint64_t z = dice->state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

/* A number 0..@sides - 1 */
static inline unsigned int below(struct dice *dice, unsigned int sides)
{
	return roll(dice) % sides;
}

#endif /* DICE_H */

/* SPDX-License-Identifier: GPL-2.0 */
/* Netlink requests, made by the spec and then spoilt. */
#ifndef REQUEST_H
#define REQUEST_H

#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "dice.h"
#include "spec.h"

#define MAX_REQUEST	8192

struct request {
	struct nlmsghdr header;
	struct genlmsghdr genl;
	char data[MAX_REQUEST];
	size_t bytes;			/* that are sent, whatever the header says */
	const struct operation *operation;
	bool tidy;			/* nothing is wrong with it */
	bool clear;			/* it gets as far as the family's own checks */
};

static struct dice dice;
static int family;
static bool tidy_only;

static bool chance(unsigned int percent)
{
	return below(&dice, 100) < percent;
}

/* Append @length bytes; the header may say otherwise by @claimed. */
static void put(struct request *request, int type, const void *data, int length, int claimed)
{
	struct nlattr *attribute = (void *)request + NLMSG_ALIGN(request->bytes);

	if (request->bytes + length + 64 > offsetof(struct request, bytes))
		return;
	attribute->nla_type = type;
	attribute->nla_len = NLA_HDRLEN + claimed;
	memcpy((void *)attribute + NLA_HDRLEN, data, length);
	request->bytes = NLMSG_ALIGN(request->bytes) + NLA_ALIGN(NLA_HDRLEN + length);
}

static uint32_t good_number(const struct attribute *attribute)
{
	uint32_t sides = attribute->max - attribute->min + 1;

	if (chance(30))
		return chance(50) ? attribute->min : attribute->max;
	return attribute->min + (sides ? roll(&dice) % sides : roll(&dice));
}

static uint32_t bad_number(const struct attribute *attribute)
{
	switch (below(&dice, 4)) {
	case 0:
		return attribute->min - 1;
	case 1:
		return attribute->max + 1;
	case 2:
		return -1;
	default:
		return roll(&dice);
	}
}

static const char *any_text(void)
{
	static const char *const texts[] = {
		"1", "0", "4194304", "4194305", "65534", "-1", "storm", "lives", "a-name-of-15-b",
		"sixteen-bytes-xx", "/", "/usr/bin/none", "/case", "//", "", " 1", "1 ", "%s%n", "\xff\xfe",
	};

	return texts[below(&dice, sizeof(texts) / sizeof(*texts))];
}

static void put_good(struct request *request, const struct attribute *attribute)
{
	const char *text = any_text();

	if (attribute->type == TYPE_STRING)
		put(request, attribute->number, text, strlen(text) + 1, strlen(text) + 1);
	else
		put(request, attribute->number, &(uint32_t){ good_number(attribute) }, 4, 4);
}

static void put_bad(struct request *request, const struct attribute *attribute)
{
	static char bytes[5000];
	int number = attribute->number, length = below(&dice, chance(90) ? 12 : sizeof(bytes));

	memset(bytes, chance(50) ? 'a' : below(&dice, 256), sizeof(bytes));
	switch (below(&dice, 9)) {
	case 0: /* out of range */
		put(request, number, &(uint32_t){ bad_number(attribute) }, 4, 4);
		break;
	case 1: /* twice */
		put_good(request, attribute);
		put_good(request, attribute);
		break;
	case 2: /* of another length */
		put(request, number, bytes, length, length);
		break;
	case 3: /* of another length than it says */
		put(request, number, bytes, length, (int)below(&dice, 64) - NLA_HDRLEN);
		break;
	case 4: /* with flags that are not for it */
		put(request, number | (chance(50) ? NLA_F_NESTED : NLA_F_NET_BYTEORDER),
		    &(uint32_t){ good_number(attribute) }, 4, 4);
		break;
	case 5: /* unknown */
		put(request, below(&dice, chance(80) ? 64 : 16384), bytes, 4, 4);
		break;
	case 6: { /* inside another one */
		struct nlattr inner[2] = { { NLA_HDRLEN + 4, number } };

		put(request, number | NLA_F_NESTED, inner, sizeof(inner), sizeof(inner));
		break;
	}
	case 7: /* missing */
		break;
	default: /* of another kind */
		put(request, number, any_text(), 1, 1 + below(&dice, 5));
		break;
	}
}

static void put_attributes(struct request *request)
{
	const struct operation *operation = request->operation;
	const struct attribute *attribute = operation->attributes;
	/* Rules are whole mostly, a policy names a few attributes. */
	unsigned int share = __builtin_popcount(operation->requested) > 4 ? 20 : 90;

	for (; attribute->number; attribute++) {
		if (!(operation->requested >> attribute->number & 1)) {
			if (!request->tidy && chance(5))
				put_bad(request, attribute);
		} else if (!request->tidy && chance(30)) {
			put_bad(request, attribute);
		} else if (chance(share)) {
			put_good(request, attribute);
		}
	}
}

/* Headers and lengths that are not what they should be. */
static void spoil_frame(struct request *request)
{
	size_t i;

	switch (below(&dice, 8)) {
	case 0:
		request->genl.version = roll(&dice);
		break;
	case 1:
		request->genl.reserved = roll(&dice);
		request->clear &= !request->genl.reserved;
		break;
	case 2: /* cut short, and says so */
		request->bytes -= below(&dice, request->bytes - NLMSG_HDRLEN + 1);
		request->header.nlmsg_len = request->bytes;
		request->clear = false;
		break;
	case 3: /* cut short, and does not say so */
		request->header.nlmsg_len += 1 + below(&dice, 5000);
		request->clear = false;
		break;
	case 4: /* garbage at the end */
		for (i = below(&dice, 64); i; i--)
			request->data[request->bytes++ - NLMSG_HDRLEN - GENL_HDRLEN] = roll(&dice);
		request->header.nlmsg_len = request->bytes;
		break;
	case 5: /* flags that nobody knows */
		request->header.nlmsg_flags |= roll(&dice);
		request->clear = false;
		break;
	case 6: /* bytes changed here and there */
		for (i = below(&dice, 8); i && request->bytes > NLMSG_HDRLEN; i--)
			((char *)request)[NLMSG_HDRLEN + below(&dice, request->bytes - NLMSG_HDRLEN)] =
				roll(&dice);
		request->clear = false;
		break;
	default: /* a length of its own */
		request->header.nlmsg_len = below(&dice, request->bytes + 8);
		request->clear = false;
	}
}

static const struct operation unknown = { .name = "unknown", .attributes = set_policy };

static const struct operation *operation_of(int command)
{
	const struct operation *operation = operations;

	while (operation->number && operation->number != command)
		operation++;
	return operation->number ? operation : &unknown;
}

static const struct operation *any_operation(void)
{
	static int count;

	while (operations[count].number)
		count++;
	if (!tidy_only && chance(3))
		return &unknown;
	/* Those that change something come twice as often. */
	if (chance(40))
		for (;;) {
			const struct operation *operation = &operations[below(&dice, count)];

			if (operation->requested && operation->does)
				return operation;
		}
	return &operations[below(&dice, count)];
}

static void make_request(struct request *request)
{
	memset(request, 0, sizeof(*request));
	request->operation = any_operation();
	request->tidy = tidy_only || chance(30);
	request->clear = request->operation->does;
	request->bytes = NLMSG_HDRLEN + GENL_HDRLEN;
	request->header.nlmsg_type = family;
	request->header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	request->genl.cmd = request->operation->number;
	if (!request->genl.cmd && chance(50))
		request->genl.cmd = below(&dice, 256);
	request->genl.version = 1;
	if (request->operation->dumps && (!request->operation->does || chance(50))) {
		request->header.nlmsg_flags |= NLM_F_DUMP;
		request->clear = false;
	} else if (!request->tidy && chance(5)) {
		request->header.nlmsg_flags |= NLM_F_DUMP;
		request->clear = false;
	}
	put_attributes(request);
	request->header.nlmsg_len = request->bytes;
	if (!request->tidy && chance(30))
		spoil_frame(request);
	request->operation = operation_of(request->genl.cmd);
}

#endif /* REQUEST_H */

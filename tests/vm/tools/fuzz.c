// SPDX-License-Identifier: GPL-2.0
/*
 * fuzz - requests of the netlink family, made by its spec and then spoilt.
 *
 * usage: fuzz SEED COUNT root|nobody|dropped|namespace [tidy]
 * Sends COUNT messages as root; as nobody; as nobody by a socket that root opened; or as
 * root of a user namespace of its own, who is nobody outside. With "tidy" they are all well-formed, and others may change the
 * settings meanwhile. Checks of each answer:
 *   - what is refused changes neither the policy nor a filter, and says why;
 *   - what is accepted leaves a policy within its limits;
 *   - without privilege nothing is accepted that changes anything, and no addresses of
 *     others' processes are shown;
 *   - nothing looks like an address of the kernel.
 * Says "ok MESSAGES ACCEPTED REFUSED MUTE", or "error ..." with the message in hexadecimal.
 */
#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <sched.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "request.h"

#define NOBODY		65534
#define FAMILY		"smart_madvise"
#define BYTES		65536
#define RULES		24	/* from which all are removed again */
#define REPLY_LIMIT_S	60

/* What the requests may change. */
struct settings {
	uint32_t policy[MOST_ATTRIBUTES + 1]; /* by number */
	uint64_t rules;			/* hash */
	int rule_count;
};

/* What came of a request. */
struct answer {
	int error; /* -1: none came */
	bool sentence;
};

static int sock;
static uint32_t sequence;
static bool privileged;

static const struct request *current;

static _Noreturn __attribute__((format(printf, 1, 2))) void wrong(const char *format, ...)
{
	const unsigned char *byte = (const void *)current;
	va_list arguments;
	size_t i;

	printf("error ");
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	if (current) {
		printf(" (%s, %zu bytes", current->operation->name, current->bytes);
		for (i = 0; i < current->bytes && i < 256; i++)
			printf("%s%02x", i % 4 ? "" : " ", byte[i]);
		putchar(')');
	}
	putchar('\n');
	exit(1);
}

/* --- answers --------------------------------------------------------------------- */

static void open_socket(void)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK };
	struct timeval limit = { .tv_sec = REPLY_LIMIT_S };
	int one = 1;

	if (sock)
		close(sock);
	sock = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	if (sock < 0 || bind(sock, (void *)&address, sizeof(address)))
		wrong("socket: %s", strerror(errno));
	setsockopt(sock, SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof(one));
	setsockopt(sock, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof(one));
	setsockopt(sock, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
}

static void send_bytes(const void *data, size_t bytes)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };

	if (sendto(sock, data, bytes, 0, (void *)&kernel, sizeof(kernel)) < 0)
		wrong("send: %s", strerror(errno));
}

/* Addresses of the kernel's half begin with 17 bits set. */
static void scan(const struct nlmsghdr *message)
{
	const uint32_t *word = NLMSG_DATA(message);
	const uint32_t *end = (const void *)message + message->nlmsg_len;
	const char *text = (const void *)word;

	for (; word + 2 <= end; word++)
		if (word[1] >= 0xffff8000 && word[1] < 0xffffffff)
			wrong("an answer holds %08x%08x", word[1], word[0]);
	for (; text + 6 < (const char *)end; text++)
		if (!memcmp(text, "ffff8", 5) || !memcmp(text, "ffffffff", 6))
			wrong("an answer holds the text %.16s", text);
}

/* Ranges and tasks, which hold addresses, are shown to others than root only of their own. */
static void check_owner(const struct nlmsghdr *message)
{
	const struct genlmsghdr *genl = NLMSG_DATA(message);
	const struct operation *operation = operation_of(genl->cmd);
	const struct nlattr *at = (const void *)(genl + 1);
	int left = message->nlmsg_len - NLMSG_HDRLEN - GENL_HDRLEN;
	const struct attribute *pid;
	struct stat status;
	char path[64];

	if (strcmp(operation->name, "range-get") && strcmp(operation->name, "task-get"))
		return;
	for (pid = operation->attributes; strcmp(pid->name, "pid"); pid++)
		;
	for (; left >= NLA_HDRLEN && at->nla_len >= NLA_HDRLEN;
	     left -= NLA_ALIGN(at->nla_len), at = (const void *)at + NLA_ALIGN(at->nla_len)) {
		if (at->nla_type != pid->number)
			continue;
		snprintf(path, sizeof(path), "/proc/%u", *(const uint32_t *)(at + 1));
		if (!stat(path, &status) && status.st_uid != getuid())
			wrong("%s shows process %u, which is user %u's", operation->name,
			      *(const uint32_t *)(at + 1), status.st_uid);
	}
}

static struct answer take_error(const struct nlmsghdr *message)
{
	const int *error = NLMSG_DATA(message);

	return (struct answer){ -*error, message->nlmsg_flags & NLM_F_ACK_TLVS };
}

/* The kernel does not look at what is shorter than it says, or than its header. */
static bool is_heard(const struct request *request)
{
	return request->header.nlmsg_len >= NLMSG_HDRLEN &&
	       request->header.nlmsg_len <= request->bytes;
}

/*
 * Read until the request has been dealt with: the kernel answers messages in order,
 * and a second one that it always acknowledges comes behind each. Only a dump goes on
 * after that, unless it is left in the middle.
 */
static struct answer converse(const struct request *request,
			      void (*take)(const struct nlmsghdr *message, void *into), void *into)
{
	struct nlmsghdr mark = { sizeof(mark), NLMSG_NOOP, NLM_F_REQUEST | NLM_F_ACK, 0, 0 };
	bool dumping = is_heard(request) &&
		       (request->header.nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
	bool marked = false, leave = dumping && chance(10);
	struct answer answer = { .error = -1 };
	static char buffer[BYTES];

	((struct request *)request)->header.nlmsg_seq = ++sequence;
	send_bytes(request, request->bytes);
	mark.nlmsg_seq = ++sequence;
	send_bytes(&mark, sizeof(mark));
	while (!marked || (dumping && answer.error < 0)) {
		int length = recv(sock, buffer, below(&dice, 2) ? BYTES : 8192, 0);
		struct nlmsghdr *message = (void *)buffer;

		if (length < 0)
			wrong("receive: %s", strerror(errno));
		for (; NLMSG_OK(message, length); message = NLMSG_NEXT(message, length)) {
			if (message->nlmsg_seq == mark.nlmsg_seq) {
				marked = true;
			} else if (message->nlmsg_type == NLMSG_ERROR ||
				   message->nlmsg_type == NLMSG_DONE) {
				if (message->nlmsg_seq == request->header.nlmsg_seq)
					answer = take_error(message);
			} else {
				scan(message);
				if (!privileged)
					check_owner(message);
				if (take)
					take(message, into);
			}
		}
		if (marked && leave && !take && answer.error < 0) {
			open_socket();
			return answer;
		}
	}
	return answer;
}

/* --- settings -------------------------------------------------------------------- */

static void take_policy(const struct nlmsghdr *message, void *into)
{
	const struct nlattr *at = NLMSG_DATA(message) + GENL_HDRLEN;
	int left = message->nlmsg_len - NLMSG_HDRLEN - GENL_HDRLEN;
	struct settings *settings = into;

	for (; left >= NLA_HDRLEN; left -= NLA_ALIGN(at->nla_len),
	     at = (const void *)at + NLA_ALIGN(at->nla_len)) {
		if (at->nla_type > MOST_ATTRIBUTES)
			wrong("an attribute %d that the spec does not have", at->nla_type);
		settings->policy[at->nla_type] = *(const uint32_t *)(at + 1);
	}
}

static void take_rule(const struct nlmsghdr *message, void *into)
{
	const unsigned char *byte = NLMSG_DATA(message), *end = (const void *)message;
	struct settings *settings = into;

	for (end += message->nlmsg_len; byte < end; byte++)
		settings->rules = (settings->rules ^ *byte) * 0x100000001b3;
	settings->rule_count++;
}

static const struct operation *operation_called(const char *name)
{
	const struct operation *operation = operations;

	while (strcmp(operation->name, name))
		operation++;
	return operation;
}

static struct answer ask(const char *name, int flags,
			 void (*take)(const struct nlmsghdr *message, void *into), void *into)
{
	struct request request = { .operation = operation_called(name) };

	request.bytes = NLMSG_HDRLEN + GENL_HDRLEN;
	request.header.nlmsg_len = request.bytes;
	request.header.nlmsg_type = family;
	request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
	request.genl.cmd = request.operation->number;
	request.genl.version = 1;
	return converse(&request, take, into);
}

static struct settings read_settings(void)
{
	struct settings settings = { 0 };

	if (ask("policy-get", 0, take_policy, &settings).error ||
	    ask("filter-get", NLM_F_DUMP, take_rule, &settings).error)
		wrong("the settings cannot be read");
	return settings;
}

static bool same(const struct settings *a, const struct settings *b)
{
	return !memcmp(a, b, sizeof(*a));
}

static void check_limits(const struct settings *settings)
{
	const struct attribute *attribute = operation_called("policy-set")->attributes;

	for (; attribute->number; attribute++)
		if (settings->policy[attribute->number] < attribute->min ||
		    settings->policy[attribute->number] > attribute->max)
			wrong("accepted, and now %s is %u", attribute->name,
			      settings->policy[attribute->number]);
}

/* --- the program ------------------------------------------------------------------- */

static bool sets(const struct request *request)
{
	return request->operation->does &&
	       (strstr(request->operation->name, "-set") || strstr(request->operation->name, "-add") ||
		strstr(request->operation->name, "-del"));
}

static bool changes(const struct request *request)
{
	return sets(request) || !strcmp(request->operation->name, "restore") ||
	       !strcmp(request->operation->name, "process-forget");
}

static void check_answer(const struct request *request, struct answer answer,
			 struct settings *settings)
{
	struct settings now;

	if (answer.error > 0 && sets(request) && request->clear && !answer.sentence)
		wrong("refused with %s and no word why", strerrorname_np(answer.error));
	if (!answer.error && !privileged && changes(request))
		wrong("accepted without privilege");
	if (tidy_only || !(sets(request) || below(&dice, 64) == 0))
		return;
	now = read_settings();
	if ((answer.error || !privileged || !sets(request)) && !same(settings, &now))
		wrong("changed the settings, though it was answered by %d", answer.error);
	check_limits(&now);
	*settings = now;
}

static void take_family(const struct nlmsghdr *message, void *into)
{
	const struct nlattr *at = NLMSG_DATA(message) + GENL_HDRLEN;
	int left = message->nlmsg_len - NLMSG_HDRLEN - GENL_HDRLEN;

	for (; left >= NLA_HDRLEN; left -= NLA_ALIGN(at->nla_len),
	     at = (const void *)at + NLA_ALIGN(at->nla_len))
		if (at->nla_type == CTRL_ATTR_FAMILY_ID)
			*(int *)into = *(const uint16_t *)(at + 1);
}

static void find_family(void)
{
	static struct request request;

	request.bytes = NLMSG_HDRLEN + GENL_HDRLEN;
	request.header.nlmsg_type = GENL_ID_CTRL;
	request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	request.genl = (struct genlmsghdr){ CTRL_CMD_GETFAMILY, 2, 0 };
	put(&request, CTRL_ATTR_FAMILY_NAME, FAMILY, sizeof(FAMILY), sizeof(FAMILY));
	request.header.nlmsg_len = request.bytes;
	converse(&request, take_family, &family);
	if (!family)
		wrong("no family");
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	if (!file || fputs(text, file) < 0 || fclose(file))
		wrong("%s: %s", path, strerror(errno));
}

static void become(const char *whom)
{
	privileged = !strcmp(whom, "root");
	if (privileged)
		return;
	if (setresgid(NOBODY, NOBODY, NOBODY) || setresuid(NOBODY, NOBODY, NOBODY))
		wrong("user: %s", strerror(errno));
	if (strcmp(whom, "namespace"))
		return;
	if (unshare(CLONE_NEWUSER))
		wrong("user namespace: %s", strerror(errno));
	prctl(PR_SET_DUMPABLE, 1); /* or the files below would belong to root */
	write_file("/proc/self/setgroups", "deny");
	write_file("/proc/self/uid_map", "0 65534 1");
}

int main(int argc, char **argv)
{
	long i, count, accepted = 0, refused = 0, mute = 0;
	static struct request request;
	struct settings settings;
	struct answer answer;

	if (argc < 4)
		return 2;
	setlinebuf(stdout);
	dice = dice_of(strtoul(argv[1], NULL, 0), 0);
	count = atol(argv[2]);
	tidy_only = argc > 4 && !strcmp(argv[4], "tidy");
	open_socket();
	become(argv[3]);
	if (strcmp(argv[3], "dropped"))
		open_socket();
	find_family();
	settings = read_settings();
	for (i = 0; i < count; i++) {
		make_request(&request);
		current = &request;
		answer = converse(&request, NULL, NULL);
		check_answer(&request, answer, &settings);
		current = NULL;
		accepted += !answer.error;
		refused += answer.error > 0;
		mute += answer.error < 0;
		if (privileged && settings.rule_count > RULES) {
			ask("filter-del", 0, NULL, NULL);
			settings = read_settings();
		}
	}
	printf("ok %ld %ld %ld %ld\n", count, accepted, refused, mute);
	return 0;
}

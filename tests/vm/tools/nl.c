// SPDX-License-Identifier: GPL-2.0
/*
 * nl - a generic netlink client that also says what no good client would.
 *
 * Speaks by the tables that spec-tables makes of the netlink spec, over a raw
 * socket, so that malformed requests reach the kernel as they are.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "builtin.h"
#include "spec.h"

#define FAMILY		"smart_madvise"
#define GROUP		"events"
#define BYTES		65536
#define REPLY_LIMIT_S	60

static const char usage[] =
	"usage: nl [OPTION]... OPERATION [ATTRIBUTE]...\n"
	"       nl [-u UID] [-U] -l SECONDS [-n COUNT]\n"
	"OPERATION is a name of the netlink spec, or a number.\n"
	"ATTRIBUTE is NAME=VALUE, or malformed @TYPE:FORMAT=VALUE, FORMAT one of\n"
	"u8 u16 u32 u64 str (without NUL) strz fill (VALUE bytes 'a' and NUL) none.\n"
	"  -d        dump\n"
	"  -f A,B    print these values only, one line a message\n"
	"  -l S      print events for S seconds; says \"listening\" first\n"
	"  -n COUNT  end after so many events\n"
	"  -u UID    as this user\n"
	"  -U        in a user namespace of its own, as its root\n"
	"  -N        in a network namespace of its own\n"
	"  -r WORD   generic netlink header's reserved field\n"
	"  -F FLAGS  additional netlink flags\n"
	"  -c BYTES  cut so many bytes off the end of the request (header says so too)\n"
	"  -g BYTES  append garbage\n"
	"  -x        the kernel's allocations fail as its fault injection is set up, while it\n"
	"            takes the request\n"
	"  -s COUNT  after so many messages of a dump, wait for a line on standard input\n"
	"Prints NAME=VALUE words; each message of a dump is one line. When refused, prints\n"
	"the errno's name and the kernel's sentence and ends with 1.\n";

static struct {
	bool dump;
	int listen_s;
	long count;
	long stop_after;
	unsigned int reserved;
	int flags;
	int cut;
	int garbage;
	bool starved;
	char *fields[MOST_ATTRIBUTES];
	int field_count;
} options;

struct request {
	struct nlmsghdr header;
	struct genlmsghdr genl;
	char data[BYTES];
};

static int sock = -1;
static unsigned int sequence;

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "nl: %s: %s\n", what, strerror(errno));
	leave(3);
}

static _Noreturn void misuse(const char *what)
{
	fprintf(stderr, "nl: %s\n%s", what, usage);
	leave(2);
}

/* --- attributes ------------------------------------------------------------ */

static void put(struct request *request, int type, const void *data, int length)
{
	struct nlattr *attribute = (void *)request + NLMSG_ALIGN(request->header.nlmsg_len);

	if (request->header.nlmsg_len + length + 64 > sizeof(*request))
		misuse("the request is too long");
	attribute->nla_type = type;
	attribute->nla_len = NLA_HDRLEN + length;
	memcpy((void *)attribute + NLA_HDRLEN, data, length);
	request->header.nlmsg_len = NLMSG_ALIGN(request->header.nlmsg_len) +
				    NLA_ALIGN(attribute->nla_len);
}

static uint64_t number(const char *text)
{
	char *end;
	uint64_t value = strtoull(text, &end, 0);

	if (!*text || *end)
		misuse(text);
	return value;
}

/* @TYPE:FORMAT=VALUE */
static void put_malformed(struct request *request, char *word)
{
	char *format = strchr(word, ':'), *value = strchr(word, '=');
	int type;

	if (!format || !value)
		misuse(word);
	*format++ = 0;
	*value++ = 0;
	type = number(word + 1);
	if (!strcmp(format, "u8")) {
		put(request, type, &(uint8_t){ number(value) }, 1);
	} else if (!strcmp(format, "u16")) {
		put(request, type, &(uint16_t){ number(value) }, 2);
	} else if (!strcmp(format, "u32")) {
		put(request, type, &(uint32_t){ number(value) }, 4);
	} else if (!strcmp(format, "u64")) {
		put(request, type, &(uint64_t){ number(value) }, 8);
	} else if (!strcmp(format, "str")) {
		put(request, type, value, strlen(value));
	} else if (!strcmp(format, "strz")) {
		put(request, type, value, strlen(value) + 1);
	} else if (!strcmp(format, "none")) {
		put(request, type, "", 0);
	} else if (!strcmp(format, "fill")) {
		int length = number(value);
		char *text = calloc(1, length + 1);

		memset(text, 'a', length);
		put(request, type, text, length + 1);
		free(text);
	} else {
		misuse(format);
	}
}

static uint64_t named(const struct attribute *attribute, const char *value)
{
	int i;

	for (i = 0; attribute->names && attribute->names[i]; i++)
		if (!strcmp(attribute->names[i], value))
			return i;
	return number(value);
}

static void put_word(struct request *request, const struct operation *operation, char *word)
{
	const struct attribute *attribute;
	char *value = strchr(word, '=');

	if (*word == '@') {
		put_malformed(request, word);
		return;
	}
	if (!value)
		misuse(word);
	*value++ = 0;
	for (attribute = operation->attributes; attribute && attribute->number; attribute++) {
		if (strcmp(attribute->name, word))
			continue;
		if (attribute->type == TYPE_U32)
			put(request, attribute->number, &(uint32_t){ named(attribute, value) }, 4);
		else if (attribute->type == TYPE_U64)
			put(request, attribute->number, &(uint64_t){ number(value) }, 8);
		else
			put(request, attribute->number, value, strlen(value) + 1);
		return;
	}
	misuse(word);
}

static void print_text(const char *text, int length)
{
	/* One word: what would end it is written as the kernel does in /proc/PID/maps. */
	for (; length > 0 && *text; text++, length--)
		if (*text == ' ' || *text == '\n' || *text == '\\')
			printf("\\%03o", *text);
		else
			putchar(*text);
}

static void print_value(const struct attribute *attribute, const struct nlattr *given)
{
	const void *data = (const void *)given + NLA_HDRLEN;
	int length = given->nla_len - NLA_HDRLEN, i;
	uint64_t value = 0;

	if (attribute->type == TYPE_STRING) {
		print_text(data, length);
		return;
	}
	if (length != (attribute->type == TYPE_U32 ? 4 : 8)) {
		printf("?%d-bytes", length);
		return;
	}
	memcpy(&value, data, length);
	for (i = 0; attribute->names && attribute->names[i]; i++)
		if ((uint64_t)i == value) {
			fputs(attribute->names[i], stdout);
			return;
		}
	printf("%llu", (unsigned long long)value);
}

static bool next_attribute(const struct nlattr **at, int *left)
{
	int step = NLA_ALIGN((*at)->nla_len);

	*left -= step;
	*at = (const void *)*at + step;
	return *left >= NLA_HDRLEN && (*at)->nla_len >= NLA_HDRLEN && (*at)->nla_len <= *left;
}

static const struct nlattr *find(const struct nlattr *first, int left, int type)
{
	const struct nlattr *at = first;

	if (left < NLA_HDRLEN)
		return NULL;
	do {
		if ((at->nla_type & NLA_TYPE_MASK) == type)
			return at;
	} while (next_attribute(&at, &left));
	return NULL;
}

static void print_fields(const struct operation *operation, const struct nlattr *first, int left)
{
	const struct attribute *attribute;
	const struct nlattr *given;
	int i;

	for (i = 0; i < options.field_count; i++) {
		for (attribute = operation->attributes; attribute->number; attribute++)
			if (!strcmp(attribute->name, options.fields[i]))
				break;
		if (!attribute->number)
			misuse(options.fields[i]);
		given = find(first, left, attribute->number);
		if (i)
			putchar(' ');
		if (given)
			print_value(attribute, given);
		else
			putchar('-');
	}
	putchar('\n');
}

static void print_message(const struct operation *operation, const struct nlmsghdr *message,
			  bool one_line)
{
	const struct nlattr *at = (const void *)message + NLMSG_HDRLEN + GENL_HDRLEN;
	int left = message->nlmsg_len - NLMSG_HDRLEN - GENL_HDRLEN;
	const struct attribute *attribute;
	const char *gap = "";

	if (options.field_count) {
		print_fields(operation, at, left);
		return;
	}
	if (left >= NLA_HDRLEN) do {
		int type = at->nla_type & NLA_TYPE_MASK;

		for (attribute = operation->attributes; attribute->number; attribute++)
			if (attribute->number == type)
				break;
		if (attribute->type == TYPE_PAD)
			continue;
		if (attribute->number) {
			printf("%s%s=", gap, attribute->name);
			print_value(attribute, at);
		} else {
			printf("%sattribute-%d=?", gap, type);
		}
		gap = one_line ? " " : "\n";
	} while (next_attribute(&at, &left));
	putchar('\n');
}

/* --- the conversation ------------------------------------------------------- */

static void open_socket(void)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK };
	struct timeval limit = { .tv_sec = REPLY_LIMIT_S };
	int one = 1;

	if (sock >= 0) /* of the run before, in the same process */
		close(sock);
	sock = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	if (sock < 0 || bind(sock, (void *)&address, sizeof(address)))
		die("netlink socket");
	setsockopt(sock, SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof(one));
	setsockopt(sock, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof(one));
	setsockopt(sock, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
}

static struct request *new_request(int family, int command, int version)
{
	struct request *request = calloc(1, sizeof(*request));

	if (!request)
		die("memory");
	request->header.nlmsg_len = NLMSG_HDRLEN + GENL_HDRLEN;
	request->header.nlmsg_type = family;
	request->header.nlmsg_seq = ++sequence;
	request->genl.cmd = command;
	request->genl.version = version;
	return request;
}

static void send_request(struct request *request, int flags)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	int fd = options.starved && sequence > 1 ? open("/proc/self/make-it-fail", O_WRONLY) : -1;
	ssize_t sent;

	request->header.nlmsg_flags = NLM_F_REQUEST | flags;
	if (fd >= 0 && write(fd, "1", 1) != 1)
		die("make-it-fail");
	do {
		sent = sendto(sock, request, request->header.nlmsg_len, 0, (void *)&kernel,
			      sizeof(kernel));
	} while (sent < 0 && fd >= 0 && (errno == ENOBUFS || errno == ENOMEM)); /* not sent yet */
	if (sent < 0)
		die("send");
	while (fd >= 0 && pwrite(fd, "0", 1, 0) != 1)
		;
}

/* Prints what the kernel says of a refusal. Returns the exit status. */
static int print_refusal(const struct nlmsghdr *message)
{
	const struct nlmsgerr *error = NLMSG_DATA(message);
	const struct nlattr *first = (const void *)(error + 1), *text = NULL;
	int left = message->nlmsg_len - NLMSG_HDRLEN - sizeof(*error);

	if (!(message->nlmsg_flags & NLM_F_CAPPED)) { /* the request comes back first */
		int echoed = error->msg.nlmsg_len - sizeof(error->msg);

		first = (const void *)first + NLMSG_ALIGN(echoed);
		left -= NLMSG_ALIGN(echoed);
	}
	if (message->nlmsg_type == NLMSG_DONE) {
		first = NLMSG_DATA(message) + sizeof(int);
		left = message->nlmsg_len - NLMSG_HDRLEN - sizeof(int);
	}
	if (message->nlmsg_flags & NLM_F_ACK_TLVS)
		text = find(first, left, NLMSGERR_ATTR_MSG);
	printf("%s", strerrorname_np(-error->error));
	if (text)
		printf(" %s", (const char *)text + NLA_HDRLEN);
	putchar('\n');
	return 1;
}

/*
 * The kernel makes the messages of a dump as large as the largest buffer that it
 * was ever given on this socket, and some of them ahead of the reader: small
 * ones, so that a stop is a stop.
 */
static size_t buffer_bytes(void)
{
	return options.stop_after ? 4096 : BYTES;
}

static void wait_for_line(void)
{
	puts("stopped");
	fflush(stdout);
	while (getchar() != '\n' && !feof(stdin))
		;
}

/*
 * Takes replies until the request is settled. Exit status of the program.
 */
static int take_replies(const struct operation *operation)
{
	static char buffer[BYTES];
	bool interrupted = false;
	long messages = 0;

	for (;;) {
		int length = recv(sock, buffer, buffer_bytes(), 0);
		struct nlmsghdr *message = (void *)buffer;

		if (length < 0)
			die("receive");
		for (; NLMSG_OK(message, length); message = NLMSG_NEXT(message, length)) {
			if (message->nlmsg_seq != sequence)
				continue;
			interrupted |= message->nlmsg_flags & NLM_F_DUMP_INTR;
			if (message->nlmsg_type == NLMSG_ERROR || message->nlmsg_type == NLMSG_DONE) {
				if (*(int *)NLMSG_DATA(message))
					return print_refusal(message);
				if (interrupted)
					puts("interrupted");
				return 0;
			}
			print_message(operation, message, options.dump);
			if (++messages == options.stop_after)
				wait_for_line();
		}
	}
}

/* The number of the family and of its group, from the controller. */
static int resolve(uint32_t *group)
{
	struct request *request = new_request(GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 2);
	static char buffer[BYTES];
	const struct nlattr *first, *id, *groups, *at;
	struct nlmsghdr *message = (void *)buffer;
	int length, left, found = 0;

	put(request, CTRL_ATTR_FAMILY_NAME, FAMILY, sizeof(FAMILY));
	send_request(request, 0);
	free(request);
	length = recv(sock, buffer, buffer_bytes(), 0);
	if (length < 0)
		die("receive");
	if (!NLMSG_OK(message, length) || message->nlmsg_type == NLMSG_ERROR)
		return 0;
	first = NLMSG_DATA(message) + GENL_HDRLEN;
	left = message->nlmsg_len - NLMSG_HDRLEN - GENL_HDRLEN;
	id = find(first, left, CTRL_ATTR_FAMILY_ID);
	groups = find(first, left, CTRL_ATTR_MCAST_GROUPS);
	if (id)
		found = *(uint16_t *)((const void *)id + NLA_HDRLEN);
	if (!groups)
		return found;
	at = (const void *)groups + NLA_HDRLEN;
	left = groups->nla_len - NLA_HDRLEN;
	do {
		const struct nlattr *inner = (const void *)at + NLA_HDRLEN;
		int inner_left = at->nla_len - NLA_HDRLEN;
		const struct nlattr *name = find(inner, inner_left, CTRL_ATTR_MCAST_GRP_NAME);
		const struct nlattr *number = find(inner, inner_left, CTRL_ATTR_MCAST_GRP_ID);

		if (name && number && !strcmp((const char *)name + NLA_HDRLEN, GROUP))
			*group = *(uint32_t *)((const void *)number + NLA_HDRLEN);
	} while (next_attribute(&at, &left));
	return found;
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static int listen_to(int family, uint32_t group)
{
	const struct operation *operation = operations;
	int64_t deadline = now_ms() + options.listen_s * 1000LL;
	static char buffer[BYTES];
	long events = 0;

	while (strcmp(operation->name, "event-ntf"))
		operation++;
	if (setsockopt(sock, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group))) {
		printf("%s\n", strerrorname_np(errno));
		return 1;
	}
	puts("listening");
	fflush(stdout);
	while (now_ms() < deadline && (!options.count || events < options.count)) {
		struct pollfd ready = { .fd = sock, .events = POLLIN };
		struct nlmsghdr *message = (void *)buffer;
		int length;

		if (poll(&ready, 1, deadline - now_ms()) <= 0)
			continue;
		length = recv(sock, buffer, sizeof(buffer), 0);
		if (length < 0 && errno == ENOBUFS) {
			puts("overrun");
			continue;
		}
		if (length < 0)
			die("receive");
		for (; NLMSG_OK(message, length); message = NLMSG_NEXT(message, length))
			if (message->nlmsg_type == family) {
				print_message(operation, message, true);
				fflush(stdout);
				events++;
			}
	}
	return 0;
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	if (!file || fputs(text, file) < 0 || fclose(file))
		die(path);
}

static void new_user_namespace(void)
{
	char map[32];

	snprintf(map, sizeof(map), "0 %u 1", getuid());
	if (unshare(CLONE_NEWUSER))
		die("user namespace");
	prctl(PR_SET_DUMPABLE, 1); /* or the files below would belong to root */
	write_file("/proc/self/setgroups", "deny");
	write_file("/proc/self/uid_map", map);
}

static int take_options(int argc, char **argv)
{
	bool new_user = false, new_net = false;
	char *word;
	int option;

	memset(&options, 0, sizeof(options));
	optind = 0;
	while ((option = getopt(argc, argv, "+df:l:n:u:UNr:F:c:g:s:xh")) != -1) {
		switch (option) {
		case 'd': options.dump = true; break;
		case 'f':
			for (word = strtok(optarg, ","); word; word = strtok(NULL, ",")) {
				if (options.field_count == MOST_ATTRIBUTES)
					misuse("too many fields");
				options.fields[options.field_count++] = word;
			}
			break;
		case 'l': options.listen_s = number(optarg); break;
		case 'n': options.count = number(optarg); break;
		case 'u':
			if (setresgid(number(optarg), number(optarg), number(optarg)) ||
			    setresuid(number(optarg), number(optarg), number(optarg)))
				die("user");
			break;
		case 'U': new_user = true; break;
		case 'N': new_net = true; break;
		case 'r': options.reserved = number(optarg); break;
		case 'F': options.flags = number(optarg); break;
		case 'c': options.cut = number(optarg); break;
		case 'g': options.garbage = number(optarg); break;
		case 'x': options.starved = true; break;
		case 's': options.stop_after = number(optarg); break;
		default:
			misuse("unknown option");
		}
	}
	if (new_user)
		new_user_namespace();
	if (new_net && unshare(CLONE_NEWNET))
		die("network namespace");
	return optind;
}

static int run(int argc, char **argv)
{
	static const struct attribute none[] = { { 0 } };
	struct operation by_number = { .name = "", .attributes = none };
	const struct operation *operation = operations;
	struct request *request;
	uint32_t group = 0;
	int family, at = take_options(argc, argv);

	if (!options.listen_s && at == argc)
		misuse("what?");
	open_socket();
	family = resolve(&group);
	if (!family) {
		puts("no family");
		return 4;
	}
	if (options.listen_s)
		return listen_to(family, group);

	while (operation->number && strcmp(operation->name, argv[at]))
		operation++;
	if (!operation->number) {
		by_number.number = number(argv[at]);
		operation = &by_number;
	}
	request = new_request(family, operation->number, 1);
	request->genl.reserved = options.reserved;
	while (++at < argc)
		put_word(request, operation, argv[at]);
	if (options.garbage) {
		memset((void *)request + request->header.nlmsg_len, 0x55, options.garbage);
		request->header.nlmsg_len += options.garbage;
	}
	request->header.nlmsg_len -= options.cut;
	send_request(request, options.flags | (options.dump ? NLM_F_DUMP : NLM_F_ACK));
	free(request);
	return take_replies(operation);
}

TOOL(nl)

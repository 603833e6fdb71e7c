/* SPDX-License-Identifier: GPL-2.0 */
/* The generic netlink family: policy in, what is known out. */
#ifndef SMADV_NETLINK_H
#define SMADV_NETLINK_H

#include <linux/types.h>

struct genl_family;
struct genl_info;
struct netlink_callback;
struct sk_buff;

extern struct genl_family smadv_netlink_family;

/* Multicast groups, as they stand in netlink.c. */
#define SMADV_NETLINK_GROUP_EVENTS	0
#define SMADV_NETLINK_GROUP_RECORDING	1

int smadv_netlink_init(void);
void smadv_netlink_exit(void);

/*
 * netlink.c: a message to a group, with room for attributes of @bytes. NULL, which is
 * counted, without memory.
 */
struct sk_buff *smadv_netlink_begin(u32 command, size_t bytes, void **header);
void smadv_netlink_end(struct sk_buff *skb, void *header, u32 group);

/* netlink.c: a reply to @info that @fill fills, sent or freed. */
int smadv_netlink_reply(struct genl_info *info,
			int (*fill)(struct sk_buff *skb, const void *what), const void *what);
/* The pid attribute @attribute of a request, 0 when absent. */
int smadv_netlink_pid(const struct genl_info *info, int attribute, bool required, u32 *pid);
int smadv_netlink_no_such_process(struct genl_info *info);

/* netlink_show.c: what is known. */
int smadv_netlink_info_get(struct sk_buff *skb, struct genl_info *info);
int smadv_netlink_policy_get(struct sk_buff *skb, struct genl_info *info);
int smadv_netlink_stats_get(struct sk_buff *skb, struct genl_info *info);
int smadv_netlink_process_get(struct sk_buff *skb, struct genl_info *info);
int smadv_netlink_process_dump(struct sk_buff *skb, struct netlink_callback *cb);
int smadv_netlink_range_start(struct netlink_callback *cb);
int smadv_netlink_range_dump(struct sk_buff *skb, struct netlink_callback *cb);
int smadv_netlink_task_dump(struct sk_buff *skb, struct netlink_callback *cb);
int smadv_netlink_filter_dump(struct sk_buff *skb, struct netlink_callback *cb);

#endif /* SMADV_NETLINK_H */

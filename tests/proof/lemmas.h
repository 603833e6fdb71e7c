/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the provers need to be told of shifts and shares. Each is itself proved,
 * those about shifts case by case of n.
 */
/*@
 * lemma shr_le: \forall integer n, a; 0 <= n <= 63 ==> 0 <= a ==> 0 <= (a >> n) <= a;
 *
 * lemma shr_monotonic: \forall integer n, a, b;
 *	0 <= n <= 63 ==> 0 <= a <= b ==> (a >> n) <= (b >> n);
 *
 * lemma shl_monotonic: \forall integer n, a, b;
 *	0 <= n <= 63 ==> 0 <= a <= b ==> (a << n) <= (b << n);
 *
 * lemma shl_positive: \forall integer n, a; 0 <= n <= 63 ==> 0 <= a ==> 0 <= (a << n);
 *
 * lemma shl_bit: \forall integer n; 0 <= n <= 63 ==> 0 < (1 << n) <= (1 << 63);
 *
 * lemma shl_bit_of_level: \forall integer n; 0 <= n <= 22 ==> 0 < (1 << n) <= 0x400000;
 *
 * lemma shl_top_level: \forall integer n; 0 <= n <= 22 ==>
 *	(0x1000000 << n) <= 0x400000000000;
 *
 * lemma shl_level: \forall integer n, a; 0 <= n <= 22 ==> 0 <= a <= 0x1000000 ==>
 *	(a << n) <= (0x1000000 << n) && (0x1000000 << n) <= 0x400000000000;
 *
 * lemma shr_pages: \forall integer n; 0 <= n <= 47 ==>
 *	(0x10000000000000 >> n) + 32 <= (0x20000000000000 >> n);
 *
 * lemma shl_last_page: \forall integer n; 0 <= n <= 47 ==>
 *	((0x20000000000000 >> n) << n) <= 0x20000000000000;
 *
 * lemma shl_pages: \forall integer n, a; 0 <= n <= 47 ==>
 *	0 <= a <= (0x20000000000000 >> n) ==>
 *	(a << n) <= ((0x20000000000000 >> n) << n) &&
 *	((0x20000000000000 >> n) << n) <= 0x20000000000000;
 *
 * lemma share: \forall integer a, b, k; 0 <= a <= b ==> 0 < b ==> 0 <= k ==>
 *	0 <= (a * k) / b <= k;
 *
 * lemma sketch_block: \forall integer y; 308 <= y ==> 0 <= 262144 / y <= 852;
 */

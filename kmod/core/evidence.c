// SPDX-License-Identifier: GPL-2.0
#include "evidence.h"

/* Jumps from which their phases tell anything. */
#define PHASE_JUMPS_MIN	16

/*@
 * assigns \nothing;
 * ensures \result == \min(sum, 0xffffffff);
 */
static u32 saturated(u64 sum)
{
	return sum < 0xffffffffULL ? (u32)sum : 0xffffffffU;
}

/*@
 * requires \valid(counter);
 * assigns *counter;
 * ensures *counter == \min(\old(*counter) + number, 0xffffffff);
 */
static void add(u32 *counter, u32 number)
{
	*counter = saturated((u64)*counter + number);
}

/*@
 * requires \valid(counter);
 * assigns *counter;
 * ensures *counter == \min(\old(*counter) + 1, 0xffffffff);
 */
static void increment(u32 *counter)
{
	if (*counter != 0xffffffffU)
		++*counter;
}

/*@
 * requires \valid(phase);
 * assigns *phase;
 * ensures *phase == \min(\old(*phase) + number, 0xffff);
 */
static void add_phase(u16 *phase, u16 number)
{
	u32 sum = (u32)*phase + number;

	*phase = sum < 0xffffU ? (u16)sum : 0xffffU;
}

/*@
 * requires \valid(evidence);
 * assigns evidence->total;
 * ensures evidence->total == \min(evidence->forward + evidence->backward +
 *	evidence->strided + evidence->near + evidence->jumps, 0xffffffff);
 */
static void sum_up(struct smadv_evidence *evidence)
{
	evidence->total = saturated((u64)evidence->forward + evidence->backward +
				    evidence->strided + evidence->near + evidence->jumps);
}

/*@
 * requires \valid(evidence);
 * assigns evidence->forward, evidence->backward, evidence->strided, evidence->near,
 *	evidence->jumps, evidence->tight, evidence->tight_pages, evidence->landed_q4,
 *	evidence->jumps_q4, evidence->lost, evidence->total,
 *	evidence->phase[0 .. SMADV_PHASES - 1];
 * ensures evidence->lost == 0;
 */
static void clear_window(struct smadv_evidence *evidence)
{
	u32 i;

	evidence->forward = 0;
	evidence->backward = 0;
	evidence->strided = 0;
	evidence->near = 0;
	evidence->jumps = 0;
	evidence->tight = 0;
	evidence->landed_q4 = 0;
	evidence->tight_pages = 0;
	evidence->jumps_q4 = 0;
	evidence->lost = 0;
	evidence->total = 0;
	/*@
	 * loop invariant i <= SMADV_PHASES;
	 * loop assigns i, evidence->phase[0 .. SMADV_PHASES - 1];
	 * loop variant SMADV_PHASES - i;
	 */
	for (i = 0; i < SMADV_PHASES; i++)
		evidence->phase[i] = 0;
}

/*@
 * requires \valid(evidence) && smadv_evidence_valid(evidence);
 * assigns evidence->forward, evidence->backward, evidence->strided, evidence->near,
 *	evidence->jumps, evidence->tight, evidence->tight_pages, evidence->landed_q4,
 *	evidence->jumps_q4, evidence->lost, evidence->total,
 *	evidence->phase[0 .. SMADV_PHASES - 1];
 * ensures smadv_evidence_valid(evidence);
 */
static void halve_counters(struct smadv_evidence *evidence)
{
	u32 i;

	evidence->forward /= 2;
	evidence->backward /= 2;
	evidence->strided /= 2;
	evidence->near /= 2;
	evidence->jumps /= 2;
	evidence->tight /= 2;
	evidence->landed_q4 /= 2;
	evidence->tight_pages /= 2;
	evidence->jumps_q4 /= 2;
	evidence->lost /= 2;
	/*@
	 * loop invariant i <= SMADV_PHASES;
	 * loop assigns i, evidence->phase[0 .. SMADV_PHASES - 1];
	 * loop variant SMADV_PHASES - i;
	 */
	for (i = 0; i < SMADV_PHASES; i++)
		evidence->phase[i] /= 2;
	sum_up(evidence);
	/*@ assert smadv_cursors_valid(&evidence->streams, SMADV_CURSORS); */
}

/*@
 * requires \valid(evidence) && smadv_evidence_valid(evidence);
 * assigns evidence->forward, evidence->backward, evidence->strided, evidence->near,
 *	evidence->jumps, evidence->tight, evidence->tight_pages, evidence->landed_q4,
 *	evidence->jumps_q4, evidence->lost, evidence->total,
 *	evidence->phase[0 .. SMADV_PHASES - 1],
 *	evidence->streams.cursor[0 .. SMADV_CURSORS - 1].weight;
 * ensures smadv_evidence_valid(evidence);
 */
static void halve_window(struct smadv_evidence *evidence)
{
	halve_counters(evidence);
	smadv_streams_halve(&evidence->streams);
}

/*@
 * requires \valid(evidence) && smadv_streams_valid(&evidence->streams);
 * requires smadv_sketch_valid(&evidence->sketch) && evidence->lost <= SMADV_LOST_MAX;
 * requires start < end <= SMADV_PAGE_MAX;
 * assigns evidence->sections;
 * ensures smadv_evidence_valid(evidence);
 */
static void begin_sections(struct smadv_evidence *evidence, u64 start, u64 end)
{
	smadv_sections_init(&evidence->sections, start, end);
	/*@ assert smadv_cursors_valid(&evidence->streams, SMADV_CURSORS); */
	/*@ assert smadv_streams_valid(&evidence->streams); */
	/*@ assert smadv_sketch_valid(&evidence->sketch); */
}

/*@
 * requires \valid(evidence) && smadv_streams_valid(&evidence->streams);
 * requires evidence->lost <= SMADV_LOST_MAX;
 * assigns evidence->sketch;
 * ensures smadv_streams_valid(&evidence->streams);
 * ensures smadv_sketch_valid(&evidence->sketch);
 * ensures evidence->lost <= SMADV_LOST_MAX;
 */
static void begin_sketch(struct smadv_evidence *evidence, u64 pages)
{
	smadv_sketch_init(&evidence->sketch, pages / SMADV_FAULT_AROUND_PAGES);
	/*@ assert smadv_cursors_valid(&evidence->streams, SMADV_CURSORS); */
}

/* What depends on positions begins anew. */
/*@
 * requires \valid(evidence) && smadv_streams_valid(&evidence->streams);
 * requires evidence->lost <= SMADV_LOST_MAX && start < end <= SMADV_PAGE_MAX;
 * assigns evidence->sections, evidence->sketch;
 * ensures smadv_evidence_valid(evidence);
 */
static void restart(struct smadv_evidence *evidence, u64 start, u64 end)
{
	begin_sketch(evidence, end - start);
	begin_sections(evidence, start, end);
}

/*@
 * requires \valid(evidence) && smadv_evidence_valid(evidence);
 * requires start < end;
 * assigns evidence->streams;
 * ensures smadv_evidence_valid(evidence);
 */
static void resize_streams(struct smadv_evidence *evidence, u64 start, u64 end)
{
	smadv_streams_resize(&evidence->streams, start, end);
}

/**
 * smadv_evidence_init() - start empty
 * @evidence: evidence
 * @start: first page of the range
 * @end: first page behind it, @start < @end <= SMADV_PAGE_MAX
 */
void smadv_evidence_init(struct smadv_evidence *evidence, u64 start, u64 end)
{
	clear_window(evidence);
	evidence->seen = 0;
	smadv_streams_init(&evidence->streams, end - start);
	/*@ assert evidence->lost == 0; */
	restart(evidence, start, end);
}

/**
 * smadv_evidence_resize() - follow a change of the range
 * @evidence: evidence
 * @start: first page of the range
 * @end: first page behind it, @start < @end <= SMADV_PAGE_MAX
 *
 * The counters of the window stay, what depends on positions begins anew.
 */
void smadv_evidence_resize(struct smadv_evidence *evidence, u64 start, u64 end)
{
	resize_streams(evidence, start, end);
	restart(evidence, start, end);
}

/*@
 * requires \valid(evidence);
 * assigns \result \from evidence, kind;
 * ensures kind == SMADV_STEP_FORWARD ==> \result == &evidence->forward;
 * ensures kind == SMADV_STEP_BACKWARD ==> \result == &evidence->backward;
 * ensures kind == SMADV_STEP_STRIDED ==> \result == &evidence->strided;
 * ensures kind == SMADV_STEP_SHORT ==> \result == &evidence->near;
 * ensures kind < SMADV_STEP_SHORT || kind > SMADV_STEP_STRIDED ==>
 *	\result == &evidence->jumps;
 */
static u32 *counter(struct smadv_evidence *evidence, u32 kind)
{
	switch (kind) {
	case SMADV_STEP_FORWARD:
		return &evidence->forward;
	case SMADV_STEP_BACKWARD:
		return &evidence->backward;
	case SMADV_STEP_STRIDED:
		return &evidence->strided;
	case SMADV_STEP_SHORT:
		return &evidence->near;
	default:
		return &evidence->jumps;
	}
}

/* @count of @sum, scaled to a @part of the @whole. */
/*@
 * assigns \nothing;
 * ensures part <= whole ==> \result <= sum;
 */
static u32 share(u32 sum, u32 part, u32 whole)
{
	return whole ? (u32)((u64)sum * part / whole) : 0;
}

/* Steps counted as @from turn out to be @to. Halving may have left fewer of them. */
/*@
 * requires \valid(evidence) && smadv_is_step(from) && smadv_is_step(to);
 * assigns evidence->forward, evidence->backward, evidence->strided, evidence->near,
 *	evidence->jumps, evidence->tight, evidence->tight_pages, evidence->landed_q4,
 *	evidence->jumps_q4;
 */
static void recount(struct smadv_evidence *evidence, u32 steps, u32 from, u32 to)
{
	u32 *source = counter(evidence, from);
	u32 *target = counter(evidence, to);
	u32 moved = steps < *source ? steps : *source;

	if (from == SMADV_STEP_SHORT) {
		evidence->tight -= share(evidence->tight, moved, evidence->near);
		evidence->landed_q4 -= share(evidence->landed_q4, moved, evidence->near);
		evidence->tight_pages -= share(evidence->tight_pages, moved, evidence->near);
	}
	if (from == SMADV_STEP_JUMP && to == SMADV_STEP_SHORT)
		add(&evidence->tight, moved); /* they were confirmed: no run began there */
	if (from == SMADV_STEP_JUMP)
		evidence->jumps_q4 -= share(evidence->jumps_q4, moved, evidence->jumps);
	*source -= moved;
	add(target, moved);
}

/* Earlier steps of the stream turn out to be of the kind of this one. */
/*@
 * requires \valid(evidence) && smadv_evidence_valid(evidence);
 * requires \valid_read(step) && \separated(evidence, step) && smadv_is_step(step->kind);
 * requires step->earlier != 0 ==> smadv_is_step(step->earlier_kind);
 * assigns evidence->forward, evidence->backward, evidence->strided, evidence->near,
 *	evidence->jumps, evidence->tight, evidence->tight_pages, evidence->landed_q4,
 *	evidence->jumps_q4;
 * ensures smadv_evidence_valid(evidence);
 */
static void correct(struct smadv_evidence *evidence, const struct smadv_step *step)
{
	if (step->earlier)
		recount(evidence, step->earlier, step->earlier_kind, step->kind);
	/*@ assert smadv_cursors_valid(&evidence->streams, SMADV_CURSORS); */
}

/*@
 * requires \valid(evidence) && \valid_read(step) && \separated(evidence, step);
 * assigns evidence->tight, evidence->landed_q4, evidence->tight_pages;
 */
static void count_tight(struct smadv_evidence *evidence, const struct smadv_step *step)
{
	if (!step->tight)
		return;
	increment(&evidence->tight);
	add(&evidence->landed_q4, 16 * step->landed);
	add(&evidence->tight_pages, step->pages);
}

/*@
 * requires \valid(evidence);
 * assigns evidence->phase[0 .. SMADV_PHASES - 1], evidence->jumps_q4;
 */
static void count_jump(struct smadv_evidence *evidence, u64 page)
{
	u16 *phase = &evidence->phase[page % SMADV_PHASES];

	if (*phase < 65535)
		++*phase;
	add(&evidence->jumps_q4, 16);
}

/*@
 * requires \valid(evidence);
 * assigns evidence->forward, evidence->backward, evidence->strided, evidence->near,
 *	evidence->jumps;
 */
static void count_kind(struct smadv_evidence *evidence, u32 kind)
{
	increment(counter(evidence, kind));
}

/*@
 * requires \valid(evidence) && smadv_evidence_valid(evidence);
 * requires \valid_read(step) && \separated(evidence, step);
 * assigns evidence->forward, evidence->backward, evidence->strided, evidence->near,
 *	evidence->jumps, evidence->tight, evidence->tight_pages, evidence->landed_q4,
 *	evidence->jumps_q4, evidence->phase[0 .. SMADV_PHASES - 1];
 * ensures smadv_evidence_valid(evidence);
 */
static void count(struct smadv_evidence *evidence, u64 page, const struct smadv_step *step)
{
	count_kind(evidence, step->kind);
	if (step->kind == SMADV_STEP_SHORT)
		count_tight(evidence, step);
	else if (step->kind == SMADV_STEP_JUMP)
		count_jump(evidence, page);
	/*@ assert smadv_cursors_valid(&evidence->streams, SMADV_CURSORS); */
}

/*@
 * requires \valid(evidence) && smadv_evidence_valid(evidence);
 * assigns evidence->sections;
 * ensures smadv_evidence_valid(evidence);
 */
static void count_section(struct smadv_evidence *evidence, u64 page, bool jump)
{
	smadv_sections_add(&evidence->sections, page, jump);
	/*@ assert smadv_cursors_valid(&evidence->streams, SMADV_CURSORS); */
}

/*@
 * requires \valid(evidence) && smadv_evidence_valid(evidence);
 * assigns evidence->sketch;
 * ensures smadv_evidence_valid(evidence);
 */
static void count_block(struct smadv_evidence *evidence, u64 page)
{
	smadv_sketch_add(&evidence->sketch, page / SMADV_FAULT_AROUND_PAGES);
	/*@ assert smadv_cursors_valid(&evidence->streams, SMADV_CURSORS); */
}

/*@
 * requires \valid(evidence) && smadv_evidence_valid(evidence);
 * assigns evidence->seen, evidence->total;
 * ensures smadv_evidence_valid(evidence);
 */
static void count_seen(struct smadv_evidence *evidence)
{
	increment(&evidence->seen);
	increment(&evidence->total);
	/*@ assert smadv_cursors_valid(&evidence->streams, SMADV_CURSORS); */
}

/*@
 * requires \valid(evidence) && smadv_evidence_valid(evidence);
 * requires \valid(step) && \separated(evidence, step) && page < SMADV_PAGE_MAX;
 * assigns evidence->streams, *step;
 * ensures smadv_evidence_valid(evidence);
 * ensures step->kind == SMADV_STEP_REPEAT || smadv_is_step(step->kind);
 * ensures step->earlier != 0 ==> smadv_is_step(step->earlier_kind);
 */
static void follow(struct smadv_evidence *evidence, u64 page, struct smadv_step *step)
{
	smadv_streams_step(&evidence->streams, page, step);
	/*@ assert smadv_sections_valid(&evidence->sections); */
	/*@ assert smadv_sketch_valid(&evidence->sketch); */
}

/**
 * smadv_evidence_add() - note one fault
 * @evidence: evidence
 * @page: where, inside the range
 * @window_faults: steps and jumps at which the counters are halved
 *
 * Return: false for a repeat, which counts nowhere.
 */
bool smadv_evidence_add(struct smadv_evidence *evidence, u64 page, u32 window_faults)
{
	struct smadv_step step;

	follow(evidence, page, &step);
	if (step.kind == SMADV_STEP_REPEAT)
		return false;
	correct(evidence, &step);
	count(evidence, page, &step);
	if (step.kind != SMADV_STEP_SHORT) /* streams that are still short tell no place */
		count_section(evidence, page, step.kind == SMADV_STEP_JUMP);
	count_block(evidence, page);
	count_seen(evidence);
	if (evidence->total >= window_faults)
		halve_window(evidence);
	return true;
}

/**
 * smadv_evidence_gap() - faults went unseen
 * @evidence: evidence
 * @lost: how many, of the whole process
 */
void smadv_evidence_gap(struct smadv_evidence *evidence, u32 lost)
{
	u64 sum = (u64)evidence->lost + lost;

	if (!lost)
		return;
	evidence->lost = sum < SMADV_LOST_MAX ? (u32)sum : SMADV_LOST_MAX;
	smadv_streams_gap(&evidence->streams, lost);
}

/* Keep @part of @whole of the streams' steps, and of the jumps. */
/*@
 * requires \valid(evidence) && smadv_evidence_valid(evidence);
 * requires part.stream <= 255 * SMADV_SECTIONS && part.jumps <= 255 * SMADV_SECTIONS;
 * assigns evidence->forward, evidence->backward, evidence->strided, evidence->near,
 *	evidence->jumps, evidence->tight, evidence->tight_pages, evidence->landed_q4,
 *	evidence->jumps_q4, evidence->phase[0 .. SMADV_PHASES - 1],
 *	evidence->seen, evidence->total;
 * ensures smadv_evidence_valid(evidence);
 */
static void keep(struct smadv_evidence *evidence, struct smadv_section_sum part,
		 struct smadv_section_sum whole)
{
	u32 i;

	evidence->forward = share(evidence->forward, part.stream, whole.stream);
	evidence->backward = share(evidence->backward, part.stream, whole.stream);
	evidence->strided = share(evidence->strided, part.stream, whole.stream);
	evidence->near = share(evidence->near, part.jumps, whole.jumps);
	evidence->tight = share(evidence->tight, part.jumps, whole.jumps);
	evidence->landed_q4 = share(evidence->landed_q4, part.jumps, whole.jumps);
	evidence->tight_pages = share(evidence->tight_pages, part.jumps, whole.jumps);
	evidence->jumps_q4 = share(evidence->jumps_q4, part.jumps, whole.jumps);
	evidence->jumps = share(evidence->jumps, part.jumps, whole.jumps);
	/*@
	 * loop invariant i <= SMADV_PHASES;
	 * loop assigns i, evidence->phase[0 .. SMADV_PHASES - 1];
	 * loop variant SMADV_PHASES - i;
	 */
	for (i = 0; i < SMADV_PHASES; i++)
		evidence->phase[i] = (u16)share(evidence->phase[i], part.jumps, whole.jumps);
	if (evidence->seen > part.stream + part.jumps)
		evidence->seen = part.stream + part.jumps;
	sum_up(evidence);
	/*@ assert smadv_cursors_valid(&evidence->streams, SMADV_CURSORS); */
}

/*@
 * requires \valid(evidence) && smadv_evidence_valid(evidence);
 * requires part <= SMADV_PAGE_MAX;
 * assigns evidence->sketch;
 * ensures smadv_evidence_valid(evidence);
 */
static void divide_sketch(struct smadv_evidence *evidence, u64 part, u64 whole)
{
	smadv_sketch_divide(&evidence->sketch, part / SMADV_FAULT_AROUND_PAGES,
			    whole / SMADV_FAULT_AROUND_PAGES);
	/*@ assert smadv_cursors_valid(&evidence->streams, SMADV_CURSORS); */
}

/* From evidence of the whole, of @pages pages, to that of @part, [@start, @end). */
/*@
 * requires \valid(evidence) && smadv_evidence_valid(evidence);
 * requires part.stream <= 255 * SMADV_SECTIONS && part.jumps <= 255 * SMADV_SECTIONS;
 * requires rest.stream <= 255 * SMADV_SECTIONS && rest.jumps <= 255 * SMADV_SECTIONS;
 * requires start < end <= SMADV_PAGE_MAX;
 * assigns *evidence;
 * ensures smadv_evidence_valid(evidence);
 */
static void narrow(struct smadv_evidence *evidence, struct smadv_section_sum part,
		   struct smadv_section_sum rest, u64 start, u64 end, u64 pages)
{
	struct smadv_section_sum whole = { part.stream + rest.stream, part.jumps + rest.jumps };

	keep(evidence, part, whole);
	resize_streams(evidence, start, end);
	divide_sketch(evidence, end - start, pages);
	begin_sections(evidence, start, end);
}

/* Likewise. @other stays as it is, and is there only to say so to the prover. */
/*@
 * requires \valid(evidence) && smadv_evidence_valid(evidence);
 * requires \valid_read(other) && smadv_evidence_valid(other) && \separated(evidence, other);
 * requires part.stream <= 255 * SMADV_SECTIONS && part.jumps <= 255 * SMADV_SECTIONS;
 * requires rest.stream <= 255 * SMADV_SECTIONS && rest.jumps <= 255 * SMADV_SECTIONS;
 * requires start < end <= SMADV_PAGE_MAX;
 * assigns *evidence;
 * ensures smadv_evidence_valid(evidence) && smadv_evidence_valid(other);
 */
static void narrow_beside(const struct smadv_evidence *other, struct smadv_evidence *evidence,
			  struct smadv_section_sum part, struct smadv_section_sum rest,
			  u64 start, u64 end, u64 pages)
{
	narrow(evidence, part, rest, start, end, pages);
	(void)other;
	/*@ assert \forall integer i; 0 <= i < SMADV_CURSORS ==>
	 *	other->streams.cursor[i].page == \at(other->streams.cursor[i].page, Pre);
	 */
	/*@ assert \forall integer i; 0 <= i < SMADV_CURSORS ==>
	 *	other->streams.cursor[i].delta == \at(other->streams.cursor[i].delta, Pre);
	 */
	/*@ assert \forall integer i; 0 <= i < SMADV_CURSORS ==>
	 *	other->streams.cursor[i].length == \at(other->streams.cursor[i].length, Pre);
	 */
	/*@ assert \forall integer i; 0 <= i < SMADV_CURSORS ==>
	 *	other->streams.cursor[i].first == \at(other->streams.cursor[i].first, Pre);
	 */
	/*@ assert \forall integer i; 0 <= i < SMADV_CURSORS ==>
	 *	other->streams.cursor[i].last == \at(other->streams.cursor[i].last, Pre);
	 */
	/*@ assert smadv_cursors_valid(&other->streams, SMADV_CURSORS); */
	/*@ assert smadv_streams_sized(&other->streams); */
	/*@ assert smadv_streams_valid(&other->streams); */
	/*@ assert smadv_sections_valid(&other->sections); */
	/*@ assert smadv_sketch_valid(&other->sketch); */
}

/**
 * smadv_evidence_split() - divide evidence by position
 * @left: evidence of the whole, becomes that of [@start, @page)
 * @right: copy of it, becomes that of [@page, @end)
 * @start: first page of the whole
 * @page: first page of the right part
 * @end: first page behind the whole
 *
 * The sections tell how many of the steps and jumps lie on each side. Where the
 * border is none of theirs, the section that it cuts goes to the right.
 */
void smadv_evidence_split(struct smadv_evidence *left, struct smadv_evidence *right, u64 start,
			  u64 page, u64 end)
{
	struct smadv_section_sum below = smadv_sections_below(&left->sections, page);
	struct smadv_section_sum above = smadv_sections_from(&left->sections, page);

	narrow_beside(right, left, below, above, start, page, end - start);
	narrow_beside(left, right, above, below, page, end, end - start);
}

/*@
 * requires \valid(evidence) && smadv_evidence_valid(evidence);
 * requires \valid_read(right) && \separated(evidence, right);
 * assigns evidence->forward, evidence->backward, evidence->strided, evidence->near,
 *	evidence->jumps, evidence->total;
 * ensures smadv_evidence_valid(evidence);
 */
static void merge_steps(struct smadv_evidence *evidence, const struct smadv_evidence *right)
{
	add(&evidence->forward, right->forward);
	add(&evidence->backward, right->backward);
	add(&evidence->strided, right->strided);
	add(&evidence->near, right->near);
	add(&evidence->jumps, right->jumps);
	sum_up(evidence);
	/*@ assert smadv_cursors_valid(&evidence->streams, SMADV_CURSORS); */
}

/*@
 * requires \valid(evidence) && smadv_evidence_valid(evidence);
 * requires \valid_read(right) && \separated(evidence, right);
 * assigns evidence->tight, evidence->tight_pages, evidence->landed_q4, evidence->jumps_q4,
 *	evidence->seen, evidence->phase[0 .. SMADV_PHASES - 1];
 * ensures smadv_evidence_valid(evidence);
 */
static void merge_runs(struct smadv_evidence *evidence, const struct smadv_evidence *right)
{
	u32 i;

	add(&evidence->tight, right->tight);
	add(&evidence->landed_q4, right->landed_q4);
	add(&evidence->tight_pages, right->tight_pages);
	add(&evidence->jumps_q4, right->jumps_q4);
	add(&evidence->seen, right->seen);
	/*@
	 * loop invariant i <= SMADV_PHASES;
	 * loop assigns i, evidence->phase[0 .. SMADV_PHASES - 1];
	 * loop variant SMADV_PHASES - i;
	 */
	for (i = 0; i < SMADV_PHASES; i++)
		add_phase(&evidence->phase[i], right->phase[i]);
	/*@ assert smadv_cursors_valid(&evidence->streams, SMADV_CURSORS); */
}

/* Of the same process: the same faults. */
/*@
 * requires \valid(evidence) && smadv_evidence_valid(evidence);
 * requires lost <= SMADV_LOST_MAX;
 * assigns evidence->lost;
 * ensures smadv_evidence_valid(evidence);
 */
static void merge_lost(struct smadv_evidence *evidence, u32 lost)
{
	if (lost > evidence->lost)
		evidence->lost = lost;
	/*@ assert smadv_cursors_valid(&evidence->streams, SMADV_CURSORS); */
}

/*@
 * requires \valid(evidence) && smadv_evidence_valid(evidence);
 * requires \valid_read(right) && \separated(evidence, right) && start < end;
 * requires smadv_streams_valid(&right->streams);
 * assigns evidence->streams;
 * ensures smadv_evidence_valid(evidence);
 */
static void merge_streams(struct smadv_evidence *evidence, const struct smadv_evidence *right,
			  u64 start, u64 end)
{
	resize_streams(evidence, start, end);
	/*@ assert smadv_cursors_valid(&right->streams, SMADV_CURSORS); */
	/*@ assert smadv_streams_sized(&right->streams); */
	smadv_streams_merge(&evidence->streams, &right->streams);
	/*@ assert smadv_sections_valid(&evidence->sections); */
	/*@ assert smadv_sketch_valid(&evidence->sketch); */
}

/*@
 * requires \valid(evidence) && smadv_evidence_valid(evidence);
 * requires \valid_read(right) && \separated(evidence, right);
 * requires smadv_streams_valid(&right->streams) && smadv_sketch_valid(&right->sketch);
 * assigns evidence->sketch;
 * ensures smadv_evidence_valid(evidence);
 * ensures smadv_streams_valid(&right->streams);
 */
static void merge_sketch(struct smadv_evidence *evidence, const struct smadv_evidence *right,
			 u64 pages)
{
	smadv_sketch_merge(&evidence->sketch, &right->sketch, pages / SMADV_FAULT_AROUND_PAGES);
	/*@ assert smadv_cursors_valid(&evidence->streams, SMADV_CURSORS); */
	/*@ assert smadv_cursors_valid(&right->streams, SMADV_CURSORS); */
}

/**
 * smadv_evidence_merge() - add the evidence of a neighbour
 * @evidence: evidence of the left range, becomes that of the union
 * @right: evidence of the right range
 * @start: first page of the union
 * @end: first page behind the union
 */
void smadv_evidence_merge(struct smadv_evidence *evidence, const struct smadv_evidence *right,
			  u64 start, u64 end)
{
	merge_sketch(evidence, right, end - start);
	/*@ assert right->lost <= SMADV_LOST_MAX; */
	merge_streams(evidence, right, start, end);
	/*@ assert right->lost <= SMADV_LOST_MAX; */
	merge_lost(evidence, right->lost);
	merge_steps(evidence, right);
	merge_runs(evidence, right);
	begin_sections(evidence, start, end);
}

/**
 * smadv_evidence_streams() - count concurrent streams
 * @evidence: evidence
 *
 * Return: 0..SMADV_CURSORS.
 */
u32 smadv_evidence_streams(const struct smadv_evidence *evidence)
{
	return smadv_streams_live(&evidence->streams);
}

/**
 * smadv_evidence_coverage_bp() - share of the range that faulted
 * @evidence: evidence
 * @pages: pages of the range
 *
 * Counted in fault-around windows, so it is an upper bound of the pages touched
 * where single pages are read, and about right where streams run.
 *
 * Return: 0..10000.
 */
u32 smadv_evidence_coverage_bp(const struct smadv_evidence *evidence, u64 pages)
{
	u64 blocks = pages / SMADV_FAULT_AROUND_PAGES;
	u64 faulted = smadv_sketch_blocks(&evidence->sketch);

	if (!blocks || faulted >= blocks)
		return faulted ? 10000 : 0;
	return (u32)(faulted * 10000 / blocks);
}

/**
 * smadv_evidence_reuse_bp() - share of the faults that came back to a block
 * @evidence: evidence
 *
 * Return: 0..10000.
 */
u32 smadv_evidence_reuse_bp(const struct smadv_evidence *evidence)
{
	return smadv_sketch_reuse_bp(&evidence->sketch);
}

/*
 * Pages that jumps are aligned to: the largest of 16, 8 and 4 such that seven
 * in eight of them fall on one residue, else 1. Records of that size are read
 * where jumps go, and fault-around hides all but their first page. Records of
 * two pages, of which half fall on one residue modulo 4, look so by chance in
 * 4e-3 of the cases with 16 jumps, and in 2e-5 with 32.
 */
/*@
 * requires \valid_read(evidence);
 * assigns \nothing;
 * ensures 1 <= \result <= SMADV_PHASES;
 */
static u32 jump_alignment(const struct smadv_evidence *evidence)
{
	u32 i, sum[SMADV_PHASES], total = 0, size, most;

	/*@
	 * loop invariant i <= SMADV_PHASES && total <= 0xffff * i;
	 * loop invariant \forall integer k; 0 <= k < i ==> sum[k] <= 0xffff;
	 * loop assigns i, total, sum[0 .. SMADV_PHASES - 1];
	 * loop variant SMADV_PHASES - i;
	 */
	for (i = 0; i < SMADV_PHASES; i++) {
		sum[i] = evidence->phase[i];
		total += sum[i];
	}
	if (total < PHASE_JUMPS_MIN)
		return 1;
	/*@
	 * loop invariant size == 16 || size == 8 || size == 4 || size == 2;
	 * loop invariant \forall integer k; 0 <= k < size ==> sum[k] <= 0xffff * (16 / size);
	 * loop assigns i, most, size, sum[0 .. SMADV_PHASES - 1];
	 * loop variant size;
	 */
	for (size = SMADV_PHASES; size >= 4; size /= 2) {
		most = 0;
		/*@
		 * loop invariant i <= size && most <= 0xffff * (16 / size);
		 * loop assigns i, most;
		 * loop variant size - i;
		 */
		for (i = 0; i < size; i++)
			most = sum[i] > most ? sum[i] : most;
		if (most * 8 >= total * 7)
			return size;
		/*@
		 * loop invariant i <= size / 2;
		 * loop invariant \forall integer k; 0 <= k < i ==>
		 *	sum[k] <= 2 * 0xffff * (16 / size);
		 * loop invariant \forall integer k; i <= k < size ==>
		 *	sum[k] <= 0xffff * (16 / size);
		 * loop assigns i, sum[0 .. size / 2 - 1];
		 * loop variant size / 2 - i;
		 */
		for (i = 0; i < size / 2; i++)
			sum[i] += sum[i + size / 2];
	}
	return 1;
}

/**
 * smadv_evidence_run_q4() - mean length of the runs that jumps begin
 * @evidence: evidence
 *
 * Without fault-around every page of a run faults: one jump, and steps that add
 * up to the rest. With it, of a run of n pages only the first faults, and those
 * that begin a window of 16: (n - 1) / 16 steps on average, when runs begin
 * anywhere. Runs that begin aligned are at least as long as their alignment.
 * Steps over gaps begin runs too: chance makes them in a small hot set. Where
 * hardly a run has a second fault, the few steps do not tell whether there is
 * fault-around: there is, or these are single pages, and the answer is the same.
 *
 * Return: pages in 1/16, at least 16.
 */
u32 smadv_evidence_run_q4(const struct smadv_evidence *evidence)
{
	u64 loose = evidence->near > evidence->tight ? evidence->near - evidence->tight : 0;
	u64 runs_q4 = evidence->jumps_q4 + 16 * loose;
	u64 aligned, single;

	if (!runs_q4)
		runs_q4 = 1;
	aligned = 16 * (u64)jump_alignment(evidence);
	if (2 * (u64)evidence->landed_q4 >= 16 * (u64)evidence->tight ||
	    8 * 16 * (u64)evidence->tight < runs_q4)
		return saturated(aligned + 16 * (u64)evidence->landed_q4 *
				 SMADV_FAULT_AROUND_PAGES / runs_q4);
	single = 16 + 256 * (u64)evidence->tight_pages / runs_q4;
	return saturated(single > aligned ? single : aligned);
}

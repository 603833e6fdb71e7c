/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The life of a record: adopt, use, sweep, free, unload (kmod/map.c, analyzer.c,
 * observer.c, control.c, main.c).
 *
 * Two tasks live in an address space, together or one after the other: each fault
 * runs the hook, the last one out ends the address space, and who comes next gets
 * one at the same address as soon as nobody holds it. A third party makes
 * the module forget the process, or disables and enables it, and then unloads it. One step
 * of a process here is one access to shared memory there; what runs under
 * smadv_lock is a step where nothing outside of the lock touches it.
 *
 * Checked in every interleaving:
 *  - no freed record is looked at (use-after-free), by anybody;
 *  - a record found by the hook is the record of that very address space, not of
 *    an earlier one at the same address;
 *  - nothing runs after the unload, and nothing is left: records, references to
 *    tasks and address spaces, requests, works;
 *  - nobody waits for ever (spin's invalid end states).
 *
 * A MUTANT takes one safeguard away, and must be found out (tests/model/run).
 */
#define TASKS	2
#define RECORDS	2	/* memory for that many records */
#define NONE	255

#define M_NO_GRACE_PERIOD		1	/* a removed record is freed at once */
#define M_NO_DIRTY_REFERENCE	2	/* the dirty list holds none */
#define M_NO_MMGRAB		3	/* the address is re-used under the record */
#define M_HOOK_STOPS_LAST		4	/* records are dropped while the hook runs */
#define M_NO_RCU_BARRIER		5	/* unload does not wait for queued removals */
#define M_DIRTY_NOT_DRAINED	6	/* what was announced last is not taken */
#define M_REQUESTS_NOT_DRAINED	7	/* nor who asked last for adoption */
#ifndef MUTANT
#define MUTANT			0
#endif

/* struct mm_struct: mm_users, mm_count, and which life of the address this is */
byte users, holds, life;
bool lives_there[TASKS];
byte task_references;

/* struct smadv_record, and the memory that it is in */
bool allocated[RECORDS];
byte refs[RECORDS];
bool dirty[RECORDS];
bool listed[RECORDS];
byte record_life[RECORDS];
bool removal_queued[RECORDS];
bool removal_runs[RECORDS];

byte table = NONE;
byte request = NONE;		/* one slot for all: they collide */
bool adopting;
bool watching;			/* policy.enabled, under smadv_lock */

bool hook_on;
bool calling[TASKS];		/* in a callback of the hook: a tasks-RCU reader */
bool reading[TASKS];		/* preemption disabled there: an RCU reader */
bool locked;			/* smadv_lock */
bool stop_analyzer, analyzer_stopped;
bool unloaded;

#define is_alive(r)	(allocated[r])

inline lock()   { atomic { !locked -> locked = true } }
inline unlock() { locked = false }

/*
 * Wait until every reader of now has left. Looking at one after the other is
 * enough: who is seen outside once has left since.
 */
#define wait_for(readers)	!readers[0]; !readers[1]

/* Free what nobody refers to: mmdrop(). */
inline put(r) {
	assert(is_alive(r));
	assert(refs[r] > 0);
	refs[r]--;
	if
	:: refs[r] == 0 ->
		allocated[r] = false;
		if
		:: MUTANT != M_NO_MMGRAB -> holds--
		:: else
		fi
	:: else
	fi
}

/* smadv_map_fault(), in the context of a task whose address space is alive */
inline fault(me, r) {
	atomic { reading[me] = true; r = NONE };
	assert(!unloaded);
	r = table;
	if
	:: r != NONE ->
		assert(is_alive(r));
		assert(record_life[r] == life);
		if
		:: atomic { !dirty[r] -> assert(is_alive(r)); dirty[r] = true };
			if
			:: MUTANT != M_NO_DIRTY_REFERENCE ->
				atomic { assert(is_alive(r) && refs[r] > 0); refs[r]++ }
			:: else
			fi;
			listed[r] = true
		:: dirty[r]
		fi
	:: r == NONE ->
		if
		:: adopting && request == NONE ->
			task_references++;
			if
			:: atomic { request == NONE -> request = me }
			:: atomic { request != NONE -> task_references-- }
			fi
		:: !(adopting && request == NONE)
		fi
	fi;
	reading[me] = false;
	atomic { calling[me] = false; r = NONE }
}

/* fork() to a new address space at this address, or clone() into the one there */
inline be_born(me) {
	atomic {
		if
		:: users == 0 && holds == 0 -> life++; holds++
		:: users > 0
		fi;
		users++;
		lives_there[me] = true
	}
}

/* mmput(): the last user lets go of the users' hold. */
inline mmput() {
	users--;
	if
	:: users == 0 -> holds--
	:: else
	fi
}

proctype Task(byte me; byte lives) {
	byte r = NONE;

	do
	:: lives > 0 ->
		lives--;
		be_born(me);
		do
		:: atomic { hook_on -> calling[me] = true }; fault(me, r)
		:: break
		od;
		atomic { lives_there[me] = false; mmput() }
	:: else -> break
	od
}

/* smadv_map_adopt(); smadv_lock held, mm_users held */
inline adopt(r) {
	if
	:: watching && table == NONE ->
		atomic {
			r = 0;
			do
			:: r < RECORDS && allocated[r] -> r++
			:: else -> break
			od
		}
		if
		:: r < RECORDS ->
			atomic {
				allocated[r] = true;
				refs[r] = 1;
				dirty[r] = false;
				listed[r] = false;
				record_life[r] = life;
				if
				:: MUTANT != M_NO_MMGRAB -> holds++
				:: else
				fi
			}
			table = r		/* hash_add_rcu() */
		:: else				/* no memory */
		fi
	:: else
	fi
}

/* smadv_map_remove(); smadv_lock held */
inline remove(r) {
	atomic {
		table = NONE;	/* hash_del_rcu() */
		removal_queued[r] = true;	/* queue_rcu_work() */
		r = 0
	}
}

inline remove_all(r) {
	r = table;
	if
	:: r != NONE -> remove(r)
	:: else
	fi
}

/* get_task_mm() and smadv_map_adopt() for who asked */
inline adopt_request(t, r) {
	atomic { t = request; request = NONE };
	if
	:: t != NONE ->
		if
		:: atomic { lives_there[t] -> users++ };
			adopt(r);
			atomic { mmput(); r = 0 }
		:: atomic { !lives_there[t] -> skip }
		fi;
		atomic { task_references--; t = NONE }
	:: t == NONE
	fi
}

inline take_dirty(r) {
	r = 0;
	do
	:: atomic { r < RECORDS && !listed[r] -> r++ }
	:: atomic { r < RECORDS && listed[r] ->
			assert(is_alive(r)); listed[r] = false; dirty[r] = false };
		assert(is_alive(r));		/* analyze() */
		atomic {
			if
			:: MUTANT != M_NO_DIRTY_REFERENCE -> put(r)
			:: else
			fi;
			r++
		}
	:: atomic { r == RECORDS -> r = 0; break }
	od
}

inline sweep(r) {
	r = table;
	if
	:: r != NONE && users == 0 -> assert(is_alive(r)); remove(r)
	:: else -> r = 0
	fi
}

proctype Analyzer() {
	byte t, r;

	do
	:: stop_analyzer -> break
	:: true ->			/* woken, or after a while: a sweep */
		lock();
		adopt_request(t, r);
		take_dirty(r);
		sweep(r);
		unlock()
	od;
	atomic { r = 0; t = 0; analyzer_stopped = true }
}

/* An rcu_work: after a grace period, on a worker of its own */
proctype Removal(byte r) {
	do
	:: atomic { removal_queued[r] -> removal_runs[r] = true; removal_queued[r] = false };
		if
		:: MUTANT != M_NO_GRACE_PERIOD -> wait_for(reading)
		:: else
		fi;
		assert(!unloaded);
		atomic { put(r); removal_runs[r] = false }
	:: unloaded -> break
	od
}

/* smadv_hook_stop(): unregistering waits for callbacks under way */
inline hook_stop() {
	hook_on = false;
	wait_for(calling)
}

proctype Operator() {
	byte r;

	if
	::	lock();			/* process-forget: it lives on, and faults */
		remove_all(r);
		unlock()
	::	lock();			/* policy-set enabled=0 .. */
		hook_stop();
		remove_all(r);
		watching = false;
		adopting = false;
		unlock();
		lock();			/* .. and 1 again */
		hook_on = true;
		watching = true;
		adopting = true;
		unlock()
	fi;

	/* smadv_exit() */
	if
	:: MUTANT != M_HOOK_STOPS_LAST ->
		lock();			/* smadv_control_leave() */
		hook_stop();
		watching = false;
		adopting = false;
		unlock()
	:: else
	fi;
	lock();				/* smadv_control_forget_all() */
	remove_all(r);
	unlock();
	stop_analyzer = true;		/* smadv_analyzer_stop() */
	analyzer_stopped;
	if
	:: MUTANT != M_DIRTY_NOT_DRAINED -> take_dirty(r)
	:: else
	fi;
	if
	:: MUTANT == M_HOOK_STOPS_LAST -> hook_stop(); adopting = false
	:: else
	fi;
	if				/* smadv_map_exit() */
	:: MUTANT != M_REQUESTS_NOT_DRAINED ->
		if
		:: request != NONE -> request = NONE; task_references--
		:: else
		fi
	:: else
	fi;
	if
	:: MUTANT != M_NO_RCU_BARRIER ->
		!removal_queued[0] && !removal_runs[0];
		!removal_queued[1] && !removal_runs[1]
	:: else
	fi;
	unloaded = true;

	assert(request == NONE && task_references == 0);
	assert(table == NONE);
	assert(!allocated[0] && !allocated[1])
}

init {
	atomic {
		hook_on = true;
		watching = true;
		adopting = true;
		run Task(0, 2);
		run Task(1, 1);
		run Analyzer();
		run Removal(0);
		run Removal(1);
		run Operator()
	}
}

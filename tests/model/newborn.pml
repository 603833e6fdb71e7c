/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A child of a hinted process, and its own child, from their birth until they are
 * followed (kmod/newborn.c, inherit.c, analyzer.c).
 *
 * The child makes two calls, and forks in between, before, or after them; it may be
 * gone at any moment. It gets its record when it is followed, or earlier, when a
 * fault of its asks for it. One step of a process here is one access to shared memory
 * there; what is under the lock of newborn.c is seen by those who look without.
 *
 * Checked in every interleaving:
 *  - each call is noted once, and in order, before or after the child has its record;
 *  - nobody looks at the notes of a child that was not followed;
 *  - who lives on is followed, child and grandchild, with a parent that bears hints
 *    and a number of notes that is that parent's;
 *  - nobody waits for ever.
 *
 * A MUTANT takes one safeguard away, and must be found out (tests/model/run).
 */
#define M_ONE_LOOKUP		1	/* a call does not look again under the lock */
#define M_NONE_WAITING_IS_NONE	2	/* nor when nobody waits any more */
#define M_PUBLISHED_FIRST	3	/* early calls are handed over after the record is out */
#define M_FOLLOWED_FIRST		4	/* those who asked are adopted after newborns were followed */
#define M_HINTED_ONLY		5	/* a parent counts by its journal, not followed yet */
#define M_ORPHANS_FORGOTTEN	6	/* who was never followed leaves its children no parent */
#define M_EMPTY_RECORD		7	/* .. or its record, in which nothing is */
#define M_RECORD_BEFORE_COUNT	8	/* a birth looks for the parent's record, then who waits */
#ifndef MUTANT
#define MUTANT			0
#endif

#define CALLS	2

mtype = { nobody, child_record, grandparent };

bool locked;			/* lock of newborn.c */
byte count;			/* newborn_count */
bool child_waits, grandchild_waits;
byte calls;			/* the child's, kept by newborn.c */
byte grandchild_calls;		/* smadv_newborn.noted of the grandchild */
mtype grandchild_parent = nobody;

bool record;			/* of the child, in the table */
byte notes;			/* in it */
bool followed, grandchild_followed;
bool asked;			/* a fault of the child wants a record for it */

bool child_lives = true;
byte made;			/* calls of the child so far */
byte made_before_fork;
bool child_done, forked;

inline lock()   { atomic { !locked -> locked = true } }
inline unlock() { locked = false }

/* smadv_notes_add(), to the record */
inline add() {
	notes++;
	assert(notes <= made)
}

/* take_note() and smadv_newborn_note(), in the child */
inline call(r) {
	atomic { made++; r = record };
	if
	:: !r ->
		if
		:: count == 0 ->
			if
			:: MUTANT != M_NONE_WAITING_IS_NONE -> r = record
			:: else
			fi
		:: count > 0 ->
			lock();
			if
			:: MUTANT != M_ONE_LOOKUP -> r = record
			:: else
			fi;
			if
			:: !r && child_waits -> calls++
			:: else
			fi;
			unlock()
		fi
	:: else
	fi;
	if
	:: r -> add()
	:: else
	fi;
	/* Alive, it waits or has its record. */
	assert(notes + calls == made || locked)
}

/* smadv_newborn_birth(), in the child */
inline fork(r, alone) {
	if
	:: MUTANT == M_RECORD_BEFORE_COUNT -> r = record; alone = (count == 0)
	:: else -> alone = (count == 0); r = record
	fi;
	made_before_fork = made;
	if
	:: alone && !(r && followed)
	:: else ->
		lock();
		r = record;
		if
		:: r && (followed || (child_waits && MUTANT != M_HINTED_ONLY)) ->
			atomic {
				grandchild_waits = true;
				grandchild_parent = child_record;
				grandchild_calls = notes;
				count++
			}
		:: !r && child_waits ->
			atomic {
				grandchild_waits = true;
				grandchild_calls = calls;
				count++
			}
		:: else
		fi;
		unlock()
	fi;
	forked = true
}

proctype Child() {
	bool r, alone;

	lock();				/* its birth: its parent bears hints */
	atomic { child_waits = true; count++ };
	unlock();
	do
	:: made < CALLS -> call(r)
	:: !forked -> fork(r, alone)
	:: !asked -> asked = true
	:: break			/* and lives on */
	:: child_lives = false; break
	od;
	child_done = true
}

/* smadv_newborn_publish(): complete, into the table */
inline publish() {
	if
	:: !record ->
		lock();
		if
		:: MUTANT == M_PUBLISHED_FIRST -> record = true; unlock(); lock()
		:: else
		fi;
		atomic { notes = notes + calls; calls = 0 };
		if
		:: grandchild_waits && grandchild_parent == nobody -> grandchild_parent = child_record
		:: else
		fi;
		record = true;
		unlock()
	:: else
	fi
}

/* adopt_requests() */
inline adopt_requests() {
	if
	:: asked ->
		asked = false;
		if
		:: child_lives -> publish()
		:: else
		fi
	:: else
	fi
}

proctype Analyzer() {
	bool lived, swept;

	do
	:: count > 0 || asked || !swept ->	/* a round, under smadv_lock; one comes by itself */
		if
		:: count == 0 && !asked -> swept = true
		:: else
		fi;
		if
		:: MUTANT != M_FOLLOWED_FIRST -> adopt_requests()
		:: else
		fi;
		do
		:: child_waits ->
			lived = child_lives;
			if
			:: lived -> publish(); followed = true
			:: else
			fi;
			lock();
			child_waits = false;
			count--;
			if
			:: grandchild_waits && !lived && grandchild_parent == nobody &&
			   MUTANT != M_ORPHANS_FORGOTTEN -> grandchild_parent = grandparent
			:: grandchild_waits && !lived && grandchild_parent == child_record &&
			   MUTANT != M_EMPTY_RECORD -> grandchild_parent = grandparent
			:: else
			fi;
			calls = (lived -> calls : 0);
			unlock()
		:: !child_waits && grandchild_waits ->
			assert(grandchild_parent != nobody);
			assert(grandchild_parent != child_record || followed);
			grandchild_followed = true;
			lock();
			grandchild_waits = false;
			count--;
			unlock()
		:: !child_waits && !grandchild_waits -> break
		od;
		if
		:: MUTANT == M_FOLLOWED_FIRST -> adopt_requests()
		:: else
		fi;
		assert(!(record && notes > 0) || followed || !child_lives);	/* smadv_heed() */
		if
		:: child_done && count == 0 -> break
		:: else
		fi
	:: child_done && count == 0 && !asked -> break
	od;
	/* All has come to rest. */
	assert(!child_lives || followed);
	assert(!child_lives || notes == made);
	assert(!forked || grandchild_followed);
	assert(!(forked && grandchild_parent == child_record) || grandchild_calls == made_before_fork)
}

init {
	atomic {
		run Child();
		run Analyzer()
	}
}

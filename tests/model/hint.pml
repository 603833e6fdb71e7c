/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Whose word stands on a mapping: hints of the module and of the application, over
 * fork, restore and unload (kmod/executor.c, restore.c, observer.c, control.c).
 *
 * A parent maps one file. It advises what it likes, forks, and its child advises
 * too; the module hints both RANDOM, restores when an operator asks for it, and is
 * unloaded in the end. A change of flags is one step, for the mmap lock makes it
 * one; all else interleaves.
 *
 * Checked in every interleaving: once the module is gone, each mapping bears what
 * its application said last (nothing, if it never said anything): no restore is
 * lost, and no word of the application is.
 *
 * Taken for granted, and listed in docs/concurrency.md:
 *  - one task of an application advises at a time;
 *  - a fork does not sleep between copying the mappings and its tracepoint for
 *    longer than tasks-RCU waits;
 *  - no advice is under way in a process, child or not, that is being adopted: its
 *    first words came before, or come after.
 *
 * A MUTANT takes one safeguard away, and must be found out (tests/model/run).
 */
#define M_NO_SETTLE	1	/* the application's word is not said again */
#define M_NO_PAST		2	/* what was restored a moment ago is not remembered */
#define M_FORKS_UNAWAITED	3	/* unload does not wait for forks under way */
#define M_NOTED_LATER	4	/* advice is noted after it took effect */
#define M_NO_SURVEY	5	/* a hint that stands already is not looked at */
#define M_INTENT_UNTOLD	6	/* what is about to be hinted is not remembered for forks */
#define M_YIELD_FORGETS	7	/* what is given up is not remembered for forks */
#define M_PAST_FOR_EVER	8	/* .. or also for forks after the application's RANDOM */
#define M_OVERWRITTEN_UNTOLD	9	/* a word that was overwritten is not remembered for forks */
#define M_UNHEEDED_FORK	10	/* what the parent said before the fork is not heeded first */
#ifndef MUTANT
#define MUTANT		0
#endif

#define ANY	255
#define PARENT	0
#define CHILD	1

mtype = { NORMAL, SEQUENTIAL, RANDOM };

/* Mappings, and the last word of their applications */
mtype flag[2] = NORMAL;
mtype word[2] = NORMAL;
bool alive[2];

/* Records: in the table, journal entry, what a fork under way may have inherited, hint
 * known as theirs */
bool tracked[2];
bool entry[2];
byte since[2];				/* advice heeded before the entry was made */
mtype theirs[2] = NORMAL;
mtype put[2] = RANDOM;			/* of the entry: what we put .. */
mtype original[2] = NORMAL;		/* .. in place of what */

chan advice[2] = [2] of { mtype, byte };	/* advice noted, oldest first, numbered */
byte advised[2];			/* number of the last one */
byte heeded[2];				/* number of the last one heeded */
/*
 * Hints that forks under way may have inherited: past(who, n) was given when n
 * words of the application had been heeded, and is inherited by forks from then on
 * until the application has spoken that many times.
 */
#define WORDS	3
byte pasts[6];
#define past(who, n)	pasts[who * WORDS + n]
/*
 * The parent's n-th word was over_words[n], and we put over_puts[n] over it before we saw
 * it: inherited by forks from then on, until the parent said over_puts[n] itself, by its
 * word overs[n].
 */
mtype over_words[WORDS] = NORMAL, over_puts[WORDS] = NORMAL;
byte overs[WORDS];
bool forked;				/* the slot of a fork: a child to follow .. */
byte forked_at;				/* .. and what its parent had advised by then */
bool forking;				/* a tasks-RCU reader */
bool advising[2];			/* in madvise() */
bool being_adopted[2];
bool again[2];				/* the entry is a word that was overwritten */
bool observing;
bool acting;				/* governor other than observe, under smadv_lock */
bool locked, stop_analyzer, analyzer_stopped, unloaded;

#define is_bearing(who)	(entry[who] || past(who, 0) || past(who, 1) || past(who, 2) || \
			 (who == PARENT && (overs[1] || overs[2])))
#define in_past(n)	(flag[CHILD] == RANDOM && n <= forked_at && forked_at < past(PARENT, n))
#define in_overs(n)	(flag[CHILD] == over_puts[n] && n <= forked_at && forked_at < overs[n])

inline lock()   { atomic { !locked -> locked = true } }
inline unlock() { locked = false }

inline note(who, what) {
	if
	:: atomic { observing && tracked[who] && nfull(advice[who]) ->
			advised[who]++; advice[who]!what, advised[who] }
	:: !(observing && tracked[who])
	fi
}

/* madvise() of the application */
inline advise(who, what) {
	if
	:: what = NORMAL
	:: what = SEQUENTIAL
	:: what = RANDOM
	fi;
	atomic {
		!being_adopted[who] -> advising[who] = true;
		if
		:: MUTANT != M_NOTED_LATER -> note(who, what)
		:: else
		fi
	}
	atomic {
		flag[who] = what;
		word[who] = what;
		advising[who] = MUTANT == M_NOTED_LATER
	}
	if
	:: MUTANT == M_NOTED_LATER -> note(who, what); advising[who] = false
	:: else
	fi;
	what = NORMAL
}

proctype Child() {
	mtype what;

	if
	:: advise(CHILD, what)
	:: true
	fi
}

proctype Parent() {
	mtype what;

	if
	:: advise(PARENT, what)
	:: true
	fi;

	/* dup_mmap(), and later the tracepoint sched_process_fork */
	atomic {
		forking = true;
		flag[CHILD] = flag[PARENT];
		word[CHILD] = word[PARENT];
		alive[CHILD] = true
	}
	atomic {
		if
		:: observing && tracked[PARENT] && is_bearing(PARENT) ->
			being_adopted[CHILD] = true;
			forked = true;
			forked_at = advised[PARENT]
		:: else
		fi
	}
	forking = false;
	run Child();

	if
	:: advise(PARENT, what)
	:: true
	fi
}

inline remember(who, n) {
	if
	:: MUTANT != M_NO_PAST -> past(who, n) = ANY
	:: else
	fi
}

inline cut(who, n, number) {
	if
	:: past(who, n) > number -> past(who, n) = number
	:: else
	fi
}

inline cut_over(n, said, number) {
	if
	:: over_puts[n] == said && overs[n] > number -> overs[n] = number
	:: else
	fi
}

/* What is used no more is set back, for the sake of fewer states. */
inline forget_word(n) {
	overs[n] = 0;
	over_puts[n] = NORMAL;
	over_words[n] = NORMAL
}

/* The same of a word that was overwritten */
inline remember_word(who) {
	if
	:: who == PARENT && MUTANT != M_OVERWRITTEN_UNTOLD ->
		over_words[since[who]] = original[who];
		over_puts[since[who]] = put[who];
		overs[since[who]] = ANY
	:: else
	fi
}

inline enter(who, ours, instead) {
	entry[who] = true;
	put[who] = ours;
	original[who] = instead
}

inline leave(who) {
	atomic {
		entry[who] = false;
		put[who] = RANDOM;
		original[who] = NORMAL;
		since[who] = 0;
		again[who] = false
	}
}

/* take_over(): our entry ends, but a fork under way may have inherited it */
inline take_over(who, said, number) {
	atomic {
		advice[who]?said, number;
		if
		:: entry[who] && !again[who] && MUTANT != M_YIELD_FORGETS ->
			remember(who, since[who])
		:: entry[who] && again[who] && MUTANT != M_YIELD_FORGETS -> remember_word(who)
		:: else
		fi;
		leave(who);
		theirs[who] = said;
		heeded[who] = number;
		if
		:: said == RANDOM && MUTANT != M_PAST_FOR_EVER ->
			cut(who, 0, number);
			cut(who, 1, number);
			cut(who, 2, number)
		:: else
		fi;
		if
		:: who == PARENT ->
			cut_over(1, said, number);
			cut_over(2, said, number)
		:: else
		fi;
		number = 0
	}
}

/* smadv_heed(): in one step, for what it changes is seen by nobody else */
inline heed(who, said, number) {
	atomic {
		do
		:: nempty(advice[who]) -> take_over(who, said, number)
		:: empty(advice[who]) -> break
		od;
		said = NORMAL
	}
}

/* smadv_heed_settle(): what was advised in the meantime is to be said again */
inline settle(who, said, number, over) {
	pending = len(advice[who]); /* what comes meanwhile can wait */
	do
	:: atomic { pending > 0 -> pending--; take_over(who, said, number);
			if
			:: said != over && MUTANT != M_NO_SETTLE ->
				enter(who, over, said);
				since[who] = heeded[who];
				again[who] = true
			:: else
			fi;
			said = NORMAL
		}
	:: atomic { pending == 0 -> break }
	od
}

/* smadv_restore(): until nothing bears what we put */
inline restore(who, said, number) {
	heed(who, said, number);
	do
	:: atomic { entry[who] ->
			if
			:: again[who] -> remember_word(who)
			:: else -> remember(who, since[who])
			fi
		};
		if
		:: atomic { flag[who] == put[who] -> over = original[who] };
			flag[who] = over;
			settle(who, said, number, over);
			over = NORMAL
		:: atomic { flag[who] != put[who] -> skip };
			heed(who, said, number);
			leave(who)
		fi
	:: atomic { !entry[who] -> break }
	od
}

/* smadv_executor: survey, advise, enter, settle */
inline hint(who, said, number) {
	heed(who, said, number);
	if
	:: theirs[who] == NORMAL && !entry[who] &&
	   (flag[who] == NORMAL || MUTANT == M_NO_SURVEY) ->
		if
		:: MUTANT != M_INTENT_UNTOLD -> remember(who, heeded[who])
		:: else
		fi;
		flag[who] = RANDOM;
		if
		:: atomic { flag[who] == RANDOM ->
			since[who] = heeded[who]; enter(who, RANDOM, NORMAL) }
		:: atomic { flag[who] != RANDOM -> skip }
		fi;
		settle(who, said, number, RANDOM);
		if
		:: again[who] -> restore(who, said, number)
		:: else
		fi
	:: else
	fi
}

/* inherit_entry(): not over what the child has an entry for already */
inline inherit(matches, ours, word_before, overwritten) {
	if
	:: !entry[CHILD] && matches ->
		enter(CHILD, ours, word_before);
		again[CHILD] = overwritten
	:: else
	fi
}

/* follow(): the child's journal is read off the child itself, what came last first */
inline follow_forks(said, number) {
	if
	:: forked ->
		if
		:: MUTANT != M_UNHEEDED_FORK -> heed(PARENT, said, number)
		:: else
		fi;
		atomic {
			forked = false;
			tracked[CHILD] = true;
			inherit(entry[PARENT] && flag[CHILD] == RANDOM && since[PARENT] <= forked_at,
				RANDOM, NORMAL, false);
			inherit(in_past(2), RANDOM, NORMAL, false);
			inherit(in_overs(2), over_puts[2], over_words[2], true);
			inherit(in_past(1), RANDOM, NORMAL, false);
			inherit(in_overs(1), over_puts[1], over_words[1], true);
			inherit(in_past(0), RANDOM, NORMAL, false);
			forked_at = 0;
			being_adopted[CHILD] = false
		}
		heed(CHILD, said, number);
		if
		:: entry[CHILD] && again[CHILD] -> restore(CHILD, said, number)
		:: else
		fi
	:: else
	fi
}

proctype Analyzer() {
	mtype said, over;
	byte number, pending;

	do
	:: stop_analyzer -> break
	:: true ->
		lock();
		if
		:: atomic { acting && alive[CHILD] && !forking && !advising[CHILD] ->
			tracked[CHILD] = true }	/* by its own faults */
		:: true
		fi;
		follow_forks(said, number);
		if
		:: acting ->
			hint(PARENT, said, number);
			if
			:: tracked[CHILD] -> hint(CHILD, said, number)
			:: else
			fi
		:: else
		fi;
		atomic {		/* smadv_restore_forget_past(), a second later */
			if
			:: !forking && !forked -> past(PARENT, 0) = 0; past(PARENT, 1) = 0;
				past(PARENT, 2) = 0;
				forget_word(1);
				forget_word(2)
			:: true
			fi
		}
		unlock()
	od;
	analyzer_stopped = true
}

inline restore_all(said, number) {
	follow_forks(said, number);
	restore(PARENT, said, number);
	if
	:: tracked[CHILD] -> restore(CHILD, said, number)
	:: else
	fi
}

proctype Operator() {
	mtype said, over;
	byte number, pending;
	bool followed;

	/* smadv restore, for all */
	lock();
	restore_all(said, number);
	unlock();

	/* smadv_control_leave(); who may come in while it waits has less to do than here */
	lock();
	acting = false;
	do
	:: followed = tracked[CHILD];
		restore_all(said, number);
		unlock();
		if
		:: MUTANT != M_FORKS_UNAWAITED -> !forking	/* synchronize_rcu_tasks() */
		:: else
		fi;
		lock();
		follow_forks(said, number);
		if
		:: followed == tracked[CHILD] -> break
		:: else
		fi
	od;
	unlock();
	observing = false;		/* smadv_observer_exit() */
	/* smadv_control_forget_all() */
	lock();
	restore_all(said, number);
	tracked[PARENT] = false;
	tracked[CHILD] = false;
	unlock();
	stop_analyzer = true;
	analyzer_stopped;
	unloaded = true
}

init {
	atomic {
		observing = true;
		acting = true;
		alive[PARENT] = true;
		tracked[PARENT] = true;
		run Parent();
		run Analyzer();
		run Operator()
	}
	/* All is over: whose word stands? */
	unloaded && _nr_pr == 1;
	assert(flag[PARENT] == word[PARENT]);
	assert(!alive[CHILD] || flag[CHILD] == word[CHILD])
}

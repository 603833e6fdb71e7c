/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where a hint is that moves, part by part (kmod/executor.c, heed.c, restore.c).
 *
 * A mapping of one file has two parts, side by side at first, where the module hints
 * them RANDOM, as one. The application moves a part to where nothing is, which may fail,
 * unmaps or advises it, three times in all. Each hold of the mmap lock is one step, but that
 * a move is noted before it is done; all else interleaves.
 *
 * Checked in every interleaving: once the module is gone, each part that is mapped bears
 * what the application said of it last (nothing, if it never said anything), wherever it is.
 *
 * Taken for granted: one task advises and moves at a time, and finds room for its notes.
 *
 * A MUTANT takes one safeguard away, and must be found out (tests/model/run).
 */
#define M_EARLY_REVIEW	1	/* what has moved, unheeded, is given up where it was */
#define M_NO_SETTLE	2	/* what was said or came there meanwhile is not said again */
#define M_SAID_IN_PLACE	3	/* .. or where it was said, wherever that is now */
#define M_DROPPED_FIRST	4	/* an entry goes before what it is about is restored */
#define M_CONCLUDED_UNHEEDED	5	/* .. or before moves meanwhile are heeded */
#define M_CONCLUDED_MOVED	6	/* .. or although something moved onto it before that */
#define M_STALE_ENTRY	7	/* .. to its end, whatever was said meanwhile */
#define M_PLACE_KEPT	8	/* what stood where something moves to is not given up */
#define M_MOVED_FOR_SURE	9	/* an entry is taken to be gone from where its part moves away */
#define M_PART_UNTOLD	10	/* what moves is taken for what the entry there is about */
#define M_PLAIN_UNTOLD	11	/* what bears no hint moves unseen while the module advises */
#define M_PIECES_SHARED	12	/* pieces restored of one entry count for others of its stretch */
#ifndef MUTANT
#define MUTANT		0
#endif

#define PARTS	2
#define PLACES	4
#define NONE	PARTS		/* of the parts */
#define SOME	3		/* .. it is not said which */
#define NOWHERE	PLACES

mtype = { ADVICE, MOVE };

byte place[PARTS];		/* of each part, NOWHERE once unmapped */
bool random[PARTS];		/* does it bear RANDOM? */
bool word[PARTS];		/* did the application say so, last? */
bool moving;			/* the mmap lock is held */

/* kind, from, to, RANDOM?, and which part moves */
chan notes = [3] of { mtype, byte, byte, bool, byte };
bool observing = true;
bool settling;			/* moves of what bears no hint are noted, too */

/* The journal: the part that an entry is about, place by place; is the one on the first two
 * places one entry? */
byte entry[PLACES] = NONE;
bool joined;
bool put[PLACES];		/* of the entry: what we put there, RANDOM? .. */
bool original[PLACES];		/* .. in place of what .. */
bool overwritten[PLACES];	/* .. which is the application's word, to be said again */
bool theirs[PLACES];		/* the application's RANDOM, as far as it was heeded */
bool unloaded;

#define at(p, q)	(place[p] == q)
#define random_at(q)	((at(0, q) && random[0]) || (at(1, q) && random[1]))
#define is_free(q)	(!at(0, q) && !at(1, q))
#define is_joined(q)	(joined && q < PARTS)
#define is_of(q, x)	(at(x, q) && random[x] == put[q] && (entry[q] == x || entry[q] == SOME))
#define is_part(q)	(q == first || (whole && q < PARTS))	/* of the entry being restored */
#define bears(q)	(entry[q] != NONE && (is_of(q, 0) || is_of(q, 1)))

/* madvise() of what is mapped at a place, whoever calls it */
inline advise(q, what) {
	atomic {
		!moving ->
		if
		:: at(0, q) -> random[0] = what
		:: at(1, q) -> random[1] = what
		:: else
		fi
	}
}

proctype Application() {
	byte actions, part, to;
	bool what;

	do
	:: actions < 3 ->
		atomic {
			actions++;
			select(part : 0 .. PARTS - 1);
			select(to : 0 .. PLACES - 1)
		}
		if
		:: !at(part, NOWHERE) && is_free(to) ->
			atomic {
				moving = true;
				if
				:: observing && (random[part] || settling) ->
					notes!MOVE, place[part], to, random[part], part
				:: else
				fi
			}
			atomic {
				if
				:: place[part] = to
				:: true
				fi;
				moving = false
			}
		:: atomic { place[part] = NOWHERE }
		:: !at(part, NOWHERE) ->
			if
			:: what = true
			:: what = false
			fi;
			if
			:: observing -> notes!ADVICE, place[part], NOWHERE, what, SOME
			:: else
			fi;
			atomic { random[part] = what; word[part] = what; what = false; part = 0 }
		:: true
		fi;
		atomic { part = 0; to = 0 }
	:: break
	od
}

inline clear(q) { entry[q] = NONE; put[q] = false; original[q] = false; overwritten[q] = false }

inline enter(q, who, hinted, stood, again) {
	entry[q] = who;
	put[q] = hinted;
	original[q] = stood;
	overwritten[q] = again
}

/* give_up() */
inline give_up(q) {
	clear(q);
	joined = joined && q >= PARTS
}

/* take_over() */
inline take_over(kind, from, to, what) {
	if
	:: kind == ADVICE -> theirs[from] = what; give_up(from)
	:: kind == MOVE ->
		if
		:: MUTANT != M_PLACE_KEPT -> give_up(to)
		:: else
		fi;
		if
		:: entry[from] != NONE && what == put[from] ->
			if
			:: MUTANT == M_PART_UNTOLD -> part = entry[from]
			:: else
			fi;
			enter(to, part, put[from], original[from], overwritten[from])
		:: else
		fi;
		if
		:: MUTANT == M_MOVED_FOR_SURE -> give_up(from)
		:: else
		fi
	fi
}

/* smadv_heed_onto(): in one step, for what it changes is seen by nobody else */
inline heed() {
	atomic {
		do
		:: nempty(notes) -> notes?kind, from, to, what, part;
			moved = moved || (kind == MOVE && is_part(to));
			take_over(kind, from, to, what)
		:: empty(notes) -> break
		od;
		reset_note()
	}
}

inline reset_note() { kind = 0; from = 0; to = 0; what = false; part = 0 }

/*
 * smadv_heed_settle(), of the places from begin to end, where the module put its hint: what
 * was said there, or came there, may have been overwritten, and is to be said again, wherever
 * that is by then
 */
inline settle(begin, end, over) {
	pending = len(notes); /* what comes meanwhile can wait */
	do
	:: atomic { pending > 0 -> pending--; notes?kind, from, to, what, part; take_over(kind, from, to, what) };
		atomic {
			if
			:: kind == MOVE -> from = to
			:: else
			fi;
			if
			:: from >= begin && from <= end ->
				ours = false;
				if
				:: entry[from] == NONE && what != over &&
				   MUTANT != M_NO_SETTLE && MUTANT != M_SAID_IN_PLACE ->
					enter(from, SOME, over, what, true)
				:: else
				fi
			:: else
			fi
		};
		if
		:: MUTANT == M_SAID_IN_PLACE && from >= begin && from <= end -> advise(from, what)
		:: else
		fi;
		atomic { reset_note() }
	:: atomic { pending == 0 -> break }
	od
}

/* smadv_heed_review(), of the entry at a place */
inline review(q) {
	atomic {
		!moving -> heeded = empty(notes);
		if
		:: (heeded || MUTANT == M_EARLY_REVIEW) && !bears(q) &&
		   !(is_joined(q) && (bears(0) || bears(1))) ->
			if
			:: is_joined(q) -> clear(0); clear(1); joined = false
			:: else -> clear(q)
			fi
		:: else
		fi;
		heeded = false
	}
}

/* restore_piece(): where a piece of the entry still bears its hint, or NOWHERE */
#define is_piece(p)	(bears(p) && is_part(p) && !is_enough)
#define is_enough	(MUTANT == M_PIECES_SHARED && pieces == (whole -> PARTS : 1))
#define stretch_of(q)	(entry[q] == SOME -> 1 : PLACES + q - entry[q])
inline find() {
	atomic {
		!moving ->
		if
		:: is_piece(0) -> piece = 0
		:: is_piece(1) -> piece = 1
		:: is_piece(2) -> piece = 2
		:: is_piece(3) -> piece = 3
		:: else -> piece = NOWHERE
		fi
	}
}

#define is_same(q, part)	(entry[q] == part && put[q] == ours_was)

/* conclude(): what is left of the entry, if it is still about the same */
inline conclude() {
	atomic {
		if
		:: whole && is_same(0, was0) -> clear(0)
		:: else
		fi;
		if
		:: whole && is_same(1, was1) -> clear(1)
		:: else
		fi;
		if
		:: !whole && is_same(first, was) -> clear(first)
		:: else
		fi;
		joined = joined && !whole
	}
}

#define is_wanted(q)	(entry[q] != NONE && (all || overwritten[q]))
#define is_over		(!is_wanted(0) && !is_wanted(1) && !is_wanted(2) && !is_wanted(3))

/*
 * smadv_restore(), everywhere, or of words that were overwritten: a piece of the first
 * entry, until there is none
 */
inline restore() {
	heed();
	settling = MUTANT != M_PLAIN_UNTOLD;
	do
	:: atomic { !is_over ->
			if
			:: is_wanted(0) -> first = 0
			:: !is_wanted(0) && is_wanted(1) -> first = 1
			:: !is_wanted(0) && !is_wanted(1) && is_wanted(2) -> first = 2
			:: else -> first = 3
			fi;
			whole = is_joined(first);
			was0 = entry[0]; was1 = entry[1]; was = entry[first];
			ours_was = put[first]; instead = original[first];
			if
			:: MUTANT == M_PIECES_SHARED && stretch != stretch_of(first) ->
				stretch = stretch_of(first);
				pieces = 0
			:: else
			fi
		}
		find();
		if
		:: piece != NOWHERE ->
			if
			:: MUTANT == M_DROPPED_FIRST -> conclude()
			:: else
			fi;
			advise(piece, instead);
			pieces = pieces + (MUTANT == M_PIECES_SHARED -> 1 : 0);
			settle(piece, piece, instead);
			if
			:: MUTANT == M_STALE_ENTRY && random_at(piece) -> advise(piece, instead)
			:: else
			fi
		:: piece == NOWHERE ->
			moved = false;
			if
			:: MUTANT != M_CONCLUDED_UNHEEDED -> heed()
			:: else
			fi;
			if
			:: !moved || MUTANT == M_CONCLUDED_MOVED -> conclude()
			:: else
			fi
		fi;
		atomic {
			first = 0; whole = false; was0 = 0; was1 = 0; was = 0; piece = 0;
			ours_was = false; instead = false; moved = false
		}
	:: atomic { is_over -> settling = false; stretch = 0; pieces = 0; break }
	od
}

/* enter(), of what is at a place by now, if it is not what was there */
inline enter_stranger(q, x) {
	if
	:: at(x, q) && random[x] ->
		enter(q, x, true, false, false);
		joined = false
	:: else
	fi
}

/* hint_range() */
inline hint() {
	heed();
	atomic {
		!moving ->
		settling = MUTANT != M_PLAIN_UNTOLD;
		ours = at(0, 0) && at(1, 1) && !random[0] && !random[1] &&
		       !theirs[0] && !theirs[1] && entry[0] == NONE && entry[1] == NONE
	}
	if
	:: ours ->
		atomic {
			!moving ->
			random[0] = random[0] || place[0] < PARTS;
			random[1] = random[1] || place[1] < PARTS
		}
		atomic {
			!moving ->
			enter(0, 0, true, false, false);
			enter(1, 1, true, false, false);
			joined = true;
			enter_stranger(0, 1);
			enter_stranger(1, 0);
			whole = true
		}
		settle(0, 1, true);
		atomic { whole = false; all = false };
		if
		:: !ours -> restore()
		:: else
		fi;
		all = true
	:: else
	fi;
	atomic { ours = false; settling = false }
}

proctype Module() {
	mtype kind;
	byte from, to, part, piece, first, was0, was1, was, stretch, pieces, pending;
	bool what, ours, whole, heeded, moved, ours_was, instead, all = true;

	do
	:: hint()
	:: review(0)
	:: review(1)
	:: review(2)
	:: review(3)
	:: heed()
	:: restore()
	:: break
	od;
	restore();
	observing = false;		/* smadv_observer_exit() */
	restore();
	unloaded = true
}

init {
	atomic {
		place[1] = 1;
		run Application();
		run Module()
	}
	/* All is over: whose word stands? */
	unloaded && _nr_pr == 1;
	assert(at(0, NOWHERE) || random[0] == word[0]);
	assert(at(1, NOWHERE) || random[1] == word[1])
}

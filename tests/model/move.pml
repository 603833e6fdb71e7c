/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where a hint is that moves, part by part (kmod/executor.c, heed.c, restore.c).
 *
 * A mapping of one file has two parts, side by side at first, where the module hints
 * them RANDOM, as one. The application moves a part to where nothing is, unmaps or advises
 * it, three times in all. Each hold of the mmap lock is one step, but that a move is noted
 * before it is done; all else interleaves.
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
#define M_DROPPED_FIRST	3	/* an entry goes before what it is about is restored */
#define M_CONCLUDED_UNHEEDED	4	/* .. or before moves meanwhile are heeded */
#define M_CONCLUDED_MOVED	9	/* .. or although something moved before that */
#define M_STALE_ENTRY		10	/* what is restored is not asked for anew, piece by piece */
#define M_PLACE_KEPT	5	/* what stood where something moves to is not given up */
#define M_MOVED_FOR_SURE	6	/* an entry is taken to be gone from where its part moves away */
#define M_MAPPED_ELSEWHERE	7	/* what is restored is not asked which part it is */
#define M_STRANGER_UNENTERED	8	/* what came there before it was hinted has no entry */
#ifndef MUTANT
#define MUTANT		0
#endif

#define PARTS	2
#define PLACES	4
#define NONE	PARTS		/* of the parts */
#define NOWHERE	PLACES

mtype = { ADVICE, MOVE };

byte place[PARTS];		/* of each part, NOWHERE once unmapped */
bool random[PARTS];		/* does it bear RANDOM? */
bool word[PARTS];		/* did the application say so, last? */
bool moving;			/* the mmap lock is held */

chan notes = [3] of { mtype, byte, byte, bool };	/* kind, from, to, RANDOM? */
bool observing = true;

/* The journal: the part that an entry is about, place by place; is the one on the first two
 * places one entry? */
byte entry[PLACES] = NONE;
bool joined;
bool theirs[PLACES];		/* the application's RANDOM, as far as it was heeded */
bool unloaded;

#define at(p, q)	(place[p] == q)
#define random_at(q)	((at(0, q) && random[0]) || (at(1, q) && random[1]))
#define is_free(q)	(!at(0, q) && !at(1, q))
#define is_joined(q)	(joined && q < PARTS)
#define bears(q)	(entry[q] != NONE && at(entry[q], q) && random[entry[q]])

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
				:: observing -> notes!MOVE, place[part], to, random[part]
				:: else
				fi
			}
			atomic { place[part] = to; moving = false }
		:: atomic { place[part] = NOWHERE }
		:: !at(part, NOWHERE) ->
			if
			:: what = true
			:: what = false
			fi;
			if
			:: observing -> notes!ADVICE, place[part], NOWHERE, what
			:: else
			fi;
			atomic { random[part] = what; word[part] = what; what = false }
		:: true
		fi;
		atomic { part = 0; to = 0 }
	:: break
	od
}

/* give_up() */
inline give_up(q) {
	entry[q] = NONE;
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
		:: entry[from] != NONE && what -> entry[to] = entry[from]
		:: else
		fi;
		if
		:: MUTANT == M_MOVED_FOR_SURE -> give_up(from)
		:: else
		fi
	fi
}

/* smadv_heed(): in one step, for what it changes is seen by nobody else */
inline heed() {
	atomic {
		do
		:: nempty(notes) -> notes?kind, from, to, what;
			moved = moved || kind == MOVE;
			take_over(kind, from, to, what)
		:: empty(notes) -> break
		od;
		reset_note()
	}
}

inline reset_note() { kind = 0; from = 0; to = 0; what = false }

/* smadv_heed_settle(), of the places from first to last */
inline settle(first, last) {
	do
	:: atomic { nempty(notes) -> notes?kind, from, to, what; take_over(kind, from, to, what) };
		atomic {
			if
			:: kind == MOVE -> from = to
			:: else
			fi
		}
		if
		:: from >= first && from <= last ->
			ours = false;
			if
			:: MUTANT != M_NO_SETTLE -> advise(from, what)
			:: else
			fi
		:: else
		fi;
		atomic { reset_note() }
	:: atomic { empty(notes) -> break }
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
			:: is_joined(q) -> entry[0] = NONE; entry[1] = NONE; joined = false
			:: else -> entry[q] = NONE
			fi
		:: else
		fi
	}
}

/* restore_piece(): where a piece of the entry still bears its hint, or NOWHERE */
#define is_piece(p)	(bears(p) && (p == first || (is_joined(first) && p < PARTS)))
#define is_any(p)	(MUTANT == M_MAPPED_ELSEWHERE && p == first && random_at(p))
inline find() {
	atomic {
		!moving ->
		if
		:: is_piece(0) || is_any(0) -> piece = 0
		:: is_piece(1) || is_any(1) -> piece = 1
		:: is_piece(2) || is_any(2) -> piece = 2
		:: is_piece(3) || is_any(3) -> piece = 3
		:: else -> piece = NOWHERE
		fi
	}
}

/* conclude(): what is left of the entry, if it is still about the same */
inline conclude() {
	atomic {
		if
		:: whole && entry[0] == was0 -> entry[0] = NONE
		:: else
		fi;
		if
		:: whole && entry[1] == was1 -> entry[1] = NONE
		:: else
		fi;
		if
		:: !whole && entry[first] == was -> entry[first] = NONE
		:: else
		fi;
		joined = joined && !whole
	}
}

#define is_empty	(entry[0] == NONE && entry[1] == NONE && \
			 entry[2] == NONE && entry[3] == NONE)

/* smadv_restore(), everywhere: a piece of the first entry, until there is none */
inline restore() {
	heed();
	do
	:: atomic { !is_empty ->
			if
			:: entry[0] != NONE -> first = 0
			:: entry[0] == NONE && entry[1] != NONE -> first = 1
			:: entry[0] == NONE && entry[1] == NONE && entry[2] != NONE -> first = 2
			:: else -> first = 3
			fi;
			whole = is_joined(first);
			was0 = entry[0]; was1 = entry[1]; was = entry[first]
		}
		find();
		if
		:: piece != NOWHERE ->
			if
			:: MUTANT == M_DROPPED_FIRST -> conclude()
			:: else
			fi;
			advise(piece, false);
			settle(piece, piece);
			if
			:: MUTANT == M_STALE_ENTRY && random_at(piece) -> advise(piece, false)
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
		atomic { first = 0; whole = false; was0 = 0; was1 = 0; was = 0; piece = 0 }
	:: atomic { is_empty -> break }
	od
}

/* enter(), of what is at a place by now, if it is not what was there */
inline enter_stranger(q, x) {
	if
	:: MUTANT != M_STRANGER_UNENTERED && at(x, q) && random[x] -> entry[q] = x; joined = false
	:: else
	fi
}

/* hint_range() */
inline hint() {
	heed();
	atomic {
		!moving ->
		ours = at(0, 0) && at(1, 1) && !random[0] && !random[1] &&
		       !theirs[0] && !theirs[1] &&
		       entry[0] == NONE && entry[1] == NONE
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
			entry[0] = 0;
			entry[1] = 1;
			joined = true;
			enter_stranger(0, 1);
			enter_stranger(1, 0)
		}
		settle(0, 1);
		if
		:: !ours -> restore()
		:: else
		fi
	:: else
	fi;
	ours = false
}

proctype Module() {
	mtype kind;
	byte from, to, piece, first, was0, was1, was;
	bool what, ours, whole, heeded, moved;

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

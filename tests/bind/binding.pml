/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The states of a binding, as in src/bind/binding.c, for spin. Two descriptors that name no supplier, two
 * suppliers, one driver, and an owner who lets all of them come and go as he likes, until he has had
 * enough. What the binder does with its lock held is atomic here; the transitions have the names that
 * they have there.
 *
 * Checked: a supplier is never claimed twice; and when all has come to rest, what is bound follows from
 * what is there, however it came about.
 */
#define N    2
#define NONE N

mtype = { undescribed, deferred, probing, ready, quiescing, failed };

mtype state[N] = undescribed;
byte has[N] = NONE; /* the supplier of a binding */
bool stale[N];	    /* something that it has was taken away */
bool former[N];	    /* … namely the supplier: what is there now, if anything, is another */
bool tried[N];	    /* the pair that it wants has failed already */

bool described[N];
bool present[N]; /* a supplier */
bool claimed[N]; /* … by a binding */
bool loaded;	 /* the driver */

/* What binding i should have: one open descriptor, one supplier that nobody names, or nothing. */
#define WANT(i)                                                                                     \
	(!loaded || !described[i] || described[1 - i] || present[0] == present[1] -> NONE :         \
	 (present[0] -> 0 : 1))

inline describe(i)   { state[i] = deferred }
inline undescribe(i) { state[i] = undescribed }
inline defer(i)	     { state[i] = deferred }

inline probe(i)
{
	has[i] = WANT(i);
	assert(!claimed[has[i]]);
	claimed[has[i]] = true;
	state[i] = probing
}

inline let_go(i)
{
	if
	:: former[i]
	:: else -> assert(claimed[has[i]]); claimed[has[i]] = false
	fi;
	has[i] = NONE;
	stale[i] = false;
	former[i] = false
}

inline bind(i)	  { state[i] = ready }
inline quiesce(i) { state[i] = quiescing }
inline unbind(i)  { let_go(i); state[i] = deferred }

/* It is tried again if a part of the pair has been another since it was taken. */
inline fail(i)
{
	tried[i] = !stale[i];
	let_go(i);
	state[i] = failed
}

/* Whoever does this binding's work. */
proctype work(byte i)
{
end:	do
	:: atomic { state[i] == undescribed && described[i] -> describe(i) }
	:: atomic { state[i] == deferred && !described[i] -> undescribe(i) }
	:: atomic { state[i] == failed && WANT(i) == NONE -> defer(i) }
	:: atomic {
		(state[i] == deferred || (state[i] == failed && !tried[i])) && WANT(i) != NONE &&
		!claimed[WANT(i)] -> probe(i)
	   }
	   if /* the host opens the transport */
	   :: atomic { bind(i) }
	   :: atomic { fail(i) }
	   fi
	:: atomic { state[i] == failed && !tried[i] && WANT(i) != NONE && claimed[WANT(i)] -> defer(i) }
	:: atomic { state[i] == ready && (stale[i] || has[i] != WANT(i)) -> quiesce(i) }
	   atomic { unbind(i) } /* the host has closed it */
	od
}

/* ---- the owner ------------------------------------------------------------------------------- */

inline announce(s)
{
	present[s] = true;
	tried[0] = false;
	tried[1] = false
}

inline withdraw(s)
{
	present[s] = false;
	claimed[s] = false;
	if
	:: has[0] == s && !former[0] -> stale[0] = true; former[0] = true
	:: has[1] == s && !former[1] -> stale[1] = true; former[1] = true
	:: else
	fi
}

inline add_descriptor(i)    { described[i] = true; tried[i] = false }
inline remove_descriptor(i) { described[i] = false; stale[i] = has[i] != NONE }
inline load()		    { loaded = true; tried[0] = false; tried[1] = false }

inline unload()
{
	loaded = false;
	stale[0] = has[0] != NONE;
	stale[1] = has[1] != NONE
}

active proctype owner()
{
	do
	:: atomic { !present[0] -> announce(0) }
	:: atomic { !present[1] -> announce(1) }
	:: atomic { present[0] -> withdraw(0) }
	:: atomic { present[1] -> withdraw(1) }
	:: atomic { !described[0] -> add_descriptor(0) }
	:: atomic { !described[1] -> add_descriptor(1) }
	:: atomic { described[0] -> remove_descriptor(0) }
	:: atomic { described[1] -> remove_descriptor(1) }
	:: atomic { !loaded -> load() }
	:: atomic { loaded -> unload() }
	:: break
	od
}

/* ---- at rest --------------------------------------------------------------------------------- */

inline check(i)
{
	assert(described[i] == (state[i] != undescribed));
	assert(WANT(i) == NONE ||
	       (state[i] == ready && has[i] == WANT(i) && !stale[i]) || state[i] == failed);
	assert(WANT(i) != NONE || state[i] == undescribed || state[i] == deferred)
}

init
{
	atomic { run work(0); run work(1) };
	timeout -> atomic { check(0); check(1) }
}

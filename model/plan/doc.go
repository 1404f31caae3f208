// Package plan is all that may be done to the two systems: changes, the plans
// that list them for somebody to see, the guards that refuse a plan, and how a
// plan is undone, finished and applied.
//
// Each kind of change is one file, kind_*.go, which says what the change reads
// and writes in a world, how it is shown, and what it endangers. Everything else
// asks the kind: nothing outside those files and the table of them tells one
// kind from another. The writes themselves are in model/reconcile, by kind.
//
// Like model it is pure: no I/O, no clock, no state of its own.
package plan

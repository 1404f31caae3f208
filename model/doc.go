// Package model is the domain of romm-admin: the people on both sides, what
// RomM does with a login, and the plans that change it.
//
// It is pure: it imports the standard library only, does no I/O, reads no
// clock and no environment, and holds no mutable package state. Everything it
// needs arrives as arguments, so that the Users screen, the command line, the
// companion server and the plan guard all get the same answer from the same
// function.
package model

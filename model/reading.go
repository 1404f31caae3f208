package model

// ReadOptions say what a reading takes in, and how.
type ReadOptions struct {
	// ServiceAccounts takes in Authentik's service accounts, which sign in to
	// nothing by themselves; without it they are left out.
	ServiceAccounts bool
	// Progress reports how far the reading of Authentik is, a step being one
	// person read or previewed. Total grows as more turns out to be needed.
	// It is never called twice at a time; nil reports nothing.
	Progress func(done, total int)
	// Early is told Authentik's people once they are read, when RomM still
	// works at its accounts: nobody is judged then. Nil is told nothing.
	Early func(people []Identity)
}

// DirectoryReading is one reading of the identity provider.
type DirectoryReading struct {
	System    System
	Directory Directory
	Provider  Provider
	Setup     Setup
	// WriteWarning says what else any write to a user loses; "" if nothing.
	WriteWarning string
	Warnings     []string
}

// AccountsReading is one reading of the local accounts.
type AccountsReading struct {
	System  System
	Version Version
	Users   []LocalUser
	Caller  Caller
	// OIDCOff is true when RomM itself reports that OIDC is not enabled.
	OIDCOff  bool
	Warnings []string
}

// Caller is the RomM account that the credentials belong to. The zero value is
// none, as in the embedded directory, or nothing that is known.
type Caller struct {
	ID       int64
	Username Untrusted
	Admin    bool
	// Unknown says why it is not known who that is; "" where it is, or where
	// no credentials are needed.
	Unknown string
	// Lacks says why the credentials can change no account at all; "" where
	// that is not certain.
	Lacks string
}

package model

import (
	"fmt"
	"log/slog"
)

// Secret is a value that must never reach a screen, a log, the journal or an
// export (S32). Every way of printing it yields "***"; Reveal is the one way
// to the value, so that `grep Reveal` lists each use.
type Secret string

const redacted = "***"

// Reveal returns the secret itself.
func (s Secret) Reveal() string { return string(s) }

// String implements fmt.Stringer.
func (Secret) String() string { return redacted }

// Format implements fmt.Formatter: String alone would not cover a wrong verb,
// for which fmt prints the value itself.
func (Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// MarshalText implements encoding.TextMarshaler, and with it JSON.
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// LogValue implements slog.LogValuer.
func (Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

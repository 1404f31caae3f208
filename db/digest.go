package db

import (
	"crypto/sha256"
	"encoding/binary"
	"hash"
)

// digest hashes a sequence of values so that no two sequences have the same
// bytes: every text is preceded by its length.
type digest struct{ h hash.Hash }

// newDigest starts a hash; purpose keeps the uses apart.
func newDigest(purpose string) digest {
	d := digest{h: sha256.New()}
	d.text(purpose)
	return d
}

func (d digest) int(n int64) {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], uint64(n))
	d.h.Write(b[:]) // a hash never returns an error
}

func (d digest) text(s string) {
	d.int(int64(len(s)))
	d.h.Write([]byte(s))
}

func (d digest) sum() (out [sha256.Size]byte) {
	d.h.Sum(out[:0])
	return out
}

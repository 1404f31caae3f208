//go:build !race

package authentik

const raceEnabled = false

//go:build !linux && !darwin && !freebsd

package badger

// lockDirectory does nothing: on Windows a file that somebody has open cannot be removed.
func lockDirectory(string) (unlock func(), err error) { return func() {}, nil }

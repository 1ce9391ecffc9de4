//go:build !linux

package badger

import "context"

// watchResident does nothing: what the process has in memory of its files is left to this system.
func (d *database) watchResident(context.Context) {}

//go:build !windows

package command

import "os"

// understandsEscapes tells whether a terminal understands escape sequences, as all do that are not Windows'.
func understandsEscapes(*os.File) bool { return true }

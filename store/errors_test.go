package store

import (
	"errors"
	"fmt"
	"io/fs"
	"testing"
)

func TestUnavailable(t *testing.T) {
	err := fmt.Errorf("put: %w", &Unavailable{
		Cause: fmt.Errorf("write to /data: %w", fs.ErrPermission), Remedy: "see to the disk",
	})
	if !errors.Is(err, ErrUnavailable) || !errors.Is(err, fs.ErrPermission) || errors.Is(err, ErrClosed) {
		t.Errorf("%v is not what it is", err)
	}
	if want := "put: store unavailable: write to /data: permission denied: see to the disk"; err.Error() != want {
		t.Errorf("the error says %q, not %q", err, want)
	}
	unavailable, ok := errors.AsType[*Unavailable](err)
	if !ok || unavailable.Remedy != "see to the disk" {
		t.Errorf("the remedy is lost: %+v", unavailable)
	}
}

package integration

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// smallDisk mounts a file system of so many bytes for the test, which is skipped where that is not allowed.
func smallDisk(t *testing.T, size string) string {
	t.Helper()
	path := t.TempDir()
	if err := syscall.Mount("tmpfs", path, "tmpfs", 0, "size="+size); err != nil {
		t.Skipf("a small file system cannot be mounted here: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(path, syscall.MNT_DETACH); err != nil {
			t.Errorf("unmount %s: %v", path, err)
		}
	})
	return path
}

// TestDiskFull has somebody else fill the disk to its last byte while requests keep coming. The process lives and says
// that it is unavailable; once there is room again it goes on by itself; and every event that was acknowledged is there,
// after a crash too.
func TestDiskFull(t *testing.T) {
	disk := smallDisk(t, "192m")
	to := newTarget(t)
	config := strings.NewReplacer("{{disk}}", disk, "{{target}}", to.URL).Replace(diskConfig)
	g := start(t, config)
	l := g.load(4)
	g.wait("the first events", func() bool { return l.acknowledged() > 200 })

	ballast := filepath.Join(disk, "ballast")
	fillDisk(t, ballast)
	g.wait("a refusal", func() bool { return l.refused.Load() > 20 })
	if health := g.get("/krosyn/health"); health.status != http.StatusServiceUnavailable ||
		!strings.Contains(health.text, "free disk space") || health.json("status") != "degraded" {
		t.Errorf("the health of a full disk is %d %s", health.status, health.text)
	}
	select {
	case <-g.done:
		t.Fatalf("the process has ended:\n%s", g.log.String())
	default:
	}

	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	before := l.acknowledged()
	g.wait("new events", func() bool { return l.acknowledged() > before+200 })
	l.stop()
	g.kill()
	g.run(config)
	l.check(g)
	t.Logf("%d events were acknowledged, %d requests refused", l.acknowledged(), l.refused.Load())
}

// fillDisk writes a file until nothing more can be written.
func fillDisk(t *testing.T, path string) {
	t.Helper()
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for block := make([]byte, 64<<10); err == nil; {
		_, err = file.Write(block)
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("filling the disk: %v", err)
	}
}

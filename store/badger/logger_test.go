package badger

import (
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
)

func TestLogger(t *testing.T) {
	core, logs := observer.New(zap.DebugLevel)
	l := newLogger(zap.New(core))
	l.Debugf("every transaction")
	l.Infof("Set nextTxnTs to %d\n", 7)
	l.Infof("\n")
	l.Warningf("slow %s", "compaction")
	if err := l.openFailure(); err != nil {
		t.Errorf("nothing was an error, and opening fails: %v", err)
	}
	l.Errorf("late %d", 1)
	if l.syncFailure() != nil {
		t.Error("another error is taken for a failed sync")
	}
	l.Errorf("Error while curlf sync: %v\n", "EIO")
	wantMessage(t, l.syncFailure(), "sync the value log: Error while curlf sync: EIO")

	var got []string
	for _, entry := range logs.All() {
		got = append(got, entry.Level.String()+" "+entry.Message)
	}
	want := []string{
		"debug Set nextTxnTs to 7", "warn slow compaction", "error late 1", "error Error while curlf sync: EIO",
	}
	if len(got) != len(want) {
		t.Fatalf("logged are %q", got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("logged is %q, not %q", got[i], want[i])
		}
	}
}

// TestLoggerOpening: what Badger calls an error while it opens fails the opening, whatever Open says itself.
func TestLoggerOpening(t *testing.T) {
	l := newLogger(zap.NewNop())
	l.Errorf("CHECKSUM_MISMATCH: Table checksum does not match checksum in MANIFEST")
	l.Errorf("Ignoring table %s", "000001.sst")
	wantMessage(t, l.openFailure(), "in MANIFEST; Ignoring table 000001.sst")
}

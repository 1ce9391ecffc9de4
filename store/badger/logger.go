package badger

import (
	"fmt"
	"strings"
	"sync"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// logger hands Badger's messages to zap. Its chatter about compactions becomes debug messages.
//
// Badger tells some failures to its logger alone, so that is where they are caught: a value log that could not be
// synced (the transaction is acknowledged all the same), and at opening a table that is damaged (it is left out, with
// the events in it).
type logger struct {
	zap *zap.Logger

	mutex sync.Mutex
	// opening collects errors while Badger opens.
	opening bool
	opened  []string
	// unsynced is the last failure to sync the value log.
	unsynced error
}

// newLogger makes the logger of a database that is about to be opened.
func newLogger(z *zap.Logger) *logger { return &logger{zap: z, opening: true} }

// syncFailed is the beginning of what valueLog.write of Badger v4 logs when it could not sync; it does so before the
// transaction's Commit returns.
const syncFailed = "Error while curlf sync"

// Errorf implements badger.Logger.
func (l *logger) Errorf(format string, args ...any) {
	message := strings.TrimSpace(fmt.Sprintf(format, args...))
	l.mutex.Lock()
	if l.opening {
		l.opened = append(l.opened, message)
	}
	if strings.HasPrefix(format, syncFailed) {
		l.unsynced = fmt.Errorf("sync the value log: %s", message)
	}
	l.mutex.Unlock()
	l.zap.Error(message)
}

// Warningf implements badger.Logger.
func (l *logger) Warningf(format string, args ...any) { l.log(zapcore.WarnLevel, format, args) }

// Infof implements badger.Logger.
func (l *logger) Infof(format string, args ...any) { l.log(zapcore.DebugLevel, format, args) }

// Debugf implements badger.Logger. What Badger itself calls debugging is a line for every transaction.
func (l *logger) Debugf(string, ...any) {}

func (l *logger) log(level zapcore.Level, format string, args []any) {
	if l.zap.Core().Enabled(level) {
		if message := strings.TrimSpace(fmt.Sprintf(format, args...)); message != "" {
			l.zap.Log(level, message)
		}
	}
}

// openFailure ends the opening and is what Badger called an error during it.
func (l *logger) openFailure() error {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.opening = false
	if len(l.opened) == 0 {
		return nil
	}
	return fmt.Errorf("%s", strings.Join(l.opened, "; "))
}

// syncFailure is why the last transactions may not be durable, although Badger acknowledged them.
func (l *logger) syncFailure() error {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.unsynced
}

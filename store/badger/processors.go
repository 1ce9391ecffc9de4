package badger

import (
	"os"
	"runtime"
	"sync"
)

const (
	// mergers is how many goroutines of Badger may keep a processor busy at a time, see backgroundSpace.
	mergers = 2

	// plenty is from how many processors on there are always some left beside them.
	plenty = 2 * mergers
)

// processors lets more goroutines run at a time than there are processors, while events are deleted and tables are
// merged, on a machine with few.
//
// Go takes a processor from a goroutine after 10 ms, and one that hands blocks to another and back, as Badger's merging
// does, keeps all others of that processor waiting as long. With two such goroutines on two processors an event waits
// several times: while tables were merged, one of a hundred took 40 ms or more, and mostly takes 7 to 15 ms with this. The
// system takes a processor away after one to three.
//
// Where the number is somebody's choice, by GOMAXPROCS or by a limit of the container, it stays: more threads would only
// use up such a limit earlier in each of its periods, and all of them wait for the next one.
type processors struct {
	mutex sync.Mutex
	// users is how many databases have asked for it.
	users int
	// raised is the number that was set; 0 is none.
	raised int
}

// process is the one that this is.
var process processors

// raise begins it. Each call is followed by one of lower.
func (p *processors) raise() {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.users++
	if p.users > 1 {
		return
	}
	if p.raised = raisedProcessors(os.Getenv("GOMAXPROCS"), runtime.GOMAXPROCS(0), runtime.NumCPU()); p.raised > 0 {
		runtime.GOMAXPROCS(p.raised)
	}
}

// raisedProcessors is how many goroutines are to run at a time, where so many may, on so many processors; 0 is to leave
// it.
func raisedProcessors(chosen string, now, processors int) int {
	if chosen != "" || now != processors || now >= plenty {
		return 0
	}
	return now + mergers
}

// lower ends it, unless there are other users, or somebody has set another number since.
func (p *processors) lower() {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.users--
	if p.users > 0 || p.raised == 0 {
		return
	}
	if runtime.GOMAXPROCS(0) == p.raised {
		runtime.SetDefaultGOMAXPROCS()
	}
	p.raised = 0
}

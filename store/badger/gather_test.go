package badger

import (
	"testing"
	"testing/synctest"
	"time"
)

// TestGather has operations come at given times while a group is made.
func TestGather(t *testing.T) {
	const took = time.Millisecond
	for name, test := range map[string]struct {
		crowd float64
		// waiting are there when the first is taken, coming after so long each.
		waiting int
		coming  []time.Duration
		closes  bool
		want    int
		after   time.Duration
	}{
		"alone":                         {crowd: 1, want: 1},
		"two are too few to wait for":   {crowd: 2, want: 1},
		"all that are waiting":          {crowd: 1, waiting: 7, want: 8},
		"enough are waiting":            {crowd: 10, waiting: 5, coming: []time.Duration{took / 2}, want: 6},
		"enough come":                   {crowd: 10, waiting: 3, coming: []time.Duration{took / 4, took / 4, took}, want: 6, after: took / 2},
		"they do not come":              {crowd: 10, waiting: 3, want: 4, after: took},
		"some come, and the time ends":  {crowd: 10, coming: []time.Duration{took / 2, took}, want: 2, after: took},
		"the queue is closed meanwhile": {crowd: 10, waiting: 2, closes: true, want: 3},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				queue := make(chan *operation, 100)
				g := newGatherer(queue)
				g.crowd, g.took = test.crowd, took
				for range test.waiting {
					queue <- new(operation)
				}
				go func() {
					for _, pause := range test.coming {
						time.Sleep(pause)
						queue <- new(operation)
					}
					if test.closes {
						close(queue)
					}
				}()
				since := time.Now()
				if got := len(g.gather([]*operation{new(operation)})); got != test.want || time.Since(since) != test.after {
					t.Errorf("%d after %s, want %d after %s", got, time.Since(since), test.want, test.after)
				}
				time.Sleep(time.Second) // the others come
			})
		})
	}
}

func TestGatherBytes(t *testing.T) {
	queue := make(chan *operation, 100)
	for range 100 {
		queue <- &operation{bytes: groupBytes / 8}
	}
	g := newGatherer(queue)
	if got := len(g.gather([]*operation{<-queue})); got != 8 {
		t.Errorf("a group of %d", got)
	}
}

// TestGatherLearns has a crowd come and go: the first who are alone again soon wait for nobody.
func TestGatherLearns(t *testing.T) {
	g := newGatherer(make(chan *operation))
	g.learn(40, 25, time.Second)
	if g.wanted() != 24 || g.took >= time.Second {
		t.Errorf("%d are wanted, for %s", g.wanted(), g.took)
	}
	for range 12 {
		g.learn(1, 1, time.Millisecond)
	}
	if g.wanted() > 1 {
		t.Errorf("%d are still wanted", g.wanted())
	}
}

package token

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/krosyn/gateway/store"
	"github.com/krosyn/gateway/store/memory"
)

// watched runs a watch until the test ends, and gives what it has announced.
func watched(t *testing.T, tokens *Issuer, expiries func() []Expiry) *[]Expiry {
	t.Helper()
	announced := new([]Expiry)
	w := &Watch{
		Issuer: tokens, Logger: zap.NewNop(), Expiries: expiries,
		Announce: func(e Expiry) { *announced = append(*announced, e) },
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		w.Run(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		<-ended
	})
	return announced
}

func none() []Expiry { return nil }

// TestRefresh has a change of another node hold here within the documented interval.
func TestRefresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := memory.New()
		here, there := node(s), node(s)
		watched(t, here, none)
		made := mustCreate(t, there, orders, Request{})
		wantAnswer(t, here, orders, made, wrong)
		time.Sleep(refreshInterval)
		synctest.Wait()
		wantAnswer(t, here, orders, made, opens)
		if err := there.Revoke(t.Context(), orders, made.ID); err != nil {
			t.Fatal(err)
		}
		time.Sleep(refreshInterval)
		synctest.Wait()
		wantAnswer(t, here, orders, made, wrong)
	})
}

// TestLastUse counts how often the last use of a busy token is written.
func TestLastUse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		writes := 0
		s := &changingState{Store: memory.New(), onUpdate: func() error { writes++; return nil }}
		here := node(s)
		watched(t, here, none)
		busy := mustCreate(t, here, orders, Request{})
		idle := mustCreate(t, here, orders, Request{})
		const minutes = 10
		for range minutes * 60 {
			wantAnswer(t, here, orders, busy, opens)
			time.Sleep(time.Second)
		}
		synctest.Wait()
		if writes < minutes-1 || writes > minutes {
			t.Errorf("%d writes in %d minutes", writes, minutes)
		}
		list := mustList(t, here, orders)
		if list[0].ID != idle.ID || list[0].LastUsedAt != nil || list[1].LastUsedAt == nil {
			t.Fatalf("list: %+v", list)
		}
		if ago := time.Since(list[1].LastUsedAt.Time); ago > 2*time.Second {
			t.Errorf("shown as used %s ago", ago)
		}
		elsewhere := mustList(t, node(s), orders)
		if ago := time.Since(elsewhere[1].LastUsedAt.Time); ago > useInterval+2*time.Second {
			t.Errorf("stored as used %s ago", ago)
		}
		if err := here.Close(); err != nil {
			t.Fatal(err)
		}
		elsewhere = mustList(t, node(s), orders)
		if !elsewhere[1].LastUsedAt.Equal(list[1].LastUsedAt.Time) {
			t.Errorf("stored at the end: %v, want %v", elsewhere[1].LastUsedAt, list[1].LastUsedAt)
		}
	})
}

// TestLastUseOutlivesChange keeps a use that is not written when another node gives the token another end.
func TestLastUseOutlivesChange(t *testing.T) {
	s := memory.New()
	here, there := node(s), node(s)
	made := mustCreate(t, here, orders, Request{})
	wantAnswer(t, here, orders, made, opens)
	mustCreate(t, there, orders, Request{Replace: made.ID, Overlap: time.Hour})
	if old := mustList(t, here, orders)[1]; old.LastUsedAt == nil || old.ExpiresAt == nil {
		t.Errorf("the replaced token: %+v", old)
	}
}

// TestLastUseIsBounded writes the uses of very many tokens over several rounds.
func TestLastUseIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		writes := 0
		s := &changingState{Store: memory.New(), onUpdate: func() error { writes++; return nil }}
		here := node(s)
		var made []*Made
		for i := range maxUsesWritten + 10 {
			made = append(made, mustCreate(t, here, Endpoint{"orders", string(rune('a' + i/MaxHolding))}, Request{}))
		}
		for i, one := range made {
			wantAnswer(t, here, Endpoint{"orders", string(rune('a' + i/MaxHolding))}, one, opens)
		}
		for _, want := range []int{maxUsesWritten, len(made), len(made)} {
			if err := here.writeUses(t.Context(), useSlack); err != nil {
				t.Fatal(err)
			}
			if writes != want {
				t.Errorf("%d writes, want %d", writes, want)
			}
		}
	})
}

// TestNotices announces an end from seven days before it, once a day, over restarts and on all nodes together.
func TestNotices(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := memory.New()
		begin := time.Now()
		const day = 24 * time.Hour
		ends := []Expiry{
			{Of: orders, At: begin.Add(10 * day)},
			{Of: orders, Token: "t-1", At: begin.Add(3 * day)},
			{Of: orders, Token: "t-2", At: begin.Add(-time.Hour)},
			{Of: orders, Token: "t-3", At: begin.Add(60 * day)},
		}
		// Three nodes, of which one starts late.
		announced := []*[]Expiry{
			watched(t, node(s), func() []Expiry { return ends }), watched(t, node(s), func() []Expiry { return ends }),
		}
		time.Sleep(36 * time.Hour)
		announced = append(announced, watched(t, node(s), func() []Expiry { return ends }))
		time.Sleep(9 * day)
		synctest.Wait()
		count := map[string]int{}
		for _, list := range announced {
			for _, e := range *list {
				count[e.Token]++
			}
		}
		if count[""] != 7 || count["t-1"] != 3 || len(count) != 2 {
			t.Errorf("announced: %v", count)
		}
	})
}

// withoutState is a store that keeps events alone.
type withoutState struct{ store.Store }

func TestStoreWithoutState(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tokens := node(withoutState{memory.New()})
		if err := tokens.Load(t.Context()); err != nil || !tokens.loaded.Load() {
			t.Errorf("loading: %v", err)
		}
		for what, err := range map[string]error{
			"create": second(tokens.Create(t.Context(), orders, Request{})),
			"list":   second(tokens.List(t.Context(), orders)),
			"revoke": tokens.Revoke(t.Context(), orders, "x"),
		} {
			if !errors.Is(err, ErrNoState) {
				t.Errorf("%s: %v", what, err)
			}
		}
		end := time.Now().Add(2*24*time.Hour + time.Minute)
		announced := watched(t, tokens, func() []Expiry { return []Expiry{{Of: orders, At: end}} })
		time.Sleep(4 * 24 * time.Hour)
		synctest.Wait()
		if len(*announced) != 3 {
			t.Errorf("announced %d times", len(*announced))
		}
	})
}

// TestWatchLogsFailuresOnce has a store that fails for a while.
func TestWatchLogsFailuresOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &changingState{Store: memory.New()}
		core, logs := observer.New(zap.ErrorLevel)
		w := &Watch{Issuer: node(s), Logger: zap.New(core), Expiries: none}
		ctx, cancel := context.WithCancel(t.Context())
		go w.Run(ctx)
		for _, fails := range []bool{true, false, true} {
			s.failScans.Store(fails)
			time.Sleep(50 * time.Second)
			synctest.Wait()
		}
		cancel()
		synctest.Wait()
		if logs.Len() != 2 {
			t.Errorf("logged: %v", logs.All())
		}
	})
}

// TestLoadAgain tries again where the store could not be read, and then not any more.
func TestLoadAgain(t *testing.T) {
	s := &changingState{Store: memory.New()}
	s.failScans.Store(true)
	made := mustCreate(t, node(s.Store), orders, Request{})
	here := node(s)
	if err := here.Load(t.Context()); !errors.Is(err, errOutOfReach) {
		t.Errorf("loading: %v", err)
	}
	s.failScans.Store(false)
	if err := here.Load(t.Context()); err != nil {
		t.Error(err)
	}
	wantAnswer(t, here, orders, made, opens)
	s.failScans.Store(true)
	if err := here.Load(t.Context()); err != nil {
		t.Errorf("loading again: %v", err)
	}
}

package token

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"github.com/krosyn/gateway/store"
	"github.com/krosyn/gateway/store/memory"
	"github.com/krosyn/gateway/verify"
)

var orders = Endpoint{"orders", "default"}

// node are the tokens of one process on a store.
func node(s store.Store) *Issuer {
	return NewIssuer(func() (store.Store, error) { return s, nil }, zap.NewNop())
}

func mustCreate(t testing.TB, tokens *Issuer, of Endpoint, r Request) *Made {
	t.Helper()
	made, err := tokens.Create(context.Background(), of, r)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func mustList(t testing.TB, tokens *Issuer, of Endpoint) []Token {
	t.Helper()
	list, err := tokens.List(context.Background(), of)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// answer is what a request with a bearer token is told at an endpoint: "" or the message of its rejection.
func answer(tokens *Issuer, of Endpoint, bearer string) string {
	e := &verify.Endpoint{Name: of.Name, Issued: tokens.Of(of)}
	header := http.Header{"Authorization": {"Bearer " + bearer}}
	match, rejection := verify.Authenticate([]*verify.Endpoint{e}, header, time.Now())
	if rejection != nil {
		return rejection.Message
	}
	match.Token.MarkUsed(time.Now())
	return ""
}

const (
	opens   = ""
	wrong   = "Invalid authentication token"
	expired = "Authentication token has expired"
)

func wantAnswer(t testing.TB, tokens *Issuer, of Endpoint, made *Made, want string) {
	t.Helper()
	if got := answer(tokens, of, made.BearerToken); got != want {
		t.Errorf("token %s at %v: %q, want %q", made.ID, of, got, want)
	}
}

func TestTokenLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tokens := node(memory.New())
		forever := mustCreate(t, tokens, orders, Request{})
		hour := mustCreate(t, tokens, orders, Request{Life: time.Hour})
		if forever.ExpiresAt != nil || hour.ExpiresAt == nil || !hour.ExpiresAt.Equal(time.Now().Add(time.Hour)) {
			t.Errorf("ends: %v and %v", forever.ExpiresAt, hour.ExpiresAt)
		}
		values := map[string]bool{}
		for _, value := range []string{forever.BearerToken, forever.SecretToken, hour.BearerToken, hour.SecretToken} {
			// 32 bytes are 43 characters of base64 without padding.
			if !strings.HasPrefix(value, "krs_") || len(value) != len("krs_")+43 || strings.ContainsAny(value, "+/=") {
				t.Errorf("the value %q", value)
			}
			values[value] = true
		}
		if len(values) != 4 {
			t.Errorf("values repeat: %v", values)
		}
		wantAnswer(t, tokens, orders, forever, opens)
		wantAnswer(t, tokens, orders, hour, opens)
		wantAnswer(t, tokens, Endpoint{"orders", "other"}, hour, wrong)
		wantAnswer(t, tokens, Endpoint{"other", "default"}, hour, wrong)
		time.Sleep(time.Hour)
		wantAnswer(t, tokens, orders, forever, opens)
		wantAnswer(t, tokens, orders, hour, expired)

		if err := tokens.Revoke(t.Context(), orders, forever.ID); err != nil {
			t.Fatal(err)
		}
		wantAnswer(t, tokens, orders, forever, wrong)
		list := mustList(t, tokens, orders)
		if len(list) != 2 || list[0].ID != hour.ID || list[0].Status != Expired || list[1].Status != Revoked {
			t.Errorf("list: %+v", list)
		}
		revoked := list[1]
		if revoked.RevokedAt == nil || revoked.LastUsedAt == nil || time.Since(revoked.LastUsedAt.Time) >= time.Second {
			t.Errorf("the revoked one: %+v", revoked)
		}
		if err := tokens.Revoke(t.Context(), orders, forever.ID); err != nil {
			t.Errorf("revoking again: %v", err)
		}
		time.Sleep(keptAfterEnd + time.Second)
		if list := mustList(t, tokens, orders); len(list) != 0 {
			t.Errorf("kept for too long: %+v", list)
		}
		wantAnswer(t, tokens, orders, hour, wrong)
	})
}

func TestTokensUnknown(t *testing.T) {
	tokens := node(memory.New())
	made := mustCreate(t, tokens, orders, Request{})
	other := Endpoint{"orders", "other"}
	for name, err := range map[string]error{
		"revoke nothing":    tokens.Revoke(t.Context(), orders, "nothing"),
		"revoke of another": tokens.Revoke(t.Context(), other, made.ID),
		"replace nothing":   second(tokens.Create(t.Context(), orders, Request{Replace: "nothing"})),
		"replace another's": second(tokens.Create(t.Context(), other, Request{Replace: made.ID})),
	} {
		if !errors.Is(err, ErrUnknown) {
			t.Errorf("%s: %v", name, err)
		}
	}
	wantAnswer(t, tokens, orders, made, opens)
	if list := mustList(t, tokens, other); len(list) != 0 {
		t.Errorf("the other endpoint has %+v", list)
	}
}

func second[T any](_ T, err error) error { return err }

func TestTokenReplace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tokens := node(memory.New())
		first := mustCreate(t, tokens, orders, Request{Life: 90 * 24 * time.Hour})
		next := mustCreate(t, tokens, orders, Request{Replace: first.ID})
		wantAnswer(t, tokens, orders, first, wrong)
		wantAnswer(t, tokens, orders, next, opens)
		if _, err := tokens.Create(t.Context(), orders, Request{Replace: first.ID}); !errors.Is(err, ErrRevoked) {
			t.Errorf("replacing a revoked one: %v", err)
		}

		last := mustCreate(t, tokens, orders, Request{Replace: next.ID, Overlap: 24 * time.Hour})
		wantAnswer(t, tokens, orders, next, opens)
		wantAnswer(t, tokens, orders, last, opens)
		old := mustList(t, tokens, orders)[1]
		if old.ReplacedBy != last.ID || old.ExpiresAt == nil || !old.ExpiresAt.Equal(time.Now().Add(24*time.Hour)) {
			t.Errorf("the replaced one: %+v", old)
		}
		time.Sleep(24 * time.Hour)
		wantAnswer(t, tokens, orders, next, expired)
		wantAnswer(t, tokens, orders, last, opens)

		short := mustCreate(t, tokens, orders, Request{Life: time.Minute})
		mustCreate(t, tokens, orders, Request{Replace: short.ID, Overlap: time.Hour})
		time.Sleep(time.Minute)
		wantAnswer(t, tokens, orders, short, expired) // an overlap never makes a life longer
	})
}

func TestTokenBounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tokens := node(memory.New())
		var made []*Made
		for range MaxHolding {
			made = append(made, mustCreate(t, tokens, orders, Request{}))
		}
		refused := func(r Request) {
			t.Helper()
			_, err := tokens.Create(t.Context(), orders, r)
			if !errors.Is(err, ErrTooMany) || !strings.Contains(err.Error(), "100 tokens") {
				t.Errorf("%+v: %v", r, err)
			}
		}
		refused(Request{})
		refused(Request{Replace: made[0].ID, Overlap: time.Hour})
		mustCreate(t, tokens, Endpoint{"orders", "other"}, Request{})
		made = append(made, mustCreate(t, tokens, orders, Request{Replace: made[0].ID}))
		refused(Request{})
		for _, one := range made[1:] {
			wantAnswer(t, tokens, orders, one, opens)
		}

		// Whoever makes and revokes without end keeps no more than the latest, with room for the next one to end.
		for range MaxHolding + 5 {
			last := made[len(made)-1]
			time.Sleep(time.Second)
			if err := tokens.Revoke(t.Context(), orders, last.ID); err != nil {
				t.Fatal(err)
			}
			made = append(made[:len(made)-1], mustCreate(t, tokens, orders, Request{}))
		}
		statuses := map[Status]int{}
		for _, one := range mustList(t, tokens, orders) {
			statuses[one.Status]++
		}
		if statuses[Active] != MaxHolding || statuses[Revoked] != MaxHolding-1 {
			t.Errorf("kept: %v", statuses)
		}
	})
}

// TestTokensOfAllEndpointsAreBounded fills a store by way of other endpoints.
func TestTokensOfAllEndpointsAreBounded(t *testing.T) {
	s := memory.New()
	for i := range maxKnown {
		record, _ := newRecord(Endpoint{fmt.Sprint("c", i/MaxHolding), "default"}, 0, time.Now())
		text, err := record.encode()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Create(t.Context(), record.key(), text, 0); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := node(s).Create(t.Context(), orders, Request{}); !errors.Is(err, ErrTooMany) {
		t.Errorf("one more than all: %v", err)
	}
}

// changingState has updates and scans fail on demand.
type changingState struct {
	*memory.Store
	onUpdate  func() error
	failScans atomic.Bool
}

var errOutOfReach = errors.New("out of reach")

func (s *changingState) Update(
	ctx context.Context, key string, value []byte, ttl time.Duration, revision uint64,
) (store.Entry, error) {
	if err := s.onUpdate(); err != nil {
		return store.Entry{}, err
	}
	return s.Store.Update(ctx, key, value, ttl, revision)
}

func (s *changingState) Scan(ctx context.Context, prefix string, limit int) ([]store.Entry, error) {
	if s.failScans.Load() {
		return nil, errOutOfReach
	}
	return s.Store.Scan(ctx, prefix, limit)
}

// TestTokenReplaceIsWhole has no new token where the old one cannot be ended.
func TestTokenReplaceIsWhole(t *testing.T) {
	full := errors.New("disk full")
	s := &changingState{Store: memory.New(), onUpdate: func() error { return full }}
	tokens := node(s)
	first := mustCreate(t, tokens, orders, Request{})
	if _, err := tokens.Create(t.Context(), orders, Request{Replace: first.ID}); !errors.Is(err, full) {
		t.Errorf("replaced: %v", err)
	}
	if err := tokens.Revoke(t.Context(), orders, first.ID); !errors.Is(err, full) {
		t.Errorf("revoked: %v", err)
	}
	wantAnswer(t, tokens, orders, first, opens)
	if list := mustList(t, tokens, orders); len(list) != 1 || list[0].Status != Active {
		t.Errorf("list: %+v", list)
	}
}

// TestTokenRevokeDespiteOthers revokes a token that other nodes keep changing, which they cannot do without end.
func TestTokenRevokeDespiteOthers(t *testing.T) {
	conflicts := maxConflicts - 1
	s := &changingState{Store: memory.New(), onUpdate: func() error {
		if conflicts--; conflicts >= 0 {
			return store.ErrConflict
		}
		return nil
	}}
	tokens := node(s)
	made := mustCreate(t, tokens, orders, Request{})
	if err := tokens.Revoke(t.Context(), orders, made.ID); err != nil {
		t.Fatal(err)
	}
	wantAnswer(t, tokens, orders, made, wrong)
	conflicts = maxConflicts
	made = mustCreate(t, tokens, orders, Request{})
	if err := tokens.Revoke(t.Context(), orders, made.ID); !errors.Is(err, store.ErrConflict) {
		t.Errorf("without end: %v", err)
	}
}

// TestTokenChangeOutlivesCaller finishes a revocation whose caller has left.
func TestTokenChangeOutlivesCaller(t *testing.T) {
	tokens := node(memory.New())
	made := mustCreate(t, tokens, orders, Request{})
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if err := tokens.Revoke(gone, orders, made.ID); err != nil {
		t.Error(err)
	}
	wantAnswer(t, tokens, orders, made, wrong)
	if err := tokens.refresh(gone); err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestDamagedTokenIsIgnored(t *testing.T) {
	s := memory.New()
	for key, value := range map[string]string{
		"token/0": `{`, "token/1": `{"id":"2","connector":"orders","endpoint":"default"}`,
		"token/3": `{"id":"3","connector":"orders","endpoint":"default","bearer":"sha256:00","secret":"sha256:00"}`,
	} {
		if _, err := s.Create(t.Context(), key, []byte(value), 0); err != nil {
			t.Fatal(err)
		}
	}
	tokens := node(s)
	made := mustCreate(t, tokens, orders, Request{})
	wantAnswer(t, tokens, orders, made, opens)
	if list := mustList(t, tokens, orders); len(list) != 1 {
		t.Errorf("list: %+v", list)
	}
	if err := tokens.Revoke(t.Context(), orders, "0"); err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Errorf("revoking a damaged token: %v", err)
	}
}

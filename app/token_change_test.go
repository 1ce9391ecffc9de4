package app

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

var orders = endpointKey{"orders", "default"}

// node are the tokens of one process on a store.
func node(s store.Store) *tokens {
	return newTokens(func() (store.Store, error) { return s, nil }, zap.NewNop())
}

func mustCreate(t testing.TB, tokens *tokens, of endpointKey, r TokenRequest) *NewToken {
	t.Helper()
	made, err := tokens.create(context.Background(), of, r)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func mustList(t testing.TB, tokens *tokens, of endpointKey) []Token {
	t.Helper()
	list, err := tokens.list(context.Background(), of)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// answer is what a request with a bearer token is told at an endpoint: "" or the message of its rejection.
func answer(tokens *tokens, of endpointKey, bearer string) string {
	e := &verify.Endpoint{Name: of.endpoint, Issued: tokens.of(of)}
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

func wantAnswer(t testing.TB, tokens *tokens, of endpointKey, made *NewToken, want string) {
	t.Helper()
	if got := answer(tokens, of, made.BearerToken); got != want {
		t.Errorf("token %s at %v: %q, want %q", made.ID, of, got, want)
	}
}

func TestTokenLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tokens := node(memory.New())
		forever := mustCreate(t, tokens, orders, TokenRequest{})
		hour := mustCreate(t, tokens, orders, TokenRequest{Life: time.Hour})
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
		wantAnswer(t, tokens, endpointKey{"orders", "other"}, hour, wrong)
		wantAnswer(t, tokens, endpointKey{"other", "default"}, hour, wrong)
		time.Sleep(time.Hour)
		wantAnswer(t, tokens, orders, forever, opens)
		wantAnswer(t, tokens, orders, hour, expired)

		if err := tokens.revoke(t.Context(), orders, forever.ID); err != nil {
			t.Fatal(err)
		}
		wantAnswer(t, tokens, orders, forever, wrong)
		list := mustList(t, tokens, orders)
		if len(list) != 2 || list[0].ID != hour.ID || list[0].Status != TokenExpired || list[1].Status != TokenRevoked {
			t.Errorf("list: %+v", list)
		}
		revoked := list[1]
		if revoked.RevokedAt == nil || revoked.LastUsedAt == nil || time.Since(revoked.LastUsedAt.Time) >= time.Second {
			t.Errorf("the revoked one: %+v", revoked)
		}
		if err := tokens.revoke(t.Context(), orders, forever.ID); err != nil {
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
	made := mustCreate(t, tokens, orders, TokenRequest{})
	other := endpointKey{"orders", "other"}
	for name, err := range map[string]error{
		"revoke nothing":    tokens.revoke(t.Context(), orders, "nothing"),
		"revoke of another": tokens.revoke(t.Context(), other, made.ID),
		"replace nothing":   second(tokens.create(t.Context(), orders, TokenRequest{Replace: "nothing"})),
		"replace another's": second(tokens.create(t.Context(), other, TokenRequest{Replace: made.ID})),
	} {
		if !errors.Is(err, ErrUnknownToken) {
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
		first := mustCreate(t, tokens, orders, TokenRequest{Life: 90 * 24 * time.Hour})
		next := mustCreate(t, tokens, orders, TokenRequest{Replace: first.ID})
		wantAnswer(t, tokens, orders, first, wrong)
		wantAnswer(t, tokens, orders, next, opens)
		if _, err := tokens.create(t.Context(), orders, TokenRequest{Replace: first.ID}); !errors.Is(err, ErrTokenRevoked) {
			t.Errorf("replacing a revoked one: %v", err)
		}

		last := mustCreate(t, tokens, orders, TokenRequest{Replace: next.ID, Overlap: 24 * time.Hour})
		wantAnswer(t, tokens, orders, next, opens)
		wantAnswer(t, tokens, orders, last, opens)
		old := mustList(t, tokens, orders)[1]
		if old.ReplacedBy != last.ID || old.ExpiresAt == nil || !old.ExpiresAt.Equal(time.Now().Add(24*time.Hour)) {
			t.Errorf("the replaced one: %+v", old)
		}
		time.Sleep(24 * time.Hour)
		wantAnswer(t, tokens, orders, next, expired)
		wantAnswer(t, tokens, orders, last, opens)

		short := mustCreate(t, tokens, orders, TokenRequest{Life: time.Minute})
		mustCreate(t, tokens, orders, TokenRequest{Replace: short.ID, Overlap: time.Hour})
		time.Sleep(time.Minute)
		wantAnswer(t, tokens, orders, short, expired) // an overlap never makes a life longer
	})
}

func TestTokenBounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tokens := node(memory.New())
		var made []*NewToken
		for range MaxTokens {
			made = append(made, mustCreate(t, tokens, orders, TokenRequest{}))
		}
		refused := func(r TokenRequest) {
			t.Helper()
			_, err := tokens.create(t.Context(), orders, r)
			if !errors.Is(err, ErrTooManyTokens) || !strings.Contains(err.Error(), "100 tokens") {
				t.Errorf("%+v: %v", r, err)
			}
		}
		refused(TokenRequest{})
		refused(TokenRequest{Replace: made[0].ID, Overlap: time.Hour})
		mustCreate(t, tokens, endpointKey{"orders", "other"}, TokenRequest{})
		made = append(made, mustCreate(t, tokens, orders, TokenRequest{Replace: made[0].ID}))
		refused(TokenRequest{})
		for _, one := range made[1:] {
			wantAnswer(t, tokens, orders, one, opens)
		}

		// Whoever makes and revokes without end keeps no more than the latest, with room for the next one to end.
		for range MaxTokens + 5 {
			last := made[len(made)-1]
			time.Sleep(time.Second)
			if err := tokens.revoke(t.Context(), orders, last.ID); err != nil {
				t.Fatal(err)
			}
			made = append(made[:len(made)-1], mustCreate(t, tokens, orders, TokenRequest{}))
		}
		statuses := map[TokenStatus]int{}
		for _, one := range mustList(t, tokens, orders) {
			statuses[one.Status]++
		}
		if statuses[TokenActive] != MaxTokens || statuses[TokenRevoked] != MaxTokens-1 {
			t.Errorf("kept: %v", statuses)
		}
	})
}

// TestTokensOfAllEndpointsAreBounded fills a store by way of other endpoints.
func TestTokensOfAllEndpointsAreBounded(t *testing.T) {
	s := memory.New()
	for i := range maxKnownTokens {
		record, _ := newTokenRecord(endpointKey{fmt.Sprint("c", i/MaxTokens), "default"}, 0, time.Now())
		text, err := record.encode()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Create(t.Context(), record.key(), text, 0); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := node(s).create(t.Context(), orders, TokenRequest{}); !errors.Is(err, ErrTooManyTokens) {
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
	first := mustCreate(t, tokens, orders, TokenRequest{})
	if _, err := tokens.create(t.Context(), orders, TokenRequest{Replace: first.ID}); !errors.Is(err, full) {
		t.Errorf("replaced: %v", err)
	}
	if err := tokens.revoke(t.Context(), orders, first.ID); !errors.Is(err, full) {
		t.Errorf("revoked: %v", err)
	}
	wantAnswer(t, tokens, orders, first, opens)
	if list := mustList(t, tokens, orders); len(list) != 1 || list[0].Status != TokenActive {
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
	made := mustCreate(t, tokens, orders, TokenRequest{})
	if err := tokens.revoke(t.Context(), orders, made.ID); err != nil {
		t.Fatal(err)
	}
	wantAnswer(t, tokens, orders, made, wrong)
	conflicts = maxConflicts
	made = mustCreate(t, tokens, orders, TokenRequest{})
	if err := tokens.revoke(t.Context(), orders, made.ID); !errors.Is(err, store.ErrConflict) {
		t.Errorf("without end: %v", err)
	}
}

// TestTokenChangeOutlivesCaller finishes a revocation whose caller has left.
func TestTokenChangeOutlivesCaller(t *testing.T) {
	tokens := node(memory.New())
	made := mustCreate(t, tokens, orders, TokenRequest{})
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if err := tokens.revoke(gone, orders, made.ID); err != nil {
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
	made := mustCreate(t, tokens, orders, TokenRequest{})
	wantAnswer(t, tokens, orders, made, opens)
	if list := mustList(t, tokens, orders); len(list) != 1 {
		t.Errorf("list: %+v", list)
	}
	if err := tokens.revoke(t.Context(), orders, "0"); err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Errorf("revoking a damaged token: %v", err)
	}
}

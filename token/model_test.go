package token

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/krosyn/gateway/store/memory"
)

// TestTokensOfNodes takes random steps on two nodes that share a store. Whenever a node has refreshed, each of its
// answers is that of a simple model: nothing is skipped, nothing revoked is left.
func TestTokensOfNodes(t *testing.T) {
	kinds := []string{"create", "create", "replace", "revoke", "sleep", "uses", "restart"}
	step := rapid.Custom(func(t *rapid.T) tokenStep {
		return tokenStep{
			kind: rapid.SampledFrom(kinds).Draw(t, "kind"),
			node: rapid.IntRange(0, 1).Draw(t, "node"), endpoint: rapid.IntRange(0, 2).Draw(t, "endpoint"),
			token: rapid.IntRange(0, 20).Draw(t, "token"), hours: rapid.IntRange(0, 3).Draw(t, "hours"),
		}
	})
	rapid.Check(t, func(rt *rapid.T) {
		steps := rapid.SliceOfN(step, 1, 25).Draw(rt, "steps")
		var err error
		synctest.Test(t, func(*testing.T) { err = newTokenModel().run(steps) })
		if err != nil {
			rt.Fatal(err)
		}
	})
}

// tokenStep is what happens next; token chooses among those that there are.
type tokenStep struct {
	kind                         string
	node, endpoint, token, hours int
}

type tokenModel struct {
	store  *memory.Store
	nodes  []*Issuer
	tokens []*modelToken
}

type modelToken struct {
	made    *Made
	of      Endpoint
	ends    time.Time
	revoked bool
}

var modelEndpoints = []Endpoint{orders, {"orders", "other"}, {"a", "b"}}

func newTokenModel() *tokenModel {
	s := memory.New()
	return &tokenModel{store: s, nodes: []*Issuer{node(s), node(s)}}
}

func (m *tokenModel) run(steps []tokenStep) error {
	for i, step := range steps {
		if err := m.take(step); err != nil {
			return fmt.Errorf("step %d: %w", i, err)
		}
		for j, n := range m.nodes {
			if err := n.refresh(context.Background()); err != nil {
				return err
			}
			if err := m.compare(n); err != nil {
				return fmt.Errorf("after step %d, node %d: %w", i, j, err)
			}
		}
	}
	return nil
}

func (m *tokenModel) take(step tokenStep) error {
	n := m.nodes[step.node]
	d := time.Duration(step.hours) * time.Hour
	var chosen *modelToken
	if len(m.tokens) > 0 {
		chosen = m.tokens[step.token%len(m.tokens)]
	}
	switch {
	case step.kind == "create":
		return m.create(n, modelEndpoints[step.endpoint], Request{Life: d})
	case step.kind == "sleep":
		time.Sleep(d + time.Minute)
	case step.kind == "uses":
		return n.writeUses(context.Background(), useSlack)
	case step.kind == "restart":
		m.nodes[step.node] = node(m.store)
	case chosen == nil:
	case step.kind == "revoke":
		chosen.revoked = true
		return n.Revoke(context.Background(), chosen.of, chosen.made.ID)
	case step.kind == "replace" && !chosen.revoked:
		if err := m.create(n, chosen.of, Request{Replace: chosen.made.ID, Overlap: d}); err != nil {
			return err
		}
		if end := time.Now().Add(d).Truncate(time.Millisecond); d == 0 {
			chosen.revoked = true
		} else if chosen.ends.IsZero() || end.Before(chosen.ends) {
			chosen.ends = end
		}
	}
	return nil
}

func (m *tokenModel) create(n *Issuer, of Endpoint, r Request) error {
	made, err := n.Create(context.Background(), of, r)
	if err != nil {
		return err
	}
	added := &modelToken{made: made, of: of}
	if r.Life > 0 {
		added.ends = made.ExpiresAt.Time
	}
	m.tokens = append(m.tokens, added)
	return nil
}

func (m *tokenModel) compare(n *Issuer) error {
	for _, known := range m.tokens {
		for _, of := range modelEndpoints {
			want := wrong
			switch {
			case of != known.of || known.revoked:
			case !known.ends.IsZero() && !time.Now().Before(known.ends):
				want = expired
			default:
				want = opens
			}
			if got := answer(n, of, known.made.BearerToken); got != want {
				return fmt.Errorf("token %s of %v is told %q at %v, want %q", known.made.ID, known.of, got, of, want)
			}
		}
	}
	return nil
}

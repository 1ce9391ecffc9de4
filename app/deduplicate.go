package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/krosyn/gateway/event"
	"github.com/krosyn/gateway/expression"
	"github.com/krosyn/gateway/expression/value"
	"github.com/krosyn/gateway/pipeline"
	"github.com/krosyn/gateway/store"
)

// ErrInProgress: the delivery is being executed for an earlier request.
var ErrInProgress = errors.New("delivery is in progress")

// deliveries is how a connector tells a delivery from its repetition.
//
// A delivery is claimed in two steps. While its first request is executed the claim is provisional: it is in memory,
// so a process that ends takes it along. It becomes firm in the transaction that makes the event durable, and only when
// the event is completed, skipped or accepted for later. So a sender who was answered with a failure, or not at all, can send again and is
// executed; one who was answered and did not hear it gets the same answer.
type deliveries struct {
	key    *expression.Program
	window time.Duration
}

// claim is a delivery that is being executed.
type claim struct {
	key    string
	window time.Duration
}

// accepted is the value of a firm claim.
type accepted struct {
	Event  event.ID     `json:"event"`
	Status event.Status `json:"status"`
}

// provisionDeduplicate checks and compiles `deduplicate`.
func (c *Connector) provisionDeduplicate() error {
	d := c.Deduplicate
	if d == nil {
		return nil
	}
	if d.Window <= 0 {
		return errors.New("the window must be positive")
	}
	c.deliveries = &deliveries{window: time.Duration(d.Window)}
	for i, e := range c.endpoints {
		if e.Signature == nil {
			if d.Key == "" && c.Endpoints[i].SignatureRaw == nil { // one that is wrong is a fault of its own
				return fmt.Errorf("endpoint %s has no signature whose delivery id could be used: give an expression", e.Name)
			}
			continue
		}
		traits := e.Signature.Traits()
		if d.Key == "" && !traits.Identifies {
			return fmt.Errorf("the signature of endpoint %s has no delivery id: give an expression", c.endpoints[i].Name)
		}
		if c.deliveries.window < 2*traits.Tolerance {
			return fmt.Errorf("the window %s is shorter than twice the tolerance of the signature's timestamp, %s: "+
				"a delivery could be replayed after it", c.deliveries.window, traits.Tolerance)
		}
	}
	if d.Key == "" {
		return nil
	}
	if err := refusePlaceholder(d.Key); err != nil {
		return err
	}
	var err error
	c.deliveries.key, err = c.app.compiler().Expression(d.Key, expression.ScopeTrigger)
	return err
}

// claimOf is the claim of an input's delivery; its key is empty where the delivery has none, and is never deduplicated.
// The input of a retry brings its digest along: what it was made of may not be in the stored event, or be redacted there.
func (c *Connector) claimOf(in *pipeline.Input) (claim, error) {
	if c.deliveries == nil {
		return claim{}, nil
	}
	if in.Claim == "" {
		id, err := c.deliveryOf(in)
		if err != nil || id == "" {
			return claim{}, err
		}
		digest := sha256.Sum256([]byte(id))
		in.Claim = hex.EncodeToString(digest[:])
	}
	return claim{"claim/" + c.Name + "/" + in.Claim, c.deliveries.window}, nil
}

// deliveryOf is what tells an input's delivery from others; empty where nothing does.
func (c *Connector) deliveryOf(in *pipeline.Input) (string, error) {
	if c.deliveries.key == nil {
		return in.Delivery, nil
	}
	result, err := c.deliveries.key.Eval(in.Context(c.Name, c.app.environment.Secrets))
	if err != nil || result == nil {
		return "", err
	}
	// The type is part of the key: 1 and "1" are two deliveries.
	return value.TypeOf(result) + ":" + value.Text(result), nil
}

// earlier is the event that an earlier request of the delivery made, if there is a firm claim.
func (c *claim) earlier(ctx context.Context, events eventStore) (*accepted, error) {
	entry, err := events.Load(ctx, c.key)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	first := new(accepted)
	if err := json.Unmarshal(entry.Value, first); err != nil {
		return nil, fmt.Errorf("claim of a delivery: %w", err)
	}
	if first.Status != event.Pending {
		return first, nil
	}
	switch e, err := events.Get(ctx, first.Event); {
	case err == nil:
		first.Status = e.Status
	case !errors.Is(err, store.ErrNotFound):
		return nil, err
	}
	return first, nil
}

// entries is the firm claim of a finished event: what is written with it.
func (c *claim) entries(e *event.Event) ([]store.Entry, error) {
	if c.key == "" || e.Status == event.Failed {
		return nil, nil
	}
	text, err := json.Marshal(accepted{e.ID, e.Status})
	if err != nil {
		return nil, err
	}
	return []store.Entry{{Key: c.key, Value: text, ExpiresAt: time.Now().Add(c.window)}}, nil
}

// maxClaims bounds the deliveries that are remembered, of all connectors together. It is a variable for tests only.
var maxClaims int64 = 5_000_000

// room tells whether another delivery can be remembered. To forget one early would let it be executed twice, so new
// ones are refused until old ones have ended.
func room(ctx context.Context, state store.State) error {
	n, err := state.Entries(ctx)
	if err != nil || n < maxClaims {
		return err
	}
	return &store.Unavailable{
		Cause:  fmt.Errorf("%d deliveries are remembered, which is the most", n),
		Remedy: "deduplicate with a shorter window",
	}
}

// inProgress has the keys of the provisional claims of all connectors. It outlives reloads.
type inProgress struct {
	mu   sync.Mutex
	keys map[string]struct{}
}

// begin claims a key, unless somebody has.
func (p *inProgress) begin(key string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, taken := p.keys[key]; taken {
		return false
	}
	if p.keys == nil {
		p.keys = make(map[string]struct{})
	}
	p.keys[key] = struct{}{}
	return true
}

// end gives a key up.
func (p *inProgress) end(key string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.keys, key)
}

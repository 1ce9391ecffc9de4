package signature

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestEveryPresetIsTested has the tables of the tests complete. Mailgun's signature is in the body: TestMailgun.
func TestEveryPresetIsTested(t *testing.T) {
	want := slices.DeleteFunc(Schemes(), func(name string) bool { return name == Generic || name == "mailgun" })
	if got := slices.Sorted(maps.Keys(senders)); !slices.Equal(got, want) {
		t.Errorf("tested are %v\nthere are %v", got, want)
	}
}

// attempt is what a request under test is judged by.
type attempt struct {
	secrets []Secret
	request *Request
	want    error
}

var valid = []Secret{{Value: theKey}}

// TestPresets makes the same attempts at each preset.
func TestPresets(t *testing.T) {
	for name, s := range senders {
		t.Run(name, func(t *testing.T) {
			for _, test := range []struct {
				name string
				make func(name string) *attempt
			}{
				{"genuine", func(string) *attempt { return &attempt{valid, s.request(now, theKey), nil} }},
				{"changed body", s.changedBody},
				{"changed timestamp", s.changedTimestamp},
				{"truncated signature", s.truncated},
				{"lengthened signature", s.lengthened},
				{"empty signature", s.empty},
				{"no signature", s.absent},
				{"wrong algorithm", s.wrongAlgorithm},
				{"wrong secret", func(string) *attempt { return &attempt{valid, s.request(now, another), Mismatch} }},
				{"second signature right", s.secondRight},
				{"as old as may be", func(string) *attempt { return s.sentAt(now.Add(-defaultTolerance), nil) }},
				{"as far ahead as may be", func(string) *attempt { return s.sentAt(now.Add(defaultTolerance), nil) }},
				{"old", func(string) *attempt { return s.sentAt(now.Add(-defaultTolerance-time.Second), Stale) }},
				{"from the future", func(string) *attempt { return s.sentAt(now.Add(defaultTolerance+time.Second), Stale) }},
				{"repeated header", s.repeated},
				{"repeated, one wrong", s.repeatedWrong},
				{"second secret right", func(string) *attempt {
					return &attempt{[]Secret{{Value: another}, {Value: theKey}}, s.request(now, theKey), nil}
				}},
				{"secret not yet valid", windowed(s, Secret{Value: theKey, From: now.Add(time.Second)}, NoKey)},
				{"secret no longer valid", windowed(s, Secret{Value: theKey, Until: now}, NoKey)},
				{"secret in its window", windowed(s, Secret{Value: theKey, From: now, Until: now.Add(1)}, nil)},
			} {
				t.Run(test.name, func(t *testing.T) {
					a := test.make(name)
					if a == nil {
						t.Skip("it does not apply")
					}
					v := newVerifier(t, name, s.config(name, a.secrets...))
					delivery, err := v.Verify(a.request, now)
					if !errors.Is(err, a.want) || a.want == nil && err != nil {
						t.Fatalf("error is %v, want %v", err, a.want)
					}
					if err == nil && delivery.ID != s.id {
						t.Errorf("id is %q, want %q", delivery.ID, s.id)
					}
					if err == nil && (s.stamp != nil) == delivery.Timestamp.IsZero() {
						t.Errorf("timestamp is %s", delivery.Timestamp)
					}
				})
			}
		})
	}
}

func (s sender) changedBody(name string) *attempt {
	r := s.request(now, theKey)
	r.Body = append(r.Body, ' ')
	if name == "twilio" {
		r.Body = []byte("To=%2B1&From=3")
	}
	if name == "gitlab" {
		return nil // signs nothing
	}
	return &attempt{valid, r, Mismatch}
}

func (s sender) changedTimestamp(name string) *attempt {
	if s.stamp == nil {
		return nil
	}
	timestamp, body := s.delivery(now)
	later, _ := s.delivery(now.Add(time.Second))
	r := s.request(now, theKey)
	r.Body = []byte(strings.ReplaceAll(body, timestamp, later))
	for field, values := range r.Header {
		r.Header[field] = []string{strings.ReplaceAll(values[0], timestamp, later)}
	}
	return &attempt{valid, r, Mismatch}
}

func (s sender) signatureAt(at time.Time, key string) string {
	timestamp, body := s.delivery(at)
	return s.encode(s.sum(key, s.signed(timestamp, body)))
}

func (s sender) truncated(name string) *attempt {
	signature := strings.TrimRight(s.signatureAt(now, theKey), "=")
	a := &attempt{valid, s.carrying(now, signature[:len(signature)-1]), Malformed}
	if name == "gitlab" {
		a.want = Mismatch
	}
	return a
}

func (s sender) lengthened(name string) *attempt {
	a := &attempt{valid, s.carrying(now, s.signatureAt(now, theKey)+"00"), Malformed}
	if name == "gitlab" {
		a.want = Mismatch
	}
	return a
}

// empty has the mark of a signature, where there is one, and no signature.
func (s sender) empty(name string) *attempt {
	r := s.carrying(now, "")
	want := Malformed
	if r.Header.Get(presets[name].scheme.headers[0].signature) == "" {
		want = Missing
	}
	return &attempt{valid, r, want}
}

func (s sender) absent(string) *attempt {
	r := s.request(now, theKey)
	r.Header = http.Header{"Content-Type": {"application/json"}}
	return &attempt{valid, r, Missing}
}

func (s sender) wrongAlgorithm(name string) *attempt {
	timestamp, body := s.delivery(now)
	mistaken := s.mistaken(theKey, s.signed(timestamp, body))
	want := Malformed // it has another length
	if name == "gitlab" || len(mistaken) == len(s.sum(theKey, "")) {
		want = Mismatch
	}
	return &attempt{valid, s.carrying(now, s.encode(mistaken)), want}
}

// secondRight holds where a scheme lists signatures. Where it does not, the list is no signature at all.
func (s sender) secondRight(name string) *attempt {
	a := &attempt{valid, s.request(now, another, theKey), nil}
	if !s.many {
		a.want = Malformed
	}
	if name == "gitlab" {
		a.want = Mismatch
	}
	return a
}

func (s sender) sentAt(at time.Time, want error) *attempt {
	if s.stamp == nil {
		return nil
	}
	return &attempt{valid, s.request(at, theKey), want}
}

func (s sender) repeated(name string) *attempt {
	r := s.request(now, theKey)
	field := newSignatureHeader(name)
	r.Header[field] = append(r.Header[field], r.Header[field]...)
	return &attempt{valid, r, Ambiguous}
}

func (s sender) repeatedWrong(name string) *attempt {
	r := s.request(now, theKey)
	field := newSignatureHeader(name)
	r.Header[field] = append(s.request(now, another).Header[field], r.Header[field]...)
	return &attempt{valid, r, Ambiguous}
}

func newSignatureHeader(preset string) string {
	return presets[preset].scheme.compile().headers[0].signature
}

func windowed(s sender, secret Secret, want error) func(string) *attempt {
	return func(name string) *attempt {
		if name == "discord" {
			return nil // public keys have no window
		}
		return &attempt{[]Secret{secret}, s.request(now, theKey), want}
	}
}

// TestRepeatedParts has timestamp and id unambiguous, too.
func TestRepeatedParts(t *testing.T) {
	s := senders["standard-webhooks"]
	for _, name := range []string{"Webhook-Id", "Webhook-Timestamp"} {
		r := s.request(now, theKey)
		r.Header.Add(name, "another")
		if _, err := newVerifier(t, "standard-webhooks", Config{Secrets: valid}).Verify(r, now); err != Ambiguous {
			t.Errorf("%s: error is %v", name, err)
		}
		r.Header.Del(name)
		if _, err := newVerifier(t, "standard-webhooks", Config{Secrets: valid}).Verify(r, now); err != Missing {
			t.Errorf("no %s: error is %v", name, err)
		}
	}
}

// TestEverySecretIsCompared proves that there is no early exit: whatever matches, and wherever, the number of
// comparisons is that of the valid secrets times the well-formed signatures.
func TestEverySecretIsCompared(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var c Config
		c.HMAC = HMAC{Header: "X-Sig", Separator: ",", Prefix: "v1="}
		validSecrets, rightIsValid := 0, false
		count := rapid.IntRange(1, 6).Draw(rt, "secrets")
		right := rapid.IntRange(0, count-1).Draw(rt, "right")
		for i := range count {
			secret := Secret{Value: fmt.Sprint("secret-", i)}
			if rapid.Bool().Draw(rt, "expired") {
				secret.Until = now
			} else {
				validSecrets++
				rightIsValid = rightIsValid || i == right
			}
			c.Secrets = append(c.Secrets, secret)
		}
		body := rapid.String().Draw(rt, "body")
		sign := func(key string) string { return fmt.Sprintf("v1=%x", mac256(key, body)) }
		items := rapid.SliceOfN(rapid.SampledFrom([]string{
			sign(c.Secrets[right].Value), sign("wrong"), sign("wrong too"), "v1=00", "v0=" + sign("x")[3:], "", "v1=zz",
		}), 1, 12).Draw(rt, "items")
		wellFormed, hasRight := 0, false
		for _, item := range items {
			if strings.HasPrefix(item, "v1=") && len(item) == 67 {
				wellFormed++
			}
			hasRight = hasRight || item == sign(c.Secrets[right].Value)
		}
		v := newVerifier(t, Generic, c).(*verifier)
		var p presented
		r := &Request{Header: http.Header{"X-Sig": {strings.Join(items, ",")}}, Body: []byte(body)}
		_, err := v.verify(r, &p, now)
		if want := validSecrets * wellFormed; p.comparisons != want {
			rt.Fatalf("%d comparisons, want %d", p.comparisons, want)
		}
		if (err == nil) != (hasRight && rightIsValid) {
			rt.Fatalf("error is %v", err)
		}
	})
}

func TestTooManySignatures(t *testing.T) {
	wrong := fmt.Sprintf("%x", mac256("wrong", ""))
	right := fmt.Sprintf("%x", mac256("secret", ""))
	v := newVerifier(t, Generic, Config{
		Secrets: []Secret{{Value: "secret"}}, HMAC: HMAC{Header: "X-Sig", Separator: ","},
	})
	for name, test := range map[string]struct {
		items []string
		want  error
	}{
		"as many as may be":        {append(slices.Repeat([]string{wrong}, maxCandidates-1), right), nil},
		"right before too many":    {append([]string{right}, slices.Repeat([]string{wrong}, maxCandidates)...), Malformed},
		"right after too many":     {append(slices.Repeat([]string{wrong}, maxCandidates), right), Malformed},
		"right after too much":     {append(slices.Repeat([]string{"x"}, maxItems), right), Malformed},
		"right in too long a line": {append(slices.Repeat([]string{strings.Repeat("x", maxHeader/4)}, 5), right), Malformed},
	} {
		r := &Request{Header: http.Header{"X-Sig": {strings.Join(test.items, ",")}}}
		if _, err := v.Verify(r, now); err != test.want {
			t.Errorf("%s: error is %v, want %v", name, err, test.want)
		}
	}
}

// TestAnyChangeIsNoticed changes one bit of what is signed.
func TestAnyChangeIsNoticed(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		body := rapid.SliceOfN(rapid.Byte(), 1, 200).Draw(rt, "body")
		v := newVerifier(t, "krosyn", Config{Secrets: []Secret{{Value: "secret"}}})
		r := &Request{
			Header: http.Header{"X-Webhook-Signature": {fmt.Sprintf("%x", mac256("secret", string(body)))}}, Body: body,
		}
		if _, err := v.Verify(r, now); err != nil {
			rt.Fatal(err)
		}
		at := rapid.IntRange(0, len(body)-1).Draw(rt, "at")
		body[at] ^= 1 << rapid.IntRange(0, 7).Draw(rt, "bit")
		if _, err := v.Verify(r, now); err != Mismatch {
			rt.Fatalf("error is %v", err)
		}
	})
}

func TestPresentedAndTraits(t *testing.T) {
	for name, s := range senders {
		v := newVerifier(t, name, s.config(name, valid...))
		if r := s.request(now, theKey); !v.Presented(r.Header) {
			t.Errorf("%s: a signed request presents nothing", name)
		}
		if v.Presented(header("Content-Type: application/json", "Authorization: Bearer x")) {
			t.Errorf("%s: an unsigned request presents something", name)
		}
		traits := v.Traits()
		if traits.Identifies != (s.id != "") {
			t.Errorf("%s: identifies is %t", name, traits.Identifies)
		}
		if (traits.Tolerance == defaultTolerance) != (s.stamp != nil) {
			t.Errorf("%s: tolerance is %s", name, traits.Tolerance)
		}
		if !slices.Contains(traits.Headers, newSignatureHeader(name)) {
			t.Errorf("%s: headers are %v", name, traits.Headers)
		}
	}
}

func mac256(key, message string) []byte { return senders["krosyn"].sum(key, message) }

// TestVerifyConcurrently has nothing shared between requests, for the race detector to see.
func TestVerifyConcurrently(t *testing.T) {
	s := senders["standard-webhooks"]
	v := newVerifier(t, "standard-webhooks", Config{Secrets: []Secret{{Value: another}, {Value: theKey}}})
	var requests sync.WaitGroup
	for range 8 {
		requests.Go(func() {
			for range 100 {
				if _, err := v.Verify(s.request(now, theKey), now); err != nil {
					t.Error(err)
				}
				if _, err := v.Verify(s.request(now, "AAAA"), now); err != Mismatch {
					t.Errorf("wrong secret: error is %v", err)
				}
			}
		})
	}
	requests.Wait()
}

package verify

import (
	"net/http"
	"slices"
	"time"

	"github.com/krosyn/gateway/verify/signature"
)

// Admission is the decision about one request. It is made in two parts: tokens are judged before the body is read,
// because the body of a stranger is not worth holding; origins and signatures after it.
type Admission struct {
	endpoints []*Endpoint
	now       time.Time
	match     Match
	rejection *Rejection
}

// Begin judges the tokens of a request to these endpoints, see Authenticate.
func Begin(endpoints []*Endpoint, header http.Header, now time.Time) Admission {
	a := Admission{endpoints: endpoints, now: now}
	a.match, a.rejection = Authenticate(endpoints, header, now)
	return a
}

// WantsBody tells whether the request may still be admitted, so that its body has to be kept.
func (a *Admission) WantsBody() bool {
	return a.rejection == nil || slices.ContainsFunc(a.endpoints, (*Endpoint).bySignature)
}

// Finish judges origin and signature. A signature that an endpoint declares must hold whatever else the request
// presents; an endpoint without tokens is selected by its signature alone. An issued token that was needed is marked as
// used.
func (a *Admission) Finish(r *signature.Request) (*Endpoint, signature.Delivery, *Rejection) {
	if a.rejection != nil {
		return a.selectBySignature(r)
	}
	endpoint, delivery := a.match.Endpoint, signature.Delivery{}
	if rejection := endpoint.CheckOrigin(r.Header); rejection != nil {
		return nil, delivery, rejection
	}
	if endpoint.Signature != nil {
		var err error
		if delivery, err = endpoint.Signature.Verify(r, a.now); err != nil {
			return nil, signature.Delivery{}, invalidSignature
		}
	}
	if token := a.match.Token; token != nil {
		token.MarkUsed(a.now)
	}
	return endpoint, delivery, nil
}

// selectBySignature looks for an endpoint that the request's signature opens. Where there is none, the rejection is
// that of the request's tokens if it presented any, and the signature's if it did not but should have.
func (a *Admission) selectBySignature(r *signature.Request) (*Endpoint, signature.Delivery, *Rejection) {
	rejection := a.rejection
	for _, e := range a.endpoints {
		if !e.bySignature() {
			continue
		}
		if refused := e.CheckOrigin(r.Header); refused != nil {
			rejection = a.prefer(rejection, refused, e, r)
			continue
		}
		delivery, err := e.Signature.Verify(r, a.now)
		switch {
		case err != nil:
			rejection = a.prefer(rejection, invalidSignature, e, r)
		case e.expiredAt(a.now):
			rejection = a.prefer(rejection, expiredToken, e, r)
		default:
			return e, delivery, nil
		}
	}
	return nil, signature.Delivery{}, rejection
}

// prefer chooses between two rejections: an endpoint's own counts where the request carries that endpoint's signature,
// or where there is no other way in.
func (a *Admission) prefer(current, own *Rejection, e *Endpoint, r *signature.Request) *Rejection {
	onlySigned := !slices.ContainsFunc(a.endpoints, func(other *Endpoint) bool { return !other.bySignature() })
	if onlySigned || e.Signature.Presented(r.Header) && current == missingToken {
		return own
	}
	return current
}

// bySignature tells whether the signature is the endpoint's only credential.
func (e *Endpoint) bySignature() bool { return e.Signature != nil && !e.hasTokens() }

func (e *Endpoint) hasTokens() bool {
	return len(e.BearerTokens)+len(e.SecretTokens)+len(e.SecretHeaders) > 0 || e.Issued != nil
}

package verify

import "net/http"

// Rejection says why a caller is turned away. It carries only what the caller may read: nothing in it tells which
// token was nearly right or which endpoint was meant.
type Rejection struct {
	// Status is the HTTP status of the answer.
	Status int
	// Reason is the value of the metric label `reason`.
	Reason string
	// Message is the `error` of the answer's body.
	Message string
}

// All rejections of this package. They are shared: callers must not change them.
var (
	missingToken = &Rejection{
		http.StatusUnauthorized, "missing_token", "Bearer token or secret token is required",
	}
	invalidToken = &Rejection{
		http.StatusUnauthorized, "invalid_token", "Invalid authentication token",
	}
	expiredToken = &Rejection{
		http.StatusUnauthorized, "expired_token", "Authentication token has expired",
	}
	invalidSignature = &Rejection{
		http.StatusUnauthorized, "signature", "Invalid webhook signature",
	}
	originRefused = &Rejection{
		http.StatusForbidden, "origin", "Origin not allowed",
	}
)

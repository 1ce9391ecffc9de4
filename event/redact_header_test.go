package event

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRedactHeader(t *testing.T) {
	r := NewRedactor(map[string]string{"TOKEN": token}, []string{"X-Internal", " x-shop-key "})
	headers := http.Header{
		"Authorization": {"Bearer abc", "Basic def"}, "authorization": {"in small letters"},
		"Proxy-Authorization": {"x"}, "Cookie": {"a=b"},
		"Set-Cookie": {"a=b", "c=d"}, "X-Secret-Token": {"x"}, "X-Api-Key": {"x"}, "Api-Key": {"x"},
		"X-Auth-Token": {"x"}, "X-Gitlab-Token": {"x"},
		"Webhook-Signature": {"v1,x"}, "Signature": {"x"}, "X-Hub-Signature-256": {"x"}, "X-Signature-Ed25519": {"x"},
		"X-INTERNAL": {"x"},
		"X-Shop-Key": {"x"}, "Signature-Input": {}, "X-Nothing": nil,
		"Content-Type": {"application/json"}, "X-Tokens-Left": {"5"}, "X-Request-Id": {"7"},
		"Location":       {"https://x/s3cr3t-t0ken", "/"},
		"X-s3cr3t-t0ken": {"y"},
	}
	original := headers.Clone()
	mask := []string{Redacted}
	want := http.Header{
		"Authorization": {Redacted, Redacted}, "authorization": mask, "Proxy-Authorization": mask, "Cookie": mask,
		"Set-Cookie": {Redacted, Redacted}, "X-Secret-Token": mask, "X-Api-Key": mask, "Api-Key": mask,
		"X-Auth-Token": mask, "X-Gitlab-Token": mask,
		"Webhook-Signature": mask, "Signature": mask, "X-Hub-Signature-256": mask, "X-Signature-Ed25519": mask,
		"X-INTERNAL": mask,
		"X-Shop-Key": mask, "Signature-Input": {}, "X-Nothing": nil,
		"Content-Type": {"application/json"}, "X-Tokens-Left": {"5"}, "X-Request-Id": {"7"},
		"Location":      {"https://x/" + Redacted, "/"},
		"X-" + Redacted: {"y"},
	}
	got := r.Header(headers)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(want, r.changedHeader(headers)); diff != "" {
		t.Error(diff)
	}
	for _, values := range got {
		if len(values) > 0 {
			values[0] = "written to"
		}
	}
	if diff := cmp.Diff(original, headers); diff != "" {
		t.Errorf("the headers themselves were changed, or share values: %s", diff)
	}
}

func TestRedactHeaderWithoutSecret(t *testing.T) {
	r := NewRedactor(nil, nil)
	if r.Header(nil) != nil || r.changedHeader(nil) != nil {
		t.Error("no headers become some")
	}
	headers := http.Header{"Accept": {"*/*"}, "Cookie": {Redacted}}
	got := r.Header(headers)
	if diff := cmp.Diff(headers, got); diff != "" {
		t.Error(diff)
	}
	got.Set("Accept", "x")
	got["Cookie"][0] = "x"
	if headers.Get("Accept") != "*/*" || headers.Get("Cookie") != Redacted {
		t.Error("the copy shares something with the headers")
	}
	r.changedHeader(headers).Set("Accept", "y")
	if headers.Get("Accept") != "y" {
		t.Error("headers without a secret were copied")
	}
}

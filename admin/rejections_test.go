package admin

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestRejectionsRefuse(t *testing.T) {
	for parameters, part := range map[string]string{
		"reason=zz":   `reason "zz" is none of missing_token, invalid_token, `,
		"reason=Body": "body", "limit=0": "limit", "limit=501": "500", "colour=1": "allowed: connector, reason, limit",
	} {
		err := listRejections(httptest.NewRecorder(), request(parameters), nil)
		if status, text := apiError(err); status != http.StatusBadRequest || !strings.Contains(text, part) {
			t.Errorf("%s: %d %q, want a 400 with %q", parameters, status, text, part)
		}
	}
}

// TestReasons compares the list with the reasons that stand where requests are turned away.
func TestReasons(t *testing.T) {
	files, err := filepath.Glob("../handler/*.go")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	declaration := regexp.MustCompile(`\breason: +"(\w+)"|&Rejection{\s+http\.\w+, "(\w+)"`)
	var declared []string
	for _, file := range append(files, "../verify/rejection.go") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		for _, found := range declaration.FindAllStringSubmatch(string(text), -1) {
			declared = append(declared, found[1]+found[2])
		}
	}
	slices.Sort(declared)
	if declared = slices.Compact(declared); !slices.Equal(declared, slices.Sorted(slices.Values(reasons))) {
		t.Errorf("%q are declared, and %q are allowed", declared, reasons)
	}
}

package krosyn_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"flag"
	"maps"
	"math/big"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"

	"github.com/krosyn/gateway/caddyfile"
	"github.com/krosyn/gateway/store/badger"
	"github.com/krosyn/gateway/verify/signature"
)

var update = flag.Bool("update", false, "rewrite the JSON twins of docs/directives")

// steps lead from the handler, or the app, to the object that a block becomes.
var steps = map[string][]string{
	"the global krosyn block": {},
	"egress":                  {"egress"},
	"store badger":            {"store"},
	"a site's krosyn block":   {},
	"connector":               {"connector"},
	"endpoint":                {"connector", "endpoint"},
	"signature":               {"connector", "endpoint", "signature"},
	"process":                 {"connector", "process"},
	"lookup":                  {"connector", "process", "lookup"},
	"perform":                 {"connector", "perform"},
	"retry":                   {"connector", "perform", "retry"},
	"breaker":                 {"connector", "perform", "breaker"},
	"oauth2":                  {"connector", "perform", "oauth2"},
	"sign hmac":               {"connector", "perform", "sign"},
	"tls":                     {"connector", "perform", "tls"},
}

var (
	blockHeading     = regexp.MustCompile(`(?m)^## In (.+)$`)
	directiveHeading = regexp.MustCompile("(?m)^### `(.+)`$")
	caddyfileAndJSON = regexp.MustCompile("(?s)```caddyfile\n(.*?)```\n\n```json\n(.*?)```\n")
)

// TestDirectives holds docs/directives against the tables of the Caddyfile: there is a section for every directive and
// none for anything else. Each has an example that loads, and the JSON that it becomes.
func TestDirectives(t *testing.T) {
	pages, err := filepath.Glob("docs/directives/*.md")
	if err != nil || len(pages) == 0 {
		t.Fatal(pages, err)
	}
	environment := environmentOf(t)
	documented := make(map[string][]string)
	for _, page := range pages {
		content, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		text := string(content)
		for _, block := range sections(blockHeading, text) {
			for _, directive := range sections(directiveHeading, block.text) {
				documented[block.name] = append(documented[block.name], directive.name)
				t.Run(block.name+"/"+directive.name, func(t *testing.T) {
					rewritten := checkDirective(t, block.name, directive, environment)
					text = strings.Replace(text, directive.text, rewritten, 1)
				})
			}
		}
		if *update {
			if err := os.WriteFile(page, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	want := knownDirectives()
	for _, block := range slices.Sorted(maps.Keys(want)) {
		slices.Sort(documented[block])
		if !slices.Equal(documented[block], want[block]) {
			t.Errorf("in %s the pages have %v, the block has %v", block, documented[block], want[block])
		}
		delete(documented, block)
	}
	if len(documented) > 0 {
		t.Errorf("no such blocks: %v", documented)
	}
}

// section is what stands below a heading, up to the next one of its kind.
type section struct{ name, text string }

func sections(heading *regexp.Regexp, text string) (found []section) {
	at := heading.FindAllStringSubmatchIndex(text, -1)
	for i, place := range at {
		end := len(text)
		if i+1 < len(at) {
			end = at[i+1][0]
		}
		found = append(found, section{text[place[2]:place[3]], text[place[0]:end]})
	}
	return found
}

// checkDirective adapts a section's example, loads it and compares its JSON; it gives the section with the right JSON.
func checkDirective(t *testing.T, block string, directive section, environment *strings.Replacer) string {
	for _, line := range []string{"\n- Syntax: ", "\n- Default: ", "\n- Errors: "} {
		if strings.Count(directive.text, line) != 1 {
			t.Errorf("the section lacks a line %q", strings.TrimSpace(line))
		}
	}
	path, known := steps[block]
	place := caddyfileAndJSON.FindStringSubmatchIndex(directive.text)
	if !known || place == nil {
		t.Fatal("the block is unknown, or the section has no Caddyfile with its JSON")
	}
	example, want := directive.text[place[2]:place[3]], directive.text[place[4]:place[5]]
	config := adapt(t, example)
	got := twin(t, config, path, directive.name)
	if got != want && !*update {
		t.Errorf("the JSON is\n%s\nwant\n%s", want, got)
	}
	if err := validate(environment.Replace(string(config))); err != nil {
		t.Errorf("the example does not load: %v", err)
	}
	return directive.text[:place[4]] + got + directive.text[place[5]:]
}

// twin is the JSON that a directive becomes, with what else its line says: `previous_encryption_key`.
func twin(t *testing.T, config []byte, path []string, directive string) string {
	var whole map[string]any
	decoder := json.NewDecoder(bytes.NewReader(config))
	decoder.UseNumber()
	if err := decoder.Decode(&whole); err != nil {
		t.Fatal(err)
	}
	apps, _ := whole["apps"].(map[string]any)
	object, _ := apps["krosyn"].(map[string]any)
	if handler := handlerIn(apps["http"]); handler != nil {
		object = handler
	}
	for _, step := range path {
		next := object[step]
		if list, ok := next.([]any); ok && len(list) > 0 {
			next = list[0]
		}
		object, _ = next.(map[string]any)
	}
	members := make(map[string]any)
	for name, member := range object {
		if name == directive || strings.HasSuffix(name, "_"+directive) {
			members[name] = member
		}
	}
	if len(members) == 0 {
		t.Fatalf("the example has no %s", directive)
	}
	expectations, _ := members["expect"].([]any)
	for _, expectation := range expectations {
		// Where it stands in the file that the test made.
		delete(expectation.(map[string]any), "at")
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(members); err != nil {
		t.Fatal(err)
	}
	// Strings have no line breaks, so these are between the members.
	short := regexp.MustCompile(`,\n *`).ReplaceAllString(strings.TrimSpace(text.String()), ", ")
	short = regexp.MustCompile(`\n *`).ReplaceAllString(short, "")
	if len(short) <= 100 {
		return short + "\n"
	}
	return text.String()
}

// handlerIn finds the handler of the gateway in a configuration.
func handlerIn(config any) map[string]any {
	switch at := config.(type) {
	case map[string]any:
		if at["handler"] == "krosyn" {
			return at
		}
		for _, member := range at {
			if found := handlerIn(member); found != nil {
				return found
			}
		}
	case []any:
		for _, element := range at {
			if found := handlerIn(element); found != nil {
				return found
			}
		}
	}
	return nil
}

// validate loads a configuration as `caddy validate` does: nothing is opened and nothing listens. The gateway of an
// example that has no global block gets the secret that examples use.
func validate(config string) error {
	var parsed caddy.Config
	if err := json.Unmarshal([]byte(config), &parsed); err != nil {
		return err
	}
	if parsed.AppsRaw["krosyn"] == nil {
		parsed.AppsRaw["krosyn"] = json.RawMessage(`{"secret": {"CRM_TOKEN": {"value": "{env.CRM_TOKEN}"}}}`)
	}
	discard := &caddy.CustomLog{BaseLog: caddy.BaseLog{WriterRaw: json.RawMessage(`{"output": "discard"}`)}}
	parsed.Logging = &caddy.Logging{Logs: map[string]*caddy.CustomLog{"default": discard}}
	return caddy.Validate(&parsed)
}

// environmentOf makes what the examples refer to: environment variables, and files in the place of those they name.
func environmentOf(t *testing.T) *strings.Replacer {
	const secret = "dGhlIHNlY3JldCBvZiBhIHNlbmRlcg=="
	for _, name := range []string{
		"ORDERS_TOKEN", "PARTNER_TOKEN", "PING_TOKEN", "ORDERS_SECRET", "SHOP_KEY", "GITHUB_SECRET", "OKTA_AUTHORIZATION",
		"NEW_SECRET", "OLD_SECRET", "SLACK_SIGNING_SECRET", "META_APP_SECRET", "META_VERIFY_TOKEN", "TWILIO_AUTH_TOKEN",
		"API_PASSWORD", "CLIENT_ID", "CLIENT_SECRET", "CRM_TOKEN",
	} {
		t.Setenv(name, secret)
	}
	t.Setenv("SIGNING_KEY", "whsec_"+secret)
	t.Setenv("OLD_SIGNING_KEY", "whsec_"+secret)
	t.Setenv("DISCORD_PUBLIC_KEY", strings.Repeat("ab", 32))
	t.Setenv("KROSYN_KEY", strings.Repeat("ab", 32))
	t.Setenv("KROSYN_OLD_KEY", strings.Repeat("cd", 32))
	folder := t.TempDir()
	t.Setenv("XDG_DATA_HOME", folder)

	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	certificate := &x509.Certificate{SerialNumber: big.NewInt(1)}
	signed, err := x509.CreateCertificate(rand.Reader, certificate, certificate, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{
		"client.pem":      pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: signed}),
		"authorities.pem": pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: signed}),
		"client.key":      pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}),
		"slack-path":      []byte("T00/B00/xxxxxxxx"),
	} {
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return strings.NewReplacer("/etc/krosyn/", folder+"/", "/run/secrets/", folder+"/", "/var/lib/krosyn", folder+"/store")
}

// knownDirectives are the directives of every block. Those of an endpoint are known in a connector too, and documented
// once.
func knownDirectives() map[string][]string {
	known := caddyfile.Directives()
	known["connector"] = slices.DeleteFunc(known["connector"], func(name string) bool {
		return slices.Contains(known["endpoint"], name)
	})
	for field := range reflect.TypeFor[badger.Badger]().Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		// The previous key stands in the line of the key.
		if name != "" && name != "previous_encryption_key" {
			known["store badger"] = append(known["store badger"], name)
		}
	}
	var ofSignatures []string
	for _, scheme := range signature.Schemes() {
		ofSignatures = append(ofSignatures, signature.Fields(scheme)...)
	}
	slices.Sort(ofSignatures)
	known["signature"] = slices.Compact(ofSignatures)
	slices.Sort(known["store badger"])
	return known
}

package signature

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// template is of the bytes that a sender signs: what stands before the body, the body, and what stands after it. The
// body is apart because it is long, and is never copied.
type template struct {
	head, tail []part
	body       bool
}

// part is a variable, or literal text.
type part struct {
	variable variable
	text     string
}

type variable int

const (
	partText variable = iota
	partBody
	partTimestamp
	partID
	partURL
	partMethod
	// partDecodedURL is the URL as HubSpot signs it.
	partDecodedURL
	// partForm is the fields of a form as Twilio signs them.
	partForm
)

// genericVariables are what users can write.
var genericVariables = map[string]variable{
	"body": partBody, "timestamp": partTimestamp, "id": partID, "url": partURL, "method": partMethod,
}

// presetVariables are what presets can, too.
var presetVariables = func() map[string]variable {
	all := maps.Clone(genericVariables)
	all["decoded_url"], all["form"] = partDecodedURL, partForm
	return all
}()

// parseTemplate reads text with variables such as $body.
func parseTemplate(text string, variables map[string]variable) (template, error) {
	var t template
	add := func(p part) {
		if t.body {
			t.tail = append(t.tail, p)
		} else {
			t.head = append(t.head, p)
		}
	}
	for rest := text; rest != ""; {
		literal, after, found := strings.Cut(rest, "$")
		if literal != "" {
			add(part{text: literal})
		}
		if !found {
			break
		}
		name := after[:nameLength(after)]
		known, ok := variables[name]
		switch {
		case !ok:
			names := slices.Sorted(maps.Keys(variables))
			return template{}, fmt.Errorf("%q has an unknown variable $%s; there are $%s", text, name, strings.Join(names, " $"))
		case known == partBody && t.body:
			return template{}, fmt.Errorf("%q has $body twice", text)
		case known == partBody:
			t.body = true
		default:
			add(part{variable: known})
		}
		rest = after[len(name):]
	}
	return t, nil
}

// nameLength is how much of s is a variable's name: lower-case letters and underscores.
func nameLength(s string) int {
	for i := range len(s) {
		if c := s[i]; c != '_' && (c < 'a' || c > 'z') {
			return i
		}
	}
	return len(s)
}

func (t *template) uses(v variable) bool {
	isIt := func(p part) bool { return p.variable == v }
	return slices.ContainsFunc(t.head, isIt) || slices.ContainsFunc(t.tail, isIt)
}

func (t *template) usesURL() bool { return t.uses(partURL) || t.uses(partDecodedURL) }

// appendParts appends what parts stand for.
func (v *verifier) appendParts(to []byte, parts []part, r *Request, p *presented) ([]byte, error) {
	for i := range parts {
		switch parts[i].variable {
		case partText:
			to = append(to, parts[i].text...)
		case partTimestamp:
			to = append(to, p.timestamp...)
		case partID:
			to = append(to, p.id...)
		case partMethod:
			to = append(to, r.Method...)
		case partURL:
			to = v.appendURL(to, r)
		case partDecodedURL:
			start := len(to)
			to = v.appendURL(to, r)
			to = decodeHubSpot(to, start)
		case partForm:
			var err error
			if to, err = appendForm(to, r); err != nil {
				return to, err
			}
		}
	}
	return to, nil
}

// appendURL appends the URL as the sender knows it.
func (v *verifier) appendURL(to []byte, r *Request) []byte {
	if v.publicURL == "" {
		return append(to, r.URL...)
	}
	to = append(to, v.publicURL...)
	_, rest, _ := strings.Cut(r.URL, "://")
	if slash := strings.IndexByte(rest, '/'); slash >= 0 {
		to = append(to, rest[slash:]...)
	}
	return to
}

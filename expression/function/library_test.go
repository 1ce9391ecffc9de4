package function

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/krosyn/gateway/expression/value"
)

// promised are the functions that configurations rely on, by group.
var promised = map[string]string{
	groupStrings: `uppercase lowercase capitalize trim concat replace substring split join length startsWith endsWith
		contains padLeft padRight slug truncate repeat indexOf matches replaceRegex extract`,
	groupLogic: `equals notEquals greaterThan greaterThanOrEqual lessThan lessThanOrEqual between and or not if
		coalesce default isEmpty isNotEmpty isNull in`,
	groupNumbers: `add subtract multiply divide modulo round floor ceil abs min max sum average power formatNumber`,
	groupCollection: `first last count slice reverse sort sortBy unique flatten merge pluck keys values get has pick
		omit filter map`,
	groupDates: `now date formatDate addDuration diff toTimestamp toZone startOfDay`,
	groupConversion: `toString toNumber toInteger toBoolean jsonEncode jsonDecode urlEncode urlDecode base64Encode
		base64Decode hexEncode md5 sha1 sha256 hmacSha256 uuid typeOf`,
}

func TestLibraryIsComplete(t *testing.T) {
	for group, names := range promised {
		for name := range strings.FieldsSeq(names) {
			f, ok := Lookup(name)
			if !ok {
				t.Errorf("%s is missing", name)
				continue
			}
			if f.Group != group {
				t.Errorf("%s is in %q, want %q", name, f.Group, group)
			}
		}
	}
	if _, ok := Lookup("Uppercase"); ok {
		t.Error("names are found in another case")
	}
}

func TestLibraryIsInOrder(t *testing.T) {
	all := All()
	all[0] = nil // a copy: the library itself must not change
	all = All()
	if !slices.IsSortedFunc(all, func(a, b *Function) int {
		return strings.Compare(a.Group+"\x00"+a.Name, b.Group+"\x00"+b.Name)
	}) {
		t.Error("not sorted by group, then name")
	}
	seen := map[string]bool{}
	for _, f := range all {
		if seen[f.Name] {
			t.Errorf("%s is there twice", f.Name)
		}
		seen[f.Name] = true
	}
}

func TestEveryEntryIsWellFormed(t *testing.T) {
	name := regexp.MustCompile(`^[a-z][a-zA-Z0-9]*$`)
	for _, f := range All() {
		if !name.MatchString(f.Name) || f.Description == "" || !strings.HasSuffix(f.Description, ".") {
			t.Errorf("%s: name or description %q", f.Name, f.Description)
		}
		if (f.run != nil) && (f.direct != nil) || f.Call == nil && !f.Builtin {
			t.Errorf("%s can be called in two ways, or in none", f.Name)
		}
		optional := false
		for i, p := range f.Parameters {
			if !name.MatchString(p.Name) || p.Kind == 0 || p.Kind.String() == "" {
				t.Errorf("%s: parameter %+v", f.Name, p)
			}
			if optional && !p.Optional || p.Variadic && i < len(f.Parameters)-1 || p.Subject && p.Optional {
				t.Errorf("%s: parameter %s is out of place", f.Name, p.Name)
			}
			optional = p.Optional
			if f.Call == nil && i == 1 && !p.Predicate {
				t.Errorf("%s has neither Call nor a predicate", f.Name)
			}
		}
	}
}

func TestSignatures(t *testing.T) {
	for want, bounds := range map[string][2]int{
		"round(value, decimals?)":                            {1, 2},
		"concat(value…)":                                     {1, -1},
		"pick(object, key…)":                                 {2, -1},
		"formatNumber(value, decimals?, point?, thousands?)": {1, 4},
		"now()":                                     {0, 0},
		"count(array, predicate?)":                  {1, 2},
		"replace(search, replacement, subject)":     {3, 3},
		"and(a, b…)":                                {2, -1},
		"formatDate(value, layout?, zone?)":         {1, 3},
		"between(value, low, high)":                 {3, 3},
		"padLeft(value, length, pad?)":              {2, 3},
		"hmacSha256(key, value)":                    {2, 2},
		"diff(from, to, unit?)":                     {2, 3},
		"get(object, path, default?)":               {2, 3},
		"truncate(value, length, suffix?)":          {2, 3},
		"replaceRegex(pattern, replacement, value)": {3, 3},
	} {
		name, _, _ := strings.Cut(want, "(")
		f, ok := Lookup(name)
		if !ok || f.Signature() != want {
			t.Errorf("%s is missing or has another signature", want)
			continue
		}
		if got := [2]int{f.MinArgs(), f.MaxArgs()}; got != bounds {
			t.Errorf("%s takes %v arguments, want %v", name, got, bounds)
		}
	}
}

func TestCounts(t *testing.T) {
	for _, f := range All() {
		if f.Call == nil {
			continue
		}
		if least := f.MinArgs(); least > 0 {
			want := fmt.Sprintf("%s requires at least %d argument(s), %d given", f.Name, least, least-1)
			if _, err := f.Call(make([]any, least-1)); err == nil || err.Error() != want {
				t.Errorf("got %v, want %s", err, want)
			}
		}
		if most := f.MaxArgs(); most >= 0 {
			want := fmt.Sprintf("%s accepts at most %d argument(s), %d given", f.Name, most, most+1)
			if _, err := f.Call(make([]any, most+1)); err == nil || err.Error() != want {
				t.Errorf("got %v, want %s", err, want)
			}
		}
		for n := f.MinArgs(); n <= max(f.MaxArgs(), f.MinArgs()+2); n++ {
			if f.MaxArgs() >= 0 && n > f.MaxArgs() {
				break
			}
			if err := f.CheckCount(n); err != nil {
				t.Error(err)
			}
		}
	}
}

func TestAccessors(t *testing.T) {
	for accessor, name := range map[string]string{
		"lowercase": "lowercase", "length": "length", "first": "first", "json": "jsonDecode", "round": "round",
		"sum": "sum", "count": "count", "formatDate": "formatDate", "isNull": "isNull",
	} {
		if f, ok := LookupAccessor(accessor); !ok || f.Name != name || f.AccessorName() != accessor {
			t.Errorf("accessor %s is not %s", accessor, name)
		}
	}
	for name := range strings.FieldsSeq("jsonDecode split now uuid filter map concat and if default") {
		if f, ok := LookupAccessor(name); ok {
			t.Errorf("%s is an accessor of %s", name, f.Name)
		}
	}
}

func TestAccessorsApplyToTheirTypes(t *testing.T) {
	object := map[string]any{"a": int64(1)}
	for name, want := range map[string]string{
		"lowercase": "boolean number string", "length": "boolean number string array object", "first": "array",
		"keys": "object", "date": "number string", "round": "number string",
		"isEmpty": "null boolean number string array object", "now": "",
	} {
		f, _ := Lookup(name)
		var got []string
		for _, v := range []any{nil, true, int64(1), "a", []any{}, object} {
			if f.AppliesTo(v) {
				got = append(got, value.TypeOf(v))
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s applies to %v, want %s", name, got, want)
		}
	}
}

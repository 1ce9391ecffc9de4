package function

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"pgregory.net/rapid"
)

func TestConversions(t *testing.T) {
	checkOutcomes(t, []outcome{
		{source: `toString(null)`, want: `null`},
		{source: `toString(12345678901234567890)`, want: `"12345678901234567890"`},
		{source: `toString(1e25)`, want: `"10000000000000000000000000"`},
		{source: `toString(false)`, want: `"false"`},
		{source: `toNumber(" 1e3\n")`, want: `1000`},
		{source: `toNumber("12345678901234567890")`, want: `12345678901234567890`},
		{source: `toNumber(false)`, want: `0`},
		{source: `toNumber("")`, err: "toNumber: the text is not a number"},
		{source: `toNumber("007")`, err: "toNumber: the text is not a number"},
		{source: `toNumber([])`, err: "toNumber: value must be of type number or boolean, got array"},
		{source: `toInteger(12345678901234567890)`, want: `12345678901234567890`},
		{source: `toInteger("-0.9")`, want: `0`},
		{source: `toInteger(1e20)`, want: `100000000000000000000`},
		{source: `toInteger("x")`, err: "toInteger: the text is not a number"},
		{source: `toBoolean(" TRUE ")`, want: `true`},
		{source: `toBoolean("Off")`, want: `false`},
		{source: `toBoolean("")`, want: `false`},
		{source: `toBoolean(null)`, want: `null`},
		{source: `toBoolean([0])`, want: `true`},
		{source: `toBoolean([])`, want: `false`},
		{source: `toBoolean("maybe")`, err: "toBoolean: the text is not one of true, yes,"},
		{source: `typeOf(12345678901234567890)`, want: `"number"`},
		{source: `typeOf(1.5)`, want: `"number"`},
		{source: `typeOf(true)`, want: `"boolean"`},
		{source: `typeOf([])`, want: `"array"`},
	})
	if got := mustApply(t, "typeOf", map[string]any{}); got != "object" {
		t.Errorf("typeOf an object is %v", got)
	}
}

func TestUUIDIsFromItsSource(t *testing.T) {
	defer func(previous func() (uuid.UUID, error)) { newUUID = previous }(newUUID)
	want := uuid.MustParse("0199f0c4-0000-4000-8000-000000000001")
	newUUID = func() (uuid.UUID, error) { return want, nil }
	if got := mustApply(t, "uuid"); got != want.String() {
		t.Errorf("uuid = %v", got)
	}
	newUUID = func() (uuid.UUID, error) { return uuid.UUID{}, errors.New("no randomness") }
	if got, err := apply(t, "uuid"); err == nil || err.Error() != "uuid: no randomness" {
		t.Errorf("uuid = %v, %v", got, err)
	}
}

func TestUUIDsDiffer(t *testing.T) {
	if a, b := mustApply(t, "uuid"), mustApply(t, "uuid"); a == b {
		t.Errorf("%v twice", a)
	}
}

func TestEncodings(t *testing.T) {
	checkOutcomes(t, []outcome{
		{source: `jsonEncode(null)`, want: `null`},
		{source: `jsonEncode("<é\"\n>")`, want: `"\"<é\\\"\\n>\""`},
		{source: `jsonDecode("[1, 2.50, null]")`, want: `[1,2.5,null]`},
		{source: `jsonDecode("12345678901234567890")`, want: `12345678901234567890`},
		{source: `jsonDecode(5)`, want: `5`},
		{source: `jsonDecode("")`, err: "jsonDecode: "},
		{source: `jsonDecode("{'a': 1}")`, err: "jsonDecode: "},
		{source: `jsonDecode([])`, err: "jsonDecode: text must be of type string, got array"},
		{source: `urlEncode("/?:@-_.~+é")`, want: `"%2F%3F%3A%40-_.~%2B%C3%A9"`},
		{source: `urlDecode("%zz")`, err: "urlDecode: the text has a % without two hexadecimal digits"},
		{source: `urlDecode("%e2%82%ac+%2B")`, want: `"€ +"`},
		{source: `base64Encode("")`, want: `""`},
		{source: `base64Decode("SmFuZQ")`, want: `"Jane"`},
		{source: `base64Decode("SmF uZQ==")`, err: "base64Decode: the text is not Base64"},
		{source: `base64Decode("S")`, err: "base64Decode: the text is not Base64"},
		{source: `hexEncode("é")`, want: `"c3a9"`},
		{source: `md5("")`, want: `"d41d8cd98f00b204e9800998ecf8427e"`},
		{source: `sha1("abc")`, want: `"a9993e364706816aba3e25717850c26c9cd0d89d"`},
		{source: `sha256("abc")`, want: `"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"`},
		// RFC 4231, test case 2.
		{
			source: `hmacSha256("Jefe", "what do ya want for nothing?")`,
			want:   `"5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"`,
		},
		{source: `hmacSha256(null, "a")`, err: "hmacSha256: key must be of type string, got null"},
		{source: `hmacSha256("key", null)`, want: `null`},
	})
}

func TestEncodingsReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := string(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes"))
		for encode, decode := range map[string]string{"base64Encode": "base64Decode", "urlEncode": "urlDecode"} {
			if got := mustCall(decode, mustCall(encode, s)); got != s {
				t.Fatalf("%s(%s(%q)) = %q", decode, encode, s, got)
			}
		}
	})
}

func TestJSONReadsBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := anyValue().Filter(func(v any) bool { return v != nil && v != "\xff\xfe" }).Draw(t, "value")
		once := mustCall("jsonEncode", v)
		if again := mustCall("jsonEncode", mustCall("jsonDecode", once)); again != once && v != nil {
			t.Fatalf("%s becomes %s", once, again)
		}
		if diff := cmp.Diff(mustCall("toString", once), once); diff != "" {
			t.Fatal(diff)
		}
	})
}

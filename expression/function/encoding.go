package function

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"strings"

	"github.com/krosyn/gateway/expression/value"
)

var encodingFunctions = []*Function{
	{
		Name:        "jsonEncode",
		Description: "The value as JSON text, with the fields of objects sorted by name.",
		Parameters:  []Parameter{subject("value", anything)},
		Examples: []Example{
			{Source: `jsonEncode($payload)`, Payload: `{"b":[1,2],"a":null}`, Result: `"{\"a\":null,\"b\":[1,2]}"`},
			{Source: `jsonEncode("a")`, Result: `"\"a\""`},
		},
		run: jsonEncode,
	},
	{
		Name:        "jsonDecode",
		Description: "The value of a JSON text. Text that is not JSON is an error.",
		Parameters:  []Parameter{subject("text", text)},
		Examples: []Example{
			{Source: `jsonDecode("{\"id\": 7}")`, Result: `{"id":7}`},
			{Source: `$payload.body.json.id`, Payload: `{"body":"{\"id\": 7}"}`, Result: `7`},
		},
		Accessor: "json",
		run: func(c *call) any {
			s := c.text(0)
			if c.err != nil {
				return nil
			}
			return c.check(value.Decode([]byte(s)))
		},
	},
	{
		Name:        "urlEncode",
		Description: "The text with everything but letters, digits and `-_.~` as `%XX`, for any part of an address.",
		Parameters:  []Parameter{subject("value", text)},
		Examples:    []Example{{Source: `urlEncode("a b&c=ü")`, Result: `"a%20b%26c%3D%C3%BC"`}},
		run:         func(c *call) any { return strings.ReplaceAll(url.QueryEscape(c.text(0)), "+", "%20") },
	},
	{
		Name:        "urlDecode",
		Description: "The text with every `%XX` decoded and `+` as a space.",
		Parameters:  []Parameter{subject("value", text)},
		Examples:    []Example{{Source: `urlDecode("a%20b%26c+d")`, Result: `"a b&c d"`}},
		run: func(c *call) any {
			decoded, err := url.QueryUnescape(c.text(0))
			if err != nil {
				return c.fail("the text has a %% without two hexadecimal digits")
			}
			return decoded
		},
	},
	{
		Name:        "base64Encode",
		Description: "The text in Base64, with padding.",
		Parameters:  []Parameter{subject("value", text)},
		Examples:    []Example{{Source: `base64Encode("Jane:secret")`, Result: `"SmFuZTpzZWNyZXQ="`}},
		run:         func(c *call) any { return base64.StdEncoding.EncodeToString([]byte(c.text(0))) },
	},
	{
		Name:        "base64Decode",
		Description: "What a Base64 text stands for. The alphabet for addresses is read too; padding may be missing.",
		Parameters:  []Parameter{subject("value", text)},
		Examples: []Example{
			{Source: `base64Decode("SmFuZTpzZWNyZXQ=")`, Result: `"Jane:secret"`},
			{Source: `base64Decode("fn5-")`, Result: `"~~~"`},
		},
		run: func(c *call) any {
			standard := strings.NewReplacer("-", "+", "_", "/").Replace(c.text(0))
			decoded, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(standard, "="))
			if err != nil {
				return c.fail("the text is not Base64")
			}
			return string(decoded)
		},
	},
	{
		Name:        "hexEncode",
		Description: "The bytes of the text as hexadecimal digits.",
		Parameters:  []Parameter{subject("value", text)},
		Examples:    []Example{{Source: `hexEncode("Jane")`, Result: `"4a616e65"`}},
		run:         func(c *call) any { return hex.EncodeToString([]byte(c.text(0))) },
	},
	{
		Name:        "md5",
		Description: "The MD5 sum of the text as hexadecimal digits. Not safe for signatures.",
		Parameters:  []Parameter{subject("value", text)},
		Examples:    []Example{{Source: `md5("Jane")`, Result: `"2b95993380f8be6bd4bd46bf44f98db9"`}},
		run: func(c *call) any {
			sum := md5.Sum([]byte(c.text(0)))
			return hex.EncodeToString(sum[:])
		},
	},
	{
		Name:        "sha1",
		Description: "The SHA-1 sum of the text as hexadecimal digits. Not safe for signatures.",
		Parameters:  []Parameter{subject("value", text)},
		Examples:    []Example{{Source: `sha1("Jane")`, Result: `"1b78097fcf82ab0445ae892d380c29ccb5405620"`}},
		run: func(c *call) any {
			sum := sha1.Sum([]byte(c.text(0)))
			return hex.EncodeToString(sum[:])
		},
	},
	{
		Name:        "sha256",
		Description: "The SHA-256 sum of the text as hexadecimal digits.",
		Parameters:  []Parameter{subject("value", text)},
		Examples: []Example{
			{Source: `sha256("Jane")`, Result: `"4f23798d92708359b734a18172c9c864f1d48044a754115a0d4b843bca3a5332"`},
		},
		run: func(c *call) any {
			sum := sha256.Sum256([]byte(c.text(0)))
			return hex.EncodeToString(sum[:])
		},
	},
	{
		Name:        "hmacSha256",
		Description: "The signature of the text under a key, HMAC with SHA-256, as hexadecimal digits.",
		Parameters:  []Parameter{required("key", text), subject("value", text)},
		Examples: []Example{
			{
				Source: `hmacSha256("key", "message")`,
				Result: `"6e9ef29b75fffc5b7abae527d58fdadb2fe42e7219011976917343065f58ed4a"`,
			},
		},
		run: func(c *call) any {
			mac := hmac.New(sha256.New, []byte(c.text(0)))
			mac.Write([]byte(c.text(1)))
			return hex.EncodeToString(mac.Sum(nil))
		},
	},
}

func jsonEncode(c *call) any {
	var e extent
	if !e.add(c.args[0], maxText, maxText) {
		return c.check(nil, errTextTooLong)
	}
	encoded, err := value.AppendJSON(nil, c.args[0])
	return c.check(string(encoded), err)
}

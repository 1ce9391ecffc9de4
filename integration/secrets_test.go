package integration

import (
	"bytes"
	"encoding/base64"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestSecretsNowhere sends secrets every way a connector can, has every kind of failure, and then looks for them in
// all that the gateway has written and shows.
func TestSecretsNowhere(t *testing.T) {
	to := newTarget(t)
	secrets := map[string]string{
		"TOKEN": "inbound/token+1234", "HEADER": "inbound header <value>", "API_KEY": `api"key\with/odd&chars`,
		"PATH_PART": "T000/B000/xyzxyzxyz",
	}
	var env []string
	for name, value := range secrets {
		env = append(env, name+"="+value)
	}
	const config = `
{
	admin {{admin}}
	auto_https off
	debug
	krosyn {
		store badger {
			path {{folder}}/events
		}
		secret API_KEY {env.API_KEY}
		secret PATH_PART {env.PATH_PART}
	}
}
http://{{site}} {
	krosyn {
		connector all {
			bearer_token {env.TOKEN}
			process {
				lookup {{target}}/lookup/$secret.PATH_PART {
					header Authorization {{q}}Basic $(base64Encode(concat("user:", $secret.API_KEY))){{q}}
					query key $secret.API_KEY
				}
				set copy $secret.API_KEY
			}
			perform POST {{target}}/in/$secret.PATH_PART {
				header X-Api $secret.API_KEY
				field text "key $secret.API_KEY, $processed.copy, $payload.text"
			}
		}
		connector down {
			secret_header X-Key {env.HEADER}
			perform POST http://{{dead}}/$secret.PATH_PART {
				field text "=jsonEncode({\"a\": $secret.API_KEY})"
			}
		}
		connector failing {
			bearer_token {env.TOKEN}
			process {
				set a "=add($secret.API_KEY, 1)"
			}
			perform POST {{target}}/in
		}
		connector lost {
			bearer_token {env.TOKEN}
			process {
				lookup http://{{dead}}/$secret.PATH_PART
			}
			perform POST {{target}}/in
		}
	}
}
`
	g := start(t, strings.NewReplacer("{{target}}", to.URL, "{{dead}}", freeAddress(t), "{{q}}", "`").Replace(config), env...)
	payload := `{"text":"the token is ` + secrets["TOKEN"] + `"}`
	bearer := "Authorization: Bearer " + secrets["TOKEN"]
	var shown []string
	for connector, header := range map[string]string{
		"all": bearer, "down": "X-Key: " + secrets["HEADER"], "failing": bearer, "lost": bearer,
	} {
		r := g.post("/api/v1/connectors/"+connector+"/trigger?token="+url.QueryEscape(secrets["TOKEN"]), payload, header)
		shown = append(shown, r.text, g.event(r).text)
		test := send(t, "POST", "http://"+g.admin+"/krosyn/connectors/"+connector+"/test", `{"payload":`+payload+`}`)
		shown = append(shown, test.text)
		shown = append(shown, g.get("/krosyn/connectors/"+connector).text)
	}
	if got := to.last(t, "/in/T000/B000/xyzxyzxyz"); got.header.Get("X-Api") != secrets["API_KEY"] || !strings.Contains(got.body, `api\"key`) {
		t.Errorf("the target did not get the secret: %+v", got)
	}
	shown = append(shown, g.get("/krosyn/events").text, g.get("/krosyn/breakers").text, g.get("/config/").text)
	trial := `{"value":"$secret.API_KEY $( uppercase($secret.PATH_PART) )"}`
	shown = append(shown, send(t, "POST", "http://"+g.admin+"/krosyn/expressions/test", trial).text)
	g.stop()
	shown = append(shown, g.log.String())

	forms := map[string]string{}
	for name, value := range secrets {
		quoted := strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(value)
		for form, text := range map[string]string{
			"plain": value, "JSON": quoted, "query": url.QueryEscape(value), "path": url.PathEscape(value),
			"base64": base64.StdEncoding.EncodeToString([]byte(value)), "upper case": strings.ToUpper(value),
			"basic auth": strings.TrimRight(base64.StdEncoding.EncodeToString([]byte("user:"+value)), "=")[8:],
		} {
			forms[name+" "+form] = text
		}
	}
	for form, text := range forms {
		for _, answer := range shown {
			if i := strings.Index(answer, text); i >= 0 {
				t.Errorf("%s is shown: …%s", form, answer[max(0, i-200):min(len(answer), i+80)])
			}
		}
	}
	err := filepath.WalkDir(filepath.Join(g.folder, "events"), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		for form, text := range forms {
			if bytes.Contains(data, []byte(text)) {
				t.Errorf("%s is in %s", form, entry.Name())
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

package integration

import (
	"strings"
	"testing"
)

// checkLookups has a lookup in both of its connectors, and what is expected of the lookup's answer.
const checkLookups = `:80 {
	krosyn {
		connector orders {
			auth    none
			example []
			expect  field name Jane
			process {
				lookup https://crm.example.com/customers
			}
			perform POST https://chat.example.com/messages {
				field name $lookup.name
			}
		}
		connector refunds {
			auth    none
			example []
			expect  field amount 12
			process {
				lookup https://crm.example.com/refunds
			}
			perform POST https://chat.example.com/messages {
				field amount $lookup.amount
			}
		}
	}
}
`

// checkJSON becomes the JSON around the example's.
const checkJSON = `:80 {
	krosyn {
		connector orders {
			auth none
			perform POST https://chat.example.com/messages {
				field text "Order $payload.id"
			}
		}
	}
}
`

// TestPageCheck checks the page's connectors, offline.
func TestPageCheck(t *testing.T) {
	g := newGateway(t)
	r := newReader(t, g, map[string]conduct{
		// One expectation does not hold.
		"ORDERS_TOKEN=any caddy krosyn check --config Caddyfile": {exit: 1},
		"caddy krosyn check --config Caddyfile --lookup orders=customer.json --lookup refunds=refund.json": {
			before: func() {
				g.write("Caddyfile", checkLookups)
				g.write("customer.json", `{"name":"Jane"}`)
				g.write("refund.json", `{"amount":12}`)
			},
			prints: "2 connectors: 2 pass, 0 wrong, 0 without an example.",
		},
	})
	// Two lines stand before the connector, as in the page's own numbers.
	r.caddyfile = func(connector string) { g.write("Caddyfile", ":80 {\nkrosyn {\n"+connector+"}\n}\n") }
	r.read("docs/check.md")

	for _, b := range blocksOf(t, "docs/check.md") {
		if b.language != "json" {
			continue
		}
		around, err := g.command("adapt", "--config", g.write("around.Caddyfile", checkJSON)).Output()
		members := strings.Trim(b.text, "{}\n")
		const name = `"name":"orders"`
		if err != nil || strings.Count(string(around), name) != 1 || !strings.Contains(members, `"name": "orders"`) {
			t.Fatalf("the page's connector has no place in %s, %v", around, err)
		}
		g.write("connector.json", strings.Replace(string(around), name, members, 1))
		out, said, code := g.krosyn("check", "--config", "connector.json")
		if code != 0 || !strings.Contains(out, "expect   2 of 2 hold") {
			t.Errorf("exit status %d\n%s%s", code, out, said)
		}
	}
}

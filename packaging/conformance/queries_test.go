package conformance

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/prometheus/promql/parser"
	"go.yaml.in/yaml/v2"
)

// variables are Grafana's, with values that make a query of Prometheus.
var variables = strings.NewReplacer(
	"$__rate_interval", "1m", "$__range", "6h", "$job", "krosyn", "$instance", ".*", "$connector", ".*",
)

// queries are those of the dashboard and of the rules.
func queries(t *testing.T) (all []string) {
	t.Helper()
	var dashboard struct {
		Panels []struct{ Targets []struct{ Expr string } }
	}
	var rules struct {
		Groups []struct {
			Rules []struct{ Expr string }
		}
	}
	decode(t, "dashboard.json", json.Unmarshal, &dashboard)
	decode(t, "rules.yml", yaml.Unmarshal, &rules)
	for _, panel := range dashboard.Panels {
		for _, target := range panel.Targets {
			all = append(all, variables.Replace(target.Expr))
		}
	}
	for _, group := range rules.Groups {
		for _, rule := range group.Rules {
			all = append(all, rule.Expr)
		}
	}
	return all
}

func decode(t *testing.T, name string, unmarshal func([]byte, any) error, into any) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(observability, name))
	if err == nil {
		err = unmarshal(text, into)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestQueries parses every query of the dashboard and of the rules, and finds in them only labels that the metrics have.
func TestQueries(t *testing.T) {
	text, err := os.ReadFile("../../docs/observability.md")
	if err != nil {
		t.Fatal(err)
	}
	labels := make(map[string][]string)
	for _, row := range regexp.MustCompile("(?m)^\\| `(krosyn_[a-z_]+)` \\| ([a-z]+) \\|(.*?)\\|").FindAllStringSubmatch(string(text), -1) {
		has := append(strings.Fields(strings.ReplaceAll(row[3], "`", "")), "job", "instance", "__name__")
		if row[2] == "histogram" {
			labels[row[1]+"_bucket"] = append(has, "le")
			continue
		}
		labels[row[1]] = has
	}
	all := queries(t)
	if len(all) < 20 || len(labels) < 10 {
		t.Fatalf("%d queries of %d metrics were found", len(all), len(labels))
	}
	for _, query := range all {
		parsed, err := parser.NewParser(parser.Options{}).ParseExpr(query)
		if err != nil {
			t.Errorf("%s: %v", query, err)
			continue
		}
		parser.Inspect(parsed, func(node parser.Node, path []parser.Node) error {
			of, ok := node.(*parser.VectorSelector)
			if !ok || !strings.HasPrefix(of.Name, "krosyn_") {
				return nil
			}
			has, ok := labels[of.Name]
			if !ok {
				t.Errorf("%s: there is no %s", query, of.Name)
			}
			for _, matcher := range of.LabelMatchers {
				if !slices.Contains(has, matcher.Name) {
					t.Errorf("%s: %s has no label %s", query, of.Name, matcher.Name)
				}
			}
			for _, above := range path {
				if sum, ok := above.(*parser.AggregateExpr); ok {
					for _, label := range sum.Grouping {
						if !slices.Contains(has, label) {
							t.Errorf("%s: %s has no label %s", query, of.Name, label)
						}
					}
				}
			}
			return nil
		})
	}
}

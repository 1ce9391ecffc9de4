package krosyn_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const (
	observability = "examples/observability/"
	watching      = "docs/observability.md"
)

// metricsOf reads the names and labels of the gateway's metrics from the calls in app that make them.
func metricsOf(t *testing.T) map[string][]string {
	t.Helper()
	files, err := filepath.Glob("app/metrics*.go")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	metrics := make(map[string][]string)
	for _, path := range files {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			made, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			if function, ok := made.Fun.(*ast.SelectorExpr); !ok || !strings.HasPrefix(function.Sel.Name, "New") {
				return true
			}
			// A name comes first, labels last.
			texts := textsOf(made)
			if name := slices.IndexFunc(texts, func(s string) bool { return strings.HasPrefix(s, "krosyn_") }); name >= 0 {
				labels := []string{}
				if list, ok := made.Args[len(made.Args)-1].(*ast.CompositeLit); ok && len(made.Args) > 1 {
					labels = textsOf(list)
				}
				metrics[texts[name]] = labels
			}
			return false
		})
	}
	return metrics
}

func textsOf(n ast.Node) (texts []string) {
	ast.Inspect(n, func(n ast.Node) bool {
		if literal, ok := n.(*ast.BasicLit); ok && literal.Kind == token.STRING {
			text, _ := strconv.Unquote(literal.Value)
			texts = append(texts, text)
		}
		return true
	})
	return texts
}

// used are the names of the gateway's metrics in a text, without what a histogram adds to them.
func used(text string) []string {
	names := make(map[string]bool)
	for _, name := range regexp.MustCompile(`krosyn_[a-z_]+`).FindAllString(text, -1) {
		names[regexp.MustCompile(`_(bucket|sum|count)$`).ReplaceAllString(name, "")] = true
	}
	return slices.Sorted(maps.Keys(names))
}

// TestMetricsDocumented has the table of metrics be that of the code, and the dashboard and rules use no other.
func TestMetricsDocumented(t *testing.T) {
	made := metricsOf(t)
	documented := make(map[string][]string)
	for _, row := range regexp.MustCompile("(?m)^\\| `(krosyn_[a-z_]+)` \\| [a-z]+ \\|(.*?)\\|").FindAllStringSubmatch(read(t, watching), -1) {
		documented[row[1]] = strings.Fields(strings.ReplaceAll(row[2], "`", ""))
	}
	if !maps.EqualFunc(made, documented, slices.Equal) {
		t.Errorf("the gateway has\n%v\nand %s has\n%v", made, watching, documented)
	}
	names := slices.Sorted(maps.Keys(made))
	if shown := used(read(t, observability+"dashboard.json")); !slices.Equal(shown, names) {
		t.Errorf("the dashboard shows\n%v\nof\n%v", shown, names)
	}
	for _, name := range used(read(t, observability+"rules.yml")) {
		if _, ok := made[name]; !ok {
			t.Errorf("a rule uses %s, which there is not", name)
		}
	}
}

// TestRunbooks has a page of what to do for each alert, and no page without one.
func TestRunbooks(t *testing.T) {
	rules := fromYAML[struct {
		Groups []struct {
			Rules []struct {
				Alert               string
				Labels, Annotations map[string]string
			}
		}
	}](t, read(t, observability+"rules.yml"))
	var alerts []string
	for _, rule := range rules.Groups[0].Rules {
		alerts = append(alerts, rule.Alert)
		if page := rule.Annotations["runbook_url"]; page != "https://github.com/krosyn/gateway/blob/main/"+watching+"#"+strings.ToLower(rule.Alert) {
			t.Errorf("%s points to %s", rule.Alert, page)
		}
		if severity := rule.Labels["severity"]; !slices.Contains([]string{"critical", "warning", "info"}, severity) {
			t.Errorf("%s has the severity %q", rule.Alert, severity)
		}
	}
	var pages []string
	for _, heading := range regexp.MustCompile(`(?m)^### (\S+)$`).FindAllStringSubmatch(read(t, watching), -1) {
		pages = append(pages, heading[1])
	}
	if !slices.Equal(alerts, pages) {
		t.Errorf("the alerts are\n%v\nand their pages\n%v", alerts, pages)
	}
}

// TestDashboard has each panel ask the data source and the series that were chosen, and stand in a place of its own.
func TestDashboard(t *testing.T) {
	type variable struct{ Name, Type string }
	var dashboard struct {
		Templating struct{ List []variable }
		Panels     []struct {
			ID          int
			Type, Title string
			Datasource  struct{ UID string }
			GridPos     struct{ X, Y, W, H int }
			Targets     []struct{ Expr, RefID string }
		}
	}
	if err := json.Unmarshal([]byte(read(t, observability+"dashboard.json")), &dashboard); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"datasource", "job", "instance", "connector"} {
		if !slices.ContainsFunc(dashboard.Templating.List, func(v variable) bool { return v.Name == name }) {
			t.Errorf("there is no variable %s", name)
		}
	}
	metrics, ids, cells := metricsOf(t), make(map[int]bool), make(map[[2]int]string)
	for _, panel := range dashboard.Panels {
		if ids[panel.ID] {
			t.Errorf("%s has an id that another panel has", panel.Title)
		}
		ids[panel.ID] = true
		for x := range panel.GridPos.W {
			for y := range panel.GridPos.H {
				cell := [2]int{panel.GridPos.X + x, panel.GridPos.Y + y}
				if other, taken := cells[cell]; taken || cell[0] >= 24 {
					t.Fatalf("%s stands on %q, or beyond the edge", panel.Title, other)
				}
				cells[cell] = panel.Title
			}
		}
		if panel.Type == "row" {
			continue
		}
		if panel.Datasource.UID != "${datasource}" || len(panel.Targets) == 0 {
			t.Errorf("%s asks %q", panel.Title, panel.Datasource.UID)
		}
		for _, target := range panel.Targets {
			for _, selector := range regexp.MustCompile(`(krosyn_[a-z_]+)\{(.*?)\}`).FindAllStringSubmatch(target.Expr, -1) {
				wanted := []string{`job=~"$job"`, `instance=~"$instance"`}
				if slices.Contains(metrics[used(selector[1])[0]], "connector") {
					wanted = append(wanted, `connector=~"$connector"`)
				}
				for _, part := range wanted {
					if !strings.Contains(selector[2], part) {
						t.Errorf("%s does not choose by %s: %s", panel.Title, part, target.Expr)
					}
				}
			}
		}
	}
}
